//! libopencc as the oracle: the shipped configs, with and without the tofu-risk dictionaries.
//!
//! In: a config's name, or the folder of a config. Out: libopencc's answer, one line a call. The C API always uses the
//! dictionaries marked `may_output_tofu`; the answers without them come from a copy of the config that does not name them.

use std::path::{Path, PathBuf};
use std::{env, fs};

use jianfan::LibOpencc;
use serde_json::Value;

use super::json;

/// Opens a shipped config.
pub(crate) fn builtin(name: &str, include_tofu_risk: bool) -> LibOpencc {
    let shipped = data().join(name).with_extension("json");
    if include_tofu_risk {
        return open(&shipped);
    }
    let text =
        fs::read_to_string(&shipped).unwrap_or_else(|e| panic!("{}: {e}", shipped.display()));
    let mut root = json::parse(&text).expect("a shipped config is JSON");
    for list in ["normalization", "conversion_chain"] {
        if let Some(steps) = root.get_mut(list).and_then(Value::as_array_mut) {
            steps.retain_mut(|step| drop_tofu_risk(&mut step["dict"]));
        }
    }
    let folder = tempfile::tempdir().expect("a scratch folder");
    let copy = folder.path().join(name).with_extension("json");
    absolute(&mut root);
    fs::write(&copy, root.to_string()).expect("the scratch folder can be written");
    open(&copy)
}

/// Opens any config file.
pub(crate) fn open(config: &Path) -> LibOpencc {
    LibOpencc::open(config).unwrap_or_else(|error| panic!("{error}"))
}

/// Takes the marked dictionaries out; returns whether anything is left.
fn drop_tofu_risk(dict: &mut Value) -> bool {
    if dict["may_output_tofu"] == true {
        return false;
    }
    match dict.get_mut("dicts").and_then(Value::as_array_mut) {
        Some(dicts) => {
            dicts.retain_mut(drop_tofu_risk);
            !dicts.is_empty()
        }
        None => true,
    }
}

/// Makes the dictionaries' names independent of where the config lies.
fn absolute(json: &mut Value) {
    match json {
        Value::Object(members) => {
            if let Some(Value::String(file)) = members.get_mut("file") {
                *file = data().join(&*file).display().to_string();
            }
            members.values_mut().for_each(absolute);
        }
        Value::Array(elements) => elements.iter_mut().for_each(absolute),
        _ => {}
    }
}

/// Returns the folder of libopencc's own configs and dictionaries.
fn data() -> PathBuf {
    match env::var_os("OPENCC_DATA_DIR") {
        Some(folder) => folder.into(),
        None => {
            panic!("OPENCC_DATA_DIR is not set; run `source <(tests/support/libopencc.sh)` first")
        }
    }
}
