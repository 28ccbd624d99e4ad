//! Which passes there are, in their order, and which are on.

use std::fmt;
use std::str::FromStr;

use crate::error::Error;
use crate::punctuate::blanks::Spacing;
use crate::punctuate::quotes::{CORNER, CURLY, Marks};
use crate::repair::Spelling;

/// A pass of normalization; the order of the variants is the order in which they run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Pass {
    /// Drops control characters, inner byte order marks and noncharacters.
    Control,
    /// Drops zero-width leftovers beside Chinese.
    ZeroWidth,
    /// Composes characters, but for compatibility ideographs.
    Nfc,
    /// Compatibility ideographs to unified ones.
    Compat,
    /// Radicals to the ideographs that look like them.
    Radicals,
    /// Fullwidth letters and digits, halfwidth kana, vertical and small forms to the usual forms.
    Width,
    /// Fullwidth signs that are no punctuation to ASCII.
    WidthSymbols,
    /// Characters that an earlier conversion to Traditional got wrong: 結束后 → 結束後.
    Characters,
    /// Blanks at line ends and between ideographs.
    Spaces,
    /// `, . ; : ! ? ( )` in Chinese prose to `，。；：！？（）`.
    Punct,
    /// “‘’” to 「『』」 or back.
    Quotes,
    /// `"…"` in Chinese prose to the quotation marks of the region.
    AsciiQuotes,
    /// `...` and the like to `……`.
    Ellipsis,
    /// `--` and the like to `——`.
    Dash,
    /// `‧` `•` `・` in names to `·`.
    Interpunct,
    /// Repeated marks to fewer.
    Repeat,
    /// The blank between ideographs and Latin, added or removed.
    Spacing,
}

/// A place whose quotation marks are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Region {
    /// Mainland China: “ ‘ ’ ”.
    Cn,
    /// Taiwan: 「 『 』 」.
    Tw,
    /// Hong Kong: 「 『 』 」.
    Hk,
}

/// The passes that are on, with their options.
///
/// ```
/// use jianfan::pipeline::{Passes, Pipeline};
///
/// let passes: Passes = "clean,quotes=tw".parse()?;
/// let pipeline = Pipeline::without_conversion().normalize(passes);
/// assert_eq!(pipeline.run("他說:“好,１２點”".as_bytes())?, "他說：「好，12點」".as_bytes());
/// # Ok::<(), jianfan::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Passes {
    on: u32,
    pub(super) keeps_form_feed: bool,
    /// Of a preset: gives way to the region of the conversion.
    preset: Option<Region>,
    /// Of the pass itself.
    quotes: Option<Region>,
    characters: Option<Spelling>,
    most_repeated: u16,
    removes_spacing: bool,
}

