"""Small documents of every format, and the tokens of its markup, for mutate.py and arrival.py."""

import functools
import io
import os
import pathlib
import zipfile

from shared import ROOT

# By format: the ending of its names, tokens to insert, and documents that use most of its syntax.
TEXTS = {
    "plain": (
        ".txt",
        ["\r\n", "\r", "\n\n", "\t", "\u3000", "\u2028", "jianfan:off", "jianfan:on", "jianfan:ignore-next-line", "“", "”", "「", "」"],
        [
            "头发发白，皇后在后面。\n第二行\r\n第三行\r没有最后的换行",
            "\ufeff有记号的文字\n\n\n髮廊裡面的頭髮\n",
            "# jianfan:off\n头发\n# jianfan:on\n头发\n// jianfan:ignore-next-line\n头发\n",
            "⿰氵每 ⿱艹⿰ 😀 e\u0301 \U00020000 \U000e0100 \x00 \x1b[31m",
        ],
    ),
    "json": (
        ".json",
        ['"', "\\", "\\u", "\\u53d1", "\\ud83d", "\\ude00", "{", "}", "[", "]", ":", ",", "null", "1e5", "-0", '""', "\\/", "\ufeff"],
        [
            '{"标题": "头发", "n": 1.0, "list": [1, "发\\u53d1\\n", null, true, -0.0e+5], "a": {"b": ""}}\n',
            '[\n  "😀 \\ud83d\\ude00", "\\ud83d", "\\\\", "a\\/b", {"": []}\n]',
            '"只有一个字符串"',
            '{"发":"发","发":"发", "url": "https://例.com/发", "长": "' + "发" * 40 + '"}',
        ],
    ),
    "jsonc": (
        ".jsonc",
        ["//", "/*", "*/", "\n", '"', ",", "}", "{", "// jianfan:off\n", "// jianfan:on\n"],
        [
            '// 注释\n{\n  "a": "头发", /* 块 */\n  "b": ["发",],\n}\n',
            '{"a": "// 不是注释", "b": "/* 也不是 */"} // 完\n',
            '/* jianfan:off */ {"a": "发" /* jianfan:on */, "b": "发"}',
        ],
    ),
    "jsonl": (
        ".jsonl",
        ["\n", "\r\n", "{", "}", '"', "\\u53d1", "{}\n", "[]\n", "not json\n", "\x00"],
        [
            '{"发": "头发"}\n{"n": 1}\r\n\n["发"]\n"发"',
            '{"a": "\\u53d1"}\n{坏}\n{"b": "发"}\n',
        ],
    ),
    "csv": (
        ".csv",
        [",", '"', '""', "\n", "\r\n", "\r", ";", ',"', '",', '\n"', "\ufeff", "\t"],
        [
            '编号,标题,备注\n1,"头发, ""后面""",发\n2,"两\n行",\n',
            "a;b;c\r\n发;\"发\";'发'\r\n",
            'x\n"没有关闭,发\n',
            "甲,乙\n1,2,3\n\n,\n发,发",
        ],
    ),
    "tsv": (
        ".tsv",
        ["\t", "\n", '"', "\r\n", "\\t", '\t"'],
        ["标题\t备注\n头发\t发\n\t\n", '"a\t发"\t"发"\r\n发\t"'],
    ),
    "srt": (
        ".srt",
        ["\n\n", "-->", "00:00:01,000 --> 00:00:02,000\n", "1\n", "<i>", "</i>", "{\\an8}", "\r\n", "<font color=", "NOTE"],
        [
            "1\n00:00:01,000 --> 00:00:02,000\n头<i>发</i>发白\n第二行\n\n2\n00:00:03,000 --> 00:00:04,500 X1:1\n{\\an8}后面\n",
            "\ufeff1\r\n00:00:01.000-->00:00:02.000\r\n发\r\n\r\n\r\n3\r\n发发\r\n",
        ],
    ),
    "vtt": (
        ".vtt",
        ["WEBVTT\n", "NOTE ", "STYLE\n", "-->", "\n\n", "<v 发>", "</v>", "&lt;", "&#x53d1;", "00:01.000 --> 00:02.000\n", "<c.发>"],
        [
            "WEBVTT 标题\nKind: captions\n\nNOTE 注 发\n\nSTYLE\n::cue { content: '发' }\n\n发\n00:01.000 --> 00:02.000 line:0\n<v 发>头&lt;发</v>\n",
            "WEBVTT\r\n\r\n00:01.000 --> 00:02.000\r\n<00:01.500>发<c.x>发</c>&#21457;\r\n",
        ],
    ),
    "ass": (
        ".ass",
        ["{", "}", "\\N", "\\n", "\\h", ",", "Dialogue: ", "[Events]\n", "Format: ", "{\\p1}", "{\\p0}", "Comment: ", "\n", "\r\n"],
        [
            "[Script Info]\nTitle: 发\n\n[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
            "Dialogue: 0,0:00:01.00,0:00:02.00,Default,发,0,0,0,,{\\b1}头{\\b0}发\\N后面,还有\nComment: 0,0:00:01.00,0:00:02.00,D,,0,0,0,,发\n",
            "[Events]\r\nFormat: Start, Text\r\nDialogue: 1,{\\p1}m 0 0{\\p0}发{没有关\r\n",
        ],
    ),
    "lrc": (
        ".lrc",
        ["[", "]", "[00:01.00]", "<00:01.00>", "[ti:", "\n", "\r\n"],
        ["[ti:头发]\n[ar:后]\n[00:01.00]头发[00:02]白\n[00:03.00][00:04.00]<00:01.00>头<00:02.00>发\n没有时间\n"],
    ),
    "po": (
        ".po",
        ['"', "\\n", "\\", "msgid ", "msgstr ", "msgctxt ", "msgstr[0] ", "#~ ", "#, fuzzy\n", "#| ", '""\n', "\n\n", "# jianfan:off\n"],
        [
            'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Language: zh_CN\\n"\n\n# 注 发\n#: a.c:1\n#, c-format\n'
            'msgctxt "发"\nmsgid "hair %d"\nmsgid_plural "hairs"\nmsgstr[0] "头发 %d"\nmsgstr[1] ""\n"头"\n"发\\n"\n\n#~ msgid "x"\n#~ msgstr "发"\n',
            'msgid "a"\r\nmsgstr "\\"发\\" \\x e5 \\t"\r\n',
        ],
    ),
    "html": (
        ".html",
        "< > </ <b> </b> <p> </p> <!-- --> <script> </script> <style> </style> <title> <textarea> <![CDATA[ ]]> & &lt; &#21457; &#x53d1; "
        "&nbsp &amp;amp; \" ' = /> <svg> <math> <table> <td> <template> <pre> <code> <plaintext> <br> <?php ?> <!DOCTYPE <a\x20href=".split(" "),
        [
            "<!DOCTYPE html>\n<html lang=zh><head><meta charset=utf-8><title>头发</title><style>p::after{content:'发'}</style></head>\n"
            "<body><p title=\"发展\" alt='发'>头<b>发</b>&nbsp;&#21457;<br/>后面<!-- 发 --><script>var 发='发</p>'</script></p></body></html>\n",
            "<ul><li>发<li>后<table><tr><td>发</table><p>没有关 < 发 & 后 &lt;发&gt; <a href=发.html>发</a>",
            "<p lang=en>发</p><p lang=zh-Hans>发</p><textarea>发<b></textarea><svg><title>发</title><text>发</text></svg><![CDATA[发]]>",
            "<!-- jianfan:off --><p>发</p><!-- jianfan:on --><img alt=\"发&quot;\" src=发><template><p>发</template>发\x00发<br",
        ],
    ),
    "xhtml": (
        ".xhtml",
        "< > </p> <p> <!-- --> <![CDATA[ ]]> & &lt; &#21457; ' \" /> <?xml ?> xmlns= <br/>".split(),
        [
            '<?xml version="1.0" encoding="UTF-8"?>\n<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="zh"><head><title>发</title></head>'
            '<body><p title="发">头<b>发</b>&#x53d1;<br/><![CDATA[发<]]></p></body></html>',
        ],
    ),
    "xml": (
        ".xml",
        "< > </a> <a> <!-- --> <![CDATA[ ]]> & &amp; &#21457; &发; ' \" /> <?pi ?> xml:lang=\"zh\" xml:space=\"preserve\" <!DOCTYPE <!ENTITY [ ]>".split(),
        [
            '<?xml version="1.0"?>\n<!DOCTYPE a [<!ENTITY 发 "头发">]>\n<a 发="发"><!-- 发 --><b>头</b>发&发;<![CDATA[发]]><?pi 发?></a>\n',
            '<xliff version="1.2"><file source-language="en" target-language="zh-CN"><body><trans-unit id="1"><source>发</source>'
            "<target>头<g id='1'>发</g></target></trans-unit></body></file></xliff>",
            '<rss><channel><title>发</title><item><description>&lt;p&gt;头&lt;b&gt;发&lt;/b&gt;&lt;/p&gt;</description></item></channel></rss>',
            '<resources>\r\n<string name="a">发\\n\\u53d1 %1$s</string><code>发</code></resources>',
        ],
    ),
    "markdown": (
        ".md",
        "* ** _ ` ``` ~~~ # > - + 1. | [ ] ( ) ![ ]( [^1] <b> </b> <!-- --> $$ $ \\ --- === &nbsp; {#id} ~~ <div> </div> http:// [x]: \t".split(" ")
        + ["\n", "\n\n", "\r\n", "    ", "```\n", "---\n", "| - | - |\n"],
        [
            "---\ntitle: 头发\ntags: [发, 后]\n---\n\n# 头**发** `发`\n\n- 发\n  - 后\n    1. 发\n\n> 引 发\n\n```py\n发 = '发'\n```\n\n"
            "[发](发.md \"发\") ![发](a.png)\n[a]: https://例.com/发 \"发\"\n\n| 头 | 发 |\n|---|:-:|\n| 发 | `发|` |\n",
            "头发  \n硬换行\\\n<div>\n发\n</div>\n\n    缩进代码 发\n\n$$\n发\n$$\n发[^1]\n\n[^1]: 注 发\n\n***\nSetext 发\n===\n",
            "<!-- jianfan:off -->\n头发\n\n<!-- jianfan:on -->\n~~发~~ *发 **发*** <span title='发'>发</span> &#21457; <https://发.tw> \\*发\\*\n",
            "1) 发\n\n   发\n- [ ] 发\n- [x] 发\n\n+++\na = '发'\n+++\n\\[发\\] [[发]] {{发}} :::note\n发\n:::\n",
        ],
    ),
    "mdx": (
        ".mdx",
        "{ } < > </A> <A> import export ` {/* */} \" ' ${".split() + ["\n\n"],
        [
            "import 发 from './发'\nexport const a = {b: '发'}\n\n# 头发 {a.b}\n\n<Note title=\"发\" x={'发'}>\n  头**发**\n</Note>\n\n{/* 发 */}\n",
            "<A>{发.map(x => <b>{x}</b>)}</A> 发 {`发${1}`}\n",
        ],
    ),
    "latex": (
        ".tex",
        "\\ { } $ $$ % \\[ \\] \\( \\) \\begin{verbatim} \\end{verbatim} \\verb|发| \\begin{equation} \\end{equation} \\cite{ \\label{ [ ] ~ & \\\\".split(),
        [
            "\\documentclass[发]{article} % 注 发\n\\begin{document}\n\\section{头\\textbf{发}}\n$发_1$ 后面 \\[发\\] \\cite{发} \\verb|发| 100\\% 发\n"
            "\\begin{verbatim}\n发\n\\end{verbatim}\n\\begin{equation}发\\text{发}\\end{equation}\n\\end{document}\n发\n",
            "\\newcommand{\\发}[1]{发#1}\n% jianfan:off\n发\n% jianfan:on\n发\\\\发~发--发{\\bf 发\n",
        ],
    ),
    "wikitext": (
        ".wiki",
        "[[ ]] {{ }} {| |} |- | ! ''' '' == -{ }- <ref> </ref> <nowiki> </nowiki> <!-- --> : * # [http:// ] {{{ }}} <math> </math> ----".split(),
        [
            "== 头发 ==\n'''发'''[[发|头发]]{{模板|发=发|1=头发}}<ref name=发>发</ref>\n-{zh-hans:发;zh-hant:髮}- -{发}-\n"
            "{| class=发\n|+ 发\n|-\n! 头 !! 发\n|-\n| 发 || [[文件:发.png|thumb|发]]\n|}\n",
            "* 发\n# 发\n: 发 <nowiki>发</nowiki> <!-- 发 --> [http://例.com 发] <math>发</math>\n#重定向 [[发]]\n-{H|发}-{{{发|发}}}",
        ],
    ),
    "properties": (
        ".properties",
        ["=", ":", "\\", "\\\n", "\\u53d1", "#", "!", "\n", "\r\n", " ", "\\\\", "\\u"],
        ["# 注 发\n! 发\n头 = 头发\n发:后\\\n   面\nk\\=1 发\\u53d1\\n\n\n空=\n\\u53d1=发\r\n最后"],
    ),
    "strings": (
        ".strings",
        ['"', ";", "=", "/*", "*/", "//", "\\U53d1", "\\", "\\n", "\n"],
        ['/* 注 发 */\n"键" = "头发 %@";\n// 发\n"a\\"b" = "发\\n\\U53d1";\n键 = 发;\n"c" =\n"发" ;'],
    ),
}

