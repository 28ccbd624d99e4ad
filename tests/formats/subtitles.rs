//! SubRip, WebVTT and SubStation Alpha: what is said is converted; times, styles and names stay.

use std::path::{Path, PathBuf};

use jianfan::Converter;

use super::{
    Random, SENTENCES, converted, format, keeps_the_laws, sprinkled, streams_as_whole, suite,
};
use crate::support::command::Dir;

const TIME: &str = "00:00:01,000 --> 00:00:02,000";
const EVENTS: &str = "[Script Info]\n; 发\nTitle: 发\n\n[V4+ Styles]\nFormat: Name, Fontname\nStyle: 发,宋体发\n\n[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n";
const FIELDS: &str = "Dialogue: 0,0:00:01.00,0:00:02.00,发,发,0,0,0,发,";

#[track_caller]
fn becomes(name: &str, document: &str, result: &str) {
    for (from, to) in [("\n", "\n"), ("\n", "\r\n"), ("\n", "\r")] {
        if to == "\r" && document.contains("\n\n\n") {
            continue;
        }
        let (document, result) = (document.replace(from, to), result.replace(from, to));
        assert_eq!(converted("s2twp", &format(name), &document), result, "{document:?}");
        keeps_the_laws(&format(name), &document);
        streams_as_whole(&format(name), &document);
    }
}

#[test]
fn srt_cues_are_converted_and_all_else_stays() {
    for (cue, result) in [
        (
            format!("1\n{TIME}\n头发\n\n2\n{TIME} X1:0 发\n发\n"),
            format!("1\n{TIME}\n頭髮\n\n2\n{TIME} X1:0 发\n發\n"),
        ),
        (
            format!("1\n{TIME}\n<i>头</i>发 {{\\an8}}内<font face=\"宋体发\">存</font>\n内\n存"),
            format!("1\n{TIME}\n<i>頭</i>髮 {{\\an8}}記憶體<font face=\"宋体发\"></font>\n內\n存"),
        ),
        // A line break is one however it is written.
        (
            format!("1\n{TIME}\n内<br/>存 <B>内</B>存"),
            format!("1\n{TIME}\n內<br/>存 <B>記憶體</B>"),
        ),
        // What is no tag is text.
        (
            format!("1\n{TIME}\n<头发> {{发}} 3 < 5 > 发 <发\n{{\\发"),
            format!("1\n{TIME}\n<頭髮> {{發}} 3 < 5 > 發 <發\n{{\\發"),
        ),
        // Numbers, times and blank lines that are missing or too many.
        (
            format!("{TIME}\n发\n{TIME}\n2023发\n3\n{TIME}\n\n发\n\n\n4\n发\n \n5"),
            format!("{TIME}\n發\n{TIME}\n2023發\n3\n{TIME}\n\n發\n\n\n4\n發\n \n5"),
        ),
        ("发 --> 发\n1:2 --> 发\n".to_owned(), "發 --> 發\n1:2 --> 發\n".to_owned()),
        (String::new(), String::new()),
        (format!("1\n{TIME}\n发\n\u{3000}\n发\n"), format!("1\n{TIME}\n發\n\u{3000}\n發\n")),
    ] {
        becomes("srt", &cue, &result);
    }
}

