//! What differs between a text and its conversion: a count, and a unified diff.
//!
//! The naive way is a general diff, which takes time that grows with the square of the differences, and nearly every line of
//! a converted text differs. A conversion keeps line ends, so line stands against line; only where their numbers differ is the
//! general one asked.
//!
//! The lines of a diff are the document's, byte for byte: escaped, they could not be applied. Only
//! whoever shows them on a terminal escapes them. The names are quoted as C strings where they have
//! to be, which git and `patch` read.

use std::fmt::Write;
use std::ops::Range;
use std::path::Path;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::escape::is_hidden;

/// Lines around a change that are shown with it.
const CONTEXT: usize = 3;

/// Returns how many characters of `before` are not in `after` at their place: position by position in lines of one length; in
/// others all but what both have in common at the ends of the line.
pub(crate) fn characters_changed(before: &str, after: &str) -> u64 {
    let mut changed = 0;
    // Formats cut a long document behind CR, too.
    let lines = |text| str::split_inclusive(text, ['\n', '\r']);
    let (mut old, mut new) = (lines(before), lines(after));
    loop {
        changed += match (old.next(), new.next()) {
            (None, None) => return changed,
            (Some(line), None) | (None, Some(line)) => line.chars().count(),
            (Some(old), Some(new)) if old == new => 0,
            (Some(old), Some(new)) => in_line(old, new),
        } as u64;
    }
}

fn in_line(old: &str, new: &str) -> usize {
    let (old_len, new_len) = (old.chars().count(), new.chars().count());
    if old_len == new_len {
        return old.chars().zip(new.chars()).filter(|(a, b)| a != b).count();
    }
    let shorter = old_len.min(new_len);
    let head = old.chars().zip(new.chars()).take_while(|(a, b)| a == b).count();
    let tails = old.chars().rev().zip(new.chars().rev());
    let tail = tails.take(shorter - head).take_while(|(a, b)| a == b).count();
    (old_len - head - tail).max(1)
}

/// Returns the name of a document, or of an entry in a package, as the header of a diff has it: in
/// quotes, with the octal escapes of C, if something in it is invisible, acts on a terminal or has
/// a meaning in quotes; with a tab after it if there are blanks in it, since `patch` would read no
/// further than the first.
pub(crate) fn name(path: &Path, entry: Option<&str>) -> String {
    let mut bytes = path.as_os_str().as_encoded_bytes().to_vec();
    if cfg!(windows) {
        bytes.iter_mut().filter(|byte| **byte == b'\\').for_each(|byte| *byte = b'/');
    }
    if let Some(entry) = entry {
        bytes.push(b'!');
        bytes.extend_from_slice(entry.as_bytes());
    }
    let is_plain = |text: &str| !text.contains(|c| is_hidden(c) || matches!(c, '"' | '\\'));
    match std::str::from_utf8(&bytes) {
        Ok(text) if is_plain(text) => {
            let tab = if text.contains(char::is_whitespace) { "\t" } else { "" };
            format!("{text}{tab}")
        }
        _ => quoted(&bytes),
    }
}

fn quoted(bytes: &[u8]) -> String {
    let mut quoted = String::from('"');
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' | '\\' => quoted.extend(['\\', c]),
                '\n' => quoted.push_str("\\n"),
                '\t' => quoted.push_str("\\t"),
                '\r' => quoted.push_str("\\r"),
                c if is_hidden(c) => {
                    for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                        octal(&mut quoted, byte);
                    }
                }
                c => quoted.push(c),
            }
        }
        chunk.invalid().iter().for_each(|&byte| octal(&mut quoted, byte));
    }
    quoted.push('"');
    quoted
}

fn octal(text: &mut String, byte: u8) {
    write!(text, "\\{byte:03o}").expect("writing to a String cannot fail");
}

/// Returns how many bytes of memory the diff and the making of it take at most.
pub(crate) fn memory(before: &str, after: &str) -> u64 {
    let [old, new] =
        [before, after].map(|text| memchr::memchr_iter(b'\n', text.as_bytes()).count());
    // A sign before each line, and numbers of lines before changes that more than six others stand between; room that doubles
    // as it is filled.
    let text = before.len() + after.len() + old + new + 64 * (old.min(new) / 7 + 1);
    let lines = if old == new { PLACES } else { PLACES + HASHES } * (old + new);
    2 * text as u64 + lines as u64
}

/// Bytes for a line that is looked up by its number, and for its change.
const PLACES: usize = 64;
/// Bytes for a line that is looked up by what it says, too.
const HASHES: usize = 160;

/// Appends the changes from `before` to `after` in the unified form, as `diff -u` and `git diff` have it; nothing if there are none.
/// The name is one that [`name`] has returned.
pub(crate) fn unified(name: &str, before: &str, after: &str, diff: &mut String) {
    let old: Vec<&str> = before.split_inclusive('\n').collect();
    let new: Vec<&str> = after.split_inclusive('\n').collect();
    let changes =
        if old.len() == new.len() { line_by_line(&old, &new) } else { general(&old, &new) };
    if changes.is_empty() {
        return;
    }
    writeln!(diff, "--- {name}\n+++ {name}").expect("writing to a String cannot fail");
    let mut at = 0;
    while at < changes.len() {
        // Changes whose context meets are one hunk.
        let mut end = at + 1;
        while end < changes.len() && changes[end].0.start - changes[end - 1].0.end <= 2 * CONTEXT {
            end += 1;
        }
        hunk(&old, &new, &changes[at..end], diff);
        at = end;
    }
}

