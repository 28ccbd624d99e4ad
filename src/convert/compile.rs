//! Compiles a config into the image of a [`Program`](super::program::Program).
//!
//! In: a [`Plan`], one lexicon a step, and the user's own words. Out: words that need nothing but to be read. The naive way
//! is OpenCC's: cut the text into segments, send each through every step, each step into a new buffer. What can be decided
//! without the text is decided here:
//!
//! * **Words.** A segment that is a word of the segmentation has one outcome, so the whole chain is run on it now, and the
//!   table holds the final value. Where there is no segmentation and one step, that step's keys are the words.
//! * **Characters.** Between words a character alone has one outcome too, so it is final as well.
//! * **Triggers.** What remains is the case that neighbours between two words act on each other: a later step matches
//!   across them, or a step before it. Every such match begins with some characters of the *source*: in the first step
//!   with its key, in a later one with a pair from which the first two characters of its key may come, or more where
//!   the key begins with ASCII. All those heads are found here, backwards through the steps, and marked in the table. Only at
//!   a marked head does the program run the steps one after the other, and only until they agree again.
//! * **Normalization** that takes characters to characters, as OpenCC's own does, needs no pass: such a character gets the
//!   properties of the one it becomes.
//!
//! What OpenCC's configs never do but a user's may (phrases in the normalization, description operators in keys) is
//! compiled too, into a form that runs step by step.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use super::config::Plan;
use super::ids;
use super::program::{Flags, Header};
use crate::dictionary::builder::{Builder, Phrase};
use crate::dictionary::double_array::{Effort, TooLarge};
use crate::dictionary::lexicon::{Index, Lexicon, MatchPolicy};

/// The characters whose places are noted, since they may be written in several ways; and for each what is right wherever the character
/// gives it by itself, so that the place need not be noted.
pub(crate) type Open = BTreeMap<char, BTreeSet<char>>;

