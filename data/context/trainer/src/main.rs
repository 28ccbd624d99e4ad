//! Makes the model of the context layer of texts and word lists in Traditional script.
//!
//! In: the files that data/context/sources.tsv lists, with their checksums. Out: data/context/model.bin and characters.txt.
//! Each text is converted to Simplified, which gives the question, and back by the dictionary alone, which gives its
//! choice; the text itself is the answer. See ../README.md.

#![allow(dead_code, reason = "the two files of the library are used in parts")]

#[path = "../../../../src/context/features.rs"]
mod features;
mod guards;
#[path = "../../../../src/context/lattice.rs"]
mod lattice;
#[path = "../../../../src/context/model.rs"]
mod model;
#[path = "../../../../src/context/network.rs"]
mod network;
mod second;
mod words;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use features::{
    CANTONESE, COPULA, FAR, NEAR, OTHER, REACH, TEMPLATES, Window, filed, given, kind, sign,
};
use guards::{Kept, LEAST_SHARE, Phrase, Words};
use jianfan::Converter;
use model::{
    BUCKET, CLASS_SHIFT, ENTRIES, FAR_BUCKETS, FORMS, HEADER, KEY_BITS, MAGIC, Model, NEAR_BUCKETS,
    PLAIN, REGION_SHIFT, ROW_SHIFT, SURE, bucket, key, plain_slot, slot, sure_key, sure_slot,
};
use second::Learner;
use sha2::{Digest, Sha256};
use words::Counter;

/// Passes over the examples; the weights of the last ones are averaged.
const PASSES: usize = 3;
const RATE: f32 = 0.1;
/// A feature of fewer examples is left out.
const LEAST_COUNT: u32 = 2;
/// The smallest weight that is kept, in units.
const LEAST_WEIGHT: i32 = 6;
/// How sure the model has to be: log odds of 2 to 1.
const MARGIN: f32 = 0.7;
const SEED: u64 = 1;
/// A weight of 1 as the model has it.
const SCALE: f32 = 20.0;
/// A pair has to stand so often without a change to be sure, and be right at all but one of so many.
const LEAST_SURE: u32 = 12;
const WRONG_OF_SURE: u32 = 200;

/// A character that stands so often, and of which so few are changed or wrong, is plain by itself.
const LEAST_PLAIN: u32 = 100;
const CHANGES_OF_PLAIN: u32 = 5000;

/// A form that is the Simplified character itself, though not its first, is left to the dictionary if the texts have it so seldom: 党 in 党项, 万 in 万俟.
const LEAST_KNOWN: u32 = 100;
/// Forms that no text can teach: the conversion to Simplified keeps 像 and 覆, so 象 and 复 never stand for them there.
const KEPT: [[char; 2]; 2] = [['象', '像'], ['复', '覆']];

/// What is over, and what is clear: 了 stands for both, and the words around tell.
const OVER: char = '了';
const CLEAR: char = '瞭';

struct Options {
    texts: PathBuf,
    dev: Option<PathBuf>,
    data: PathBuf,
    margin: f32,
    least_weight: i32,
    sure: u32,
    only_guards: bool,
}

fn main() -> Result<()> {
    let mut options = Options {
        texts: PathBuf::new(),
        dev: None,
        data: Path::new(env!("CARGO_MANIFEST_DIR")).join(".."),
        margin: MARGIN,
        least_weight: LEAST_WEIGHT,
        sure: LEAST_SURE,
        only_guards: false,
    };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut value = || args.next().with_context(|| format!("{arg} needs a value"));
        match arg.as_str() {
            "--guards" => options.only_guards = true,
            "--texts" => options.texts = value()?.into(),
            "--dev" => options.dev = Some(value()?.into()),
            "--out" => options.data = value()?.into(),
            "--margin" => options.margin = value()?.parse()?,
            "--sure" => options.sure = value()?.parse()?,
            "--least-weight" => options.least_weight = value()?.parse()?,
            _ => bail!(
                "usage: context-trainer --texts DIR [--dev DIR] [--out DIR] [--margin LOG_ODDS] [--guards]"
            ),
        }
    }
    if options.only_guards { guards(&options) } else { train(&options) }
}

/// Spellings that count as the same.
struct Fold(HashMap<char, char>);

impl Fold {
    fn read(path: &Path) -> Result<Fold> {
        let mut map = HashMap::new();
        for line in fs::read_to_string(path)?.lines().filter(|line| !line.starts_with('#')) {
            let fields: Vec<&str> = line.split('\t').collect();
            if let [from, _, to] = fields[..] {
                map.insert(only(from)?, only(to)?);
            }
        }
        Ok(Fold(map))
    }

    fn of(&self, c: char) -> char {
        self.0.get(&c).copied().unwrap_or(c)
    }
}

fn only(text: &str) -> Result<char> {
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) => Ok(c),
        _ => bail!("'{text}' is not one character"),
    }
}

/// A character that may be written in several ways.
struct Ambiguous {
    character: char,
    /// What each class folds to, in the order of OpenCC's candidates.
    classes: Vec<char>,
    /// Code point, class, and bits of the regions where the class is written so.
    forms: Vec<(char, usize, u32)>,
}

impl Ambiguous {
    /// Returns how a class may be written.
    fn written(&self, class: usize) -> impl Iterator<Item = char> {
        self.forms.iter().filter(move |form| form.1 == class).map(|form| form.0)
    }
}

