//! Any text as a table, as subtitles, or as translations: what is not converted stays byte for byte, whole or streamed, and places are
//! told in their order.
#![no_main]

use std::num::NonZeroUsize;

use jianfan::Charset;
use jianfan::format::{Formats, Options};
use jianfan::pipeline::Pipeline;
use libfuzzer_sys::fuzz_target;

mod packed;

const NAMES: [&str; 9] = ["csv", "tsv", "srt", "vtt", "ass", "lrc", "po", "properties", "strings"];

fuzz_target!(|input: &[u8]| {
    let Some((&choice, bytes)) = input.split_first() else { return };
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if packed::is_packed(bytes) {
        return;
    }
    let mut options = Options::default();
    if choice & 0x80 != 0 {
        options.columns = vec!["1".to_owned()];
    }
    let name = NAMES[usize::from(choice & 0x7F) % NAMES.len()];
    let formats = Formats::named(name, options).expect("a format");
    if let Ok((runs, _)) = formats.runs(text, None) {
        for run in runs.ranges() {
            assert!(run.windows(2).all(|two| two[0].end <= two[1].start), "order");
            assert!(run.iter().all(|range| text.get(range.clone()).is_some()), "bounds");
        }
    }
    let pipeline = Pipeline::without_conversion().charset(Some(Charset::UTF_8)).formats(formats);
    let mut streamed = Vec::new();
    let told = pipeline.stream(bytes, &mut streamed, NonZeroUsize::MIN);
    match pipeline.run(bytes) {
        Ok(whole) => {
            assert_eq!(whole, bytes, "whole");
            assert_eq!(streamed, bytes, "streamed");
        }
        Err(_) => assert!(told.is_err(), "streamed"),
    }
});
