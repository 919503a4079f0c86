//! Which lines of a receipt a rule sees: by article, category and department, all of which must
//! fit when they are given.

use super::read_texts;
use crate::program::reader::{Object, Reader};
use crate::receipt::Line;

/// The lines of a rule; the default is every line. The codes are sorted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct LinePart {
    skus: Option<Vec<String>>,
    /// Paths.
    categories: Option<Vec<String>>,
    departments: Option<Vec<String>>,
}

impl LinePart {
    /// Whether only some lines are seen.
    pub(super) fn is_narrow(&self) -> bool {
        self.skus.is_some() || self.categories.is_some() || self.departments.is_some()
    }

    /// Whether the rule sees this line.
    pub(super) fn matches(&self, line: &Line) -> bool {
        is_listed(self.skus.as_deref(), line.sku.as_deref())
            && is_listed(self.departments.as_deref(), line.department.as_deref())
            && self.categories.as_ref().is_none_or(|categories| {
                let path = line.category.as_deref();
                path.is_some_and(|path| categories.iter().any(|part| is_within(path, part)))
            })
    }

    /// Reads the parts of a `when` that speak of lines.
    pub(super) fn read(reader: &mut Reader<'_>, when: &mut Object<'_>) -> Self {
        let sorted = |texts: Option<Vec<String>>| {
            texts.map(|mut texts| {
                texts.sort_unstable();
                texts
            })
        };
        Self {
            skus: sorted(read_texts(reader, when, "skus")),
            categories: read_texts(reader, when, "categories"),
            departments: sorted(read_texts(reader, when, "departments")),
        }
    }
}

fn is_listed(listed: Option<&[String]>, found: Option<&str>) -> bool {
    let Some(listed) = listed else {
        return true;
    };
    found.is_some_and(|found| {
        listed
            .binary_search_by(|code| code.as_str().cmp(found))
            .is_ok()
    })
}

/// Whether `path` is `category` or lies below it, by whole segments.
pub(crate) fn is_within(path: &str, category: &str) -> bool {
    // Most paths differ in where a segment ends, which is seen at once.
    let after = path.as_bytes().get(category.len());
    after.is_none_or(|byte| *byte == b'/') && path.starts_with(category)
}
