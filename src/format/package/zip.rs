//! Zip files: their entries, and the same file with some of them changed.
//!
//! In: the bytes of a zip file. Out: the text of the entries that are asked for, within limits; then a file in which those that
//! changed are packed anew, and every other byte is as it was, but for the offsets that move. The naive way unpacks the
//! file and makes another of its entries: times, extra fields, comments, the order and every packed byte are then those of the
//! tool at hand, and so do the writers of zip libraries (their "raw" copies keep the packed bytes, and write headers of their own).
//! Ours copies whole stretches of the file and patches numbers in them.
//!
//! Nothing is unpacked but what is asked for, so the limits count that: a film of 300 MiB in a presentation is copied. What is
//! ambiguous, that two readers might take for two things (overlaps, a name twice, numbers that differ between header and
//! directory), is refused.

use std::collections::{HashMap, HashSet};
use std::io::{Read, Write};
use std::ops::Range;

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

use super::Wrong;
use super::records::{
    ELSEWHERE, End, Field, Numbers, long_extra, put_u32, put_u64, u16_at, u32_at, wrong_name,
};
use crate::memory::{Held, Lease};

/// Bytes of an entry that is looked into to see what the file is, unpacked; they are a few kB.
const MOST_LOOKED_INTO: u64 = 8 << 20;
/// Bytes of memory for each byte of the directory, whose names are held several times.
const OF_DIRECTORY: u64 = 12;
/// Bytes of memory for each byte of the longest entry that is unpacked: the text, in another charset too, and what is made of it.
const OF_LONGEST: u64 = 4;
/// Bytes of memory for each byte of all of them: what is learned from tables and styles for those that come after.
const OF_UNPACKED: u64 = 1;

/// Bytes of a whole package, as it is.
pub(crate) const MOST_PACKED: u64 = 1 << 30;
/// Bytes of one entry, unpacked.
const MOST_ENTRY: u64 = 256 << 20;
/// Bytes of all entries that are unpacked.
const MOST_UNPACKED: u64 = 1 << 30;
/// An entry may be so many times as long as its packed bytes, if it is longer than [`RATIO_FROM`].
const MOST_RATIO: u64 = 1000;
/// Bytes up to which an entry may be packed as well as it likes.
const RATIO_FROM: u64 = 1 << 20;

const LOCAL: &[u8] = b"PK\x03\x04";
const CENTRAL: &[u8] = b"PK\x01\x02";
const DESCRIPTOR: &[u8] = b"PK\x07\x08";

const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// Sizes and checksum stand behind the data.
const HAS_DESCRIPTOR: u16 = 1 << 3;
/// Encrypted, strongly encrypted, headers masked.
const ENCRYPTED: u16 = 1 | 1 << 6 | 1 << 13;

/// Returns whether a file begins as a zip file with something in it.
pub(crate) fn is_zip(head: &[u8]) -> bool {
    head.starts_with(LOCAL)
}

/// A zip file whose directory was read and checked.
pub(crate) struct Archive<'a> {
    bytes: &'a [u8],
    entries: Vec<Entry>,
    /// The numbers of the entries by their names.
    by_name: HashMap<String, usize>,
    /// By the same in small letters.
    by_small: HashMap<String, usize>,
    directory: Range<usize>,
    end: End,
    unpacked: u64,
    /// The longest of them.
    longest: u64,
    /// For what is unpacked.
    held: Option<Held<'a>>,
}

/// An entry, and where its parts stand in the file.
#[derive(Debug)]
struct Entry {
    /// As messages tell it.
    name: String,
    method: u16,
    crc: u32,
    packed: u64,
    size: u64,
    /// Its record in the directory.
    record: usize,
    /// Where the numbers of that record stand.
    numbers: Numbers,
    /// All that is copied with it: header, data, descriptor, and whatever stands before the next entry.
    chunk: Range<usize>,
    data: Range<usize>,
    /// The bytes behind the data that repeat its sizes.
    descriptor: Range<usize>,
    has_descriptor: bool,
    is_unpacked: bool,
}

/// An entry with new contents.
pub(super) struct Changed {
    pub(super) index: usize,
    packed: Vec<u8>,
    crc: u32,
    size: u64,
}