/// A preset: its name, what it is for, its passes.
type Preset = (&'static str, &'static str, &'static [Pass]);

const CLEAN: &[Pass] = &[
    Pass::Control,
    Pass::ZeroWidth,
    Pass::Radicals,
    Pass::Width,
    Pass::Punct,
    Pass::Ellipsis,
    Pass::Dash,
];
const PRESETS: [Preset; 6] = [
    ("none", "no pass", &[]),
    ("clean", "what is harmed in any region's text", CLEAN),
    ("cn", "clean, and the quotation marks of the mainland", CLEAN),
    ("tw", "clean, and the quotation marks of Taiwan", CLEAN),
    ("hk", "clean, and the quotation marks of Hong Kong", CLEAN),
    (
        "corpus",
        "for training texts: nothing that loses a distinction",
        &[Pass::Control, Pass::ZeroWidth, Pass::Radicals, Pass::Width],
    ),
];

impl Pass {
    /// All passes in their order.
    pub const ALL: [Pass; 17] = [
        Pass::Control,
        Pass::ZeroWidth,
        Pass::Nfc,
        Pass::Compat,
        Pass::Radicals,
        Pass::Width,
        Pass::WidthSymbols,
        Pass::Characters,
        Pass::Spaces,
        Pass::Punct,
        Pass::Quotes,
        Pass::AsciiQuotes,
        Pass::Ellipsis,
        Pass::Dash,
        Pass::Interpunct,
        Pass::Repeat,
        Pass::Spacing,
    ];

    /// Returns the name that lists of passes have for it.
    pub fn name(self) -> &'static str {
        self.told().0
    }

    /// Returns in a few words what it does.
    pub fn about(self) -> &'static str {
        self.told().1
    }

    fn told(self) -> (&'static str, &'static str) {
        match self {
            Pass::Control => ("control", "drop control characters (=form-feed keeps form feeds)"),
            Pass::ZeroWidth => ("zero-width", "drop U+200B, U+2060, U+00AD beside Chinese"),
            Pass::Nfc => ("nfc", "compose characters, but leave compatibility ideographs"),
            Pass::Compat => ("compat", "compatibility ideographs → unified ones"),
            Pass::Radicals => ("radicals", "radicals in words → ideographs: ⼀⽇ → 一日"),
            Pass::Width => ("width", "１２Ａ → 12A, ｶﾞ → ガ, ︵ → （"),
            Pass::WidthSymbols => ("width-symbols", "＋＝％＠ → +=%@"),
            Pass::Characters => {
                ("characters", "結束后 → 結束後, in Traditional text (=t, =tw, =hk)")
            }
            Pass::Spaces => ("spaces", "drop blanks at line ends and between ideographs"),
            Pass::Punct => ("punct", ", . ; : ! ? ( ) in Chinese → ，。；：！？（）"),
            Pass::Quotes => ("quotes", "“‘’” ↔ 「『』」 (=cn, =tw, =hk)"),
            Pass::AsciiQuotes => ("ascii-quotes", "\"…\" in Chinese → the region's quotes"),
            Pass::Ellipsis => ("ellipsis", "... 。。。 … in Chinese → ……"),
            Pass::Dash => ("dash", "-- ── in Chinese → ——"),
            Pass::Interpunct => ("interpunct", "‧ • ・ in names → ·"),
            Pass::Repeat => ("repeat", "！！！！ → ！！！ (=N: at most N)"),
            Pass::Spacing => ("spacing", "blank between Chinese and Latin (=add, =remove)"),
        }
    }
}

impl Region {
    pub(super) fn marks(self) -> Marks {
        match self {
            Region::Cn => CURLY,
            Region::Tw | Region::Hk => CORNER,
        }
    }

    fn named(name: &str) -> Option<Region> {
        match name {
            "cn" => Some(Region::Cn),
            "tw" => Some(Region::Tw),
            "hk" => Some(Region::Hk),
            _ => None,
        }
    }

    /// Returns the region that a built-in config converts to.
    pub(super) fn of_config(name: &str) -> Option<Region> {
        match name.split_once('2')?.1 {
            "s" | "sp" => Some(Region::Cn),
            "hk" | "hkp" => Some(Region::Hk),
            "t" | "tw" | "twp" | "jp" => Some(Region::Tw),
            _ => None,
        }
    }
}

impl Passes {
    /// Returns no passes.
    pub fn none() -> Passes {
        Passes { most_repeated: 3, ..Passes::default() }
    }

    /// Returns the names of the presets, each with what it is for.
    pub fn presets() -> impl Iterator<Item = (&'static str, &'static str)> {
        PRESETS.iter().map(|(name, about, _)| (*name, *about))
    }

    /// Returns whether a pass is on.
    pub fn has(self, pass: Pass) -> bool {
        self.on & (1 << pass as u32) != 0
    }

    /// Returns whether no pass is on.
    pub fn is_none(self) -> bool {
        self.on == 0
    }

