//! The console examples of README.md, run.
//!
//! In a block marked `console` a line that begins with `$ ` is run by a shell in a folder that holds the repository's `data`,
//! with the built command as `jianfan`; the lines below it are what it must print, standard error included. A line `...`
//! stands for any lines.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

use crate::support::command::{Dir, without_time};

/// Returns commands with what each is said to print.
fn examples(readme: &str) -> Vec<(String, String)> {
    let mut examples: Vec<(String, String)> = Vec::new();
    let mut in_block = false;
    for line in readme.lines() {
        if line.starts_with("```") {
            in_block = line == "```console";
        } else if in_block {
            match line.strip_prefix("$ ") {
                Some(command) => examples.push((command.to_owned(), String::new())),
                None => {
                    let (_, output) = examples.last_mut().expect("a block begins with a command");
                    output.push_str(line);
                    output.push('\n');
                }
            }
        }
    }
    examples
}

fn is_told(actual: &str, told: &str) -> bool {
    let (actual, told) = (without_time(actual.to_owned()), without_time(told.to_owned()));
    let (actual, told) = (actual.as_str(), told.as_str());
    match told.split_once("...\n") {
        Some((head, tail)) => {
            actual.len() >= head.len() + tail.len()
                && actual.starts_with(head)
                && actual.ends_with(tail)
        }
        None => actual == told,
    }
}

#[cfg(unix)]
#[test]
fn the_readme_s_examples_do_what_it_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let scratch = Dir::new();
    std::os::unix::fs::symlink(root.join("data"), scratch.path("data")).unwrap();
    let bin = Path::new(env!("CARGO_BIN_EXE_jianfan")).parent().unwrap();
    let path = env::var_os("PATH").unwrap_or_default();
    let path =
        env::join_paths([bin.to_owned()].into_iter().chain(env::split_paths(&path))).unwrap();
    let examples = examples(&readme);
    assert!(examples.len() >= 8, "{}", examples.len());
    for (command, told) in examples {
        let script = format!("exec 2>&1\n{command}");
        let mut shell = Command::new("sh");
        let output = shell
            .arg("-c")
            .arg(script)
            .env("PATH", &path)
            .current_dir(scratch.path(""))
            .output()
            .unwrap();
        let actual = String::from_utf8_lossy(&output.stdout);
        // What a build with a feature has besides.
        let actual = actual.replace(" strings parquet arrow\n", " strings\n");
        assert!(is_told(&actual, &told), "$ {command}\n{actual}--- README:\n{told}");
    }
}

#[test]
fn the_readme_names_the_commands_that_ci_runs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    assert!(readme.contains("\ncargo test\n"));
    // A shipped package has no .ci.
    if let Ok(ci) = fs::read_to_string(root.join(".ci/run")) {
        assert!(ci.contains("\ncargo test"));
    }
}
