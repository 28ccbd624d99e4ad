//! What several tests need: the naive engine, texts to convert, the oracle, and a way to run the command.

pub(crate) mod arrival;
pub(crate) mod command;
pub(crate) mod json;
pub(crate) mod naive;
pub(crate) mod generate;
pub(crate) mod random_config;
pub(crate) mod compare;
#[cfg(feature = "opencc")]
pub(crate) mod oracle;
