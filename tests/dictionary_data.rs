//! The files of `data/` are those of OpenCC, and hold what the code relies on.
//!
//! First the bytes, by checksum; then the laws of the dictionaries and configs, read from the text files by a parser of
//! its own that is stricter than the library's. A law that a newer version of OpenCC breaks is to be looked at, with the
//! code that relies on it, before the data are taken over.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use jsonc_parser::JsonValue;
use sha2::{Digest, Sha256};

/// Both blocks of the compatibility ideographs.
const COMPATIBILITY_IDEOGRAPHS: [RangeInclusive<char>; 2] =
    ['\u{F900}'..='\u{FAFF}', '\u{2F800}'..='\u{2FA1F}'];
const IDEOGRAPHIC_DESCRIPTION_OPERATORS: RangeInclusive<char> = '\u{2FF0}'..='\u{2FFF}';
/// The last character of the Basic Multilingual Plane.
const LAST_OF_THE_BASIC_PLANE: char = '\u{FFFF}';

/// What takes and gives single characters only.
const CHARACTER_DICTIONARIES: [&str; 10] = [
    "CJK_Compatibility_Ideographs",
    "HKVariants",
    "HKVariantsRev",
    "JPShinjitaiCharacters",
    "JPShinjitaiCharactersRev",
    "STCharacters",
    "TSCharacters",
    "TSCharactersExt",
    "TWVariants",
    "TWVariantsRev",
];
/// Other words, not other spellings: the values are longer or shorter than the keys.
const REGIONAL_WORDS: [&str; 4] = ["HKPhrases", "HKPhrasesRev", "TWPhrases", "TWPhrasesRev"];
/// A dictionary and the one that is it turned round.
const REVERSED: [(&str, &str); 5] = [
    ("HKPhrases", "HKPhrasesRev"),
    ("HKVariants", "HKVariantsRev"),
    ("JPShinjitaiCharacters", "JPShinjitaiCharactersRev"),
    ("TWPhrases", "TWPhrasesRev"),
    ("TWVariants", "TWVariantsRev"),
];
/// A phrase dictionary and the character dictionary that spells its values.
///
/// `HKVariantsPhrases` (一幻拉麪 → 一幻拉麵) and `JPShinjitaiPhrases` (予備 → 預備) go beyond their characters.
const SPELLED_BY_CHARACTERS: [(&str, &str); 6] = [
    ("STPhrases", "STCharacters"),
    ("STPhrases_GeneratedFromRegionalPhrases", "STCharacters"),
    ("TSPhrases", "TSCharacters"),
    ("HKVariantsRevPhrases", "HKVariantsRev"),
    ("TWVariantsPhrases", "TWVariants"),
    ("TWVariantsRevPhrases", "TWVariantsRev"),
];

// ---- the files ----

#[test]
fn every_data_file_has_the_recorded_checksum() {
    for (path, recorded) in checksums() {
        let bytes = fs::read(data().join(&path)).unwrap_or_else(|e| panic!("data/{path}: {e}"));
        assert_eq!(sha256(&bytes), recorded, "data/{path} differs from data/SHA256SUMS");
    }
}

#[test]
fn the_checksums_name_every_file_of_the_package_and_no_other() {
    let mut files = BTreeSet::from(["LICENSE".to_owned(), "testcases.json".to_owned()]);
    for folder in ["config", "dictionary"] {
        files.extend(file_names(folder).into_iter().map(|name| format!("{folder}/{name}")));
    }
    assert_eq!(files, checksums().into_keys().collect());
}

#[test]
fn the_readme_counts_the_entries_of_every_dictionary() {
    let readme = read("README.md");
    let counted: BTreeMap<String, usize> = readme
        .lines()
        .filter_map(|line| {
            let mut cells = line.strip_prefix("| `")?.split(" | ");
            let name = cells.next()?.strip_suffix('`')?;
            Some((name.to_owned(), cells.next()?.parse().ok()?))
        })
        .collect();
    let real = dictionaries().into_iter().map(|d| (d.name, d.entries.len())).collect();
    assert_eq!(counted, real);
}

#[test]
fn the_samples_keep_their_line_ends() {
    for name in file_names("sample") {
        let text = read(&format!("sample/{name}"));
        if name == "mixed.txt" {
            assert!(text.starts_with('\u{FEFF}'), "{name} has lost its byte order mark");
            assert!(!text.ends_with('\n'), "{name} has got a line end at its end");
            assert_eq!(text.matches('\n').count(), text.matches("\r\n").count(), "{name}");
        } else {
            assert!(!text.contains('\r') && text.ends_with('\n'), "{name} has strange line ends");
        }
    }
}

