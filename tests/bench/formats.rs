//! `cargo bench --bench formats`: how fast documents are converted of which only a part is prose.
//!
//! One table: for each format and config the megabytes (10⁶ bytes) of document a second, on one thread, in memory; how much of it is
//! prose; and in the same run the same bytes as plain text, which is what there would be to gain if finding the prose cost
//! nothing. Each time is the least of several runs. The prose is that of `data/sample` which no tool has harmed, again and again;
//! what is put around it is what the web, corpora and translators put around a paragraph.
//!
//! ```text
//! cargo bench --bench formats                   # all formats
//! cargo bench --bench formats -- html jsonl     # some of them
//! ```

#![allow(clippy::print_stdout, reason = "a bench prints its table")]

use std::fmt::Write;
use std::hint::black_box;
use std::time::{Duration, Instant};
use std::{env, fs, path};

use jianfan::Converter;
use jianfan::format::{Formats, Options};
use jianfan::pipeline::Pipeline;

/// Bytes of each document, about.
const DOCUMENT: usize = 6_000_000;
const PATIENCE: Duration = Duration::from_millis(600);

/// What is put around the paragraph of a number.
type Around = fn(usize, &str, &mut String);

/// A format, what comes before all paragraphs, around each, and behind all.
const DOCUMENTS: [(&str, &str, Around, &str); 9] = [
    ("jsonl", "", around_jsonl, ""),
    ("json", "[\n", around_json, "  {}\n]\n"),
    ("csv", "编号,标题,正文\n", around_csv, ""),
    ("html", HTML, around_html, "</body></html>\n"),
    ("xml", "<?xml version=\"1.0\"?>\n<doc>\n", around_xml, "</doc>\n"),
    ("markdown", "# 标题\n\n", around_markdown, ""),
    ("srt", "", around_srt, ""),
    ("po", "msgid \"\"\nmsgstr \"\"\n\"Language: zh\\n\"\n\n", around_po, ""),
    ("latex", "\\documentclass{article}\n\\begin{document}\n", around_latex, "\\end{document}\n"),
];

const HTML: &str = "<!DOCTYPE html>\n<html lang=\"zh\"><head><meta charset=\"utf-8\">\
    <script>var 发展 = \"发展\";</script><style>p::before { content: \"发\" }</style></head><body>\n";

fn around_jsonl(number: usize, text: &str, to: &mut String) {
    let text = text.replace('"', "\\\"");
    writeln!(to, "{{\"id\": {number}, \"url\": \"https://example.com/{number}\", \"text\": \"{text}\", \"score\": 0.5}}").ok();
}

fn around_json(number: usize, text: &str, to: &mut String) {
    let text = text.replace('"', "\\\"");
    writeln!(
        to,
        "  {{\n    \"id\": {number},\n    \"text\": \"{text}\",\n    \"tags\": [\"a\", null]\n  }},"
    )
    .ok();
}

fn around_csv(number: usize, text: &str, to: &mut String) {
    let text = text.replace('"', "\"\"");
    writeln!(to, "{number},第{number}段,\"{text}\"").ok();
}

fn around_html(number: usize, text: &str, to: &mut String) {
    let middle = middle(text);
    let (head, tail) = text.split_at(middle);
    writeln!(
        to,
        "<div class=\"article-body\" id=\"p{number}\">\n  <p>{head}<a href=\"/发展/{number}.html\" title=\"链接\"><b>{tail}</b></a></p>\n  \
         <img src=\"{number}.png\" alt=\"图\">\n</div>"
    )
    .ok();
}

fn around_xml(number: usize, text: &str, to: &mut String) {
    writeln!(to, "  <item id=\"{number}\"><title>第{number}段</title><body>{text}</body></item>")
        .ok();
}

fn around_markdown(number: usize, text: &str, to: &mut String) {
    let (head, tail) = text.split_at(middle(text));
    writeln!(to, "{head}**{tail}**[链接](https://example.com/{number})。\n\n- 列表 `代码`\n").ok();
}

