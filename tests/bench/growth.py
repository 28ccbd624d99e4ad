#!/usr/bin/env python3
"""Checks that time grows no faster than the input.

Runs the command on lines that are made to be hard (rows of one sign, of two, of several), with every pass, with what is
protected, in every format that has a scanner, and with dictionaries and terms of growing size. Each input is doubled; an
input whose instructions, without those of the start, grow by more than 2.3 times fails. Instructions are counted by
callgrind, since time on a shared machine varies.

    tests/bench/growth.py --quick            a selection, for CI
    tests/bench/growth.py                    every sign and pair, and a sample of longer ones; takes hours
    tests/bench/growth.py --sample 500       so many random cases of the long form
    tests/bench/growth.py --seed 7           another sample of the longer ones
    tests/bench/growth.py --command PATH     another build

The long form looks for suspects by processor time, which takes milliseconds a case, and counts only those.
"""

import argparse
import concurrent.futures
import itertools
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
ALLOWED = 2.3
# Fewer instructions say nothing: what is allocated in steps grows by more.
NEGLIGIBLE = 3_000_000

ASCII = [chr(code) for code in range(33, 127) if not chr(code).isalnum()]
CJK = list("、。，：；！？（）“”‘’「」『』﹁﹂﹃﹄【】《》〈〉〔〕…⋯—─―‧•・·～％／．＠＋＝︵︶々ｶﾞ①㎡")
PIECES = [
    "://", "http://a", "https://a.cn/", "--", "-->", "<!--", "&&", "$$", "{{", "}}", "{%", "${", "](", "[[", "]]: ",
    "...", "。。", "。…", "``", "\\begin{", "\\ref{", "\\a[", "\\\\", "a.b", "1.", "1,", "1:", "1:1", "@a", "#头", "^_",
    "T_T", "%(", "%1", "　", "\t", "\x1b[", "​", "­", "\0", "é", "́", "頭", "系", "⼀", "豈", ":)", ":a", "(a",
    "０", "１，", "＠a", "‘a", "[^", "</a", "<a ", "“a", "a”", "|", "*/", "/*", "':", "a`", "`a``", "头.", "头: ", " (1)",
    "\n", "“\n",
]
AROUND = ["头", "发", "a", "1", " "]
UNITS = ASCII + CJK + PIECES + AROUND
EVERY_PASS = (
    "cn,nfc,compat,width-symbols,characters,spaces,ascii-quotes,interpunct,repeat=1,spacing=add"
)
FORMATS = {
    "json": ['["', "[", '{"a":"'],
    "jsonc": ["[", "//", "/*"],
    "csv": ["a,b\n", 'a,"'],
    "srt": ["1\n00:00:01,000 --> 00:00:02,000\n"],
    "vtt": ["WEBVTT\n\n00:01.000 --> 00:02.000\n"],
    "ass": ["[Events]\nFormat: Layer, Text\nDialogue: 0,"],
    "lrc": ["[00:01.00]"],
    "po": ['msgid "a"\nmsgstr "', ""],
    "html": ["<p>", '<div a="', "<!--", "<table>"],
    "xml": ["<a>", '<a b="', "<![CDATA["],
    "markdown": ["头", "[", "> ", "<div>", "| a | b |\n|---|---|\n"],
    "mdx": ["头", "{", "<A ", "<A>"],
    "latex": ["头", "$", "\\a{", "\\verb|"],
    "wikitext": ["头", "{{", "{|\n", "[[", "-{", "<ref>"],
    "properties": ["k=头"],
    "strings": ['"k" = "头'],
}
MARKUP = [
    "[", "]", "(", "{", "}", "<", ">", "&", "$", "#", "*", "_", "`", "~", "\\", "|", '"', "'", "*a* ", "[a](", "](", "[[",
    "{{", "{|", "|}", "\n|", "\n* ", "\n> ", "<a>", "</a>", '<a b="', "<!--", "<![CDATA[", "]]>", "<?", "&#", "&a",
    "\\begin{a}", "\\a{", "'''", "<ref>", "-{", "```", "\n```\n", "http://a", "[^a]: ", "\n[a]: ", "<div>\n", "<td>",
    '{"a":', "[1,", "\\u", "/*", '""', "msgid ", '\n"a"', "{\\", "[00:01.00]", "k\\\n", "<A>{", "<>", "头",
]


