//! Values of options that are more than a word: numbers of threads, sizes and times.

use std::num::NonZeroUsize;
use std::time::{Duration, SystemTime};

/// Parses a time as GNU date writes it with `@%s.%N`.
pub(super) fn seconds(text: &str) -> Result<SystemTime, String> {
    let seconds = text.strip_prefix('@').and_then(|text| text.parse().ok());
    seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .and_then(|since| SystemTime::UNIX_EPOCH.checked_add(since))
        .ok_or_else(|| "expected seconds since 1970, as @1764350431.5".to_owned())
}

pub(super) fn threads(text: &str) -> Result<NonZeroUsize, String> {
    let number = text.parse().map_err(|_| "expected a number from 1 to 1024".to_owned())?;
    NonZeroUsize::new(number)
        .filter(|number| number.get() <= 1024)
        .ok_or_else(|| "expected a number from 1 to 1024".to_owned())
}

/// Reads a number of bytes, with a unit of 1,024, 1,024², …
pub(super) fn size(text: &str) -> Result<u64, String> {
    let expected = || "expected a number of bytes, as 1500000000, 512M or 2G".to_owned();
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let shift = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        "t" | "tb" | "tib" => 40,
        _ => return Err(expected()),
    };
    let number: u64 = number.parse().map_err(|_| expected())?;
    number.checked_mul(1 << shift).filter(|&bytes| bytes > 0).ok_or_else(expected)
}
