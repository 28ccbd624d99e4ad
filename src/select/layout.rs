//! Lines whose marks are no prose: code without a fence, rows of tables, keys with their values.

use crate::draft::{is_blank, is_cjk_mark};
use crate::han::is_han;

/// Returns whether the marks and blanks of a line have a meaning of their own.
pub(super) fn is_guarded(line: &str) -> bool {
    let trimmed = line.trim();
    let signs = trimmed.bytes().fold(0, |signs, byte| signs | SIGNS[usize::from(byte)]);
    (signs & TABLE != 0 && is_table_row(trimmed))
        || (signs & ROW != 0 && is_separated_row(trimmed))
        || (signs & CODE != 0 && is_code(trimmed))
}

const TABLE: u8 = 1;
const ROW: u8 = 1 << 1;
const CODE: u8 = 1 << 2;

/// What a line may be that has a byte.
static SIGNS: [u8; 256] = {
    let mut signs = [0; 256];
    let (table, code) = (b"|\t", b"=!>:+-&|/*()[]{}\"'<#;miE");
    let mut at = 0;
    while at < table.len() {
        signs[table[at] as usize] |= TABLE;
        at += 1;
    }
    at = 0;
    while at < code.len() {
        signs[code[at] as usize] |= CODE;
        at += 1;
    }
    signs[b',' as usize] |= ROW;
    signs
};

/// `| a | b |`, or fields between tabs.
fn is_table_row(line: &str) -> bool {
    (line.starts_with('|') && line.len() > 1 && line.ends_with('|'))
        || line.matches('\t').count() >= 2
}

/// `姓名,年龄,城市`: short fields between commas, no blank behind these, and nothing that ends or builds a sentence.
fn is_separated_row(line: &str) -> bool {
    const LONGEST_FIELD: usize = 12;
    let commas = line.bytes().filter(|&byte| byte == b',').count();
    let bytes = line.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let has_number =
        (1..bytes.len()).any(|at| bytes[at] == b',' && is_digit(at - 1) && is_digit(at + 1));
    commas >= 2
        && !has_number
        && !line.chars().any(|c| matches!(c, '!' | '?' | ';') || is_cjk_mark(c))
        && !line.ends_with([':', '.', ','])
        && line.split(',').all(|field| {
            !field.starts_with(is_blank)
                && !field.is_empty()
                && field.chars().take(LONGEST_FIELD + 1).count() <= LONGEST_FIELD
        })
}

/// Signs that stand in code and not in prose; two different ones make a line code.
fn is_code(line: &str) -> bool {
    let is_reference = line.starts_with('[') && line.contains("]: ") && line.contains(['/', '<']);
    let is_comment = is_reference
        || [
            "SELECT ",
            "INSERT INTO ",
            "UPDATE ",
            "DELETE FROM ",
            "CREATE TABLE ",
            "//",
            "/*",
            "#!",
            "#include",
            "import ",
            "from ",
            "<!--",
        ]
        .iter()
        .any(|sign| line.starts_with(sign));
    if is_comment {
        return true;
    }
    // A sentence that shows a piece of code is still a sentence.
    if line.ends_with(['。', '！', '？', '，', '：']) {
        return false;
    }
    let mut signs = 0u32;
    for pair in line.as_bytes().windows(2) {
        signs |= match pair {
            b"==" | b"!=" => 1,
            b"=>" | b"->" => 1 << 1,
            b"::" => 1 << 2,
            b":=" | b"+=" | b"-=" => 1 << 3,
            b"&&" | b"||" => 1 << 4,
            b"++" => 1 << 5,
            b"/*" | b"*/" => 1 << 6,
            b"()" => 1 << 7,
            b"[]" => 1 << 8,
            b"(\"" | b"('" => 1 << 9,
            b"\")" | b"')" => 1 << 10,
            b"</" | b"/>" => 1 << 11,
            b"=\"" | b"={" => 1 << 12,
            b"\":" | b"\"," => 1 << 13,
            b" =" => 1 << 14,
            b"';" | b"\";" => 1 << 15,
            _ => 0,
        };
    }
    let count = signs.count_ones()
        + u32::from(line.ends_with(['{', '}']))
        + u32::from(line.ends_with(';') && !line[..line.len() - 1].ends_with(is_han))
        + u32::from(is_call(line));
    count >= 2
}

/// `name(…)` at the start of a line and nothing behind it.
fn is_call(line: &str) -> bool {
    let name = line
        .bytes()
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'))
        .count();
    name > 0
        && line[name..].starts_with('(')
        && line.ends_with([')', ';', ':', '{'])
        && line.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_and_tables_are_known() {
        for line in [
            "| 名称 | 值, 单位 |",
            "姓名\t年龄\t城市",
            "姓名,年龄,城市",
            "张三,30,北京",
            "print(\"你好, 世界\")",
            "let 名 = f(标题, 内容);",
            "if (甲 == 乙) {",
            "// 注释, 说明",
            "f(\"甲\", \"乙\");",
            "SELECT 姓名,年龄 FROM 用户;",
            "const s = '你好,世界';",
            "[ref]: https://a.cn \"标题,文字\"",
            "<a href=\"x\">标题, 内容</a>",
            "{\"标题\": \"你好, 世界\", \"a\": 1}",
        ] {
            assert!(is_guarded(line), "{line}");
        }
        for line in [
            "你好,世界。",
            "他说:“好,就这样。”",
            "支持iPhone(苹果手机),也支持安卓。",
            "床前明月光,疑是地上霜",
            "一是京津冀,二是长三角,三是粤港澳大湾区这几个重要区域",
            "在本届京港洽谈会上,京港双方就参与国家重大战略、服务业达成共识",
        ] {
            assert!(!is_guarded(line), "{line}");
        }
    }
}