/// Compiles `plan`; `user` are dictionaries of words that win over its own, the first over the others, and whose values
/// are final.
pub(crate) fn compile(
    plan: &Plan<'_>,
    user: &[Lexicon<'_>],
    open: &Open,
    effort: Effort,
) -> Result<Vec<u64>, TooLarge> {
    let has_operators = plan
        .normalization
        .iter()
        .chain(&plan.segmentation)
        .chain(&plan.chain)
        .chain(user)
        .flat_map(Lexicon::iter)
        .any(|(key, value)| [key, value].iter().any(|s| s.contains(is_operator)));
    let simple_normalization = match plan.normalization.as_slice() {
        [] => true,
        [step] => !has_operators && step.iter().all(|(k, v)| is_char(k) && is_char(v)),
        _ => false,
    };
    let normalization: Vec<Index<'_>> = plan.normalization.iter().map(Lexicon::index).collect();
    let user = user.iter().map(|dictionary| normalized_keys(dictionary, &normalization)).collect();
    let user = Lexicon::group(MatchPolicy::ShortCircuit, user);

    // The words, and the steps for what is between them.
    let no_steps: &[Lexicon<'_>] = &[];
    let (words, steps, direct) = match (&plan.segmentation, plan.chain.as_slice()) {
        (None, [only]) => (only.clone(), no_steps, true),
        (None, steps) => (Lexicon::default(), steps, false),
        (Some(words), steps) => (words.clone(), steps, false),
    };
    let words = Lexicon::group(MatchPolicy::ShortCircuit, vec![user.clone(), words]);
    let steps = if has_operators { steps.to_vec() } else { reachable(steps, &words) };

    let chain = Chain::new(&plan.chain);
    let user = user.index();
    let outcomes: Vec<(&str, String)> = words
        .iter()
        .map(|(key, value)| {
            let is_final = direct || user.get(key).is_some();
            (key, if is_final { value.to_owned() } else { chain.convert(key) })
        })
        .collect();

    let aliases: Vec<(char, char)> = match plan.normalization.as_slice() {
        [step] if simple_normalization => step
            .iter()
            .filter_map(|(key, value)| Some((only_char(key)?, only_char(value)?)))
            .collect(),
        _ => Vec::new(),
    };

    let main = Main { outcomes: &outcomes, steps: &steps, aliases: &aliases, open, effort };
    let step_by_step = has_operators;
    let normalizes = !simple_normalization;
    let mut tables = vec![main.build()?];
    if normalizes || step_by_step {
        for step in &plan.normalization {
            tables.push(step_table(step, &[], effort)?);
        }
    }
    let normalization_count = tables.len() - 1;
    for (index, step) in steps.iter().enumerate() {
        tables.push(step_table(step, if index == 0 { &aliases } else { &[] }, effort)?);
    }

    let header = Header {
        flags: Flags { normalizes, step_by_step },
        normalization: normalization_count,
        steps: steps.len(),
    };
    let mut image = header.words().to_vec();
    for table in tables {
        image.extend(table);
    }
    Ok(image)
}

fn is_operator(character: char) -> bool {
    ids::OPERATORS.contains(&character)
}

fn is_char(text: &str) -> bool {
    only_char(text).is_some()
}

/// Returns the character of a text of one character.
fn only_char(text: &str) -> Option<char> {
    let mut chars = text.chars();
    chars.next().filter(|_| chars.next().is_none())
}

/// Puts the keys through the normalization that the text will have gone through when they are looked for.
fn normalized_keys<'a>(user: &Lexicon<'a>, normalization: &[Index<'_>]) -> Lexicon<'a> {
    let mut entries: Vec<_> = user.clone().into_entries();
    for (key, _) in &mut entries {
        let normal = normalization.iter().fold(key.to_string(), |text, step| run_step(step, &text));
        if normal != *key {
            *key = normal.into();
        }
    }
    Lexicon::from_entries(entries)
}

/// Drops from the first step the keys that no stretch between two words can hold: those with a word inside. The first
/// step sees the text as the segmentation does, so where a word stands, a segment has ended.
fn reachable<'a>(steps: &[Lexicon<'a>], words: &Lexicon<'_>) -> Vec<Lexicon<'a>> {
    let words = words.index();
    let holds_word =
        |key: &str| key.char_indices().any(|(at, _)| words.longest_prefix(&key[at..]).is_some());
    let mut steps = steps.to_vec();
    if let Some(first) = steps.first_mut() {
        first.retain(|key| !holds_word(key));
    }
    steps
}

/// The steps of a chain, run one after the other: the naive form, for what is decided at compile time.
struct Chain<'a>(Vec<Index<'a>>);

impl<'a> Chain<'a> {
    fn new(steps: &'a [Lexicon<'_>]) -> Chain<'a> {
        Chain(steps.iter().map(Lexicon::index).collect())
    }

    fn convert(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, step| run_step(step, &text))
    }
}

fn run_step(step: &Index<'_>, text: &str) -> String {
    let mut output = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (len, value) = match step.longest_prefix(rest) {
            Some(found) => found,
            None => {
                let len = ids::sequence_len(rest.as_bytes()).unwrap_or(first.len_utf8());
                (len, &rest[..len])
            }
        };
        output.push_str(value);
        rest = &rest[len..];
    }
    output
}

/// Builds the table of one step: its keys and values, nothing decided ahead.
fn step_table(
    step: &Lexicon<'_>,
    aliases: &[(char, char)],
    effort: Effort,
) -> Result<Vec<u64>, TooLarge> {
    let mut table = Builder::new(effort);
    for (key, value) in step.iter() {
        match only_char(key) {
            Some(character) => table.character(character, value, true),
            None => table.phrase(key, Phrase::Value(value)),
        }
    }
    for &(from, to) in aliases {
        table.alias(from, to);
    }
    table.build()
}

/// The table that the one pass runs on.
struct Main<'a> {
    outcomes: &'a [(&'a str, String)],
    steps: &'a [Lexicon<'a>],
    aliases: &'a [(char, char)],
    open: &'a Open,
    effort: Effort,
}

