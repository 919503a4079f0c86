//! Goods that a program leaves out: those that earn nothing, or those that points of a wallet may not pay.

use crate::condition::{Goods, Paths};
use crate::program::reader::{Object, Reader};

/// The most entries of each list of goods.
pub(crate) const MAX_EXCLUDED: usize = 10_000;

/// Goods that are left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Exclude {
    /// Sorted.
    skus: Vec<String>,
    categories: Paths,
    /// Sorted.
    departments: Vec<String>,
}

impl Exclude {
    /// Whether it leaves a line out.
    pub(crate) fn has(&self, goods: &Goods<'_>) -> bool {
        let line = goods.line;
        let is_in = |list: &[String], text: &Option<String>| {
            let text = text.as_deref();
            text.is_some_and(|text| {
                list.binary_search_by(|entry| entry.as_str().cmp(text))
                    .is_ok()
            })
        };
        is_in(&self.skus, &line.sku)
            || is_in(&self.departments, &line.department)
            || self.categories.have(goods)
    }

    /// Whether it leaves nothing out.
    pub(crate) fn is_empty(&self) -> bool {
        self.skus.is_empty() && self.departments.is_empty() && self.categories.is_empty()
    }

    /// Reads the `exclude` of an object, if it is there.
    pub(crate) fn read(reader: &mut Reader<'_>, parent: &mut Object<'_>) -> Self {
        let Some(mut exclude) = reader.child(parent, "exclude") else {
            return Self::default();
        };
        let mut list = |field| read_texts(reader, &mut exclude, field);
        let (mut skus, categories, mut departments) =
            (list("skus"), list("categories"), list("departments"));
        skus.sort_unstable();
        departments.sort_unstable();
        reader.close(&exclude);
        Self {
            skus,
            categories: Paths::of(categories),
            departments,
        }
    }
}

fn read_texts(
    reader: &mut Reader<'_>,
    object: &mut Object<'_>,
    field: &'static str,
) -> Vec<String> {
    let items = reader.list(object, field, MAX_EXCLUDED).unwrap_or_default();
    let items = items.into_iter();
    items
        .map(|(pointer, value)| reader.text_at(value, pointer))
        .collect()
}
