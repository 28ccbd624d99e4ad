//! Runs a compiled config.
//!
//! In: the image that [`compile`](super::compile) makes, and text. Out: the converted text, appended. Nearly all of a text
//! goes through one pass over one table ([`replace`](mod@crate::dictionary::replace)); this module does what that pass
//! hands over:
//!
//! * a description sequence, which is copied whole;
//! * a *trigger*: characters, mostly two, from which steps may match across neighbours. Here the steps run one after
//!   the other, but lazily: each takes only as much as it needs from the step before, and when all of them are at the end
//!   of what they took, at the same place of the source, the pass goes on there. That is mostly after two or three
//!   characters. OpenCC instead runs the whole segment through every step.
//!
//! Configs that the compiler could not put into that form (see there) run step by step over the whole text.

use super::ids;
use crate::dictionary::output::Output;
use crate::dictionary::replace::{Events, Note, Notes, replace, replace_until, step};
use crate::dictionary::table::{Found, Table};

/// How a program has to be run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flags {
    /// The normalization is a pass of its own.
    pub(crate) normalizes: bool,
    /// Description operators stand in keys or values: nothing was decided ahead but the words.
    pub(crate) step_by_step: bool,
}

/// The first words of an image.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Header {
    pub(crate) flags: Flags,
    /// How many tables of normalization steps follow the main one.
    pub(crate) normalization: usize,
    /// How many tables of chain steps follow those.
    pub(crate) steps: usize,
}

impl Header {
    const WORDS: usize = 3;

    pub(crate) fn words(&self) -> [u64; Self::WORDS] {
        let flags = u64::from(self.flags.normalizes) | u64::from(self.flags.step_by_step) << 1;
        [flags, self.normalization as u64, self.steps as u64]
    }

    fn read(words: &[u64]) -> Header {
        let flags = Flags { normalizes: words[0] & 1 != 0, step_by_step: words[0] & 2 != 0 };
        let count = |word: u64| usize::try_from(word).unwrap_or(0);
        Header { flags, normalization: count(words[1]), steps: count(words[2]) }
    }
}

/// A view of a compiled config.
#[derive(Debug)]
pub(crate) struct Program<'a> {
    pub(super) flags: Flags,
    pub(super) main: Table<'a>,
    pub(super) normalization: Vec<Table<'a>>,
    pub(super) steps: Vec<Table<'a>>,
}

