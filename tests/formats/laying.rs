//! Results laid back into the pieces that their text came from, against the naive way: letter by letter.

use std::ops::Range;
use std::sync::Arc;

use jianfan::format::{Format, Formats, Malformed, Memory, Runs};
use jianfan::pipeline::Pipeline;
use jianfan::{Converter, Replaced};

use super::{Random, SENTENCES};

/// A part of a run as it was told.
#[derive(Clone, Debug)]
enum Told {
    Prose(Range<usize>),
    /// The text that a number in brackets stands for: `{1234}`.
    Escaped(Range<usize>, String),
    Object(Range<usize>),
}

/// Whatever a test says.
#[derive(Clone, Debug)]
struct Script {
    runs: Vec<Vec<Told>>,
    /// Runs within the last one, ended before it.
    asides: Vec<Vec<Told>>,
    replacements: Vec<(Range<usize>, String)>,
    refuses: bool,
}

impl Script {
    fn tell(told: &[Told], runs: &mut Runs) {
        for told in told {
            match told {
                Told::Prose(range) => runs.prose(range.clone()),
                Told::Escaped(range, text) => runs.escaped(range.clone(), text, 1),
                Told::Object(range) => runs.object(range.clone()),
            }
        }
    }
}

impl Format for Script {
    fn name(&self) -> &str {
        "script"
    }

    fn scan(&self, _: &str, _: &Memory, runs: &mut Runs) -> Result<(), Malformed> {
        for (index, run) in self.runs.iter().enumerate() {
            let (head, tail) = run.split_at(run.len() / 2);
            Script::tell(head, runs);
            if index + 1 == self.runs.len() {
                for aside in &self.asides {
                    runs.aside(|runs| Script::tell(aside, runs));
                }
            }
            Script::tell(tail, runs);
            runs.end();
        }
        for (range, with) in &self.replacements {
            runs.replace(range.clone(), with.clone());
        }
        Ok(())
    }

    fn escape(&self, style: u8, text: &str, output: &mut String) -> bool {
        if self.refuses && text.contains('體') {
            return false;
        }
        if style == 1 {
            text.chars().for_each(|c| *output += &escaped(c));
        } else {
            output.push_str(text);
        }
        true
    }
}

fn escaped(c: char) -> String {
    format!("{{{:x}}}", u32::from(c))
}

/// Writes the text of runs at random into a document, with marks between, and tells where.
fn document(random: &mut Random, texts: &[&str]) -> (String, Vec<Vec<Told>>) {
    let (mut document, mut runs) = (String::from("# 发\n"), Vec::new());
    for text in texts {
        let mut run: Vec<Told> = Vec::new();
        for c in text.chars() {
            match random.below(12) {
                0 => document.push_str("<发>"),
                1 => {
                    let start = document.len();
                    document.push_str("[发]");
                    run.push(Told::Object(start..document.len()));
                }
                _ => {}
            }
            let start = document.len();
            if random.below(5) == 0 {
                document.push_str(&escaped(c));
                run.push(Told::Escaped(start..document.len(), c.to_string()));
            } else {
                document.push(c);
                run.push(Told::Prose(start..document.len()));
            }
        }
        document.push_str("|发|\n");
        runs.push(run);
    }
    (document, runs)
}

