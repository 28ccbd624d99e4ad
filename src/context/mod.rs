//! The context layer: decides what the dictionary cannot.
//!
//! In: a text, its exact conversion, and the places of characters that may be written in several ways (发 → 發 or 髮).
//! Out: the same bytes, but for some of those characters. A dictionary knows words, and where none stands it takes what is
//! more common; a segmenter before it costs forty times the speed. Ours is a linear model over the neighbours of the
//! character, in which the dictionary's choice is one feature among others, and it speaks up only where it is sure.
//!
//! ```text
//! features   a place → its neighbours → 15 numbers        model   15 numbers → weights → a class, or nothing, or in doubt:
//! network    neighbours → embeddings → a second opinion
//! lattice    neighbours → the words they may be → a third
//! cantonese  系 → its neighbours and its line → 係, or what the model says
//! clear      了 → the words around → 了 in place of 瞭, or nothing
//! ```
//!
//! How it was trained, on what, and what was tried in vain is told in data/context/README.md.

mod cantonese;
mod clear;
mod features;
mod lattice;
mod model;
mod network;

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use crate::dictionary::replace::Note;
use crate::select::Ends;
use cantonese::{EARSHOT, Lines, is_copula};
use clear::{CLEAR, OVER};
use features::{
    CANTONESE, Window, beside, given, near_features, next, own_sign, pairs, sign, sign_of_bytes,
};
pub(crate) use model::Spelling;
use model::{Candidates, Model};

/// Returns the characters that are decided, by the model, and 了; and with each what may be written for it without a question. It is
/// what data/context/characters.txt has.
pub(crate) fn decided() -> impl Iterator<Item = (char, BTreeSet<char>)> {
    let model = Model::built_in();
    let characters: Vec<char> = model.characters().collect();
    let of_model = characters.into_iter().map(move |own| (own, model.plain(own).collect()));
    of_model.chain([(OVER, BTreeSet::from([OVER]))])
}

/// Returns whether a character is a spelling of another that may be decided.
#[cfg(test)]
pub(crate) fn is_form(own: char, form: char) -> bool {
    if own == OVER {
        return matches!(form, OVER | CLEAR);
    }
    let candidates = Model::built_in().candidates(u32::from(own));
    candidates.is_some_and(|candidates| candidates.class_of(u32::from(form)).is_some())
}

/// Bytes on either side of a place within which everything stands that is looked at to decide it, and all of it before the end of
/// the line: 32 characters. The model looks at fewer; of 系 the most is seen.
const SEEN: usize = 128;

const _: () = assert!(EARSHOT + 4 <= SEEN && 4 * (features::REACH + 1) < SEEN);

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
        let (own, _) = next(simplified, at);
        let candidates = model.candidates(own)?;
        if written == choice && model.is_plain(sign(own), sign(u32::from(written))) {
            return None;
        }
        let class = candidates.class_of(u32::from(written))?;
        let choice = candidates.class_of(u32::from(choice))?;
        let scores = model.scores(&Window::around(simplified, at), candidates, choice);
        let scores = &scores[..candidates.classes()];
        let best = (0..scores.len()).max_by_key(|&other| (scores[other], other == class))?;
        let ahead = scores[best] - scores[class];
        let form = candidates.form(best, self.spelling)?;
        (ahead > 0).then_some(Better { form, ahead, is_first: class == 0 })
    }
}

/// How many units of the model's weights a natural logarithm has.
const UNITS: f64 = 20.0;

const COPULA: u32 = features::COPULA as u32;
/// How it is written in Cantonese.
const IS: char = '係';
const COPULA_SIGN: u32 = sign(COPULA);
const OVER_SIGN: u32 = sign(OVER as u32);
const CLEAR_SIGN: u32 = sign(CLEAR as u32);

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
    /// How far one of them must be ahead; `None` where what is beside the character settles it.
    pub(crate) needed: Option<f64>,
}

/// What decides, and for whom.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    spelling: Spelling,
    is_cantonese: bool,
    /// What the user's own dictionaries have: it is left alone wherever it stands.
    users: Option<Arc<Ends>>,
}