impl<'a> Archive<'a> {
    /// Reads the directory of a file; without a lease only to look what it is.
    pub(super) fn open(
        bytes: &'a [u8],
        lease: Option<&'a Lease<'a>>,
    ) -> Result<Archive<'a>, Wrong> {
        if bytes.len() as u64 > MOST_PACKED {
            return Err(Wrong::new(format!("it is longer than {} MiB", MOST_PACKED >> 20)));
        }
        let (end, directory, count) = End::find(bytes)?;
        let hold = |lease: &'a Lease<'a>| lease.hold(OF_DIRECTORY * directory.len() as u64);
        let held = lease.map(hold).transpose().map_err(Wrong::of_memory)?;
        let (entries, by_name, by_small) = (Vec::new(), HashMap::new(), HashMap::new());
        let mut archive = Archive {
            bytes,
            entries,
            by_name,
            by_small,
            directory: directory.clone(),
            end,
            unpacked: 0,
            longest: 0,
            held,
        };
        let mut at = directory.start;
        let mut names = HashSet::new();
        while at < directory.end {
            let behind = archive.record(at)?;
            let entry = &archive.entries[archive.entries.len() - 1];
            if !names.insert(&bytes[at + 46..at + 46 + usize::from(u16_at(bytes, at + 28))]) {
                return Err(Wrong::of(&entry.name, "there are two entries of this name"));
            }
            at = behind;
        }
        if at != directory.end || archive.entries.len() as u64 != count {
            return Err(Wrong::new("its directory is damaged"));
        }
        archive.lay_out()?;
        let names = archive.entries.iter().map(|entry| entry.name.clone());
        archive.by_name = names.zip(0..).collect();
        let small = archive.entries.iter().map(|entry| entry.name.to_ascii_lowercase());
        archive.by_small = small.zip(0..).collect();
        Ok(archive)
    }

    /// Returns the names of the entries, in the order of the directory.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| &*entry.name)
    }

    /// Returns the number of the entry of this name.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// As [`find`](Archive::find), but capitals and small letters are the same, as they are in office files.
    pub(super) fn find_as(&self, name: &str) -> Option<usize> {
        self.by_small.get(&name.to_ascii_lowercase()).copied()
    }

    /// Returns an entry whose name another has, too, but for capitals.
    pub(super) fn named_twice(&self) -> Option<&str> {
        let mut names = HashSet::new();
        let mut all = self.entries.iter();
        all.find(|entry| !names.insert(entry.name.to_ascii_lowercase())).map(|entry| &*entry.name)
    }

    pub(super) fn name(&self, index: usize) -> &str {
        &self.entries[index].name
    }

    /// Takes a record of the directory, and returns where the next begins.
    fn record(&mut self, at: usize) -> Result<usize, Wrong> {
        let bytes = self.bytes;
        let damaged = || Wrong::new("its directory is damaged");
        let head = bytes[..self.directory.end].get(at..at + 46).ok_or_else(damaged)?;
        if !head.starts_with(CENTRAL) {
            return Err(damaged());
        }
        let lens = [28, 30, 32].map(|field| usize::from(u16_at(head, field)));
        let behind = at + 46 + lens.iter().sum::<usize>();
        if behind > self.directory.end {
            return Err(damaged());
        }
        let raw = &bytes[at + 46..at + 46 + lens[0]];
        let name = String::from_utf8_lossy(raw).into_owned();
        let wrong = |message: &str| Err(Wrong::of(&name, message));
        if let Some(message) = wrong_name(raw) {
            return wrong(message);
        }
        let flags = u16_at(head, 8);
        if flags & ENCRYPTED != 0 {
            return wrong("it is encrypted");
        }
        let field = |offset: usize| Field { at: at + offset, is_long: false };
        let mut numbers = Numbers { packed: field(20), size: field(24), offset: field(42) };
        let extra = at + 46 + lens[0]..at + 46 + lens[0] + lens[1];
        let mut long = long_extra(bytes, &extra).unwrap_or(0..0);
        for field in [&mut numbers.size, &mut numbers.packed, &mut numbers.offset] {
            if u64::from(u32_at(bytes, field.at)) == ELSEWHERE {
                if long.len() < 8 {
                    return wrong("its sizes are missing");
                }
                *field = Field { at: long.start, is_long: true };
                long.start += 8;
            }
        }
        if u16_at(head, 34) != 0 {
            return wrong("it is on another disk");
        }
        let offset = numbers.offset.read(bytes);
        let Some(local) = usize::try_from(offset).ok().filter(|&at| at < self.directory.start)
        else {
            return wrong("it is not in the file: cut off, or damaged");
        };
        self.entries.push(Entry {
            method: u16_at(head, 10),
            crc: u32_at(head, 16),
            packed: numbers.packed.read(bytes),
            size: numbers.size.read(bytes),
            record: at,
            numbers,
            chunk: local..local,
            data: 0..0,
            descriptor: 0..0,
            has_descriptor: flags & HAS_DESCRIPTOR != 0,
            is_unpacked: false,
            name,
        });
        Ok(behind)
    }

    /// Finds the data of each entry, and makes sure that none lies in another.
    fn lay_out(&mut self) -> Result<(), Wrong> {
        let mut order: Vec<usize> = (0..self.entries.len()).collect();
        order.sort_by_key(|&index| self.entries[index].chunk.start);
        for (at, &index) in order.iter().enumerate() {
            let next = order.get(at + 1).map(|&next| self.entries[next].chunk.start);
            let end = next.unwrap_or(self.directory.start);
            let raw_name = {
                let record = self.entries[index].record;
                &self.bytes[record + 46..][..usize::from(u16_at(self.bytes, record + 28))]
            };
            let flags = u16_at(self.bytes, self.entries[index].record + 8);
            self.entries[index].lay_out(self.bytes, end, raw_name, flags)?;
        }
        Ok(())
    }

    /// Returns what an entry holds.
    pub(super) fn unpack(&mut self, index: usize) -> Result<Vec<u8>, Wrong> {
        let Archive { bytes, entries, unpacked, longest, held, .. } = self;
        let entry = &mut entries[index];
        let wrong = |entry: &Entry, message: String| Err(Wrong::of(&entry.name, message));
        if entry.size > MOST_ENTRY {
            return wrong(entry, format!("it is longer than {} MiB", MOST_ENTRY >> 20));
        }
        if entry.size > RATIO_FROM && entry.size / MOST_RATIO > entry.packed {
            return wrong(
                entry,
                format!(
                    "it is packed to less than a part in {MOST_RATIO}, as what is to fill a disk; \
                     pack it anew, stored, if it is what it should be"
                ),
            );
        }
        if !std::mem::replace(&mut entry.is_unpacked, true) {
            *unpacked += entry.size;
            if *unpacked > MOST_UNPACKED {
                let most = MOST_UNPACKED >> 20;
                return wrong(entry, format!("with it, the texts are longer than {most} MiB"));
            }
        }
        *longest = entry.size.max(*longest);
        match held {
            Some(held) => {
                let directory = self.directory.len() as u64;
                let all =
                    OF_DIRECTORY * directory + OF_LONGEST * *longest + OF_UNPACKED * *unpacked;
                held.at_least(all).map_err(Wrong::of_memory)?;
            }
            None if entry.size > MOST_LOOKED_INTO => {
                return wrong(entry, "it is too long to say what the file is".to_owned());
            }
            None => {}
        }
        let data = &bytes[entry.data.clone()];
        let text = match entry.method {
            STORED => data.to_vec(),
            DEFLATED => {
                let mut text = Vec::with_capacity(usize::try_from(entry.size).unwrap_or(0) + 1);
                let mut decoder = flate2::bufread::DeflateDecoder::new(data);
                let read = (&mut decoder).take(entry.size + 1).read_to_end(&mut text);
                if read.is_err() || decoder.total_in() != entry.packed {
                    return wrong(entry, "its packed data are damaged".to_owned());
                }
                text
            }
            method => {
                return wrong(entry, format!("it is packed in a way that is not known ({method})"));
            }
        };
        if text.len() as u64 != entry.size {
            return wrong(entry, "it is not as long as it should be".to_owned());
        }
        if crc(&text) != entry.crc {
            return wrong(entry, "its checksum is wrong".to_owned());
        }
        Ok(text)
    }

    /// Returns an entry with new contents, packed as it was.
    pub(super) fn pack(&self, index: usize, text: Vec<u8>) -> Result<Changed, Wrong> {
        let entry = &self.entries[index];
        let (crc, size) = (crc(&text), text.len() as u64);
        let packed = match entry.method {
            STORED => text,
            _ => {
                let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
                let packed = encoder.write_all(&text).and_then(|()| encoder.finish());
                packed.map_err(|error| Wrong::of(&entry.name, error.to_string()))?
            }
        };
        Ok(Changed { index, packed, crc, size })
    }

    /// Returns the file with some entries changed.
    pub(super) fn rewrite(&self, changed: &[Changed]) -> Result<Vec<u8>, Wrong> {
        let more: usize = changed.iter().map(|changed| changed.packed.len()).sum();
        let mut output = Vec::with_capacity(self.bytes.len() + more);
        let mut order: Vec<usize> = (0..self.entries.len()).collect();
        order.sort_by_key(|&index| self.entries[index].chunk.start);
        let mut offsets = vec![0; self.entries.len()];
        let mut changes: Vec<Option<&Changed>> = vec![None; self.entries.len()];
        for change in changed {
            changes[change.index] = Some(change);
        }
        let first = order.first().map_or(self.directory.start, |&at| self.entries[at].chunk.start);
        output.extend_from_slice(&self.bytes[..first]);
        for &index in &order {
            offsets[index] = output.len() as u64;
            let entry = &self.entries[index];
            match changes[index] {
                None => output.extend_from_slice(&self.bytes[entry.chunk.clone()]),
                Some(changed) => entry.write(self.bytes, changed, &mut output),
            }
        }
        let directory = output.len();
        output.extend_from_slice(&self.bytes[self.directory.start..]);
        // What follows moved as a whole.
        let here = |at: usize| at - self.directory.start + directory;
        for (entry, offset) in self.entries.iter().zip(offsets) {
            let fits = entry.numbers.offset.write(&mut output, here, offset);
            if !fits {
                return Err(Wrong::of(&entry.name, "the file would be too long"));
            }
        }
        for changed in changed {
            let entry = &self.entries[changed.index];
            put_u32(&mut output, here(entry.record + 16), changed.crc);
            let packed = changed.packed.len() as u64;
            let fits = entry.numbers.packed.write(&mut output, here, packed)
                && entry.numbers.size.write(&mut output, here, changed.size);
            if !fits {
                return Err(Wrong::of(&entry.name, "it would be too long"));
            }
        }
        if let Some((record, locator)) = self.end.long {
            put_u64(&mut output, here(record + 48), directory as u64);
            put_u64(&mut output, here(locator + 8), here(record) as u64);
        }
        let field = Field { at: self.end.at + 16, is_long: false };
        if u64::from(u32_at(self.bytes, field.at)) != ELSEWHERE
            && !field.write(&mut output, here, directory as u64)
        {
            return Err(Wrong::new("it would be too long"));
        }
        Ok(output)
    }
}

