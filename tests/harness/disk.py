#!/usr/bin/env python3
"""Runs out of space, of file size and of descriptors.

In: the right to mount a tmpfs, for one of the pieces; it is skipped without. A full disk, a limit
on the length of files, a standard output that cannot be written, and sixteen descriptors for three
hundred files: originals stay whole, failures are reported with exit code 2, and a file that fits
does not fail.

    tests/harness/disk.py [--quick|--full] COMMAND
"""

import gzip
import os
import re
import resource
import subprocess

from shared import NEW, OLD, Skipped, ending, limit, main, read_tree, scratch, short, temporaries, write_tree

LARGE = f"{OLD}，这是一行。\n".encode()
AFTER = lambda data: data.replace(OLD.encode(), NEW.encode()).replace("这".encode(), "這".encode())


def old_or_new(harness, where, folder, files, done, backups=False):
    """Checks each file and the exit code; returns the names of those that are new."""
    said = f"{ending(done.returncode)}: {short(done.stderr)}"
    now, new = read_tree(folder), set()
    for name, old in files.items():
        have = now.get(name)
        if harness.expect(have in (old, AFTER(old)), where, f"{name} is {'gone' if have is None else f'{len(have)} bytes'}, neither old nor new; {said}"):
            if have == AFTER(old):
                new.add(name)
                if backups:
                    harness.expect(now.get(f"{name}.bak") == old, where, f"{name} is new, and there is no whole backup; {said}")
        if backups and f"{name}.bak" in now:
            harness.expect(now[f"{name}.bak"] == old, where, f"{name}.bak is not the old file; {said}")
    changed = re.search(rb"(\d+) changed", done.stderr)
    count = int(changed[1]) if changed else 0
    harness.expect(count == len(new), where, f"it says that {count} files changed, and {len(new)} are new; {said}")
    harness.expect(done.returncode == (0 if len(new) == len(files) else 2), where, f"{len(new)} of {len(files)} are new; {said}")
    left = temporaries(folder)
    harness.expect(not left, where, f"temporary files are left: {short(' '.join(left), 80)}; {said}")
    return new


class Tmpfs:
    """A small file system in memory."""

    def __init__(self, folder, size):
        self.folder, self.size = folder, size

    def __enter__(self):
        self.folder.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={self.size}", "tmpfs", self.folder], capture_output=True)
        if mounted.returncode != 0:
            raise Skipped(f"a tmpfs cannot be mounted: {short(mounted.stderr)}")
        return self.folder

    def __exit__(self, *_):
        subprocess.run(["umount", self.folder], check=False)
        self.folder.rmdir()


