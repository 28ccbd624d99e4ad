//! Any text as HTML, XHTML and XML: nothing that is not converted changes, runs stand in their places, and every run can be converted.
#![no_main]

use std::sync::LazyLock;

use jianfan::format::{Formats, Options};
use jianfan::pipeline::Pipeline;
use jianfan::{Charset, Converter};
use libfuzzer_sys::fuzz_target;

mod packed;

const NAMES: [&str; 3] = ["html", "xhtml", "xml"];

struct Opened {
    formats: Formats,
    idle: Pipeline,
    converting: Pipeline,
}

static OPENED: LazyLock<Vec<Opened>> = LazyLock::new(|| {
    let open = |name: &&str| {
        let mut options = Options::default();
        options.code = true;
        let formats = Formats::named(name, options).expect("it is a format");
        let utf_8 = Some(Charset::UTF_8);
        let idle = Pipeline::without_conversion().charset(utf_8).formats(formats.clone());
        let converter = Converter::new("s2twp").expect("it is a config");
        let converting = Pipeline::new(converter).charset(utf_8).formats(formats.clone());
        Opened { formats, idle, converting }
    };
    NAMES.iter().map(open).collect()
});

fuzz_target!(|input: &[u8]| {
    let Some((&choice, bytes)) = input.split_first() else { return };
    if packed::is_packed(bytes) {
        return;
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Opened { formats, idle, converting } = &OPENED[usize::from(choice) % NAMES.len()];
    let Ok((runs, _)) = formats.runs(text, None) else { return };
    for run in runs.ranges() {
        let mut at = 0;
        for range in run {
            assert!(at <= range.start && range.start < range.end && range.end <= text.len());
            assert!(text.is_char_boundary(range.start) && text.is_char_boundary(range.end));
            at = range.end;
        }
    }
    assert_eq!(idle.run(bytes).expect("it was scanned"), bytes, "nothing was to change");
    converting.run(bytes).expect("it was scanned");
});
