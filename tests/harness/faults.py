#!/usr/bin/env python3
"""Lets each system call of a run fail in turn, and checks the files, the exit code and the messages.

In: strace, which makes the N-th call of a kind return an error without being executed. A first run
under strace lists the calls that are made once the inputs are known (those of the loader and the
runtime before are not ours). Each of them fails once with each error that fits. After every run
each file must be the old one or the new one, byte for byte, what is reported as changed must be
changed, an exit code of 0 must mean that nothing is missing, and no temporary file may be left,
except when the call that failed was the one that removes it. Allocations may end the process; then
the files must be whole all the same.

    tests/harness/faults.py [--quick|--full] COMMAND
"""

import collections
import concurrent.futures
import dataclasses
import gzip
import json
import os
import re
import shutil
import signal
import subprocess
import threading

from shared import NEW, OLD, TEMPORARY, Skipped, ending, main, read_tree, scratch, short, write_tree

# Errors by what a call does. A call that is in no group fails with OTHER.
ERRORS = {
    "open openat openat2 creat": "EIO ENOSPC EDQUOT EACCES ENOMEM EINTR EMFILE",
    "read pread64 readv preadv preadv2": "EIO EINTR EAGAIN ENOMEM",
    "write pwrite64 writev pwritev pwritev2 sendto sendmsg": "EIO ENOSPC EDQUOT EINTR EAGAIN EPIPE",
    "copy_file_range sendfile splice": "EIO ENOSPC EDQUOT",
    "close": "EIO ENOSPC EDQUOT EINTR",
    "fsync fdatasync syncfs sync_file_range": "EIO ENOSPC EDQUOT EINTR",
    "rename renameat renameat2 link linkat symlink symlinkat": "EIO ENOSPC EDQUOT EACCES",
    "mkdir mkdirat": "EIO ENOSPC EDQUOT EACCES",
    "unlink unlinkat rmdir": "EIO EACCES",
    "fchmod fchmodat fchmodat2 chmod fchown fchownat chown utimensat setxattr fsetxattr": "EIO EACCES ENOSPC",
    "ftruncate fallocate": "EIO ENOSPC EDQUOT",
    "stat fstat lstat newfstatat statx access faccessat faccessat2 readlink readlinkat": "EIO EACCES ENOMEM",
    "getdents getdents64 getcwd lseek statfs fstatfs flock fcntl": "EIO ENOMEM",
    "mmap mremap brk mprotect munmap madvise": "ENOMEM",
    "clone clone3 fork vfork": "EAGAIN ENOMEM",
    "getrandom recvfrom recvmsg poll ppoll epoll_wait pselect6 wait4": "EINTR EAGAIN",
    "ioctl": "EIO",
    "socketpair pipe2 eventfd2 epoll_create1": "EMFILE ENOMEM",
}
OTHER = "EIO"
# The kernel does not refuse these, or the process could not react. A futex that wakes nobody and
# says so does not exist either.
NEVER = set(
    "futex "
    "execve execveat exit exit_group rt_sigreturn restart_syscall sched_yield arch_prctl set_tid_address set_robust_list rseq "
    "rt_sigprocmask rt_sigaction sigaltstack gettid getpid getppid gettimeofday clock_gettime clock_nanosleep nanosleep prctl "
    "sched_getaffinity sched_setaffinity getuid geteuid getgid getegid uname prlimit64 membarrier umask".split()
)
MEMORY = {"mmap", "mremap", "brk", "mprotect", "clone", "clone3"}
REMOVING = {"unlink", "unlinkat"}
ERRORS_OF = {call: errors.split() for calls, errors in ERRORS.items() for call in calls.split()}

BIG = 40_000
INPUTS = {
    "in/a.txt": f"{OLD}\n".encode(),
    "in/b.md": f"# {OLD}\n\n`{OLD}`\n".encode(),
    "in/gbk.txt": (OLD * 40 + "，这是一个用来测试的文件。\n").encode("gbk"),
    "in/long.txt": (f"{OLD}\n" * BIG).encode(),
    "in/none.txt": b"nothing to convert\n",
    "in/packed.txt.gz": gzip.compress(f"{OLD}\n".encode() * 50, mtime=0),
    "in/sub/page.html": f"<p>{OLD}</p>\n".encode(),
    # Must stay, also where the list that names them cannot be read.
    "in/.gitignore": b"ignored.txt\n",
    "in/.ignore": b"ignored.txt\n",
    "in/ignored.txt": f"{OLD}\n".encode(),
}


