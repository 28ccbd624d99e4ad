//! Numbers and records of zip files.
//!
//! In: places in the bytes of a file. Out: the numbers that stand there, and where the directory is. A number has 16 or 32 bits, or
//! with zip64 it says that its 64 bits stand elsewhere, so that a reader who takes it as it is sees a length of 4 GiB; a
//! [`Field`] knows where the real one stands, for reading and for writing.

use std::ops::Range;

use super::Wrong;

/// Entries of one file.
const MOST_ENTRIES: u64 = 100_000;

const END: &[u8] = b"PK\x05\x06";
const END_64: &[u8] = b"PK\x06\x06";
const LOCATOR_64: &[u8] = b"PK\x06\x07";

/// What stands in a field of 32 bits whose number is in the extra field.
pub(super) const ELSEWHERE: u64 = 0xFFFF_FFFF;

/// Where the numbers of a record stand, and in how many bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Numbers {
    pub(super) size: Field,
    pub(super) packed: Field,
    pub(super) offset: Field,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Field {
    pub(super) at: usize,
    pub(super) is_long: bool,
}

/// Where the records at the end of the file stand.
pub(super) struct End {
    pub(super) at: usize,
    /// The record of zip64, and what points to it.
    pub(super) long: Option<(usize, usize)>,
}

impl End {
    /// Returns the records at the end, the range of the directory, and how many entries it should have.
    pub(super) fn find(bytes: &[u8]) -> Result<(End, Range<usize>, u64), Wrong> {
        const NONE: &str =
            "it has no directory at its end: it is cut off, or something was put behind it";
        let last = bytes.len().checked_sub(22).ok_or_else(|| Wrong::new(NONE))?;
        let first = last.saturating_sub(usize::from(u16::MAX));
        let is_end = |&at: &usize| {
            bytes[at..].starts_with(END)
                && at + 22 + usize::from(u16_at(bytes, at + 20)) == bytes.len()
        };
        let at = (first..=last).rev().find(is_end).ok_or_else(|| Wrong::new(NONE))?;
        if u16_at(bytes, at + 4) != 0 || u16_at(bytes, at + 6) != 0 {
            return Err(Wrong::new("it is a part of a file on several disks"));
        }
        let mut count = u64::from(u16_at(bytes, at + 10));
        if u16_at(bytes, at + 8) != u16_at(bytes, at + 10) {
            return Err(Wrong::new("it is a part of a file on several disks"));
        }
        let mut len = u64::from(u32_at(bytes, at + 12));
        let mut start = u64::from(u32_at(bytes, at + 16));
        let mut end = End { at, long: None };
        let mut directory_end = at;
        let locator = at.checked_sub(20).filter(|&at| bytes[at..].starts_with(LOCATOR_64));
        if let Some(locator) = locator {
            const DAMAGED: &str = "its end (zip64) is damaged";
            let record = usize::try_from(u64_at(bytes, locator + 8)).ok();
            let record = record
                .filter(|&at| at.checked_add(56).is_some_and(|end| end <= locator))
                .filter(|&at| bytes[at..].starts_with(END_64))
                .ok_or_else(|| Wrong::new(DAMAGED))?;
            let disks = u32_at(bytes, record + 16) | u32_at(bytes, record + 20);
            if disks | u32_at(bytes, locator + 4) != 0 {
                return Err(Wrong::new("it is a part of a file on several disks"));
            }
            // A number that both records have is the same in both.
            for (short, most, at) in [
                (&mut count, 0xFFFF, record + 32),
                (&mut len, ELSEWHERE, record + 40),
                (&mut start, ELSEWHERE, record + 48),
            ] {
                let long = u64_at(bytes, at);
                if *short != most && *short != long {
                    return Err(Wrong::new(DAMAGED));
                }
                *short = long;
            }
            (end.long, directory_end) = (Some((record, locator)), record);
        }
        if count > MOST_ENTRIES {
            return Err(Wrong::new(format!("it has more than {MOST_ENTRIES} entries")));
        }
        let range = usize::try_from(start).ok().zip(usize::try_from(len).ok());
        let range = range
            .filter(|&(start, len)| start.checked_add(len) == Some(directory_end))
            .ok_or_else(|| Wrong::new("its directory is not where it should be"))?;
        Ok((end, range.0..directory_end, count))
    }
}

impl Field {
    pub(super) fn read(self, bytes: &[u8]) -> u64 {
        if self.is_long { u64_at(bytes, self.at) } else { u64::from(u32_at(bytes, self.at)) }
    }

    /// Puts a number where `here` says that the field is now; returns whether it has room.
    pub(super) fn write(
        self,
        bytes: &mut [u8],
        here: impl Fn(usize) -> usize,
        number: u64,
    ) -> bool {
        if self.is_long {
            put_u64(bytes, here(self.at), number);
            return true;
        }
        match u32::try_from(number) {
            Ok(short) if number != ELSEWHERE => {
                put_u32(bytes, here(self.at), short);
                true
            }
            _ => false,
        }
    }
}

/// Returns what is wrong with a name.
pub(super) fn wrong_name(name: &[u8]) -> Option<&'static str> {
    if name.is_empty() {
        return Some("an entry has no name");
    }
    if name.starts_with(b"/") || name.get(1) == Some(&b':') {
        return Some("its name is an absolute path");
    }
    if name.contains(&b'\\') {
        return Some("its name has a backslash");
    }
    if name.iter().any(|byte| byte.is_ascii_control()) {
        return Some("its name has a control character");
    }
    let is_up = |part: &[u8]| part == b"..";
    name.split(|&byte| byte == b'/').any(is_up).then_some("its name leads out of the file (..)")
}

/// Returns the field of zip64 among extra fields.
pub(super) fn long_extra(bytes: &[u8], extra: &Range<usize>) -> Option<Range<usize>> {
    let mut at = extra.start;
    while at + 4 <= extra.end {
        let len = usize::from(u16_at(bytes, at + 2));
        let field = at + 4..at + 4 + len;
        if field.end > extra.end {
            return None;
        }
        if u16_at(bytes, at) == 1 {
            return Some(field);
        }
        at = field.end;
    }
    None
}

pub(super) fn array<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(&bytes[at..at + N]);
    array
}

pub(super) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(array(bytes, at))
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(array(bytes, at))
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(array(bytes, at))
}

pub(super) fn put_u32(bytes: &mut [u8], at: usize, number: u32) {
    bytes[at..at + 4].copy_from_slice(&number.to_le_bytes());
}

pub(super) fn put_u64(bytes: &mut [u8], at: usize, number: u64) {
    bytes[at..at + 8].copy_from_slice(&number.to_le_bytes());
}
