//! A panic while one document is converted is a failure of that document, which is named; the
//! others are converted.

use std::fmt::Write as _;
use std::fs;
use std::num::NonZeroUsize;
use std::sync::Arc;

use jianfan::batch::{Batch, Detection, Input, Outcome, Output};
use jianfan::format::{Format, Formats, Malformed, Memory, Runs};
use jianfan::{Converter, pipeline::Pipeline};

use crate::support::command::Dir;

/// Everything is prose, and one text is too much for it.
#[derive(Debug)]
struct Fragile;

impl Format for Fragile {
    fn name(&self) -> &str {
        "fragile"
    }

    fn scan(&self, text: &str, _: &Memory, runs: &mut Runs) -> Result<(), Malformed> {
        assert!(!text.contains("坏"), "met\u{1b}[2J\n{}", text.lines().last().unwrap_or_default());
        runs.prose(0..text.len());
        runs.end();
        Ok(())
    }

    fn cut(&self, text: &[u8], _: &Memory) -> Option<usize> {
        text.iter().rposition(|&byte| byte == b'\n').map(|at| at + 1)
    }
}

#[test]
fn a_panic_is_a_failure_of_its_document() {
    for threads in [1, 4] {
        let dir = Dir::new();
        let large = "头发\n".repeat(700_000);
        for at in 0..30 {
            let mut text = String::from("头发\n");
            if at % 10 == 3 {
                writeln!(text, "坏").unwrap();
            }
            dir.file(format!("in/{at:02}"), text);
        }
        dir.file("in/large", &large).file("in/large-bad", format!("{large}坏\n{large}"));
        let pipeline = Pipeline::new(Converter::new("s2t").unwrap());
        let pipeline = pipeline.formats(Formats::custom(Arc::new(Fragile)));
        let output = Output::InPlace { backup_suffix: None };
        let batch = Batch::new(vec![Input::Path(dir.path("in"))], output)
            .threads(NonZeroUsize::new(threads).unwrap());
        let mut failed = Vec::new();
        let totals = batch
            .run(&pipeline, |report| {
                if let (Input::Path(path), Outcome::Failed(error)) = (report.input, report.outcome)
                {
                    let name = path.file_name().unwrap().to_string_lossy().into_owned();
                    failed.push((name, error.to_string()));
                }
            })
            .unwrap();
        let names: Vec<&str> = failed.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["03", "13", "23", "large-bad"]);
        for (name, error) in &failed[..3] {
            assert!(error.starts_with(r"internal error: met\u{1b}[2J\n坏"), "{name}: {error}");
        }
        assert_eq!((totals.changed, totals.failed), (28, 4));
        assert_eq!(dir.text("in/03"), "头发\n坏\n");
        assert_eq!(dir.text("in/04"), "頭髮\n");
        assert!(dir.text("in/large") == "頭髮\n".repeat(700_000));
        assert!(dir.text("in/large-bad") == format!("{large}坏\n{large}"));
        assert!(fs::read_dir(dir.path("in")).unwrap().count() == 32, "a temporary file is left");
        batch.detect(None, |_, found| assert!(matches!(found, Detection::Found(_)))).unwrap();
    }
}

/// Offsets of a format are not trusted.
#[test]
fn a_format_may_cut_anywhere_and_is_not_obeyed() {
    #[derive(Debug)]
    struct Hostile(usize);

    impl Format for Hostile {
        fn name(&self) -> &str {
            "hostile"
        }

        fn scan(&self, text: &str, _: &Memory, runs: &mut Runs) -> Result<(), Malformed> {
            runs.prose(self.0..usize::MAX);
            runs.remains(usize::MAX);
            // Before the places are checked, nobody is harmed by asking.
            assert!(runs.texts(text).iter().all(|text| text.len() < 1 << 30));
            Err(Malformed::new(self.0, "hostile"))
        }

        fn cut(&self, _: &[u8], _: &Memory) -> Option<usize> {
            Some(self.0)
        }
    }

    for at in [0, 1, 100, usize::MAX / 2, usize::MAX - 1, usize::MAX] {
        let pipeline = Pipeline::new(Converter::new("s2t").unwrap());
        let pipeline = pipeline.formats(Formats::custom(Arc::new(Hostile(at))));
        for text in ["头发", &"头发\n".repeat(200_000)] {
            assert!(pipeline.run(text.as_bytes()).is_err(), "{at}");
            let output = std::io::sink();
            assert!(pipeline.stream(text.as_bytes(), output, NonZeroUsize::MIN).is_err(), "{at}");
        }
    }
}