fn ambiguous(path: &Path, fold: &Fold) -> Result<Vec<Ambiguous>> {
    let (taiwan, hong_kong) = (Converter::new("t2tw")?, Converter::new("t2hk")?);
    let mut found = Vec::new();
    for line in fs::read_to_string(path)?.lines().filter(|line| !line.starts_with('#')) {
        let Some((key, values)) = line.split_once('\t') else { continue };
        let mut classes: Vec<char> = Vec::new();
        let mut forms: Vec<(char, usize, u32)> = Vec::new();
        let mut add = |form: char, class: usize, bits: u32| match forms
            .iter_mut()
            .find(|(known, ..)| *known == form)
        {
            Some(known) => known.2 |= if known.1 == class { bits } else { 0 },
            None => forms.push((form, class, bits)),
        };
        for value in values.split(' ') {
            let value = only(value)?;
            let is_new = !classes.contains(&fold.of(value));
            if is_new {
                classes.push(fold.of(value));
            }
            let class = classes.iter().position(|&c| c == fold.of(value)).expect("just added");
            let region = |converter: &Converter| only(&converter.convert(&value.to_string()));
            for (bit, form) in
                [Ok(value), region(&taiwan), region(&hong_kong)].into_iter().enumerate()
            {
                add(form?, class, if is_new { 1 << bit } else { 0 });
            }
        }
        // Characters of four bytes would change the length of a text.
        if classes.len() > 1 && only(key)?.len_utf8() == 3 {
            found.push(Ambiguous { character: only(key)?, classes, forms });
        }
    }
    Ok(found)
}

struct Source {
    name: String,
    text: String,
    weight: f32,
    is_list: bool,
    is_cantonese: bool,
    is_hong_kong: bool,
}

fn sources(options: &Options) -> Result<Vec<Source>> {
    let table = fs::read_to_string(options.data.join("sources.tsv"))?;
    let mut sources = Vec::new();
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split('\t').collect();
        ensure!(fields.len() >= 5, "sources.tsv: {line}");
        let bytes = fs::read(options.texts.join(fields[0])).context(fields[0].to_owned())?;
        let sum: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        ensure!(sum == fields[4], "{} has another checksum: {sum}", fields[0]);
        let mut text = String::new();
        lzma_rust2::XzReader::new(&bytes[..], true).read_to_string(&mut text)?;
        let is_list = fields[1] == "list";
        if is_list {
            text = text
                .lines()
                .map(|line| format!("{}\n", line.split('\t').next().unwrap_or_default()))
                .collect();
        }
        sources.push(Source {
            name: fields[0].to_owned(),
            text,
            weight: fields[2].parse()?,
            is_list,
            is_cantonese: fields[3] == "yue",
            is_hong_kong: matches!(fields[3], "yue" | "hk"),
        });
    }
    Ok(sources)
}

/// A place of a text where a character has to be chosen.
struct Place {
    window: Window,
    /// Number of the character.
    number: usize,
    choice: usize,
    /// `None` where the text has none of the candidates.
    answer: Option<usize>,
}

struct Question {
    fold: Fold,
    characters: Vec<Ambiguous>,
    numbers: HashMap<char, usize>,
}

impl Question {
    /// Returns the places of a sentence, given it in Simplified script, by the dictionary and right.
    fn places(&self, simplified: &str, dictionary: &str, right: &str) -> Vec<Place> {
        let chosen: Vec<char> = dictionary.chars().collect();
        let answers: Vec<char> = right.chars().collect();
        let count = simplified.chars().count();
        if chosen.len() != count || answers.len() != count {
            return Vec::new();
        }
        let mut places = Vec::new();
        for (index, (at, c)) in simplified.char_indices().enumerate() {
            let Some(&number) = self.numbers.get(&c) else { continue };
            let classes = &self.characters[number].classes;
            let class = |c: char| classes.iter().position(|&class| class == self.fold.of(c));
            let Some(choice) = class(chosen[index]) else { continue };
            let window = Window::around(simplified.as_bytes(), at);
            places.push(Place { window, number, choice, answer: class(answers[index]) });
        }
        places
    }
}

/// How texts spell what the model takes as one, by the neighbour: 旅遊 is never written 旅游 in Taiwan, 公佈 often is 公布.
struct Usage<'a> {
    fold: &'a Fold,
    /// Of characters for which the dictionary has several forms, what a careless conversion writes: the first as Taiwan writes it, and the
    /// character as it is.
    careless: HashMap<char, [char; 2]>,
    /// From two characters in Simplified script and the dictionary's form of one of them: how often the texts agree with it, and how
    /// often they have another form of the same fold.
    words: HashMap<([char; 2], [char; 2]), [u32; 2]>,
}