impl<'a> Program<'a> {
    /// Opens an image that [`compile`](super::compile::compile) made.
    pub(crate) fn open(image: &'a [u64]) -> Program<'a> {
        let (header, mut rest) = image.split_at(Header::WORDS);
        let header = Header::read(header);
        let mut table = || {
            let (table, behind) = Table::open(rest);
            rest = behind;
            table
        };
        let main = table();
        let normalization = (0..header.normalization).map(|_| table()).collect();
        let steps = (0..header.steps).map(|_| table()).collect();
        Program { flags: header.flags, main, normalization, steps }
    }

    /// Converts `text`, which must be UTF-8, into a cleared output; the result then is UTF-8 too.
    pub(crate) fn convert_into(&self, text: &[u8], output: &mut Output) {
        output.clear();
        if self.is_by_steps() {
            output.push(&self.append_converted(text, Vec::new()), 0);
        } else {
            replace(&self.main, text, 0, output, &mut Lazy::new(self));
        }
    }

    /// As [`convert_into`](Program::convert_into), but only from an offset on, and notes where in text and output the characters
    /// stand that may be written in several ways; those that are plain only if all are asked for. Of a program that runs step by step
    /// nothing is noted.
    pub(crate) fn convert_noting<const ALL: bool>(
        &self,
        text: &[u8],
        from: usize,
        output: &mut Output,
        notes: &mut Notes,
    ) {
        notes.clear();
        if self.is_by_steps() {
            return self.convert_into(&text[from..], output);
        }
        output.clear();
        let mut noting = Noting::<ALL> { lazy: Lazy::new(self), notes };
        replace(&self.main, text, from, output, &mut noting);
    }

    pub(super) fn is_by_steps(&self) -> bool {
        self.flags.normalizes || self.flags.step_by_step
    }

    /// Converts `text`, which must be UTF-8, and appends the result, which then is too.
    pub(crate) fn append_converted(&self, text: &[u8], output: Vec<u8>) -> Vec<u8> {
        let mut normal = Vec::new();
        let text = if self.flags.normalizes || self.flags.step_by_step {
            run_chain(&self.normalization, text, &mut normal);
            &normal
        } else {
            text
        };
        if self.flags.step_by_step {
            return self.step_by_step(text, output);
        }
        let mut output = Output::append_to(output, text.len());
        replace(&self.main, text, 0, &mut output, &mut Lazy::new(self));
        output.finish()
    }

    /// Converts the head of `text`, which is UTF-8 and not the end of its document: as much as no further text can change.
    /// Returns the length of that head in bytes, which may be 0, and the output.
    ///
    /// This is for a line so long that it does not fit in memory, and without a [`last_cut`](Program::last_cut).
    pub(crate) fn append_decided(&self, text: &[u8], output: Vec<u8>) -> (usize, Vec<u8>) {
        let limit = text.len().saturating_sub(self.margin());
        if self.is_by_steps() || limit == 0 {
            return (0, output);
        }
        let mut output = Output::append_to(output, text.len());
        let (most, events) = (text.len(), &mut Lazy::new(self));
        let end = replace_until(&self.main, text, 0..limit, most, &mut output, events);
        (end, output.finish())
    }

    /// As [`append_decided`](Program::append_decided), from an offset on, with notes as of
    /// [`convert_noting`](Program::convert_noting); returns the offset behind what was converted. `reach` bytes of the text are left,
    /// at least, to be seen behind it.
    pub(crate) fn convert_decided(
        &self,
        text: &[u8],
        from: usize,
        reach: usize,
        output: &mut Output,
        notes: &mut Notes,
    ) -> usize {
        notes.clear();
        output.clear();
        let most = text.len().saturating_sub(reach);
        let limit = most.saturating_sub(self.margin());
        if self.is_by_steps() || limit <= from {
            return from;
        }
        let mut noting = Noting::<false> { lazy: Lazy::new(self), notes };
        let end = replace_until(&self.main, text, from..limit, most, output, &mut noting);
        notes.cut(end);
        end
    }

    /// How many bytes at the end of a text further text may change, mostly.
    fn margin(&self) -> usize {
        4 * self.main.longest() + ids::MAX_BYTES
    }

    /// Returns the last offset at which `text`, which is UTF-8 and within a line, may be cut: the parts then give what the whole gives,
    /// whatever comes behind `text`. `None` where no such place was found; there may be one.
    ///
    /// The naive place is a line end: no key holds one, and it closes a description sequence. But a line may be longer than
    /// memory. So too behind any character that no table knows, since no match can lie across it; for the one thing
    /// that can, a description sequence, no operator may stand within reach before it.
    pub(crate) fn last_cut(&self, text: &[u8]) -> Option<usize> {
        if self.is_by_steps() {
            return None;
        }
        // In a later step a character may stand for as many as its longest key has.
        let longest = self.steps.iter().map(Table::longest).max().unwrap_or(1);
        let reach = ids::MAX_BYTES.saturating_mul(longest);
        let mut end = text.len();
        let mut looked = 0;
        while end > 0 && looked < SCAN {
            let at = (0..end).rev().find(|&at| !(0x80..0xC0).contains(&text[at]))?;
            let mut next = at;
            if self.is_inert(text, at) {
                // What stood before the head of the text is of no concern: there was a cut.
                let from = end.saturating_sub(reach);
                match text[from..end].windows(3).rposition(ids::is_operator) {
                    None => return Some(end),
                    Some(operator) => next = from + operator,
                }
            }
            looked += end - next;
            end = next;
        }
        None
    }

    /// Returns whether a word that begins before `at` might be longer than the text.
    fn is_near_end(&self, text: &[u8], at: usize) -> bool {
        at + 4 * self.main.longest() > text.len()
    }

    fn is_inert(&self, text: &[u8], at: usize) -> bool {
        let tables = || std::iter::once(&self.main).chain(&self.steps);
        tables().all(|table| table.entry(text, at).0.is_inert())
    }

    /// Returns the offset behind the word at `at`, if one begins there.
    #[inline]
    fn word_end(&self, text: &[u8], at: usize) -> Option<usize> {
        let (entry, behind) = self.main.entry(text, at);
        if entry.root() != 0
            && let (Found::Value { end, .. } | Found::ByCharacter { end }, _) =
                self.main.phrase(entry.root(), text, behind)
        {
            return Some(end);
        }
        entry.is_key().then_some(behind)
    }

    /// Segments the text and sends each segment through the steps, as OpenCC does.
    fn step_by_step(&self, text: &[u8], mut output: Vec<u8>) -> Vec<u8> {
        let mut at = 0;
        while at < text.len() {
            let end = self.run_end(text, at, false);
            append_chain(&self.steps, &text[at..end], &mut output);
            at = end;
            if at < text.len() {
                // The outcome of a word is final.
                if let Some((end, _)) = step(&self.main, text, at, true, &mut output) {
                    at = end;
                }
            }
        }
        output
    }

    /// Returns where the stretch without words that begins at `at` ends, or, with `in_line`, where its line ends.
    pub(super) fn run_end(&self, text: &[u8], mut at: usize, in_line: bool) -> usize {
        while at < text.len() && !(in_line && is_line_end(text[at])) {
            if self.word_end(text, at).is_some() {
                break;
            }
            at += ids::sequence_len(&text[at..]).unwrap_or(ids::char_len(text[at]));
        }
        at
    }
}

/// How many bytes are searched for a place to cut a line. It takes as long as to convert them, and there mostly is one in each
/// sentence or none at all: of prose without marks 64 KB, once a block, were a seventh of the time.
const SCAN: usize = 8 * 1024;

fn is_line_end(byte: u8) -> bool {
    byte == b'\n' || byte == b'\r'
}

/// Runs a text through steps, one after the other, and replaces what `output` holds.
fn run_chain(steps: &[Table<'_>], text: &[u8], output: &mut Vec<u8>) {
    let mut input = text.to_vec();
    for table in steps {
        output.clear();
        let mut at = 0;
        while at < input.len() {
            at = step_or_sequence(table, &input, at, output);
        }
        std::mem::swap(&mut input, output);
    }
    *output = input;
}

fn append_chain(steps: &[Table<'_>], text: &[u8], output: &mut Vec<u8>) {
    if !text.is_empty() {
        let mut converted = Vec::new();
        run_chain(steps, text, &mut converted);
        output.extend_from_slice(&converted);
    }
}

/// One key, description sequence or character.
pub(super) fn step_or_sequence(
    table: &Table<'_>,
    text: &[u8],
    at: usize,
    output: &mut Vec<u8>,
) -> usize {
    let before = output.len();
    let (end, is_key) = step(table, text, at, true, output).unwrap_or((at + 1, true));
    if !is_key && let Some(len) = ids::sequence_len(&text[at..]) {
        output.truncate(before);
        output.extend_from_slice(&text[at..at + len]);
        return at + len;
    }
    end
}

/// Runs the steps where the pass cannot decide.
pub(super) struct Lazy<'p, 'a> {
    pub(super) program: &'p Program<'a>,
    /// What each step has made and the next one not yet taken; the last step's goes to the output.
    pending: Vec<Pending>,
    /// The end of the text has been looked at.
    met_end: bool,
}

impl<'p, 'a> Lazy<'p, 'a> {
    pub(super) fn new(program: &'p Program<'a>) -> Lazy<'p, 'a> {
        let pending = vec![Pending::default(); program.steps.len()];
        Lazy { program, pending, met_end: false }
    }
}

#[derive(Clone, Debug, Default)]
struct Pending {
    made: Vec<u8>,
    taken: usize,
}

impl Events for Lazy<'_, '_> {
    fn convert(&mut self, text: &[u8], at: usize, output: &mut Output) -> usize {
        if ids::is_operator(&text[at..]) {
            return self.sequence(text, at, output);
        }
        let mut source = Source { text, at, clear: at, ended: false };
        let last = self.pending.len() - 1;
        loop {
            let more = self.pull(last, &mut source);
            let made = &mut self.pending[last];
            output.push(&made.made, text.len() - source.at);
            made.made.clear();
            let agreed = self.pending[..last].iter().all(|p| p.taken == p.made.len());
            if agreed || !more {
                break;
            }
        }
        for pending in &mut self.pending {
            pending.made.clear();
            pending.taken = 0;
        }
        // A word that begins near the end may not have been seen.
        self.met_end |= self.program.is_near_end(text, source.clear);
        source.at
    }

    fn needs_more(&self) -> bool {
        self.met_end
    }
}

/// As [`Lazy`], and keeps the notes.
struct Noting<'n, 'p, 'a, const ALL: bool> {
    lazy: Lazy<'p, 'a>,
    notes: &'n mut Notes,
}

impl<const ALL: bool> Events for Noting<'_, '_, '_, ALL> {
    const NOTES: bool = true;
    const PLAIN: bool = ALL;

    fn convert(&mut self, text: &[u8], at: usize, output: &mut Output) -> usize {
        self.lazy.convert(text, at, output)
    }

    fn needs_more(&self) -> bool {
        self.lazy.needs_more()
    }

    #[inline(always)]
    fn note(&mut self, open: u64, first: Note) {
        self.notes.push(open, first);
    }
}

/// The source of the first step: a stretch without words, found as far as it is needed.
struct Source<'t> {
    text: &'t [u8],
    /// What the first step has taken.
    at: usize,
    /// No word begins before this.
    clear: usize,
    /// A word, a line end, an operator or the end of the text is at `clear`.
    ended: bool,
}

