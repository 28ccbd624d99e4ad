#!/usr/bin/env python3
"""Runs the command on the documents that take the most memory, and compares what it took with its budget.

    memory.py JIANFAN [quick]

Each document is converted under several budgets. The command must convert it or report that it needs more than the budget,
and its resident memory must stay below the budget and what the process itself takes (BASE). A death by signal is a
failure. `quick` takes small documents, and 30 seconds.
"""

import gzip
import io
import lzma
import os
import resource
import struct
import sys
import tempfile
import zipfile
import zlib

MIB = 1 << 20
# The binary, its tables, stacks, and what is not counted: 1 MiB for each document, blocks of streams.
BASE = 60 * MIB

PROSE = "他说头发很长，后面的皇后发现了这里的软件和网络，于是就把内存里的文件发给了我们。"

# A name, and what is repeated.
TEXTS = {
    "prose.md": PROSE * 3 + "\n\n",
    "bracket.md": "[",
    "star.md": "*头* ",
    "dollar.md": "$a$",
    "link.md": "[头](a)",
    "reference.md": "&amp;",
    "paragraph.md": "a\n\n",
    "list.md": "- 头\n",
    "nested.md": "> - 头\n",
    "table.md": "|头|发",
    "tag.md": "<b>",
    "definition.md": "[头]: a\n\n",
    "expression.mdx": "{a}头",
    "tag.html": "<b>",
    "bold.html": "<b>头</b>",
    "reference.html": "&amp;",
    "paragraph.html": "<p>头",
    "tag.xml": "<b>",
    "template.wiki": "{{a}}",
    "bold.wiki": "''头''",
    "link.wiki": "[[",
    "open.wiki": "{{a|头",
    "list.wiki": "*头\n",
    "comma.csv": ",",
    "cell.csv": "头,",
    "quoted.csv": '"头",',
    "quote.csv": '"\n',
    "cell.tsv": "头\t",
    "dollar.tex": "$",
    "command.tex": "\\a{头}",
    "list.json": '"头",',
    "escape.json": "\\u5934",
    "line.txt": "头",
    "letters.txt": "a",
    "newline.txt": "\n",
    "pair.properties": "a=头\n",
    "entry.po": 'msgid "a"\nmsgstr "头"\n\n',
    "tag.vtt": "<b>头",
}
HEADS = {
    "list.json": "[",
    "escape.json": '["',
    "tag.vtt": "WEBVTT\n\n00:00.000 --> 00:01.000\n",
}
TAILS = {"list.json": '""]', "escape.json": '"]'}


