//! Any bytes as a table: no panic, without a conversion every byte comes back, and what was converted can be converted again.
//!
//! Random bytes are hardly ever a table; give it some to begin with: `tests/support/arrow.py` writes such files.
#![no_main]

use std::sync::LazyLock;

use jianfan::Converter;
use jianfan::format::{Formats, Options};
use jianfan::pipeline::Pipeline;
use libfuzzer_sys::fuzz_target;

static PIPELINES: LazyLock<Vec<[Pipeline; 2]>> = LazyLock::new(|| {
    let dress = |name: &str, pipeline: Pipeline| {
        pipeline.formats(Formats::named(name, Options::default()).expect("a format"))
    };
    let both = |name| {
        let converting = Pipeline::new(Converter::new("s2twp").expect("a config"));
        [dress(name, Pipeline::without_conversion()), dress(name, converting)]
    };
    ["parquet", "arrow"].map(both).into()
});

fuzz_target!(|input: &[u8]| {
    for [idle, converting] in &*PIPELINES {
        if let Ok(output) = idle.run(input) {
            assert_eq!(output, input, "nothing was to change");
        }
        if let Ok(output) = converting.run(input) {
            converting.run(&output).expect("what was written can be read");
        }
    }
});
