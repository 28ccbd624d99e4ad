//! The context layer: decides what the dictionary cannot.
//!
//! In: a text, its exact conversion, and the places of characters that may be written in several ways (发 → 發 or 髮).
//! Out: the same bytes, but for some of those characters. A dictionary knows words, and where none stands it takes what is
//! more common; a segmenter before it costs forty times the speed. Ours is a linear model over the neighbours of the
//! character, in which the dictionary's choice is one feature among others, and it speaks up only where it is sure.
//!
//! ```text
//! features   a place → its neighbours → 17 numbers        model   17 numbers → weights → a class, or nothing
//! ```
//!
//! How it was trained, on what, and what was tried in vain is told in data/context/README.md.

mod features;
mod model;

use std::sync::Arc;

use aho_corasick::AhoCorasick;

use crate::dictionary::replace::{EARSHOT, Note, SEEN_FAR};
use features::{CANTONESE, Window, next};
pub(crate) use model::Spelling;
use model::{Candidates, Model};

/// Returns the characters that the model decides.
pub(crate) fn decided() -> impl Iterator<Item = char> {
    let characters: Vec<char> = Model::built_in().characters().collect();
    characters.into_iter()
}

/// Returns whether the model knows a character as a spelling of another.
#[cfg(test)]
pub(crate) fn is_form(own: char, form: char) -> bool {
    let candidates = Model::built_in().candidates(u32::from(own));
    candidates.is_some_and(|candidates| candidates.class_of(u32::from(form)).is_some())
}

/// Returns whether no decision looks across the character at `at`: a text may be cut behind it.
pub(crate) fn is_boundary(text: &[u8], at: usize) -> bool {
    features::is_boundary(next(text, at).0)
}

/// Holds what is written against what would be.
#[derive(Clone, Debug)]
pub(crate) struct Judge {
    spelling: Spelling,
}

/// A candidate that is ahead of what is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Better {
    pub(crate) form: char,
    /// In twentieths of log odds.
    pub(crate) ahead: i32,
    /// What is written is the first of the dictionary's candidates.
    pub(crate) is_first: bool,
}

impl Judge {
    pub(crate) fn new(spelling: Spelling) -> Judge {
        Judge { spelling }
    }

    /// Returns whether a Simplified character may be written in several ways.
    pub(crate) fn is_open(&self, own: char) -> bool {
        Model::built_in().candidates(u32::from(own)).is_some()
    }

    /// Returns whether a character is written as another than the first of the dictionary's candidates.
    pub(crate) fn is_chosen(&self, own: char, written: char) -> bool {
        let candidates = Model::built_in().candidates(u32::from(own));
        candidates
            .and_then(|found| found.class_of(u32::from(written)))
            .is_some_and(|class| class > 0)
    }

    /// Returns what is ahead of `written` for the character at `at` of a text in Simplified script, where the dictionary would choose
    /// `choice`; `None` if nothing is, or one of the two is no candidate.
    pub(crate) fn better(
        &self,
        simplified: &[u8],
        at: usize,
        written: char,
        choice: char,
    ) -> Option<Better> {
        let model = Model::built_in();
        let candidates = model.candidates(next(simplified, at).0)?;
        let class = candidates.class_of(u32::from(written))?;
        let choice = candidates.class_of(u32::from(choice))?;
        let scores = model.scores(&Window::around(simplified, at), candidates.classes(), choice);
        let scores = &scores[..candidates.classes()];
        let best = (0..scores.len()).max_by_key(|&other| (scores[other], other == class))?;
        let ahead = scores[best] - scores[class];
        let form = candidates.form(best, self.spelling)?;
        (ahead > 0).then_some(Better { form, ahead, is_first: class == 0 })
    }
}

/// How many units of the model's weights a natural logarithm has.
const UNITS: f64 = 20.0;

/// 係 in Cantonese, the commonest verb; in other Chinese hardly ever.
const COPULA: u32 = SEEN_FAR as u32;
/// Characters of Cantonese that no other written Chinese has: none stands in 700,000 characters of Taiwanese text.
const CANTONESE_ONLY: &str = "佢嘅喺唔哋咗嚟冇咁嘢啲乜嗰噉咩喎囉㗎噃攞瞓嘞啱揾搵咋冚";

/// Returns whether the clause around a place is Cantonese without doubt. What stands beyond its ends is not looked at: a text may be
/// cut there.
fn is_cantonese(text: &[u8], at: usize) -> bool {
    let tells = |code: u32| char::from_u32(code).is_some_and(|c| CANTONESE_ONLY.contains(c));
    let is_end = |code: u32| features::is_boundary(code);
    let (mut before, mut behind) = (at, at);
    let left = std::iter::from_fn(|| {
        let (code, start) = features::previous(text, before)?;
        before = start;
        Some(code)
    });
    let mut left = left.take(EARSHOT).take_while(|&code| !is_end(code));
    let right = std::iter::from_fn(|| {
        let (code, end) = (behind < text.len()).then(|| next(text, behind))?;
        behind = end;
        Some(code)
    });
    let mut right = right.take(EARSHOT).take_while(|&code| !is_end(code));
    left.any(tells) || right.any(tells)
}

