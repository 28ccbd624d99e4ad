//! Formats that are there only with a cargo feature.
//!
//! Without it each says how it can be had, and a folder with such files is converted around them, as around other binary files.

use crate::support::command::Dir;

/// What begins and ends as Parquet does.
const PARQUET: &[u8] = b"PAR1\x15\x00\x00\x00\x00\x00\x00\x00PAR1";

#[cfg(not(feature = "arrow"))]
#[test]
fn a_format_of_a_feature_says_how_it_can_be_had() {
    let dir = Dir::new();
    for name in ["parquet", "arrow"] {
        dir.pipe(&format!("convert s2t --format {name}"), "发").fails_telling(&[
            &format!("'{name}' is not in this build"),
            "cargo install jianfan --features arrow",
        ]);
    }
    assert!(!dir.run("list formats").succeeds().contains("parquet"));
}

#[cfg(not(feature = "arrow"))]
#[test]
fn a_folder_is_converted_around_tables() {
    let dir = Dir::new();
    dir.file("in/a.parquet", PARQUET).file("in/b.txt", "发");
    dir.run("convert s2t in -o out").succeeds();
    assert_eq!(dir.files(), ["in/a.parquet", "in/b.txt", "out/b.txt"]);
}

#[cfg(feature = "arrow")]
#[test]
fn a_damaged_table_in_a_folder_stops_nothing() {
    let dir = Dir::new();
    dir.file("in/a.parquet", PARQUET).file("in/b.txt", "发");
    dir.run("convert s2t in -o out")
        .fails_telling(&["in/a.parquet", "cannot be converted as parquet"]);
    assert_eq!(dir.text("out/b.txt"), "發");
    dir.file("packed.parquet.gz", b"\x1f\x8b\x08").run("convert s2t packed.parquet.gz").fails();
}
