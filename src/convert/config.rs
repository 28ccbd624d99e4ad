//! OpenCC's config files.
//!
//! In: JSON with comments and trailing commas, as OpenCC reads it. Out: a [`Spec`], the tree of dictionaries that the file
//! names, and from it, once the dictionaries are read, a [`Plan`]: one lexicon for each step.

use std::borrow::Cow;
use std::path::Path;

use jsonc_parser::ast::{Array, Object, Value};
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use crate::dictionary::lexicon::{Lexicon, MatchPolicy};
use crate::error::Error;

/// What a config file says.
#[derive(Clone, Debug)]
pub(crate) struct Spec {
    normalization: Vec<Dict>,
    segmentation: Option<Dict>,
    chain: Vec<Dict>,
}

/// A dictionary of a config: a file, entries in the config itself, or a group of dictionaries.
#[derive(Clone, Debug)]
enum Dict {
    File { file: FileRef, may_output_tofu: bool },
    Inline(Vec<(String, String)>),
    Group { policy: MatchPolicy, dicts: Vec<Dict>, may_output_tofu: bool },
}

/// Dictionaries as a config groups them.
#[derive(Clone, Debug)]
#[allow(dead_code, reason = "the build has no use for it")]
pub(crate) enum Tree<T> {
    Leaf(T),
    Group(MatchPolicy, Vec<Tree<T>>),
}

/// What a leaf of a [`Tree`] is read from.
#[allow(dead_code, reason = "the build has no use for it")]
pub(crate) enum Leaf<'a> {
    File(&'a FileRef),
    Inline(Vec<(String, String)>),
}

/// A config with its groups as they are; [`Plan`] has the same flattened.
#[derive(Clone, Debug)]
#[allow(dead_code, reason = "the build has no use for it")]
pub(crate) struct Forest<T> {
    pub(crate) normalization: Vec<Tree<T>>,
    pub(crate) segmentation: Option<Tree<T>>,
    pub(crate) chain: Vec<Tree<T>>,
}

/// A dictionary file that a config names.
#[derive(Clone, Debug)]
pub(crate) struct FileRef {
    /// The path as it stands in the config.
    pub(crate) file: String,
    /// Whether the file is in one of OpenCC's binary forms, whose text twin has the same stem.
    pub(crate) is_binary: bool,
    /// The line of the config, counted from 1.
    pub(crate) line: usize,
}

/// A config with its dictionaries read: what the compiler compiles.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan<'a> {
    /// The steps that the whole text goes through before everything else.
    pub(crate) normalization: Vec<Lexicon<'a>>,
    /// The words at which the text is cut; none: the whole text is one segment.
    pub(crate) segmentation: Option<Lexicon<'a>>,
    /// The steps that every segment goes through.
    pub(crate) chain: Vec<Lexicon<'a>>,
}

impl Spec {
    /// Reads a config.
    ///
    /// # Errors
    ///
    /// Names `path`, the line, and what was expected there.
    pub(crate) fn parse(text: &str, path: &Path) -> Result<Spec, Error> {
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
        let reader = Reader { text, path };
        let options = ParseOptions {
            allow_comments: true,
            allow_trailing_commas: true,
            allow_loose_object_property_names: false,
            allow_missing_commas: false,
            allow_single_quoted_strings: false,
            allow_hexadecimal_numbers: false,
            allow_unary_plus_numbers: false,
            allow_bare_decimal_point_numbers: false,
            allow_non_finite_numbers: false,
            allow_extended_string_escapes: false,
        };
        let root = parse_to_ast(text, &CollectOptions::default(), &options)
            .map_err(|e| Error::content(path, Some(e.line_display()), e.kind().to_string()))?;
        let Some(Value::Object(root)) = &root.value else {
            return Err(Error::content(path, Some(1), "expected a JSON object"));
        };
        let normalization = match reader.get(root, "normalization") {
            Some(value) => reader.steps(value, "normalization")?,
            None => Vec::new(),
        };
        let segmentation = match reader.get(root, "segmentation") {
            Some(value) => Some(reader.segmentation(value)?),
            None => None,
        };
        let chain = reader.steps(reader.member(root, "conversion_chain")?, "conversion_chain")?;
        Ok(Spec { normalization, segmentation, chain })
    }

    /// Returns the files that the config names, those with tofu risk too, in the order of the file.
    pub(crate) fn files(&self) -> Vec<&FileRef> {
        let dicts = self.normalization.iter().chain(&self.segmentation).chain(&self.chain);
        let mut files = Vec::new();
        dicts.for_each(|dict| dict.add_files(&mut files));
        files
    }