impl Context {
    /// Returns the layer for a spelling; `keys` are those of the user's dictionaries, which always win.
    pub(crate) fn new(spelling: Spelling, is_cantonese: bool, keys: &[&str]) -> Context {
        let automaton = (!keys.is_empty()).then(|| Ends::new(keys).ok()).flatten();
        Context { spelling, is_cantonese, users: automaton.map(Arc::new) }
    }

    /// Returns how many bytes on either side of a place are looked at to decide it.
    pub(crate) fn reach(&self) -> usize {
        SEEN.max(self.longest_of_users())
    }

    /// Decides the characters at `notes`, whose places count from the beginning of `output`.
    pub(crate) fn decide(&self, text: &[u8], output: &mut [u8], notes: &[Note]) {
        if notes.is_empty() {
            return;
        }
        let model = Model::built_in();
        let covered = self.covered(text);
        let mut covered = covered.iter().peekable();
        let mut lines = Lines::default();
        let mut open = [(Note::default(), None, false); BATCH];
        for batch in notes.chunks(BATCH) {
            // Most places are settled. Which ones is what a processor cannot predict: no branch depends on it here.
            let mut count = 0;
            for &note in batch {
                let (is_settled, near, is_usual) = settled(&model, text, output, note);
                open[count] = (note, near, is_usual);
                count += usize::from(!is_settled);
            }
            for &(note, near, is_usual) in &open[..count] {
                while covered.next_if(|range| range.end <= note.at).is_some() {}
                if covered.peek().is_some_and(|range| range.start <= note.at) {
                    continue;
                }
                let form = match near {
                    // All that settles a place was asked.
                    Some(near) if is_usual => Asked::at(&model, text, output, note)
                        .and_then(|asked| self.by_model(&model, text, asked, near)),
                    _ if is_clear(text, output, note) => clear::ahead(text, note.at).map(|_| OVER),
                    _ => self.by_neighbours(&model, text, output, (note, near), &mut lines),
                };
                if let Some(form) = form {
                    form.encode_utf8(&mut output[note.place..note.place + form.len_utf8()]);
                }
            }
        }
    }

    /// Returns the length of the longest word of the user.
    fn longest_of_users(&self) -> usize {
        self.users.as_ref().map_or(0, |users| users.longest())
    }

    /// Returns which parts of a text are words of the user.
    fn covered(&self, text: &[u8]) -> Vec<Range<usize>> {
        self.users.as_ref().map_or_else(Vec::new, |users| users.covered(text))
    }

    /// Returns what is said about each of `notes`; [`decide`](Context::decide) would write what is chosen.
    pub(crate) fn weigh(&self, text: &[u8], output: &[u8], notes: &[Note]) -> Vec<Weighed> {
        let model = Model::built_in();
        let covered = self.covered(text);
        let is_free = |note: &&Note| {
            let next = covered.partition_point(|range| range.end <= note.at);
            covered.get(next).is_none_or(|range| range.start > note.at)
        };
        let mut lines = Lines::default();
        let weigh = |note: &Note| {
            if is_clear(text, output, *note) {
                return clear::ahead(text, note.at).map(|ahead| Weighed {
                    at: note.at,
                    place: note.place,
                    own: OVER,
                    by_dictionary: CLEAR,
                    chosen: OVER,
                    candidates: vec![(OVER, ahead), (CLEAR, 0.0)],
                    needed: Some(0.0),
                });
            }
            let near = beside(text, note.at).map(sign);
            let asked = Asked::at(&model, text, output, *note)?;
            let asked = self.meant(&model, text, asked, near, &mut lines)?;
            let Asked { candidates, choice, .. } = asked;
            let by_dictionary = char::from_u32(asked.written)?;
            let scores = model.scores(&asked.window(text), candidates, choice);
            let mut weighed: Vec<(char, f64)> = (0..candidates.classes())
                .filter_map(|class| {
                    let ahead = f64::from(scores[class] - scores[choice]) / UNITS;
                    let form = candidates.form(class, self.spelling)?;
                    Some((if class == choice { by_dictionary } else { form }, ahead))
                })
                .collect();
            weighed.sort_by(|a, b| b.1.total_cmp(&a.1));
            let by_neighbours = asked.by_neighbours(&model, near);
            let is_open = by_neighbours.is_none();
            let decided = by_neighbours.unwrap_or_else(|| self.by_model(&model, text, asked, near));
            let needed = is_open.then(|| f64::from(model.needed(asked.character, choice)) / UNITS);
            Some(Weighed {
                at: note.at,
                place: note.place,
                own: char::from_u32(next(text, note.at).0)?,
                by_dictionary,
                chosen: decided.unwrap_or(by_dictionary),
                candidates: weighed,
                needed,
            })
        };
        notes.iter().filter(is_free).filter_map(weigh).collect()
    }