class Scenario:
    """A command line, with the files that it finds and those that it leaves."""

    def __init__(self, name, arguments, stdin=None, outputs=None, before=None):
        self.name, self.arguments = name, arguments
        self.stdin = stdin
        self.before = dict(INPUTS) if before is None else before
        self.before.update(outputs or {})
        self.after = None
        self.stdout = None
        self.calls = []

    def is_sequential(self):
        """Returns whether the calls come in the same order each time."""
        return "1" in self.arguments

    def learn(self, harness, folder):
        """Runs without faults: what the files become, and which calls are made."""
        write_tree(folder, self.before)
        streams = Streams(folder.parent / f"{folder.name}-streams")
        done = self.start(harness, folder, streams, [])
        if done.returncode != 0:
            raise Skipped(f"strace cannot run the command here: {short(done.stderr)}")
        self.after, self.stdout = read_tree(folder), done.stdout
        if "-w" in self.arguments:
            # The files may be private, and their copies must not be open to others until they are
            # complete.
            modes = set(re.findall(rf"{re.escape(TEMPORARY)}[^\n]*O_CREAT[^\n]*, (0\d+)\)", done.trace))
            harness.expect(modes == {"0600"}, self.name, f"temporary files are created with the modes {' '.join(sorted(modes))}")
        self.calls = self.relevant(done.trace)

    def start(self, harness, folder, streams, options):
        streams.stdin.write_bytes(self.stdin or b"")
        wrapper = ["strace", "-f", "-y", "-o", streams.trace, *options]
        # Files, so that the trace names them also where the command duplicates the descriptor.
        with open(streams.stdin, "rb") as stdin, open(streams.stdout, "wb") as out, open(streams.stderr, "wb") as err:
            command = [*wrapper, harness.command, *self.arguments]
            process = subprocess.Popen(command, cwd=folder, stdin=stdin, stdout=out, stderr=err, start_new_session=True)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                # strace would leave the command behind.
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        done = subprocess.CompletedProcess(command, process.returncode)
        done.stdout, done.stderr = streams.stdout.read_bytes(), streams.stderr.read_bytes()
        done.trace = streams.trace.read_text(errors="replace")
        return done

    def relevant(self, trace):
        """Returns the calls after the first that names an input, numbered by thread as strace counts them."""
        counts = collections.defaultdict(collections.Counter)
        found, begun, waiting, writing = {}, False, set(), set()
        first, before, directories = None, collections.Counter(), set()
        for line in trace.splitlines():
            match = re.match(r"(\d+) +(\w+)\((.*)", line)
            if not match:
                continue
            thread, call, rest = match.groups()
            counts[thread][call] += 1
            first = first or thread
            if not begun and thread == first:
                before[call] += 1
            begins = '"in' in rest if self.stdin is None else "/stdin>" in rest
            begun = begun or (begins and call not in ("execve", "poll", "ioctl"))
            # strace counts in each thread, so a low number of a later thread would hit the loader
            # in the first.
            if begun and call not in NEVER and counts[thread][call] > before[call]:
                must_fail = 0
                if call == "syncfs":
                    must_fail = len(waiting)
                elif call in ("fsync", "fdatasync") and TEMPORARY in rest:
                    must_fail = 1
                elif call == "close" and rest.split(")")[0] in writing:
                    must_fail = 1
                # No file system reports an error when a directory is closed, and Rust's library
                # takes one for a bug.
                is_directory = call == "close" and rest.split(")")[0] in directories
                errors = ["EINTR"] if is_directory else ERRORS_OF.get(call, [OTHER])
                if re.search(r'\.(?:git)?ignore[">]', rest):
                    # The crate `ignore` takes an ignore file that it cannot read for absent. The
                    # walk reads each once more, which finds those that stay unreadable; a single
                    # failed call, as it is injected here, is beyond it.
                    errors = []
                found.setdefault((call, counts[thread][call]), Call(call, counts[thread][call], rest, errors, must_fail))
            opened = re.search(r"O_(?:WRONLY|RDWR).* = (\d+<.*>)$", rest)
            listed = re.search(r"O_DIRECTORY.* = (\d+<.*>)$", rest)
            if listed:
                directories.add(listed[1])
            if opened and TEMPORARY in rest:
                writing.add(opened[1])
                waiting.update(re.findall(rf"{re.escape(TEMPORARY)}[^\"/>]*", rest))
            elif call == "close":
                writing.discard(rest.split(")")[0])
                directories.discard(rest.split(")")[0])
            elif call.startswith(("rename", "unlink")):
                waiting.difference_update(re.findall(rf"{re.escape(TEMPORARY)}[^\"/>]*", rest))
        return list(found.values())


