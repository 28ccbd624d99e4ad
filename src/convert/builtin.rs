//! What the binary carries: the compiled configs, and the texts they were compiled from.
//!
//! The images are made by `build.rs` with the library's own compiler and are read where they lie in the binary, so opening
//! a config costs microseconds and no memory. The texts are there for what is compiled at run time: a built-in config with
//! user dictionaries, and user configs that name a built-in dictionary.

use std::path::Path;

use super::config::{Forest, Leaf, Plan, Spec};
use super::inspect::Words;
use super::registry::ConfigInfo;
use crate::dictionary::lexicon::Lexicon;
use crate::error::Error;

/// Bytes at the alignment of the words they are read as.
#[repr(C)]
struct Aligned<T: ?Sized> {
    align: [u64; 0],
    bytes: T,
}

macro_rules! image {
    ($name:literal) => {{
        static IMAGE: &Aligned<[u8]> = &Aligned {
            align: [],
            bytes: *include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".image")),
        };
        &IMAGE.bytes
    }};
}

macro_rules! texts {
    ($($folder:literal / $stem:literal $ending:literal)*) => {
        [$(($stem, include_str!(concat!("../../data/", $folder, "/", $stem, $ending)))),*]
    };
}

/// Returns the compiled form of s2twp for the context layer: [`GUARDS`] stand in front.
pub(crate) fn guarded() -> &'static [u64] {
    let bytes: &'static [u8] = image!("s2twp-context");
    bytemuck::cast_slice(bytes)
}

/// The words in which phrases of Taiwan are not meant: 的士 in 的士兵. They are for s2twp with the context layer.
pub(crate) const GUARDS: &str = include_str!("../../data/context/guards.txt");

/// Returns the compiled form of a built-in config.
pub(crate) fn image(config: &ConfigInfo, include_tofu_risk: bool) -> &'static [u64] {
    let bytes: &'static [u8] = match (config.name, include_tofu_risk && config.has_tofu_risk) {
        ("s2t", _) => image!("s2t"),
        ("t2s", false) => image!("t2s"),
        ("t2s", true) => image!("t2s-tofu"),
        ("s2tw", _) => image!("s2tw"),
        ("tw2s", false) => image!("tw2s"),
        ("tw2s", true) => image!("tw2s-tofu"),
        ("s2twp", _) => image!("s2twp"),
        ("tw2sp", false) => image!("tw2sp"),
        ("tw2sp", true) => image!("tw2sp-tofu"),
        ("s2hk", _) => image!("s2hk"),
        ("hk2s", false) => image!("hk2s"),
        ("hk2s", true) => image!("hk2s-tofu"),
        ("s2hkp", _) => image!("s2hkp"),
        ("hk2sp", false) => image!("hk2sp"),
        ("hk2sp", true) => image!("hk2sp-tofu"),
        ("t2tw", _) => image!("t2tw"),
        ("tw2t", _) => image!("tw2t"),
        ("t2hk", _) => image!("t2hk"),
        ("hk2t", _) => image!("hk2t"),
        ("t2jp", _) => image!("t2jp"),
        ("jp2t", _) => image!("jp2t"),
        (name, _) => unreachable!("{name} is in the registry but has no image"),
    };
    bytemuck::cast_slice(bytes)
}

static CONFIGS: [(&str, &str); 16] = texts! {
    "config"/"s2t" ".json" "config"/"t2s" ".json" "config"/"s2tw" ".json" "config"/"tw2s" ".json"
    "config"/"s2twp" ".json" "config"/"tw2sp" ".json" "config"/"s2hk" ".json" "config"/"hk2s" ".json"
    "config"/"s2hkp" ".json" "config"/"hk2sp" ".json" "config"/"t2tw" ".json" "config"/"tw2t" ".json"
    "config"/"t2hk" ".json" "config"/"hk2t" ".json" "config"/"t2jp" ".json" "config"/"jp2t" ".json"
};

static DICTIONARIES: [(&str, &str); 22] = texts! {
    "dictionary"/"CJK_Compatibility_Ideographs" ".txt"
    "dictionary"/"HKPhrases" ".txt" "dictionary"/"HKPhrasesRev" ".txt"
    "dictionary"/"HKVariants" ".txt" "dictionary"/"HKVariantsPhrases" ".txt"
    "dictionary"/"HKVariantsRev" ".txt" "dictionary"/"HKVariantsRevPhrases" ".txt"
    "dictionary"/"JPShinjitaiCharacters" ".txt" "dictionary"/"JPShinjitaiCharactersRev" ".txt"
    "dictionary"/"JPShinjitaiPhrases" ".txt"
    "dictionary"/"STCharacters" ".txt" "dictionary"/"STPhrases" ".txt"
    "dictionary"/"STPhrases_GeneratedFromRegionalPhrases" ".txt"
    "dictionary"/"TSCharacters" ".txt" "dictionary"/"TSCharactersExt" ".txt"
    "dictionary"/"TSPhrases" ".txt"
    "dictionary"/"TWPhrases" ".txt" "dictionary"/"TWPhrasesRev" ".txt"
    "dictionary"/"TWVariants" ".txt" "dictionary"/"TWVariantsPhrases" ".txt"
    "dictionary"/"TWVariantsRev" ".txt" "dictionary"/"TWVariantsRevPhrases" ".txt"
};

fn text_of(texts: &[(&str, &'static str)], stem: &str) -> Option<&'static str> {
    texts.iter().find(|(name, _)| *name == stem).map(|(_, text)| *text)
}

/// Returns the built-in dictionary of this stem as it is, with the stem.
pub(crate) fn text(stem: &str) -> Option<(&'static str, &'static str)> {
    DICTIONARIES.into_iter().find(|(name, _)| *name == stem)
}

/// Reads a built-in config and its dictionaries with all their values.
pub(crate) fn forest(config: &ConfigInfo, include_tofu_risk: bool) -> Result<Forest<Words>, Error> {
    let path = Path::new(config.name);
    let spec = Spec::parse(text_of(&CONFIGS, config.name).unwrap_or_default(), path)?;
    spec.forest(include_tofu_risk, &mut |leaf| {
        let Leaf::File(file) = leaf else {
            return Err(Error::content(path, None, "a built-in config with words of its own"));
        };
        let stem = file.file.strip_suffix(".txt").unwrap_or(&file.file);
        match text(stem) {
            Some((stem, text)) => Ok(Words::parse(stem, text.into())),
            None => {
                let message = format!("no built-in dictionary {stem}");
                Err(Error::content(path, Some(file.line), message))
            }
        }
    })
}

/// Reads the built-in dictionary of this stem, if there is one.
pub(crate) fn lexicon(stem: &str) -> Option<Result<Lexicon<'static>, Error>> {
    text_of(&DICTIONARIES, stem).map(|text| Lexicon::parse(text, Path::new(stem)))
}

/// Reads a built-in config with its dictionaries, to compile it again.
pub(crate) fn plan(config: &ConfigInfo, include_tofu_risk: bool) -> Result<Plan<'static>, Error> {
    let path = Path::new(config.name);
    let text = text_of(&CONFIGS, config.name).unwrap_or_default();
    Spec::parse(text, path)?.plan(include_tofu_risk, &mut |file| {
        let stem = file.file.strip_suffix(".txt").unwrap_or(&file.file);
        lexicon(stem).unwrap_or_else(|| {
            Err(Error::content(path, Some(file.line), format!("no built-in dictionary {stem}")))
        })
    })
}
