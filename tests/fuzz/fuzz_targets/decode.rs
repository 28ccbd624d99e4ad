//! Any bytes in any charset, in any pieces: a stream gives what the whole gives, fails where it fails, and what is kept is kept.
#![no_main]

use std::io::Read;
use std::sync::LazyLock;

use jianfan::pipeline::{OnInvalid, Pipeline};
use jianfan::{Charset, Converter};
use libfuzzer_sys::fuzz_target;

mod packed;

struct Pieces<'a> {
    rest: &'a [u8],
    most: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let len = self.most.min(buffer.len()).min(self.rest.len());
        buffer[..len].copy_from_slice(&self.rest[..len]);
        self.rest = &self.rest[len..];
        Ok(len)
    }
}

static CONVERTER: LazyLock<Converter> =
    LazyLock::new(|| Converter::new("s2t").expect("a built-in config"));

fuzz_target!(|input: &[u8]| {
    let [charset, options, bytes @ ..] = input else { return };
    let listed = Charset::LISTED.get(usize::from(*charset) % 12);
    let charset = listed.map(|(charset, _)| *charset);
    let on_invalid = match options & 3 {
        0 => OnInvalid::Replace,
        1 => OnInvalid::Keep,
        _ => OnInvalid::Error,
    };
    let keeps = options & 4 != 0;
    let pipeline = Pipeline::new(CONVERTER.clone())
        .charset(charset)
        .on_invalid(on_invalid)
        .allow_binary(true)
        .output_charset((!keeps).then_some(Charset::UTF_8));
    let whole = pipeline.run(bytes);
    let is_packed = packed::is_packed(bytes);
    for most in [1, 3, 1 << 20] {
        let mut output = Vec::new();
        let threads = 1.try_into().expect("not zero");
        let streamed = pipeline.stream(Pieces { rest: bytes, most }, &mut output, threads);
        // A compressed document is unpacked by a stream alone, and what is guessed depends on how much is seen.
        let is_guessed = charset.is_none() && std::str::from_utf8(bytes).is_err();
        if is_packed || is_guessed {
            continue;
        }
        match (&whole, streamed) {
            (Ok(whole), Ok(summary)) => {
                assert_eq!(*whole, output);
                assert_eq!(summary.bytes_in, bytes.len() as u64);
                // ASCII that converts to itself is not changed.
                assert!(!bytes.is_ascii() || !summary.is_changed || charset.is_some());
            }
            // A character that cannot be written in an early part of a stream comes before a wrong
            // byte in a later one, and a wrong byte before what makes it binary.
            (Err(a), Err(b)) => {
                let is_other = |error: &jianfan::Error| {
                    error.line().is_some() || error.binary_kind().is_some()
                };
                assert!(a.offset() == b.offset() || is_other(a) || is_other(&b));
            }
            (whole, streamed) => panic!("{:?} {streamed:?}", whole.as_ref().err()),
        }
    }
    if keeps && on_invalid == OnInvalid::Keep && charset.is_some() {
        // Nothing in ASCII and wrong bytes is converted.
        if let Ok(whole) = whole
            && charset == Some(Charset::UTF_8)
            && std::str::from_utf8(bytes).is_err()
        {
            let wrong = |bytes: &[u8]| -> Vec<u8> {
                bytes.utf8_chunks().flat_map(|chunk| chunk.invalid().to_vec()).collect()
            };
            assert_eq!(wrong(&whole), wrong(bytes));
        }
    }
});
