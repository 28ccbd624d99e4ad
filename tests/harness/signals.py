#!/usr/bin/env python3
"""Ends runs by signals at random moments, and runs two at once over one directory.

After SIGINT, SIGTERM and SIGHUP each file must be the old one or the new one, what was finished
must be kept, no temporary file may be left, and the exit code must be 128 and the number of the
signal. After SIGKILL a second run must finish the rest, and leave nothing behind. Two runs at once
must both end, with every file converted and none lost.

    tests/harness/signals.py [--quick|--full] COMMAND
"""

import collections
import gzip
import lzma
import re
import signal
import subprocess
import time

from shared import NEW, OLD, ending, main, read_tree, scratch, short, temporaries, write_tree

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL]
# Two conversions in a row give another result than one: 甲 → 乙 → 丙.
TWICE = "甲\t乙\n乙\t丙\n"


def quick_files():
    """A few hundred files of mixed sizes."""
    files = {}
    for at in range(320):
        lines = [0, 1, 7, 90, 1200][at % 5] * (1 + at % 3) if at % 80 else 60_000
        name = f"{at % 9}/{at}.{['txt', 'md', 'html'][at % 3]}"
        files[name] = f"{OLD}\n".encode() * lines
    # Large enough to be converted in pieces, by all threads.
    files["large.txt"] = f"{OLD} and so on\n".encode() * 250_000
    files["packed.txt.gz"] = gzip.compress(f"{OLD}\n".encode() * 3000, mtime=0)
    return files


def slow_files():
    """Files that take seconds: xz compresses a few megabytes a second."""
    lines = "".join(f"{OLD} {at * at * 7919 % 10007}\n" for at in range(12_000)).encode()
    packed = lzma.compress(lines, preset=0)
    return {f"{at % 4}/{at}.txt.xz": packed for at in range(48)}


class Directory:
    """A directory of documents, with what they are before and after a run."""

    def __init__(self, harness, folder, files, arguments):
        self.harness, self.folder, self.old = harness, folder, files
        self.arguments = ["convert", "s2t", "-w", "in", *arguments]
        self.inside = folder / "in"
        write_tree(self.inside, files)
        started = time.monotonic()
        done = harness.run(*self.arguments, cwd=folder)
        self.seconds = time.monotonic() - started
        self.new = {name: data for name, data in read_tree(self.inside).items() if name in files}
        self.changing = {name for name in files if self.new[name] != files[name]}
        harness.expect(done.returncode == 0, "a run without a signal", f"{ending(done.returncode)}: {short(done.stderr)}")
        for name in self.changing:
            if NEW.encode() not in self.new[name] and not name.endswith(("z", "zst")):
                harness.problem("a run without a signal", f"{name} was not converted")

    def restore(self):
        write_tree(self.inside, self.old)

    def state(self, where, backups=False):
        """Checks that each file is old or new, and returns the names of those that are new."""
        now, new = read_tree(self.inside), set()
        for name, old in self.old.items():
            have = now.pop(name, None)
            if have == self.new[name] and name in self.changing:
                new.add(name)
                if backups:
                    self.harness.expect(now.get(f"{name}.bak") == old, where, f"{name} is new, and its backup is not the old file")
            elif have != old:
                size = "gone" if have is None else f"{len(have)} bytes, neither old ({len(old)}) nor new ({len(self.new[name])})"
                self.harness.problem(where, f"{name} is {size}")
            if backups:
                kept = now.pop(f"{name}.bak", old)
                self.harness.expect(kept == old, where, f"{name}.bak is not the old file")
        for name in now:
            if ".jianfan-" not in name:
                self.harness.problem(where, f"{name} should not be there")
        return new


def interrupted(harness, directory, number, moment, backups, where):
    """One run that a signal ends; returns how many files were finished, or nothing where the run was over before."""
    directory.restore()
    arguments = [*directory.arguments, "-v", *(["--backup"] if backups else [])]
    process = harness.start(*arguments, cwd=directory.folder, stdout=subprocess.DEVNULL)
    time.sleep(moment)
    process.send_signal(number)
    try:
        _, stderr = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        harness.problem(where, "the process goes on a minute after the signal")
        return None
    code, stderr = process.returncode, stderr.decode("utf-8", "replace")
    last = stderr.strip().rpartition("\n")[2]
    new = directory.state(where, backups)
    is_whole = new == directory.changing
    for name in re.findall(r"^changed: in/(\S+)", stderr, re.MULTILINE):
        harness.expect(name in new or name not in directory.changing, where, f"{name} is reported as changed, and is the old file")

    if number == signal.SIGKILL:
        harness.expect(code in (0, -9), where, f"{ending(code)}: {short(last)}")
        second = harness.run(*directory.arguments, *(["--backup"] if backups else []), cwd=directory.folder)
        again = f"{where}, then the second run"
        harness.expect(second.returncode == 0, again, f"{ending(second.returncode)}: {short(second.stderr)}")
        rest = directory.changing - directory.state(again, backups)
        harness.expect(not rest, again, f"{len(rest)} files are still old: {short(' '.join(sorted(rest)), 60)}")
        left = temporaries(directory.inside)
        harness.expect(not left, again, f"{len(left)} temporary files are left: {short(' '.join(left), 60)}")
    else:
        early = code == -number and not new
        harness.expect(
            code == 128 + number or early or (code == 0 and is_whole), where, f"{ending(code)}, {len(new)} new files: {short(last)}"
        )
        left = temporaries(directory.inside)
        harness.expect(not left, where, f"{len(left)} temporary files are left: {short(' '.join(left), 60)}")
        claimed = re.search(r"(\d[\d,]*) of (\d[\d,]*)", last)
        if claimed and code != 0:
            count = int(claimed[1].replace(",", ""))
            kept = len(new) + len(directory.old) - len(directory.changing)
            harness.expect(count <= kept, where, f"it says that {count} files are done, and {len(new)} are new: {short(last)}")
    return None if code == 0 or is_whole else len(new)


