#!/usr/bin/env python3
"""Passes one text to the command in every way in which a text can arrive; the result must be the same
bytes.

In: the documents of seeds.py, whole and damaged, and prose with quotations over several lines; some
in other charsets. A file on one thread is what the others are compared with: the file on several
threads, as standard input, through a pipe in pieces that end anywhere, also inside a character,
with pauses between them, compressed as gz, zst and xz, and with --line-buffered, to standard
output, to a file and in place. The exit code must be the same too.

    tests/harness/arrival.py [--quick|--full] [--seed N] COMMAND
"""

import concurrent.futures
import gzip
import lzma
import subprocess
import threading
import time

import seeds
from mutate import Mutator, smallest
from shared import main, quoted, scratch, short

COMMANDS = [
    ["convert", "s2t"], ["convert", "s2t", "--exact"], ["convert", "t2s"], ["convert", "s2twp"], ["convert", "tw2sp"], ["convert", "s2hk"],
    ["convert", "t2s", "-n", "cn"], ["convert", "s2tw", "-n", "tw"], ["convert", "s2hkp", "-n", "hk"], ["convert", "t2s", "-n", "clean"],
    ["normalize", "-n", "cn"], ["normalize", "-n", "tw"], ["normalize"], ["repair"], ["convert", "s2t", "--protect-common"],
    ["convert", "s2t", "--keep", "后面"],
]
WORDS = [
    "头发", "皇后在后面", "裡面的軟體", "三十只鸡", "理发了", "干", "他说", "，", ",", "。", "...", "——", "--", "１２", "：", ":", "https://a.tw/b,c", " ", "　", "a",
    "1.5", "喺", "系", "⿰氵每", "é", "😀", "*", "_", "/", "\t", "-", "\u200b", "\ufeff", "本", "’", "”", "「", "\n",
]

# Regressions: ending, document, arguments. They come first in every run.
KNOWN = [
    (".txt", "本‘\n‘\n’\n头’\n".encode(), ["normalize", "-n", "cn"]),
    (".txt", ("他说“头发\n后面”，‘本’。\n\n“没有完\n" * 6000).encode(), ["normalize", "-n", "cn"]),
    (".txt", ("# jianfan:off\n头发\n\n头发\n# jianfan:on\n头发\n\n头发\n" * 3).encode(), ["convert", "s2t"]),
    (".txt", ("头发\n# jianfan:off\n头发" + "，头发" * 40_000 + "\n# jianfan:on\n头发\n").encode(), ["convert", "s2t"]),
    (".txt", "“头\xff发\n后”面’\n".encode().replace(b"\xc3\xbf", b"\xff"), ["convert", "s2t", "-n", "tw", "--on-invalid", "keep"]),
    (".txt", ("这是没有记号的文字，头发后面。\n" * 30).encode("utf-16-le"), ["convert", "s2t"]),
    (".txt", ("这是没有记号的文字，头发后面。\n" * 30_000).encode("utf-16-be"), ["convert", "s2t"]),
    (".md", ("“头发\n后面”\n\n- ‘头\n  发’\n" * 4000).encode(), ["convert", "s2tw", "-n", "tw"]),
]


def zstd(data):
    """Returns a zstd frame of blocks without compression, which every reader of the format takes."""
    frame = bytearray(b"\x28\xb5\x2f\xfd\xa0") + len(data).to_bytes(4, "little")
    pieces = [data[at : at + (1 << 17)] for at in range(0, len(data), 1 << 17)] or [b""]
    for at, piece in enumerate(pieces):
        is_last = at == len(pieces) - 1
        frame += (len(piece) << 3 | is_last).to_bytes(3, "little") + piece
    return bytes(frame)