    /// Returns what to write in place of what the dictionary chose, if anything, where the nearest neighbours have not been asked.
    #[cold]
    #[inline(never)]
    fn by_neighbours(
        &self,
        model: &Model<'_>,
        text: &[u8],
        output: &[u8],
        (note, near): (Note, Option<[u32; 2]>),
        lines: &mut Lines,
    ) -> Option<char> {
        let near = near.unwrap_or_else(|| beside(text, note.at).map(sign));
        let asked = Asked::at(model, text, output, note)?;
        if asked.character == COPULA {
            // 系统 and 关系 are that in any text: then nobody needs to look for what its line is.
            let in_cantonese = Asked { character: COPULA | CANTONESE, ..asked };
            let stays = |asked: Asked<'_>| asked.by_neighbours(model, near) == Some(None);
            if stays(in_cantonese) && stays(asked) {
                return None;
            }
        }
        let asked = self.meant(model, text, asked, near, lines)?;
        let settled = asked.by_neighbours(model, near);
        settled.unwrap_or_else(|| self.by_model(model, text, asked, near))
    }

    /// Returns the place as one of Cantonese if it is one.
    #[inline(always)]
    fn meant<'a>(
        &self,
        model: &Model<'a>,
        text: &[u8],
        asked: Asked<'a>,
        near: [u32; 2],
        lines: &mut Lines,
    ) -> Option<Asked<'a>> {
        let is_cantonese = asked.character == COPULA
            && (self.is_cantonese || lines.is_cantonese(text, asked.at, near));
        if !is_cantonese {
            return Some(asked);
        }
        let character = COPULA | CANTONESE;
        Some(Asked { character, candidates: model.candidates(character)?, ..asked })
    }

    /// Returns what the model writes in place of what the dictionary chose, if anything; with the nearest neighbours, as [`sign`] says.
    #[inline(always)]
    fn by_model(
        &self,
        model: &Model<'_>,
        text: &[u8],
        asked: Asked<'_>,
        near: [u32; 2],
    ) -> Option<char> {
        let Asked { candidates, character, choice, .. } = asked;
        let own = own_sign(character);
        let near = near_features(own, pairs(own, near), choice);
        let class = model.better_by(near, || asked.window(text), candidates, choice)?;
        candidates.form(class, self.spelling).filter(|form| form.len_utf8() == 3)
    }
}

/// Returns whether the dictionary has written 瞭 for 了.
#[inline(always)]
fn is_clear(text: &[u8], output: &[u8], note: Note) -> bool {
    let is = |text: &[u8], at: usize, sign: u32| {
        let three = text.get(at..).and_then(<[u8]>::first_chunk::<3>);
        three.is_some_and(|&[a, b, c]| u32::from_le_bytes([a, b, c, 0]) == sign)
    };
    is(text, note.at, OVER_SIGN) && is(output, note.place, CLEAR_SIGN)
}

/// Places that are looked at in one go.
const BATCH: usize = 64;