def text(name, size):
    unit = TEXTS[name].encode()
    head, tail = HEADS.get(name, "").encode(), TAILS.get(name, "").encode()
    return head + unit * (size // len(unit)) + tail


def format_of(name):
    """Wikitext is known by no ending."""
    return ["--format", "wikitext"] if name.endswith(".wiki") else []


def docx(unit, count):
    """A document whose main part unpacks to much more than it is packed to."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr(
            "[Content_Types].xml",
            '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.'
            'wordprocessingml.document.main+xml"/></Types>',
        )
        package.writestr(
            "_rels/.rels",
            '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            '<Relationship Id="r" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/'
            'officeDocument" Target="word/document.xml"/></Relationships>',
        )
        body = "".join(unit.replace("#", str(number % 997)) for number in range(count))
        package.writestr(
            "word/document.xml",
            '<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
            f"<w:body>{body}</w:body></w:document>",
        )
    return out.getvalue()


def xz_asking_for(dictionary):
    """An .xz file whose header asks for a dictionary of this length: a small file made by hand."""
    packed = bytearray(
        lzma.compress("头发\n".encode(), filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 16}])
    )
    # The header of the block: its size, flags, filter, length of properties, the property; checksum at its end.
    size = (packed[12] + 1) * 4
    at = packed.index(b"\x21\x01", 12) + 2
    packed[at] = next(bits for bits in range(41) if bits == 40 or (2 | bits & 1) << (bits // 2 + 11) >= dictionary)
    packed[12 + size - 4 : 12 + size] = struct.pack("<I", zlib.crc32(bytes(packed[12 : 12 + size - 4])))
    return bytes(packed)


def zstd_asking_for(log):
    """A .zst frame with a window of 2^log bytes, and one block as it is."""
    body = "头发\n".encode()
    head = struct.pack("<IBB", 0xFD2FB528, 0, (log - 10) << 3)
    return head + struct.pack("<I", len(body) << 3 | 1)[:3] + body


class Run:
    def __init__(self, exe, args, folder, stdin=None, address_space=None):
        self.args = args
        error = os.path.join(folder, "stderr")
        pid = os.fork()
        if pid == 0:
            try:
                os.chdir(folder)
                os.dup2(os.open(stdin or "/dev/null", os.O_RDONLY), 0)
                os.dup2(os.open("/dev/null", os.O_WRONLY), 1)
                os.dup2(os.open(error, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
                if address_space:
                    resource.setrlimit(resource.RLIMIT_AS, (address_space, address_space))
                os.execv(exe, [exe, *args])
            finally:
                os._exit(99)
        _, status, usage = os.wait4(pid, 0)
        self.code = os.waitstatus_to_exitcode(status)
        self.rss = usage.ru_maxrss * 1024
        with open(error, encoding="utf-8", errors="replace") as file:
            self.error = file.read()


failures = 0
runs = 0
worst = 0.0


def check(run, budget, what, codes=(0, 2)):
    global failures, runs, worst
    runs += 1
    wrong = []
    if run.code not in codes:
        wrong.append(f"exit code {run.code}")
    if run.code == 2 and "memory budget" not in run.error:
        wrong.append("failed without a word of the budget")
    if run.rss > budget + BASE:
        wrong.append(f"took {run.rss / MIB:.0f} MiB")
    worst = max(worst, (run.rss - budget) / MIB)
    if wrong:
        failures += 1
        print(f"FAILED {what} under {budget / MIB:.0f} MiB: {', '.join(wrong)}")
        print(f"    {' '.join(run.args)}\n    {run.error[:300]}", flush=True)


def main():
    exe = os.path.abspath(sys.argv[1])
    is_quick = sys.argv[2:] == ["quick"]
    budgets = [64] if is_quick else [16, 64, 256]
    sizes = [4] if is_quick else [1, 3, 6, 24]
    with tempfile.TemporaryDirectory() as folder:

        def put(name, content):
            path = os.path.join(folder, name)
            with open(path, "wb") as file:
                file.write(content)
            return name

        def both(name, what, budget, *more):
            memory = ["--memory", f"{budget}M", *format_of(name), *more]
            check(Run(exe, ["convert", "s2twp", name, "-o", "out", *memory], folder), budget * MIB, what)
            check(Run(exe, ["convert", "s2twp", name, "--diff", *memory], folder), budget * MIB, what + ", diff", (0, 1, 2))

        for name in TEXTS:
            for size in sizes:
                put(name, text(name, size * MIB))
                for budget in budgets:
                    both(name, f"{size} MiB of {name}", budget)
                    passes = ["convert", "s2tw", name, "-n", "cn", "-o", "out", "--memory", f"{budget}M", *format_of(name)]
                    check(Run(exe, passes, folder), budget * MIB, f"{size} MiB of {name}, passes")
            os.remove(os.path.join(folder, name))

        for budget in budgets:
            for unit in ["<w:p><w:r><w:t>头发#</w:t></w:r></w:p>", "<w:p/>", "<w:t>发&amp;#</w:t>"]:
                put("a.docx", docx(unit, 100_000 if is_quick else 600_000))
                both("a.docx", f"docx of {unit}", budget)
            # A megabyte that unpacks to a gigabyte.
            put("bomb.txt.gz", gzip.compress(b"\0" * (256 * MIB if is_quick else 1024 * MIB), 9))
            both("bomb.txt.gz", "gz bomb", budget, "--format", "plain")
            put("bomb.md.gz", gzip.compress(b"[" * (64 * MIB), 9))
            both("bomb.md.gz", "gz bomb of Markdown", budget)
            os.remove(os.path.join(folder, "bomb.txt.gz"))
            for dictionary in [1 << 22, 1 << 26, 1 << 30, 1 << 32]:
                put("a.txt.xz", xz_asking_for(dictionary))
                run = Run(exe, ["convert", "s2t", "a.txt.xz", "-o", "a.txt", "--memory", f"{budget}M"], folder)
                check(run, budget * MIB, f"xz dictionary of {dictionary >> 20} MiB")
                if dictionary > budget * MIB and run.code != 2:
                    check(run, 0, "a dictionary beyond the budget", (2,))
            for log in [20, 27, 30, 38]:
                put("a.txt.zst", zstd_asking_for(log))
                run = Run(exe, ["convert", "s2t", "a.txt.zst", "-o", "a.txt", "--memory", f"{budget}M"], folder)
                check(run, budget * MIB, f"zst window of 2^{log}")

        # Many at once: none of them alone is too large.
        for number in range(8):
            put(f"{number}.md", text("star.md", 400_000))
        for args in [["-o", "many"], ["--diff"], ["--check"]]:
            names = [f"{number}.md" for number in range(8)]
            run = Run(exe, ["convert", "s2twp", *names, *args, "-j", "4", "--memory", "64M"], folder)
            check(run, 64 * MIB, "8 documents at once", (0, 1))

        # One line without an end, from a pipe and from a file.
        long = 128 if is_quick else 2048
        for unit in ["头", "a", "“", "/"]:
            path = os.path.join(folder, "line.txt")
            with open(path, "wb") as file:
                for _ in range(long // 8):
                    file.write(unit.encode() * (8 * MIB // len(unit.encode())))
            for options in [[], ["-n", "cn"], ["--on-invalid", "keep"], ["--context", "on"]]:
                if options == ["-n", "cn"] and unit in "“/":
                    # What they cost with passes is time.
                    continue
                args = ["convert", "s2tw", "-", "--memory", "16M", *options]
                check(Run(exe, args, folder, stdin=path), 16 * MIB, f"one line of {long} MiB of {unit} {options}", (0,))
            os.remove(path)

        # A low limit of the address space lowers the budget: the document fails, and not the process.
        for name in ["bracket.md", "bold.html", "comma.csv"]:
            put(name, text(name, 8 * MIB))
            for limit in [256, 400]:
                run = Run(exe, ["convert", "s2t", name, "-o", "out", "-j", "2"], folder, address_space=limit * MIB)
                check(run, limit * MIB, f"{name} in an address space of {limit} MiB")

    print(f"{runs} runs, {failures} failed; at most {worst:.0f} MiB above the budget")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
