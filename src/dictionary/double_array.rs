//! Builds the trie of the phrases as a double array.
//!
//! In: keys of two or more symbols, with what each means. Out: one word a node. A parent's children stand at its base plus
//! the child's symbol, and each names its parent's base, so one load and one comparison answer "does this character
//! continue the phrase?". A trie of hash maps, which OpenCC builds at run time, needs a hash and three dependent loads for
//! the same question; and this form needs no building at all once it is in the binary.
//!
//! A node word, from the low bits: 24 bits the parent's base, 24 bits payload, then the flags of [`Node`]. The payload is
//! the base of the children, or, on a leaf, where its value is. An inner node's value stands on a child of its own with
//! symbol 0, which no character has.

/// A word of the array; see the module's head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Node(pub(crate) u64);

/// Bits of a parent's base and of a payload.
const FIELD: u32 = 24;
const FIELD_MASK: u64 = (1 << FIELD) - 1;

impl Node {
    /// Children exist; the payload is their base.
    const INNER: u64 = 1 << (2 * FIELD);
    /// The path to this node is a key.
    const KEY: u64 = Self::INNER << 1;
    /// The key's value is what its characters give one by one.
    const BY_CHARACTER: u64 = Self::INNER << 2;
    /// The path to this node may take part in a match of a later conversion step.
    const TRIGGER: u64 = Self::INNER << 3;
    /// Some key ends here, or goes on from here, that is not by character, or this is a trigger.
    const SPECIAL: u64 = Self::INNER << 4;

    /// No node at all.
    pub(crate) const NONE: Node = Node(0);

    /// Returns whether this is a child of the parent with that base. An empty word would be a child of base 0, which is
    /// nobody's; the word 0 of an array is not even that.
    #[inline(always)]
    pub(crate) fn is_child_of(self, base: u32) -> bool {
        self.0 & FIELD_MASK == u64::from(base)
    }

    #[inline(always)]
    pub(crate) fn is_inner(self) -> bool {
        self.0 & Self::INNER != 0
    }

    #[inline(always)]
    pub(crate) fn is_key(self) -> bool {
        self.0 & Self::KEY != 0
    }

    #[inline(always)]
    pub(crate) fn is_by_character(self) -> bool {
        self.0 & Self::BY_CHARACTER != 0
    }

    #[inline(always)]
    pub(crate) fn is_trigger(self) -> bool {
        self.0 & Self::TRIGGER != 0
    }

    /// Returns whether something special ends here or goes on from here: what two characters or more give together is not
    /// what each gives by itself, or a later step may act on them.
    #[inline(always)]
    pub(crate) fn is_special(self) -> bool {
        self.0 & Self::SPECIAL != 0
    }

    /// Returns whether something special ends here.
    #[inline(always)]
    pub(crate) fn ends_special(self) -> bool {
        self.is_trigger() || (self.is_key() && !self.is_by_character())
    }

    /// Returns the base of the children of an inner node, or where the value of a leaf is.
    #[inline(always)]
    pub(crate) fn payload(self) -> u32 {
        (self.0 >> FIELD & FIELD_MASK) as u32
    }
}

/// What a key of the trie means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// A phrase whose value is at this place.
    Value(u32),
    /// A phrase whose value is what its characters give one by one.
    ByCharacter,
    /// No phrase, but the first characters of something that a later step may match.
    Trigger,
}

/// The finished array and the bases of the first characters.
#[derive(Debug, Default)]
pub(crate) struct DoubleArray {
    pub(crate) nodes: Vec<u64>,
    /// The base of each first symbol, in units of [`ROOT_UNIT`]; 0 where none begins a key.
    pub(crate) roots: Vec<u32>,
}

/// Bases of first characters are multiples of this: they share a word with the character's other properties, where only
/// 20 bits are free.
pub(crate) const ROOT_UNIT: u32 = 8;

/// What stood in the way of an array.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooLarge;

struct Building {
    nodes: Vec<u64>,
    /// Free words, one bit each.
    free: Bits,
    /// Bases in use: a base is a parent's name, so no two parents share one.
    bases: Bits,
    /// No free word is below this.
    first_free: usize,
    /// By how many children a parent has: the windows in which a base is no longer sought.
    closed: [Closed; CLASSES],
    max_failures: u16,
}

/// The windows below `floor` are closed; `failures` counts the vain searches of each window.
#[derive(Default)]
struct Closed {
    floor: usize,
    failures: Vec<u16>,
}

/// Parents with one child, with up to seven, and with more are searched for separately: a window that
/// has no base for a large family may have many for small ones.
const CLASSES: usize = 3;

/// How long a place is sought for the children of a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Effort {
    /// For a program that is about to run: an array a few percent larger.
    #[default]
    Quick,
    /// For an image that is built once: as small as without a limit, to the byte.
    #[allow(dead_code, reason = "build.rs asks for it")]
    Thorough,
}

impl Effort {
    /// Returns after how many vain searches a window is closed. Some free words can never be used, so that without a limit
    /// every search passes over everything before it: 100,000 words took 1.6 s, 400,000 took 30 s.
    fn max_failures(self) -> u16 {
        match self {
            Effort::Quick => 128,
            Effort::Thorough => 4096,
        }
    }
}