impl Entry {
    /// Finds the parts of an entry, behind which the next thing stands at `end`.
    fn lay_out(
        &mut self,
        bytes: &[u8],
        end: usize,
        raw_name: &[u8],
        flags: u16,
    ) -> Result<(), Wrong> {
        let start = self.chunk.start;
        let wrong = |message: &str| Err(Wrong::of(&self.name, message));
        const OVERLAPS: &str = "it reaches into what stands behind it: overlapping, or cut off";
        let Some(head) = bytes[..end].get(start..start + 30) else { return wrong(OVERLAPS) };
        if !head.starts_with(LOCAL) {
            return wrong("no entry begins where the directory says");
        }
        const DIFFERS: &str = "its header and the directory differ";
        if u16_at(head, 6) != flags || u16_at(head, 8) != self.method {
            return wrong(DIFFERS);
        }
        let lens = [26, 28].map(|field| usize::from(u16_at(head, field)));
        let behind = start + 30 + lens[0] + lens[1];
        if behind > end {
            return wrong(OVERLAPS);
        }
        if bytes[start + 30..start + 30 + lens[0]] != *raw_name {
            return wrong(DIFFERS);
        }
        let data_end = usize::try_from(self.packed).ok().and_then(|len| behind.checked_add(len));
        let Some(data_end) = data_end.filter(|&data_end| data_end <= end) else {
            return wrong(OVERLAPS);
        };
        if self.method == STORED && self.packed != self.size {
            return wrong("its sizes do not fit");
        }
        let (own, crc) = (Entry::local_numbers(bytes, start), u32_at(head, 14));
        let told = [(own.packed.read(bytes), self.packed), (own.size.read(bytes), self.size)];
        // Behind a descriptor's flag nothing, or the same.
        let is_told = |(number, known): &(u64, u64)| {
            number == known || self.has_descriptor && (*number == 0 || *number == ELSEWHERE)
        };
        if !told.iter().all(is_told) || !(crc == self.crc || self.has_descriptor && crc == 0) {
            return wrong(DIFFERS);
        }
        let mut descriptor = data_end..data_end;
        if self.has_descriptor {
            let Some(len) = self.descriptor_len(&bytes[data_end..end]) else {
                return wrong("the sizes behind its data are missing");
            };
            descriptor.end += len;
        }
        self.chunk = start..end;
        self.data = behind..data_end;
        self.descriptor = descriptor;
        Ok(())
    }