def members(data):
    """Returns a gz file of two members, as appending makes them."""
    return gzip.compress(data[: len(data) // 2], 1, mtime=0) + gzip.compress(data[len(data) // 2 :], 1, mtime=0)


def prose(random):
    """Returns prose with quotations and kept parts, of which some go over several lines and some have no end."""
    pairs = ["‘’", "‘’", "“”", "“”", "「」", "『』", '""', "''", "（）", "()", ("\n# jianfan:off\n", "\n# jianfan:on\n"), ("<b>", "</b>"), "``"]
    words = lambda: "".join(random.choice(WORDS) for _ in range(random.choice((1, 2, 3, 8))))

    def piece(depth=0):
        begin, end = random.choice(pairs)
        inner = words() + random.choice(("", "", "\n", "\r\n", "\n\n")) + words()
        if depth < 3 and random.random() < 0.4:
            inner += piece(depth + 1)
        return words() + begin + inner + (end if random.random() < 0.9 else "") + random.choice(("", "，", "。\n", "\n\n", "\r\n"))

    return "".join(piece() for _ in range(random.choice((1, 2, 5, 20))))


class Text:
    """A document, and how it is to be converted."""

    def __init__(self, random, mutator, known=None):
        if known:
            self.ending, self.data, self.arguments = known
            return
        kind = random.random()
        if kind < 0.4:
            self.ending, self.data = ".txt", prose(random).encode()
        elif kind < 0.75:
            self.ending, self.data = mutator.document()
        else:
            self.ending = random.choice(mutator.endings)
            self.data = random.choice(mutator.corpus[self.ending])
        if random.random() < 0.1 and self.ending in (".txt", ".md", ".srt", ".csv", ".jsonl", ".html", ".wiki") and self.data:
            # Longer than what is read at once.
            self.data *= random.randint(250_000, 600_000) // len(self.data) + 1
        if random.random() < 0.1:
            text = self.data.decode("utf-8", "ignore")
            self.data = text.encode(random.choice([*seeds.ENCODINGS, "utf-16-le"]), "ignore")
        self.arguments = list(random.choice(COMMANDS))
        if random.random() < 0.3:
            self.arguments += ["--on-invalid", random.choice(["keep", "replace"])]
        if self.ending == ".wiki":
            self.arguments += ["-f", "wikitext"]


def pieces(random, data):
    """Cuts bytes in a few places; most cuts are near a character of several bytes."""
    wide = [at for at in range(1, len(data)) if data[at] & 0xC0 == 0x80] if len(data) < 100_000 else []
    cuts = set()
    for _ in range(random.choice((1, 1, 2, 3, 8))):
        cuts.add(random.choice(wide) if wide and random.random() < 0.7 else random.randint(0, len(data)))
    edges = [0, *sorted(cuts), len(data)]
    return [data[a:b] for a, b in zip(edges, edges[1:])]


def through_pipe(harness, arguments, some, pause, folder):
    """Runs with standard input that comes in pieces."""
    process = harness.start(*arguments, cwd=folder, stdin=subprocess.PIPE)
    outputs = {}

    def feed():
        try:
            for at, piece in enumerate(some):
                if at:
                    time.sleep(pause)
                process.stdin.write(piece)
                process.stdin.flush()
            process.stdin.close()
        except BrokenPipeError:
            # The command has refused the part that it has seen.
            pass

    def drain(stream):
        outputs[stream] = stream.read()
        stream.close()

    threads = [threading.Thread(target=feed)]
    threads += [threading.Thread(target=drain, args=[stream]) for stream in (process.stdout, process.stderr)]
    for thread in threads:
        thread.start()
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()
    for thread in threads:
        thread.join()
    return subprocess.CompletedProcess(arguments, process.wait(), outputs[process.stdout], outputs[process.stderr])


def ways(harness, text, random, folder):
    """Yields each way of arrival, with what came of it, and how to repeat it for other bytes where nothing is left to chance."""
    name = f"text{text.ending}"
    base = text.arguments
    as_stdin = [*base, "--stdin-filename", name]

    def file(data, *options, packing=None, suffix=""):
        path = folder / f"text{text.ending}{suffix}"
        path.write_bytes(packing(data) if packing else data)
        return harness.run(*base, path.name, *options, cwd=folder)

    def written(data):
        (folder / name).write_bytes(data)
        done = harness.run(*base, name, "-o", "out", "--output-encoding", "utf-8", "--bom", "keep", cwd=folder)
        out = folder / "out"
        done.stdout = out.read_bytes() if out.exists() else b""
        out.unlink(missing_ok=True)
        return done

    def redirected(data):
        (folder / name).write_bytes(data)
        with open(folder / name, "rb") as stdin:
            return subprocess.run([harness.command, *as_stdin], cwd=folder, stdin=stdin, capture_output=True, timeout=60)

    yield "a file on one thread", file, lambda data: file(data, "-j", "1")
    yield "a file on two threads", file, lambda data: file(data, "-j", "2")
    yield "a file to a file", written, written
    yield "standard input from a file", redirected, redirected
    # An office file is compressed already, and refused where it is so twice.
    is_package = text.ending in seeds.ZIPPED or seeds.is_package(text.data)
    if not is_package:
        yield "a gz file", file, lambda data: file(data, packing=members, suffix=".gz")
        yield "a zst file", file, lambda data: file(data, packing=zstd, suffix=".zst")
        yield "an xz file", file, lambda data: file(data, packing=lambda data: lzma.compress(data, preset=0), suffix=".xz")
    for options in (["-j", "1"], ["-j", "2"], ["--line-buffered"]):
        some, pause = pieces(random, text.data), random.choice((0, 0.001, 0.004))
        lengths = " + ".join(str(len(piece)) for piece in some)
        yield (
            f"a pipe with {' '.join(options)}, {lengths} bytes and {pause * 1000:.0f} ms between",
            None,
            lambda data, some=some, pause=pause, options=options: through_pipe(harness, [*as_stdin, *options], some, pause, folder),
        )
    if is_package:
        return
    packed = random.choice((members, zstd))(text.data)
    some = pieces(random, packed)
    yield "a compressed pipe", None, lambda data: through_pipe(harness, as_stdin, some, 0.001, folder)


def differs(expected, done):
    """Returns what is different between two results, or nothing."""
    if done.returncode != expected.returncode:
        return f"exit code {done.returncode} and not {expected.returncode}: {short(done.stderr or expected.stderr)}"
    # Of a long text that is refused, standard output has what came before.
    if expected.returncode == 0 and done.stdout != expected.stdout:
        at = next((at for at, (a, b) in enumerate(zip(done.stdout, expected.stdout)) if a != b), min(len(done.stdout), len(expected.stdout)))
        while at and at < len(expected.stdout) and expected.stdout[at] & 0xC0 == 0x80:
            at -= 1
        return f"the result goes on at byte {at} with {quoted(done.stdout[at : at + 30], 60)} and not {quoted(expected.stdout[at : at + 30], 60)}"
    return None


def one(harness, number):
    """Takes one text through all ways; returns how many there were, and what is wrong."""
    random = harness.random("arrival", number)
    text = Text(random, Mutator(random), KNOWN[number] if number < len(KNOWN) else None)
    wrong, count, expected = [], 0, None
    with scratch(in_memory=True) as folder:
        for way, repeat, run in ways(harness, text, random, folder):
            done = run(text.data)
            count += 1
            if expected is None:
                expected, reference = done, run
                if done.returncode not in (0, 2):
                    wrong.append((way, text, text.data, f"exit code {done.returncode}: {short(done.stderr)}"))
                continue
            what = differs(expected, done)
            if what:
                data = text.data
                if repeat and len(data) < 20_000:
                    data = smallest(lambda shorter: bool(differs(reference(shorter), run(shorter))), data)
                wrong.append((way, text, data, what))
    return count, wrong


def check(harness):
    amount = harness.amount(60, 3000)
    runs = 0
    with concurrent.futures.ThreadPoolExecutor(harness.jobs) as pool:
        for count, wrong in pool.map(lambda number: one(harness, number), range(amount)):
            runs += count
            harness.checked += count
            for way, text, data, what in wrong:
                harness.problem(f"{text.ending} as {way}: {' '.join(text.arguments)}", f"{what}; the text: {quoted(data)}")
    harness.note(f"{amount} texts, {runs} runs")


if __name__ == "__main__":
    main(check)
