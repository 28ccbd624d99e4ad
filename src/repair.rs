//! Stage 3½, prose to prose: characters that an earlier conversion got wrong.
//!
//! In: a draft in Traditional script. Out: edits as `結束后` → `結束後`, where the neighbours leave no doubt. The naive way is a list
//! of wrong words, each of which stands in right text too (`公裡` in 辦公裡外). Here the text is taken back to Simplified,
//! where nothing of what was done to it is left, and the same evidence decides as in the conversion from there: what the
//! dictionary would choose, and the model of the context layer. What it would write is held against what is written.
//!
//! The evidence is weighed by how such errors arise ([`Cause`]): what no careless conversion writes was hardly written by
//! mistake. A line in which somebody chose a second candidate was not converted character by character; one with a
//! leftover of Simplified script has more of them.

use std::collections::HashMap;

use crate::context::Judge;
pub(crate) use crate::context::Spelling;
use crate::convert::Converter;
use crate::draft::{Draft, Edit};

/// How far the right candidate must be ahead of the written one, in twentieths of log odds. All were tried in steps of 10 (tests/bench/repair.py);
/// the figures of these are in README.md.
const FIRST: i32 = 20;
const FIRST_AMONG_CHOSEN: i32 = 60;
const LEFT: i32 = 70;
/// Of characters that stand in every text as names too, before any neighbour, and of 系, which legal texts alone have as 係.
const LEFT_NAME: i32 = 160;
const NAMES: [char; 5] = ['于', '余', '朴', '郁', '系'];
const LEFT_AMONG_LEFT: i32 = 25;
const DICTIONARY: i32 = 50;
const NONE: i32 = 80;

/// Words whose spelling texts agree on, though the model takes both spellings as one: in Simplified characters, as written,
/// which of the two, and what is wrong for it.
const SPELLINGS: &str = include_str!("../data/context/spellings.tsv");

/// What finds wrong characters; it spells as one region does.
#[derive(Clone, Debug)]
pub(crate) struct Repairer {
    to_simplified: Converter,
    /// To Simplified and back by the dictionary alone.
    by_dictionary: Converter,
    judge: Judge,
    /// From two characters in Simplified script, and which of them, to what is wrong there.
    spellings: HashMap<(char, char, usize), &'static str>,
}

/// How what is written may have come about if it is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    /// It is the first candidate: a conversion character by character writes it everywhere.
    First,
    /// It is the character of Simplified script.
    Left,
    /// The dictionary would have written it here too.
    Dictionary,
    /// Texts agree on another spelling of the word.
    Spelling,
    None,
}

/// A candidate that is ahead of what is written.
struct Finding {
    /// In bytes.
    at: usize,
    written: char,
    form: char,
    ahead: i32,
    cause: Cause,
}

impl Repairer {
    /// Returns what spells so; `None` if the crate lacks a config, which it does not.
    pub(crate) fn new(spelling: Spelling) -> Option<Repairer> {
        let (to_simplified, by_dictionary) = match spelling {
            Spelling::OpenCc => ("t2s", "s2t"),
            Spelling::Taiwan => ("tw2s", "s2tw"),
            Spelling::HongKong => ("hk2s", "s2hk"),
        };
        let mut spellings = HashMap::new();
        for line in SPELLINGS.lines() {
            let [own, _, place, wrong] =
                <[&str; 4]>::try_from(line.split('\t').collect::<Vec<_>>()).ok()?;
            let mut own = own.chars();
            spellings.insert((own.next()?, own.next()?, place.parse().ok()?), wrong);
        }
        Some(Repairer {
            to_simplified: Converter::new(to_simplified).ok()?,
            by_dictionary: Converter::new(by_dictionary).ok()?,
            judge: Judge::new(spelling),
            spellings,
        })
    }

    /// Returns the edits of a unit of lines.
    pub(crate) fn edits(&self, draft: &Draft<'_>) -> Vec<Edit> {
        let mut edits = Vec::new();
        for (start, line) in crate::draft::lines(draft.text()) {
            for found in self.findings(line) {
                let at = start + found.at;
                let edit = Edit::new(at..at + found.written.len_utf8(), found.form.to_string());
                edits.push(if draft.is_recording() { edit.because(found.why()) } else { edit });
            }
        }
        edits
    }

