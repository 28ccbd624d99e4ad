#!/usr/bin/env python3
"""Instructions a byte of each config, against those of the last time.

In: tests/bench/instructions.tsv, and the release build of the command. Out: a table; exit code 1 if a config takes 5% more
instructions than the file says. Time on a shared machine varies by more than that; what callgrind counts does not, for one
compiler: where another one is in use, the table is printed and nothing fails.

    tests/bench/instructions.py            compare
    tests/bench/instructions.py --save     write the file; for the commit that changes the figures
"""

import concurrent.futures
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


# Configs that have the context layer.
CONTEXT = ("s2t", "s2tw", "s2twp", "s2hk", "s2hkp")


def instructions(command, config, context, file, scratch):
    """The instructions of a whole process."""
    out = scratch / f"callgrind.{config}.{context}.{file.stem}"
    options = ["--tool=callgrind", f"--callgrind-out-file={out}"]
    done = run("valgrind", *options, command, "convert", config, "--context", context, "-e", "utf-8", "-j1", file,
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
        print("config                now  saved  change")
        files = sorted(scratch.glob("*.txt"))
        wanted = [(file, context) for file in files for context in (["off", "on"] if file.stem in CONTEXT else ["off"])]

        def per_byte(wanted):
            file, context = wanted
            count = lambda text: instructions(command, file.stem, context, text, scratch)
            return (count(file) - count(empty)) / file.stat().st_size

        # What is counted does not depend on what runs beside it.
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for (file, context), now in zip(wanted, pool.map(per_byte, wanted)):
                name = file.stem + (" with context" if context == "on" else "")
                found[name] = f"{now:.2f}"
                before = float(saved.get(name, 0))
                change = now / before - 1 if before else 0
                print(f"{name:18} {now:6.2f} {before:6.2f} {change:+7.1%}")
                if before and now > before * ALLOWED:
                    worse.append(name)
    if "--save" in sys.argv:
        SAVED.write_text(HEAD + "\n" + "".join(f"{name}\t{value}\n" for name, value in found.items()))
    elif not saved:
        sys.exit("there is no file to compare with: run it with --save")
    elif saved["compiler"] != compiler:
        print(f"not compared: the file is of {saved['compiler']}, this is {compiler}")
    elif worse:
        sys.exit(f"more than 5% more instructions: {', '.join(worse)}; if that is meant, --save and commit the file")


main()
