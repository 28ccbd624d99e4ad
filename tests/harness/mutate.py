#!/usr/bin/env python3
"""Converts damaged documents of every format with a config that changes nothing; each must come back
byte for byte.

In: the documents of seeds.py and data/sample, and those of other projects if JIANFAN_SUITES names
their folder (tests/support/suites.sh). Each is damaged by flips, cuts, repetitions, swaps and
inserted markup of its format. Thousands go into a directory, and one run writes them to another.
What comes back must be what went in, or the file must have been refused: an error or a skip, and
nothing written. With -w nothing may be touched. A difference is reported with the smallest document
found that shows it.

    tests/harness/mutate.py [--quick|--full] [--seed N] COMMAND
"""

import collections
import concurrent.futures
import json
import multiprocessing
import subprocess

import seeds
from shared import Harness, Skipped, identity_config, main, quoted, scratch, short, write_tree

BATCH = 2500
# What a batch is run with. Most go by the ending of the name; wikitext has none.
OPTIONS = [
    [],
    ["--on-invalid", "keep"],
    ["--front-matter", "--code", "--on-invalid", "keep"],
    ["--protect-common", "--keep", "发展"],
    ["-f", "wikitext", "--on-invalid", "keep"],
    ["-f", "plain", "--on-invalid", "keep"],
    ["-f", "auto", "--context", "off"],
]


class Mutator:
    """Makes documents out of documents."""

    def __init__(self, random):
        self.random = random
        self.corpus = seeds.corpus()
        self.tokens = seeds.tokens()
        # Office files take ten times as long as text.
        heavy = {ending for ending, documents in self.corpus.items() if seeds.is_package(documents[0])}
        self.endings = [ending for ending in sorted(self.corpus) for _ in range(1 if ending in heavy else 4)]

    def document(self, only=None):
        """Returns an ending and the bytes of a new document."""
        random = self.random
        ending = only or random.choice(self.endings)
        seed = random.choice(self.corpus[ending])
        if seeds.unpacked(seed) and random.random() < 0.85:
            return ending, self.package(seed)
        data = bytearray(seed)
        if len(data) > 6000 and random.random() < 0.8:
            begin = random.randrange(len(data) - 2000)
            data = data[begin : begin + random.randint(100, 4000)]
        # Most documents are to stay text: one that is refused shows little.
        whole = random.random() < 0.8
        for _ in range(random.choice((1, 1, 2, 2, 3, 4, 6, 10))):
            self.change(ending, data, whole)
        if random.random() < 0.06:
            text = bytes(data).decode("utf-8", "ignore")
            data = text.encode(random.choice(seeds.ENCODINGS), "ignore")
        return ending, bytes(data)

    def package(self, seed):
        """Returns a zip file with a change in one of its documents; in the zip file itself, most are refused at once."""
        entries = seeds.unpacked(seed)
        names = [name for name in entries if name.endswith((".xml", ".xhtml", ".opf", ".rels"))]
        if not names:
            return seed
        name = self.random.choice(names)
        data = bytearray(entries[name])
        for _ in range(self.random.choice((1, 1, 2, 4))):
            self.change(".xml", data, True)
        entries[name] = bytes(data)
        return seeds.packed(entries, ["mimetype"])

    def place(self, data, at, whole):
        """Returns a place near `at`, between two characters if they are to stay whole."""
        while whole and at < len(data) and data[at] & 0xC0 == 0x80:
            at += 1
        return min(at, len(data))

    def change(self, ending, data, whole):
        """Changes a document in one place."""
        random = self.random
        at = self.place(data, random.randrange(len(data) + 1), whole)
        end = self.place(data, at + random.choice((1, 1, 2, 3, 5, 9, 30, 200)), whole)
        kind = random.randrange(11)
        if kind == 0 and at < len(data):
            if whole:
                data[at:end] = bytes([random.randrange(0x80)])
            else:
                data[at] ^= 1 << random.randrange(8)
        elif kind == 1:
            del data[at:end]
        elif kind in (2, 3, 4):
            data[at:at] = random.choice(self.tokens.get(ending) or seeds.EVERYWHERE) * random.choice((1, 1, 1, 2, 3, 17))
        elif kind == 5:
            data[at:at] = random.choice(seeds.TEXT_EVERYWHERE if whole else seeds.EVERYWHERE)
        elif kind == 6:
            # A piece once more, here or elsewhere.
            to = self.place(data, random.randrange(len(data) + 1), whole)
            data[to:to] = data[at:end]
        elif kind == 7:
            piece = data[at:end]
            del data[at:end]
            to = self.place(data, random.randrange(len(data) + 1), whole)
            data[to:to] = piece
        elif kind == 8 and random.random() < 0.5:
            del data[at:]
        elif kind == 9:
            # Goes on as another document of the format.
            other = random.choice(self.corpus[ending])
            begin = self.place(other, random.randrange(len(other) + 1), whole)
            data[at:] = other[begin : begin + 4000]
        elif kind == 10 and at < end:
            data[at:end] = b"" if whole else data[at:end][::-1]