    /// Returns these passes without those that a list names, as `dash,ellipsis`.
    ///
    /// # Errors
    ///
    /// If there is no such pass.
    pub fn without(mut self, list: &str) -> Result<Passes, Error> {
        for name in list.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            self.on &= !(1 << pass_named(name)? as u32);
        }
        Ok(self)
    }

    fn switch_on(&mut self, pass: Pass) {
        self.on |= 1 << pass as u32;
    }

    /// Takes a preset or a pass, with its option.
    fn add(&mut self, word: &str) -> Result<(), Error> {
        if let Some((name, _, passes)) = PRESETS.iter().find(|(name, ..)| *name == word) {
            passes.iter().for_each(|&pass| self.switch_on(pass));
            if let Some(region) = Region::named(name) {
                self.preset = Some(region);
                self.switch_on(Pass::Quotes);
            }
            return Ok(());
        }
        let (name, option) = match word.split_once('=') {
            Some((name, option)) => (name, Some(option)),
            None => (word, None),
        };
        let pass = pass_named(name)?;
        self.switch_on(pass);
        let expected = match (pass, option) {
            (_, None) => return Ok(()),
            (Pass::Control, Some("form-feed")) => {
                self.keeps_form_feed = true;
                return Ok(());
            }
            (Pass::Control, _) => "control=form-feed",
            (Pass::Quotes | Pass::AsciiQuotes, Some(region)) => match Region::named(region) {
                Some(region) => {
                    self.quotes = Some(region);
                    return Ok(());
                }
                None => "cn, tw or hk",
            },
            (Pass::Characters, Some(spelling)) => {
                self.characters = match spelling {
                    "t" => Some(Spelling::OpenCc),
                    "tw" => Some(Spelling::Taiwan),
                    "hk" => Some(Spelling::HongKong),
                    _ => None,
                };
                if self.characters.is_some() {
                    return Ok(());
                }
                "t, tw or hk"
            }
            (Pass::Repeat, Some(number)) => match number.parse() {
                Ok(number @ 1..=1000) => {
                    self.most_repeated = number;
                    return Ok(());
                }
                _ => "a number from 1 to 1000",
            },
            (Pass::Spacing, Some("add" | "remove")) => {
                self.removes_spacing = option == Some("remove");
                return Ok(());
            }
            (Pass::Spacing, _) => "add or remove",
            _ => "nothing behind the name",
        };
        Err(Error::usage(format!("'{word}': expected {expected}")))
    }

    /// Returns the region whose quotation marks are wanted, given that of the conversion: an option of the pass
    /// wins, then the conversion, then the preset.
    pub(super) fn region(self, conversion: Option<Region>) -> Option<Region> {
        self.quotes.or(conversion).or(self.preset)
    }

    /// Returns how wrong characters are spelled once they are right, if they are looked for.
    pub(super) fn characters(self) -> Option<Spelling> {
        self.has(Pass::Characters).then(|| self.characters.unwrap_or_default())
    }

    pub(super) fn most_repeated(self) -> usize {
        self.most_repeated.into()
    }

    pub(super) fn spacing(self) -> Spacing {
        if self.removes_spacing { Spacing::Remove } else { Spacing::Add }
    }
}

fn pass_named(name: &str) -> Result<Pass, Error> {
    Pass::ALL.into_iter().find(|pass| pass.name() == name).ok_or_else(|| {
        let known = Pass::ALL.iter().map(|pass| pass.name());
        let known = known.chain(PRESETS.iter().map(|(name, ..)| *name));
        let near = known.max_by(|a, b| strsim::jaro(name, a).total_cmp(&strsim::jaro(name, b)));
        Error::usage(format!(
            "unknown pass '{}'; did you mean '{}'",
            name.escape_debug(),
            near.unwrap_or_default()
        ))
    })
}

impl FromStr for Passes {
    type Err = Error;

    /// Reads a list of presets and passes, as `clean,quotes=tw,repeat=3`.
    fn from_str(list: &str) -> Result<Passes, Error> {
        let mut passes = Passes::none();
        for word in list.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            passes.add(word)?;
        }
        Ok(passes)
    }
}

impl fmt::Display for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
