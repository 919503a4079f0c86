//! Which lines of a receipt a rule sees: by article, category and department, all of which must
//! fit when they are given.

use super::read_texts;
use crate::program::reader::{Object, Reader};
use crate::receipt::Line;

/// The lines of a rule; the default is every line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct LinePart {
    skus: Option<Codes>,
    /// Paths.
    categories: Option<Vec<String>>,
    departments: Option<Codes>,
}

/// Codes with their last bytes as a number, sorted by both. Article numbers begin alike and differ
/// in the end, so that mostly one comparison of texts decides.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Codes(Vec<(u64, String)>);

impl Codes {
    fn of(codes: Vec<String>) -> Self {
        let codes = codes.into_iter().map(|code| (tail(&code), code));
        let mut codes: Vec<_> = codes.collect();
        codes.sort_unstable();
        Self(codes)
    }

    fn have(&self, found: &str) -> bool {
        let end = tail(found);
        let first = self.0.partition_point(|(tail, _)| *tail < end);
        let mut alike = self
            .0
            .iter()
            .skip(first)
            .take_while(|(tail, _)| *tail == end);
        alike.any(|(_, code)| code == found)
    }
}

/// The last eight bytes, or all of a shorter text.
fn tail(text: &str) -> u64 {
    let bytes = text.as_bytes();
    let short = || {
        bytes
            .iter()
            .fold(0, |all, byte| (all << 8) | u64::from(*byte))
    };
    bytes
        .last_chunk()
        .map_or_else(short, |chunk| u64::from_be_bytes(*chunk))
}

impl LinePart {
    /// Whether only some lines are seen.
    pub(super) fn is_narrow(&self) -> bool {
        self.skus.is_some() || self.categories.is_some() || self.departments.is_some()
    }

    /// Whether the rule sees this line.
    pub(super) fn matches(&self, line: &Line) -> bool {
        is_listed(self.skus.as_ref(), line.sku.as_deref())
            && is_listed(self.departments.as_ref(), line.department.as_deref())
            && self.categories.as_ref().is_none_or(|categories| {
                let path = line.category.as_deref();
                path.is_some_and(|path| categories.iter().any(|part| is_within(path, part)))
            })
    }

    /// Reads the parts of a `when` that speak of lines.
    pub(super) fn read(reader: &mut Reader<'_>, when: &mut Object<'_>) -> Self {
        Self {
            skus: read_texts(reader, when, "skus").map(Codes::of),
            categories: read_texts(reader, when, "categories"),
            departments: read_texts(reader, when, "departments").map(Codes::of),
        }
    }
}

fn is_listed(listed: Option<&Codes>, found: Option<&str>) -> bool {
    listed.is_none_or(|listed| found.is_some_and(|found| listed.have(found)))
}

/// Whether `path` is `category` or lies below it, by whole segments.
pub(crate) fn is_within(path: &str, category: &str) -> bool {
    // Most paths differ in where a segment ends, which is seen at once.
    let after = path.as_bytes().get(category.len());
    after.is_none_or(|byte| *byte == b'/') && path.starts_with(category)
}