def differences(command, config, folder, documents, options, in_place, timeout=120):
    """Converts documents, given by name; returns pairs of a name and what is wrong with it, and the counts of outcomes.

    The name is empty where the run as a whole has failed.
    """
    write_tree(folder / "in", documents)
    inodes = {name: (folder / "in" / name).stat().st_ino for name in documents} if in_place else {}
    arguments = [command, "convert", config, "in", "-j", "1", "--no-ignore", "--report", "jsonl", *options]
    arguments += ["-w"] if in_place else ["-o", "out", "--output-encoding", "keep"]
    outcomes = collections.Counter()
    try:
        done = subprocess.run(arguments, cwd=folder, capture_output=True, stdin=subprocess.DEVNULL, timeout=timeout)
    except subprocess.TimeoutExpired:
        return [("", f"not done after {timeout} s")], outcomes
    if done.returncode not in (0, 2):
        return [("", f"exit code {done.returncode}: {short(done.stderr[-300:])}")], outcomes
    wrong, known = [], {}
    for line in done.stdout.splitlines():
        entry = json.loads(line)
        if "outcome" in entry:
            known[entry["path"][3:]] = entry
    for name, data in documents.items():
        entry = known.get(name)
        outcome = entry["outcome"] if entry else "no report"
        outcomes[outcome] += 1
        path = folder / ("in" if in_place else "out") / name
        try:
            have = path.read_bytes()
        except FileNotFoundError:
            have = None
        if entry is None:
            wrong.append((name, "there is no report of it"))
        elif have is not None and have != data:
            wrong.append((name, f"came back as other bytes, outcome {outcome}"))
        elif have is None and outcome not in ("failed", "skipped"):
            wrong.append((name, f"was not written, outcome {outcome}"))
        elif in_place and path.stat().st_ino != inodes[name]:
            wrong.append((name, "is another file of the same bytes"))
        elif have is not None and outcome == "changed":
            wrong.append((name, "came back whole, and is reported as changed"))
    return wrong, outcomes


def smallest(test, data):
    """Returns a small document for which `test` still holds, by leaving out ever smaller pieces."""
    size, tries = max(1, len(data) // 2), 0
    while size and tries < 400:
        at, smaller = 0, False
        while at < len(data) and tries < 400:
            shorter = data[:at] + data[at + size :]
            tries += 1
            if shorter != data and test(shorter):
                data, smaller = shorter, True
            else:
                at += size
        if not smaller or size > len(data):
            size //= 2
    return data


def culprit(test, documents):
    """Returns the name of one document with which `test` still holds, by halves; nothing where it takes several."""
    names = list(documents)
    while len(names) > 1:
        half = names[: len(names) // 2]
        rest = names[len(names) // 2 :]
        if test({name: documents[name] for name in half}):
            names = half
        elif test({name: documents[name] for name in rest}):
            names = rest
        else:
            return None
    return names[0]


def batch(job):
    """Makes and converts one batch; returns the counts of outcomes and what is wrong, with its smallest document."""
    command, seed, number, amount = job
    harness = Harness(command, seed=seed)
    random = harness.random("mutate", number)
    mutator = Mutator(random)
    options = OPTIONS[number % len(OPTIONS)]
    in_place = number // len(OPTIONS) % 3 == 2
    only = ".wiki" if "wikitext" in options else None
    documents = {}
    for at in range(amount):
        ending, data = mutator.document(only)
        documents[f"{at}{ending}"] = data
    found = []
    with scratch(in_memory=True) as folder:
        config = identity_config(folder)

        def wrong_with(some, timeout=120):
            return differences(command, config, folder, some, options, in_place, timeout)[0]

        wrong, outcomes = differences(command, config, folder, documents, options, in_place)
        if wrong and wrong[0][0] == "":
            name = culprit(lambda some: any(not name for name, _ in wrong_with(some, 20)), documents)
            wrong = [(name, wrong[0][1])] if name else [("", wrong[0][1])]
        seen = set()
        for name, what in wrong:
            data, ending = documents.get(name, b""), "." + name.rpartition(".")[2]
            if (ending, what) not in seen and name:
                seen.add((ending, what))
                one = f"document{ending}"
                same = lambda shorter: any(other == what or not at for at, other in wrong_with({one: shorter}, 20))
                if same(data):
                    data = smallest(same, data)
            elif name:
                # One document of a kind is enough to work on.
                data = None
            found.append((ending, what, data, " ".join(options + (["-w"] if in_place else ["-o"]))))
    return outcomes, found, amount


def check(harness):
    amount = harness.amount(20_000, 1_000_000)
    number = -(-amount // BATCH)
    jobs = [(harness.command, harness.seed, at, min(BATCH, amount - at * BATCH)) for at in range(number)]
    outcomes, kinds = collections.Counter(), set()
    with scratch() as folder:
        probe = harness.run("convert", identity_config(folder), stdin="头发".encode())
        if probe.stdout != "头发".encode():
            raise Skipped(f"the config that changes nothing does not work: {short(probe.stderr)}")
    # Not forked from a process with threads.
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(harness.jobs, mp_context=context) as pool:
        for counts, found, documents in pool.map(batch, jobs):
            if harness.checked // 100_000 < (harness.checked + documents) // 100_000:
                harness.note(f"{harness.checked + documents:,} documents")
            harness.checked += documents
            outcomes += counts
            for ending, what, data, options in found:
                if data is None or (ending, what, options) in kinds:
                    harness.problems.append((ending, what))
                    continue
                kinds.add((ending, what, options))
                harness.problem(f"{ending} with {options}", f"{what}: {quoted(data, 300)}")
    harness.note(", ".join(f"{count:,} {outcome}" for outcome, count in outcomes.most_common()))


if __name__ == "__main__":
    main(check)
