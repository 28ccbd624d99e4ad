"""What the parts of the harness share: arguments, scratch folders, running the command, and a list of
problems.

Each part is a module with a function `check(harness)`; `main(check)` makes it a script of its own.
"""

import argparse
import contextlib
import os
import pathlib
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
# What the names of temporary files of the command begin with.
TEMPORARY = ".jianfan-"
OLD, NEW = "头发后面", "頭髮後面"
# A broken command has thousands of problems of the same kind.
SHOWN = 12


class Skipped(Exception):
    """This machine cannot run a part, or a piece of one; the reason is printed."""


class Harness:
    """The command under test, the form of the run, and the problems found so far."""

    def __init__(self, command, form="quick", seed=1, jobs=None):
        self.command = pathlib.Path(command).resolve()
        self.form = form
        self.seed = seed
        self.jobs = jobs or os.cpu_count() or 1
        self.problems = []
        self.checked = 0
        self.skipped = []

    def amount(self, quick, full):
        """Returns the number for this form of the run."""
        return full if self.form == "full" else quick

    def random(self, *name):
        """Returns a generator of its own for each name, so that a part does not depend on the others."""
        return random.Random(repr((self.seed, *name)))

    def problem(self, where, what):
        self.problems.append((where, what))
        if len(self.problems) <= SHOWN:
            print(f"  FAILED {where}\n         {what}", flush=True)
        elif len(self.problems) == SHOWN + 1:
            print("  … more are counted only", flush=True)

    def expect(self, holds, where, what):
        """Counts a check, and a problem where it does not hold; returns whether it does."""
        self.checked += 1
        if not holds:
            self.problem(where, what)
        return holds

    def skip(self, reason):
        self.skipped.append(reason)
        print(f"  skipped: {reason}", flush=True)

    def note(self, text):
        print(f"  {text}", flush=True)

    def run(self, *arguments, cwd=None, stdin=b"", wrapper=(), timeout=120, **options):
        """Runs the command to its end; returns the completed process with bytes of both outputs."""
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", subprocess.PIPE)
        return subprocess.run([*wrapper, self.command, *arguments], cwd=cwd, input=stdin, timeout=timeout, **options)

    def start(self, *arguments, cwd=None, **options):
        """Starts the command without waiting for it."""
        for name in ("stdout", "stderr"):
            options.setdefault(name, subprocess.PIPE)
        options.setdefault("stdin", subprocess.DEVNULL)
        return subprocess.Popen([self.command, *arguments], cwd=cwd, **options)


@contextlib.contextmanager
def scratch(in_memory=False):
    """A folder that is removed at the end; in memory where the machine has such a place."""
    memory = pathlib.Path("/dev/shm")
    parent = memory if in_memory and os.access(memory, os.W_OK) else None
    folder = pathlib.Path(tempfile.mkdtemp(prefix="jianfan-harness-", dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_tree(folder, files):
    """Writes files, given as bytes by their relative names, and removes everything else."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def read_tree(folder):
    """Returns the bytes of all files below a folder, hidden ones too, by their relative names."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


def temporaries(folder):
    """Returns the names of temporary files of the command below a folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob(f"{TEMPORARY}*"))


def short(data, length=160):
    """Returns bytes as text for a message."""
    text = data.decode("utf-8", "backslashreplace") if isinstance(data, bytes) else str(data)
    text = text.strip().replace("\n", " | ")
    return text if len(text) <= length else f"{text[:length]}…"


def quoted(data, length=160):
    """Returns bytes as a Python string to try again with, cut to a length."""
    try:
        text = repr(data.decode())
    except UnicodeDecodeError as error:
        # A piece that ends inside a character is text all the same.
        is_cut = error.reason == "unexpected end of data"
        text = repr(data[: error.start].decode()) if is_cut and length < 100 else repr(data)
    return text if len(text) <= length else f"{text[:length]}… ({len(data)} bytes)"


def ending(code):
    """Returns an exit code in words."""
    if code < 0:
        with contextlib.suppress(ValueError):
            return f"killed by {signal.Signals(-code).name}"
    return f"exit code {code}"


def identity_config(folder):
    """Writes a config that changes nothing, and returns its path: its one entry maps a private character to itself."""
    source = ROOT / "tests/support"
    for name in ("nothing.json", "nothing.txt"):
        shutil.copyfile(source / name, folder / name)
    return folder / "nothing.json"


def limit(kind, value):
    """Returns a function that sets a resource limit in a child process."""
    return lambda: resource.setrlimit(kind, (value, value))


def arguments(description):
    parser = argparse.ArgumentParser(description=description)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--quick", action="store_const", dest="form", const="quick", help="a sample; the default")
    form.add_argument("--full", action="store_const", dest="form", const="full", help="everything")
    parser.add_argument("--seed", type=int, default=1, help="of all random choices [default: 1]")
    parser.add_argument("--jobs", type=int, help="runs at a time [default: one per processor]")
    parser.add_argument("command", metavar="COMMAND", help="path of a built jianfan")
    parser.set_defaults(form="quick")
    return parser


def check_command(command):
    if not os.access(command, os.X_OK):
        sys.exit(f"{command} is not an executable; build one with: cargo build --release")


def perform(name, check, harness):
    """Runs a part, prints the verdict, and returns whether it passed."""
    print(f"== {name}", flush=True)
    started = time.monotonic()
    try:
        check(harness)
    except Skipped as reason:
        harness.skip(reason)
    seconds = time.monotonic() - started
    problems = len(harness.problems)
    verdict = "passed" if not problems else f"FAILED with {problems} problems"
    if harness.skipped and not harness.checked:
        verdict = "skipped"
    print(f"   {name}: {verdict}; {harness.checked:,} checks in {seconds:.0f} s", flush=True)
    return not problems


def main(check):
    """The main function of a part."""
    part = pathlib.Path(sys.argv[0])
    parser = arguments(sys.modules[check.__module__].__doc__.partition("\n\n")[0])
    options = parser.parse_args()
    check_command(options.command)
    harness = Harness(options.command, options.form, options.seed, options.jobs)
    sys.exit(not perform(part.stem, check, harness))