# For documents of any format.
EVERYWHERE = [
    b"\x00", b"\xef\xbb\xbf", b"\xff", b"\xfe\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe5\x8f", b"\x91", b"\x1b$B", b"\x1b",
    b"\r", b"\n", b"\r\n", b"\x85", b"\x0c", b"\x0b", b" ", b"\t", "　".encode(), "\u2028".encode(), "\u200b".encode(), "\u202e".encode(),
    "发".encode(), "頭髮".encode(), "\U000e0100".encode(), "\U00020000".encode(), "⿰".encode(), "😀".encode(), "\ufffd".encode(),
    b"jianfan:off", b"jianfan:on", b"jianfan:ignore-next-line", b"<!-- jianfan:off -->", b"# jianfan:off\n", b"// jianfan:off\n",
    b"https://a.tw/b,c", b"&#21457;", b"\\u53d1", b"a" * 300, "发".encode() * 200, b"\x1a", b"\x7f", b"%PDF-1.4", b"PK\x03\x04", b"\x1f\x8b\x08",
]


def is_text(data):
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return b"\x00" not in data


TEXT_EVERYWHERE = [data for data in EVERYWHERE if is_text(data)]
# Encodings to write text documents in, besides UTF-8.
ENCODINGS = ["gbk", "gb18030", "big5", "utf-16", "utf-16-be", "shift_jis"]

