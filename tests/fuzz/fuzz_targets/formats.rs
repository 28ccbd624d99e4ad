//! Any text in any format: what is no prose stays, the prose is in its place and in order, a stream gives what the whole gives, and
//! without a conversion every byte comes back.
#![no_main]

use std::num::NonZeroUsize;
use std::sync::LazyLock;

use jianfan::format::{Formats, Options, formats};
use jianfan::pipeline::{OnInvalid, Pipeline};
use jianfan::{Charset, Converter};
use libfuzzer_sys::fuzz_target;

mod packed;

struct Opened {
    formats: Formats,
    idle: Pipeline,
    converting: Pipeline,
    mending: Pipeline,
}

static FORMATS: LazyLock<Vec<Opened>> = LazyLock::new(|| {
    let mut opened = Vec::new();
    for format in formats() {
        let mut options = Options::default();
        options.code = true;
        options.front_matter = true;
        options.columns.push("1".to_owned());
        for options in [Options::default(), options] {
            let formats = Formats::named(format.name, options).expect("a format");
            let dress = |pipeline: Pipeline| {
                pipeline
                    .charset(Some(Charset::UTF_8))
                    .on_invalid(OnInvalid::Keep)
                    .allow_binary(true)
                    .formats(formats.clone())
            };
            opened.push(Opened {
                idle: dress(Pipeline::without_conversion()),
                converting: dress(Pipeline::new(Converter::new("s2twp").expect("a config"))),
                mending: dress(Pipeline::new(Converter::new("t2s").expect("a config")))
                    .normalize("cn,spacing,spaces".parse().expect("passes"))
                    .keep_changes(true),
                formats,
            });
        }
    }
    opened
});

fuzz_target!(|input: &[u8]| {
    let Some((&choice, bytes)) = input.split_first() else { return };
    if packed::is_packed(bytes) {
        return;
    }
    let Opened { formats, idle, converting, mending } =
        &FORMATS[usize::from(choice) % FORMATS.len()];
    if let Ok(text) = std::str::from_utf8(bytes) {
        if let Ok((runs, _)) = formats.runs(text, None) {
            for run in runs.ranges() {
                let mut at = 0;
                for piece in run {
                    assert!(
                        at <= piece.start && piece.start < piece.end && piece.end <= text.len()
                    );
                    assert!(text.is_char_boundary(piece.start) && text.is_char_boundary(piece.end));
                    at = piece.end;
                }
            }
            let mut all: Vec<_> = runs.ranges().into_iter().flatten().collect();
            all.sort_by_key(|piece| piece.start);
            assert!(all.windows(2).all(|two| two[0].end <= two[1].start), "pieces overlap");
        }
    }
    if let Ok(output) = idle.run(bytes) {
        assert_eq!(output, bytes, "nothing was to change");
    }
    let mut streamed = Vec::new();
    let stream = converting.stream(bytes, &mut streamed, NonZeroUsize::MIN);
    if let Ok(output) = converting.run(bytes) {
        stream.expect("what can be done at once can be done little by little");
        assert_eq!(output, streamed, "stream");
    }
    if let Ok((_, summary)) = mending.whole(bytes) {
        // Every change has a place in the document.
        for change in &summary.changes {
            assert!(change.offset + change.len <= bytes.len() as u64, "{change:?}");
        }
    }
});