    /// Returns where the numbers of the header at a place stand.
    fn local_numbers(bytes: &[u8], start: usize) -> Numbers {
        let field = |offset: usize| Field { at: start + offset, is_long: false };
        let mut numbers = Numbers { packed: field(18), size: field(22), offset: Field::default() };
        let lens = [26, 28].map(|field| usize::from(u16_at(bytes, start + field)));
        let extra = start + 30 + lens[0]..start + 30 + lens[0] + lens[1];
        let mut long = long_extra(bytes, &extra).unwrap_or(0..0);
        for field in [&mut numbers.size, &mut numbers.packed] {
            if u64::from(u32_at(bytes, field.at)) == ELSEWHERE && long.len() >= 8 {
                *field = Field { at: long.start, is_long: true };
                long.start += 8;
            }
        }
        numbers
    }

    /// Returns how long the descriptor is that the bytes behind the data begin with: there are four forms.
    fn descriptor_len(&self, bytes: &[u8]) -> Option<usize> {
        for (is_long, len) in [(false, 8), (true, 16)] {
            for head in [DESCRIPTOR, b""] {
                let mut expected = head.to_vec();
                expected.extend_from_slice(&self.crc.to_le_bytes());
                for number in [self.packed, self.size] {
                    if is_long {
                        expected.extend_from_slice(&number.to_le_bytes());
                    } else {
                        expected.extend_from_slice(&u32::try_from(number).ok()?.to_le_bytes());
                    }
                }
                if bytes.starts_with(&expected) {
                    return Some(head.len() + 4 + len);
                }
            }
        }
        None
    }