# Endings of office files and e-books, which are zip files.
ZIPPED = {".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp", ".epub"}
RELS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def content_types(*parts):
    overrides = "".join(f'<Override PartName="{name}" ContentType="{kind}"/>' for name, kind in parts)
    return (
        f'{HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>{overrides}</Types>'
    )


def relationships(kind, target):
    return (
        f'{HEAD}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{RELS}/{kind}" Target="{target}"/></Relationships>'
    )


def packed(entries, stored=()):
    """Returns a zip file of these entries; those in `stored` without compression."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compresslevel=1) as archive:
        for name, text in entries.items():
            info = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED
            archive.writestr(info, text)
    return out.getvalue()


def is_package(data):
    return data.startswith(b"PK\x03\x04")


@functools.cache
def read_package(data):
    """Returns the entries of a zip file as pairs."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(info.file_size for info in archive.infolist()) > 60_000:
                # Takes too long to pack thousands of times.
                return ()
            return tuple((info.filename, archive.read(info)) for info in archive.infolist())
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, OSError):
        return ()


def unpacked(data):
    """Returns the entries of a zip file by their names; none if it is not one, or large."""
    return dict(read_package(data)) if is_package(data) else {}


@functools.cache
def packages():
    """Returns minimal office files and e-books, by their endings."""
    word, sheet = "application/vnd.openxmlformats-officedocument.wordprocessingml", "application/vnd.openxmlformats-officedocument.spreadsheetml"
    docx = {
        "[Content_Types].xml": content_types(("/word/document.xml", f"{word}.document.main+xml")),
        "_rels/.rels": relationships("officeDocument", "word/document.xml"),
        "word/document.xml": f'{HEAD}<w:document xmlns:w="{WORD}"><w:body><w:p><w:r><w:t>头</w:t></w:r><w:r><w:t>发</w:t></w:r></w:p></w:body></w:document>',
        "word/media/发.png": b"\x89PNG\r\n\x1a\n",
    }
    xlsx = {
        "[Content_Types].xml": content_types(
            ("/xl/workbook.xml", f"{sheet}.sheet.main+xml"), ("/xl/worksheets/sheet1.xml", f"{sheet}.worksheet+xml"),
            ("/xl/sharedStrings.xml", f"{sheet}.sharedStrings+xml"),
        ),
        "_rels/.rels": relationships("officeDocument", "xl/workbook.xml"),
        "xl/workbook.xml": f'{HEAD}<workbook xmlns="{SHEET}" xmlns:r="{RELS}"><sheets><sheet name="发" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relationships("worksheet", "worksheets/sheet1.xml"),
        "xl/worksheets/sheet1.xml": f'{HEAD}<worksheet xmlns="{SHEET}"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>头发</t></is></c>'
        '<c r="B1"><f>"发"&amp;A1</f><v>1</v></c></row></sheetData></worksheet>',
    }
    text = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
    office = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
    odt = {
        "mimetype": "application/vnd.oasis.opendocument.text",
        "META-INF/manifest.xml": f'{HEAD}<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        '<manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.text"/></manifest:manifest>',
        "content.xml": f'{HEAD}<office:document-content xmlns:office="{office}" xmlns:text="{text}"><office:body><office:text><text:p>头'
        "<text:span>发</text:span></text:p></office:text></office:body></office:document-content>",
    }
    epub = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": f'{HEAD}<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="c.opf" media-type="application/oebps-package+xml"/></rootfiles></container>',
        "c.opf": f'{HEAD}<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>发</dc:title>'
        '<dc:language>zh</dc:language></metadata><manifest><item id="a" href="a.xhtml" media-type="application/xhtml+xml"/></manifest>'
        '<spine><itemref idref="a"/></spine></package>',
        "a.xhtml": '<html xmlns="http://www.w3.org/1999/xhtml"><head><title>发</title></head><body><p>头<b>发</b></p></body></html>',
    }
    return {
        ".docx": packed(docx), ".xlsx": packed(xlsx), ".odt": packed(odt, ["mimetype"]), ".epub": packed(epub, ["mimetype"]),
    }


def fetched(limit=20_000):
    """Returns small documents of other projects by their endings, where tests/support/suites.sh has fetched them."""
    folder = os.environ.get("JIANFAN_SUITES")
    known = {ending for ending, _, _ in TEXTS.values()} | ZIPPED | {".htm", ".markdown", ".ssa"}
    found = {}
    for path in sorted(pathlib.Path(folder).rglob("*")) if folder else []:
        if path.suffix in known and path.is_file() and 0 < path.stat().st_size <= limit:
            found.setdefault(path.suffix, []).append(path.read_bytes())
    return found


@functools.cache
def corpus():
    """Returns pairs of an ending and a list of documents; each list is of one format."""
    documents = {ending: [text.encode() for text in texts] for ending, _, texts in TEXTS.values()}
    samples = sorted((ROOT / "data/sample").glob("*.txt"))
    documents[".txt"] += [sample.read_bytes() for sample in samples]
    for ending, data in packages().items():
        documents[ending] = [data]
    for ending, more in fetched().items():
        documents[ending] = documents.get(ending, []) + more
    return documents


@functools.cache
def tokens():
    """Returns the tokens of the markup of each format, by the ending of its names."""
    return {ending: [token.encode() for token in words if token] for ending, words, _ in TEXTS.values()}