/// Returns what a run becomes, piece by piece: each character of the result goes to the piece in which what it stands for began.
fn naive(
    converter: &Converter,
    document: &str,
    run: &[Told],
    refuses: bool,
) -> Vec<(Range<usize>, String)> {
    let (mut text, mut places) = (String::new(), Vec::new());
    for told in run {
        places.push(text.len());
        match told {
            Told::Prose(range) => text.push_str(&document[range.clone()]),
            Told::Escaped(_, decoded) => text.push_str(decoded),
            Told::Object(_) => text.push('\u{FFFC}'),
        }
    }
    let (result, alignment) = converter.convert_aligned(&text);
    // Which place of the text each character of the outcome belongs to.
    let mut owned: Vec<(usize, char)> = Vec::new();
    let end = Replaced { source: text.len()..text.len(), result: result.len()..result.len() };
    let (mut at, mut place) = (0, 0);
    for part in alignment.replaced().iter().chain([&end]) {
        let in_step = result[place..part.result.start].char_indices();
        owned.extend(in_step.map(|(offset, c)| (at + offset, c)));
        let new = &result[part.result.clone()];
        if refuses && new.contains('體') {
            let old = text[part.source.clone()].char_indices();
            owned.extend(old.map(|(offset, c)| (part.source.start + offset, c)));
        } else {
            let put_in = usize::from(part.source.is_empty() && part.source.start > 0);
            owned.extend(new.chars().map(|c| (part.source.start - put_in, c)));
        }
        (at, place) = (part.source.end, part.result.end);
    }
    let mut laid: Vec<String> = vec![String::new(); run.len()];
    for (source, c) in owned {
        laid[places.partition_point(|&place| place <= source) - 1].push(c);
    }
    let laid = run.iter().zip(laid).map(|(told, laid)| match told {
        Told::Prose(range) => (range.clone(), laid),
        Told::Escaped(range, decoded) if *decoded == laid || refuses && laid.contains('體') => {
            (range.clone(), document[range.clone()].to_owned())
        }
        Told::Escaped(range, _) => (range.clone(), laid.chars().map(escaped).collect()),
        Told::Object(range) => (range.clone(), document[range.clone()].to_owned()),
    });
    laid.collect()
}

fn put(document: &str, mut laid: Vec<(Range<usize>, String)>) -> String {
    laid.sort_by_key(|(range, _)| range.start);
    let (mut at, mut result) = (0, String::new());
    for (range, text) in laid {
        result += &document[at..range.start];
        result += &text;
        at = range.end;
    }
    result + &document[at..]
}

fn run(converter: &Converter, script: &Script, document: &str) -> String {
    let formats = Formats::custom(Arc::new(script.clone()));
    let output = Pipeline::new(converter.clone()).formats(formats).run(document.as_bytes());
    String::from_utf8(output.unwrap()).unwrap()
}

#[test]
fn results_go_where_their_words_began() {
    let user =
        Converter::builder("s2twp").dictionary_text("u", "头发\t頭\n鸡\t一隻雞\n的\t\u{20000}\n");
    let converters = [
        Converter::new("s2twp").unwrap(),
        Converter::new("tw2sp").unwrap(),
        Converter::builder("s2twp").context(true).build().unwrap(),
        user.build().unwrap(),
    ];
    let mut random = Random::new(3);
    for round in 0..600 {
        let converter = &converters[round % converters.len()];
        let texts: Vec<&str> = (0..1 + random.below(3)).map(|_| random.pick(&SENTENCES)).collect();
        let (document, runs) = document(&mut random, &texts);
        let expected: Vec<_> =
            runs.iter().flat_map(|told| naive(converter, &document, told, false)).collect();
        let script = Script { runs, asides: Vec::new(), replacements: Vec::new(), refuses: false };
        assert_eq!(run(converter, &script, &document), put(&document, expected), "{document}");
    }
}

#[test]
fn runs_within_runs_and_replacements_keep_their_places() {
    let mut random = Random::new(4);
    let converter = Converter::new("s2twp").unwrap();
    for _ in 0..300 {
        let middle = random.pick(&SENTENCES);
        let (document, mut runs) = document(&mut random, &[SENTENCES[1], middle, SENTENCES[2]]);
        // The middle one stands within one that goes on behind it.
        let aside = runs.remove(1);
        let last = runs.remove(1);
        let first = runs.remove(0);
        // It is told when half of the pieces were.
        let len = first.len().min(last.len());
        let whole: Vec<Told> =
            first[first.len() - len..].iter().chain(&last[..len]).cloned().collect();
        let both = [whole.clone(), aside.clone()];
        let mut expected: Vec<_> =
            both.iter().flat_map(|told| naive(&converter, &document, told, false)).collect();
        expected.push((0..1, "##".to_owned()));
        let script = Script {
            runs: vec![whole],
            asides: vec![aside],
            replacements: vec![(0..1, "##".to_owned())],
            refuses: false,
        };
        assert_eq!(run(&converter, &script, &document), put(&document, expected), "{document}");
    }
}