impl Usage<'_> {
    /// A word has to stand so often in the dictionary's form, and at most once in so many in another.
    const LEAST: u32 = 30;
    const EXCEPTIONS: u32 = 500;

    fn new<'a>(fold: &'a Fold, dictionary: &Path) -> Result<Usage<'a>> {
        let taiwan = Converter::new("t2tw")?;
        let mut careless = HashMap::new();
        for line in fs::read_to_string(dictionary)?.lines().filter(|line| !line.starts_with('#')) {
            let Some((key, values)) = line.split_once('\t') else { continue };
            if let Some((first, _)) = values.split_once(' ') {
                careless.insert(only(key)?, [only(&taiwan.convert(first))?, only(key)?]);
            }
        }
        Ok(Usage { fold, careless, words: HashMap::new() })
    }

    /// Returns what a careless conversion writes in place of a form, if that is the same after folding.
    fn wrong(&self, own: char, form: char) -> String {
        let careless = self.careless.get(&own).copied().into_iter().flatten();
        let wrong: BTreeSet<char> =
            careless.filter(|&c| c != form && self.fold.of(c) == self.fold.of(form)).collect();
        wrong.into_iter().collect()
    }

    fn count(&mut self, simplified: &str, dictionary: &str, right: &str) {
        let [own, chosen, right] =
            [simplified, dictionary, right].map(|text| text.chars().collect::<Vec<char>>());
        if own.len() != chosen.len() || own.len() != right.len() {
            return;
        }
        let is_han = |c: char| ('\u{4E00}'..='\u{9FFF}').contains(&c);
        for at in 0..own.len() {
            if self.wrong(own[at], chosen[at]).is_empty() {
                continue;
            }
            let place = usize::from(right[at] != chosen[at]);
            if self.fold.of(right[at]) != self.fold.of(chosen[at]) {
                continue;
            }
            for first in [at.wrapping_sub(1), at] {
                let Some([a, b]) = own.get(first..).and_then(|rest| rest.first_chunk()) else {
                    continue;
                };
                if is_han(*a) && is_han(*b) {
                    let mut word = [*a, *b];
                    word[at - first] = chosen[at];
                    self.words.entry(([*a, *b], word)).or_default()[place] += 1;
                }
            }
        }
    }

    /// Returns lines of a word in Simplified script, with the form that texts agree on, and the forms that are wrong for it.
    fn table(&self) -> String {
        let is_sure = |counts: &[u32; 2]| {
            counts[0] >= Self::LEAST && counts[1] * Self::EXCEPTIONS <= counts[0]
        };
        let mut rows: Vec<String> = Vec::new();
        for ((own, word), _) in self.words.iter().filter(|(_, counts)| is_sure(counts)) {
            // Where the form is that of Simplified script, the two words do not tell which character it is.
            for at in 0..2 {
                let is_other = own[1 - at] == word[1 - at];
                let wrong = if is_other { self.wrong(own[at], word[at]) } else { String::new() };
                if !wrong.is_empty()
                    && (own[at] != word[at] || self.wrong(own[1 - at], word[1 - at]).is_empty())
                {
                    let [own, word] = [own, word].map(String::from_iter);
                    rows.push(format!("{own}\t{word}\t{at}\t{wrong}\n"));
                }
            }
        }
        rows.sort();
        rows.concat()
    }
}

/// A place to learn from: the first weight of each feature, and the answer.
struct Example {
    weights: [u32; FEATURES],
    classes: u8,
    answer: u8,
    factor: f32,
}

/// Numbers for features that are seen often enough, and for each class but the first of them.
struct Registry {
    slots: Vec<(u64, u32)>,
}

impl Registry {
    const BITS: u32 = 26;

    fn new() -> Registry {
        Registry { slots: vec![(0, 0); 1 << Self::BITS] }
    }

    fn slot(&mut self, feature: u64) -> &mut (u64, u32) {
        let feature = feature.max(1);
        let mut at = (filed(feature, 1) >> (64 - Self::BITS)) as usize;
        while self.slots[at].0 != 0 && self.slots[at].0 != feature {
            at = (at + 1) & ((1 << Self::BITS) - 1);
        }
        self.slots[at].0 = feature;
        &mut self.slots[at]
    }
}

/// Features that weights are learned for: the character given the choice, its pairs whatever that is, the far ones, and the pairs given the
/// choice. The last and the pairs whatever it is are one question to the model.
const FEATURES: usize = NEAR + FAR + 2;
/// Where the last two stand.
const LEFT_GIVEN: usize = NEAR + FAR;
const RIGHT_GIVEN: usize = LEFT_GIVEN + 1;

fn features_of(window: &Window, choice: usize) -> [u64; FEATURES] {
    let [own, left, right] = window.near_features(choice);
    let [alone_left, alone_right] = window.pairs();
    let mut features = [0; FEATURES];
    features[..NEAR].copy_from_slice(&[own, alone_left, alone_right]);
    features[NEAR..LEFT_GIVEN].copy_from_slice(&window.far_features());
    features[LEFT_GIVEN..].copy_from_slice(&[left, right]);
    features
}

/// Weights, in units, by what they are filed under.
type Weights = BTreeMap<u64, i32>;

/// Returns the weights as the model has them, those of near features and those of far ones: for each pair and each choice the sum of
/// what was learned for it, and for the pair whatever the choice is.
fn by_choice(
    learned: Vec<(u64, i32)>,
    question: &Question,
    found: &[(Place, f32, bool)],
) -> [Weights; 2] {
    let (mut near, mut far) = (Weights::new(), learned.into_iter().collect::<Weights>());
    let mut seen: HashSet<(u32, usize, Option<u64>)> = HashSet::new();
    for (place, ..) in found {
        let ambiguous = &question.characters[place.number];
        let choices: BTreeSet<usize> = ambiguous.forms.iter().map(|form| form.1).collect();
        let [left, right] = place.window.pairs();
        for (index, pair) in [None, Some(left), Some(right)].into_iter().enumerate() {
            if !seen.insert((place.window.character, index, pair)) {
                continue;
            }
            for class in 1..ambiguous.classes.len() {
                let whatever = pair.and_then(|pair| far.remove(&filed(pair, class))).unwrap_or(0);
                for &choice in &choices {
                    let feature = filed(place.window.near_features(choice)[index], class);
                    let sum = far.remove(&feature).unwrap_or(0) + whatever;
                    if sum != 0 {
                        near.insert(feature, sum.clamp(-127, 127));
                    }
                }
            }
        }
    }
    [near, far]
}

/// Returns whether a feature looks beyond the ends of a text: of a word in a list nobody knows what stands there.
fn is_open(window: &Window, feature: usize) -> bool {
    let ([l1, l2, l3], [r1, r2, r3]) = (window.left, window.right);
    let bits = match feature {
        0 => 0,
        1 | LEFT_GIVEN => 0b001_000,
        2 | RIGHT_GIVEN => 0b000_100,
        _ => TEMPLATES[feature - NEAR],
    };
    let is_seen = |place: usize| bits >> (2 * REACH - 1 - place) & 1 != 0;
    [l3, l2, l1, r1, r2, r3].into_iter().enumerate().any(|(place, s)| is_seen(place) && s == OTHER)
}

fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mixed = (*state ^ *state >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ mixed >> 31
}

fn train(options: &Options) -> Result<()> {
    let fold = Fold::read(&options.data.join("fold.tsv"))?;
    let characters = ambiguous(&options.data.join("../dictionary/STCharacters.txt"), &fold)?;
    let numbers = characters.iter().enumerate().map(|(at, a)| (a.character, at)).collect();
    let question = Question { fold, characters, numbers };
    let (tw2s, hk2s, s2tw) =
        (Converter::new("tw2s")?, Converter::new("hk2s")?, Converter::new("s2tw")?);

    let mut usage =
        Usage::new(&question.fold, &options.data.join("../dictionary/STCharacters.txt"))?;
    // Every place, with the character's model for Cantonese text where it has one.
    let mut found: Vec<(Place, f32, bool)> = Vec::new();
    // All texts, as symbols.
    let mut text: Vec<u32> = Vec::new();
    let mut words = Counter::new(|own, right| {
        let classes = &question.characters[*question.numbers.get(&own)?].classes;
        let class = classes.iter().position(|&class| class == question.fold.of(right));
        class.map(|class| (class, classes.len()))
    });
    let phrases = fs::read_to_string(options.data.join("../dictionary/STPhrases.txt"))?;
    for line in phrases.lines().filter(|line| !line.starts_with('#')) {
        if let Some((key, values)) = line.split_once('\t') {
            words.add_list(key, values.split(' ').next().unwrap_or_default());
        }
    }
    for source in sources(options)? {
        let simplified = if source.is_hong_kong {
            hk2s.convert(&source.text)
        } else {
            tw2s.convert(&source.text)
        };
        if source.is_list {
            words.add_list(&simplified, &source.text);
        } else if !source.is_cantonese {
            words.add_text(&simplified, &source.text, source.weight);
        }
        let dictionary = s2tw.convert(&simplified);
        let lines = simplified.lines().zip(dictionary.lines()).zip(source.text.lines());
        let before = found.len();
        for ((simplified, dictionary), right) in lines {
            if !source.is_list && !source.is_hong_kong {
                usage.count(simplified, dictionary, right);
            }
            for place in question.places(simplified, dictionary, right) {
                if place.answer.is_none() {
                    continue;
                }
                if place.window.character == HAS_CANTONESE {
                    let window = Window { character: HAS_CANTONESE | CANTONESE, ..place.window };
                    found.push((Place { window, ..place }, source.weight, source.is_list));
                    if source.is_cantonese {
                        continue;
                    }
                }
                found.push((place, source.weight, source.is_list));
            }
        }
        for line in simplified.lines().filter(|_| !source.is_list) {
            text.extend(line.chars().map(|c| kind(u32::from(c))));
            text.extend([OTHER; REACH]);
        }
        eprintln!("{}: {} places", source.name, found.len() - before);
    }

    words.count();
    let lattice = words.table();
    drop(words);

    // Features, counted, then numbered.
    let mut registry = Registry::new();
    let visible = |place: &Place, is_list: bool| {
        let mut features = features_of(&place.window, place.choice);
        for (index, feature) in features.iter_mut().enumerate() {
            if is_list && is_open(&place.window, index) {
                *feature = 0;
            }
        }
        features
    };
    for (place, _, is_list) in &found {
        for feature in visible(place, *is_list).into_iter().filter(|&feature| feature != 0) {
            registry.slot(feature).1 += 1;
        }
    }
    // Weight 0 stands for all that were seen too rarely; `entries` says what the others are filed under.
    let mut entries: Vec<u64> = vec![0];
    let mut starts: HashMap<u64, u32> = HashMap::new();
    let mut examples: Vec<Example> = Vec::with_capacity(found.len());
    for (place, factor, is_list) in &found {
        let classes = question.characters[place.number].classes.len();
        let mut weights = [0; FEATURES];
        for (weight, feature) in weights.iter_mut().zip(visible(place, *is_list)) {
            if feature == 0 || registry.slot(feature).1 < LEAST_COUNT {
                continue;
            }
            *weight = *starts.entry(feature).or_insert_with(|| {
                let start = u32::try_from(entries.len()).expect("fewer weights than four billion");
                entries.extend((1..classes).map(|class| filed(feature, class)));
                start
            });
        }
        let answer = place.answer.expect("places without an answer were left out");
        examples.push(Example {
            weights,
            classes: classes as u8,
            answer: answer as u8,
            factor: *factor,
        });
    }
    drop((registry, starts));
    eprintln!("{} examples, {} weights", examples.len(), entries.len());
    let mut state = SEED;
    for last in (1..examples.len()).rev() {
        examples.swap(last, (random(&mut state) % (last as u64 + 1)) as usize);
    }

    let weights = fit(&examples, entries.len());
    let units = |index: usize| ((weights[index] * SCALE).round() as i32).clamp(-127, 127);
    let kept: Vec<(u64, i32)> = (1..entries.len())
        .map(|index| (entries[index], units(index)))
        .filter(|(_, units)| units.abs() >= options.least_weight)
        .collect();
    let kept = by_choice(kept, &question, &found);
    eprintln!("{} near weights, {} far ones", kept[0].len(), kept[1].len());

    drop(examples);
    let network = second_opinion(&question, &found, text);

    let words = image(
        &question.characters,
        &kept,
        &Settled { plain: vec![0; 2 * PLAIN], sure: vec![0; SURE / 2] },
        &network,
        &lattice,
        options.margin,
    );
    let settled = settled(&Model::open(&words), &question, &found, options);
    let words = image(&question.characters, &kept, &settled, &network, &lattice, options.margin);
    fs::write(options.data.join("model.bin"), bytemuck::cast_slice::<u32, u8>(&words))?;
    guards(options)?;
    fs::write(options.data.join("characters.txt"), listed(&question, &Model::open(&words)))?;
    fs::write(options.data.join("spellings.tsv"), usage.table())?;
    if let Some(dev) = &options.dev {
        evaluate(dev, &question, &Model::open(&words))?;
    }
    Ok(())
}