/// Returns whether it is known that nothing is to be written, from what is, or from the nearest neighbours, ideographs or marks, as it
/// is at most places; then the neighbours if both are that, as [`sign`] says; and whether the character is a usual one, not 系 or 了.
#[inline(always)]
fn settled(
    model: &Model<'_>,
    text: &[u8],
    output: &[u8],
    note: Note,
) -> (bool, Option<[u32; 2]>, bool) {
    let around = note.at.checked_sub(3).and_then(|start| text.get(start..)?.first_chunk::<10>());
    let written = output.get(note.place..).and_then(|rest| rest.first_chunk::<4>());
    let (Some(around), Some(&written)) = (around, written) else {
        return (false, None, false);
    };
    let three = |bytes: [u8; 4]| u32::from_le_bytes(bytes) & 0xFF_FFFF;
    let &[a, b, c, d, e, f, g, h, i, j] = around;
    let (own, written) = (three([d, e, f, g]), three(written));
    let (left, is_left) = sign_of_bytes(three([a, b, c, d]));
    let (right, is_right) = sign_of_bytes(three([g, h, i, j]));
    let [by_left, by_right] = pairs(own, [left, right]).map(|pair| given(pair, written));
    let is_sure = model.is_sure(by_left) & is_left | model.is_sure(by_right) & is_right;
    // Of 系 it depends on more, and of 了 on other things.
    let is_usual = (own != COPULA_SIGN) & (own != OVER_SIGN);
    let is_over = (own == OVER_SIGN) & (written != CLEAR_SIGN);
    // Here it is asked of what words gave; where the character gave what it gives by itself, the table has the answer.
    let is_settled = is_sure & is_usual | is_over | model.is_plain(own, written);
    (is_settled, (is_left & is_right).then_some([left, right]), is_usual)
}

/// A place that is to be decided.
#[derive(Clone, Copy)]
struct Asked<'a> {
    at: usize,
    candidates: Candidates<'a>,
    /// The number of its model.
    character: u32,
    /// What the dictionary chose, and its class.
    written: u32,
    choice: usize,
}

impl<'a> Asked<'a> {
    /// Returns what is known of a place before its neighbours are asked; `None` if it is none to decide.
    #[inline(always)]
    fn at(model: &Model<'a>, text: &[u8], output: &[u8], note: Note) -> Option<Asked<'a>> {
        let (character, _) = next(text, note.at);
        let candidates = model.candidates(character)?;
        let written = output.get(note.place..note.place + 3)?;
        if written[0] & 0xF0 != 0xE0 {
            return None;
        }
        let (written, _) = next(written, 0);
        let choice = candidates.class_of(written)?;
        Some(Asked { at: note.at, candidates, character, written, choice })
    }

    /// Returns what to write, if anything, where the character and its nearest neighbours, as [`sign`] says, settle that.
    #[inline(always)]
    fn by_neighbours(&self, model: &Model<'_>, near: [u32; 2]) -> Option<Option<char>> {
        let &Asked { character, written, .. } = self;
        let own = own_sign(character);
        if model.is_plain(own, sign(written)) {
            return Some(None);
        }
        let is_cantonese = character == COPULA | CANTONESE;
        if is_cantonese && is_copula(near) {
            return Some((written != IS as u32).then_some(IS));
        }
        let pairs = pairs(own, near);
        let is_sure = |sign: u32| pairs.into_iter().any(|pair| model.is_sure(given(pair, sign)));
        if is_sure(sign(written)) {
            return Some(None);
        }
        // 系 beside what has always had 係 with it.
        (is_cantonese && written == COPULA && is_sure(sign(IS as u32))).then_some(Some(IS))
    }

    #[inline(always)]
    fn window(&self, text: &[u8]) -> Window {
        Window { character: self.character, ..Window::around(text, self.at) }
    }
}

#[cfg(test)]
mod tests {
    use super::{Context, Model, Spelling};
    use crate::convert::Converter;

    #[test]
    fn characters_are_those_of_the_model() {
        let mut decided: Vec<_> = super::decided().collect();
        let listed = include_str!("../../data/context/characters.txt").lines().map(|line| {
            let (own, plain) = line.split_once('\t').unwrap();
            assert_eq!(own.chars().count(), 1, "{line}");
            (own.chars().next().unwrap(), plain.chars().collect())
        });
        let mut listed: Vec<_> = listed.collect();
        decided.sort();
        listed.sort();
        assert!(decided.len() > 200 && decided == listed);
    }