#[test]
fn what_cannot_be_written_stays() {
    let converter = Converter::new("s2twp").unwrap();
    let mut random = Random::new(5);
    for _ in 0..300 {
        let texts = ["内存和鼠标，快闪存储", "闪存很快，打印机", "软件与程序"];
        let (document, runs) = document(&mut random, &texts);
        let expected: Vec<_> =
            runs.iter().flat_map(|told| naive(&converter, &document, told, true)).collect();
        let script = Script { runs, asides: Vec::new(), replacements: Vec::new(), refuses: true };
        let result = run(&converter, &script, &document);
        assert_eq!(result, put(&document, expected), "{document}");
    }
}

#[test]
fn a_link_keeps_some_text_where_a_word_begins_before_it() {
    for (format, document, right) in [
        ("html", "内存<a href=x>条</a>。", "記憶體模<a href=x>組</a>。"),
        ("html", "内<a href=x><b>存</b>条</a>", "記憶體模<a href=x><b></b>組</a>"),
        ("html", "内<a href=x><b>存</b><i>条</i></a>", "記憶體模<a href=x><b></b><i>組</i></a>"),
        ("html", "内存<b>条</b>", "記憶體模組<b></b>"),
        // Words side by side are two.
        ("html", "<b>默认</b>闪存<i>内存</i>软件", "<b>預設</b>快閃記憶體<i>記憶體</i>軟體"),
        (
            "html",
            "<i>程序</i>闪存<i>函数</i>U盘<i>信息</i>",
            "<i>程式</i>快閃記憶體<i>函式</i>隨身碟<i>資訊</i>",
        ),
        ("html", "<a href=x>内</a>存条", "<a href=x>記憶體模組</a>"),
        ("html", "内<a href=x>存</a><a href=y>条</a>", "記憶體<a href=x>模</a><a href=y>組</a>"),
        ("xml", "<p>内存<link href='x'>条</link>x</p>", "<p>記憶體模<link href='x'>組</link>x</p>"),
        ("markdown", "内存[条](b.md)", "記憶體模[組](b.md)"),
        ("latex", "内存\\href{x}{条}", "記憶體模\\href{x}{組}"),
        ("wikitext", "内存[[x|条]] 内存[http://x 条]", "記憶體模[[x|組]] 記憶體模[http://x 組]"),
    ] {
        assert_eq!(super::converted("s2twp", &super::format(format), document), right, "{format}");
    }
}

#[test]
fn a_format_that_tells_wrong_places_gives_an_error() {
    #[derive(Debug)]
    struct Wrong(fn(&mut Runs));

    impl Format for Wrong {
        fn name(&self) -> &str {
            "wrong"
        }

        fn scan(&self, _: &str, _: &Memory, runs: &mut Runs) -> Result<(), Malformed> {
            (self.0)(runs);
            runs.end();
            Ok(())
        }
    }

    let tells: [fn(&mut Runs); 8] = [
        |runs| runs.prose(0..100),
        |runs| runs.prose(1..3),
        |runs| {
            runs.prose(0..6);
            runs.object(3..6);
        },
        |runs| {
            runs.prose(0..3);
            runs.end();
            runs.prose(0..3);
        },
        |runs| runs.replace(50..60, "x"),
        |runs| runs.comment(4..5),
        |runs| runs.fault(2, "x"),
        |runs| runs.when_changed(0..7, "", ""),
    ];
    for tell in tells {
        let pipeline = Pipeline::new(Converter::new("s2t").unwrap());
        let pipeline = pipeline.formats(Formats::custom(Arc::new(Wrong(tell))));
        let error = pipeline.run("头发".as_bytes()).unwrap_err().to_string();
        assert!(error.contains("the format told a place"), "{error}");
    }
    // Faults in any order are told in that of their places.
    let tell: fn(&mut Runs) = |runs| {
        runs.fault(3, "second");
        runs.fault(0, "first");
        runs.prose(0..6);
    };
    let pipeline = Pipeline::new(Converter::new("s2t").unwrap());
    let pipeline = pipeline.formats(Formats::custom(Arc::new(Wrong(tell))));
    assert_eq!(pipeline.run("头发".as_bytes()).unwrap(), "頭髮".as_bytes());
}