    /// Returns what is wrong without doubt, of a line in Traditional script.
    fn findings(&self, line: &str) -> Vec<Finding> {
        if line.is_ascii() {
            return Vec::new();
        }
        let simplified = self.to_simplified.convert(line);
        let dictionary = self.by_dictionary.convert(&simplified);
        let count = line.chars().count();
        if simplified.chars().count() != count || dictionary.chars().count() != count {
            return Vec::new();
        }
        let mut findings = Vec::new();
        // Characters that only one of the two scripts has.
        let (mut traditional, mut other) = (0, 0);
        let mut has_chosen = false;
        let both = simplified.char_indices().zip(dictionary.chars());
        for ((at, written), ((place, own), choice)) in line.char_indices().zip(both) {
            traditional += usize::from(written != own);
            has_chosen |= written != own && self.judge.is_chosen(own, written);
            let found =
                |form: char, ahead: i32, cause: Cause| Finding { at, written, form, ahead, cause };
            match self.judge.better(simplified.as_bytes(), place, written, choice) {
                Some(better) => {
                    let cause = if better.is_first {
                        Cause::First
                    } else if written == own {
                        Cause::Left
                    } else if written == choice {
                        Cause::Dictionary
                    } else {
                        Cause::None
                    };
                    findings.push(found(better.form, better.ahead, cause));
                }
                None if written == choice => {}
                None if self.is_agreed(&simplified, place, own, written) => {
                    findings.push(found(choice, 0, Cause::Spelling));
                }
                None if written == own && !self.judge.is_open(own) => other += 1,
                None => {}
            }
        }
        if traditional <= other {
            return Vec::new();
        }
        let has_leftover = findings
            .iter()
            .any(|found| found.cause == Cause::Left && found.ahead > found.least_of_left());
        findings.retain(|found| {
            let least = match found.cause {
                Cause::First if has_chosen => FIRST_AMONG_CHOSEN,
                Cause::First => FIRST,
                Cause::Left if has_leftover => LEFT_AMONG_LEFT,
                Cause::Left => found.least_of_left(),
                Cause::Dictionary => DICTIONARY,
                Cause::Spelling => return true,
                Cause::None => NONE,
            };
            found.ahead > least
        });
        findings
    }

    /// Returns whether texts agree that the character at `at` is not written so beside one of its neighbours.
    fn is_agreed(&self, simplified: &str, at: usize, own: char, written: char) -> bool {
        let (before, behind) = simplified.split_at(at);
        let left = before.chars().next_back().map(|left| (left, own, 1));
        let right = behind.chars().nth(1).map(|right| (own, right, 0));
        let mut words = [left, right].into_iter().flatten();
        words.any(|word| self.spellings.get(&word).is_some_and(|wrong| wrong.contains(written)))
    }
}

impl Finding {
    fn least_of_left(&self) -> i32 {
        if NAMES.contains(&self.written) { LEFT_NAME } else { LEFT }
    }

    /// Returns the reason for a change, for people.
    fn why(&self) -> String {
        let written = self.written;
        let odds = (f64::from(self.ahead) / 20.0).exp();
        let odds =
            if odds < 1000.0 { format!("{odds:.0} to 1") } else { "over 1000 to 1".to_owned() };
        match self.cause {
            Cause::First => format!("{odds}; {written} is what a conversion by characters writes"),
            Cause::Left => format!("{odds}; {written} is as in Simplified"),
            Cause::Dictionary => {
                format!("{odds}; {written} is of a word that the dictionary sees here")
            }
            Cause::Spelling => {
                format!("texts agree on {} here", self.form)
            }
            Cause::None => odds,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Repairer, Spelling};
    use crate::draft::Draft;

    fn repaired(spelling: Spelling, text: &str) -> String {
        let mut draft = Draft::new(text, false);
        let edits = Repairer::new(spelling).unwrap().edits(&draft);
        draft.apply(edits);
        draft.text().to_owned()
    }

    #[test]
    fn what_a_careless_conversion_left_is_mended() {
        for (wrong, right) in [
            ("會議結束后，他們離開了。", "會議結束後，他們離開了。"),
            ("產品的標准很高", "產品的標準很高"),
            ("全長三百公裡的鐵路", "全長三百公里的鐵路"),
            ("受到國際制裁与製裁", "受到國際制裁与制裁"),
            ("政府乾預市場", "政府干預市場"),
            ("歡迎來這裡旅游觀光", "歡迎來這裡旅遊觀光"),
            ("這個項目的裡程碑", "這個項目的里程碑"),
        ] {
            assert_eq!(repaired(Spelling::Taiwan, wrong), right);
            assert_eq!(repaired(Spelling::Taiwan, right), right);
        }
    }

    #[test]
    fn a_region_has_its_spelling() {
        let wrong = "師長髮現他坐在辦公室里面的后面";
        assert_eq!(repaired(Spelling::Taiwan, wrong), "師長發現他坐在辦公室裡面的後面");
        assert_eq!(repaired(Spelling::HongKong, wrong), "師長發現他坐在辦公室裏面的後面");
    }

    #[test]
    fn simplified_text_is_left_alone() {
        let text = "会议结束后，他们在院子里说话，里面没有头发。后面";
        assert_eq!(repaired(Spelling::Taiwan, text), text);
    }
}
