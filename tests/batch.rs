//! The command with files: where results go, what is refused, what survives a failure.

use std::fs;

use crate::support::command::{Dir, run};

#[test]
fn a_directory_is_mirrored_by_its_contents() {
    let dir = Dir::new();
    dir.file("in/a/b.txt", "头发").file("in/c.txt", "后面").file("in/.hidden", "里面");
    for input in ["in", "in/", "./in"] {
        let out = Dir::new();
        let output = out.path("new/out");
        let run = dir.run(&format!("convert s2t {input} -o {}", output.display()));
        assert_eq!(run.stderr, "2 files: 2 changed\n");
        run.succeeds();
        assert_eq!(out.files(), ["new/out/a/b.txt", "new/out/c.txt"]);
        assert_eq!(out.text("new/out/a/b.txt"), "頭髮");
        assert_eq!(out.text("new/out/c.txt"), "後面");
    }
}

#[test]
fn several_inputs_keep_their_own_names() {
    let dir = Dir::new();
    dir.file("x/a.txt", "头发").file("y/sub/b.txt", "后面").file("z.txt", "里面");
    dir.run("convert s2t x/a.txt y z.txt -o out").succeeds();
    for (name, text) in [("a.txt", "頭髮"), ("y/sub/b.txt", "後面"), ("z.txt", "裏面")] {
        assert_eq!(dir.text(format!("out/{name}")), text);
    }
    // `.` is called what the directory is called.
    let inside = Dir::new();
    inside.file("in/a", "头发").file("b", "后面");
    let mut command = inside.command("convert s2t . ../b -o ../out".split(' '));
    command.current_dir(inside.path("in"));
    run(&mut command, b"").succeeds();
    assert_eq!(inside.files(), ["b", "in/a", "out/b", "out/in/a"]);
}

#[test]
fn one_file_goes_into_a_directory_that_exists_or_ends_in_a_slash() {
    let dir = Dir::new();
    dir.file("a.txt", "头发").file("there/old", "");
    dir.run("convert s2t a.txt -o there").succeeds();
    dir.run("convert s2t a.txt -o made/here/").succeeds();
    dir.run("convert s2t a.txt -o plain").succeeds();
    let expected = ["a.txt", "made/here/a.txt", "plain", "there/a.txt", "there/old"];
    assert_eq!(dir.files(), expected);
    dir.pipe("convert s2t -o there", "头发").fails_telling(&["standard input has no file name"]);
}

#[test]
fn several_documents_need_an_output_directory() {
    let dir = Dir::new();
    dir.file("in/a", "头发").file("b", "后面").file("c", "里面");
    dir.run("convert s2t in").fails_telling(&["'in' is a directory", "-o DIR"]);
    dir.run("convert s2t b c").fails_telling(&["2 paths", "-o DIR"]);
    dir.run("convert s2t b - -o out").fails_telling(&["standard input", "./-"]);
    dir.run("convert s2t in -o b").fails_telling(&["cannot write b", "need a directory"]);
    assert_eq!(dir.text("b"), "后面");
    assert_eq!(dir.files(), ["b", "c", "in/a"]);
}

#[test]
fn the_number_of_threads_changes_neither_results_nor_messages() {
    let dir = Dir::new();
    for i in 0..60 {
        let name = format!("in/{}/{i}.txt", i % 7);
        if i % 5 == 0 {
            dir.file(name, [b"ab".repeat(i), vec![0xff]].concat());
        } else {
            dir.file(name, format!("头发{i}，{}", "后面\n".repeat(i * 100)));
        }
    }
    let runs = [1, 2, 4].map(|threads| {
        let messages = dir.run(&format!("convert s2t in -o out{threads} -j{threads}")).fails();
        let below = format!("out{threads}/");
        let files = dir.files();
        let results: Vec<(String, Vec<u8>)> = files
            .iter()
            .filter_map(|name| Some((name.strip_prefix(&below)?.to_owned(), dir.read(name))))
            .collect();
        (messages, results)
    });
    assert_eq!(runs[0].1.len(), 48);
    assert!(runs[0].0.ends_with("\n60 files: 48 changed, 12 failed\n"), "{}", runs[0].0);
    let mut told: Vec<&str> = runs[0].0.lines().filter(|line| line.contains(": byte ")).collect();
    assert_eq!(told.len(), 12);
    told.dedup();
    assert!(told.is_sorted(), "{told:?}");
    assert!(runs[0] == runs[1] && runs[0] == runs[2]);
}

