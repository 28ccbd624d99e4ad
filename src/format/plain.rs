//! Text that is prose as a whole.
//!
//! The pipeline converts such documents without asking a format; this one answers [`Formats::runs`](super::Formats::runs).

use super::{Format, Malformed, Memory, Runs};

/// Text as it is.
#[derive(Debug)]
pub(crate) struct Plain;

impl Format for Plain {
    fn name(&self) -> &str {
        "plain"
    }

    fn scan(&self, text: &str, memory: &Memory, runs: &mut Runs) -> Result<(), Malformed> {
        let mut open = memory.pragmas;
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let end = at + line.len();
            if open.line(line.as_bytes()) {
                runs.prose(at..end);
            } else {
                runs.end();
            }
            at = end;
        }
        runs.end();
        Ok(())
    }
}