    /// Appends the entry with new contents.
    fn write(&self, bytes: &[u8], changed: &Changed, output: &mut Vec<u8>) {
        let start = output.len();
        output.extend_from_slice(&bytes[self.chunk.start..self.data.start]);
        let here = |at: usize| at - self.chunk.start + start;
        let numbers = Entry::local_numbers(bytes, self.chunk.start);
        let packed = changed.packed.len() as u64;
        for (field, number) in [(numbers.packed, packed), (numbers.size, changed.size)] {
            let was = field.read(bytes);
            // What is told behind the data only, still is.
            if !self.has_descriptor || was != 0 && was != ELSEWHERE {
                let _fits = field.write(output, here, number);
            }
        }
        if !self.has_descriptor || u32_at(bytes, self.chunk.start + 14) != 0 {
            put_u32(output, here(self.chunk.start + 14), changed.crc);
        }
        output.extend_from_slice(&changed.packed);
        if self.has_descriptor {
            let len = self.descriptor.len();
            if matches!(len, 16 | 24) {
                output.extend_from_slice(DESCRIPTOR);
            }
            output.extend_from_slice(&changed.crc.to_le_bytes());
            let width = if len >= 20 { 8 } else { 4 };
            for number in [packed, changed.size] {
                output.extend_from_slice(&number.to_le_bytes()[..width]);
            }
        }
        output.extend_from_slice(&bytes[self.descriptor.end..self.chunk.end]);
    }
}

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}
