//! How much memory the process may use, for the budget of those who name none.
//!
//! In: what Linux says of the machine, of the control groups of the process, and of its limits. Out: a quarter of the least of
//! them. A container's limit is not what `/proc/meminfo` says, and who goes over it is killed without an error.

use std::fs;
use std::path::Path;

/// Where nothing says how much memory there is.
const UNKNOWN: u64 = 8 << 30;
/// Less is of no use, and a limit that low is for something else.
const LEAST: u64 = 16 << 20;

/// Returns the budget of a process that was given none.
pub(super) fn default_budget() -> u64 {
    let machine = available(Path::new("/")).unwrap_or(UNKNOWN);
    (machine / 4).max(LEAST).min(usize::MAX as u64 / 4)
}

/// Returns how much memory the process may use, with the files of the system below `root`.
fn available(root: &Path) -> Option<u64> {
    let read = |path: &str| fs::read_to_string(root.join(path)).ok();
    let machine = read("proc/meminfo").and_then(|text| {
        let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
        line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
    });
    let address_space = read("proc/self/limits").and_then(|text| {
        let line = text.lines().find_map(|line| line.strip_prefix("Max address space"))?;
        line.split_whitespace().next()?.parse().ok()
    });
    let groups = read("proc/self/cgroup").unwrap_or_default();
    let groups = groups.lines().filter_map(|line| group_limit(root, line));
    machine.into_iter().chain(address_space).chain(groups).min()
}

/// Returns the limit of a control group, by its line in `/proc/self/cgroup`, or of one around it.
fn group_limit(root: &Path, line: &str) -> Option<u64> {
    let mut fields = line.splitn(3, ':').skip(1);
    let (controllers, path) = (fields.next()?, fields.next()?);
    let (below, file) = match controllers {
        "" => ("sys/fs/cgroup", "memory.max"),
        _ if controllers.split(',').any(|name| name == "memory") => {
            ("sys/fs/cgroup/memory", "memory.limit_in_bytes")
        }
        _ => return None,
    };
    let top = root.join(below);
    let own = top.join(path.trim_start_matches('/'));
    // Within a container, the path may be one of the host's, of which only the top is there.
    let around = own.ancestors().take_while(|group| group.starts_with(&top));
    // Without a limit there is the word "max" in version 2, and nearly 2^63 in version 1.
    around.filter_map(|group| fs::read_to_string(group.join(file)).ok()?.trim().parse().ok()).min()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn system(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::File::create(path).unwrap().write_all(text.as_bytes()).unwrap();
        }
        root
    }

    const MACHINE: (&str, &str) =
        ("proc/meminfo", "MemTotal:       16384 kB\nMemFree:         1024 kB\n");

    #[test]
    fn the_least_limit_counts() {
        let unlimited =
            "Max address space         unlimited            unlimited            bytes\n";
        let limited = "Max address space         8388608              unlimited            bytes\n";
        let cases: [(&[(&str, &str)], u64); 6] = [
            (&[MACHINE, ("proc/self/limits", unlimited)], 16 << 20),
            (&[MACHINE, ("proc/self/limits", limited)], 8 << 20),
            (
                &[
                    MACHINE,
                    ("proc/self/cgroup", "0::/a/b\n"),
                    ("sys/fs/cgroup/a/b/memory.max", "max\n"),
                    ("sys/fs/cgroup/a/memory.max", "4194304\n"),
                ],
                4 << 20,
            ),
            (
                &[
                    MACHINE,
                    ("proc/self/cgroup", "0::/of/the/host\n"),
                    ("sys/fs/cgroup/memory.max", "2097152\n"),
                ],
                2 << 20,
            ),
            (
                &[
                    MACHINE,
                    ("proc/self/cgroup", "12:cpu,cpuacct:/\n5:memory:/docker/x\n0::/\n"),
                    ("sys/fs/cgroup/memory/docker/x/memory.limit_in_bytes", "1048576\n"),
                    ("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"),
                ],
                1 << 20,
            ),
            (
                &[
                    MACHINE,
                    ("proc/self/cgroup", "5:memory:/\n"),
                    ("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"),
                ],
                16 << 20,
            ),
        ];
        for (files, expected) in cases {
            let root = system(files);
            assert_eq!(available(root.path()), Some(expected), "{files:?}");
        }
        assert_eq!(available(system(&[]).path()), None);
    }
}
