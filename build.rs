//! Compiles OpenCC's text dictionaries into the images that the binary carries, with the library's own compiler.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "these modules are the library's; the build uses a part of them"
)]

use std::error::Error as StdError;
use std::path::{Path, PathBuf};
use std::{env, fs};

#[path = "src/error.rs"]
mod error;
#[path = "src/dictionary/mod.rs"]
mod dictionary;
#[path = "src/convert"]
mod convert {
    pub(crate) mod compile;
    pub(crate) mod config;
    pub(crate) mod ids;
    pub(crate) mod program;
    pub(crate) mod registry;
}

use convert::compile::compile;
use convert::config::Spec;
use convert::registry::configs;
use dictionary::lexicon::Lexicon;
use error::Error;

fn main() -> Result<(), Box<dyn StdError>> {
    for changed in ["build.rs", "data/config", "data/dictionary", "src/convert", "src/dictionary"] {
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
            let image = image(&data, config.name, tofu)?;
            let name = if tofu { format!("{}-tofu", config.name) } else { config.name.to_owned() };
            let bytes: &[u8] = bytemuck::cast_slice(&image);
            #[expect(clippy::disallowed_methods, reason = "cargo owns this directory")]
            fs::write(out.join(name).with_extension("image"), bytes)?;
        }
    }
    Ok(())
}

fn image(data: &Path, config: &str, tofu: bool) -> Result<Vec<u64>, Box<dyn StdError>> {
    let path = data.join("config").join(config).with_extension("json");
    let read =
        |path: &Path| fs::read_to_string(path).map_err(|source| Error::io(path, "read", source));
    let plan = Spec::parse(&read(&path)?, &path)?.plan(tofu, &mut |file| {
        let path = data.join("dictionary").join(&file.file);
        Ok(Lexicon::parse(&read(&path)?, &path)?.into_owned())
    })?;
    compile(&plan, &[]).map_err(|_| "the built-in dictionaries are too large".into())
}