#[test]
fn one_failure_stops_nothing_else() {
    let dir = Dir::new();
    dir.file("in/a", "头发").file("in/b", b"x\xff").file("in/c", "后面").file("out/b", "old");
    let messages = dir.run("convert s2t in -o out").fails();
    let expected = "error: in/b: byte 1: not valid UTF-8, and no other charset is certain; name it with --encoding\n\
        3 files: 2 changed, 1 failed\n";
    assert_eq!(messages.replace('\\', "/"), expected);
    assert_eq!([dir.text("out/a"), dir.text("out/b"), dir.text("out/c")], ["頭髮", "old", "後面"]);
    assert_eq!(dir.files(), ["in/a", "in/b", "in/c", "out/a", "out/b", "out/c"]);

    let missing = dir.run("convert s2t z/a-none in/a in/b none in/c -o out2").fails();
    let told: Vec<&str> =
        missing.lines().map(|line| line.split(": ").nth(1).unwrap_or(line)).collect();
    let by_path = ["in/b", "cannot read none", "cannot read z/a-none", "2 changed, 3 failed"];
    assert_eq!(told, by_path, "{missing}");
}

#[test]
fn two_inputs_for_one_output_are_refused_before_anything_is_written() {
    let dir = Dir::new();
    dir.file("x/a", "头发").file("y/a", "后面").file("z", "里面");
    dir.run("convert s2t z x/a y/a -o out").fails_telling(&["both x/a and y/a would go there"]);
    dir.file("v/a/b", "头发");
    let told = ["a file for x/a and a directory for v/a/b"];
    dir.run("convert s2t x/a v/a -o out").fails_telling(&told);
    assert_eq!(dir.files(), ["v/a/b", "x/a", "y/a", "z"]);
}

#[test]
fn an_output_that_is_an_input_is_refused() {
    let dir = Dir::new();
    dir.file("in/a", "头发").file("in/b", "后面").file("c", "里面");
    for line in [
        "convert s2t c -o c",
        "convert s2t c -o ./c",
        "convert s2t c -o in/../c",
        "convert s2t c -o .",
        "convert s2t in -o in",
        "convert s2t in -o in/.",
        "convert s2t in c -o in",
        // Writes in/a over an input that belongs to the other argument.
        "convert s2t in in/a -o .",
    ] {
        dir.run(line).fails_telling(&["error: cannot write "]);
        assert_eq!([dir.text("c"), dir.text("in/a"), dir.text("in/b")], ["里面", "头发", "后面"]);
        assert_eq!(dir.files(), ["c", "in/a", "in/b"], "{line}");
    }
}

#[cfg(unix)]
#[test]
fn an_output_that_is_an_input_by_another_name_is_refused() {
    let dir = Dir::new();
    dir.file("a", "头发");
    fs::hard_link(dir.path("a"), dir.path("hard")).unwrap();
    std::os::unix::fs::symlink("a", dir.path("soft")).unwrap();
    for line in ["convert s2t a -o hard", "convert s2t a -o soft", "convert s2t soft -o a"] {
        dir.run(line).fails_telling(&["the same file as the input"]);
    }
    let open = || fs::File::options().read(true).append(true).open(dir.path("a")).unwrap();
    let in_out = run(dir.command(["convert", "s2t", "-o", "a"]).stdin(open()), b"");
    in_out.fails_telling(&["the same file as the input standard input"]);
    let to_itself = run(dir.command(["convert", "s2t", "a"]).stdout(open()), b"");
    to_itself.fails_telling(&["the same file as the input a"]);
    assert_eq!(dir.text("a"), "头发");
}

#[test]
fn an_output_directory_inside_the_input_is_not_input() {
    let dir = Dir::new();
    dir.file("in/a", "头发").file("in/out/old", "后面");
    for _ in 0..2 {
        let run = dir.run("convert s2t in -o in/out");
        run.succeeds();
        assert_eq!(dir.files(), ["in/a", "in/out/a", "in/out/old"]);
    }
    assert_eq!(dir.text("in/out/old"), "后面");
}

