//! Documents that name their charset: the name is believed where it can be, and follows where another one is written.

use encoding_rs::{BIG5, Encoding, GB18030, GBK, WINDOWS_1251};
use jianfan::format::{Formats, Options};
use jianfan::pipeline::{Pipeline, Summary};
use jianfan::{Charset, Converter};

fn pipeline(config: &str) -> Pipeline {
    let formats = Formats::auto(Options::default()).unwrap();
    Pipeline::new(Converter::new(config).unwrap()).formats(formats)
}

fn encoded(text: &str, charset: &'static Encoding) -> Vec<u8> {
    let (bytes, _, lossy) = charset.encode(text);
    assert!(!lossy, "{text} {}", charset.name());
    bytes.into_owned()
}

/// Returns what becomes of a document, read whole and byte by byte.
#[track_caller]
fn result(pipeline: &Pipeline, bytes: &[u8], name: &str) -> (Vec<u8>, Summary) {
    struct Drop<'a>(&'a [u8]);
    impl std::io::Read for Drop<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let len = buffer.len().min(7);
            std::io::Read::read(&mut self.0, &mut buffer[..len])
        }
    }
    let (whole, summary) = pipeline.whole_named(bytes, name).unwrap();
    let mut streamed = Vec::new();
    // A stream has no name; what it is, its content tells.
    if pipeline.whole(bytes).is_ok_and(|(nameless, _)| nameless == whole) {
        pipeline.stream(Drop(bytes), &mut streamed, std::num::NonZeroUsize::MIN).unwrap();
        assert_eq!(
            String::from_utf8_lossy(&streamed),
            String::from_utf8_lossy(&whole),
            "in pieces of seven bytes"
        );
    }
    (whole, summary)
}

#[test]
fn a_document_that_names_its_charset_is_read_in_that() {
    // Too short to be certain otherwise.
    for (name, document, charset, expected) in [
        ("a.html", "<meta charset=gb2312><p>头发", GBK, "<meta charset=utf-8><p>頭髮"),
        (
            "a.html",
            "<html>\n<head>\n<meta http-equiv='Content-Type' content='text/html; charset=Big5'>\n<p>后",
            BIG5,
            "<html>\n<head>\n<meta http-equiv='Content-Type' content='text/html; charset=UTF-8'>\n<p>後",
        ),
        (
            "a.xml",
            "<?xml version='1.0' encoding='GBK'?>\n<a>发</a>",
            GBK,
            "<?xml version='1.0' encoding='UTF-8'?>\n<a>發</a>",
        ),
        (
            "a.xml",
            "<?xml version='1.0' encoding='gbk'?>\n<a>发𠀀</a>",
            GB18030,
            "<?xml version='1.0' encoding='utf-8'?>\n<a>發𠀀</a>",
        ),
        (
            "a.po",
            "msgid \"\"\nmsgstr \"\"\n\"Content-Type: text/plain; charset=GB2312\\n\"\n\nmsgid \"a\"\nmsgstr \"发\"\n",
            GBK,
            "msgid \"\"\nmsgstr \"\"\n\"Content-Type: text/plain; charset=UTF-8\\n\"\n\nmsgid \"a\"\nmsgstr \"發\"\n",
        ),
        (
            "a.html",
            "<meta charset=windows-1251><p>Привет, мир. Как дела?",
            WINDOWS_1251,
            "<meta charset=utf-8><p>Привет, мир. Как дела?",
        ),
    ] {
        let bytes = encoded(document, charset);
        let (output, summary) = result(&pipeline("s2t"), &bytes, name);
        assert_eq!(String::from_utf8_lossy(&output), expected, "{summary:?}");
        // And back into the charset that it had; the name stays.
        let keeping = Pipeline::without_conversion()
            .formats(Formats::auto(Options::default()).unwrap())
            .output_charset(None);
        let back = keeping.whole_named(&bytes, name).unwrap().0;
        if charset != GB18030 {
            assert_eq!(back, bytes, "{document}");
        }
    }
}

#[test]
fn a_name_is_not_believed_that_the_bytes_contradict() {
    let long = "今天上午，记者从有关部门了解到，这项工程将于明年全部完成。";
    for (head, charset, found) in [
        // Saved in UTF-8 with its old name in it.
        ("<meta charset=gb2312>", encoding_rs::UTF_8, Charset::UTF_8),
        // A template that was copied.
        ("<meta charset=iso-8859-1>", GBK, Charset::GBK),
        ("<meta charset=utf-8>", GBK, Charset::GBK),
        ("<meta charset=shift_jis>", GBK, Charset::GBK),
        // An article about it.
        ("写 <meta charset=big5> ", GBK, Charset::GBK),
    ] {
        let bytes = encoded(&format!("{head}<p>{long}"), charset);
        let (_, summary) = result(&pipeline("s2t"), &bytes, "a.html");
        assert_eq!(summary.charset, Some(found), "{head}");
    }
    let traditional = "今天上午，記者從有關部門了解到，這項工程將於明年全部完成。";
    let bytes = encoded(&format!("<meta charset=gb2312><p>{traditional}"), BIG5);
    let (_, summary) = result(&pipeline("t2s"), &bytes, "a.html");
    assert_eq!(summary.charset, Some(Charset::BIG5));
    // A mark is a mark.
    let marked = "\u{feff}<meta charset=gbk><p>发";
    assert_eq!(
        result(&pipeline("s2t"), marked.as_bytes(), "a.html").0,
        "\u{feff}<meta charset=gbk><p>發".as_bytes()
    );
    let error = pipeline("s2t").run(b"<meta charset=utf-8><p>caf\xe9 au lait").unwrap_err();
    assert!(error.to_string().contains("not valid UTF-8; with --on-invalid"), "{error}");
}

