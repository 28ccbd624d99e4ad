#!/usr/bin/env python3
"""Converts files on a file system that reports errors at write, close, fsync or rename.

In: FUSE (/dev/fuse, the right to mount, libfuse 2 or 3) and the Python package mfusepy; skipped
with the reason where one is missing. A file system in Python passes everything through to a
directory, but keeps what is written until the file is closed or synced, as network file systems do.
If it reports an error then, the bytes are lost, and no later call reports it again. All originals
must stay whole, the exit code must be 2, and no temporary file may be left.

    pip install mfusepy==3.1.1
    tests/harness/fuse.py [--quick|--full] COMMAND
"""

import contextlib
import errno
import json
import os
import pathlib
import shutil
import subprocess
import sys
import threading
import time

from shared import NEW, OLD, TEMPORARY, Skipped, ending, main, read_tree, scratch, short, temporaries, write_tree


def serve(backing, mount, rules):
    """Runs the file system until it is unmounted."""
    import mfusepy

    class LateErrors(mfusepy.Operations):
        """Passes through, and keeps written bytes until flush or fsync."""

        use_ns = True

        def __init__(self):
            self.lock = threading.Lock()
            self.written = {}
            self.counts = {}
            self.rule = None

        def real(self, path):
            return os.path.join(backing, path.lstrip("/"))

        def fault(self, operation, path):
            """Raises the error of the current rule, if the rule is about this call."""
            text = pathlib.Path(rules).read_text()
            if text != self.rule:
                self.rule, self.counts = text, {}
            rule = json.loads(text)
            if rule.get("operation") != operation:
                return
            self.counts[operation] = count = self.counts.get(operation, 0) + 1
            if rule["first"] <= count < rule["first"] + rule["times"]:
                raise mfusepy.FuseOSError(getattr(errno, rule["error"]))

        def store(self, operation, path, handle):
            with self.lock:
                pieces = self.written.get(handle)
                if pieces is None:
                    return 0
                kept, pieces[:] = list(pieces), []
                # After an error the bytes are lost, and this is the only call that reports it.
                self.fault(operation, path)
                for offset, data in kept:
                    os.pwrite(handle, data, offset)
                return 0

        def create(self, path, mode, fi=None):
            self.fault("create", path)
            handle = os.open(self.real(path), os.O_RDWR | os.O_CREAT | os.O_EXCL, mode)
            self.written[handle] = []
            return handle

        def open(self, path, flags):
            handle = os.open(self.real(path), flags & ~(os.O_APPEND | os.O_CREAT | os.O_EXCL))
            if flags & os.O_ACCMODE != os.O_RDONLY:
                self.written[handle] = []
            return handle

        def write(self, path, data, offset, handle):
            self.fault("write", path)
            if json.loads(pathlib.Path(rules).read_text()).get("operation") == "short write":
                data = data[: max(1, len(data) // 2)]
            with self.lock:
                self.written[handle].append((offset, bytes(data)))
            return len(data)

        def flush(self, path, handle):
            return self.store("flush", path, handle)

        def fsync(self, path, datasync, handle):
            return self.store("fsync", path, handle)

        def release(self, path, handle):
            self.written.pop(handle, None)
            os.close(handle)
            return 0

        def read(self, path, size, offset, handle):
            return os.pread(handle, size, offset)

        def rename(self, old, new):
            self.fault("rename", old)
            os.rename(self.real(old), self.real(new))
            return 0

        def link(self, target, source):
            self.fault("link", target)
            os.link(self.real(source), self.real(target))
            return 0

        def unlink(self, path):
            os.unlink(self.real(path))
            return 0

        def mkdir(self, path, mode):
            os.mkdir(self.real(path), mode)
            return 0

        def rmdir(self, path):
            os.rmdir(self.real(path))
            return 0

        def chmod(self, path, mode):
            os.chmod(self.real(path), mode)
            return 0

        def chown(self, path, uid, gid):
            os.chown(self.real(path), uid, gid)
            return 0

        def truncate(self, path, length, handle=None):
            os.truncate(self.real(path), length)
            return 0

        def utimens(self, path, times=None):
            os.utime(self.real(path), ns=times)
            return 0

        def getattr(self, path, handle=None):
            try:
                found = os.lstat(self.real(path))
            except OSError as error:
                raise mfusepy.FuseOSError(error.errno) from None
            names = ("st_mode", "st_nlink", "st_uid", "st_gid", "st_size")
            values = {name: getattr(found, name) for name in names}
            values.update({f"st_{kind}time": getattr(found, f"st_{kind}time_ns") for kind in "acm"})
            # What is written and not yet stored counts.
            pieces = self.written.get(handle) or []
            values["st_size"] = max([values["st_size"], *(offset + len(data) for offset, data in pieces)])
            return values

        def readdir(self, path, handle):
            return [".", "..", *os.listdir(self.real(path))]

    mfusepy.FUSE(LateErrors(), mount, foreground=True, nothreads=True, fsname="jianfan-harness")


class Mount:
    """The file system while it is mounted."""

    def __init__(self, folder):
        self.backing, self.mount, self.rules = folder / "backing", folder / "mount", folder / "rules"
        for path in (self.backing, self.mount):
            path.mkdir()
        self.set_rule({})
        command = [sys.executable, __file__, "--serve", self.backing, self.mount, self.rules]
        self.log = open(folder / "log", "w+")
        self.server = subprocess.Popen(command, stdout=self.log, stderr=self.log, cwd=folder)
        until = time.monotonic() + 10
        while not os.path.ismount(self.mount):
            if self.server.poll() is not None or time.monotonic() > until:
                self.close()
                self.log.seek(0)
                raise Skipped(f"a FUSE file system cannot be mounted: {short(self.log.read()[-200:])}")
            time.sleep(0.02)

    def set_rule(self, rule):
        """Sets the error to report from now on."""
        new = self.rules.with_suffix(".new")
        # The time makes each rule a new one, and its calls are counted from zero.
        new.write_text(json.dumps({**rule, "at": time.monotonic_ns()}))
        new.replace(self.rules)

    def close(self):
        for command in (["umount"], ["fusermount3", "-u"], ["fusermount", "-u"], ["umount", "-l"]):
            if not os.path.ismount(self.mount):
                break
            with contextlib.suppress(FileNotFoundError):
                subprocess.run([*command, self.mount], capture_output=True)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.server.wait(3)
        if self.server.poll() is None:
            self.server.kill()
            self.server.wait()


FILES = {f"in/{at % 2}/{at}.txt": f"{OLD} {at}\n".encode() * (1 + at * 500) for at in range(5)}
FILES["in/same.txt"] = b"nothing to convert\n"
# Enough for the files to be synced together.
MANY = {f"in/{at}.txt": f"{OLD} {at}\n".encode() for at in range(12)}
AFTER = lambda data: data.replace(OLD.encode(), NEW.encode())


def one(harness, mount, files, mode, rule):
    """One run with one kind of error."""
    where = f"{mode}, {len(files)} files: " + (
        f"{rule['error']} at {rule['operation']}, from call {rule['first']} on {rule['times']} times" if "error" in rule else rule.get("operation", "no error")
    )
    mount.set_rule({})
    shutil.rmtree(mount.backing / "in", ignore_errors=True)
    shutil.rmtree(mount.backing / "out", ignore_errors=True)
    write_tree(mount.backing / "in", {name[3:]: data for name, data in files.items()})
    mount.set_rule(rule)
    arguments = {"-w": ["-w"], "--backup": ["-w", "--backup"], "-o": ["-o", "out"]}[mode]
    done = harness.run("convert", "s2t", "in", *arguments, "-j", "2", cwd=mount.mount)
    mount.set_rule({})
    said = f"{ending(done.returncode)}: {short(done.stderr)}"
    now, failed = read_tree(mount.backing), 0
    for name, old in files.items():
        new, place = AFTER(old), name if mode != "-o" else f"out/{name[3:]}"
        have = now.get(place)
        allowed = (old, new) if mode != "-o" else (None, new)
        if not harness.expect(have in allowed, where, f"{place} is {'gone' if have is None else f'{len(have)} bytes'}, neither old nor new; {said}"):
            failed += 1
        elif have != new:
            failed += 1
        if mode == "-o":
            harness.expect(now.get(name) == old, where, f"the input {name} is not what it was; {said}")
        if mode == "--backup" and have == new != old:
            kept = now.get(f"{name}.bak")
            harness.expect(kept == old, where, f"{name} is new, and its backup is {'missing' if kept is None else 'damaged'}; {said}")
    left = temporaries(mount.backing)
    harness.expect(not left, where, f"temporary files are left: {short(' '.join(left), 80)}; {said}")
    if rule.get("operation") in ("flush", "fsync") and rule["first"] == 1 and rule["times"] > 1:
        changing = [data for data in files.values() if AFTER(data) != data]
        # A command that never calls fsync does not pass: the error has to arrive.
        harness.expect(failed >= len(changing), where, f"every {rule['operation']} failed, and {len(changing) - failed} files are new; {said}")
    expected = 2 if failed or rule.get("operation") == "flush" else 0
    harness.expect(done.returncode == expected, where, f"{failed} files failed; {said}")
    if failed:
        harness.expect(b"error: " in done.stderr, where, f"no error is reported; {said}")


def check(harness):
    if not os.path.exists("/dev/fuse"):
        raise Skipped("there is no /dev/fuse")
    try:
        import mfusepy  # noqa: F401
    except (ImportError, OSError, AttributeError) as error:
        raise Skipped(f"mfusepy cannot be loaded ({error}); pip install mfusepy==3.1.1, and libfuse2 or libfuse3 of the system") from None
    always = 1_000_000
    with scratch() as folder:
        mount = Mount(folder)
        try:
            for mode in ("-w", "--backup", "-o"):
                one(harness, mount, FILES, mode, {})
                one(harness, mount, FILES, mode, {"operation": "short write"})
            cases = [
                (files, mode, {"operation": operation, "error": error, "first": first, "times": times})
                for operation in ("flush", "fsync", "write", "rename", "create", "link")
                for first, times in ((1, always), (1, 1), (3, 1), (2, always))
                for error in ("ENOSPC", "EIO", "EDQUOT")
                for mode in ("-w", "--backup", "-o")
                for files in (FILES, MANY)
                if operation != "link" or mode == "--backup"
            ]
            wanted = harness.amount(60, len(cases))
            first = [case for case in cases if case[2]["operation"] in ("flush", "fsync") and case[2]["error"] == "ENOSPC"]
            rest = [case for case in cases if case not in first]
            cases = first + harness.random("fuse").sample(rest, max(0, min(wanted - len(first), len(rest))))
            for files, mode, rule in cases:
                one(harness, mount, files, mode, rule)
            harness.note(f"{len(cases)} runs with errors of the file system")
        finally:
            mount.close()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(*sys.argv[2:])
    else:
        main(check)
