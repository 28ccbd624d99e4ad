//! A dictionary, or a config, from any text: an error that names the line, or a converter that does what the naive engine does.
#![no_main]

#[path = "../../support/json.rs"]
mod json;
#[allow(dead_code, reason = "the tests use the rest")]
#[path = "../../support/naive.rs"]
mod naive;

use std::sync::LazyLock;

use jianfan::Converter;
use libfuzzer_sys::fuzz_target;

/// The smallest config there is: a user's dictionary in front of it is compiled in microseconds.
const EMPTY: &str =
    r#"{"conversion_chain": [{"dict": {"type": "inline", "entries": {"髪": "髮"}}}]}"#;

struct Folder {
    folder: std::path::PathBuf,
    empty: std::path::PathBuf,
}

static FOLDER: LazyLock<Folder> = LazyLock::new(|| {
    let folder = std::env::temp_dir().join(format!("jianfan-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a scratch folder");
    let empty = folder.join("empty.json");
    std::fs::write(&empty, EMPTY).expect("a scratch file");
    Folder { folder, empty }
});

fuzz_target!(|input: &str| {
    let Some((head, text)) = input.split_once('\0') else { return };
    if head.starts_with('{') {
        let path = FOLDER.folder.join("config.json");
        std::fs::write(&path, head).expect("a scratch file");
        match Converter::from_config_file(&path) {
            Ok(converter) => drop(converter.convert(text)),
            Err(error) => assert_eq!(error.path().is_some(), true, "{error}"),
        }
        return;
    }
    let builder = Converter::builder_from_file(&FOLDER.empty).dictionary_text("fuzz", head);
    match builder.build() {
        Err(error) => assert!(error.line().is_some(), "{error}"),
        Ok(converter) => {
            let mut naive = naive::Config::from_file(&FOLDER.empty, false);
            let entries = naive::Entries::parse(head);
            let entries: Vec<(String, String)> =
                entries.sorted().into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
            naive.add_user_dictionary(&entries);
            for line in text.split(['\n', '\r']) {
                assert_eq!(converter.convert(line), naive.convert(line), "{head:?} {line:?}");
            }
        }
    }
});
