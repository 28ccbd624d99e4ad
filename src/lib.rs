//! Chinese text from one written standard to another, exactly as OpenCC 1.4.2 does it or, where the
//! context of a character tells more than a dictionary, better; and nothing lost on the way.
//!
//! ```text
//! bytes ──decode──▶ Document ──format──▶ runs ──select──▶ spans ──normalize──▶ punctuate ──▶ convert ──▶ text ──encode──▶ bytes
//!         charset,           what is         what is             code points    marks and     words     back    charset,
//!         compression        prose           protected                          blanks                 in place compression
//! ```
//!
//! Left to right, never back; [`pipeline`] is the one place that knows the order, and [`batch`] runs it over many files.
//! Most programs need only the converter:
//!
//! ```
//! use jianfan::Converter;
//!
//! let converter = Converter::new("s2tw")?;
//! assert_eq!(converter.convert("皇后的头发，三天后出发。"), "皇后的頭髮，三天後出發。");
//! # Ok::<(), jianfan::Error>(())
//! ```
//!
//! A [`Converter`] opens in microseconds (its dictionaries are compiled when the crate is built, and lie ready in the
//! binary), converts without a lock, and cannot fail once it is open. Dictionaries and configs of your own go through
//! [`Converter::builder`] and [`Converter::from_config_file`].

#![deny(unsafe_code)]

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod error;
mod escape;
mod memory;
mod alignment;
mod document;
mod charset;
mod han_bits;
mod han;
mod diff;
mod draft;
mod decode;
mod select;
mod normalize;
mod punctuate;
mod context;
mod convert;
mod repair;
mod encode;
pub mod format;
#[allow(unsafe_code, reason = "the only room that has any, and few lines of it")]
mod dictionary;
pub mod pipeline;
pub mod batch;

pub use alignment::{Alignment, Replaced};
pub use charset::Charset;
#[cfg(feature = "opencc")]
pub use convert::LibOpencc;
/// Why a text is converted as it is: see [`Builder::inspector`].
pub mod inspect {
    pub use crate::convert::{Ambiguities, Decision, Inspector, Piece, Segment, Trace};
}
pub use convert::{Builder, ConfigInfo, Converter, configs};
pub use document::Compression;
pub use error::Error;
pub use escape::{printable, shown};