#[test]
fn vtt_cues_are_converted_and_all_else_stays() {
    for (cue, result) in [
        (
            "头\n00:01.000 --> 00:02.000 position:10% 发\n头发\n",
            "头\n00:01.000 --> 00:02.000 position:10% 发\n頭髮\n",
        ),
        (
            "NOTE 发\n发\n\nSTYLE\n::cue(发) { }\n\nREGION\nid:发\n\n00:01.000 --> 00:02.000\n<v.发 张发>头<c.发>发</c> 内<00:01.500>存</v>",
            "NOTE 发\n发\n\nSTYLE\n::cue(发) { }\n\nREGION\nid:发\n\n00:01.000 --> 00:02.000\n<v.发 张发>頭<c.发>髮</c> 記憶體<00:01.500></v>",
        ),
        (
            "00:01.000 --> 00:02.000\n头&#21457;&lt;发&amp;发&nbsp;&#x53d1;&lrm;&发;\n",
            "00:01.000 --> 00:02.000\n頭髮&lt;發&amp;發&nbsp;發&lrm;&發;\n",
        ),
        // Ruby stands beside the text that it is on.
        (
            "00:01.000 --> 00:02.000\n<ruby>头<rt>发</rt>发</ruby><ruby>内<rt>发<b></ruby>存\n",
            "00:01.000 --> 00:02.000\n<ruby>頭<rt>發</rt>髮</ruby><ruby>記憶體<rt>發<b></ruby>\n",
        ),
        // A cue ends at a time too; a tag without end is text.
        (
            "00:01.000 --> 00:02.000\n发 < 发 <发\n<b 发\n00:02.000 --> 00:03.000\n发\n",
            "00:01.000 --> 00:02.000\n發 < 發 <發\n<b 發\n00:02.000 --> 00:03.000\n發\n",
        ),
        (
            "00:01.000 --> 00:02.000\n发\n\u{3000}\n<v\n张发>发\n",
            "00:01.000 --> 00:02.000\n發\n\u{3000}\n<v\n张发>發\n",
        ),
    ] {
        let (document, result) =
            (format!("WEBVTT 发\n发: 发\n\n{cue}"), format!("WEBVTT 发\n发: 发\n\n{result}"));
        becomes("vtt", &document, &result);
    }
    becomes("vtt", "WEBVTT\n00:01.000 --> 00:02.000\n发", "WEBVTT\n00:01.000 --> 00:02.000\n發");
    becomes("vtt", "WEBVTT 发", "WEBVTT 发");
    becomes("vtt", "", "");
}

#[test]
fn ass_dialogue_is_converted_and_all_else_stays() {
    for (text, result) in [
        (
            "{\\fn宋体发\\i1}头{\\i0}发,发 {注释发}内{\\k20}存",
            "{\\fn宋体发\\i1}頭{\\i0}髮,發 {注释发}記憶體{\\k20}",
        ),
        ("内\\N存\\n发\\h发", "內\\N存\\n發\\h發"),
        (
            "发{\\p1}m 0 0 发{\\p0}发{\\pos(1,2)}发{\\an8\\p2}发",
            "發{\\p1}m 0 0 发{\\p0}發{\\pos(1,2)}發{\\an8\\p2}发",
        ),
        ("发 \\{发\\} {发", "發 \\{發\\} {發"),
        ("发} {} 发{{发}发", "發} {} 發{{发}發"),
        ("", ""),
    ] {
        let document = format!("{EVENTS}{FIELDS}{text}\nComment: 0,0,0,发,发,0,0,0,发,发\n");
        let result = format!("{EVENTS}{FIELDS}{result}\nComment: 0,0,0,发,发,0,0,0,发,发\n");
        becomes("ass", &document, &result);
    }
    for (document, result) in [
        // Where the text is is told by a line of its own; attached files are no events.
        (
            "[Events]\nFormat: Start, Text\nDialogue: 发,发,发\nDialogue: 发\n[Fonts]\nfontname: 发\n[#$发\nDialogue: 发,发\n[EVENTS] \nDialogue: 发,发",
            "[Events]\nFormat: Start, Text\nDialogue: 发,發,發\nDialogue: 发\n[Fonts]\nfontname: 发\n[#$发\nDialogue: 发,发\n[EVENTS] \nDialogue: 发,發",
        ),
        (
            "[events]\nDialogue: 发,0,0,发,发,0,0,0,发,发,发\n[发]\nDialogue: 发,0,0,发,发,0,0,0,发,发,发",
            "[events]\nDialogue: 发,0,0,发,发,0,0,0,发,發,發\n[发]\nDialogue: 发,0,0,发,发,0,0,0,发,发,发",
        ),
        ("Dialogue: 0,0,0,发,发,0,0,0,发,发", "Dialogue: 0,0,0,发,发,0,0,0,发,发"),
    ] {
        becomes("ass", document, result);
    }
}

