//! Texts that formulas look for.
//!
//! In: the formulas, filters and conditions of a sheet. Out: whether a cell of some text stays. A formula is no prose, and what it has
//! between quotes cannot be told from a name; so `COUNTIF(A:A,"头发")` goes on to count `头发`, and the naive way, which converts the
//! cells that it counts, makes it 0. Here a cell stays if its whole text is such a literal, or has one in it that a function looks
//! for within texts. That is more than what formulas really meet: which cells those are, only a program that computes them knows.

use std::collections::HashSet;

use aho_corasick::AhoCorasick;

use super::Wrong;

/// What is looked for, while it is collected.
#[derive(Debug, Default)]
pub(super) struct Seeking {
    whole: HashSet<String>,
    within: HashSet<String>,
    /// Of sheets and ranges, which count where a formula makes a reference of a text.
    names: Vec<String>,
    makes_references: bool,
}

/// What is looked for.
#[derive(Debug, Default)]
pub(super) struct Sought {
    whole: HashSet<String>,
    within: Option<AhoCorasick>,
}

/// Functions that look at a part of a text.
const PARTS: [&str; 13] = [
    "SEARCH(",
    "SEARCHB(",
    "FIND(",
    "FINDB(",
    "LEFT(",
    "LEFTB(",
    "RIGHT(",
    "RIGHTB(",
    "MID(",
    "SUBSTITUTE(",
    "TEXTBEFORE(",
    "TEXTAFTER(",
    "REGEX",
];
/// What compares a text that is put together with `&`.
const COMPARES: [&str; 13] = [
    "=",
    "<",
    ">",
    "COUNTIF",
    "SUMIF",
    "AVERAGEIF",
    "MAXIFS",
    "MINIFS",
    "MATCH(",
    "LOOKUP(",
    "FILTER(",
    "SWITCH(",
    "INDIRECT(",
];
/// What makes a reference of a text.
const REFERENCES: [&str; 2] = ["INDIRECT(", "HYPERLINK("];
/// What has a meaning in a text that is looked for.
const SIGNS: [char; 14] = ['*', '?', '~', '.', '^', '$', '[', ']', '(', ')', '|', '+', '\\', '/'];

/// Returns the texts between quotes in a formula, and what stands around them, in capitals.
fn literals(formula: &str) -> (Vec<String>, String) {
    let (mut found, mut around) = (Vec::new(), String::new());
    let mut rest = formula;
    while let Some(at) = rest.find(['"', '\'']) {
        around.push_str(&rest[..at]);
        let quote = char::from(rest.as_bytes()[at]);
        let mut literal = String::new();
        rest = &rest[at + 1..];
        loop {
            let Some(end) = rest.find(quote) else {
                rest = "";
                break;
            };
            literal.push_str(&rest[..end]);
            rest = &rest[end + 1..];
            // Twice, it stands for itself.
            if !rest.starts_with(quote) {
                break;
            }
            literal.push(quote);
            rest = &rest[1..];
        }
        // Between the others stands the name of a sheet.
        if quote == '"' {
            found.push(literal);
        }
        around.push('"');
    }
    around.push_str(rest);
    (found, around.to_ascii_uppercase())
}

/// Returns whether a formula has a text that a conversion might change.
pub(super) fn has_literal(formula: &str) -> bool {
    !formula.is_ascii() && literals(formula).0.iter().any(|literal| !literal.is_ascii())
}

fn plain(text: &str) -> String {
    text.trim().to_lowercase()
}

impl Seeking {
    /// Takes a formula, or a condition.
    pub(super) fn formula(&mut self, formula: &str) {
        let (literals, around) = literals(formula);
        let has = |signs: &[&str]| signs.iter().any(|sign| around.contains(sign));
        self.makes_references |= has(&REFERENCES);
        // The sign that begins a formula compares nothing.
        let body = around.split_once(":=").map_or(&*around, |(_, body)| body);
        let is_within =
            has(&PARTS) || around.contains('&') && COMPARES.iter().any(|sign| body.contains(sign));
        for literal in literals {
            self.pattern(&literal);
            // The choices of a cell are one literal.
            for one in literal.split(',') {
                self.text(one);
            }
            if is_within {
                self.part(&literal);
            }
        }
    }

    /// Takes what a whole cell is compared with, in which signs may stand for anything.
    pub(super) fn pattern(&mut self, text: &str) {
        self.text(text);
        self.text(text.trim_start_matches(['=', '<', '>']));
        if text.contains(['*', '?']) {
            for part in text.split(SIGNS) {
                self.part(part);
            }
        }
    }

    /// Takes what a whole cell is compared with.
    pub(super) fn text(&mut self, text: &str) {
        if !text.is_ascii() {
            self.whole.insert(plain(text));
        }
    }

    /// Takes what is looked for in cells.
    pub(super) fn part(&mut self, text: &str) {
        if !text.is_ascii() {
            self.within.insert(plain(text.trim_start_matches(['=', '<', '>'])));
        }
    }

    /// Takes what a sheet or a range is called.
    pub(super) fn name(&mut self, name: &str) {
        if !name.is_ascii() {
            self.names.push(name.to_owned());
        }
    }

    pub(super) fn finish(mut self) -> Result<Sought, Wrong> {
        if self.makes_references {
            for name in std::mem::take(&mut self.names) {
                self.text(&name);
            }
        }
        let within = match self.within.is_empty() {
            true => None,
            false => Some(
                AhoCorasick::new(&self.within)
                    .map_err(|_| Wrong::new("its formulas look for too many texts"))?,
            ),
        };
        Ok(Sought { whole: self.whole, within })
    }
}

impl Sought {
    /// Returns whether a cell with this text stays.
    pub(super) fn keeps(&self, text: &str) -> bool {
        if text.is_ascii() || self.whole.is_empty() && self.within.is_none() {
            return false;
        }
        let text = plain(text);
        self.whole.contains(&text)
            || self.within.as_ref().is_some_and(|within| within.is_match(&text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keeps(formula: &str, text: &str) -> bool {
        let mut seeking = Seeking::default();
        seeking.name("数据");
        seeking.formula(formula);
        seeking.finish().unwrap().keeps(text)
    }

    #[test]
    fn what_a_formula_compares_with_is_kept() {
        for (formula, kept, converted) in [
            ("COUNTIF(A:A,\"头发\")", "头发", "头发x"),
            ("COUNTIF(A:A,\"<>头发\")", " 头发 ", "发"),
            ("IF(B2=\"说\"\"发\",1,0)", "说\"发", "说"),
            ("COUNTIF(A:A,\"*发?x\")", "头发", "头"),
            ("SEARCH(\"发\",A1)", "头发x", "头"),
            ("COUNTIF(A:A,\"发\"&B1)", "发x", "头"),
            ("INDIRECT(F1&\"!B2\")", "数据", "头发"),
            ("INDIRECT(F1&\"!B2\")", "数据", "数据x"),
            ("\"头发,里面\"", "里面", "头"),
            ("of:=IF([.A2]=\"Usb线\";1;0)", "USB线", "线"),
        ] {
            assert!(keeps(formula, kept), "{formula} {kept}");
            assert!(!keeps(formula, converted), "{formula} {converted}");
        }
        for formula in
            ["A1&\"头发\"", "of:=[.A1]&\"头发\"", "'头\"发'!A1&\"x\"", "SUM(数据!A1)", "\"头发"]
        {
            assert!(!keeps(formula, "头发x") && !keeps(formula, "数据"), "{formula}");
        }
        assert!(has_literal("\"a\"&\"发\"") && !has_literal("发!A1&\"x\"&'发\"发\"'!A1"));
    }
}
