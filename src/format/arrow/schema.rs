//! The columns of text in a schema of Parquet.
//!
//! In: the schema. Out: which of its leaves are text, and what a person calls them. The naive way takes the path of a leaf, which is
//! `tags.list.element` for a list of texts. Here what the format puts between a list and its elements has no name, and
//! the keys of maps are no text: other rows and programs look values up by them.

use parquet::basic::{ConvertedType, LogicalType, Repetition, Type as Physical};
use parquet::schema::types::Type;

use super::columns::Column;
use super::parquet::wrong;
use crate::error::Error;

/// Columns within columns, of which each is a call within a call.
const MOST_DEEP: usize = 100;

/// The leaves of a schema in their order; `None` for one that is no text to convert.
pub(super) type Leaves = Vec<Option<Column>>;

/// Returns which leaves of a schema are text.
pub(super) fn leaves(schema: &Type) -> Result<Leaves, Error> {
    let mut leaves = Vec::new();
    for (field, number) in schema.get_fields().iter().zip(1..) {
        let place = Place { name: field.name().to_owned(), number, is_key: false, depth: 0 };
        add_leaves(field, &place, &mut leaves)?;
    }
    Ok(leaves)
}

/// Where in a schema a field stands.
struct Place {
    name: String,
    number: usize,
    is_key: bool,
    depth: usize,
}

impl Place {
    fn inner(&self) -> Place {
        Place { name: self.name.clone(), depth: self.depth + 1, ..*self }
    }
}

fn add_leaves(field: &Type, place: &Place, leaves: &mut Leaves) -> Result<(), Error> {
    if place.depth > MOST_DEEP {
        return Err(wrong(None, format!("columns are more than {MOST_DEEP} deep within others")));
    }
    let info = field.get_basic_info();
    let (logical, converted) = (info.logical_type_ref(), info.converted_type());
    if field.is_primitive() {
        // What is of JSON has keys in it, and names of an enumeration mean something to a program.
        let is_text = field.get_physical_type() == Physical::BYTE_ARRAY
            && match logical {
                Some(logical) => *logical == LogicalType::String,
                None => converted == ConvertedType::UTF8,
            };
        let column = Column { name: place.name.clone(), number: place.number };
        leaves.push((is_text && !place.is_key).then_some(column));
        return Ok(());
    }
    let is_list = logical == Some(&LogicalType::List) || converted == ConvertedType::LIST;
    let is_map = logical == Some(&LogicalType::Map)
        || matches!(converted, ConvertedType::MAP | ConvertedType::MAP_KEY_VALUE);
    if let [repeated] = field.get_fields()
        && repeated.get_basic_info().has_repetition()
        && repeated.get_basic_info().repetition() == Repetition::REPEATED
    {
        if is_list {
            // Between a list and its elements is a group; in older files not always, as the format's own rules tell.
            let is_old = repeated.name() == "array" || repeated.name().ends_with("_tuple");
            return match repeated.is_group().then(|| repeated.get_fields()) {
                Some([element]) if !is_old => add_leaves(element, &place.inner(), leaves),
                _ => add_leaves(repeated, &place.inner(), leaves),
            };
        }
        if is_map && let Some([key, value]) = repeated.is_group().then(|| repeated.get_fields()) {
            add_leaves(key, &Place { is_key: true, ..place.inner() }, leaves)?;
            return add_leaves(value, &place.inner(), leaves);
        }
    }
    for field in field.get_fields() {
        let name = format!("{}.{}", place.name, field.name());
        add_leaves(field, &Place { name, ..place.inner() }, leaves)?;
    }
    Ok(())
}