/// Returns a line for each character that is decided, and behind a tab what may be written for it without a question.
fn listed(question: &Question, model: &Model<'_>) -> String {
    let mut lines = String::new();
    for own in question.characters.iter().map(|a| a.character) {
        let mut plain: Vec<char> = model.plain(own).collect();
        plain.sort_unstable();
        lines += &format!("{own}\t{}\n", plain.iter().collect::<String>());
    }
    // What is written for it is 瞭 or it stays; it is asked about only where it is 瞭.
    lines + &format!("{OVER}\t{OVER}\n")
}

/// Returns the network that is asked in doubt.
fn second_opinion(question: &Question, found: &[(Place, f32, bool)], text: Vec<u32>) -> Learner {
    let in_cantonese = question.numbers[&COPULA];
    let all = question.characters.iter().chain([&question.characters[in_cantonese]]);
    let classes: Vec<usize> = all.map(|ambiguous| ambiguous.classes.len()).collect();
    let mut learner = Learner::new(&classes, found.iter().map(|(place, ..)| &place.window));
    learner.learn_text(text.into_iter());
    let example = |(place, factor, is_list): &(Place, f32, bool)| {
        let is_cantonese = second::is_cantonese(&place.window);
        let number = if is_cantonese { question.characters.len() } else { place.number };
        let answer = place.answer.expect("places without an answer were left out");
        learner.example(&place.window, number, [place.choice, answer], *factor, *is_list)
    };
    let mut examples: Vec<second::Example> = found.iter().map(example).collect();
    learner.learn(&mut examples);
    learner
}

/// Returns the phrases of a regional dictionary that are others in the region.
fn regional(dictionary: &str) -> Result<Vec<Phrase>> {
    let (t2s, t2tw) = (Converter::new("t2s")?, Converter::new("t2tw")?);
    let pairs = dictionary.lines().filter(|line| !line.starts_with('#'));
    let phrases = pairs.filter_map(|line| line.split_once('\t')).map(|(phrase, values)| Phrase {
        key: t2s.convert(phrase),
        as_is: t2tw.convert(phrase),
        value: t2tw.convert(values.split(' ').next().unwrap_or_default()),
    });
    Ok(phrases.filter(|phrase| phrase.as_is != phrase.value).collect())
}

/// Writes the dictionary that keeps regional phrases from being found where other words meet.
fn guards(options: &Options) -> Result<()> {
    let (tw2s, t2s, tw2sp) =
        (Converter::new("tw2s")?, Converter::new("t2s")?, Converter::new("tw2sp")?);
    let phrases = fs::read_to_string(options.data.join("../dictionary/TWPhrases.txt"))?;
    let fold = Fold::read(&options.data.join("fold.tsv"))?;
    let open = ambiguous(&options.data.join("../dictionary/STCharacters.txt"), &fold)?;
    let open: HashSet<char> =
        open.iter().map(|ambiguous| ambiguous.character).chain([OVER]).collect();
    // What stands beside a phrase is taken as it is, so it must be nothing that has to be decided.
    let is_taken = |c: char| ('\u{4E00}'..='\u{9FFF}').contains(&c) && !open.contains(&c);
    let mut kept = Kept::new(regional(&phrases)?)?;
    let (mut lists, mut texts, mut pairs) = (String::new(), String::new(), Vec::new());
    // Words that two lists have.
    let (mut seen, mut common) = (HashSet::new(), HashSet::new());
    for source in sources(options)?.into_iter().filter(|source| !source.is_hong_kong) {
        // Names of villages are no words.
        let is_words = source.is_list && !source.name.contains("villages");
        if is_words {
            let list = tw2s.convert(&source.text);
            let words: BTreeSet<&str> = list.lines().collect();
            for word in words {
                if !seen.insert(word.to_owned()) {
                    common.insert(word.to_owned());
                }
            }
            lists += &list;
        } else if !source.is_list {
            let mainland = tw2sp.convert(&source.text);
            for (mainland, right) in mainland.lines().zip(source.text.lines()) {
                kept.count(mainland, right, is_taken);
            }
            let text = tw2s.convert(&source.text);
            texts += &text;
            pairs.push((source.text, text));
        }
    }
    let words = Words::count(lists.lines(), &texts);
    let by_ends = words.by_ends(|_, count| count >= guards::LEAST_COUNT);
    let common_by_ends = words.by_ends(|word, _| common.contains(word));
    // Hong Kong's phrases are few, and none was seen where other words meet.
    let (s2tw, s2twp) = (Converter::new("s2tw")?, Converter::new("s2twp")?);
    let (mut guards, mut meetings) = (BTreeSet::new(), BTreeSet::new());
    for line in phrases.lines().filter(|line| !line.starts_with('#')) {
        let Some((phrase, value)) = line.split_once('\t') else { continue };
        if value.split(' ').next() != Some(phrase) {
            let phrase = t2s.convert(phrase);
            guards.extend(words.guards(&phrase, &by_ends, LEAST_SHARE, guards::MARGIN).into_keys());
            meetings.extend(words.meetings(&phrase, &common_by_ends));
        }
    }
    let mut guards: BTreeMap<String, String> =
        guards.into_iter().map(|key| (key.clone(), s2tw.convert(&key))).collect();
    let is_guarded = |text: &str| {
        let ends = || text.char_indices().map(|(at, _)| at).chain([text.len()]);
        let mut parts = ends().flat_map(|start| ends().map(move |end| text.get(start..end)));
        parts.any(|part| part.is_some_and(|part| guards.contains_key(part)))
    };
    // Some are right without, as the first is a word of the dictionary's.
    let meetings: Vec<(String, String)> = meetings
        .iter()
        .map(|words| (words.concat(), words.each_ref().map(|word| s2twp.convert(word)).concat()))
        .filter(|(key, value)| s2twp.convert(key) != *value && !is_guarded(key))
        .collect();
    let kept: Vec<(String, String)> = kept
        .strings(|word| seen.contains(word))
        .into_iter()
        .filter(|key| !is_guarded(key))
        .filter(|key| s2twp.convert(key) != s2tw.convert(key))
        .map(|key| (key.clone(), s2tw.convert(&key)))
        .collect();
    eprintln!("{} guards, {} meetings, {} kept", guards.len(), meetings.len(), kept.len());
    guards.extend(meetings);
    guards.extend(kept);
    let lines = guards.iter().map(|(key, value)| format!("{key}\t{value}\n"));
    fs::write(options.data.join("guards.txt"), lines.collect::<String>())?;
    clear(options, &words, &common, &pairs)
}

