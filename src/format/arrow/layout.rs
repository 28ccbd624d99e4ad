//! Which columns of a schema of Arrow are text, and where in a message their bytes are.
//!
//! In: the schema, as it stands in the file. Out: for a batch of rows, and for each dictionary, what its nodes are in their order: how
//! many buffers each has, and which are text. The naive way decodes a batch into arrays, which fails for types that a
//! library does not know well, and writes all of them again. Here it is enough to know how many buffers a type has.

use std::collections::{BTreeMap, BTreeSet};

use arrow_ipc::{Endianness, Field, MetadataVersion, Schema, Type, UnionMode};

use super::columns::{Column, choose};
use super::ipc::{NAME, wrong};
use crate::error::Error;

/// How text is laid out in buffers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Text {
    /// Offsets of four bytes, and all text in a row.
    Small,
    /// Offsets of eight bytes, and all text in a row.
    Large,
    /// Of each value its head, and where the rest is.
    View,
}

/// A node of a message: an array, or a part of one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    /// Its buffers, without those whose number a message tells.
    pub(super) buffers: usize,
    pub(super) is_view: bool,
    /// Text, and the number of the column that it is of.
    pub(super) text: Option<(Text, usize)>,
}

/// What the messages of a file hold.
#[derive(Debug, Default)]
pub(super) struct Layouts {
    pub(super) columns: Vec<Column>,
    /// The nodes of a batch of rows.
    pub(super) batch: Vec<Node>,
    /// The nodes of each dictionary.
    pub(super) dictionaries: BTreeMap<i64, Vec<Node>>,
    /// Columns that have the same dictionary; `None` for one that cannot be chosen.
    shared: BTreeMap<i64, BTreeSet<Option<usize>>>,
}

/// Where in a schema a field stands.
struct Place {
    name: String,
    number: usize,
    is_key: bool,
    version: MetadataVersion,
}

impl Place {
    fn inner(&self) -> Place {
        Place { name: self.name.clone(), ..*self }
    }
}

/// Returns whether a field's text is JSON, which has keys.
fn is_json(field: Field<'_>) -> bool {
    field.custom_metadata().into_iter().flatten().any(|pair| {
        pair.key() == Some("ARROW:extension:name") && pair.value() == Some("arrow.json")
    })
}

impl Layouts {
    /// Reads a schema. It was verified, so that its depth has a limit.
    pub(super) fn new(schema: Schema<'_>, version: MetadataVersion) -> Result<Layouts, Error> {
        if schema.endianness() != Endianness::Little {
            return Err(wrong(
                None,
                "its numbers have their bytes in the other order (big-endian)",
            ));
        }
        let (mut layouts, mut batch) = (Layouts::default(), Vec::new());
        for (field, number) in schema.fields().into_iter().flatten().zip(1..) {
            let name = field.name().unwrap_or_default().to_owned();
            layouts.add(field, &Place { name, number, is_key: false, version }, &mut batch)?;
        }
        layouts.batch = batch;
        Ok(layouts)
    }

    /// Keeps as text what is to be converted.
    pub(super) fn choose(&mut self, wanted: &[String]) -> Result<(), Error> {
        let chosen = choose(NAME, wanted, &self.columns)?;
        let is_chosen = |column: Option<usize>| column.is_some_and(|column| chosen[column]);
        for columns in self.shared.values() {
            let mut named = columns.iter().copied();
            let first = named.find(|&column| is_chosen(column));
            if first.is_some() && !columns.iter().all(|&column| is_chosen(column)) {
                let column = first.flatten().map(|column| &*self.columns[column].name);
                let message = "it shares its dictionary with a column that is not to be converted";
                return Err(wrong(column, message));
            }
        }
        for node in self.batch.iter_mut().chain(self.dictionaries.values_mut().flatten()) {
            node.text = node.text.filter(|&(_, column)| chosen[column]);
        }
        Ok(())
    }

    fn add(&mut self, field: Field<'_>, place: &Place, nodes: &mut Vec<Node>) -> Result<(), Error> {
        let Some(dictionary) = field.dictionary() else {
            return self.add_values(field, place, nodes);
        };
        nodes.push(Node { buffers: 2, is_view: false, text: None });
        let mut values = Vec::new();
        self.add_values(field, place, &mut values)?;
        let columns = values.iter().map(|node| node.text.map(|(_, column)| column));
        self.shared.entry(dictionary.id()).or_default().extend(columns);
        self.dictionaries.entry(dictionary.id()).or_insert(values);
        Ok(())
    }

    /// Adds the nodes of a field's values, which of one with a dictionary are in that.
    fn add_values(
        &mut self,
        field: Field<'_>,
        place: &Place,
        nodes: &mut Vec<Node>,
    ) -> Result<(), Error> {
        let is_old = place.version < MetadataVersion::V5;
        let kind = field.type_type();
        let buffers = match kind {
            Type::Null | Type::RunEndEncoded => 0,
            Type::Struct_ | Type::FixedSizeList => 1,
            Type::Union => {
                let is_dense =
                    field.type_as_union().is_some_and(|union| union.mode() == UnionMode::Dense);
                1 + usize::from(is_dense) + usize::from(is_old)
            }
            Type::Binary | Type::Utf8 | Type::LargeBinary | Type::LargeUtf8 => 3,
            Type::ListView | Type::LargeListView => 3,
            Type::Int
            | Type::FloatingPoint
            | Type::Bool
            | Type::Decimal
            | Type::Date
            | Type::Time
            | Type::Timestamp
            | Type::Interval
            | Type::Duration
            | Type::FixedSizeBinary
            | Type::List
            | Type::LargeList
            | Type::Map
            | Type::BinaryView
            | Type::Utf8View => 2,
            kind => {
                let message = format!("it is of a type that is not known ({})", kind.0);
                return Err(wrong(Some(&place.name), message));
            }
        };
        let text = match kind {
            Type::Utf8 => Some(Text::Small),
            Type::LargeUtf8 => Some(Text::Large),
            Type::Utf8View => Some(Text::View),
            _ => None,
        };
        let text = text.filter(|_| !place.is_key && !is_json(field)).map(|text| {
            self.columns.push(Column { name: place.name.clone(), number: place.number });
            (text, self.columns.len() - 1)
        });
        let is_view = matches!(kind, Type::Utf8View | Type::BinaryView);
        nodes.push(Node { buffers, is_view, text });
        for (at, child) in field.children().into_iter().flatten().enumerate() {
            let mut inner = place.inner();
            match kind {
                Type::Struct_ | Type::Union => {
                    inner.name = format!("{}.{}", place.name, child.name().unwrap_or_default());
                }
                // The two are a structure between, whose first part is the key.
                Type::Map if child.dictionary().is_none() && child.type_type() == Type::Struct_ => {
                    self.add_entries(child, &inner, nodes)?;
                    continue;
                }
                // The first says where runs end.
                Type::RunEndEncoded if at == 0 => inner.is_key = true,
                _ => {}
            }
            self.add(child, &inner, nodes)?;
        }
        Ok(())
    }

    fn add_entries(
        &mut self,
        entries: Field<'_>,
        place: &Place,
        nodes: &mut Vec<Node>,
    ) -> Result<(), Error> {
        nodes.push(Node { buffers: 1, is_view: false, text: None });
        for (at, child) in entries.children().into_iter().flatten().enumerate() {
            let is_key = place.is_key || at == 0;
            self.add(child, &Place { is_key, ..place.inner() }, nodes)?;
        }
        Ok(())
    }
}
