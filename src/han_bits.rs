//! The bits of the table of characters, which `build.rs` writes and `han` reads.

/// The level of a character, 0 where it is too rare for one.
pub(crate) const LEVEL: u8 = 0x0F;
/// Not written in Traditional text.
pub(crate) const SIMPLIFIED: u8 = 0x10;
/// Not written in Simplified text.
pub(crate) const TRADITIONAL: u8 = 0x20;
/// The form that is standard in Taiwan and not in Hong Kong.
pub(crate) const TAIWAN: u8 = 0x40;
/// The form that is standard in Hong Kong and not in Taiwan.
pub(crate) const HONG_KONG: u8 = 0x80;