impl Main<'_> {
    fn build(&self) -> Result<Vec<u64>, TooLarge> {
        let singles = Singles::new(self.steps);
        let mut outputs: BTreeMap<char, (String, bool)> = BTreeMap::new();
        for character in singles.changed() {
            outputs.insert(character, (singles.outcome(character), false));
        }
        for (key, value) in self.outcomes {
            if let Some(character) = only_char(key) {
                outputs.insert(character, (value.clone(), true));
            }
        }
        let by_character = |key: &str| -> String {
            let mut whole = String::with_capacity(key.len());
            for character in key.chars() {
                match outputs.get(&character) {
                    Some((output, _)) => whole.push_str(output),
                    None => whole.push(character),
                }
            }
            whole
        };

        // A character that is a word is one segment, so it is the head of nothing.
        let is_word = |character: &char| outputs.get(character).is_some_and(|(_, key)| *key);
        let mut triggers: Vec<String> = singles.triggers(self.steps);
        triggers.retain(|pair| !pair.chars().next().is_some_and(|first| is_word(&first)));
        let mut table = Builder::new(self.effort);
        for (&character, (output, key)) in &outputs {
            table.character(character, output, *key);
        }
        for character in singles.undecided() {
            if !is_word(&character) {
                table.event(character);
            }
        }
        for (key, value) in self.outcomes.iter().filter(|(key, _)| !is_char(key)) {
            let same = by_character(key) == *value;
            table.phrase(key, if same { Phrase::ByCharacter } else { Phrase::Value(value) });
        }
        for pair in &triggers {
            table.phrase(pair, Phrase::Trigger);
        }
        for (key, _) in self.steps.iter().flat_map(Lexicon::iter) {
            table.ascii_reach(key);
        }
        for &(from, to) in self.aliases {
            table.alias(from, to);
        }
        for operator in ids::OPERATORS {
            table.event(operator);
        }
        for (&character, plain) in self.open {
            let own = match outputs.get(&character) {
                Some((output, _)) => only_char(output),
                None => Some(character),
            };
            table.open(character, own.is_some_and(|own| plain.contains(&own)));
        }
        table.build()
    }
}

type Characters = Rc<BTreeSet<char>>;

/// What the steps make of single characters, and which pairs they may join.
struct Singles<'a> {
    steps: Vec<StepSingles<'a>>,
    /// What [`Singles::sources`] has returned: a step is asked for each character of the next, and a long chain would be
    /// asked the same on every way through it.
    sources: RefCell<HashMap<(usize, char, bool), Characters>>,
}

/// One step's keys, by length.
struct StepSingles<'a> {
    /// The characters of all values.
    in_values: HashSet<char>,
    /// From a character to those that become it.
    wholes: HashMap<char, Vec<char>>,
    /// From a character to those with which something begins whose value begins with it.
    beginnings: HashMap<char, BTreeSet<char>>,
    /// The keys of one character.
    chars: BTreeMap<char, &'a str>,
    /// The first two characters of the longer keys, with the first of the value, and the key.
    heads: Vec<(char, char, char, &'a str)>,
}