#[cfg(unix)]
#[test]
fn two_links_to_one_output_are_refused() {
    let dir = Dir::new();
    dir.file("in/a", "头发").file("in/b", "后面").file("out/a", "old");
    std::os::unix::fs::symlink("a", dir.path("out/b")).unwrap();
    dir.run("convert s2t in -o out").fails_telling(&["both in/a and in/b would go there"]);
    assert_eq!(dir.text("out/a"), "old");
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_skipped_in_a_directory_and_read_when_named() {
    let dir = Dir::new();
    dir.file("in/a", "头发").file("in/b", "后面");
    let socket = std::os::unix::net::UnixListener::bind(dir.path("in/socket")).unwrap();
    let run = dir.run("convert s2t in -o out");
    let told =
        "skipped: in/socket: neither a file nor a directory\n3 files: 2 changed, 1 skipped\n";
    assert_eq!(run.stderr, told);
    run.succeeds();
    drop(socket);
    assert_eq!(dir.pipe("convert s2t /dev/stdin", "头发").succeeds(), "頭髮");
    dir.pipe("convert s2t /dev/stdin in/a -o out", "后面").succeeds();
    assert_eq!(dir.text("out/stdin"), "後面");
}

#[cfg(unix)]
#[test]
fn an_existing_file_keeps_its_mode_and_a_new_one_gets_the_ordinary() {
    use std::os::unix::fs::PermissionsExt;

    let dir = Dir::new();
    let mode = |name: &str| fs::metadata(dir.path(name)).unwrap().permissions().mode() & 0o7777;
    dir.file("in", "头发").file("old", "old");
    for kept in [0o600, 0o640, 0o755, 0o666] {
        fs::set_permissions(dir.path("old"), fs::Permissions::from_mode(kept)).unwrap();
        dir.run("convert s2t in -o old").succeeds();
        assert_eq!(mode("old"), kept);
    }
    assert_eq!(dir.text("old"), "頭髮");
    dir.run("convert s2t in -o new").succeeds();
    // `in` was made by this process, so its mode is what the umask gives.
    assert_eq!(mode("new"), mode("in"));
    assert_ne!(mode("new"), 0o600, "tempfile's own mode");
}

#[cfg(unix)]
#[test]
fn a_file_that_was_not_meant_to_be_written_is_kept() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let dir = Dir::new();
    dir.file("in/a", "头发").file("in/b", "后面").file("out/a", "old").file("out/b/c", "old");
    fs::set_permissions(dir.path("out/a"), fs::Permissions::from_mode(0o444)).unwrap();
    let told = [
        "in/a: cannot write out/a: it is read-only",
        "in/b: cannot write out/b: it exists and is not a regular file",
        "2 files: 2 failed",
    ];
    dir.run("convert s2t in -o out").fails_telling(&told);
    symlink("nowhere", dir.path("dangling")).unwrap();
    dir.run("convert s2t in/a -o dangling").fails_telling(&["a symbolic link that leads nowhere"]);
    assert_eq!(dir.files(), ["dangling", "in/a", "in/b", "out/a", "out/b/c"]);
    assert_eq!([dir.text("out/a"), dir.text("out/b/c")], ["old", "old"]);
}

#[cfg(unix)]
#[test]
fn a_link_to_the_output_stays_a_link() {
    let dir = Dir::new();
    dir.file("in", "头发").file("real/out", "old");
    std::os::unix::fs::symlink("real/out", dir.path("link")).unwrap();
    dir.run("convert s2t in -o link").succeeds();
    assert!(dir.path("link").is_symlink());
    assert_eq!(dir.text("real/out"), "頭髮");
    assert_eq!(dir.files(), ["in", "link", "real/out"]);
}

#[cfg(unix)]
#[test]
fn a_write_that_fails_half_way_leaves_the_old_file_and_nothing_else() {
    let dir = Dir::new();
    dir.file("in", "头发\n".repeat(100_000)).file("out", "old");
    // A limit of a few blocks; without the trap the signal would end the process.
    let script = r#"trap '' XFSZ; ulimit -f 8; exec "$0" convert s2t in -o out"#;
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", script, env!("CARGO_BIN_EXE_jianfan")]).current_dir(dir.path(""));
    shell.stderr(std::process::Stdio::piped());
    run(&mut shell, b"").fails_telling(&["error: in: cannot write out: "]);
    assert_eq!(dir.text("out"), "old");
    assert_eq!(dir.files(), ["in", "out"]);
}

#[cfg(unix)]
#[test]
fn a_pipe_named_as_output_is_written_to() {
    let dir = Dir::new();
    dir.file("in", "头发");
    let script = r#"mkfifo pipe && { cat pipe > copy & } && "$0" convert s2t in -o pipe && wait"#;
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", script, env!("CARGO_BIN_EXE_jianfan")]).current_dir(dir.path(""));
    shell.stderr(std::process::Stdio::piped());
    run(&mut shell, b"").succeeds();
    assert_eq!(dir.text("copy"), "頭髮");
    assert!(!dir.path("pipe").is_file());
}

#[test]
fn an_empty_directory_is_no_failure_and_says_so() {
    let dir = Dir::new();
    dir.file("in/sub/a", "");
    fs::remove_file(dir.path("in/sub/a")).unwrap();
    let run = dir.run("convert s2t in -o out");
    assert_eq!(run.stderr, "0 files\n");
    run.succeeds();
    assert!(dir.files().is_empty());
}
