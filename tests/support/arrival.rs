//! Texts that are hard to cut: quotations over many lines, pragmas, code, long lines, all kinds of line end.
//!
//! Used by the property tests of the library (`src/pipeline/arrival.rs`) and of the command (`tests/arrival.rs`).

/// A small generator of pseudorandom numbers (xorshift64*).
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn new(seed: u64) -> Rng {
        Rng(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        let random = usize::try_from(self.next() >> 33).unwrap();
        random % end.max(1)
    }

    pub(crate) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub(crate) fn pick<'a, T: ?Sized>(&mut self, list: &[&'a T]) -> &'a T {
        list[self.below(list.len())]
    }
}

const WORDS: &[&str] = &[
    "头发",
    "后里只",
    "发",
    "一只",
    "干净",
    "鼠标",
    "皇后在后面",
    "頭髮",
    "裡",
    "軟體",
    "結束后",
    "佢系",
    "係咪",
    "了解",
    "吃了面",
    "“",
    "”",
    "‘",
    "’",
    "「",
    "」",
    "『",
    "』",
    "﹁",
    "﹂",
    "\"",
    "'",
    "他说：“",
    "”他说",
    "don’t",
    ",",
    ".",
    ";",
    "!",
    "?",
    "(",
    ")",
    "...",
    "。。。",
    "--",
    "——",
    "…",
    "！！！！",
    "•",
    "·",
    "，",
    "。",
    "　",
    " ",
    "\t",
    "|",
    "１２Ａ",
    "ｶﾞ",
    "⼀⽇",
    "\u{200B}",
    "\u{7}",
    "\u{FEFF}",
    "\0",
    "e\u{301}",
    "豈",
    "⿰氵每",
    "⿰",
    "⿱⿰发",
    "https://a.cn/头发",
    "`头发`",
    "a@b.cn",
    "$x$",
    "#话题#",
    "@张三",
    "1,000",
    "12:30",
    "a/b.txt",
    "&amp;",
    "<b>",
    "</b>",
    "范冰冰",
    "𠀀",
    "か",
    "カナ",
    "abc",
    "é",
    "\r",
    "==",
    "->",
    "[x](y)",
    "{x}",
    "%d",
    "\\ref{图}",
    "袅",
    "😀",
];
const LINES: &[&str] = &[
    "",
    "",
    " ",
    "```",
    "```rust",
    "~~~~",
    "$$",
    "---",
    "\\begin{verbatim}",
    "\\end{verbatim}",
    "# jianfan:off",
    "// jianfan:on",
    "<!-- jianfan:ignore-next-line -->",
    "# jianfan:on",
    "jianfan:off",
    "| 名称 | 值, 单位 |",
    "姓名,年龄,城市",
    "姓名\t年龄\t城市",
    "if (甲 == 乙) {",
    "“",
    "”",
    "「头发,",
    "里」",
    "‘发",
    "’",
    "“头发",
    "发”。",
    "他说：“头发,",
    "---\n标题: 发,发\n---",
    "“甲\n\n“乙”",
    "本‘\n’",
    "# jianfan:off\n发\n# jianfan:on",
];

fn words(rng: &mut Rng, most: usize) -> String {
    (0..rng.below(most + 1)).map(|_| rng.pick(WORDS)).collect()
}

fn line_end(rng: &mut Rng) -> &'static str {
    ["\n", "\n", "\n", "\n", "\n", "\n", "\r\n", "\r"][rng.below(8)]
}

pub(crate) fn plain(rng: &mut Rng) -> String {
    let mut text = String::new();
    let most = if rng.once_in(4) { 150 } else { 14 };
    for _ in 0..rng.below(most) {
        match rng.below(10) {
            0..4 => text.push_str(rng.pick(LINES)),
            4 if rng.once_in(6) => {
                let word = words(rng, 4);
                text.push_str(&word.repeat(rng.below(600)));
            }
            5 if rng.once_in(6) => {
                for _ in 0..rng.below(70) {
                    text.push_str(["发\n", "\n", "“发\n", "里,后\n"][rng.below(4)]);
                }
            }
            _ => text.push_str(&words(rng, 8)),
        }
        text.push_str(line_end(rng));
    }
    if rng.once_in(2) {
        text.push_str(&words(rng, 5));
    }
    text
}

