//! What of a text became what, while a program runs.
//!
//! In: a text, as for [`program`](super::program). Out: the same result, and what was replaced by something of another length. The naive way
//! takes what the pass hands over for one replacement; but that is a word only with one step. Behind a character from which a later step
//! matches, the pass hands over a stretch, and in `默认闪存` both words would be one, which a document's markup between them cannot
//! divide. Ours runs the steps over such a stretch once more, one after the other, and puts their alignments together. It is
//! rare: one place in a hundred characters of prose, with s2twp, gives something of another length.

use super::program::{Lazy, Program, step_or_sequence};
use crate::alignment::{self, Alignment, Replaced};
use crate::dictionary::output::Output;
use crate::dictionary::replace::{Events, Note, Notes, replace, step};
use crate::dictionary::table::Table;

impl<'a> Program<'a> {
    /// As [`convert_into`](Program::convert_into), and tells what was replaced by something of another length, with places in the text and
    /// in the output. With `notes` as [`convert_noting`](Program::convert_noting).
    pub(crate) fn convert_aligning(
        &self,
        text: &[u8],
        output: &mut Output,
        notes: Option<&mut Notes>,
        replaced: &mut Vec<Replaced>,
    ) {
        replaced.clear();
        output.clear();
        if self.is_by_steps() {
            if let Some(notes) = notes {
                notes.clear();
            }
            let (made, alignment) = self.by_steps(text);
            replaced.extend_from_slice(alignment.replaced());
            return output.push(&made, 0);
        }
        let lazy = Lazy::new(self);
        match notes {
            None => {
                let mut unused = Notes::default();
                let notes = &mut unused;
                replace(
                    &self.main,
                    text,
                    0,
                    output,
                    &mut Aligning::<false> { lazy, notes, replaced },
                );
            }
            Some(notes) => {
                notes.clear();
                replace(
                    &self.main,
                    text,
                    0,
                    output,
                    &mut Aligning::<true> { lazy, notes, replaced },
                );
            }
        }
    }

    /// Converts with a program that runs step by step.
    fn by_steps(&self, text: &[u8]) -> (Vec<u8>, Alignment) {
        let (normal, first) = chain(&self.normalization, text);
        let (mut made, mut parts) = (Vec::new(), Vec::new());
        if !self.flags.step_by_step {
            let mut output = Output::with_room(normal.len());
            let (lazy, mut unused) = (Lazy::new(self), Notes::default());
            let mut events = Aligning::<false> { lazy, notes: &mut unused, replaced: &mut parts };
            replace(&self.main, &normal, 0, &mut output, &mut events);
            made = output.finish();
        }
        let mut at = if self.flags.step_by_step { 0 } else { normal.len() };
        while at < normal.len() {
            let end = self.run_end(&normal, at, false);
            let (run, alignment) = chain(&self.steps, &normal[at..end]);
            parts.extend(alignment.replaced().iter().map(|part| part.moved(at, made.len())));
            made.extend_from_slice(&run);
            at = end;
            // The outcome of a word is final.
            let place = made.len();
            if at < normal.len()
                && let Some((end, _)) = step(&self.main, &normal, at, true, &mut made)
            {
                add(&mut parts, &normal[at..end], at, &made[place..], place);
                at = end;
            }
        }
        let second = Alignment::new(parts, normal.len(), made.len());
        (made, first.then(&second))
    }
}

/// Runs a text through steps, one after the other.
fn chain(steps: &[Table<'_>], text: &[u8]) -> (Vec<u8>, Alignment) {
    let mut made = text.to_vec();
    let mut alignment = Alignment::new(Vec::new(), text.len(), text.len());
    for table in steps {
        let (mut next, mut parts, mut at) = (Vec::with_capacity(made.len()), Vec::new(), 0);
        while at < made.len() {
            let place = next.len();
            let end = step_or_sequence(table, &made, at, &mut next);
            add(&mut parts, &made[at..end], at, &next[place..], place);
            at = end;
        }
        if !parts.is_empty() {
            alignment = alignment.then(&Alignment::new(parts, made.len(), next.len()));
        }
        made = next;
    }
    (made, alignment)
}

/// Runs the steps where the pass cannot decide, and keeps what was replaced by something of another length, and the notes if they
/// are wanted.
struct Aligning<'n, 'p, 'a, const NOTES: bool> {
    lazy: Lazy<'p, 'a>,
    notes: &'n mut Notes,
    replaced: &'n mut Vec<Replaced>,
}

impl<const NOTES: bool> Events for Aligning<'_, '_, '_, NOTES> {
    const NOTES: bool = NOTES;
    const ALIGNS: bool = true;

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

    #[inline(always)]
    fn align(&mut self, source: &[u8], at: usize, result: &[u8], place: usize) {
        if is_in_step(source, result) {
            return;
        }
        self.word_by_word(source, at, result, place);
    }
}

impl<const NOTES: bool> Aligning<'_, '_, '_, NOTES> {
    /// Adds what of a stretch's result is out of step with it.
    #[cold]
    fn word_by_word(&mut self, source: &[u8], at: usize, result: &[u8], place: usize) {
        let steps = &self.lazy.program.steps;
        if steps.len() > 1 && source.len() > 3 {
            let (made, alignment) = chain(steps, source);
            // It is not what a user's dictionary says, which no step sees.
            if made == result {
                let parts = alignment.replaced().iter();
                return self.replaced.extend(parts.map(|part| part.moved(at, place)));
            }
        }
        add(self.replaced, source, at, result, place);
    }
}

/// Returns whether both are as many characters of three bytes, as nearly always.
#[inline(always)]
fn is_in_step(source: &[u8], result: &[u8]) -> bool {
    let is_plain = |bytes: &[u8]| bytes.chunks(3).all(|c| c.len() == 3 && c[0] & 0xF0 == 0xE0);
    source.len() == result.len() && is_plain(source) && is_plain(result)
}

/// Adds what of `result` is out of step with `source`.
fn add(replaced: &mut Vec<Replaced>, source: &[u8], at: usize, result: &[u8], place: usize) {
    if is_in_step(source, result) {
        return;
    }
    let (source, result) = (str::from_utf8(source), str::from_utf8(result));
    let (source, result) =
        (source.expect("a part of a string"), result.expect("values are strings"));
    alignment::add(replaced, (source, at), (result, place));
}
