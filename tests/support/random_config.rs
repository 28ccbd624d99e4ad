//! Small random configs: what OpenCC's configs never do, but a user's may.
//!
//! In: a random stream. Out: a config of a few characters, its dictionaries so dense that words overlap, nest and feed each
//! other in every step, as files that the library, the naive engine and libopencc all open; and, for a config on which two of them
//! differ, a smaller one.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::generate::Rng;

/// Keys with their values.
pub(crate) type Entries = Vec<(String, String)>;

/// A config with its dictionaries.
#[derive(Clone, Debug)]
pub(crate) struct RandomConfig {
    alphabet: Vec<char>,
    normalization: Vec<Node>,
    segmentation: Option<Node>,
    chain: Vec<Node>,
    /// Dictionaries of a user, the last one wins.
    pub(crate) user: Vec<Entries>,
}

#[derive(Clone, Debug)]
enum Node {
    Leaf { entries: Entries, inline: bool, tofu: bool },
    Group { policy: &'static str, nodes: Vec<Node>, tofu: bool },
}

/// One or two bytes, three, four; two letters of equal first bytes; the operators of description sequences.
const LETTERS: [char; 13] =
    ['a', 'b', '.', '-', 'é', 'Ж', '一', '丁', '发', '發', '\u{F900}', '𠀀', '𠀁'];
const OPERATORS: [char; 5] = ['⿰', '⿱', '⿲', '⿾', '⿿'];

impl RandomConfig {
    /// Makes a config; `user` says whether it comes with dictionaries of a user.
    pub(crate) fn new(rng: &mut Rng, user: bool) -> RandomConfig {
        let mut alphabet: Vec<char> = (0..rng.between(2, 6)).map(|_| *rng.pick(&LETTERS)).collect();
        if rng.once_in(3) {
            alphabet.push(*rng.pick(&OPERATORS));
        }
        let normalization = match rng.below(6) {
            0 | 1 => vec![],
            2 | 3 => vec![Node::leaf(rng, &alphabet, 1)],
            4 => vec![Node::new(rng, &alphabet, 1)],
            _ => vec![Node::new(rng, &alphabet, 0), Node::leaf(rng, &alphabet, 1)],
        };
        let segmentation = (!rng.once_in(3)).then(|| Node::new(rng, &alphabet, 2));
        let chain = (0..rng.between(1, 3)).map(|_| Node::new(rng, &alphabet, 2)).collect();
        let user = if user { rng.between(1, 3) } else { 0 };
        let user = (0..user).map(|_| entries(rng, &alphabet, 3)).collect();
        RandomConfig { alphabet, normalization, segmentation, chain, user }
    }

    /// Makes a text for the config: letters in any order, words in any order, description sequences.
    pub(crate) fn text(&self, rng: &mut Rng) -> String {
        let mut text = String::new();
        let steps = self.normalization.iter().chain(&self.segmentation).chain(&self.chain);
        let mut words: Vec<&str> = steps.flat_map(Node::keys).collect();
        words.extend(self.user.iter().flatten().map(|(key, _)| key.as_str()));
        let length = if rng.once_in(20) { rng.between(20, 80) } else { rng.between(0, 12) };
        for _ in 0..length {
            match rng.below(12) {
                0..3 if !words.is_empty() => text.push_str(rng.word(&words)),
                3 => text.push(*rng.pick(&OPERATORS)),
                4 if rng.once_in(3) => text.push(*rng.pick(&LETTERS)),
                5 if rng.once_in(8) => text.push_str(rng.word(&["\n", "\r\n", "\r"])),
                _ => text.push(*rng.pick(&self.alphabet)),
            }
        }
        text
    }

    /// Writes config and dictionaries into a folder; returns the path of the config.
    pub(crate) fn write(&self, folder: &Path) -> PathBuf {
        let mut files = 0;
        let mut steps = |nodes: &[Node]| -> Vec<Value> {
            nodes.iter().map(|node| json!({ "dict": node.write(folder, &mut files) })).collect()
        };
        let mut root = json!({ "name": "random", "conversion_chain": steps(&self.chain) });
        if !self.normalization.is_empty() {
            root["normalization"] = steps(&self.normalization).into();
        }
        if let Some(node) = &self.segmentation {
            let dict = node.write(folder, &mut files);
            root["segmentation"] = json!({ "type": "mmseg", "dict": dict });
        }
        let path = folder.join("config.json");
        write(&path, &format!("{root:#}"));
        path
    }

    /// Returns a config that is as small as can be for as long as `holds`.
    pub(crate) fn shrink(&self, holds: &dyn Fn(&RandomConfig) -> bool) -> RandomConfig {
        let mut small = self.clone();
        while let Some(smaller) = small.smaller().into_iter().find(|config| holds(config)) {
            small = smaller;
        }
        small
    }