// ---- one dictionary ----

#[test]
fn every_line_is_a_leading_comment_an_empty_line_or_an_entry() {
    // `parse` panics at any other line.
    for dictionary in dictionaries() {
        assert!(!dictionary.entries.is_empty(), "{} is empty", dictionary.name);
    }
}

#[test]
fn keys_are_sorted_by_code_point_and_never_repeated() {
    for dictionary in dictionaries() {
        for pair in dictionary.entries.windows(2) {
            let (before, after) = (&pair[0].key, &pair[1].key);
            assert!(before < after, "{}: {before} stands before {after}", dictionary.name);
        }
    }
}

#[test]
fn the_candidates_of_a_key_are_distinct() {
    each_entry(|dictionary, entry| {
        let distinct: BTreeSet<_> = entry.values.iter().collect();
        assert_eq!(distinct.len(), entry.values.len(), "{dictionary}: {entry:?}");
    });
}

#[test]
fn no_key_or_value_holds_a_line_end_a_space_or_an_ideographic_description_operator() {
    each_entry(|dictionary, entry| {
        for c in entry.key.chars().chain(entry.values.iter().flat_map(|value| value.chars())) {
            let barred = c.is_control()
                || c.is_whitespace()
                || c == '\u{FEFF}'
                || IDEOGRAPHIC_DESCRIPTION_OPERATORS.contains(&c);
            assert!(!barred, "{dictionary}: {:?} holds {}", entry, c.escape_unicode());
        }
    });
}

#[test]
fn no_key_is_longer_than_fifteen_characters() {
    each_entry(|dictionary, entry| {
        assert!(length(&entry.key) <= 15, "{dictionary}: {entry:?}");
    });
}

#[test]
fn no_value_takes_more_than_two_and_a_half_times_the_bytes_of_its_key() {
    each_entry(|dictionary, entry| {
        for value in &entry.values {
            assert!(2 * value.len() <= 5 * entry.key.len(), "{dictionary}: {entry:?}");
        }
    });
}

#[test]
fn character_dictionaries_map_one_character_to_one() {
    for name in CHARACTER_DICTIONARIES {
        for entry in dictionary(name).entries {
            assert_eq!(length(&entry.key), 1, "{name}: {entry:?}");
            assert!(entry.values.iter().all(|value| length(value) == 1), "{name}: {entry:?}");
        }
    }
}

#[test]
fn phrases_have_two_characters_or_more_except_among_the_words_of_taiwan() {
    // 砹 → 砈 and other chemical elements, 宏 → 巨集, 埠 → 端口.
    let with_single_characters =
        BTreeSet::from(["TWPhrases".to_owned(), "TWPhrasesRev".to_owned()]);
    let mut found = BTreeSet::new();
    each_entry(|dictionary, entry| {
        if !CHARACTER_DICTIONARIES.contains(&dictionary) && length(&entry.key) == 1 {
            found.insert(dictionary.to_owned());
        }
    });
    assert_eq!(found, with_single_characters);
}

#[test]
fn only_regional_words_change_the_number_of_characters() {
    each_entry(|dictionary, entry| {
        let keeps = entry.values.iter().all(|value| length(value) == length(&entry.key));
        assert!(keeps || REGIONAL_WORDS.contains(&dictionary), "{dictionary}: {entry:?}");
    });
}

// ---- compatibility ideographs ----

#[test]
fn every_compatibility_ideograph_maps_to_one_ordinary_character() {
    for entry in dictionary("CJK_Compatibility_Ideographs").entries {
        assert!(entry.key.chars().all(is_compatibility_ideograph), "{entry:?}");
        assert!(length(&entry.key) == 1 && entry.values.len() == 1, "{entry:?}");
        assert!(!entry.values[0].chars().any(is_compatibility_ideograph), "{entry:?}");
    }
}

#[test]
fn no_other_dictionary_knows_a_normalized_compatibility_ideograph() {
    let normalized: BTreeSet<char> = dictionary("CJK_Compatibility_Ideographs")
        .entries
        .iter()
        .flat_map(|entry| entry.key.chars())
        .collect();
    each_entry(|dictionary, entry| {
        let mut characters =
            entry.key.chars().chain(entry.values.iter().flat_map(|value| value.chars()));
        assert!(
            dictionary == "CJK_Compatibility_Ideographs"
                || !characters.any(|c| normalized.contains(&c)),
            "{dictionary}: {entry:?}"
        );
    });
}

// ---- two dictionaries ----