/// What documents of the formats are put together from.
pub(crate) const FORMATS: &[(&str, &[&str])] = &[
    (
        "csv",
        &[
            "甲,乙,丙\n",
            ",",
            "\n",
            "\"",
            "\"\"",
            "发",
            "\"发,\n“里”\"",
            ";",
            "sep=;\n",
            "# jianfan:off\n",
            "# jianfan:on\n",
            "# jianfan:ignore-next-line\n",
            "\r\n",
            "\r",
            "“",
            "”",
        ],
    ),
    (
        "tsv",
        &[
            "甲\t乙\n",
            "\t",
            "\n",
            "\"",
            "发",
            "“",
            "”\t里",
            "\"发\n里\"",
            "# jianfan:off\n",
            "# jianfan:on\n",
        ],
    ),
    (
        "jsonl",
        &[
            "{\"a\":\"头发,“里”\"}",
            "\n",
            "[\"\\u53d1\",1]",
            "{",
            "}",
            "\"",
            "发",
            "\r\n",
            "“",
            "{\"发\":\"‘发\"}\n",
        ],
    ),
    (
        "jsonc",
        &[
            "{\"a\":\"头发\",",
            "// jianfan:off\n",
            "// jianfan:on\n",
            "\"b\":[\"发\"]",
            "}",
            "/*发*/",
            "\n",
        ],
    ),
    ("json", &["{\"a\":\"头发,\\n“里”\",", "\"b\":[\"发\"]", "}", "\n", "[", "]"]),
    (
        "srt",
        &[
            "1\n00:00:01,000 --> 00:00:02,000\n",
            "“头发,\n",
            "里”\n",
            "\n",
            "<i>发</i>",
            "{\\an8}",
            "2\n",
            "\r\n",
            "发\r",
        ],
    ),
    (
        "vtt",
        &[
            "WEBVTT\n\n",
            "00:01.000 --> 00:02.000\n",
            "“头发,\n",
            "里”\n",
            "\n",
            "NOTE jianfan:off\n\n",
            "NOTE jianfan:on\n\n",
            "NOTE jianfan:ignore-next-line\n\n",
            "<v 张>发",
            "STYLE\n",
            "\r\n",
            "\r",
        ],
    ),
    (
        "ass",
        &[
            "[Script Info]\n",
            "[Events]\n",
            "Format: Layer, Text\n",
            "Dialogue: 0,发,“里\\N”",
            "Dialogue: 0,0:0,0:0,D,,0,0,0,,发",
            "; jianfan:off\n",
            "; jianfan:on\n",
            "; jianfan:ignore-next-line\n",
            "\n",
            "\r",
            "\r\n",
            "{\\p1}m",
        ],
    ),
    ("lrc", &["[00:01.00]头发", "[ti:发]", "\n", "“", "”", "里", "<00:02.00>", "\r", "\r\n"]),
    (
        "po",
        &[
            "msgid \"头发\"\n",
            "msgstr \"发“里”\"\n",
            "\"里\"\n",
            "\n",
            "# jianfan:off\n",
            "# jianfan:on\n",
            "# jianfan:ignore-next-line\n",
        ],
    ),
    (
        "properties",
        &[
            "a=头发\n",
            "b : 里\\\n",
            "  发\n",
            "# jianfan:off\n",
            "# jianfan:on\n",
            "! jianfan:ignore-next-line\n",
            "\n",
            "“",
            "\\u53d1",
        ],
    ),
    ("strings", &["\"a\" = \"头发\";\n", "/* jianfan:off */", "/* jianfan:on */", "// 发\n", "\n"]),
    (
        "html",
        &[
            "<p>头发,",
            "</p>",
            "<a title=\"里\">",
            "</a>",
            "<!-- jianfan:off -->",
            "<!-- jianfan:on -->",
            "<pre>发</pre>",
            "“",
            "”",
            "\n",
            "&amp;",
            "<script>发</script>",
            "发",
        ],
    ),
    (
        "xml",
        &[
            "<a>",
            "<b>头发,",
            "</b>",
            "</a>",
            "<!-- jianfan:off -->",
            "<!-- jianfan:on -->",
            "“里",
            "”\n",
        ],
    ),
    (
        "markdown",
        &[
            "# 头发\n",
            "“里,\n",
            "发”\n",
            "\n",
            "```\n",
            "- 发\n",
            "[发](里)",
            "<!-- jianfan:off -->\n",
            "<!-- jianfan:on -->\n",
            "> 里\n",
            "**发**里",
        ],
    ),
    (
        "latex",
        &[
            "\\section{头发}\n",
            "“里,\n",
            "发”\n",
            "% jianfan:off\n",
            "% jianfan:on\n",
            "$x$",
            "\\begin{verbatim}\n",
            "\\end{verbatim}\n",
            "发\n",
        ],
    ),
    (
        "wikitext",
        &[
            "== 头发 ==\n",
            "“里,\n",
            "发”\n",
            "[[发|里]]",
            "{{发|里}}",
            "<!-- jianfan:off -->",
            "<!-- jianfan:on -->",
            "-{发}-",
            "\n",
        ],
    ),
];

pub(crate) fn formatted(rng: &mut Rng, parts: &[&str]) -> String {
    let mut text = String::new();
    if rng.once_in(2) {
        text.push_str(parts[0]);
    }
    let most = if rng.once_in(4) { 400 } else { 40 };
    for _ in 0..rng.below(most) {
        match rng.below(8) {
            0 => text.push_str(&words(rng, 3)),
            1 => text.push('\n'),
            _ => text.push_str(rng.pick(parts)),
        }
    }
    text
}

pub(crate) fn with_invalid(rng: &mut Rng, text: String) -> Vec<u8> {
    let mut bytes = text.into_bytes();
    for _ in 0..rng.below(4) {
        let at = rng.below(bytes.len() + 1);
        let wrong: [&[u8]; 5] = [b"\xFF", b"\xE5\xA4", b"\xE2\x80", b"\x99", b"\xED\xA0\x80"];
        bytes.splice(at..at, rng.pick(&wrong).iter().copied());
    }
    bytes
}