    /// A row of places is decided as each is by itself.
    #[test]
    fn rounds_decide_as_one_by_one() {
        let essay = include_str!("../../data/sample/essay-simplified.txt");
        let news = include_str!("../../data/sample/news-simplified.txt");
        // Every two characters of other places beside each other, so that much is open.
        let characters: Vec<char> = essay.chars().filter(|c| c.is_alphabetic()).collect();
        let torn: String =
            (0..40_000).map(|at| characters[(at / 2 * 7919 + at % 2) % characters.len()]).collect();
        let (mut decided, mut settled) = (0, 0);
        // 系 beside all that tells and all that does not, in lines of all kinds.
        let mut beside: Vec<&str> = "佢唔即我关联统列啲，かな𠀀3 的话\n".split("").collect();
        let more: Vec<String> = characters.iter().map(char::to_string).collect();
        beside.extend(more.iter().map(String::as_str));
        let mut state = 5_u64;
        let mut random = |end: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            usize::try_from(state >> 33).unwrap() % end
        };
        let spoken: String = (0..60_000)
            .flat_map(|at| {
                let few = if random(2) == 0 { 20 } else { beside.len() };
                [beside[random(few)], if at % 2 == 0 { "系" } else { "" }]
            })
            .collect();
        for (text, keys, is_cantonese) in [
            (essay, &[][..], false),
            (news, &[], false),
            (&torn, &[], false),
            (&spoken, &[], false),
            (&spoken, &[], true),
            (essay, &["后面", "面的", "里"], false),
            (&torn, &["发", "头发", "了只"], false),
            (&spoken, &["关系", "系我"], true),
        ] {
            let context = Context::new(Spelling::Taiwan, is_cantonese, keys);
            let (mut output, notes) = Converter::new("s2tw").unwrap().noted(text);
            let mut expected = output.clone();
            for weighed in context.weigh(text.as_bytes(), &output, &notes) {
                let place = weighed.place..weighed.place + weighed.chosen.len_utf8();
                decided += usize::from(weighed.chosen != weighed.by_dictionary);
                settled += usize::from(weighed.chosen == weighed.by_dictionary);
                weighed.chosen.encode_utf8(&mut expected[place]);
            }
            context.decide(text.as_bytes(), &mut output, &notes);
            assert!(output == expected, "{keys:?}");
            if keys.is_empty() {
                // A conversion notes fewer places: not those of characters that are plain.
                let converter = Converter::builder("s2tw").context(true).cantonese(is_cantonese);
                let converter = converter.build().unwrap();
                assert!(converter.convert(text).as_bytes() == expected);
            }
        }
        assert!(decided > 100 && settled > 5000, "{decided} {settled}");
    }

    /// By the sums that the model is, over a map from features to weights.
    #[test]
    fn scores_are_the_sums_of_weights() {
        let model = Model::built_in();
        let essay = include_str!("../../data/sample/essay-simplified.txt");
        let mut weighty = 0;
        for (at, c) in essay.char_indices() {
            let Some(candidates) = model.candidates(u32::from(c)) else { continue };
            let window = super::Window::around(essay.as_bytes(), at);
            for choice in 0..candidates.classes() {
                let scores = model.linear(&window, candidates.classes(), choice);
                for (class, &score) in scores.iter().enumerate().take(candidates.classes()).skip(1)
                {
                    let near = window.near_features(choice).map(|feature| (feature, true));
                    let far = window.far_features().map(|feature| (feature, false));
                    let features = near.into_iter().chain(far);
                    let weights =
                        features.map(|(feature, is_near)| model.weight(feature, is_near, class));
                    let naive: i32 = weights.sum();
                    assert_eq!(score, naive);
                    weighty += i32::from(score != 0);
                }
            }
        }
        assert!(weighty > 100);
    }
}