#[test]
fn reversed_dictionaries_hold_every_pair_of_their_forward_ones_and_no_other() {
    for (forward, reversed) in REVERSED {
        let pairs: BTreeSet<_> = pairs(&dictionary(forward)).collect();
        let back: BTreeSet<_> =
            self::pairs(&dictionary(reversed)).map(|(key, value)| (value, key)).collect();
        let differing: Vec<_> = pairs.symmetric_difference(&back).collect();
        assert!(differing.is_empty(), "{forward} and {reversed} differ in {differing:?}");
    }
}

#[test]
fn reversed_variants_keep_their_candidates_in_the_order_of_the_forward_keys() {
    // The Japanese and the regional ones do not: 鹽 has 塩 before 䀋, and a chosen word comes first.
    for (forward, reversed) in [("HKVariants", "HKVariantsRev"), ("TWVariants", "TWVariantsRev")] {
        let mut turned: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (key, value) in pairs(&dictionary(forward)) {
            turned.entry(value).or_default().push(key);
        }
        let reversed: BTreeMap<_, _> =
            dictionary(reversed).entries.into_iter().map(|e| (e.key, e.values)).collect();
        assert_eq!(turned, reversed, "{forward}");
    }
}

#[test]
fn phrases_are_spelled_with_the_candidates_of_their_characters() {
    for (phrases, characters) in SPELLED_BY_CHARACTERS {
        let characters: BTreeSet<_> = pairs(&dictionary(characters)).collect();
        for (key, value) in pairs(&dictionary(phrases)) {
            let spelled = key.chars().zip(value.chars()).all(|(from, to)| {
                from == to || characters.contains(&(from.to_string(), to.to_string()))
            });
            assert!(spelled && length(&key) == length(&value), "{phrases}: {key} → {value}");
        }
    }
}

#[test]
fn the_rarely_displayable_dictionary_is_what_its_mother_withholds() {
    // In TSCharacters the character itself comes first, the rarely displayable form second.
    let withheld: BTreeSet<_> = dictionary("TSCharacters")
        .entries
        .into_iter()
        .filter(|entry| entry.values[0] == entry.key)
        .filter_map(|entry| Some((entry.key, entry.values.get(1)?.clone())))
        .filter(|(_, value)| value.chars().all(|c| c > LAST_OF_THE_BASIC_PLANE))
        .collect();
    let rare = dictionary("TSCharactersExt");
    assert!(rare.entries.iter().all(|entry| entry.values.len() == 1));
    assert_eq!(pairs(&rare).collect::<BTreeSet<_>>(), withheld);
}

#[test]
fn generated_phrases_lead_to_keys_of_the_regional_words_and_agree_with_the_others() {
    let regional: BTreeSet<String> = ["HKPhrases", "TWPhrases"]
        .into_iter()
        .flat_map(|name| dictionary(name).entries)
        .map(|entry| entry.key)
        .collect();
    let phrases: BTreeMap<_, _> =
        dictionary("STPhrases").entries.into_iter().map(|e| (e.key, e.values)).collect();
    for entry in dictionary("STPhrases_GeneratedFromRegionalPhrases").entries {
        assert!(entry.values.len() == 1 && regional.contains(&entry.values[0]), "{entry:?}");
        if let Some(values) = phrases.get(&entry.key) {
            assert_eq!(values, &entry.values, "{entry:?} also stands in STPhrases");
        }
    }
}

// ---- the configs ----

#[test]
fn there_are_sixteen_configs() {
    let names = file_names("config");
    let expected = [
        "hk2s.json",
        "hk2sp.json",
        "hk2t.json",
        "jp2t.json",
        "s2hk.json",
        "s2hkp.json",
        "s2t.json",
        "s2tw.json",
        "s2twp.json",
        "t2hk.json",
        "t2jp.json",
        "t2s.json",
        "t2tw.json",
        "tw2s.json",
        "tw2sp.json",
        "tw2t.json",
    ];
    assert_eq!(names, expected.map(str::to_owned).into());
}

#[test]
fn every_dictionary_of_a_config_exists_and_every_dictionary_has_a_config() {
    let mut named = BTreeSet::new();
    for_each_dictionary_reference(|_, file, _| {
        named.insert(file.to_owned());
    });
    assert_eq!(named, file_names("dictionary"));
}

#[test]
fn every_config_normalizes_the_compatibility_ideographs() {
    let mut normalizing = BTreeSet::new();
    for_each_dictionary_reference(|config, file, _| {
        if file == "CJK_Compatibility_Ideographs.txt" {
            normalizing.insert(config.to_owned());
        }
    });
    assert_eq!(normalizing, file_names("config"));
}