    /// Reads the dictionaries through `load` and flattens the groups.
    ///
    /// Dictionaries marked `may_output_tofu` are left out unless `include_tofu_risk`; in the segmentation they always stay,
    /// as in OpenCC. A step that is left without any dictionary is left out itself.
    ///
    /// # Errors
    ///
    /// Passes on those of `load`, which is asked in the order of the file.
    pub(crate) fn plan<'a>(
        self,
        include_tofu_risk: bool,
        load: &mut dyn FnMut(&FileRef) -> Result<Lexicon<'a>, Error>,
    ) -> Result<Plan<'a>, Error> {
        let steps = |dicts: Vec<Dict>, load: &mut dyn FnMut(&FileRef) -> _| {
            let mut lexicons = Vec::new();
            for dict in dicts {
                lexicons.extend(dict.flatten(include_tofu_risk, load)?);
            }
            Ok(lexicons)
        };
        let normalization = steps(self.normalization, load)?;
        let segmentation = match self.segmentation {
            Some(dict) => dict.flatten(true, load)?,
            None => None,
        };
        let chain = steps(self.chain, load)?;
        Ok(Plan { normalization, segmentation, chain })
    }

    /// Reads the dictionaries through `load` and keeps the groups; otherwise as [`Spec::plan`].
    ///
    /// # Errors
    ///
    /// Passes on those of `load`.
    #[allow(dead_code, reason = "the build has no use for it")]
    pub(crate) fn forest<T>(
        self,
        include_tofu_risk: bool,
        load: &mut dyn FnMut(Leaf<'_>) -> Result<T, Error>,
    ) -> Result<Forest<T>, Error> {
        let steps = |dicts: Vec<Dict>, load: &mut dyn FnMut(Leaf<'_>) -> _| {
            let trees = dicts.into_iter().map(|dict| dict.tree(include_tofu_risk, load));
            Ok(trees.collect::<Result<Vec<_>, Error>>()?.into_iter().flatten().collect())
        };
        let normalization = steps(self.normalization, load)?;
        let segmentation = match self.segmentation {
            Some(dict) => dict.tree(true, load)?,
            None => None,
        };
        let chain = steps(self.chain, load)?;
        Ok(Forest { normalization, segmentation, chain })
    }
}

impl Dict {
    fn add_files<'a>(&'a self, files: &mut Vec<&'a FileRef>) {
        match self {
            Dict::File { file, .. } => files.push(file),
            Dict::Inline(_) => {}
            Dict::Group { dicts, .. } => dicts.iter().for_each(|dict| dict.add_files(files)),
        }
    }

    fn flatten<'a>(
        self,
        include_tofu_risk: bool,
        load: &mut dyn FnMut(&FileRef) -> Result<Lexicon<'a>, Error>,
    ) -> Result<Option<Lexicon<'a>>, Error> {
        match self {
            Dict::File { may_output_tofu: true, .. }
            | Dict::Group { may_output_tofu: true, .. }
                if !include_tofu_risk =>
            {
                Ok(None)
            }
            Dict::File { file, .. } => load(&file).map(Some),
            Dict::Inline(entries) => {
                let owned = |(key, value)| (Cow::Owned(key), Cow::Owned(value));
                Ok(Some(Lexicon::from_entries(entries.into_iter().map(owned).collect())))
            }
            Dict::Group { policy, dicts, .. } => {
                let mut lexicons = Vec::new();
                for dict in dicts {
                    lexicons.extend(dict.flatten(include_tofu_risk, load)?);
                }
                Ok((!lexicons.is_empty()).then(|| Lexicon::group(policy, lexicons)))
            }
        }
    }
}

#[allow(dead_code, reason = "the build has no use for it")]
impl Dict {
    fn is_left_out(&self, include_tofu_risk: bool) -> bool {
        let (Dict::File { may_output_tofu, .. } | Dict::Group { may_output_tofu, .. }) = self
        else {
            return false;
        };
        *may_output_tofu && !include_tofu_risk
    }

    fn tree<T>(
        self,
        include_tofu_risk: bool,
        load: &mut dyn FnMut(Leaf<'_>) -> Result<T, Error>,
    ) -> Result<Option<Tree<T>>, Error> {
        if self.is_left_out(include_tofu_risk) {
            return Ok(None);
        }
        Ok(match self {
            Dict::File { file, .. } => Some(Tree::Leaf(load(Leaf::File(&file))?)),
            Dict::Inline(entries) => Some(Tree::Leaf(load(Leaf::Inline(entries))?)),
            Dict::Group { policy, dicts, .. } => {
                let mut trees = Vec::new();
                for dict in dicts {
                    trees.extend(dict.tree(include_tofu_risk, load)?);
                }
                (!trees.is_empty()).then_some(Tree::Group(policy, trees))
            }
        })
    }
}

/// Walks the JSON and words its faults.
struct Reader<'a> {
    text: &'a str,
    path: &'a Path,
}

impl<'a> Reader<'a> {
    fn line(&self, value: &impl Ranged) -> usize {
        1 + self.text[..value.start()].matches('\n').count()
    }

    fn fault<T>(&self, value: &impl Ranged, message: impl Into<String>) -> Result<T, Error> {
        Err(Error::content(self.path, Some(self.line(value)), message))
    }

