//! The names of the built-in configs: the one list of them.

/// A built-in config.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConfigInfo {
    /// The name, as OpenCC spells it: `s2twp`.
    pub name: &'static str,
    /// What it does, in OpenCC's words.
    pub title: &'static str,
    /// The variant of the input: `s`, `t`, `tw`, `hk` or `jp`.
    pub from: &'static str,
    /// The variant of the output; a `p` at its end means that regional phrases change too.
    pub to: &'static str,
    /// The config holds a dictionary of characters that few fonts can show, which is left out unless asked for.
    pub(crate) has_tofu_risk: bool,
}

impl ConfigInfo {
    /// Returns whether `Builder::context` changes anything: of all configs from Simplified to
    /// Traditional.
    pub fn has_context(&self) -> bool {
        self.from == "s"
    }
}

const fn config(
    name: &'static str,
    from: &'static str,
    to: &'static str,
    has_tofu_risk: bool,
    title: &'static str,
) -> ConfigInfo {
    ConfigInfo { name, title, from, to, has_tofu_risk }
}

/// Titles are the `name` members of OpenCC's config files; a test compares them.
#[rustfmt::skip]
static CONFIGS: [ConfigInfo; 16] = [
    config("s2t", "s", "t", false, "Simplified Chinese to Traditional Chinese (OpenCC Standard)"),
    config("t2s", "t", "s", true, "Traditional Chinese (OpenCC Standard) to Simplified Chinese"),
    config("s2tw", "s", "tw", false, "Simplified Chinese to Traditional Chinese (Taiwan Standard)"),
    config("tw2s", "tw", "s", true, "Traditional Chinese (Taiwan Standard) to Simplified Chinese"),
    config("s2twp", "s", "twp", false, "Simplified Chinese to Traditional Chinese (Taiwan Standard, with Taiwan Phrases)"),
    config("tw2sp", "tw", "sp", true, "Traditional Chinese (Taiwan Standard) to Simplified Chinese (Mainland China Phrases)"),
    config("s2hk", "s", "hk", false, "Simplified Chinese to Traditional Chinese (Hong Kong variant)"),
    config("hk2s", "hk", "s", true, "Traditional Chinese (Hong Kong variant) to Simplified Chinese"),
    config("s2hkp", "s", "hkp", false, "Simplified Chinese to Traditional Chinese (Hong Kong variant, with phrases)"),
    config("hk2sp", "hk", "sp", true, "Traditional Chinese (Hong Kong variant) to Simplified Chinese (with phrases)"),
    config("t2tw", "t", "tw", false, "Traditional Chinese (OpenCC Standard) to Traditional Chinese (Taiwan Standard)"),
    config("tw2t", "tw", "t", false, "Traditional Chinese (Taiwan Standard) to Traditional Chinese (OpenCC Standard)"),
    config("t2hk", "t", "hk", false, "Traditional Chinese (OpenCC Standard) to Traditional Chinese (Hong Kong variant)"),
    config("hk2t", "hk", "t", false, "Traditional Chinese (Hong Kong variant) to Traditional Chinese (OpenCC Standard)"),
    config("t2jp", "t", "jp", false, "Old Japanese Kanji (Kyūjitai) to New Japanese Kanji (Shinjitai)"),
    config("jp2t", "jp", "t", false, "New Japanese Kanji (Shinjitai) to Old Japanese Kanji (Kyūjitai)"),
];

/// Returns the built-in configs, each pair of directions together.
///
/// ```
/// assert!(jianfan::configs().iter().any(|config| config.name == "s2twp"));
/// ```
pub fn configs() -> &'static [ConfigInfo] {
    &CONFIGS
}
