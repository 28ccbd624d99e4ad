//! Which files a batch touches: version control, links and mounts, and what the run itself reads are left alone.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::command::{Dir, Run, run};

/// A dictionary with which a second conversion changes the text again.
const DOUBLING: &str = "一\t一一\n";

#[track_caller]
fn git(dir: &Dir, line: &str) -> String {
    let mut git = Command::new("git");
    git.current_dir(dir.path("repo")).args(line.split(' '));
    git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
    for who in ["AUTHOR", "COMMITTER"] {
        git.env(format!("GIT_{who}_NAME"), "发").env(format!("GIT_{who}_EMAIL"), "a@example.org");
    }
    let output = git.output().expect("git runs");
    assert!(output.status.success(), "git {line}: {output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Returns all files below a directory with their contents.
fn contents(dir: &Dir, below: &str) -> Vec<(String, Vec<u8>)> {
    let files = dir.files().into_iter().filter(|name| name.starts_with(below));
    files.map(|name| (name.clone(), dir.read(name))).collect()
}

/// Returns a repository with Chinese names in all of git's text files, or `None` where there is no git.
fn repository() -> Option<Dir> {
    if Command::new("git").arg("--version").output().is_err() {
        println!("skipped: there is no git");
        return None;
    }
    let dir = Dir::new();
    dir.file("repo/后面.txt", "头发\n");
    git(&dir, "init -q -b 头发");
    git(&dir, "add .");
    git(&dir, "commit -q -m 后面");
    git(&dir, "branch 发布/里面");
    git(&dir, "tag 发行");
    git(&dir, "pack-refs --all");
    git(&dir, "branch 干净");
    dir.file("repo/.git/description", "头发的仓库\n").file("repo/.git/info/exclude", "发\n");
    Some(dir)
}

#[test]
fn version_control_directories_are_never_entered() {
    let Some(dir) = repository() else { return };
    git(&dir, "worktree add -q ../发树 发布/里面");
    git(&dir, "clone -q --bare . ../镜像发");
    let others = [".hg/branch", ".svn/entries", ".jj/op", "_darcs/x", "CVS/Entries", "a/.bzr/发"];
    for name in others {
        dir.file(format!("repo/sub/{name}"), "头发\n");
    }
    dir.file("repo/CV/CVS/头", "头发\n");
    let is_converted = |name: &str| name.ends_with(".txt") || name == "repo/CV/CVS/头";
    let kept = |dir: &Dir| {
        let mut kept = contents(dir, "");
        kept.retain(|(name, _)| !is_converted(name));
        kept
    };
    let before = kept(&dir);
    assert!(before.iter().any(|(name, text)| {
        name == "repo/.git/packed-refs" && String::from_utf8_lossy(text).contains("发布/里面")
    }));
    for line in ["--hidden --no-ignore", "--hidden --no-ignore --follow", "--hidden -g !x"] {
        dir.file("repo/后面.txt", "头发\n").file("repo/CV/CVS/头", "头发\n");
        dir.run(&format!("convert s2t -w {line} .")).succeeds();
        assert_eq!(dir.text("repo/后面.txt"), "頭髮\n");
        assert_eq!(dir.text("repo/CV/CVS/头"), "頭髮\n", "a directory that is merely called CVS");
        assert!(kept(&dir) == before, "{line}");
    }
    git(&dir, "fsck --strict");
    assert_eq!(git(&dir, "symbolic-ref HEAD"), "refs/heads/头发\n");
    git(&dir, "rev-parse 发布/里面 发行 干净");
    dir.run("convert s2t --hidden --no-ignore . -o ../out-of-it").succeeds();
    dir.run("convert s2t --hidden --no-ignore repo -o out").succeeds();
    assert_eq!(contents(&dir, "out/").len(), 2);
    let checked = dir.run("convert s2t --check --hidden --no-ignore repo");
    assert_eq!((checked.code, checked.stdout.as_slice()), (Some(0), b"".as_slice()));
    let detected = dir.run("detect --hidden --no-ignore repo").succeeds();
    assert_eq!(detected.lines().count(), 2, "{detected}");
}

#[test]
fn what_is_named_in_a_version_control_directory_is_refused() {
    let Some(dir) = repository() else { return };
    git(&dir, "clone -q --bare . ../镜像发");
    dir.file("a.txt", "头发\n").file("repo/.git/COMMIT_EDITMSG", "头发\n");
    let before = contents(&dir, "");
    let named = [
        "-w repo/.git",
        "-w a.txt repo/.git/refs",
        "--check repo/.git",
        "repo/.git/refs -o out",
        "-w repo/.git/packed-refs",
        "-w a.txt repo/.git/HEAD",
        "-w 镜像发",
        "-w 镜像发/packed-refs",
        "a.txt -o repo/.git/description",
        "a.txt -o repo/.git",
        "repo/后面.txt a.txt -o repo/.git/new",
    ];
    for line in named {
        dir.run(&format!("convert s2t {line}")).fails_telling(&["version control"]);
    }
    dir.run("detect repo/.git").fails_telling(&["version control"]);
    let list = "repo/.git/packed-refs\n";
    for line in ["-w", "-o out"] {
        dir.pipe(&format!("convert s2t {line} --files-from -"), list)
            .fails_telling(&["version control"]);
    }
    let mut inside = dir.command("convert s2t -w --hidden .".split(' '));
    run(inside.current_dir(dir.path("repo/.git")), b"").fails_telling(&["version control"]);
    assert!(contents(&dir, "") == before);
    // To read one is harmless, and a message is there to be edited.
    assert!(dir.run("convert s2t repo/.git/packed-refs").succeeds().contains("refs/heads/頭髮"));
    dir.run("convert s2t -w repo/.git/COMMIT_EDITMSG").succeeds();
    assert_eq!(dir.text("repo/.git/COMMIT_EDITMSG"), "頭髮\n");
}

#[test]
fn a_report_does_not_replace_what_the_run_reads() {
    let dir = Dir::new();
    let config = r#"{"conversion_chain": [{"dict": {"type": "text", "file": "own.txt"}}]}"#;
    dir.file("words", "发\t髪\n").file("terms", "头\n").file("list", "a\n").file("a", "头发");
    dir.file("own.json", config).file("own.txt", "发\t髪\n");
    std::os::unix::fs::symlink("words", dir.path("link")).unwrap();
    for (line, kept) in [
        ("convert s2t a -w --dict words --report jsonl=words", "words"),
        ("convert s2t a -w --dict words --report jsonl=link", "words"),
        ("convert s2t a -w --keep-list terms --report jsonl=terms", "terms"),
        ("convert s2t -w --files-from list --report jsonl=list", "list"),
        ("convert ./own.json a -w --report jsonl=own.json", "own.json"),
        ("convert ./own.json a -w --report jsonl=own.txt", "own.txt"),
    ] {
        let before = dir.text(kept);
        dir.run(line).fails_telling(&["replaced by the report"]);
        assert_eq!((dir.text(kept), dir.text("a")), (before, "头发".into()), "{line}");
    }
    // A log that a stream is appended to is not emptied either.
    let log = fs::File::options().append(true).create(true).open(dir.path("log")).unwrap();
    dir.file("log", "kept\n");
    let mut command = dir.command(["convert", "s2t", "a", "-w", "--report", "jsonl=/dev/stdout"]);
    assert!(command.stdout(log).status().unwrap().success());
    assert!(dir.text("log").starts_with("kept\n{"), "{}", dir.text("log"));
}

/// What an ignore file excludes is not known if it cannot be read.
#[cfg(target_os = "linux")]
#[test]
fn a_directory_whose_ignore_file_cannot_be_read_is_not_converted() {
    let dir = Dir::new();
    dir.file("in/a", "头").file("in/sub/excluded", "头").file("in/sub/below/b", "头");
    // Opens, and fails to be read.
    std::os::unix::fs::symlink("/proc/self/mem", dir.path("in/sub/.ignore")).unwrap();
    let run = dir.run("convert s2t -w in");
    assert_eq!(run.code, Some(2), "{run:?}");
    assert!(run.stderr.contains("in/sub/.ignore"), "{run:?}");
    let texts = ["in/a", "in/sub/excluded", "in/sub/below/b"].map(|name| dir.text(name));
    assert_eq!(texts, ["頭", "头", "头"]);
    let written = dir.run("convert s2t in -o out");
    assert_eq!((written.code, dir.path("out/sub").exists()), (Some(2), false), "{written:?}");
    // Whoever does not ask for ignore files does not need them.
    dir.run("convert s2t -w --no-ignore in/sub").succeeds();
    assert_eq!(dir.text("in/sub/excluded"), "頭");
    // A directory of that name is none, and a wrong pattern excludes nothing.
    dir.file("other/.ignore/c", "").file("other/a", "头").file("more/.ignore", "[z-a]\n");
    dir.file("more/a", "头");
    dir.run("convert s2t -w other more").succeeds();
    assert_eq!([dir.text("other/a"), dir.text("more/a")], ["頭", "頭"]);
}

#[test]
fn a_name_that_begins_like_a_temporary_file_is_converted() {
    let dir = Dir::new();
    dir.file("in/.jianfan-notes.txt", "头发\n").file("in/.jianfan-发/a", "头发\n");
    dir.run("convert s2t -w --hidden in").succeeds();
    assert_eq!(dir.text("in/.jianfan-notes.txt"), "頭髮\n");
    assert_eq!(dir.text("in/.jianfan-发/a"), "頭髮\n");
}

#[cfg(unix)]
mod links {
    use std::os::unix::fs::{MetadataExt, symlink};

    use super::*;

    #[test]
    fn links_in_a_directory_are_not_followed() {
        let dir = Dir::new();
        dir.file("in/a", "头发").file("out-of-it/b", "头发").file("out-of-it/c", "头发");
        symlink("../out-of-it/b", dir.path("in/file")).unwrap();
        symlink("../out-of-it", dir.path("in/directory")).unwrap();
        symlink("nowhere", dir.path("in/broken")).unwrap();
        symlink("../in", dir.path("in/loop")).unwrap();
        let skipped = |run: Run| {
            let skipped = run.stderr.matches("a symbolic link, not followed\n").count();
            assert_eq!(skipped, 4, "{run:?}");
        };
        skipped(dir.run("convert s2t --check in"));
        skipped(dir.run("detect in"));
        let mirrored = dir.run("convert s2t in -o out");
        assert!(mirrored.stderr.ends_with("\n5 files: 1 changed, 4 skipped\n"), "{mirrored:?}");
        skipped(mirrored);
        assert_eq!(contents(&dir, "out/"), [("out/a".to_owned(), "頭髮".into())]);
        let changed = dir.run("convert s2t -w in");
        assert_eq!(changed.code, Some(0));
        skipped(changed);
        assert_eq!([dir.text("in/a"), dir.text("out-of-it/b")], ["頭髮", "头发"]);
    }

    #[test]
    fn followed_links_convert_each_file_once() {
        let dir = Dir::new();
        dir.file("words", DOUBLING).file("in/z", "一").file("out-of-it/b", "一");
        dir.file("in/sub/d", "一");
        for (name, target) in [
            ("in/a", "z"),
            ("in/file", "../out-of-it/b"),
            ("in/directory", "../out-of-it"),
            ("in/again", "sub"),
            ("in/loop", "."),
            ("in/sub/up", "../sub"),
        ] {
            symlink(target, dir.path(name)).unwrap();
        }
        let run = dir.run("convert s2t -w --follow in --dict words");
        for told in [
            "skipped: in/a: the same file as in/z\n",
            "skipped: in/file: the same file as in/directory/b\n",
            "skipped: in/loop: a symbolic link to a directory that contains it\n",
        ] {
            assert!(run.stderr.contains(told), "no {told:?} in {run:?}");
        }
        run.succeeds();
        let texts = ["in/z", "out-of-it/b", "in/sub/d"].map(|name| dir.text(name));
        assert_eq!(texts, ["一一"; 3]);
        assert!(["in/a", "in/file", "in/again"].iter().all(|name| dir.path(name).is_symlink()));
        // Beneath another directory each name has a result.
        dir.run("convert s2t -L in -o out").succeeds();
        for name in ["a", "z", "file", "directory/b", "again/d", "sub/d"] {
            assert_eq!(dir.text(format!("out/{name}")), "一一");
        }
        symlink("nowhere", dir.path("in/broken")).unwrap();
        dir.run("convert s2t --check -L in").fails_with_output();
    }

    #[test]
    fn a_link_into_version_control_is_not_followed() {
        let dir = Dir::new();
        dir.file("in/.git/refs/发", "头发").file("in/a", "头发");
        symlink(".git/refs", dir.path("in/refs")).unwrap();
        symlink(".git/refs/发", dir.path("in/ref")).unwrap();
        dir.run("convert s2t -w --follow in").succeeds();
        assert_eq!([dir.text("in/.git/refs/发"), dir.text("in/a")], ["头发", "頭髮"]);
        dir.run("convert s2t -w in/refs").fails_telling(&["version control"]);
        dir.run("convert s2t -w in/ref").fails_telling(&["version control"]);
    }

    #[test]
    fn a_file_that_is_named_twice_is_converted_once() {
        let dir = Dir::new();
        dir.file("words", DOUBLING)
            .file("in/a", "一")
            .file("list", "in/a\n./in/a\nin\nin/../in/a\n");
        symlink("in/a", dir.path("link")).unwrap();
        let run = dir.run("convert s2t -w --files-from list --dict words");
        assert!(run.stderr.ends_with("\n4 files: 1 changed, 3 skipped\n"), "{run:?}");
        assert_eq!(dir.text("in/a"), "一一");
        dir.run("convert s2t -w in link in/a --dict words").succeeds();
        assert_eq!(dir.text("in/a"), "一一一一");
        let checked = dir.run("convert s2t --check in link in/a --dict words");
        assert_eq!((checked.code, checked.stdout.as_slice()), (Some(1), b"in/a\n".as_slice()));
        dir.file("list", "in/a\n./in/a\nin\n");
        let mirrored = dir.run("convert s2t -o out --files-from list --dict words");
        assert!(mirrored.stderr.ends_with("\n3 files: 1 changed, 2 skipped\n"), "{mirrored:?}");
        assert_eq!(dir.text("out/in/a"), "一".repeat(8));
    }

    #[test]
    fn every_name_of_a_hard_link_is_converted_once() {
        let many = "一\n".repeat(100);
        for threads in ["-j1", "-j4"] {
            let dir = Dir::new();
            dir.file("words", DOUBLING).file("in/0", &many);
            let names: Vec<String> = (0..300).map(|i| format!("in/{i}")).collect();
            for name in &names[1..] {
                fs::hard_link(dir.path("in/0"), dir.path(name)).unwrap();
            }
            let run = dir.run(&format!("convert s2t -w in --dict words --backup {threads}"));
            assert!(run.stderr.ends_with("\n300 files: 300 changed\n"), "{run:?}");
            let told = "it had other names (hard links), which are separate files now\n";
            assert_eq!(run.stderr.matches(told).count(), 300);
            for name in &names {
                assert!(dir.text(name) == "一一\n".repeat(100), "{name}");
                assert!(dir.text(format!("{name}.bak")) == many, "{name}");
            }
        }
        let dir = Dir::new();
        dir.file("in/a", "头").file("other", "");
        fs::hard_link(dir.path("in/a"), dir.path("in/b")).unwrap();
        fs::remove_file(dir.path("other")).unwrap();
        fs::hard_link(dir.path("in/a"), dir.path("other")).unwrap();
        let run = dir.run("convert s2t -w in");
        assert_eq!(run.stderr.matches("which keep the old contents\n").count(), 2, "{run:?}");
        assert_eq!([dir.text("in/a"), dir.text("in/b"), dir.text("other")], ["頭", "頭", "头"]);
        assert_eq!(fs::metadata(dir.path("other")).unwrap().nlink(), 1);
    }

    #[test]
    fn two_inputs_for_one_output_through_links_are_refused() {
        let dir = Dir::new();
        dir.file("in/a/1", "头").file("in/b/1", "发").file("out/b/old", "");
        symlink("b", dir.path("out/a")).unwrap();
        dir.run("convert s2t in -o out").fails_telling(&["both in/a/1 and in/b/1 would go there"]);
        // The directory that the link leads to is not there yet, or the name below it.
        dir.file("in/a/new/2", "头").file("in/b/new/2", "发");
        fs::remove_file(dir.path("in/a/1")).unwrap();
        dir.run("convert s2t in -o out").fails_telling(&["in/a/new/2 and in/b/new/2"]);
        let files = ["in/a/new/2", "in/b/1", "in/b/new/2", "out/a", "out/b/old"];
        assert_eq!(dir.files(), files);
    }

    #[test]
    fn a_file_and_a_directory_of_one_name_are_refused_through_links() {
        let dir = Dir::new();
        dir.file("x/a", "头").file("v/b/c", "发").file("out/b/old", "");
        symlink("b", dir.path("out/a")).unwrap();
        dir.run("convert s2t x/a v/b -o out")
            .fails_telling(&["a file for x/a and a directory for"]);
        assert_eq!(dir.files(), ["out/a", "out/b/old", "v/b/c", "x/a"]);
    }

    #[test]
    fn an_output_that_leads_into_the_input_is_refused() {
        let dir = Dir::new();
        dir.file("in/sub/a", "头").file("in/b", "发").file("out/b", "old");
        symlink("../in", dir.path("out/sub")).unwrap();
        dir.run("convert s2t in -o out").fails_telling(&["it lies in the input directory in"]);
        assert_eq!(dir.files(), ["in/b", "in/sub/a", "out/b", "out/sub"]);
        // One that leads elsewhere is the user's own.
        let dir = Dir::new();
        dir.file("in/sub/a", "头").file("elsewhere/a", "old").file("out/x", "");
        symlink("../elsewhere", dir.path("out/sub")).unwrap();
        dir.run("convert s2t in -o out").succeeds();
        assert_eq!(dir.text("elsewhere/a"), "頭");
        assert!(dir.path("out/sub").is_symlink());
    }

    #[test]
    fn an_output_directory_reached_through_a_link_is_not_input() {
        let dir = Dir::new();
        dir.file("in/a", "头").file("results/old", "发");
        symlink("../results", dir.path("in/out")).unwrap();
        dir.run("convert s2t -L in -o in/out").succeeds();
        dir.run("convert s2t -L in -o results").succeeds();
        assert_eq!(dir.files(), ["in/a", "in/out", "results/a", "results/old"]);
        assert_eq!(dir.text("results/old"), "发");
    }
}

/// Bind mounts, in a mount namespace of their own; that takes root.
#[cfg(target_os = "linux")]
mod mounts {
    use super::*;

    /// Runs a script where it may mount, with the command as `$0`; `None` where nobody may.
    fn mounted(dir: &Dir, script: &str) -> Option<Run> {
        let may = Command::new("unshare").args(["-m", "true"]).output();
        if !may.is_ok_and(|output| output.status.success()) {
            println!("skipped: 'unshare -m' is not allowed here");
            return None;
        }
        let mut shell = Command::new("unshare");
        shell.args(["-m", "sh", "-e", "-c", script, env!("CARGO_BIN_EXE_jianfan")]);
        shell.current_dir(dir.path(""));
        shell.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        Some(run(&mut shell, b""))
    }

    #[test]
    fn a_file_under_two_mounts_is_converted_once() {
        let dir = Dir::new();
        dir.file("words", DOUBLING).file("in/a/1", "一").file("in/b/x", "").file("in/c", "一");
        fs::remove_file(dir.path("in/b/x")).unwrap();
        fs::hard_link(dir.path("in/c"), dir.path("in/d")).unwrap();
        let script = r#"mount --bind in/a in/b; "$0" convert s2t -w in --dict words"#;
        let Some(run) = mounted(&dir, script) else { return };
        assert!(run.stderr.contains("skipped: in/b/1: the same file as in/a/1\n"), "{run:?}");
        run.succeeds();
        assert_eq!(["in/a/1", "in/c", "in/d"].map(|name| dir.text(name)), ["一一"; 3]);
    }

    #[test]
    fn outputs_that_are_one_through_a_mount_are_refused() {
        let dir = Dir::new();
        dir.file("in/a/1", "头").file("in/b/1", "发").file("out/a/x", "").file("out/b/x", "");
        let script = r#"mount --bind out/a out/b; "$0" convert s2t in -o out"#;
        let Some(run) = mounted(&dir, script) else { return };
        run.fails_telling(&["both in/a/1 and in/b/1 would go there"]);
        let into_input = r#"mount --bind in/a out/b; "$0" convert s2t in -o out"#;
        mounted(&dir, into_input).unwrap().fails_telling(&["it lies in the input directory in/a"]);
        let itself = r#"mount --bind in out; "$0" convert s2t in -o out"#;
        mounted(&dir, itself).unwrap().fails_telling(&["it is one of the inputs"]);
        let file = r#"mount --bind in/a/1 out/a/x; "$0" convert s2t in/a/1 -o out/a/x"#;
        mounted(&dir, file).unwrap().fails_telling(&["the same file as the input in/a/1"]);
        assert_eq!([dir.text("in/a/1"), dir.text("in/b/1")], ["头", "发"]);
        assert_eq!(dir.files().len(), 4);
    }

    #[test]
    fn an_output_directory_under_another_mount_is_not_input() {
        let dir = Dir::new();
        dir.file("in/a", "头").file("in/results/old", "发").file("in/seen/x", "");
        let script = r#"mount --bind in/results in/seen; "$0" convert s2t in -o in/results"#;
        let Some(run) = mounted(&dir, script) else { return };
        run.succeeds();
        let files = ["in/a", "in/results/a", "in/results/old", "in/seen/x"];
        assert_eq!(dir.files(), files);
    }
}

/// Returns a directory with a config of the user's own, whose dictionaries lie among the documents.
fn with_config() -> Dir {
    let dir = Dir::new();
    dir.file(
        "in/own.json",
        concat!(
            r#"{"normalization":[{"dict":{"type":"text","file":"norm.txt"}}],"#,
            r#""segmentation":{"type":"mmseg","dict":{"type":"text","file":"cut.txt"}},"#,
            r#""conversion_chain":[{"dict":{"type":"group","dicts":["#,
            r#"{"type":"text","file":"tofu.txt","may_output_tofu":true},"#,
            r#"{"type":"ocd2","file":"binary.ocd2"},"#,
            r#"{"type":"text","file":"in/beside-us.txt"}]}}]} // 头发"#,
        ),
    );
    for name in ["norm", "cut", "tofu", "binary", "beside-us", "extra"] {
        dir.file(format!("in/{name}.txt"), "头\t頭\n");
    }
    dir.file("in/binary.ocd2", "头发").file("in/keep.txt", "# 头发\n头脑\n").file("in/a.txt", "头");
    dir
}

const OWN: &str = "convert in/own.json --dict in/extra.txt --keep-list in/keep.txt";
const READ: [&str; 9] = [
    "own.json",
    "norm.txt",
    "cut.txt",
    "tofu.txt",
    "binary.txt",
    "binary.ocd2",
    "beside-us.txt",
    "extra.txt",
    "keep.txt",
];

#[test]
fn what_a_config_reads_is_not_converted() {
    let dir = with_config();
    let before = contents(&dir, "in/");
    let run = dir.run(&format!("{OWN} -w in"));
    for name in READ {
        let told = format!("skipped: in/{name}: it is read as a config, dictionary or list\n");
        assert!(run.stderr.contains(&told), "no {told:?} in {run:?}");
    }
    run.succeeds();
    assert_eq!(dir.text("in/a.txt"), "頭");
    dir.file("in/a.txt", "头");
    for name in READ {
        dir.run(&format!("{OWN} -w in/a.txt in/{name}"))
            .fails_telling(&[&format!("cannot write in/{name}: it is read as")]);
    }
    assert!(contents(&dir, "in/") == before);
}

#[test]
fn what_a_config_reads_is_not_written_over() {
    let dir = with_config();
    let before = contents(&dir, "in/");
    for name in READ {
        dir.file("doc", "头");
        dir.run(&format!("{OWN} doc -o in/{name}"))
            .fails_telling(&[&format!("cannot write in/{name}: it is read as")]);
        // As one of many results.
        dir.file(format!("docs/{name}"), "头");
        dir.run(&format!("{OWN} docs -o in")).fails_telling(&["it is read as"]);
        fs::remove_dir_all(dir.path("docs")).unwrap();
    }
    assert!(contents(&dir, "in/") == before);
}

#[test]
fn a_list_of_files_and_redirected_streams_are_not_converted() {
    let dir = Dir::new();
    dir.file("in/a", "头发\n").file("in/list", "in\n头发\n").file("in/log", "头发\n");
    dir.file("in/errors", "头发\n");
    let open =
        |name: &str| fs::File::options().read(true).append(true).open(dir.path(name)).unwrap();
    let line = "convert s2t -w --report jsonl --files-from -";
    let mut command = dir.command(line.split(' '));
    let status = command
        .stdin(open("in/list"))
        .stdout(open("in/log"))
        .stderr(open("in/errors"))
        .status()
        .unwrap();
    // The second line of the list names nothing.
    assert_eq!(status.code(), Some(2));
    assert_eq!([dir.text("in/a"), dir.text("in/list")], ["頭髮\n", "in\n头发\n"]);
    for name in ["in/log", "in/errors"] {
        let text = dir.text(name);
        assert!(text.starts_with("头发\n") && text.lines().count() > 1, "{name}: {text}");
    }
    let errors = dir.text("in/errors");
    for told in [
        "skipped: in/errors: standard error is redirected to it\n",
        "skipped: in/list: it is read as a config, dictionary or list\n",
        "skipped: in/log: standard output is redirected to it\n",
    ] {
        assert!(errors.contains(told), "no {told:?} in {errors:?}");
    }
    dir.file("in/list", "in/a\n头发\n");
    dir.run("convert s2t -w --files-from in/list in/list").fails();
    dir.file("named", "in/list\n");
    dir.pipe("convert s2t -w --files-from named", "").succeeds();
    assert_eq!(dir.text("in/list"), "in/a\n頭髮\n", "a list that this run does not read");
}

#[test]
fn a_report_that_is_yet_to_be_made_is_not_written_over() {
    let dir = Dir::new();
    dir.file("in/new/r", "头发\n");
    fs::create_dir_all(dir.path("out/new")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("out", dir.path("other")).unwrap();
    let report = if cfg!(unix) { "other/new/r" } else { "out/new/r" };
    dir.run(&format!("convert s2t in -o out --report jsonl={report}"))
        .fails_telling(&["it is the report"]);
    assert!(!Path::new(&dir.path("out/new/r")).exists() || dir.text("out/new/r").is_empty());
}
