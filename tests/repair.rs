//! `jianfan repair`: what careless conversions wrote is mended, and nothing else is touched.

use jianfan::pipeline::Pipeline;

use crate::support::command::Dir;

#[test]
fn a_line_on_a_pipe_is_mended() {
    let dir = Dir::new();
    let harmed = "會議結束后，產品的標准是三百公裡，不受製裁和乾預。\n";
    assert_eq!(
        dir.pipe("repair", harmed).succeeds(),
        "會議結束後，產品的標準是三百公里，不受制裁和干預。\n"
    );
}

#[test]
fn regions_spell_in_their_way() {
    let dir = Dir::new();
    for (to, right) in [
        ("t", "辦公室裏面的后面".replace('后', "後")),
        ("tw", "辦公室裡面的後面".into()),
        ("hk", "辦公室裏面的後面".into()),
    ] {
        assert_eq!(dir.pipe(&format!("repair --to {to}"), "辦公室里面的后面").succeeds(), right);
    }
}

#[test]
fn each_change_is_told_with_its_reason() {
    let dir = Dir::new();
    dir.file("a.txt", "會議結束后\n一切都好\n");
    let run = dir.run("repair --check a.txt");
    assert_eq!(run.code, Some(1));
    let told = String::from_utf8(run.stdout).unwrap();
    assert!(told.starts_with("a.txt:1:5: characters: 后 → 後 ("), "{told}");
    assert!(told.contains(" to 1; 后 is as in Simplified)"), "{told}");
    assert_eq!(dir.text("a.txt"), "會議結束后\n一切都好\n");

    dir.run("repair --check --report=jsonl=report.jsonl a.txt");
    assert!(dir.text("report.jsonl").contains(r#""why":""#), "{}", dir.text("report.jsonl"));
}

#[test]
fn right_text_is_left_byte_for_byte() {
    let dir = Dir::new();
    for text in [
        "皇后站在太后後面，說：「這裡離村里有三里。」\n",
        "范先生姓范，于小姐姓于，余光中寫詩。\r\n",
        "会议结束后，里面没有头发。\n",
        "Plain text, 1984\n",
        "樸素的人住在這裡",
        "\u{FEFF}乾坤大挪移\n",
    ] {
        assert_eq!(dir.pipe("repair", text).succeeds(), text);
    }
}

#[test]
fn what_is_no_prose_is_left() {
    let dir = Dir::new();
    let text = "`會議結束后`，會議結束后再說\n";
    assert_eq!(dir.pipe("repair", text).succeeds(), "`會議結束后`，會議結束後再說\n");
}

/// The characters of a harmed essay: most come back, no other is touched, and a second run finds nothing.
#[test]
fn an_essay_that_was_converted_character_by_character_is_mended() {
    let simplified = include_str!("../data/sample/essay-simplified.txt");
    let converter = |name: &str| jianfan::Converter::builder(name).context(true).build().unwrap();
    let right = converter("s2tw").convert(simplified);
    let candidates = include_str!("../data/dictionary/STCharacters.txt");
    let first = |c: char| {
        let line = candidates.lines().find(|line| line.starts_with(&format!("{c}\t")));
        line.and_then(|line| line.split('\t').nth(1)?.chars().next()).unwrap_or(c)
    };
    let harmed: String = simplified.chars().map(first).collect();
    let harmed = jianfan::Converter::new("t2tw").unwrap().convert(&harmed);
    let repair = Pipeline::without_conversion().normalize("characters=tw".parse().unwrap());
    let repair = |text: &str| String::from_utf8(repair.run(text.as_bytes()).unwrap()).unwrap();
    let mended = repair(&harmed);
    // 鍾 is a spelling of 鐘 that is not rare, and not touched but in some words; 臺燈 many write for 檯燈.
    let is_wrong =
        |(a, b): &(char, char)| a != b && ![('鍾', '鐘'), ('臺', '檯')].contains(&(*a, *b));
    let wrong = |text: &str| text.chars().zip(right.chars()).filter(is_wrong).count();
    assert!(wrong(&harmed) > 5, "{}", wrong(&harmed));
    assert!(wrong(&mended) * 5 < wrong(&harmed), "{} of {}", wrong(&mended), wrong(&harmed));
    assert_eq!(repair(&mended), mended);
    let touched = harmed.chars().zip(mended.chars()).zip(right.chars());
    for ((old, new), right) in touched.filter(|((old, new), _)| old != new) {
        assert_eq!(new, right, "{old}");
    }
}
