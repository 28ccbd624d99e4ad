//! Streams that were opened not to block (`O_NONBLOCK`), as a shell's terminal may be after another program used it:
//! reading and writing wait until the stream is ready, where the system says "try again".

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};

/// A stream whose calls wait.
#[derive(Debug)]
pub struct Patient<T>(pub T);

impl Read for Patient<File> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.0.read(buffer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => wait(&self.0, false)?,
                result => return result,
            }
        }
    }
}

impl Write for Patient<File> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match self.0.write(bytes) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => wait(&self.0, true)?,
                result => return result,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Waits until the file can be read or written, or until an error can be had from it.
#[cfg(unix)]
fn wait(file: &File, is_writing: bool) -> io::Result<()> {
    use rustix::event::{PollFd, PollFlags, poll};
    use rustix::io::Errno;

    let flags = if is_writing { PollFlags::OUT } else { PollFlags::IN };
    match poll(&mut [PollFd::new(file, flags)], None) {
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(unix))]
fn wait(_: &File, _: bool) -> io::Result<()> {
    Err(ErrorKind::WouldBlock.into())
}