def full_disk(harness, root):
    """The files fit once, and some of the results do not."""
    for number, (mode, fill) in enumerate((mode, fill) for mode in (["-w"], ["-w", "--backup"]) for fill in (0.3, 0.6, 0.9, 0.99)):
        with Tmpfs(root / "disk", "1m") as disk:
            room, files = int(fill * (1 << 20)), {}
            for at, share in enumerate((0.5, 0.2, 0.1, 0.05, 0.01, 0.01)):
                files[f"{at}.txt"] = LARGE * max(1, int(room * share) // len(LARGE))
            for name, data in files.items():
                (disk / name).write_bytes(data)
            for threads in ("1", "2"):
                done = harness.run("convert", "s2t", *mode, "disk", "-j", threads, cwd=root)
                where = f"a disk of 1 MiB, {fill:.0%} full, {' '.join(mode)} on {threads} threads"
                if threads == "1":
                    new = old_or_new(harness, where, disk, files, done, "--backup" in mode)
                    for name in new:
                        (disk / name).unlink()
                        (disk / name).write_bytes(files[name])
                    for backup in disk.glob("*.bak"):
                        backup.unlink()
                else:
                    old_or_new(harness, where, disk, files, done, "--backup" in mode)
        # To another directory on a disk without room: nothing half written.
        with Tmpfs(root / "disk", "64k") as disk:
            write_tree(root / "in", files)
            done = harness.run("convert", "s2t", "in", "-o", disk / "out", cwd=root)
            where = f"results of {sum(map(len, files.values()))} bytes to a disk of 64 KiB"
            results = {name: AFTER(data) for name, data in files.items()}
            for name, data in read_tree(disk / "out").items():
                harness.expect(data == results.get(name), where, f"out/{name} has {len(data)} bytes; {short(done.stderr)}")
            harness.expect(done.returncode == 2, where, f"{ending(done.returncode)}: {short(done.stderr)}")
            harness.expect(read_tree(root / "in") == files, where, "the inputs are not what they were")


def file_size(harness, root):
    """Files may not grow beyond a length; SIGXFSZ must not end the run."""
    files = {"small.txt": LARGE, "long.txt": LARGE * 40_000, "huge.txt": LARGE * 250_000, "b.txt": LARGE * 3}
    for length in (1, 1000, 300_000, 2_000_000):
        write_tree(root / "in", files)
        done = harness.run("convert", "s2t", "-w", "in", cwd=root, preexec_fn=limit(resource.RLIMIT_FSIZE, length))
        new = old_or_new(harness, f"files of at most {length} bytes", root / "in", files, done)
        fit = {name for name, data in files.items() if len(AFTER(data)) <= length}
        harness.expect(new == fit, f"files of at most {length} bytes", f"these are new: {sorted(new)}, and these fit: {sorted(fit)}")


def full_device(harness, root):
    """Standard output cannot be written, or its reader leaves."""
    if not os.path.exists("/dev/full"):
        harness.skip("there is no /dev/full")
        return
    (root / "a.txt").write_bytes(LARGE)
    (root / "long.txt").write_bytes(LARGE * 300_000)
    (root / "b.txt.gz").write_bytes(gzip.compress(LARGE))
    for arguments in (
        ["convert", "s2t"], ["convert", "s2t", "a.txt"], ["convert", "s2t", "long.txt"], ["convert", "s2t", "b.txt.gz"],
        ["convert", "s2t", "a.txt", "-o", "/dev/full"], ["convert", "s2t", "--check", "a.txt"], ["convert", "s2t", "--diff", "a.txt"],
        ["normalize", "-n", "cn"], ["detect", "a.txt"], ["inspect", "s2t", OLD], ["list", "configs"], ["--help"], ["--version"],
    ):
        with open("/dev/full", "wb") as full:
            done = harness.run(*arguments, cwd=root, stdin=LARGE, stdout=full)
        where = f"{' '.join(arguments)} > /dev/full"
        harness.expect(done.returncode == 2 and done.stderr, where, f"{ending(done.returncode)}: {short(done.stderr)}")
    # A reader that leaves is not a failure, but must not hide one.
    (root / "broken.txt").write_bytes("头发\n".encode() * 40_000 + b"\xff")
    names = ["a.txt"] * 3000 + ["broken.txt"]
    for arguments in (["-v"], ["--report", "jsonl"], ["--check"]):
        options = {"-v": ["-w"], "--report": ["-w"], "--check": []}[arguments[0]]
        done = closed_early(harness, root, names, [*arguments, *options])
        harness.expect(done == 2, f"convert {' '.join(arguments)} | head -1, and the last file fails", ending(done))


def closed_early(harness, root, names, arguments):
    """Runs with a reader that leaves after a line; returns the exit code."""
    folder = root / "many"
    write_tree(folder, {f"{at:04}-{name}": (root / name).read_bytes() for at, name in enumerate(names)})
    process = harness.start("convert", "s2t", "many", *arguments, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    process.stdout.readline()
    process.stdout.close()
    return process.wait(60)


def descriptors(harness, root):
    """Many threads and few descriptors: fewer files at a time, and no failure."""
    files = {f"{at % 3}/{at}.txt": LARGE * (1 + at % 50) for at in range(301)}
    for threads, most in harness.amount([(64, 16), (64, 64)], [(64, 16), (8, 16), (2, 16), (64, 64), (64, 100)]):
        for mode in ("-w", "-o"):
            write_tree(root / "in", files)
            arguments = ["-w"] if mode == "-w" else ["-o", f"out-{threads}-{most}"]
            done = harness.run("convert", "s2t", "in", *arguments, "-j", str(threads), cwd=root, preexec_fn=limit(resource.RLIMIT_NOFILE, most))
            where = f"{len(files)} files with {mode} -j {threads} and {most} descriptors"
            failed = re.search(rb"(\d+) failed", done.stderr)
            said = f"{int(failed[1]) if failed else 0} failed, {ending(done.returncode)}: {short(done.stderr)}"
            harness.expect(done.returncode == 0, where, said)
            if mode == "-w":
                old_or_new(harness, where, root / "in", files, done)


def check(harness):
    for each in (full_disk, file_size, full_device, descriptors):
        # On a file system in memory no thread waits for the disk with its descriptors open.
        with scratch(in_memory=each is not descriptors) as root:
            try:
                each(harness, root)
            except Skipped as reason:
                harness.skip(reason)


if __name__ == "__main__":
    main(check)