fn class(children: usize) -> usize {
    match children {
        0..=1 => 0,
        2..=7 => 1,
        _ => 2,
    }
}

/// A set of numbers, looked at 64 at a time: the search for a base tries so many at once, which took the building of the
/// largest config from 9 s to well under one.
struct Bits(Vec<u64>);

impl Bits {
    /// Returns the 64 bits from `at` on; beyond the end there are none.
    fn window(&self, at: usize) -> u64 {
        let word = |index: usize| self.0.get(index).copied().unwrap_or(0);
        let (index, shift) = (at / 64, at % 64);
        match shift {
            0 => word(index),
            _ => word(index) >> shift | word(index + 1) << (64 - shift),
        }
    }

    fn resize(&mut self, len: usize, value: bool) {
        self.0.resize(len.div_ceil(64), if value { u64::MAX } else { 0 });
    }

    fn insert(&mut self, at: usize) {
        self.0[at / 64] |= 1 << (at % 64);
    }

    fn remove(&mut self, at: usize) {
        self.0[at / 64] &= !(1 << (at % 64));
    }

    fn contains(&self, at: usize) -> bool {
        self.window(at) & 1 != 0
    }
}

impl Closed {
    /// Counts a vain search in a window.
    fn fail(&mut self, window: usize, most: u16) {
        if self.failures.len() <= window {
            self.failures.resize((window + 1).next_power_of_two(), 0);
        }
        self.failures[window] = self.failures[window].saturating_add(1);
        while self.failures.get(self.floor).is_some_and(|&failures| failures >= most) {
            self.floor += 1;
        }
    }
}

impl DoubleArray {
    /// Builds the array for keys that are sorted and unique, each of two or more symbols, all symbols above 0 but below
    /// `symbols` (the first symbol of a key counts in a numbering of its own, below `firsts`).
    pub(crate) fn build(
        keys: &[(Vec<u32>, Meaning)],
        firsts: usize,
        effort: Effort,
    ) -> Result<DoubleArray, TooLarge> {
        let mut building = Building {
            nodes: Vec::new(),
            free: Bits(Vec::new()),
            bases: Bits(Vec::new()),
            first_free: 1,
            closed: <_>::default(),
            max_failures: effort.max_failures(),
        };
        building.grow(1024);
        let mut roots = vec![0; firsts];
        // Parents with many children first: they are the hard ones to place.
        let mut groups: Vec<&[(Vec<u32>, Meaning)]> =
            keys.chunk_by(|a, b| a.0[0] == b.0[0]).collect();
        groups.sort_by_key(|group| std::cmp::Reverse(children_of(group, 1).count()));
        let mut work = Vec::with_capacity(groups.len());
        for group in groups {
            let base = building.place(group, 1, ROOT_UNIT)?;
            if base / ROOT_UNIT >= 1 << 20 {
                return Err(TooLarge);
            }
            roots[group[0].0[0] as usize] = base / ROOT_UNIT;
            work.push((group, base));
        }
        for (group, base) in work {
            building.fill(group, base)?;
        }
        let used = building.nodes.iter().rposition(|&n| n != 0).map_or(0, |last| last + 1);
        building.nodes.truncate(used.max(1));
        // Names a parent that nobody is.
        building.nodes[0] = FIELD_MASK;
        Ok(DoubleArray { nodes: building.nodes, roots })
    }
}

/// Iterates over the groups of keys that continue, at `depth`, with the same symbol; a key that ends there is a group of
/// its own, with symbol 0.
fn children_of(
    group: &[(Vec<u32>, Meaning)],
    depth: usize,
) -> impl Iterator<Item = (u32, &[(Vec<u32>, Meaning)])> {
    let at = move |key: &[u32]| key.get(depth).copied().unwrap_or(0);
    group.chunk_by(move |a, b| at(&a.0) == at(&b.0)).map(move |child| (at(&child[0].0), child))
}

impl Building {
    /// Lays out everything below a root.
    fn fill(&mut self, group: &[(Vec<u32>, Meaning)], base: u32) -> Result<(), TooLarge> {
        let mut work = vec![(group, base, 1)];
        while let Some((group, base, depth)) = work.pop() {
            for (symbol, child) in children_of(group, depth) {
                let slot = (base + symbol) as usize;
                let mut node = u64::from(base);
                let (own, below) = match child.split_first() {
                    Some((first, below)) if first.0.len() <= depth + 1 => (Some(first.1), below),
                    _ => (None, child),
                };
                let payload = if symbol == 0 || below.is_empty() {
                    match own {
                        Some(Meaning::Value(place)) => place,
                        _ => 0,
                    }
                } else {
                    node |= Node::INNER;
                    // The key that ends here becomes a child with symbol 0, but only if its value has a place.
                    let keeps_value = matches!(own, Some(Meaning::Value(_)));
                    let inner = if keeps_value { child } else { below };
                    let below_base = self.place(inner, depth + 1, 1)?;
                    work.push((inner, below_base, depth + 1));
                    below_base
                };
                node |= match own {
                    Some(Meaning::Value(_)) => Node::KEY,
                    Some(Meaning::ByCharacter) => Node::KEY | Node::BY_CHARACTER,
                    Some(Meaning::Trigger) => Node::TRIGGER,
                    None => 0,
                };
                let is_special = child.iter().any(|(_, meaning)| *meaning != Meaning::ByCharacter);
                node |= if is_special { Node::SPECIAL } else { 0 };
                if u64::from(payload) > FIELD_MASK {
                    return Err(TooLarge);
                }
                self.nodes[slot] = node | u64::from(payload) << FIELD;
            }
        }
        Ok(())
    }