#[test]
fn the_rarely_displayable_dictionary_and_no_other_is_marked_in_the_configs() {
    for_each_dictionary_reference(|config, file, may_output_tofu| {
        assert_eq!(may_output_tofu, file == "TSCharactersExt.txt", "{config} names {file}");
    });
}

// ---- reading ----

struct Dictionary {
    name: String,
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    key: String,
    values: Vec<String>,
}

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data")
}

/// Reads a file below `data/` as UTF-8.
fn read(path: &str) -> String {
    fs::read_to_string(data().join(path)).unwrap_or_else(|e| panic!("data/{path}: {e}"))
}

/// Names what is in a folder of `data/`.
fn file_names(folder: &str) -> BTreeSet<String> {
    let files = fs::read_dir(data().join(folder)).unwrap_or_else(|e| panic!("data/{folder}: {e}"));
    files
        .map(|file| file.expect("a readable folder").file_name())
        .map(|name| name.into_string().expect("a name in UTF-8"))
        .collect()
}

/// The paths of `SHA256SUMS`, each with its checksum.
fn checksums() -> BTreeMap<String, String> {
    read("SHA256SUMS")
        .lines()
        .map(|line| {
            let (checksum, path) = line.split_once("  ").expect("a checksum, two spaces, a path");
            (path.to_owned(), checksum.to_owned())
        })
        .collect()
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn dictionary(name: &str) -> Dictionary {
    Dictionary { name: name.to_owned(), entries: parse(&format!("dictionary/{name}.txt")) }
}

fn dictionaries() -> Vec<Dictionary> {
    let names = file_names("dictionary");
    names
        .iter()
        .map(|file| file.strip_suffix(".txt").unwrap_or_else(|| panic!("{file} is no .txt")))
        .map(dictionary)
        .collect()
}

/// Reads a dictionary, and panics at anything that is not a comment at the head, an empty line or an entry.
fn parse(path: &str) -> Vec<Entry> {
    let text = read(path);
    assert!(text.ends_with('\n'), "data/{path} does not end with a line end");
    let mut entries = Vec::new();
    for (index, line) in text.trim_end_matches('\n').split('\n').enumerate() {
        let place = format!("data/{path}, line {}: {line:?}", index + 1);
        if line.is_empty() {
            continue;
        }
        if line.starts_with('#') {
            assert!(entries.is_empty(), "{place}: a comment among the entries");
            continue;
        }
        let fields: Vec<&str> = line.split('\t').collect();
        let [key, values] = fields[..] else { panic!("{place}: expected exactly one tab") };
        let values: Vec<String> = values.split(' ').map(str::to_owned).collect();
        assert!(!key.is_empty(), "{place}: an empty key");
        assert!(values.iter().all(|value| !value.is_empty()), "{place}: an empty value");
        entries.push(Entry { key: key.to_owned(), values });
    }
    entries
}

/// Shows every entry of every dictionary, with the name of the dictionary.
fn each_entry(mut check: impl FnMut(&str, &Entry)) {
    for dictionary in dictionaries() {
        for entry in &dictionary.entries {
            check(&dictionary.name, entry);
        }
    }
}

/// Every key with each of its values.
fn pairs(dictionary: &Dictionary) -> impl Iterator<Item = (String, String)> {
    dictionary
        .entries
        .iter()
        .flat_map(|entry| entry.values.iter().map(|value| (entry.key.clone(), value.clone())))
}

/// Shows every place of a config that names a dictionary: config, file, `may_output_tofu`.
fn for_each_dictionary_reference(mut check: impl FnMut(&str, &str, bool)) {
    fn walk(value: JsonValue<'_>, found: &mut impl FnMut(&str, bool)) {
        match value {
            JsonValue::Object(object) => {
                if let Some(file) = object.get_string("file") {
                    found(file, object.get_boolean("may_output_tofu").unwrap_or(false));
                }
                object.into_iter().for_each(|(_, value)| walk(value, found));
            }
            JsonValue::Array(array) => array.into_iter().for_each(|value| walk(value, found)),
            _ => {}
        }
    }
    for config in file_names("config") {
        let text = read(&format!("config/{config}"));
        let root = jsonc_parser::parse_to_value(&text, &jsonc_parser::ParseOptions::default())
            .unwrap_or_else(|e| panic!("data/config/{config}: {e}"))
            .unwrap_or_else(|| panic!("data/config/{config} is empty"));
        walk(root, &mut |file, may_output_tofu| check(&config, file, may_output_tofu));
    }
}

fn length(text: &str) -> usize {
    text.chars().count()
}

fn is_compatibility_ideograph(c: char) -> bool {
    COMPATIBILITY_IDEOGRAPHS.iter().any(|block| block.contains(&c))
}
