//! Two documents field by field. What people think of as one thing, such as an award, is one
//! change, and parts with a code are the same part wherever they stand.

use std::collections::BTreeMap;

use domain::fault::escape_pointer;
use serde_json::{Map, Value};

use super::ChangeKind;

/// Objects that change as a whole.
const WHOLES: &[&str] = &[
    "award",
    "effect",
    "expiry",
    "activation",
    "hours",
    "birthday",
    "window",
    "downgrade",
    "cost",
];

/// Known by their article instead of a code, and in no order: an article has one price, wherever
/// it stands.
const PRICES: &str = "member_prices";

/// Before and after.
pub(super) type Pair<'d> = (Option<&'d Value>, Option<&'d Value>);

/// An entry of a list that stands in an entry, such as a step of a ladder.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Inner<'d> {
    /// The field that holds the list.
    pub(super) list: &'d str,
    pub(super) code: &'d str,
}

/// One difference and the part of the program that it belongs to.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Change<'d> {
    pub(super) kind: ChangeKind,
    pub(super) pointer: String,
    /// The field at the top of the document.
    pub(super) part: &'d str,
    /// The code of the entry, in a list of parts with codes.
    pub(super) code: Option<&'d str>,
    /// That entry, whose other fields tell what some of its numbers count.
    pub(super) entry: Pair<'d>,
    /// The entry within the entry.
    pub(super) inner: Option<Inner<'d>>,
    /// The field that changed; none when it is the whole entry or the order.
    pub(super) field: Option<&'d str>,
    pub(super) before: Option<Value>,
    pub(super) after: Option<Value>,
}

/// Where the walk is.
#[derive(Debug, Clone, Copy)]
struct Place<'d> {
    part: &'d str,
    code: Option<&'d str>,
    entry: Pair<'d>,
    inner: Option<Inner<'d>>,
}

impl<'d> Place<'d> {
    /// In an entry of a list.
    fn within(self, list: &'d str, code: &'d str, pair: Pair<'d>) -> Self {
        if self.code.is_some() {
            let inner = Some(Inner { list, code });
            return Self { inner, ..self };
        }
        Self {
            code: Some(code),
            entry: pair,
            ..self
        }
    }

    fn change(self, pointer: String, field: Option<&'d str>, pair: Pair<'d>) -> Change<'d> {
        let kind = match pair {
            (None, _) => ChangeKind::Added,
            (_, None) => ChangeKind::Removed,
            _ => ChangeKind::Changed,
        };
        Change {
            kind,
            pointer,
            part: self.part,
            code: self.code,
            entry: self.entry,
            inner: self.inner,
            field,
            before: pair.0.cloned(),
            after: pair.1.cloned(),
        }
    }
}

/// Every difference, in the order of the new document, then what is gone.
pub(super) fn changes<'d>(before: &'d Value, after: &'d Value) -> Vec<Change<'d>> {
    let mut found = Vec::new();
    for (part, pair) in fields(before.as_object(), after.as_object()) {
        let place = Place {
            part,
            code: None,
            entry: (None, None),
            inner: None,
        };
        let pointer = format!("/{}", escape_pointer(part));
        compare(&mut found, place, (part, pointer), pair);
    }
    found
}

/// The fields of both, those of the new one first; nothing and an empty thing are the same.
fn fields<'d>(
    before: Option<&'d Map<String, Value>>,
    after: Option<&'d Map<String, Value>>,
) -> Vec<(&'d str, Pair<'d>)> {
    let named = |map: Option<&'d Map<String, Value>>| map.into_iter().flatten();
    let get = |map: Option<&'d Map<String, Value>>, name: &str| {
        map.and_then(|map| map.get(name))
            .filter(|value| !is_nothing(value))
    };
    let gone =
        named(before).filter(|(name, _)| after.is_none_or(|after| !after.contains_key(*name)));
    let names = named(after).chain(gone).map(|(name, _)| name.as_str());
    names
        .map(|name| (name, (get(before, name), get(after, name))))
        .filter(|(_, (before, after))| before != after)
        .collect()
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

/// The entries of a list by their codes, in the order of the document.
struct Entries<'d> {
    codes: Vec<&'d str>,
    by_code: BTreeMap<&'d str, &'d Value>,
}

impl<'d> Entries<'d> {
    /// Of a list whose entries all have a code of their own; nothing is a list without entries.
    fn of(name: &str, list: Option<&'d Value>) -> Option<Self> {
        let key = if name == PRICES { "sku" } else { "code" };
        let list = list.map_or(Some([].as_slice()), |list| {
            list.as_array().map(Vec::as_slice)
        })?;
        let coded = |entry: &'d Value| Some((entry.get(key)?.as_str()?, entry));
        let entries: Vec<_> = list.iter().map(coded).collect::<Option<_>>()?;
        let by_code: BTreeMap<_, _> = entries.iter().copied().collect();
        let is_unique = by_code.len() == entries.len();
        let codes = entries.into_iter().map(|(code, _)| code).collect();
        is_unique.then_some(Self { codes, by_code })
    }

    fn get(&self, code: &str) -> Option<&'d Value> {
        self.by_code.get(code).copied()
    }

    /// The codes that the other list has too.
    fn shared_with(&self, other: &Self) -> Vec<&'d str> {
        let codes = self.codes.iter().copied();
        codes.filter(|code| other.get(code).is_some()).collect()
    }
}

fn compare_entries<'d>(
    found: &mut Vec<Change<'d>>,
    place: Place<'d>,
    (name, pointer): (&'d str, String),
    [before, after]: &[Entries<'d>; 2],
) {
    for (index, code) in after.codes.iter().enumerate() {
        let pair = (before.get(code), after.get(code));
        let place = place.within(name, code, pair);
        let at = format!("{pointer}/{index}");
        if pair.0.is_some() {
            compare_fields(found, place, &at, pair);
        } else {
            found.push(place.change(at, None, pair));
        }
    }
    for (index, code) in before.codes.iter().enumerate() {
        if after.get(code).is_none() {
            let pair = (before.get(code), None);
            let place = place.within(name, code, pair);
            found.push(place.change(format!("{pointer}/{index}"), None, pair));
        }
    }
    let (old, new) = (before.shared_with(after), after.shared_with(before));
    if old != new && name != PRICES {
        found.push(Change {
            kind: ChangeKind::Moved,
            before: Some(old.into()),
            after: Some(new.into()),
            ..place.change(pointer, None, (None, None))
        });
    }
}

fn compare_fields<'d>(
    found: &mut Vec<Change<'d>>,
    place: Place<'d>,
    pointer: &str,
    (before, after): Pair<'d>,
) {
    let maps = (
        before.and_then(Value::as_object),
        after.and_then(Value::as_object),
    );
    for (name, pair) in fields(maps.0, maps.1) {
        let at = format!("{pointer}/{}", escape_pointer(name));
        compare(found, place, (name, at), pair);
    }
}

fn compare<'d>(
    found: &mut Vec<Change<'d>>,
    place: Place<'d>,
    (name, pointer): (&'d str, String),
    pair: Pair<'d>,
) {
    if place.inner.is_none()
        && let (Some(before), Some(after)) = (Entries::of(name, pair.0), Entries::of(name, pair.1))
    {
        return compare_entries(found, place, (name, pointer), &[before, after]);
    }
    let is_object = |value: Option<&Value>| value.is_none_or(Value::is_object);
    if is_object(pair.0) && is_object(pair.1) && !WHOLES.contains(&name) {
        return compare_fields(found, place, &pointer, pair);
    }
    found.push(place.change(pointer, Some(name), pair));
}
