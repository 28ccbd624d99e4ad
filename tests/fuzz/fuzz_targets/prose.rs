//! Any text as Markdown, LaTeX and wikitext: nothing panics, without a conversion nothing changes, pieces are in order and within the
//! text, and what a conversion makes can be read again.
#![no_main]

use std::sync::LazyLock;

use jianfan::format::{Formats, Options};
use jianfan::pipeline::Pipeline;
use jianfan::{Charset, Converter};
use libfuzzer_sys::fuzz_target;

mod packed;

struct Opened {
    formats: Formats,
    same: Pipeline,
    converting: Pipeline,
}

static FORMATS: LazyLock<Vec<Opened>> = LazyLock::new(|| {
    let open = |name: &&str| {
        let mut options = Options::default();
        options.front_matter = true;
        let formats = Formats::named(name, options).expect("a format");
        let utf8 =
            |pipeline: Pipeline| pipeline.charset(Some(Charset::UTF_8)).formats(formats.clone());
        let converting = Pipeline::new(Converter::new("s2twp").expect("built in"))
            .normalize("cn,nfc,compat,width-symbols,spaces,ascii-quotes".parse().expect("passes"));
        Opened { same: utf8(Pipeline::without_conversion()), converting: utf8(converting), formats }
    };
    ["markdown", "latex", "wikitext"].iter().map(open).collect()
});

fuzz_target!(|input: &[u8]| {
    let Some((&choice, bytes)) = input.split_first() else { return };
    if packed::is_packed(bytes) {
        return;
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Opened { formats, same, converting } = &FORMATS[usize::from(choice) % FORMATS.len()];
    let (runs, _) = formats.runs(text, None).expect("all texts can be read");
    let mut all: Vec<_> = Vec::new();
    for run in runs.ranges() {
        assert!(run.windows(2).all(|two| two[0].end <= two[1].start), "in order: {run:?}");
        assert!(run.iter().all(|range| text.get(range.clone()).is_some()), "within: {run:?}");
        all.extend(run);
    }
    all.sort_by_key(|range| range.start);
    assert!(all.windows(2).all(|two| two[0].end <= two[1].start), "apart");
    assert!(same.run(bytes).expect("it is UTF-8") == bytes, "same");
    let result = converting.run(bytes).expect("it is UTF-8");
    assert!(std::str::from_utf8(&result).is_ok());
});
