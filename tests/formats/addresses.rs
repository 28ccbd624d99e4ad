//! Addresses and paths: where a text is nothing else, it stays in every format, and in plain text it is what OpenCC makes of it.

use super::{converted, format, keeps_the_laws};

#[test]
fn what_is_nothing_but_an_address_stays() {
    for (name, document, result) in [
        (
            "xml",
            "<rss><item><link>https://x/发展</link><title>发展</title></item></rss>",
            "<rss><item><link>https://x/发展</link><title>發展</title></item></rss>",
        ),
        (
            "xml",
            "<urlset><url><loc> https://x.cn/发展.html?a=1&amp;b=头 </loc></url></urlset>",
            "<urlset><url><loc> https://x.cn/发展.html?a=1&amp;b=头 </loc></url></urlset>",
        ),
        (
            "json",
            r#"{"url": "https://x.cn/发展.html", "a": "/img/发.png", "b": "https:\/\/x.cn\/\u53d1", "c": "发"}"#,
            r#"{"url": "https://x.cn/发展.html", "a": "/img/发.png", "b": "https:\/\/x.cn\/\u53d1", "c": "發"}"#,
        ),
        (
            "json",
            r#"["https://x.cn/a 头发", "https://x.cn看头发", "他说/发", "/发"]"#,
            r#"["https://x.cn/a 頭髮", "https://x.cn看頭髮", "他說/發", "/發"]"#,
        ),
        ("csv", "a,b\n\"../发.jpg\",发\n", "a,b\n\"../发.jpg\",發\n"),
        (
            "html",
            "<td>https://x.cn/发<td>https://x.cn/发 发<img alt='/a/发.png'>",
            "<td>https://x.cn/发<td>https://x.cn/發 發<img alt='/a/发.png'>",
        ),
        ("html", "<p>https://x.cn/<b>发</b>", "<p>https://x.cn/<b>发</b>"),
        (
            "html",
            "<p>见 <a href='发'>https://x.cn/发?a&amp;b</a>，头<b>发</b> <i>/发</i> <i>https://x.cn/发 发</i>",
            "<p>見 <a href='发'>https://x.cn/发?a&amp;b</a>，頭<b>髮</b> <i>/發</i> <i>https://x.cn/發 發</i>",
        ),
        (
            "lrc",
            "[00:01.00]https://x.cn/发\n[00:02.00]发\n",
            "[00:01.00]https://x.cn/发\n[00:02.00]發\n",
        ),
        (
            "po",
            "msgid \"a\"\nmsgstr \"https://x.cn/发\"\n",
            "msgid \"a\"\nmsgstr \"https://x.cn/发\"\n",
        ),
        ("properties", "a=file:///发\nb=发\n", "a=file:///发\nb=發\n"),
        ("plain", "https://x.cn/发", "https://x.cn/發"),
        ("plain", "https://x.cn/发\n# jianfan:off\n", "https://x.cn/發\n# jianfan:off\n"),
    ] {
        assert_eq!(converted("s2t", &format(name), document), result, "{name}");
        keeps_the_laws(&format(name), document);
    }
}

#[test]
fn what_looks_like_one_for_long_costs_no_more_than_its_length() {
    for unit in ["https://", "/a", "./", "a/", "发/", "https://x.cn/发《", "：", "C:\\"] {
        let value = format!("{}发", unit.repeat(1 << 20));
        let document = serde_json::to_string(&[value]).unwrap();
        assert!(converted("s2t", &format("json"), &document).len() >= 1 << 20);
    }
}