    /// Finds a base under which every child has a free word, and reserves those words.
    fn place(
        &mut self,
        group: &[(Vec<u32>, Meaning)],
        depth: usize,
        unit: u32,
    ) -> Result<u32, TooLarge> {
        let symbols: Vec<usize> =
            children_of(group, depth).map(|(symbol, _)| symbol as usize).collect();
        let (low, high) = (symbols[0], symbols[symbols.len() - 1]);
        while !self.free.contains(self.first_free) {
            self.first_free += 1;
        }
        // The bases that a parent may have, in a window of 64 that begins at a multiple of 64.
        let allowed = if unit == 1 { u64::MAX } else { 0x0101_0101_0101_0101 };
        debug_assert!(unit == 1 || unit == 8);
        let class = class(symbols.len());
        let open = self.closed[class].floor;
        let mut window = (self.first_free.saturating_sub(low) / 64).max(open) * 64;
        let base = loop {
            if (window + 63 + high) as u64 >= FIELD_MASK {
                return Err(TooLarge);
            }
            if window + 63 + high >= self.nodes.len() {
                self.grow((window + 64 + high) * 5 / 4);
            }
            let mut fits = allowed & !self.bases.window(window);
            if window == 0 {
                // Base 0 is nobody's.
                fits &= !1;
            }
            for &symbol in &symbols {
                fits &= self.free.window(window + symbol);
                if fits == 0 {
                    break;
                }
            }
            if fits != 0 {
                break window + fits.trailing_zeros() as usize;
            }
            self.closed[class].fail(window / 64, self.max_failures);
            window += 64;
        };
        self.bases.insert(base);
        for symbol in symbols {
            self.free.remove(base + symbol);
        }
        u32::try_from(base).map_err(|_| TooLarge)
    }

    fn grow(&mut self, len: usize) {
        let len = len.next_multiple_of(64);
        self.nodes.resize(len, 0);
        self.free.resize(len, true);
        self.bases.resize(len, false);
    }
}

#[cfg(test)]
mod tests {
    use super::{DoubleArray, Effort, Meaning, Node, ROOT_UNIT};
    use std::collections::BTreeMap;

    /// Looks a key up as the table does.
    fn meaning(array: &DoubleArray, key: &[u32]) -> Option<Meaning> {
        let mut base = array.roots[key[0] as usize] * ROOT_UNIT;
        let mut node = None;
        for &symbol in &key[1..] {
            let next = Node(*array.nodes.get((base + symbol) as usize)?);
            if base == 0 || !next.is_child_of(base) {
                return None;
            }
            base = if next.is_inner() { next.payload() } else { 0 };
            node = Some(next);
        }
        let node = node?;
        match (node.is_key(), node.is_by_character(), node.is_trigger()) {
            (true, true, _) => Some(Meaning::ByCharacter),
            (true, false, _) if node.is_inner() => {
                Some(Meaning::Value(Node(array.nodes[node.payload() as usize]).payload()))
            }
            (true, false, _) => Some(Meaning::Value(node.payload())),
            (false, _, true) => Some(Meaning::Trigger),
            _ => None,
        }
    }

    #[test]
    fn every_key_is_found_and_nothing_else() {
        // A generator of small numbers is enough to make every shape of node: keys that are prefixes of others, single
        // children, and parents with all symbols.
        let mut state = 1_u32;
        let mut next = |below: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) % below
        };
        let mut keys = BTreeMap::new();
        for number in 0..3000 {
            let len = 2 + next(4);
            let mut key = vec![next(20)];
            key.extend((1..len).map(|_| 1 + next(9)));
            let meaning = match next(4) {
                0 => Meaning::ByCharacter,
                1 if key.len() == 2 => Meaning::Trigger,
                _ => Meaning::Value(number),
            };
            keys.insert(key, meaning);
        }
        let list: Vec<_> = keys.iter().map(|(key, &meaning)| (key.clone(), meaning)).collect();
        for (effort, a) in [Effort::Quick, Effort::Thorough]
            .into_iter()
            .flat_map(|effort| (0..20).map(move |a| (effort, a)))
        {
            let array = DoubleArray::build(&list, 20, effort).unwrap();
            for b in 0..100 {
                for c in 0..100 {
                    let mut key = vec![a];
                    key.extend([b / 10, b % 10, c / 10, c % 10].into_iter().filter(|&s| s != 0));
                    if key.len() > 1 {
                        assert_eq!(meaning(&array, &key), keys.get(&key).copied(), "{key:?}");
                    }
                }
            }
        }
    }
}
