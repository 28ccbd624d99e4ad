//! Standard output, and files that reports go to: written as long as somebody reads.
//!
//! What is written here only tells of the work, and the work goes on without it: whether a file was
//! converted, and the exit code, do not depend on who listens. A reader that leaves standard
//! output, as `head` does, is not a failure. Any other failed write is one, also to a pipe with a
//! name that its reader has left; it is reported once, and nothing more is written there.

use std::fmt::{self, Display};
use std::fs::File;
use std::io::{self, ErrorKind, LineWriter, Write};

/// Standard output could not be written.
#[derive(Debug)]
pub(super) struct StdoutError(io::Error);

impl StdoutError {
    /// Returns whether its reader has left.
    pub(super) fn is_closed(&self) -> bool {
        self.0.kind() == ErrorKind::BrokenPipe
    }
}

impl Display for StdoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot write standard output: {}", self.0)
    }
}

// The system's reason is in the message already.
impl std::error::Error for StdoutError {}

/// Writes bytes to standard output, all of them at once.
pub(super) fn write(bytes: &[u8]) -> Result<(), StdoutError> {
    open().and_then(|mut stdout| stdout.write_all(bytes)).map_err(StdoutError)
}

/// Returns standard output as a plain file: std's own handle takes one that cannot be written for a
/// sink.
#[cfg(unix)]
fn open() -> io::Result<jianfan::batch::Patient<File>> {
    use std::os::fd::AsFd;

    Ok(jianfan::batch::Patient(File::from(io::stdout().as_fd().try_clone_to_owned()?)))
}

/// Returns standard output, whose handle turns text into what a console shows.
#[cfg(not(unix))]
fn open() -> io::Result<io::StdoutLock<'static>> {
    let mut stdout = io::stdout().lock();
    // What is written without a line end must not wait for one.
    stdout.flush()?;
    Ok(stdout)
}

/// What results or a report are written to.
pub(super) struct Sink {
    to: Box<dyn Write>,
    /// The name of a file, for messages.
    file: Option<String>,
    state: State,
}

enum State {
    Open,
    /// Nobody reads standard output any more.
    Left,
    /// A write failed, for this reason.
    Failed(io::Error),
}

impl Sink {
    pub(super) fn stdout() -> Sink {
        match open() {
            Ok(stdout) => Sink { to: Box::new(stdout), file: None, state: State::Open },
            Err(error) => {
                Sink { to: Box::new(io::sink()), file: None, state: State::Failed(error) }
            }
        }
    }

    /// Writes to a file line by line, so that the report of an interrupted run has all that was
    /// done.
    pub(super) fn file(file: File, name: String) -> Sink {
        Sink { to: Box::new(LineWriter::new(file)), file: Some(name), state: State::Open }
    }

    /// A file that could not be opened.
    pub(super) fn broken(error: io::Error, name: String) -> Sink {
        Sink { to: Box::new(io::sink()), file: Some(name), state: State::Failed(error) }
    }

    /// Writes these bytes, unless an earlier write has failed or the reader has left.
    pub(super) fn write(&mut self, bytes: impl AsRef<[u8]>) {
        if matches!(self.state, State::Open) {
            let written = self.to.write_all(bytes.as_ref());
            self.note(written);
        }
    }

    /// Writes what is left, and returns what is to be said if something could not be written.
    pub(super) fn finish(mut self) -> Option<String> {
        if matches!(self.state, State::Open) {
            let written = self.to.flush();
            self.note(written);
        }
        match (self.state, self.file) {
            (State::Open | State::Left, _) => None,
            (State::Failed(error), Some(name)) => Some(format!("cannot write {name}: {error}")),
            (State::Failed(error), None) => Some(StdoutError(error).to_string()),
        }
    }

    fn note(&mut self, written: io::Result<()>) {
        match written {
            Ok(()) => {}
            Err(error) if self.file.is_none() && error.kind() == ErrorKind::BrokenPipe => {
                self.state = State::Left;
            }
            Err(error) => self.state = State::Failed(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pipe_without_reader() -> File {
        let (reader, writer) = io::pipe().expect("a pipe");
        drop(reader);
        #[cfg(unix)]
        return File::from(std::os::fd::OwnedFd::from(writer));
        #[cfg(windows)]
        return File::from(std::os::windows::io::OwnedHandle::from(writer));
    }

    #[test]
    fn only_standard_output_may_be_left() {
        let mut stdout =
            Sink { to: Box::new(pipe_without_reader()), file: None, state: State::Open };
        stdout.write("a\n");
        stdout.write("b\n");
        assert_eq!(stdout.finish(), None);

        let mut file = Sink::file(pipe_without_reader(), "fifo".to_owned());
        file.write("a\n");
        file.write("b\n");
        let told = file.finish().expect("a failure");
        assert!(told.starts_with("cannot write fifo: "), "{told}");
    }
}
