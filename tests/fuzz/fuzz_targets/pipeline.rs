//! Any bytes through any config: what is not UTF-8 is told by its offset, what is comes out as the naive engine gives it.
#![no_main]

#[path = "../../support/json.rs"]
mod json;
#[allow(dead_code, reason = "the tests use the rest")]
#[path = "../../support/naive.rs"]
mod naive;

use std::sync::LazyLock;

use jianfan::{Charset, Converter, pipeline::Pipeline};
use libfuzzer_sys::fuzz_target;

struct Opened {
    converter: Converter,
    pipeline: Pipeline,
    naive: naive::Config,
}

static CONFIGS: LazyLock<Vec<Opened>> = LazyLock::new(|| {
    let open = |config: &jianfan::ConfigInfo| {
        let converter = Converter::new(config.name).expect("a built-in config");
        let pipeline =
            Pipeline::new(converter.clone()).charset(Some(Charset::UTF_8)).allow_binary(true);
        Opened { converter, pipeline, naive: naive::Config::builtin(config.name, false) }
    };
    jianfan::configs().iter().map(open).collect()
});

fuzz_target!(|input: &[u8]| {
    let Some((&choice, bytes)) = input.split_first() else { return };
    let config = &CONFIGS[usize::from(choice) % CONFIGS.len()];
    let result = config.pipeline.run(bytes);
    match std::str::from_utf8(bytes) {
        Err(error) => {
            let told = result.expect_err("it is not UTF-8").offset();
            assert_eq!(told, u64::try_from(error.valid_up_to()).ok());
        }
        Ok(text) => {
            let result = result.expect("it is UTF-8");
            let bare = text.strip_prefix('\u{FEFF}').unwrap_or(text);
            let mark = &text[..text.len() - bare.len()];
            let expected = config.naive.convert(bare);
            assert_eq!(result, [mark.as_bytes(), expected.as_bytes()].concat());
            assert_eq!(config.converter.convert(bare), expected);
        }
    }
});
