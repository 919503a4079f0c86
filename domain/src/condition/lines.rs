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
    head: Head,
    /// Of the article number.
    mark: u64,
}

impl<'l> Goods<'l> {
    /// The line and what tells it.
    pub(crate) fn of(line: &'l Line) -> Self {
        Self {
            line,
            head: line.category.as_deref().map_or(NO_TEXT, head),
            mark: line.sku.as_deref().map_or(0, mark),
        }
    }
}

/// A category with its first bytes as numbers, so that mostly no texts are compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Path {
    /// Its head, as far as the mask goes.
    head: Head,
    mask: Head,
    /// Whether the head tells it all.
    is_short: bool,
    text: String,
}

/// Several categories.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Paths(Vec<Path>);

impl Path {
    fn of(text: String) -> Self {
        // The slash after it belongs to what is compared.
        let compared = text.len().saturating_add(1);
        let bytes = u32::try_from(compared).unwrap_or(u32::MAX);
        let mask = |before: u32| {
            let bits = bytes.saturating_sub(before).saturating_mul(u8::BITS);
            !u64::MAX.checked_shr(bits).unwrap_or(0)
        };
        let mask = [mask(0), mask(8)];
        Self {
            head: masked(head(&text), mask),
            mask,
            is_short: compared <= HEAD,
            text,
        }
    }

    /// Whether it is the category of the line or lies above it.
    pub(crate) fn has(&self, goods: &Goods<'_>) -> bool {
        masked(goods.head, self.mask) == self.head && (self.is_short || self.is_above(goods.line))
    }

    /// Whether the first half of the head tells it all.
    pub(crate) fn is_very_short(&self) -> bool {
        self.mask.ends_with(&[0])
    }

    /// The same as `has` for a very short one.
    pub(crate) fn has_first(&self, goods: &Goods<'_>) -> bool {
        let ([first, _], [mask, _], [own, _]) = (goods.head, self.mask, self.head);
        first & mask == own
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

/// The first bytes of a text as numbers, and a slash after the end of a shorter one, so that what
/// lies in a category begins with its head.
type Head = [u64; 2];

/// So many bytes are a head.
const HEAD: usize = 16;
/// The head of no text: no text has such bytes.
const NO_TEXT: Head = [u64::MAX; 2];

fn head(text: &str) -> Head {
    let bytes = text.as_bytes();
    let number = |chunk: &[u8; 8]| u64::from_be_bytes(*chunk);
    if let Some((first, rest)) = bytes.split_first_chunk() {
        let second = match (rest.first_chunk(), bytes.last_chunk()) {
            (Some(second), _) => number(second),
            // The last bytes are there, after some that are the first's as well.
            (None, Some(last)) => ended(number(last), rest.len()),
            (None, None) => 0,
        };
        return [number(first), second];
    }
    let all = bytes
        .iter()
        .fold(0, |all, byte| (all << u8::BITS) | u64::from(*byte));
    [ended(all, bytes.len()), 0]
}

/// The last so many of the bytes, below eight, with a slash behind them.
fn ended(bytes: u64, count: usize) -> u64 {
    let spare = 7_usize.saturating_sub(count);
    let spare = u32::try_from(spare).unwrap_or(0).saturating_mul(u8::BITS);
    let ended = (bytes << u8::BITS) | u64::from(b'/');
    ended.checked_shl(spare).unwrap_or(0)
}

const fn masked([first, second]: Head, mask: Head) -> Head {
    [first & mask[0], second & mask[1]]
}

/// So many codes are looked through one by one.
const FEW: usize = 16;

/// Codes with their marks, sorted by both, so that mostly one comparison of texts decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Codes {
    /// One bit for each mark, which may be that of several: mostly a look at it decides.
    bits: u64,
    sorted: Vec<(u64, String)>,
}

impl Codes {
    fn of(codes: Vec<String>) -> Self {
        let codes = codes.into_iter().map(|code| (mark(&code), code));
        let mut sorted: Vec<_> = codes.collect();
        sorted.sort_unstable();
        let marks = sorted.iter();
        let bits = marks.fold(0, |bits, (mark, _)| bits | bit(*mark));
        Self { bits, sorted }
    }

    /// Whether one of them is the article number of the line.
    pub(crate) fn have_sku(&self, goods: &Goods<'_>) -> bool {
        self.have(goods.line.sku.as_deref(), goods.mark)
    }

    fn have(&self, found: Option<&str>, mark: u64) -> bool {
        self.bits & bit(mark) != 0 && found.is_some_and(|found| self.hold(found, mark))
    }

    fn hold(&self, found: &str, mark: u64) -> bool {
        if self.sorted.len() <= FEW {
            let mut codes = self.sorted.iter();
            return codes.any(|(known, code)| *known == mark && code == found);
        }
        let first = self.sorted.partition_point(|(known, _)| *known < mark);
        let mut alike = self
            .sorted
            .iter()
            .skip(first)
            .take_while(|(known, _)| *known == mark);
        alike.any(|(_, code)| code == found)
    }
}

/// One of 64 bits, by all bits of a mark.
fn bit(mark: u64) -> u64 {
    1 << (mark.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58)
}

/// A number that equal texts share, and few others. Article numbers begin alike and differ in the
/// end.
fn mark(text: &str) -> u64 {
    let bytes = text.as_bytes();
    if let Some(chunk) = bytes.last_chunk() {
        return u64::from_be_bytes(*chunk);
    }
    let number = |chunk: &[u8; 4]| u64::from(u32::from_be_bytes(*chunk));
    match (bytes.first_chunk(), bytes.last_chunk()) {
        (Some(first), Some(last)) => (number(first) << 32) | number(last),
        _ => {
            let bytes = bytes.iter().map(|byte| u64::from(*byte));
            bytes.fold(0, |all, byte| (all << u8::BITS) | byte)
        }
    }
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

    /// The article numbers that it asks for, if it asks for nothing else.
    pub(super) fn only_skus(&self) -> Option<&Codes> {
        let skus = self.skus.as_ref();
        skus.filter(|_| self.categories.is_none() && self.departments.is_none())
    }

    /// Whether the rule sees this line.
    pub(super) fn matches(&self, goods: &Goods<'_>) -> bool {
        let line = goods.line;
        let is_listed = |listed: &Option<Codes>, found: &Option<String>, mark: &dyn Fn() -> u64| {
            let listed = listed.as_ref();
            listed.is_none_or(|codes| codes.have(found.as_deref(), mark()))
        };
        let department = || line.department.as_deref().map_or(0, mark);
        self.categories
            .as_ref()
            .is_none_or(|paths| paths.have(goods))
            && is_listed(&self.skus, &line.sku, &|| goods.mark)
            && is_listed(&self.departments, &line.department, &department)
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

/// Whether `path` is `category` or lies below it, by whole segments.
pub(crate) fn is_within(path: &str, category: &str) -> bool {
    // Most paths differ in where a segment ends, which is seen at once.
    let after = path.as_bytes().get(category.len());
    after.is_none_or(|byte| *byte == b'/') && path.starts_with(category)
}

#[cfg(test)]
mod tests;