    /// Returns the first member of that name, as OpenCC's JSON reader does.
    fn get<'b>(&self, object: &'b Object<'a>, name: &str) -> Option<&'b Value<'a>> {
        object.properties.iter().find(|p| p.name.as_str() == name).map(|p| &p.value)
    }

    fn member<'b>(&self, object: &'b Object<'a>, name: &str) -> Result<&'b Value<'a>, Error> {
        match self.get(object, name) {
            Some(value) => Ok(value),
            None => self.fault(object, format!("expected a member \"{name}\", found none")),
        }
    }

    fn object<'b>(&self, value: &'b Value<'a>, what: &str) -> Result<&'b Object<'a>, Error> {
        match value {
            Value::Object(object) => Ok(object),
            _ => self.fault(value, format!("expected {what} to be an object")),
        }
    }

    fn array<'b>(&self, value: &'b Value<'a>, what: &str) -> Result<&'b Array<'a>, Error> {
        match value {
            Value::Array(array) => Ok(array),
            _ => self.fault(value, format!("expected {what} to be an array")),
        }
    }

    fn string<'b>(&self, object: &'b Object<'a>, name: &str) -> Result<&'b str, Error> {
        match self.member(object, name)? {
            Value::StringLit(string) => Ok(&string.value),
            value => self.fault(value, format!("expected \"{name}\" to be a string")),
        }
    }

    /// A chain: an array of objects with a `dict` each.
    fn steps(&self, value: &Value<'a>, name: &str) -> Result<Vec<Dict>, Error> {
        let mut dicts = Vec::new();
        for step in &self.array(value, &format!("\"{name}\""))?.elements {
            let step = self.object(step, &format!("each element of \"{name}\""))?;
            dicts.push(self.dict(self.member(step, "dict")?)?);
        }
        Ok(dicts)
    }

    fn segmentation(&self, value: &Value<'a>) -> Result<Dict, Error> {
        let object = self.object(value, "\"segmentation\"")?;
        match self.string(object, "type")? {
            "mmseg" => self.dict(self.member(object, "dict")?),
            other => self.fault(
                value,
                format!(
                    "expected segmentation type \"mmseg\", found \"{other}\", a plugin of OpenCC"
                ),
            ),
        }
    }

    fn dict(&self, value: &Value<'a>) -> Result<Dict, Error> {
        let object = self.object(value, "a dictionary")?;
        let kind = self.string(object, "type")?;
        let may_output_tofu = match self.get(object, "may_output_tofu") {
            None => false,
            Some(value) if kind == "inline" => {
                return self.fault(value, "an inline dictionary cannot have \"may_output_tofu\"");
            }
            Some(Value::BooleanLit(boolean)) => boolean.value,
            Some(value) => {
                return self.fault(value, "expected \"may_output_tofu\" to be true or false");
            }
        };
        match kind {
            "text" | "ocd2" | "ocd" => {
                let file = self.string(object, "file")?.to_owned();
                if file.is_empty() {
                    return self.fault(object, "expected \"file\" to name a file");
                }
                let line = self.line(self.member(object, "file")?);
                let file = FileRef { file, is_binary: kind != "text", line };
                Ok(Dict::File { file, may_output_tofu })
            }
            "inline" => self.inline(object),
            "group" => {
                let policy = match self.get(object, "match_policy") {
                    None => MatchPolicy::ShortCircuit,
                    Some(value) => match value {
                        Value::StringLit(s) if s.value == "short_circuit" => {
                            MatchPolicy::ShortCircuit
                        }
                        Value::StringLit(s) if s.value == "union" => MatchPolicy::Union,
                        _ => {
                            return self.fault(
                                value,
                                "expected \"match_policy\" to be \"short_circuit\" or \"union\"",
                            );
                        }
                    },
                };
                let list = self.array(self.member(object, "dicts")?, "\"dicts\"")?;
                if list.elements.is_empty() {
                    return self.fault(object, "expected a group to hold a dictionary");
                }
                let dicts = list.elements.iter().map(|d| self.dict(d)).collect::<Result<_, _>>()?;
                Ok(Dict::Group { policy, dicts, may_output_tofu })
            }
            other => self.fault(
                object,
                format!(
                    "expected dictionary type \"text\", \"ocd2\", \"ocd\", \"inline\" or \"group\", found \"{other}\""
                ),
            ),
        }
    }

    fn inline(&self, object: &Object<'a>) -> Result<Dict, Error> {
        let listed = self.object(self.member(object, "entries")?, "\"entries\"")?;
        let mut entries: Vec<(String, String)> = Vec::with_capacity(listed.properties.len());
        let mut seen = std::collections::HashSet::new();
        for property in &listed.properties {
            let key = property.name.as_str();
            let Value::StringLit(value) = &property.value else {
                return self.fault(
                    &property.value,
                    format!("expected the value of \"{key}\" to be a string"),
                );
            };
            if key.is_empty() || value.value.is_empty() {
                return self.fault(
                    property,
                    "expected neither key nor value of an inline entry to be empty",
                );
            }
            if key.contains(['\n', '\r']) {
                return self.fault(property, "a key cannot hold a line end");
            }
            if !seen.insert(key.to_owned()) {
                return self.fault(
                    property,
                    format!("the key \"{key}\" stands already in this dictionary"),
                );
            }
            entries.push((key.to_owned(), value.value.to_string()));
        }
        Ok(Dict::Inline(entries))
    }
}
