//! Which lines of a receipt a rule sees: by article, category and department, all of which must
//! fit when they are given.

use super::read_texts;
use crate::program::reader::{Object, Reader};
use crate::receipt::Line;

/// The lines of a rule; the default is every line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct LinePart {
    skus: Option<Codes>,
    categories: Option<Paths>,
    departments: Option<Codes>,
}

/// A line of a receipt with what conditions mostly tell it by, taken once for all of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Goods<'l> {
    pub(crate) line: &'l Line,
    /// Of the category.
    head: u64,
    /// Of the article number.
    tail: u64,
}

impl<'l> Goods<'l> {
    /// The line and what tells it.
    pub(crate) fn of(line: &'l Line) -> Self {
        Self {
            line,
            head: line.category.as_deref().map_or(0, |path| head(path).0),
            tail: line.sku.as_deref().map_or(0, tail),
        }
    }
}

/// A category with its first bytes as a number and a mask of those, so that mostly no texts are
/// compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Path {
    head: u64,
    mask: u64,
    text: String,
}

/// Several categories.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Paths(Vec<Path>);

impl Path {
    fn of(text: String) -> Self {
        let (head, mask) = head(&text);
        Self { head, mask, text }
    }

    /// Whether it is the category of the line or lies above it.
    pub(crate) fn has(&self, goods: &Goods<'_>) -> bool {
        goods.head & self.mask == self.head && self.is_above(goods.line)
    }

    fn is_above(&self, line: &Line) -> bool {
        let category = line.category.as_deref();
        category.is_some_and(|category| is_within(category, &self.text))
    }
}

impl Paths {
    pub(crate) fn of(paths: Vec<String>) -> Self {
        Self(paths.into_iter().map(Path::of).collect())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one of them is the category of the line or lies above it.
    pub(crate) fn have(&self, goods: &Goods<'_>) -> bool {
        self.0.iter().any(|path| path.has(goods))
    }
}

/// The first eight bytes, or all of a shorter text, and which bits of the number they are.
fn head(text: &str) -> (u64, u64) {
    if let Some(chunk) = text.as_bytes().first_chunk() {
        return (u64::from_be_bytes(*chunk), u64::MAX);
    }
    let places = [56, 48, 40, 32, 24, 16, 8_u32];
    let bytes = text.bytes().zip(places);
    bytes.fold((0, 0), |(head, mask), (byte, place)| {
        (head | (u64::from(byte) << place), mask | (0xff << place))
    })
}

/// So many codes are looked through one by one.
const FEW: usize = 16;

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

    fn have(&self, found: &str, end: u64) -> bool {
        if self.0.len() <= FEW {
            let mut codes = self.0.iter();
            return codes.any(|(tail, code)| *tail == end && code == found);
        }
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

    /// The one category that it asks for, if it asks for nothing else.
    pub(super) fn only_path(&self) -> Option<&Path> {
        match (&self.skus, &self.departments, &self.categories) {
            (None, None, Some(Paths(paths))) => match paths.as_slice() {
                [path] => Some(path),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether the rule sees this line.
    pub(super) fn matches(&self, goods: &Goods<'_>) -> bool {
        let Goods {
            line, tail: sku, ..
        } = *goods;
        self.categories
            .as_ref()
            .is_none_or(|paths| paths.have(goods))
            && is_listed(self.skus.as_ref(), line.sku.as_deref(), |_| sku)
            && is_listed(self.departments.as_ref(), line.department.as_deref(), tail)
    }

    /// Reads the parts of a `when` that speak of lines.
    pub(super) fn read(reader: &mut Reader<'_>, when: &mut Object<'_>) -> Self {
        Self {
            skus: read_texts(reader, when, "skus").map(Codes::of),
            categories: read_texts(reader, when, "categories").map(Paths::of),
            departments: read_texts(reader, when, "departments").map(Codes::of),
        }
    }
}

fn is_listed(listed: Option<&Codes>, found: Option<&str>, end: impl Fn(&str) -> u64) -> bool {
    listed.is_none_or(|listed| found.is_some_and(|found| listed.have(found, end(found))))
}

/// Whether `path` is `category` or lies below it, by whole segments.
pub(crate) fn is_within(path: &str, category: &str) -> bool {
    // Most paths differ in where a segment ends, which is seen at once.
    let after = path.as_bytes().get(category.len());
    after.is_none_or(|byte| *byte == b'/') && path.starts_with(category)
}