class Case:
    """What is run: arguments, and what a size makes of the input and of files."""

    def __init__(self, name, arguments, text, file=None):
        self.name, self.arguments, self.text, self.file = name, arguments, text, file

    def prepare(self, size, folder):
        """Returns the command's arguments for a size; 0 is the start alone."""
        source = folder / "input"
        source.write_bytes(self.text(size).encode() if size else b"")
        arguments = list(self.arguments)
        if self.file:
            option, content = self.file
            (folder / "file").write_bytes(content(size or 1).encode())
            arguments += [option, str(folder / "file")]
        return arguments + [str(source)]


def row(unit, size):
    return unit * max(1, size // len(unit.encode()))


def lines(units):
    """Each unit in a line by itself, behind an ideograph."""
    return lambda size: "".join(f"头{row(unit, size)}\n\n" for unit in units)


def words(count):
    """Words of two to six ideographs, the same each time."""
    numbers, found = random.Random(1), set()
    while len(found) < count:
        found.add("".join(chr(0x4E00 + numbers.randrange(4000)) for _ in range(numbers.choice((2, 2, 3, 3, 4, 6)))))
    return "".join(f"{word}\t{word[::-1]}\n" for word in sorted(found))


def normalize(passes):
    return ["normalize", "-n", passes, "-f", "plain"]


OPTIONS = {
    "passes": normalize(EVERY_PASS),
    "tw": normalize("tw,spacing=remove"),
    "protect": ["convert", "s2hk", "--cantonese", "--protect-common", "-f", "plain"],
    "plain": ["convert", "s2twp", "-f", "plain"],
    "repair": ["repair", "-n", "hk", "-f", "plain"],
}


def tables():
    """Dictionaries and terms."""
    convert = ["convert", "s2t", "-f", "plain"]
    text = lambda size: "头发" * 200
    count = lambda size: size // 4
    yield Case("dictionary: words", convert, text, ("--dict", lambda size: words(count(size))))
    yield Case("dictionary: a long key", convert, text, ("--dict", lambda size: row("头", size) + "发\t甲\n"))
    yield Case("dictionary: a long key of many characters", convert, text,
               ("--dict", lambda size: "".join(chr(0x4E00 + at * 7919 % 20000) for at in range(count(size))) + "\t甲\n"))
    yield Case("dictionary: a long value", convert, text, ("--dict", lambda size: "头发\t" + row("甲", size) + "\n"))
    yield Case("dictionary: many values", convert, text, ("--dict", lambda size: "头发\t" + row("甲 ", size) + "乙\n"))
    yield Case("dictionary: one word, much text", convert, lambda size: row("头发", size), ("--dict", lambda size: "头\t甲\n"))
    yield Case("terms: a long one", convert, text, ("--keep-list", lambda size: row("头", size) + "\n"))
    yield Case("terms: many", convert, text, ("--keep-list", lambda size: re.sub("\t.*", "", words(count(size)))))
    yield Case("terms: one in another, and much text", convert, lambda size: row("头", size),
               ("--keep-list", lambda size: f"头\n{row('头', size)}发\n"))
    yield Case("pattern", convert + ["--protect", "【.*?】"], lambda size: row("【", size))


# Each was quadratic once, or is scanned with the same means.
DOCUMENTS = [
    ("markdown", "<div>", "]("), ("markdown", "头", "["), ("markdown", "头", "*a* "), ("mdx", "头", "{"), ("html", "<p>", "<"),
    ("xml", "<a>", "&"), ("latex", "头", "$"), ("wikitext", "头", "{{"), ("json", '["', "\\"), ("csv", "a,b\n", '"'),
    ("po", 'msgid "a"\nmsgstr "', "\n"), ("ass", "[Events]\nFormat: Layer, Text\nDialogue: 0,", "{\\"),
]


def document(name, head, unit):
    return Case(f"{name}: {head!r} + {unit!r}", ["convert", "s2twp", "-n", "tw", "-f", name], lambda size: head + row(unit, size))


def quick():
    """Cases, and the smaller of the two sizes."""
    for name in ("passes", "protect"):
        units = ASCII + CJK + PIECES
        for at in range(0, len(units), 12):
            some = units[at:at + 12]
            yield Case(f"{name}: lines of {' '.join(map(repr, some))}", OPTIONS[name], lines(some)), 6 << 10
    for name, head, unit in DOCUMENTS:
        yield document(name, head, unit), 16 << 10
    for case in tables():
        yield case, 12 << 10


def everything(seed):
    numbers = random.Random(seed)
    longer = ["".join(numbers.choice(UNITS) for _ in range(numbers.choice((3, 3, 3, 4, 5)))) for _ in range(4000)]
    pairs = ["".join(pair) for pair in itertools.permutations(UNITS, 2)]
    for name, arguments in OPTIONS.items():
        for unit in UNITS + pairs + longer:
            for head in ("", "头"):
                text = lambda size, head=head, unit=unit: head + row(unit, size)
                yield Case(f"{name}: {head!r} + {unit!r}", arguments, text)
    for name, heads in FORMATS.items():
        units = MARKUP + ["".join(numbers.choice(MARKUP) for _ in range(numbers.choice((2, 2, 3, 4)))) for _ in range(500)]
        for head, unit in itertools.product(heads, units):
            yield document(name, head, unit)
    yield from tables()


def instructions(command, case, size):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        arguments = case.prepare(size, folder)
        valgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/callgrind"]
        done = subprocess.run([*valgrind, command, *arguments, "-j1"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        found = re.search(rb"Collected : (\d+)", done.stderr)
        if not found:
            sys.exit(f"{case.name}: {done.stderr.decode(errors='replace')}")
        return int(found.group(1))


def growth(command, case, size, starts={}):
    """Returns the factor by which the instructions grow when the input doubles."""
    key = (tuple(case.arguments), bool(case.file))
    if key not in starts:
        starts[key] = instructions(command, case, 0)
    first, second = (instructions(command, case, size) - starts[key] for size in (size, 2 * size))
    return second / first if second > NEGLIGIBLE and first > 0 else 0


def seconds(command, case, size):
    """Returns the processor time of a run in user mode."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = case.prepare(size, pathlib.Path(folder))
        process = subprocess.Popen([command, *arguments, "-j1"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0
        return usage.ru_utime


def is_suspect(command, case):
    # An ordinary line of this length takes 3 ms.
    return seconds(command, case, 64 << 10) > 0.05


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--sample", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--command")
    options = parser.parse_args()
    command = options.command
    if not command:
        subprocess.run(["cargo", "build", "--release", "--locked", "--quiet"], check=True, cwd=ROOT)
        command = str(pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release/jianfan")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        if options.quick:
            cases = list(quick())
        else:
            cases = list(everything(options.seed))
            if options.sample:
                cases = random.Random(options.seed).sample(cases, options.sample)
            print(f"{len(cases)} cases")
            suspects = pool.map(lambda case: is_suspect(command, case), cases)
            cases = [(case, 16 << 10) for case, is_one in zip(cases, suspects) if is_one]
            print(f"{len(cases)} to count")
        grown = pool.map(lambda case: growth(command, *case), cases)
        failed = 0
        for (case, size), factor in zip(cases, grown):
            failed += factor > ALLOWED
            if factor > ALLOWED or not options.quick:
                print(f"{factor:5.2f} {case.name} at {size} bytes{' FAILED' if factor > ALLOWED else ''}")
    print(f"{len(cases) - failed} passed, {failed} failed")
    sys.exit(failed > 0)


main()