/// Writes the words in which the dictionary has 瞭, with 0, and the strings in which it sees one and 了 is meant, with log odds: 明了,
/// and 声明了.
fn clear(
    options: &Options,
    words: &Words,
    common: &HashSet<String>,
    texts: &[(String, String)],
) -> Result<()> {
    let s2tw = Converter::new("s2tw")?;
    let text = fs::read_to_string(options.data.join("../dictionary/STPhrases.txt"))?;
    let pairs = text.lines().filter_map(|line| line.split_once('\t'));
    let phrases: BTreeSet<&str> = pairs
        .filter(|(key, value)| key.contains(OVER) && value.contains(CLEAR))
        .map(|(key, _)| key)
        .collect();
    let is_inside = |text: &str| phrases.iter().filter(|phrase| text.contains(**phrase)).count();
    let near: String = texts
        .iter()
        .flat_map(|(right, simplified)| right.lines().zip(simplified.lines()))
        .filter(|(_, simplified)| is_inside(simplified) > 0)
        .map(|(right, _)| format!("{right}\n"))
        .collect();
    // What begins or ends with it anyhow tells nothing.
    let by_ends = words.by_ends(|word, _| common.contains(word) && !word.contains(OVER));
    let mut lines: BTreeMap<String, f64> =
        phrases.iter().map(|phrase| ((*phrase).to_owned(), 0.0)).collect();
    for phrase in phrases.iter().filter(|phrase| is_inside(phrase) == 1) {
        let alone = words.alone(phrase, OVER);
        if alone > guards::MARGIN {
            lines.insert((*phrase).to_owned(), alone);
        }
        let least = if common.contains(*phrase) { LEAST_SHARE } else { words.rarest() };
        for (guard, ahead) in words.guards(phrase, &by_ends, least, guards::LEAST_MARGIN) {
            let (head, tail) = guard.split_once(OVER).context("a phrase with 了")?;
            let is_near = head.chars().count() <= REACH && tail.chars().count() <= REACH;
            let as_clear = s2tw.convert(&guard.replace(OVER, &CLEAR.to_string()));
            let [clear, over] = [as_clear.clone(), as_clear.replace(CLEAR, &OVER.to_string())]
                .map(|form| near.matches(&form).count());
            let is_sure = over > clear || (clear == 0 && ahead > guards::MARGIN);
            // One that has two of them may have the other.
            if is_near && is_sure && is_inside(&guard) == 1 {
                lines.insert(guard, ahead);
            }
        }
    }
    let lines = lines.iter().map(|(key, ahead)| format!("{key}\t{ahead:.1}\n"));
    fs::write(options.data.join("clear.txt"), lines.collect::<String>())?;
    Ok(())
}

/// Returns the weights that AdaGrad finds; the average of those after each pass but the first.
fn fit(examples: &[Example], count: usize) -> Vec<f32> {
    let mut weights = vec![0_f32; count];
    let mut squares = weights.clone();
    let mut sums = weights.clone();
    for pass in 0..PASSES {
        let loss: f64 =
            examples.iter().map(|example| learn(example, &mut weights, &mut squares)).sum();
        eprintln!("pass {}: loss {:.5}", pass + 1, loss / examples.len() as f64);
        if pass > 0 {
            sums.iter_mut().zip(&weights).for_each(|(sum, weight)| *sum += weight);
        }
    }
    sums.iter().map(|sum| sum / (PASSES - 1) as f32).collect()
}

/// The character of which places are learned twice, for Cantonese and for other Chinese.
const HAS_CANTONESE: u32 = COPULA as u32;

/// Does one step and returns the loss before it.
fn learn(example: &Example, weights: &mut [f32], squares: &mut [f32]) -> f64 {
    let (classes, answer) = (usize::from(example.classes), usize::from(example.answer));
    let mut scores = [0_f32; 16];
    for start in example.weights.into_iter().filter(|&start| start != 0) {
        for class in 1..classes {
            scores[class] += weights[start as usize + class - 1];
        }
    }
    let most = scores[..classes].iter().copied().fold(f32::MIN, f32::max);
    let total: f32 = scores[..classes].iter().map(|score| (score - most).exp()).sum();
    let share = |class: usize| (scores[class] - most).exp() / total;
    for class in 1..classes {
        let slope = (share(class) - if class == answer { 1.0 } else { 0.0 }) * example.factor;
        if slope.abs() < 1e-4 {
            continue;
        }
        for start in example.weights.into_iter().filter(|&start| start != 0) {
            let at = start as usize + class - 1;
            squares[at] += slope * slope;
            weights[at] -= RATE * slope / (squares[at].sqrt() + 1e-3);
        }
    }
    -f64::from(share(answer).max(1e-9).ln())
}