def at_random(harness, folder):
    rounds = harness.amount(16, 136)
    random = harness.random("signals")
    directory = Directory(harness, folder, quick_files(), ["-j", "2"])
    ended = collections.Counter()
    for at in range(rounds):
        number = SIGNALS[at % 4]
        moment = random.uniform(0, directory.seconds)
        where = f"{number.name} after {moment * 1000:.0f} of {directory.seconds * 1000:.0f} ms, round {at}"
        kept = interrupted(harness, directory, number, moment, at % 3 == 2, where)
        ended["over before" if kept is None else "ended"] += 1
    harness.note(f"{rounds} signals over {len(directory.old)} files: {ended['ended']} runs ended by them, {ended['over before']} over before")
    harness.expect(ended["ended"] > rounds // 8, "signals", "hardly any run was still going; the machine is too fast for these files")


def finished_work(harness, folder):
    """A run that has been busy for a while must not lose what it has finished."""
    rounds = harness.amount(4, 32)
    random = harness.random("finished")
    directory = Directory(harness, folder, slow_files(), ["-j", "2"])
    kept = collections.defaultdict(list)
    for at in range(rounds):
        number = SIGNALS[at % 4]
        # A finished file waits for the others of its group for half a second at most.
        moment = random.uniform(max(0.5 * directory.seconds, min(0.9, 0.8 * directory.seconds)), 0.9 * directory.seconds)
        where = f"{number.name} after {moment:.2f} of {directory.seconds:.2f} s, {len(directory.old)} slow files, round {at}"
        count = interrupted(harness, directory, number, moment, False, where)
        if count is not None:
            kept[number.name].append(count)
    for name, counts in kept.items():
        harness.expect(
            any(counts), name, f"{len(counts)} runs were ended after half of their time, and none has kept a finished file"
        )
    total = len(directory.old)
    harness.note("; ".join(f"{name} kept {', '.join(map(str, counts))} of {total}" for name, counts in kept.items()))


def two_at_once(harness, folder):
    rounds = harness.amount(3, 24)
    random = harness.random("two")
    (folder / "words.txt").write_text(TWICE)
    files = {f"{at % 5}/{at}.txt": ("甲头发\n" * (1 + at * at % 400)).encode() for at in range(300)}
    arguments = ["convert", "s2t", "-w", "in", "--dict", "words.txt", "-j", "2"]
    once, twice = ("{}頭髮\n".format(word) for word in "乙丙")
    again = 0
    for at in range(rounds):
        write_tree(folder / "in", files)
        where = f"two runs at once, round {at}"
        first = harness.start(*arguments, cwd=folder)
        time.sleep(random.uniform(0, 0.03))
        second = harness.start(*arguments, cwd=folder)
        for process in (first, second):
            _, stderr = process.communicate(timeout=120)
            # A file that the other run has replaced meanwhile is a failure that is reported, and no
            # loss.
            excused = process.returncode == 2 and not re.search(
                rb"error: (?!.*(changed|exists|being converted|in use|no such file))", stderr, re.IGNORECASE
            )
            harness.expect(process.returncode == 0 or excused, where, f"{ending(process.returncode)}: {short(stderr)}")
        now = read_tree(folder / "in")
        for name, old in files.items():
            lines = old.count(b"\n")
            have = now.pop(name, b"")
            # The second run may read what the first has finished, as it would if it came later.
            again += have == twice.encode() * lines
            harness.expect(
                have in (once.encode() * lines, twice.encode() * lines), where, f"{name} was not converted, or is damaged: {short(have, 40)!r}"
            )
        harness.expect(not now, where, f"these should not be there: {short(' '.join(now), 60)}")
    harness.note(f"{rounds} times two runs at once; {again} of {rounds * len(files)} files were read by the second after the first had finished them")


def check(harness):
    for each in (at_random, finished_work, two_at_once):
        with scratch() as folder:
            each(harness, folder)


if __name__ == "__main__":
    main(check)
