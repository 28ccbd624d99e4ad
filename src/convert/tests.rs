//! Tests of the converter's edges; its results are compared with OpenCC's under `tests/`.

use super::{Converter, configs};

#[test]
fn the_sixteen_configs_open() {
    assert_eq!(configs().len(), 16);
    for config in configs() {
        for tofu in [false, true] {
            let converter =
                Converter::builder(config.name).include_tofu_risk(tofu).build().unwrap();
            assert_eq!(converter.convert("abc\0\r\n"), "abc\0\r\n", "{}", config.name);
        }
    }
}

#[test]
fn the_same_compiler_at_run_time_gives_the_same() {
    let text = "鼠标里面的硅二极管，头发里的出租车。以后后面干净的台湾计算机软件⿰氵每里";
    for config in configs() {
        let embedded = Converter::new(config.name).unwrap();
        let compiled = Converter::builder(config.name).dictionary_text("none", "").build().unwrap();
        assert_eq!(embedded.convert(text), compiled.convert(text), "{}", config.name);
    }
}

#[test]
fn a_converter_can_be_shared() {
    fn shared<T: Send + Sync + Clone>(_: &T) {}
    shared(&Converter::new("s2t").unwrap());
}