#[test]
fn each_name_of_the_charset_follows() {
    let page = "<?xml version='1.0' encoding='utf-8'?><html><head><meta charset='utf-8'/>\
                <meta http-equiv='content-type' content='text/html; charset=UTF-8'/></head>发</html>";
    let pipeline = pipeline("s2t").output_charset(Some(Charset::GBK));
    let (output, _) = result(&pipeline, page.as_bytes(), "a.xhtml");
    let expected = "<?xml version='1.0' encoding='gbk'?><html><head><meta charset='gbk'/>\
                    <meta http-equiv='content-type' content='text/html; charset=GBK'/></head>發</html>";
    assert_eq!(GBK.decode(&output).0, expected);
}

#[test]
fn xml_that_names_no_charset_is_given_one_that_it_needs() {
    for (name, document, expected) in [
        ("a.xml", "<a>发</a>", "<?xml version=\"1.0\" encoding=\"gb18030\"?>\n<a>發</a>"),
        (
            "a.xml",
            "<?xml version='1.0' standalone='yes'?><a>发</a>",
            "<?xml version='1.0' encoding=\"gb18030\" standalone='yes'?><a>發</a>",
        ),
        (
            "a.xhtml",
            "<html>发</html>",
            "<?xml version=\"1.0\" encoding=\"gb18030\"?>\n<html>發</html>",
        ),
        ("a.html", "<html>发</html>", "<html>發</html>"),
        (
            "a.html",
            "\n<?xml version='1.0'?><html>发</html>",
            "\n<?xml version='1.0' encoding=\"gb18030\"?><html>發</html>",
        ),
        ("a.xml", "<a>x</a>", "<a>x</a>"),
    ] {
        let gb = pipeline("s2t").output_charset(Some(Charset::GB18030));
        let (output, _) = result(&gb, document.as_bytes(), name);
        assert_eq!(GB18030.decode(&output).0, expected);
        let utf_16 = pipeline("s2t").output_charset(Some(Charset::UTF_16LE));
        let (output, _) = result(&utf_16, document.as_bytes(), name);
        let text = encoding_rs::UTF_16LE.decode(&output).0;
        assert!(!text.contains("encoding"), "its mark says it: {text}");
    }
}

#[test]
fn what_gb_2312_lacks_is_not_written_under_its_name() {
    let keeping = pipeline("s2t").output_charset(None);
    for (before, after) in [
        ("<meta charset=gb2312><p>头", "<meta charset=gb18030><p>頭"),
        ("<meta charset=GB2312><p>头", "<meta charset=GB18030><p>頭"),
        // GB 2312 has these.
        ("<meta charset=gb2312><p>他好", "<meta charset=gb2312><p>他好"),
        // What was wrong before is left, unless something changes.
        ("<meta charset=gb2312><!--頭--><p>他好", "<meta charset=gb2312><!--頭--><p>他好"),
        ("<meta charset=gb2312><!--頭--><p>台湾", "<meta charset=gb18030><!--頭--><p>臺灣"),
        ("<meta charset=gbk><p>头", "<meta charset=gbk><p>頭"),
        (
            "<?xml version='1.0' encoding='gb2312'?><html><meta charset='gb2312'/>头</html>",
            "<?xml version='1.0' encoding='gb18030'?><html><meta charset='gb18030'/>頭</html>",
        ),
    ] {
        let bytes = encoded(before, GBK);
        let (output, summary) = result(&keeping, &bytes, "a.html");
        assert_eq!(GB18030.decode(&output).0, after, "{summary:?}");
    }
    // Hong Kong's Big5 has some characters of Simplified.
    let keeping = pipeline("t2s").output_charset(None);
    let bytes = encoded("<meta charset=big5><p>頭髮", BIG5);
    let (output, _) = result(&keeping, &bytes, "a.html");
    assert_eq!(BIG5.decode(&output).0, "<meta charset=big5-hkscs><p>头发");
    // What a charset lacks altogether is an error.
    let bytes = encoded("<meta charset=big5><p>頭髮說話", BIG5);
    let error = pipeline("t2s").output_charset(None).whole_named(&bytes, "a.html").unwrap_err();
    assert!(error.to_string().contains("cannot be written in Big5"), "{error}");
}