fn around_srt(number: usize, text: &str, to: &mut String) {
    let (minute, second) = (number / 60 % 60, number % 60);
    writeln!(to, "{number}\n00:{minute:02}:{second:02},000 --> 00:{minute:02}:{second:02},900\n<i>{text}</i>\n").ok();
}

fn around_po(number: usize, text: &str, to: &mut String) {
    let text = text.replace('"', "\\\"");
    writeln!(to, "#: src/{number}.c:1\nmsgid \"message {number}\"\nmsgstr \"{text}\"\n").ok();
}

fn around_latex(number: usize, text: &str, to: &mut String) {
    let (head, tail) = text.split_at(middle(text));
    writeln!(to, "\\section{{第{number}段}}\\label{{sec:{number}}}\n{head}\\textbf{{{tail}}}，$x_{{{number}}}$。\n").ok();
}

fn middle(text: &str) -> usize {
    text.char_indices().map(|(at, _)| at).find(|&at| 2 * at >= text.len()).unwrap_or(0)
}

fn main() {
    let wanted: Vec<String> = env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let paragraphs = paragraphs();
    println!("format    config            prose    MB/s   as plain text");
    for (name, head, around, tail) in DOCUMENTS {
        let is_wanted = wanted.is_empty() || wanted.iter().any(|wanted| wanted == name);
        if !is_wanted || !jianfan::format::formats().iter().any(|format| format.name == name) {
            continue;
        }
        let mut document = String::from(head);
        for (number, text) in (1..).zip(paragraphs.iter().cycle()) {
            around(number, text, &mut document);
            if document.len() >= DOCUMENT {
                break;
            }
        }
        document.push_str(tail);
        for (config, has_context) in [("s2t", false), ("s2tw", true), ("s2twp", true)] {
            row(name, config, has_context, &document);
        }
        if name == "jsonl" {
            field(&document);
        }
    }
}

fn options() -> Options {
    Options::default()
}

/// The same with one field, as corpora are converted.
fn field(document: &str) {
    let mut options = options();
    options.fields.push("text".to_owned());
    let formats = Formats::named("jsonl", options).expect("a field");
    let pipeline = Pipeline::new(converter("s2t", false)).formats(formats);
    let speed = speed(&pipeline, document);
    println!("{:<9} {:<17} {:>5} {speed:>7.0}", "jsonl", "s2t --field text", "");
}

fn converter(config: &str, has_context: bool) -> Converter {
    Converter::builder(config).context(has_context).build().expect("a built-in config")
}

fn row(name: &str, config: &str, has_context: bool, document: &str) {
    let formats = Formats::named(name, options()).expect("a format");
    let (runs, _) = formats.runs(document, None).expect("of the format");
    let prose: usize = runs.texts(document).iter().map(String::len).sum();
    let pipeline = Pipeline::new(converter(config, has_context));
    let plain = speed(&pipeline, document);
    let speed = speed(&pipeline.formats(formats), document);
    let config = if has_context { format!("{config} context") } else { config.to_owned() };
    let share = 100 * prose / document.len();
    println!("{name:<9} {config:<17} {share:>4}% {speed:>7.0} {plain:>15.0}");
}

/// Returns megabytes a second.
fn speed(pipeline: &Pipeline, document: &str) -> f64 {
    let started = Instant::now();
    let mut least = f64::MAX;
    while started.elapsed() < PATIENCE {
        let begun = Instant::now();
        black_box(pipeline.run(black_box(document.as_bytes())).expect("of the format"));
        least = least.min(begun.elapsed().as_secs_f64());
    }
    document.len() as f64 / 1e6 / least
}

/// Returns the paragraphs of the samples.
fn paragraphs() -> Vec<String> {
    let folder = path::Path::new(env!("CARGO_MANIFEST_DIR")).join("data/sample");
    let read = |name: &str| fs::read_to_string(folder.join(name)).expect("a sample");
    let text = read("news-simplified.txt") + &read("essay-simplified.txt");
    let lines = text.lines().map(|line| line.trim().replace(['<', '&', '%', '_', '#', '*'], ""));
    lines.filter(|line| line.chars().count() > 20).collect()
}