@dataclasses.dataclass
class Call:
    """A system call of a run without faults."""

    name: str
    number: int
    trace: str
    errors: list
    # How many files may not be replaced if the disk reports an error at this call: those written
    # and not yet renamed at a sync
    # of the whole file system, the one file at a sync or close of its own.
    must_fail: int


class Streams:
    """The files that stand for the standard streams, and the trace."""

    def __init__(self, folder):
        folder.mkdir(exist_ok=True)
        self.stdin, self.stdout, self.stderr, self.trace = (
            folder / name for name in ("stdin", "stdout", "stderr", "trace")
        )


def scenarios():
    old_output = {f"out/{name[3:]}": b"an older result\n" for name in ("in/a.txt", "in/long.txt", "in/sub/page.html")}
    one, report = ["-j", "1"], ["--report", "jsonl"]
    return [
        Scenario("in place", ["convert", "s2t", "-w", "in", *one, *report]),
        Scenario("in place with backups", ["convert", "s2t", "-w", "--backup", "in", *one, *report]),
        Scenario("in place on two threads", ["convert", "s2t", "-w", "in", "-j", "2"]),
        Scenario("to a new directory", ["convert", "s2t", "in", "-o", "out", *one, *report]),
        Scenario("over older results", ["convert", "s2t", "in", "-o", "out", *one], outputs=old_output),
        Scenario("with a list and a report file",
                 ["convert", "s2t", "-w", "--files-from", "list", "--report", "jsonl=report", *one],
                 outputs={"list": b"in/a.txt\nin/long.txt\nin/sub/page.html\nin/gbk.txt\n"}),
        Scenario("standard input to standard output", ["convert", "s2t", *one], stdin=f"{OLD}\n".encode() * 30_000, before={}),
    ]


def injected(trace):
    """Returns the call that failed, as strace printed it."""
    lines = [line for line in trace.splitlines() if "(INJECTED)" in line]
    return lines[0] if lines else None


def judge(harness, scenario, planned, error, folder, done):
    """Compares what is there after a run with what may be there."""
    call = planned.name
    line = injected(done.trace)
    where = f"{scenario.name}: {call} number {planned.number} fails with {error}: {short(line or planned.trace, 120)}"
    stderr = done.stderr.decode("utf-8", "replace")
    problem = lambda what: harness.problem(where, f"{what}; {ending(done.returncode)}, it says: {short(stderr)!r}")
    harness.checked += 1
    if line is None:
        # The call was not made this time (threads take turns), so nothing has failed.
        if done.returncode != 0:
            problem("nothing was made to fail, and the run failed")
        return "not reached"

    to_stdout, to_stderr = "/stdout>" in line, "/stderr>" in line
    died = done.returncode not in (0, 2)
    if died:
        allocation = call in MEMORY and done.returncode in (-6, -11, 134, 139, 101)
        if not allocation:
            problem("the process died")

    now = read_tree(folder)
    changed = {name for name, data in scenario.after.items() if scenario.before.get(name) != data}
    missing = set()
    for name in sorted(set(scenario.before) | set(scenario.after)):
        old, new, have = scenario.before.get(name), scenario.after.get(name), now.pop(name, None)
        if name == "report":
            continue
        if have not in (old, new):
            if have is None:
                problem(f"{name} is gone")
            else:
                problem(f"{name} is neither the old file nor the new one: {len(have)} bytes, {short(have, 40)!r}")
        elif have != new:
            missing.add(name)
            if name.endswith(".bak") and scenario.after[name[:-4]] == (folder / name[:-4]).read_bytes():
                problem(f"{name[:-4]} is the new file, and there is no backup of the old one")
    left = [name for name in now if TEMPORARY in name]
    for name in sorted(now):
        if name not in left:
            problem(f"{name} should not be there")
    if left and not (call in REMOVING or died):
        problem(f"temporary files are left: {' '.join(left)}")

    # Groups are bounded by time too, so the same call may be for another file, or for fewer, in a
    # slow run.
    must_fail = min(planned.must_fail, 4) if TEMPORARY in line else 0
    if must_fail and scenario.is_sequential() and error != "EINTR":
        if len(missing) < must_fail:
            problem(f"the disk reported an error for {must_fail} files or more, and {len(missing)} were kept")
        if done.returncode == 0:
            problem("the disk reported an error, and the exit code is 0")
    report(scenario, folder, done, missing, changed, problem)
    if done.returncode == 0:
        lost_stdout = done.stdout != scenario.stdout and not (to_stdout and error == "EPIPE")
        if missing:
            problem(f"exit code 0, and not written: {' '.join(sorted(missing))}")
        elif scenario.stdin is not None and lost_stdout:
            problem(f"exit code 0, and standard output has {len(done.stdout)} of {len(scenario.stdout)} bytes")
    elif done.returncode == 2:
        if "error: " not in stderr and not to_stderr:
            problem("a failure, and no error is reported")
        if scenario.stdin is not None and not scenario.stdout.startswith(done.stdout):
            problem("standard output is not the beginning of the result")
    return "died" if died else f"exit code {done.returncode}"


