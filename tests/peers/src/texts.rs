//! Texts of other kinds than prose, three megabytes each, the same on every machine.

use super::{naive, prose};

const SIZE: usize = 3_000_000;

/// Returns the kinds with their texts.
pub(crate) fn all() -> Vec<(&'static str, String)> {
    let simplified = jianfan::configs().iter().find(|config| config.name == "s2t").expect("s2t");
    let prose = prose::text(simplified, SIZE);
    vec![
        ("classical", classical()),
        ("Chinese and Latin", mixed(&prose)),
        ("HTML source", html(&prose)),
        ("ASCII", ascii()),
        ("random Han", random()),
    ]
}

/// Sentences of the Analects and of Mencius (public domain), in an order of their own each time.
fn classical() -> String {
    const SENTENCES: [&str; 16] = [
        "子曰：「學而時習之，不亦說乎？有朋自遠方來，不亦樂乎？人不知而不慍，不亦君子乎？」",
        "有子曰：「其為人也孝弟，而好犯上者，鮮矣；不好犯上，而好作亂者，未之有也。」",
        "曾子曰：「吾日三省吾身：為人謀而不忠乎？與朋友交而不信乎？傳不習乎？」",
        "子曰：「道千乘之國：敬事而信，節用而愛人，使民以時。」",
        "子曰：「弟子入則孝，出則弟，謹而信，汎愛眾，而親仁。行有餘力，則以學文。」",
        "子貢曰：「貧而無諂，富而無驕，何如？」子曰：「可也。未若貧而樂，富而好禮者也。」",
        "子曰：「吾十有五而志于學，三十而立，四十而不惑，五十而知天命，六十而耳順，七十而從心所欲，不踰矩。」",
        "哀公問曰：「何為則民服？」孔子對曰：「舉直錯諸枉，則民服；舉枉錯諸直，則民不服。」",
        "孟子見梁惠王。王曰：「叟不遠千里而來，亦將有以利吾國乎？」",
        "孟子對曰：「王何必曰利？亦有仁義而已矣。王曰『何以利吾國』？大夫曰『何以利吾家』？」",
        "苟為後義而先利，不奪不饜。未有仁而遺其親者也，未有義而後其君者也。",
        "不違農時，穀不可勝食也；數罟不入洿池，魚鼈不可勝食也；斧斤以時入山林，材木不可勝用也。",
        "五畝之宅，樹之以桑，五十者可以衣帛矣；雞豚狗彘之畜，無失其時，七十者可以食肉矣。",
        "老吾老，以及人之老；幼吾幼，以及人之幼。天下可運於掌。",
        "魚，我所欲也；熊掌，亦我所欲也，二者不可得兼，舍魚而取熊掌者也。",
        "故天將降大任於是人也，必先苦其心志，勞其筋骨，餓其體膚，空乏其身，行拂亂其所為。",
    ];
    let mut numbers = Numbers(1);
    let mut text = String::with_capacity(SIZE + 1000);
    while text.len() < SIZE {
        text.push_str(SENTENCES[numbers.below(SENTENCES.len())]);
        if numbers.below(3) == 0 {
            text.push('\n');
        }
    }
    text
}

/// Prose with a word of Latin or a number after every few characters.
fn mixed(prose: &str) -> String {
    const WORDS: [&str; 12] = [
        "Rust",
        "API",
        "2026",
        "GitHub",
        "PDF",
        "iPhone 15",
        "v1.2.3",
        "TCP/IP",
        "3.5%",
        "Unicode",
        "AI",
        "x86-64",
    ];
    let mut numbers = Numbers(2);
    let mut text = String::with_capacity(SIZE + 1000);
    let mut next = 5;
    for character in prose.chars() {
        text.push(character);
        next -= 1;
        if next == 0 {
            text.push_str(WORDS[numbers.below(WORDS.len())]);
            next = 3 + numbers.below(12);
        }
        if text.len() >= SIZE {
            break;
        }
    }
    text
}

/// Each line a paragraph with a link in it.
fn html(prose: &str) -> String {
    let mut text = String::with_capacity(2 * SIZE);
    for (number, line) in prose.lines().enumerate() {
        let middle = line.char_indices().nth(line.chars().count() / 2).map_or(0, |(at, _)| at);
        let (first, second) = line.split_at(middle);
        text += &format!(
            "<p class=\"body text-{number}\" id=\"p{number}\">{first}<a href=\"https://example.com/news/{number}.html\" target=\"_blank\">{second}</a></p>\n"
        );
        if text.len() >= SIZE {
            break;
        }
    }
    text
}

fn ascii() -> String {
    let path = naive::data().join("LICENSE");
    let licence = std::fs::read_to_string(path).expect("the licence of the data");
    let licence: String = licence.chars().filter(char::is_ascii).collect();
    licence.repeat(SIZE / licence.len() + 1)
}

fn random() -> String {
    let mut numbers = Numbers(3);
    let mut text = String::with_capacity(SIZE + 1000);
    while text.len() < SIZE {
        let code = 0x4E00 + u32::try_from(numbers.below(0x9FFF - 0x4E00)).expect("a code point");
        text.push(char::from_u32(code).expect("an ideograph"));
        if numbers.below(40) == 0 {
            text.push('\n');
        }
    }
    text
}

/// A stream of numbers (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % end as u64).expect("below a usize")
    }
}