impl Lazy<'_, '_> {
    /// Lets step `index` make something; returns whether it could.
    fn pull(&mut self, index: usize, source: &mut Source<'_>) -> bool {
        let table = &self.program.steps[index];
        let mut complete = false;
        loop {
            let (before, own) = self.pending.split_at_mut(index);
            let own = &mut own[0].made;
            if let Some(input) = before.last_mut() {
                if input.taken < input.made.len()
                    && let Some((end, _)) = step(table, &input.made, input.taken, complete, own)
                {
                    input.taken = end;
                    if end == input.made.len() {
                        input.made.clear();
                        input.taken = 0;
                    }
                    return true;
                }
                if complete {
                    return false;
                }
                complete = !self.pull(index - 1, source);
            } else {
                if source.at < source.clear {
                    let text = &source.text[..source.clear];
                    if let Some((end, _)) = step(table, text, source.at, source.ended, own) {
                        source.at = end;
                        return true;
                    }
                }
                if source.ended {
                    return false;
                }
                self.program.extend(source);
            }
        }
    }

    /// Copies a description sequence whole. An incomplete one is only its operator, but in a later step, where the text
    /// has other lengths, it may be complete: then the stretch up to the next word runs step by step.
    fn sequence(&mut self, text: &[u8], at: usize, output: &mut Output) -> usize {
        if let Some(len) = ids::sequence_len(&text[at..]) {
            output.push(&text[at..at + len], text.len() - at - len);
            return at + len;
        }
        if self.program.steps.len() < 2 {
            output.push(&text[at..at + 3], text.len() - at - 3);
            return at + 3;
        }
        let end = self.program.run_end(text, at, true);
        self.met_end |= self.program.is_near_end(text, end);
        let mut converted = Vec::new();
        append_chain(&self.program.steps, &text[at..end], &mut converted);
        output.push(&converted, text.len() - end);
        end
    }
}

impl Program<'_> {
    /// Moves the clear end of a source over one more character, if no word, line end or sequence begins there.
    fn extend(&self, source: &mut Source<'_>) {
        let Source { text, clear, .. } = *source;
        let stops = clear >= text.len()
            || is_line_end(text[clear])
            || ids::is_operator(&text[clear..])
            || self.word_end(text, clear).is_some();
        if stops {
            source.ended = true;
        } else {
            source.clear = clear + ids::char_len(text[clear]);
        }
    }
}