def report(scenario, folder, done, missing, changed, problem):
    """Checks the lines of a JSON report, and the numbers of the last line, against the disk."""
    lines = done.stdout.splitlines() if "jsonl" in scenario.arguments else []
    is_whole = done.stdout.endswith(b"\n")
    for line in lines if is_whole else lines[:-1]:
        entry = json.loads(line)
        name = entry.get("output") or entry.get("path")
        if entry.get("outcome") == "changed" and name in missing:
            problem(f"{name} is reported as changed, and is the old file")
        if entry.get("outcome") == "failed" and name in changed and name not in missing:
            # A failure after the name was taken: the directory could not be synced, say.
            if not re.search(r"sync|durab|disk", entry.get("error", "")):
                problem(f"{name} is reported as failed, and is the new file")
    total = re.search(rb"\d+ files?: (?:(\d+) changed)?", done.stderr)
    if total and scenario.stdin is None and scenario.name != "over older results":
        documents = {name for name in changed if not name.endswith(".bak") and name != "report"}
        new = len(documents - missing)
        if int(total[1] or 0) > new:
            problem(f"the last line says that {int(total[1] or 0)} files changed; {new} did")


def check(harness):
    if not shutil.which("strace"):
        raise Skipped("strace is not installed")
    endings, lock, local = collections.Counter(), threading.Lock(), threading.local()
    with scratch() as root:
        probe = subprocess.run(["strace", "-f", "--seccomp-bpf", "-e", "trace=close", "-e", "inject=close:error=EIO:when=99", "true"],
                               capture_output=True)
        if probe.returncode != 0:
            raise Skipped(f"strace cannot trace here: {short(probe.stderr)}")
        cases = []
        for number, scenario in enumerate(scenarios()):
            scenario.learn(harness, root / f"learn-{number}")
            found = [(scenario, call, error) for call in scenario.calls for error in call.errors]
            harness.note(f"{scenario.name}: {len(scenario.calls)} calls, {len(found)} faults")
            cases += found
        wanted = min(harness.amount(150, len(cases)), len(cases))
        if wanted < len(cases):
            cases = harness.random("faults").sample(cases, wanted)

        def one(case):
            scenario, call, error = case
            if not hasattr(local, "folder"):
                local.folder = root / f"run-{threading.get_ident()}"
                local.streams = Streams(root / f"streams-{threading.get_ident()}")
            write_tree(local.folder, scenario.before)
            inject = f"inject={call.name}:error={error}:when={call.number}"
            done = scenario.start(harness, local.folder, local.streams, ["--seccomp-bpf", "-e", f"trace={call.name}", "-e", inject])
            with lock:
                endings[judge(harness, scenario, call, error, local.folder, done)] += 1

        with concurrent.futures.ThreadPoolExecutor(harness.jobs) as pool:
            list(pool.map(one, cases))
    harness.note(f"{len(cases)} runs: " + ", ".join(f"{count} {what}" for what, count in endings.most_common()))


if __name__ == "__main__":
    main(check)
