//! Text that is prose as a whole.
//!
//! Such documents do not come here but for one reason: pragmas that leave a part of them out.

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
            if open.line(line) {
                runs.prose(at..end);
            } else {
                runs.end();
            }
            at = end;
        }
        runs.end();
        Ok(())
    }

    fn cut(&self, text: &[u8], _: &Memory) -> Option<usize> {
        memchr::memrchr(b'\n', text).map(|at| at + 1)
    }
}