/// Returns the numbers of a place's two pairs, see [`Model::is_sure`], if the dictionary wrote its class in this form.
fn pairs_of(window: &Window, form: char) -> [u64; 2] {
    window.pairs().map(|pair| given(pair, sign(u32::from(form))))
}

/// How 系 is written in Cantonese, mostly.
const IS: char = '係';

/// What settles a place without a look at the model, as the file has it.
struct Settled {
    plain: Vec<u32>,
    sure: Vec<u32>,
}

/// Returns the table of plain characters, see [`Model::is_plain`], and that of pairs beside which the model never changed anything and had no need to, see [`Model::is_sure`]; of two that share a
/// slot they have the more frequent.
fn settled(
    model: &Model<'_>,
    question: &Question,
    found: &[(Place, f32, bool)],
    options: &Options,
) -> Settled {
    let mut plain: HashMap<[u32; 2], [u32; 3]> = HashMap::new();
    let mut counted: HashMap<u64, [u32; 3]> = HashMap::new();
    for (place, ..) in found.iter().filter(|(.., is_list)| !is_list) {
        let ambiguous = &question.characters[place.number];
        let candidates = model.candidates(place.window.character).expect("a known character");
        let better = model.better(&place.window, candidates, place.choice);
        let is_changed = better.is_some();
        if place.window.character >= CANTONESE
            && ambiguous.written(place.choice).any(|c| c == COPULA)
        {
            // And beside which the model always wrote 係.
            let is = ambiguous.classes.iter().position(|&class| class == question.fold.of(IS));
            for pair in pairs_of(&place.window, IS) {
                let counts = counted.entry(pair).or_default();
                counts[0] += 1;
                counts[1] += u32::from(better != is);
                counts[2] += u32::from(place.answer != is);
            }
        }
        for form in ambiguous.written(place.choice) {
            if place.window.character < CANTONESE {
                let signs = [place.window.character, u32::from(form)].map(sign);
                let counts = plain.entry(signs).or_default();
                counts[0] += 1;
                counts[1] += u32::from(is_changed);
                counts[2] += u32::from(place.answer != Some(place.choice));
            }
            for pair in pairs_of(&place.window, form) {
                let counts = counted.entry(pair).or_default();
                counts[0] += 1;
                counts[1] += u32::from(is_changed);
                counts[2] += u32::from(place.answer != Some(place.choice));
            }
        }
    }
    let mut sure: Vec<(u32, u64)> = counted
        .into_iter()
        .filter(|&(_, [count, changed, wrong])| {
            changed == 0 && count >= options.sure && wrong * WRONG_OF_SURE <= count
        })
        .map(|(pair, [count, ..])| (count, pair))
        .collect();
    sure.sort_by_key(|&(count, pair)| (std::cmp::Reverse(count), pair));
    let mut slots = vec![0_u32; SURE];
    let mut held = 0;
    for &(_, pair) in &sure {
        let slot = &mut slots[sure_slot(pair)];
        if *slot == 0 {
            *slot = u32::from(sure_key(pair));
            held += 1;
        }
    }
    eprintln!("{} sure pairs, {held} held", sure.len());
    // What a dictionary keeps as it is against all custom, in names mostly, texts know too little of.
    let mut answers: HashMap<(usize, usize), u32> = HashMap::new();
    for (place, ..) in found.iter().filter(|(.., is_list)| !is_list) {
        *answers.entry((place.number, place.answer.unwrap_or_default())).or_default() += 1;
    }
    let mut kept: Vec<[char; 2]> = KEPT.to_vec();
    for (number, ambiguous) in question.characters.iter().enumerate() {
        for &(form, class, _) in ambiguous.forms.iter().filter(|form| form.1 > 0) {
            let count = answers.get(&(number, class)).copied().unwrap_or_default();
            if form == ambiguous.character && count < LEAST_KNOWN {
                kept.push([ambiguous.character, form]);
            }
        }
    }
    eprintln!("kept: {}", kept.iter().flatten().collect::<String>());
    let kept = kept.iter().map(|pair| (u32::MAX, pair.map(|c| sign(u32::from(c)))));
    let plain = plain
        .into_iter()
        .filter(|&(_, [count, changed, wrong])| {
            count >= LEAST_PLAIN
                && changed * CHANGES_OF_PLAIN <= count
                && wrong * WRONG_OF_SURE <= count
        })
        .map(|(signs, [count, ..])| (count, signs));
    let mut plain: Vec<(u32, [u32; 2])> = kept.chain(plain).collect();
    plain.sort_by_key(|&(count, signs)| (std::cmp::Reverse(count), signs));
    let mut table = vec![[0; 2]; PLAIN];
    for &(_, signs) in &plain {
        let slot = &mut table[plain_slot(signs[0], signs[1])];
        if *slot == [0; 2] {
            *slot = signs;
        }
    }
    eprintln!("{} plain forms", plain.len());
    let sure = slots.chunks_exact(2).map(|two| two[0] | two[1] << 16).collect();
    Settled { plain: table.into_flattened(), sure }
}