impl<'a> Singles<'a> {
    fn new(steps: &'a [Lexicon<'_>]) -> Singles<'a> {
        let steps = steps.iter().map(|step| {
            let mut chars = BTreeMap::new();
            let mut heads = Vec::new();
            for (key, value) in step.iter() {
                let mut characters = key.chars();
                match (characters.next(), characters.next(), value.chars().next()) {
                    (Some(character), None, _) => {
                        chars.insert(character, value);
                    }
                    (Some(first), Some(second), Some(output)) => {
                        heads.push((first, second, output, key));
                    }
                    _ => {}
                }
            }
            let in_values = step.iter().flat_map(|(_, value)| value.chars()).collect();
            let mut wholes: HashMap<char, Vec<char>> = HashMap::new();
            let mut beginnings: HashMap<char, BTreeSet<char>> = HashMap::new();
            for (&input, output) in &chars {
                if let Some(output) = only_char(output) {
                    wholes.entry(output).or_default().push(input);
                }
                if let Some(first) = output.chars().next() {
                    beginnings.entry(first).or_default().insert(input);
                }
            }
            for &(input, _, output, _) in &heads {
                beginnings.entry(output).or_default().insert(input);
            }
            StepSingles { in_values, wholes, beginnings, chars, heads }
        });
        Singles { steps: steps.collect(), sources: RefCell::default() }
    }

    /// Returns the characters that some step has a key for.
    fn changed(&self) -> BTreeSet<char> {
        self.steps.iter().flat_map(|step| step.chars.keys().copied()).collect()
    }

    /// Returns what the whole chain makes of a character alone.
    fn outcome(&self, character: char) -> String {
        self.path(character).1
    }

    /// Returns the characters that become several before the last step: what follows them may matter.
    fn undecided(&self) -> Vec<char> {
        self.changed().into_iter().filter(|&character| self.path(character).0).collect()
    }

    /// Returns whether a step before the last makes several characters of one, and the last step's output.
    fn path(&self, character: char) -> (bool, String) {
        let mut text = character.to_string();
        let mut grew = false;
        for step in &self.steps {
            grew |= !is_char(&text);
            let convert = |c: char| step.chars.get(&c).map_or(c.to_string(), ToString::to_string);
            text = text.chars().map(convert).collect();
        }
        (grew, text)
    }

    /// Returns every head of source characters that a match longer than a character in some step may have: keys of the first
    /// step, which sees the source as it is, whole; of all others the pairs from which their first two characters may come.
    ///
    /// A head too many costs time (in tw2sp two thirds of the pairs of first steps' keys were no such keys), one too few would
    /// be an error: where it is not known whether the second character of a key can arise, every way in which a step begins its
    /// output counts.
    fn triggers(&self, steps: &[Lexicon<'_>]) -> Vec<String> {
        let (mut pairs, mut heads) = (BTreeSet::new(), BTreeSet::new());
        for (depth, step) in self.steps.iter().enumerate().skip(1) {
            for &(first, second, _, key) in &step.heads {
                // Of what stands for itself alone, as ASCII mostly does, more than the first two are known; `SQ` of
                // `SQL注入` would make all text a place to look at.
                let known = key.chars().take_while(|c| c.is_ascii() && self.is_itself(depth, *c));
                let known: String = known.collect();
                if known.len() >= 2 {
                    let next = key[known.len()..].chars().next();
                    let next = next.map(|next| self.sources(depth, next, true));
                    match next {
                        None => heads.extend([known]),
                        Some(next) => heads.extend(next.iter().map(|&c| format!("{known}{c}"))),
                    }
                    continue;
                }
                let firsts = self.sources(depth, first, false);
                let seconds = self.sources(depth, second, true);
                for &a in firsts.iter() {
                    pairs.extend(seconds.iter().map(|&b| (a, b)));
                }
            }
        }
        let pairs = pairs.into_iter().map(|(a, b)| [a, b].into_iter().collect());
        let keys = steps.iter().take(1).flat_map(Lexicon::iter).map(|(key, _)| key);
        keys.filter(|key| !is_char(key)).map(str::to_owned).chain(pairs).chain(heads).collect()
    }

    /// Returns whether a character at the input of step `depth` can only have been the same in the source, and alone.
    fn is_itself(&self, depth: usize, character: char) -> bool {
        self.steps[..depth].iter().all(|step| {
            !step.chars.contains_key(&character) && !step.in_values.contains(&character)
        })
    }

    /// Returns the source characters from which `target` can stand at the input of step `depth`: as the whole of what the
    /// steps before made of the character, or, with `begins`, as the beginning of what they made from there on.
    fn sources(&self, depth: usize, target: char, begins: bool) -> Characters {
        let Some(before) = depth.checked_sub(1) else { return Rc::new([target].into()) };
        let asked = (depth, target, begins);
        if let Some(known) = self.sources.borrow().get(&asked) {
            return Rc::clone(known);
        }
        let step = &self.steps[before];
        let mut inputs = BTreeSet::new();
        if !step.chars.contains_key(&target) {
            inputs.insert(target);
        }
        if begins {
            inputs.extend(step.beginnings.get(&target).into_iter().flatten());
        } else {
            inputs.extend(step.wholes.get(&target).into_iter().flatten());
        }
        let mut found = BTreeSet::new();
        for input in inputs {
            found.extend(self.sources(before, input, begins).iter());
        }
        let found = Rc::new(found);
        self.sources.borrow_mut().insert(asked, Rc::clone(&found));
        found
    }
}
