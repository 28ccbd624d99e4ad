//! Thrift's compact protocol, as far as it takes to step over values.
//!
//! In: a structure of Parquet, as its footer or the head of a page. Out: where its fields stand. The naive way reads the footer into
//! structures and writes them again, and loses what they do not know, or changes what they take for granted: the crate
//! says of every file that its numbers are sorted in its own way, and the statistics of other writers then lie.
//! Here the new footer is the old one with its row groups replaced.

use std::ops::Range;

/// The field of a footer that tells of the row groups.
const ROW_GROUPS: i16 = 4;
/// The field of a footer that tells how the file is encrypted.
const ENCRYPTION: i16 = 8;
/// Structures within structures; Parquet's own have six.
const MOST_DEEP: usize = 32;

const LIST: u8 = 9;

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// A field of a structure.
struct Field {
    id: i16,
    kind: u8,
}

impl Reader<'_> {
    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn zigzag(&mut self) -> Option<i64> {
        let value = self.varint()?;
        Some((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }

    /// Reads the head of a field that comes behind the one of this number; `None` within at the end of the structure.
    fn field(&mut self, last: i16) -> Option<Option<Field>> {
        let head = self.byte()?;
        if head == 0 {
            return Some(None);
        }
        let id = match head >> 4 {
            0 => i16::try_from(self.zigzag()?).ok()?,
            step => last.checked_add(i16::from(step))?,
        };
        Some(Some(Field { id, kind: head & 15 }))
    }

    fn skip_bytes(&mut self, len: u64) -> Option<()> {
        let end = self.at.checked_add(usize::try_from(len).ok()?)?;
        (end <= self.bytes.len()).then(|| self.at = end)
    }

    /// Steps over a value. In a list a truth value has a byte of its own, in a structure its kind tells it.
    fn skip(&mut self, kind: u8, in_list: bool, depth: usize) -> Option<()> {
        if depth > MOST_DEEP {
            return None;
        }
        match kind {
            1 | 2 if !in_list => Some(()),
            1..=3 => self.skip_bytes(1),
            4..=6 => self.varint().map(drop),
            7 => self.skip_bytes(8),
            8 => {
                let len = self.varint()?;
                self.skip_bytes(len)
            }
            LIST | 10 => {
                let head = self.byte()?;
                let len = if head >> 4 == 15 { self.varint()? } else { u64::from(head >> 4) };
                (0..len).try_for_each(|_| self.skip(head & 15, true, depth + 1))
            }
            11 => {
                let len = self.varint()?;
                let kinds = if len == 0 { 0 } else { self.byte()? };
                (0..len).try_for_each(|_| {
                    self.skip(kinds >> 4, true, depth + 1)?;
                    self.skip(kinds & 15, true, depth + 1)
                })
            }
            12 => {
                let mut last = 0;
                while let Some(field) = self.field(last)? {
                    self.skip(field.kind, false, depth + 1)?;
                    last = field.id;
                }
                Some(())
            }
            13 => self.skip_bytes(16),
            _ => None,
        }
    }
}

/// Returns where the value of a field of a structure stands, and of what kind it is; `None` within if there is no such field.
fn find(bytes: &[u8], wanted: i16) -> Option<Option<(Range<usize>, u8)>> {
    let mut reader = Reader { bytes, at: 0 };
    let (mut last, mut found) = (0, None);
    while let Some(field) = reader.field(last)? {
        let start = reader.at;
        reader.skip(field.kind, false, 0)?;
        if field.id == wanted {
            found = Some((start..reader.at, field.kind));
        }
        last = field.id;
    }
    Some(found)
}

/// Returns whether a footer says that parts of the file are encrypted.
pub(super) fn is_encrypted(footer: &[u8]) -> bool {
    matches!(find(footer, ENCRYPTION), Some(Some(_)))
}

/// Returns a footer with the row groups of another one.
pub(super) fn with_row_groups(footer: &[u8], other: &[u8]) -> Option<Vec<u8>> {
    let ((here, LIST), (there, LIST)) = (find(footer, ROW_GROUPS)??, find(other, ROW_GROUPS)??)
    else {
        return None;
    };
    Some([&footer[..here.start], &other[there], &footer[here.end..]].concat())
}

/// The head of a page.
pub(super) struct Page {
    /// The second kind of data page.
    pub(super) is_v2: bool,
    /// Bytes of the page when it is unpacked.
    pub(super) unpacked: usize,
    /// Bytes of the page as it is in the file, without its head.
    pub(super) packed: usize,
    pub(super) head: usize,
}

/// Reads the head of a page.
pub(super) fn page(bytes: &[u8]) -> Option<Page> {
    let mut reader = Reader { bytes, at: 0 };
    let (mut last, mut numbers) = (0, [None; 3]);
    while let Some(field) = reader.field(last)? {
        match (field.id, field.kind) {
            (1..=3, 5) => {
                numbers[usize::try_from(field.id - 1).ok()?] = Some(reader.zigzag()?);
            }
            _ => reader.skip(field.kind, false, 0)?,
        }
        last = field.id;
    }
    let [kind, unpacked, packed] = numbers;
    Some(Page {
        is_v2: kind? == 3,
        unpacked: usize::try_from(unpacked?).ok()?,
        packed: usize::try_from(packed?).ok()?,
        head: reader.at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Field 1: a number; 2: a list of two structures; 4: a list of one number; 20: a truth value.
    const FOOTER: &[u8] =
        &[0x15, 2, 0x19, 0x2C, 0x15, 4, 0, 0x18, 1, b'x', 0, 0x29, 0x15, 6, 0x01, 40, 0];

    #[test]
    fn row_groups_are_put_into_another_footer() {
        let other = [0x49, 0x25, 8, 10, 0];
        let spliced = with_row_groups(FOOTER, &other).unwrap();
        assert_eq!(spliced, [&FOOTER[..12], &[0x25, 8, 10], &FOOTER[14..]].concat());
    }

    #[test]
    fn a_footer_that_ends_early_is_none() {
        for end in 0..FOOTER.len() {
            assert_eq!(with_row_groups(&FOOTER[..end], FOOTER), None, "{end}");
        }
    }

    #[test]
    fn deep_structures_end() {
        let deep = [0x1C].repeat(100_000);
        assert!(find(&deep, 1).is_none());
    }
}