/// Puts weights into buckets; those of a bucket that can hold no more lose the smallest.
fn bucketed<const COUNT: usize>(weights: &Weights) -> Vec<u32> {
    let mut kept: Vec<(u64, i32)> =
        weights.iter().map(|(&feature, &weight)| (feature, weight)).collect();
    kept.sort_by_key(|&(feature, weight)| (std::cmp::Reverse(weight.abs()), feature));
    let mut buckets = vec![[0_u32; BUCKET]; COUNT];
    let mut held = vec![0; COUNT];
    let (mut lost, total) = (0, kept.len());
    for (feature, weight) in kept {
        let at = bucket::<COUNT>(feature);
        let entry = held[at];
        if entry == ENTRIES {
            lost += 1;
            continue;
        }
        held[at] += 1;
        buckets[at][entry / 2] |= u32::from(key(feature)) << (16 * (entry % 2));
        let weight = u32::from((weight as i8).cast_unsigned());
        buckets[at][ENTRIES / 2 + entry / 4] |= weight << (8 * (entry % 4));
    }
    eprintln!("{total} weights kept, {lost} lost, {} bytes", 4 * BUCKET * COUNT);
    buckets.concat()
}

/// Puts the model into the form that [`Model::open`] reads.
fn image(
    characters: &[Ambiguous],
    kept: &[Weights; 2],
    settled: &Settled,
    network: &Learner,
    lattice: &[u32],
    margin: f32,
) -> Vec<u32> {
    const SLOTS: usize = 4096;
    let mut index = vec![0; SLOTS];
    let (mut table, mut forms) = (Vec::new(), Vec::new());
    // One of them twice: in Cantonese it is as another.
    let cantonese = characters.iter().filter(|ambiguous| ambiguous.character == COPULA);
    let all = characters.iter().map(|ambiguous| (ambiguous, 0));
    let all = all.chain(cantonese.map(|ambiguous| (ambiguous, CANTONESE)));
    for ((number, (ambiguous, bit)), row) in all.enumerate().zip(network.starts()) {
        table.push(ambiguous.classes.len() as u32 | (*row as u32) << ROW_SHIFT);
        assert!(ambiguous.forms.len() <= FORMS, "{}", ambiguous.character);
        for &(form, class, bits) in &ambiguous.forms {
            forms.push(form as u32 | (class as u32) << CLASS_SHIFT | bits << REGION_SHIFT);
        }
        forms.resize(table.len() * FORMS, 0);
        let character = ambiguous.character as u32 | bit;
        let mut at = slot(character, SLOTS);
        while index[at] != 0 {
            at = (at + 1) % SLOTS;
        }
        index[at] = character | (number as u32 + 1) << KEY_BITS;
    }
    let [near, far] = kept;
    let mut buckets = bucketed::<NEAR_BUCKETS>(near);
    buckets.extend(bucketed::<FAR_BUCKETS>(far));
    let (embeddings, classes, network) = network.words();
    let sections = [index, table, forms, buckets];
    let mut words = vec![MAGIC];
    words.extend(sections.iter().map(|section| section.len() as u32));
    words.push(settled.sure.len() as u32);
    words[4] /= BUCKET as u32;
    words.extend([((margin * SCALE).round() as i32) as u32, embeddings, classes]);
    assert_eq!(words.len(), HEADER);
    words.extend(sections.concat());
    for section in [&settled.plain, &settled.sure, &network, lattice] {
        words.extend(section);
    }
    words.iter_mut().for_each(|word| *word = word.to_le());
    words
}

/// Prints for each development set how many places the dictionary and the model have wrong, for several margins.
fn evaluate(dev: &Path, question: &Question, model: &Model<'_>) -> Result<()> {
    let s2tw = Converter::new("s2tw")?;
    let mut paths: Vec<PathBuf> =
        fs::read_dir(dev)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    paths.sort();
    let margins = [0.0, 0.4, 0.6, 0.7, 0.85, 1.1];
    println!("set\tdictionary\t{}", margins.map(|m| format!("{m} (mended/broken)")).join("\t"));
    for path in paths {
        let text = fs::read_to_string(&path)?;
        let mut wrong = 0;
        let mut results = [[0_usize; 3]; 6];
        for line in text.lines() {
            let fields: Vec<&str> = line.split('\t').collect();
            let [simplified, right, ..] = fields[..] else { continue };
            for mut place in question.places(simplified, &s2tw.convert(simplified), right) {
                let was_wrong = place.answer != Some(place.choice);
                wrong += usize::from(was_wrong);
                if path.ends_with("hk_yue_spoken.tsv") && place.window.character == HAS_CANTONESE {
                    place.window.character |= CANTONESE;
                }
                let classes = question.characters[place.number].classes.len();
                let candidates = model.candidates(place.window.character);
                let candidates = candidates.context("a known character")?;
                let scores = model.scores(&place.window, candidates, place.choice);
                let best =
                    (0..classes).max_by_key(|&c| (scores[c], c == place.choice)).unwrap_or(0);
                let form = question.characters[place.number].written(place.choice).next();
                let is_sure = form.is_some_and(|form| {
                    pairs_of(&place.window, form).into_iter().any(|pair| model.is_sure(pair))
                });
                let best = if is_sure { place.choice } else { best };
                let ahead = (scores[best] - scores[place.choice]) as f32 / SCALE;
                for (margin, [errors, mended, broken]) in margins.iter().zip(&mut results) {
                    let class = if ahead > *margin { best } else { place.choice };
                    let is_wrong = place.answer != Some(class);
                    *errors += usize::from(is_wrong);
                    *mended += usize::from(was_wrong && !is_wrong);
                    *broken += usize::from(!was_wrong && is_wrong);
                }
            }
        }
        let shown = results.map(|[errors, mended, broken]| format!("{errors} ({mended}/{broken})"));
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        println!("{name}\t{wrong}\t{}", shown.join("\t"));
    }
    Ok(())
}
