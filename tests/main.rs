//! The tests, in one binary.
//!
//! Correctness is somebody else's word here: OpenCC's own cases, its library as the oracle (feature `opencc`), and a naive
//! engine that follows its description literally and shares no code with ours.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may panic, and says what it compared"
)]
#![allow(clippy::disallowed_methods, reason = "a test writes scratch files of its own")]

mod support;

mod testcases; // OpenCC's own cases, and every key of every dictionary
mod dictionary_data; // the files under data/: checksums, and the laws that the compiler relies on
mod differential; // the native engine against the naive one and libopencc, all built-in configs
mod random_configs; // the same for configs and dictionaries made at random: the compiler's hardest test
mod user_dictionaries; // words of a user in front of a config
mod context; // the layer that decides where dictionaries cannot
mod repair; // characters that other conversions got wrong
mod inspect; // why a text is converted as it is
mod streaming; // documents longer than a block, and lines longer than one
mod arrival; // the same result however the input arrives: files, pipes, pieces, threads
mod binaries; // archives, media and programs, which are not text
mod charsets; // documents that are not UTF-8, or damaged, or compressed
mod normalize; // passes, protected spans, quotation marks
mod formats; // documents that are not all prose: the laws that every format keeps, and one file a format
mod in_place; // files changed where they lie, and what is only looked at
mod selection; // which files are touched: links, mounts, version control, and what the run itself reads
mod faults; // full disks, signals, links, and files that vanish
mod commit; // finished files reach the disk and take their names
mod memory; // documents that would take too much of it
mod batch; // files in, files out
mod house_rules; // the layout: who may use what
mod readme; // the examples of README.md
mod listeners; // readers that leave and disks that are full: the work and the exit code stay
mod escaping; // names and texts that command a terminal, through every command and option
mod panics; // a document whose conversion panics
mod command; // the command as a person and a script see it
