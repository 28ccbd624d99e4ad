//! Compares two engines line by line and makes a difference small enough to read.
//!
//! In: an engine, the one that must be right, and text of many lines. Out: nothing, or the shortest text found on which
//! they differ, with what each makes of it. The engine under test gets all lines at once, the reference one line a call,
//! so a result that depended on the neighbours of a line would be a difference too.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, mpsc};
use std::time::Duration;
use std::{env, thread};

use jianfan::Converter;

/// Something that converts text.
pub(crate) type Engine<'a> = dyn Fn(&str) -> String + 'a;

/// How many reports are enough to begin to look for the cause.
const ENOUGH: usize = 3;

const LINE_ENDS: [char; 2] = ['\n', '\r'];

/// Converts `text` line by line.
fn by_lines(reference: &Engine<'_>, text: &str) -> String {
    let mut output = String::with_capacity(text.len() * 2);
    for line in text.split_inclusive(LINE_ENDS) {
        let content = line.trim_end_matches(LINE_ENDS);
        if !content.is_empty() {
            output.push_str(&reference(content));
        }
        output.push_str(&line[content.len()..]);
    }
    output
}

/// Returns a report of the smallest difference found, if there is any.
pub(crate) fn difference(
    subject: &Engine<'_>,
    reference: &Engine<'_>,
    text: &str,
) -> Option<String> {
    let differs = |text: &str| subject(text) != by_lines(reference, text);
    let actual = subject(text);
    let expected = by_lines(reference, text);
    if actual == expected {
        return None;
    }
    // The line alone is the better start, unless it takes its neighbours to differ.
    let line = text.split(LINE_ENDS).find(|line| differs(line));
    let small = shrink(line.unwrap_or(text), &differs);
    let (actual, expected) = (subject(&small), by_lines(reference, &small));
    let codes: Vec<String> = small.chars().map(|c| format!("{:04X}", c as u32)).collect();
    Some(format!(
        "text      {small:?}\n  codes     {}\n  expected  {expected:?}\n  actual    {actual:?}",
        codes.join(" ")
    ))
}

/// How the report on a conversion without a result begins.
pub(crate) const NO_RETURN: &str = "the library panics or does not come to an end";

/// Returns a report of the line with which the library panics or does not come to an end; a thread is lost to it.
pub(crate) fn no_return(library: &Converter, text: &str) -> Option<String> {
    let (library, owned) = (library.clone(), text.to_owned());
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        for line in owned.lines().chain([owned.as_str()]) {
            library.convert(line);
            if send.send(()).is_err() {
                return;
            }
        }
    });
    let ends = |_: &&str| receive.recv_timeout(Duration::from_secs(10)).is_ok();
    let line = text.lines().chain([text]).find(|line| !ends(line))?;
    Some(format!("{NO_RETURN} with {line:?}"))
}

/// Drops characters, many at a time and then fewer, for as long as `holds`.
pub(crate) fn shrink(text: &str, holds: &dyn Fn(&str) -> bool) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    let mut step = characters.len().div_ceil(2).max(1);
    loop {
        let mut at = 0;
        let mut dropped = false;
        while at < characters.len() {
            let end = (at + step).min(characters.len());
            let rest: String = [&characters[..at], &characters[end..]].concat().iter().collect();
            if holds(&rest) {
                characters.drain(at..end);
                dropped = true;
            } else {
                at = end;
            }
        }
        if step > 1 {
            step = step.div_ceil(2);
        } else if !dropped {
            return characters.into_iter().collect();
        }
    }
}

/// Runs jobs on all processors; each returns a report of what is wrong, if anything is. Ends early after a few reports.
///
/// # Panics
///
/// With all reports, if there are any.
pub(crate) fn all<T: Sync>(jobs: &[T], run: impl Fn(&T) -> Option<String> + Sync) {
    let next = AtomicUsize::new(0);
    let reports = Mutex::new(Vec::new());
    let threads = thread::available_parallelism().map_or(1, usize::from).min(jobs.len());
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let Some(report) = run(job) else { continue };
                    let mut reports = reports.lock().expect("no holder panics");
                    reports.push(report);
                    if reports.len() >= ENOUGH {
                        next.store(jobs.len(), Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let reports = reports.into_inner().expect("no holder panics");
    assert!(reports.is_empty(), "{} difference(s):\n{}", reports.len(), reports.join("\n"));
}

/// Returns the number in an environment variable, or `default` where there is none.
pub(crate) fn number(variable: &str, default: usize) -> usize {
    match env::var(variable) {
        Ok(value) => value.parse().unwrap_or_else(|_| panic!("{variable}={value} is no number")),
        Err(_) => default,
    }
}

#[test]
fn a_difference_is_shrunk_to_what_matters() {
    let subject = |text: &str| text.replace("bd", "X");
    let report = difference(&subject, &str::to_owned, "one\naaabbddcc\ntwo").unwrap();
    assert!(report.contains(r#"text      "bd""#), "{report}");
    assert_eq!(difference(&str::to_owned, &str::to_owned, "one\r\ntwo\n"), None);
}