#[test]
fn tags_at_random_places_change_nothing() {
    let mut random = Random::new(1);
    let tags: [(&str, &[&str]); 3] = [
        (
            "srt",
            &[
                "<i>",
                "</i>",
                "<font color=\"#ff0000\" face=\"发\">",
                "{\\an8}",
                "{\\fn发}",
                "<u></u>",
            ],
        ),
        ("vtt", &["<i>", "</i>", "<v 张发>", "<c.发.b>", "<00:01.000>", "<lang zh-发>", "<b></b>"]),
        (
            "ass",
            &[
                "{\\i1}",
                "{\\fn发}",
                "{发}",
                "{\\k10}{\\kf20}",
                "{\\p0}",
                "{}",
                "{\\p1}m 0 0 l 1 1{\\p0}",
            ],
        ),
    ];
    for round in 0..600 {
        let (name, tags) = tags[round % 3];
        let text = SENTENCES[round % SENTENCES.len()];
        // A drawing is something to see between two characters.
        let tags = if name == "ass" { &tags[..6] } else { tags };
        let cue = sprinkled(&mut random, text, tags, 3);
        let document = match name {
            "srt" => format!("1\n{TIME}\n{cue}\n\n2\n{TIME}\n{cue}"),
            "vtt" => format!("WEBVTT\n\n{TIME}\n{cue}\n\n1\n{TIME}\n{cue}"),
            _ => format!("{EVENTS}{FIELDS}{cue}\n{FIELDS}{cue}"),
        };
        keeps_the_laws(&format(name), &document);
        streams_as_whole(&format(name), &document);
        for config in ["s2twp", "tw2sp"] {
            let result = converted(config, &format(name), &document);
            let (runs, _) = format(name).runs(&result, None).unwrap();
            let expected = Converter::new(config).unwrap().convert(text);
            assert_eq!(runs.texts(&result), [&*expected, &*expected], "{document}");
        }
    }
}

#[test]
fn subtitles_are_known_on_a_pipe() {
    let dir = Dir::new();
    let run = |document: &str| dir.pipe("convert s2t", document).succeeds();
    for (document, result) in [
        (
            format!("1\r\n{TIME}\r\n<font face=\"发\">发</font>"),
            format!("1\r\n{TIME}\r\n<font face=\"发\">發</font>"),
        ),
        (
            format!("\u{FEFF}1\n{TIME}\n<font face=\"发\">发</font>"),
            format!("\u{FEFF}1\n{TIME}\n<font face=\"发\">發</font>"),
        ),
        ("WEBVTT\n\nNOTE 发\n".to_owned(), "WEBVTT\n\nNOTE 发\n".to_owned()),
        ("\u{FEFF}WEBVTT 发".to_owned(), "\u{FEFF}WEBVTT 发".to_owned()),
        (format!("{EVENTS}{FIELDS}发"), format!("{EVENTS}{FIELDS}發")),
        // These only begin like them.
        ("1\n发\n".to_owned(), "1\n發\n".to_owned()),
        ("1".to_owned(), "1".to_owned()),
        ("1\n00:00".to_owned(), "1\n00:00".to_owned()),
        ("WEBVTTs 发".to_owned(), "WEBVTTs 發".to_owned()),
        ("WEB".to_owned(), "WEB".to_owned()),
        ("[发]".to_owned(), "[發]".to_owned()),
    ] {
        assert_eq!(run(&document), result);
    }
}

#[test]
fn pragmas_stand_in_comments() {
    let document =
        format!("WEBVTT\n\nNOTE jianfan:off\n\n{TIME}\n发\n\nNOTE jianfan:on\n\n{TIME}\n发\n");
    becomes(
        "vtt",
        &document,
        &document
            .replace("发\n\u{0}", "")
            .replacen("\n发\n", "\n\u{1}\n", 1)
            .replace('发', "發")
            .replace('\u{1}', "发"),
    );
    let line = |text: &str| format!("{FIELDS}{text}\n");
    let document = |texts: [&str; 3]| {
        let [one, two, three] = texts.map(line);
        format!("{EVENTS}{one}; jianfan:off\n{two}Comment: 0,0,0,,,0,0,0,,jianfan:on\n{three}")
    };
    becomes("ass", &document(["发"; 3]), &document(["發", "发", "發"]));
}

#[test]
fn what_would_break_a_cue_is_not_written() {
    let dir = Dir::new();
    dir.file("words.txt", "尖括号\t<b>!\n大括号\t{b}!\n");
    let run = |name: &str, document: &str| {
        dir.file(name, document);
        dir.run(&format!("convert s2t {name} --dict words.txt")).succeeds()
    };
    assert_eq!(run("a.srt", &format!("{TIME}\n尖括号发大括号")), format!("{TIME}\n尖括号發大括号"));
    assert_eq!(
        run("a.vtt", &format!("{TIME}\n尖括号发大括号")),
        format!("{TIME}\n&lt;b&gt;!發{{b}}!")
    );
    let ass = |text: &str| format!("[Events]\nFormat: Text\nDialogue: {text}");
    assert_eq!(run("a.ass", &ass("尖括号发大括号")), ass("<b>!發大括号"));
}

