#!/usr/bin/env python3
"""Instructions a byte of each config, against those of the last time.

In: tests/bench/instructions.tsv, and the release build of the command. Out: a table; exit code 1 if a config takes 5% more
instructions than the file says. Time on a shared machine varies by more than that; what callgrind counts does not, for one
compiler: where another one is in use, the table is printed and nothing fails.

    tests/bench/instructions.py            compare
    tests/bench/instructions.py --save     write the file; for the commit that changes the figures
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SAVED = ROOT / "tests/bench/instructions.tsv"
ALLOWED = 1.05
HEAD = "# Instructions a byte of prose, one thread, whole command without its start; see instructions.py."


def run(*command, **options):
    return subprocess.run([str(part) for part in command], check=True, cwd=ROOT, **options)


def instructions(command, config, file, scratch):
    """The instructions of a whole process."""
    out = scratch / "callgrind.out"
    options = ["--tool=callgrind", f"--callgrind-out-file={out}"]
    done = run("valgrind", *options, command, "convert", config, "-e", "utf-8", "-j1", file,
               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    return int(re.search(r"Collected : (\d+)", done.stderr).group(1))


def main():
    run("cargo", "build", "--release", "--locked", "--quiet")
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    command = target / "release/jianfan"
    compiler = run("rustc", "-V", stdout=subprocess.PIPE, text=True).stdout.strip()
    lines = SAVED.read_text().splitlines() if SAVED.exists() else []
    saved = dict(line.split("\t") for line in lines if line and not line.startswith("#"))
    found, worse = {"compiler": compiler}, []
    with tempfile.TemporaryDirectory() as folder:
        scratch = pathlib.Path(folder)
        run("cargo", "bench", "--locked", "--quiet", "--bench", "convert", "--", "--write", scratch)
        empty = scratch / "empty"
        empty.touch()
        print("config    now  saved  change")
        for file in sorted(scratch.glob("*.txt")):
            config = file.stem
            start = instructions(command, config, empty, scratch)
            per_byte = (instructions(command, config, file, scratch) - start) / file.stat().st_size
            found[config] = f"{per_byte:.2f}"
            before = float(saved.get(config, 0))
            change = per_byte / before - 1 if before else 0
            print(f"{config:6} {per_byte:6.2f} {before:6.2f} {change:+7.1%}")
            if before and per_byte > before * ALLOWED:
                worse.append(config)
    if "--save" in sys.argv:
        SAVED.write_text(HEAD + "\n" + "".join(f"{name}\t{value}\n" for name, value in found.items()))
    elif not saved:
        sys.exit("there is no file to compare with: run it with --save")
    elif saved["compiler"] != compiler:
        print(f"not compared: the file is of {saved['compiler']}, this is {compiler}")
    elif worse:
        sys.exit(f"more than 5% more instructions: {', '.join(worse)}; if that is meant, --save and commit the file")


main()
