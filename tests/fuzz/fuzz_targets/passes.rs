//! Any text through any list of passes: what is done once needs no second time, no ideograph is lost, and a stream gives what
//! the whole gives.
#![no_main]

use std::num::NonZeroUsize;
use std::sync::LazyLock;

use jianfan::Charset;
use jianfan::pipeline::{OnInvalid, Pipeline};
use libfuzzer_sys::fuzz_target;

mod packed;

const LISTS: [&str; 7] = [
    "cn",
    "tw",
    "clean,ascii-quotes=cn",
    "characters=tw,quotes=tw",
    "corpus,nfc,compat",
    "cn,nfc,compat,width-symbols,spaces,ascii-quotes,interpunct,repeat,spacing",
    "quotes=tw,spacing=remove,spaces",
];

struct Opened {
    pipeline: Pipeline,
    keeping: Pipeline,
    recording: Pipeline,
}

static PIPELINES: LazyLock<Vec<Opened>> = LazyLock::new(|| {
    let open = |list: &str| {
        Pipeline::without_conversion()
            .charset(Some(Charset::UTF_8))
            .allow_binary(true)
            .normalize(list.parse().expect("passes"))
    };
    let each = |list: &&str| Opened {
        pipeline: open(list),
        keeping: open(list).on_invalid(OnInvalid::Keep),
        recording: open(list).keep_changes(true),
    };
    LISTS.iter().map(each).collect()
});

fn ideographs(text: &str) -> usize {
    let is = |c: &char| matches!(c, '\u{2E80}'..='\u{2FDF}' | '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}');
    text.chars().filter(is).count()
}

fuzz_target!(|input: &[u8]| {
    let Some((&choice, bytes)) = input.split_first() else { return };
    if packed::is_packed(bytes) {
        return;
    }
    let Opened { pipeline, keeping, recording } = &PIPELINES[usize::from(choice) % PIPELINES.len()];
    let Ok(text) = std::str::from_utf8(bytes) else {
        let whole = keeping.run(bytes).expect("kept");
        let mut streamed = Vec::new();
        keeping.stream(bytes, &mut streamed, NonZeroUsize::MIN).expect("kept");
        assert_eq!(whole, streamed);
        return;
    };
    let once = String::from_utf8(pipeline.run(bytes).expect("it is UTF-8")).expect("it is UTF-8");
    assert_eq!(pipeline.run(once.as_bytes()).expect("it is UTF-8"), once.as_bytes(), "twice");
    assert_eq!(ideographs(&once), ideographs(text));
    let mut streamed = Vec::new();
    pipeline.stream(bytes, &mut streamed, NonZeroUsize::MIN).expect("it is UTF-8");
    assert_eq!(streamed, once.as_bytes(), "stream");
    let told = recording.whole(bytes).expect("it is UTF-8").1;
    let is_changed = told.changes.iter().any(|change| change.after.is_some());
    assert_eq!(is_changed, once != text, "told");
});
