//! Compiles OpenCC's text dictionaries into the images that the binary carries, with the library's own compiler.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "these modules are the library's; the build uses a part of them"
)]

use std::collections::HashSet;
use std::error::Error as StdError;
use std::path::{Path, PathBuf};
use std::{env, fs};

#[path = "src/error.rs"]
mod error;
#[path = "src/escape.rs"]
mod escape;
#[path = "src/alignment.rs"]
mod alignment;
#[path = "src/dictionary/mod.rs"]
#[allow(unsafe_code, reason = "as in the library")]
mod dictionary;
#[path = "src/han_bits.rs"]
mod bit;
#[path = "src/convert"]
mod convert {
    pub(crate) mod compile;
    pub(crate) mod config;
    pub(crate) mod ids;
    pub(crate) mod program;
    pub(crate) mod registry;
}

use convert::compile::{Open, compile};
use convert::config::Spec;
use convert::registry::configs;
use dictionary::double_array::Effort;
use dictionary::lexicon::Lexicon;
use error::Error;

fn main() -> Result<(), Box<dyn StdError>> {
    for changed in [
        "build.rs",
        "data/config",
        "data/context/characters.txt",
        "data/context/guards.txt",
        "data/dictionary",
        "data/table",
        "src/han_bits.rs",
        "src/convert",
        "src/dictionary",
    ] {
        println!("cargo::rerun-if-changed={changed}");
    }
    // The images are words of this machine, read as they are on the target.
    if env::var("CARGO_CFG_TARGET_ENDIAN")?
        != if cfg!(target_endian = "big") { "big" } else { "little" }
    {
        return Err("cannot compile the dictionaries for a target of another byte order".into());
    }
    let data = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("data");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    for config in configs() {
        for tofu in [false, true] {
            if tofu && !config.has_tofu_risk {
                continue;
            }
            let name = if tofu { format!("{}-tofu", config.name) } else { config.name.to_owned() };
            write(&out, &name, &image(&data, config.name, tofu, false)?)?;
        }
    }
    write(&out, "s2twp-context", &image(&data, "s2twp", false, true)?)?;
    #[expect(clippy::disallowed_methods, reason = "cargo owns this directory")]
    fs::write(out.join("han.table"), han_table(&data)?)?;
    #[expect(clippy::disallowed_methods, reason = "cargo owns this directory")]
    fs::write(out.join("radicals.table"), radicals(&data)?)?;
    Ok(())
}

fn write(out: &Path, name: &str, image: &[u64]) -> std::io::Result<()> {
    let bytes: &[u8] = bytemuck::cast_slice(image);
    #[expect(clippy::disallowed_methods, reason = "cargo owns this directory")]
    fs::write(out.join(name).with_extension("image"), bytes)
}

/// Returns four bytes for each of U+2E80–U+2FDF; src/normalize/tables.rs says what they mean.
fn radicals(data: &Path) -> Result<Vec<u8>, Box<dyn StdError>> {
    let mut table = vec![0; 4 * 0x160];
    let number = |text: &str| u32::from_str_radix(text.trim(), 16);
    let source = fs::read_to_string(data.join("table/EquivalentUnifiedIdeograph.txt"))?;
    for line in source.lines().filter(|line| !line.starts_with('#')) {
        let line = line.split('#').next().unwrap_or_default();
        let Some((from, to)) = line.split_once(';') else { continue };
        let (first, last) = from.split_once("..").unwrap_or((from, from));
        for radical in number(first)?..=number(last)? {
            if let Some(at) = radical.checked_sub(0x2E80).filter(|&at| at < 0x160) {
                let at = 4 * at as usize;
                table[at..at + 4].copy_from_slice(&number(to)?.to_le_bytes());
            }
        }
    }
    Ok(table)
}

/// Returns a byte for each character of the basic plane; src/han.rs says what its bits mean.
fn han_table(data: &Path) -> Result<Vec<u8>, Box<dyn StdError>> {
    let mut table = vec![0u8; 0x1_0000];
    let mut set = |c: char, bits: u8| {
        if let Some(entry) = table.get_mut(c as usize) {
            *entry |= bits;
        }
    };
    for line in fs::read_to_string(data.join("table/han-levels.txt"))?.lines() {
        if let Some((level, characters)) = line.split_once('\t').filter(|_| !line.starts_with('#'))
        {
            let level: u8 = level.parse()?;
            characters.chars().for_each(|c| set(c, level & bit::LEVEL));
        }
    }
    // A character that never stays itself belongs to the other script.
    for (dictionary, bits) in
        [("STCharacters", bit::SIMPLIFIED), ("TSCharacters", bit::TRADITIONAL)]
    {
        for (key, values) in characters(data, dictionary)? {
            if !values.contains(key) {
                set(key, bits);
            }
        }
    }
    let keys = |dictionary| -> Result<HashSet<char>, Box<dyn StdError>> {
        Ok(characters(data, dictionary)?.into_iter().map(|(key, _)| key).collect())
    };
    let (taiwan, hong_kong) = (keys("TWVariants")?, keys("HKVariants")?);
    let mut sorted: Vec<_> = taiwan.symmetric_difference(&hong_kong).collect();
    sorted.sort();
    for &c in sorted {
        set(c, if taiwan.contains(&c) { bit::HONG_KONG } else { bit::TAIWAN });
    }
    Ok(table)
}

/// Returns the entries of a dictionary of characters: key and values.
fn characters(data: &Path, stem: &str) -> Result<Vec<(char, String)>, Box<dyn StdError>> {
    let text = fs::read_to_string(data.join("dictionary").join(stem).with_extension("txt"))?;
    let entry = |line: &str| {
        let (key, values) = line.split_once('\t')?;
        let mut key = key.chars();
        key.next().filter(|_| key.next().is_none()).map(|key| (key, values.to_owned()))
    };
    Ok(text.lines().filter(|line| !line.starts_with('#')).filter_map(entry).collect())
}

/// Compiles a config; `is_guarded` puts in front the words in which regional phrases are not meant.
fn image(
    data: &Path,
    config: &str,
    tofu: bool,
    is_guarded: bool,
) -> Result<Vec<u64>, Box<dyn StdError>> {
    let path = data.join("config").join(config).with_extension("json");
    let read =
        |path: &Path| fs::read_to_string(path).map_err(|source| Error::io(path, "read", source));
    let plan = Spec::parse(&read(&path)?, &path)?.plan(tofu, &mut |file| {
        let path = data.join("dictionary").join(&file.file);
        Ok(Lexicon::parse(&read(&path)?, &path)?.into_owned())
    })?;
    let open = fs::read_to_string(data.join("context/characters.txt"))?;
    let is_simplified = configs().iter().any(|info| info.name == config && info.has_context());
    let open: Open = if is_simplified {
        let entry = |line: &str| {
            let (own, plain) =
                line.split_once('\t').ok_or("characters.txt: a line without a tab")?;
            Ok((own.chars().next().ok_or("characters.txt: no character")?, plain.chars().collect()))
        };
        open.lines().map(entry).collect::<Result<_, Box<dyn StdError>>>()?
    } else {
        Open::default()
    };
    let path = data.join("context/guards.txt");
    let guards = if is_guarded { read(&path)? } else { String::new() };
    let guards = Lexicon::parse(&guards, &path)?;
    let front = if is_guarded { vec![guards] } else { Vec::new() };
    compile(&plan, &front, &open, Effort::Thorough)
        .map_err(|_| "the built-in dictionaries are too large".into())
}