/// What the model says about a character, for people.
#[derive(Clone, Debug)]
pub(crate) struct Weighed {
    /// In bytes of the text.
    pub(crate) at: usize,
    /// In bytes of the output.
    pub(crate) place: usize,
    pub(crate) own: char,
    pub(crate) by_dictionary: char,
    pub(crate) chosen: char,
    /// With natural logarithms of odds against the dictionary's choice; the best first.
    pub(crate) candidates: Vec<(char, f64)>,
}

/// What decides, and for whom.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    spelling: Spelling,
    is_cantonese: bool,
    /// What the user's own dictionaries have: it is left alone wherever it stands.
    users: Option<Arc<AhoCorasick>>,
}

impl Context {
    /// Returns the layer for a spelling; `keys` are those of the user's dictionaries, which always win.
    pub(crate) fn new(spelling: Spelling, is_cantonese: bool, keys: &[&str]) -> Context {
        let automaton = (!keys.is_empty()).then(|| AhoCorasick::new(keys).ok()).flatten();
        Context { spelling, is_cantonese, users: automaton.map(Arc::new) }
    }

    /// Decides the characters at `notes`, whose places count from the beginning of `output`.
    pub(crate) fn decide(&self, text: &[u8], output: &mut [u8], notes: &[Note]) {
        let model = Model::built_in();
        let mut users = self.users.iter().flat_map(|keys| keys.find_overlapping_iter(text));
        // In the order of their ends: the latest end of those that begin before a place is what counts.
        let (mut pending, mut covered) = (users.next(), Vec::new());
        for note in notes {
            if self.users.is_some() {
                while let Some(found) = pending
                    && found.end() <= note.at + self.reach()
                {
                    covered.push(found.range());
                    pending = users.next();
                }
                covered.retain(|range| range.end > note.at);
                if covered.iter().any(|range| range.contains(&note.at)) {
                    continue;
                }
            }
            let Some((_, form)) = self.decision(&model, text, output, *note) else { continue };
            form.encode_utf8(&mut output[note.place..note.place + form.len_utf8()]);
        }
    }

    /// Returns how far behind a place a match may end that covers it.
    fn reach(&self) -> usize {
        self.users.as_ref().map_or(0, |users| users.max_pattern_len())
    }

    /// Returns what a character may be, and the number of its model.
    #[inline]
    fn candidates<'a>(
        &self,
        model: &Model<'a>,
        text: &[u8],
        at: usize,
    ) -> Option<(Candidates<'a>, u32)> {
        let (own, _) = next(text, at);
        if (self.is_cantonese || own == COPULA && is_cantonese(text, at))
            && let Some(found) = model.candidates(own | CANTONESE)
        {
            return Some((found, own | CANTONESE));
        }
        Some((model.candidates(own)?, own))
    }

    /// Returns what is said about each of `notes`; [`decide`](Context::decide) would write what is chosen.
    pub(crate) fn weigh(&self, text: &[u8], output: &[u8], notes: &[Note]) -> Vec<Weighed> {
        let model = Model::built_in();
        let users = self.users.iter().flat_map(|keys| keys.find_overlapping_iter(text));
        let covered: Vec<_> = users.map(|found| found.range()).collect();
        let is_free = |note: &&Note| !covered.iter().any(|range| range.contains(&note.at));
        let weigh = |note: &Note| {
            let (candidates, character) = self.candidates(&model, text, note.at)?;
            let by_dictionary = char::from_u32(next(output, note.place).0)?;
            let choice = candidates.class_of(u32::from(by_dictionary))?;
            let window = Window { character, ..Window::around(text, note.at) };
            let scores = model.scores(&window, candidates.classes(), choice);
            let mut weighed: Vec<(char, f64)> = (0..candidates.classes())
                .filter_map(|class| {
                    let ahead = f64::from(scores[class] - scores[choice]) / UNITS;
                    let form = candidates.form(class, self.spelling)?;
                    Some((if class == choice { by_dictionary } else { form }, ahead))
                })
                .collect();
            weighed.sort_by(|a, b| b.1.total_cmp(&a.1));
            let decided = self.decision(&model, text, output, *note);
            Some(Weighed {
                at: note.at,
                place: note.place,
                own: char::from_u32(next(text, note.at).0)?,
                by_dictionary,
                chosen: decided.map_or(by_dictionary, |(_, form)| form),
                candidates: weighed,
            })
        };
        notes.iter().filter(is_free).filter_map(weigh).collect()
    }

    /// Returns what to write in place of what the dictionary chose, and how far it is ahead.
    #[inline]
    fn decision(
        &self,
        model: &Model<'_>,
        text: &[u8],
        output: &[u8],
        note: Note,
    ) -> Option<(i32, char)> {
        let (candidates, character) = self.candidates(model, text, note.at)?;
        let written = output.get(note.place..note.place + 3)?;
        if written[0] & 0xF0 != 0xE0 {
            return None;
        }
        let choice = candidates.class_of(next(written, 0).0)?;
        let window = match Window::pairs_at(text, note.at, character, choice) {
            Some(pairs) if model.is_sure(pairs) => return None,
            Some(_) => Window { character, ..Window::around(text, note.at) },
            None => {
                let window = Window { character, ..Window::around(text, note.at) };
                if model.is_sure(window.pairs(choice)) {
                    return None;
                }
                window
            }
        };
        let (class, ahead) = model.better(&window, candidates, choice)?;
        let form = candidates.form(class, self.spelling).filter(|form| form.len_utf8() == 3)?;
        Some((ahead, form))
    }
}
