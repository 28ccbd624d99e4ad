//! A scratch directory, and the command run in it.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use tempfile::TempDir;

/// A directory that goes when the test ends.
pub(crate) struct Dir {
    root: TempDir,
}

/// What became of one run.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

impl Dir {
    pub(crate) fn new() -> Dir {
        Dir { root: tempfile::tempdir().expect("a scratch directory") }
    }

    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.root.path().join(name)
    }

    /// Makes a file, and the directories on the way to it.
    #[track_caller]
    pub(crate) fn file(&self, name: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> &Dir {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a file has a parent")).expect("directories");
        let mut file = File::create(&path).expect("a new file");
        file.write_all(bytes.as_ref()).expect("room for the file");
        self
    }

    #[track_caller]
    pub(crate) fn read(&self, name: impl AsRef<Path>) -> Vec<u8> {
        let path = self.path(name);
        fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    #[track_caller]
    pub(crate) fn text(&self, name: impl AsRef<Path>) -> String {
        String::from_utf8(self.read(name)).expect("UTF-8")
    }

    /// Returns the paths of all that is no directory, hidden files too, sorted; `/` between names.
    pub(crate) fn files(&self) -> Vec<String> {
        let mut files = Vec::new();
        let mut open = vec![self.root.path().to_owned()];
        while let Some(directory) = open.pop() {
            for entry in fs::read_dir(directory).expect("a directory") {
                let entry = entry.expect("an entry");
                if entry.file_type().expect("a type").is_dir() {
                    open.push(entry.path());
                    continue;
                }
                let path = entry.path();
                let below = path.strip_prefix(self.root.path()).expect("a path below the root");
                files.push(below.to_string_lossy().replace('\\', "/"));
            }
        }
        files.sort();
        files
    }

    /// Returns the command with these arguments, to be run in this directory.
    pub(crate) fn command(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_jianfan"));
        command.current_dir(self.root.path()).args(args);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs the command; `line` is split at spaces.
    #[track_caller]
    pub(crate) fn run(&self, line: &str) -> Run {
        run(&mut self.command(line.split(' ')), b"")
    }

    /// Runs the command with these bytes on its standard input.
    #[track_caller]
    pub(crate) fn pipe(&self, line: &str, stdin: impl AsRef<[u8]>) -> Run {
        run(self.command(line.split(' ')).stdin(Stdio::piped()), stdin.as_ref())
    }
}

/// Returns a pipe that nobody reads, from the beginning, so that even a short result meets a reader
/// that has left.
pub(crate) fn closed_pipe() -> std::io::PipeWriter {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    writer
}

/// Runs the command to its end; what it does not read of `stdin` is lost.
#[track_caller]
pub(crate) fn run(command: &mut Command, stdin: &[u8]) -> Run {
    let mut child = command.spawn().expect("the command starts");
    let pipe = child.stdin.take();
    // A thread of its own writes: with both pipes full, neither side would go on.
    let output = thread::scope(|scope| {
        scope.spawn(|| pipe.map(|mut pipe| pipe.write_all(stdin)));
        child.wait_with_output().expect("the command ends")
    });
    Run {
        code: output.status.code(),
        stdout: output.stdout,
        stderr: without_time(String::from_utf8(output.stderr).expect("messages are UTF-8")),
    }
}

/// Cuts bytes and time off the summary, which differ from run to run: "3 files: 3 changed; 18 B in 0.00 s".
pub(crate) fn without_time(mut messages: String) -> String {
    let last = messages.trim_end().rfind('\n').map_or(0, |end| end + 1);
    let line = &messages[last..];
    if line.ends_with(" s\n")
        && let (true, Some(end)) = (line.contains(" file"), line.find("; "))
    {
        messages.truncate(last + end);
        messages.push('\n');
    }
    messages
}

impl Run {
    /// Asserts exit code 0, and returns standard output as text.
    #[track_caller]
    pub(crate) fn succeeds(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        String::from_utf8(self.stdout).expect("UTF-8")
    }

    /// Asserts exit code 2 with nothing on standard output, and returns the messages.
    #[track_caller]
    pub(crate) fn fails(self) -> String {
        assert_eq!(self.code, Some(2), "{self:?}");
        assert!(self.stdout.is_empty(), "{self:?}");
        self.stderr
    }

    /// Asserts exit code 2, whatever is on standard output.
    #[track_caller]
    pub(crate) fn fails_with_output(self) {
        assert_eq!(self.code, Some(2), "{self:?}");
    }

    /// Asserts exit code 2, and that each of `parts` is in the messages.
    #[track_caller]
    pub(crate) fn fails_telling(self, parts: &[&str]) {
        let messages = self.fails();
        for part in parts {
            assert!(messages.contains(part), "no {part:?} in {messages:?}");
        }
    }
}