#[test]
fn long_subtitles_are_streamed() {
    let dir = Dir::new();
    let (srt, vtt) = (
        format!("7\n{TIME}\n{}\n\n", SENTENCES.concat()),
        format!("发\n{TIME}\n{}\n\n", SENTENCES.concat()),
    );
    let ass = format!("{FIELDS}{}\n", SENTENCES.concat());
    for (name, head, part) in
        [("a.srt", "", srt), ("a.vtt", "WEBVTT 发\n\n", vtt), ("a.ass", EVENTS, ass)]
    {
        dir.file(name, format!("{head}{}", part.repeat(3000)));
        let result = dir.run(&format!("convert s2twp {name} -j3")).succeeds();
        dir.file(name, format!("{head}{part}"));
        let first = dir.run(&format!("convert s2twp {name}")).succeeds();
        assert!(first.starts_with(head) && first[head.len()..] != part);
        assert!(result == format!("{head}{}", first[head.len()..].repeat(3000)), "{name}");
    }
}

#[test]
fn repetition_costs_nothing() {
    let parts = [
        "<",
        "<b",
        "<rt>",
        "&",
        "&#",
        "{",
        "{\\",
        "\\",
        "\\N",
        "<v ",
        "\n",
        "\r",
        "1\n",
        "-->",
        "1:0 --> 1\n",
        "{\\p1}",
        "\u{3000}\n",
        "\0",
        "[\n",
        "Format:,\n",
        "Dialogue:,\n",
    ];
    for part in parts {
        for (name, head) in [
            ("srt", "1\n0:0 --> 1\n"),
            ("vtt", "WEBVTT\n\n0:0 --> 1\n"),
            ("ass", "[Events]\nFormat: Text\nDialogue: "),
        ] {
            let document = head.to_owned() + &part.repeat(2_000_000 / part.len());
            let begun = std::time::Instant::now();
            let pipeline = jianfan::pipeline::Pipeline::without_conversion()
                .formats(format(name))
                .allow_binary(true);
            let mut output = Vec::new();
            pipeline.stream(document.as_bytes(), &mut output, std::num::NonZeroUsize::MIN).unwrap();
            assert!(output == document.as_bytes(), "{name} {part:?}");
            // What looks at the rest again and again takes minutes.
            assert!(begun.elapsed().as_secs() < 10, "{name} {part:?}: {:?}", begun.elapsed());
        }
    }
}

#[test]
fn others_subtitles_keep_the_laws() {
    let Some(folder) = suite("subtitles") else { return };
    let mut seen = [0; 3];
    for (name, ending) in [("srt", "srt"), ("vtt", "vtt"), ("ass", "ass")] {
        for (path, document) in files(&folder, ending) {
            let document = document.trim_start_matches('\u{FEFF}');
            keeps_the_laws(&format(name), document);
            // With Chinese in place of some letters it is still the same document.
            let document = document.replace('e', "发").replace("tim发", "time");
            keeps_the_laws(&format(name), &document);
            streams_as_whole(&format(name), &document);
            let (runs, _) = format(name).runs(&document, None).unwrap();
            for text in runs.texts(&document) {
                assert!(!text.contains("-->") || name == "srt", "{}: {text}", path.display());
            }
            seen[usize::from(name == "vtt") + 2 * usize::from(name == "ass")] += 1;
        }
    }
    println!("{seen:?}");
    assert!(seen[0] >= 10 && seen[1] >= 20 && seen[2] >= 5, "{seen:?}");
    // What these say is what their own reader takes out of them.
    let texts = |name: &str, file: &str| {
        let document = std::fs::read_to_string(folder.join(file)).unwrap();
        format(name).runs(&document, None).unwrap().0.texts(&document)
    };
    for (name, count) in [("srt", 5), ("vtt", 16)] {
        let expected: Vec<String> =
            (1..=count).map(|number| format!("Caption text #{number}")).collect();
        assert_eq!(texts(name, &format!("webvtt-py/samples/sample.{name}")), expected);
    }
}

/// Returns the files of a suite that have this ending, with their text.
fn files(folder: &Path, ending: &str) -> Vec<(PathBuf, String)> {
    let (mut open, mut files) = (vec![folder.to_owned()], Vec::new());
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|own| own == ending)
                && let Ok(text) = std::fs::read_to_string(&path)
            {
                files.push((path, text));
            }
        }
    }
    files.sort();
    files
}