    /// Returns every config that lacks one thing of this one.
    fn smaller(&self) -> Vec<RandomConfig> {
        let mut all = Vec::new();
        if self.segmentation.is_some() {
            all.push(RandomConfig { segmentation: None, ..self.clone() });
        }
        for index in 0..self.normalization.len() {
            let mut config = self.clone();
            config.normalization.remove(index);
            all.push(config);
        }
        for index in (0..self.chain.len()).filter(|_| self.chain.len() > 1) {
            let mut config = self.clone();
            config.chain.remove(index);
            all.push(config);
        }
        for index in 0..self.user.len() {
            let mut config = self.clone();
            config.user.remove(index);
            all.push(config);
            for entry in 0..self.user[index].len() {
                let mut config = self.clone();
                config.user[index].remove(entry);
                all.push(config);
            }
        }
        if let Some(node) = &self.segmentation {
            let with = |node| RandomConfig { segmentation: Some(node), ..self.clone() };
            all.extend(node.smaller().into_iter().map(with));
        }
        for (index, node) in self.normalization.iter().enumerate() {
            all.extend(node.smaller().into_iter().map(|node| {
                let mut config = self.clone();
                config.normalization[index] = node;
                config
            }));
        }
        for (index, node) in self.chain.iter().enumerate() {
            all.extend(node.smaller().into_iter().map(|node| {
                let mut config = self.clone();
                config.chain[index] = node;
                config
            }));
        }
        all
    }
}

impl Node {
    fn new(rng: &mut Rng, alphabet: &[char], depth: usize) -> Node {
        if depth == 0 || rng.once_in(3) {
            let longest = rng.between(1, 4);
            return Node::leaf(rng, alphabet, longest);
        }
        let nodes = (0..rng.between(1, 3)).map(|_| Node::new(rng, alphabet, depth - 1)).collect();
        let policy = *rng.pick(&["short_circuit", "union"]);
        Node::Group { policy, nodes, tofu: rng.once_in(10) }
    }

    fn leaf(rng: &mut Rng, alphabet: &[char], longest: usize) -> Node {
        let inline = rng.once_in(5);
        let tofu = !inline && rng.once_in(6);
        Node::Leaf { entries: entries(rng, alphabet, longest), inline, tofu }
    }

    fn keys(&self) -> Vec<&str> {
        match self {
            Node::Leaf { entries, .. } => entries.iter().map(|(key, _)| key.as_str()).collect(),
            Node::Group { nodes, .. } => nodes.iter().flat_map(Node::keys).collect(),
        }
    }

    fn write(&self, folder: &Path, files: &mut usize) -> Value {
        let mut json = match self {
            Node::Leaf { entries, inline: true, .. } => {
                let entries: serde_json::Map<String, Value> =
                    entries.iter().map(|(key, value)| (key.clone(), json!(value))).collect();
                json!({ "type": "inline", "entries": entries })
            }
            Node::Leaf { entries, .. } => {
                *files += 1;
                let name = format!("d{files}.txt");
                write(&folder.join(&name), &lines(entries));
                json!({ "type": "text", "file": name })
            }
            Node::Group { policy, nodes, .. } => {
                let dicts: Vec<Value> =
                    nodes.iter().map(|node| node.write(folder, files)).collect();
                json!({ "type": "group", "match_policy": policy, "dicts": dicts })
            }
        };
        if let Node::Leaf { tofu: true, .. } | Node::Group { tofu: true, .. } = self {
            json["may_output_tofu"] = json!(true);
        }
        json
    }

    fn smaller(&self) -> Vec<Node> {
        match self {
            Node::Leaf { entries, inline, tofu } => {
                // A dictionary without any entry is not what is tested here.
                let places = (0..entries.len()).filter(|_| entries.len() > 1);
                places
                    .map(|place| {
                        let mut entries = entries.clone();
                        entries.remove(place);
                        Node::Leaf { entries, inline: *inline, tofu: *tofu }
                    })
                    .collect()
            }
            Node::Group { policy, nodes, tofu } => {
                let mut all: Vec<Node> = nodes.clone();
                for (index, node) in nodes.iter().enumerate() {
                    let mut without = nodes.clone();
                    without.remove(index);
                    if !without.is_empty() {
                        all.push(Node::Group { policy, nodes: without, tofu: *tofu });
                    }
                    all.extend(node.smaller().into_iter().map(|node| {
                        let mut nodes = nodes.clone();
                        nodes[index] = node;
                        Node::Group { policy, nodes, tofu: *tofu }
                    }));
                }
                all
            }
        }
    }
}

/// Makes a dictionary whose keys have up to `longest` characters.
fn entries(rng: &mut Rng, alphabet: &[char], longest: usize) -> Entries {
    let dense = rng.once_in(4);
    let mut word = |longest: usize| -> String {
        (0..rng.between(1, longest)).map(|_| *rng.pick(alphabet)).collect()
    };
    let mut made: Entries = Vec::new();
    for _ in 0..if dense { 24 } else { 6 } {
        let (key, value) = (word(longest), word(3));
        if made.iter().all(|(known, _)| *known != key) {
            made.push((key, value));
        }
    }
    let keep = rng.between(1, made.len());
    made.truncate(keep);
    made
}

/// Returns the text form of a dictionary.
pub(crate) fn lines(entries: &Entries) -> String {
    entries.iter().map(|(key, value)| format!("{key}\t{value}\n")).collect()
}

/// Writes a scratch file.
pub(crate) fn write(path: &Path, content: &str) {
    let mut file = File::create(path).expect("the scratch folder can be written");
    file.write_all(content.as_bytes()).expect("the scratch folder can be written");
}