/// Lines of the old text and those that stand in their place.
type Change = (Range<usize>, Range<usize>);

fn line_by_line(old: &[&str], new: &[&str]) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    for at in (0..old.len()).filter(|&at| old[at] != new[at]) {
        match changes.last_mut() {
            Some((old, new)) if old.end == at => (old.end, new.end) = (at + 1, at + 1),
            _ => changes.push((at..at + 1, at..at + 1)),
        }
    }
    changes
}

fn general(old: &[&str], new: &[&str]) -> Vec<Change> {
    let operations = capture_diff_slices(Algorithm::Patience, old, new);
    let is_change = |operation: &&DiffOp| !matches!(operation, DiffOp::Equal { .. });
    let ranges = |operation: &DiffOp| (operation.old_range(), operation.new_range());
    operations.iter().filter(is_change).map(ranges).collect()
}

fn hunk(old: &[&str], new: &[&str], changes: &[Change], diff: &mut String) {
    let (Some(first), Some(last)) = (changes.first(), changes.last()) else { return };
    let before = first.0.start.min(CONTEXT);
    let behind = (old.len() - last.0.end).min(CONTEXT);
    let old_range = first.0.start - before..last.0.end + behind;
    let new_range = first.1.start - before..last.1.end + behind;
    writeln!(diff, "@@ -{} +{} @@", told(&old_range), told(&new_range))
        .expect("writing to a String cannot fail");
    let mut at = old_range.start;
    for (removed, added) in changes {
        lines(diff, ' ', &old[at..removed.start]);
        lines(diff, '-', &old[removed.clone()]);
        lines(diff, '+', &new[added.clone()]);
        at = removed.end;
    }
    lines(diff, ' ', &old[at..old_range.end]);
}

fn told(range: &Range<usize>) -> String {
    // An empty range is told by the line before it.
    let start = if range.is_empty() { range.start } else { range.start + 1 };
    if range.len() == 1 { start.to_string() } else { format!("{start},{}", range.len()) }
}

fn lines(diff: &mut String, sign: char, lines: &[&str]) {
    for line in lines {
        diff.push(sign);
        diff.push_str(line);
        if !line.ends_with('\n') {
            diff.push_str("\n\\ No newline at end of file\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unified(name: &str, before: &str, after: &str) -> String {
        let mut diff = String::new();
        super::unified(name, before, after, &mut diff);
        assert!(2 * diff.len() as u64 <= memory(before, after) + 200, "{before:?}");
        diff
    }

    #[test]
    fn changed_characters_are_counted_at_their_place() {
        for (before, after, changed) in [
            ("", "", 0),
            ("头发", "头发", 0),
            ("头发\n后面\n", "頭髮\n後面\n", 3),
            ("打印机\n", "印表機\n", 3),
            ("用内存吧\n里\n", "用記憶體吧\n裡\n", 3),
            ("a", "aa", 1),
        ] {
            assert_eq!(characters_changed(before, after), changed, "{before} {after}");
        }
    }

    #[test]
    fn a_diff_is_what_diff_and_patch_understand() {
        let old = "1\n2\n3\n4\n发\n6\n7\n8\n9\n10\n11\n12\n13\n后";
        let new = old.replace('发', "發").replace('后', "後");
        let expected = "--- a\n+++ a\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-发\n+發\n 6\n 7\n 8\n\
            @@ -11,4 +11,4 @@\n 11\n 12\n 13\n-后\n\\ No newline at end of file\n+後\n\\ No newline at end of file\n";
        assert_eq!(unified("a", old, &new), expected);
        assert_eq!(unified("a", old, old), "");
    }

    #[test]
    fn names_are_quoted_as_git_quotes_them() {
        for (path, entry, told) in [
            ("头/发.txt", None, "头/发.txt"),
            ("a b", None, "a b\t"),
            ("a\nb\u{1b}", None, r#""a\nb\033""#),
            ("a\u{202e}b c", None, r#""a\342\200\256b c""#),
            (r#"a"b\c"#, None, r#""a\"b\\c""#),
            ("a.docx", Some("word/document.xml"), "a.docx!word/document.xml"),
            ("a.docx", Some("x\ny"), r#""a.docx!x\ny""#),
        ] {
            assert_eq!(name(path.as_ref(), entry), told);
        }
        #[cfg(unix)]
        {
            use std::os::unix::ffi::OsStrExt;

            let path = Path::new(std::ffi::OsStr::from_bytes(b"a\xff"));
            assert_eq!(name(path, None), r#""a\377""#);
        }
    }

    #[test]
    fn a_text_that_gains_lines_has_a_diff_too() {
        let diff = unified("a", "1\n2\n3\n", "1\n2\nx\ny\n3\n");
        assert_eq!(diff, "--- a\n+++ a\n@@ -1,3 +1,5 @@\n 1\n 2\n+x\n+y\n 3\n");
    }
}
