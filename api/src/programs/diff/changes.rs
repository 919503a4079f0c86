//! Two documents field by field. What people think of as one thing, such as an award, is one
//! change, and parts with a code are the same part wherever they stand.

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
    "cost",
];

/// One difference and the part of the program that it belongs to.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Change<'d> {
    pub(super) kind: ChangeKind,
    pub(super) pointer: String,
    /// The field at the top of the document.
    pub(super) part: &'d str,
    /// The code of the entry, in a list of parts with codes.
    pub(super) code: Option<&'d str>,
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
}

/// Every difference, in the order of the new document, then what is gone.
pub(super) fn changes<'d>(before: &'d Value, after: &'d Value) -> Vec<Change<'d>> {
    let mut found = Vec::new();
    for (part, pair) in fields(before.as_object(), after.as_object()) {
        let place = Place { part, code: None };
        let pointer = format!("/{}", escape_pointer(part));
        match (entries(pair.0), entries(pair.1)) {
            (Some(before), Some(after)) => {
                compare_entries(&mut found, place, &pointer, &[before, after]);
            }
            _ => compare(&mut found, place, (part, pointer), pair),
        }
    }
    found
}

type Pair<'d> = (Option<&'d Value>, Option<&'d Value>);

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

type Entries<'d> = Vec<(&'d str, &'d Value)>;

/// The entries with their codes, if all have one; nothing is a list without entries.
fn entries(list: Option<&Value>) -> Option<Entries<'_>> {
    let Some(list) = list else {
        return Some(Vec::new());
    };
    let coded = |entry| Some((Value::as_str(Value::get(entry, "code")?)?, entry));
    list.as_array()?.iter().map(coded).collect()
}

fn compare_entries<'d>(
    found: &mut Vec<Change<'d>>,
    place: Place<'d>,
    pointer: &str,
    [before, after]: &[Entries<'d>; 2],
) {
    let find = |list: &Entries<'d>, code: &str| {
        let mut named = list.iter().filter(|(own, _)| *own == code);
        named.next().map(|(_, entry)| *entry)
    };
    let whole = |code: &'d str, index: usize, pair: Pair<'d>| Change {
        kind: kind_of(&pair),
        pointer: format!("{pointer}/{index}"),
        part: place.part,
        code: Some(code),
        field: None,
        before: pair.0.cloned(),
        after: pair.1.cloned(),
    };
    for (index, (code, entry)) in after.iter().enumerate() {
        let Some(old) = find(before, code) else {
            found.push(whole(code, index, (None, Some(entry))));
            continue;
        };
        let place = Place {
            code: Some(code),
            ..place
        };
        let at = format!("{pointer}/{index}");
        compare_fields(found, place, &at, (Some(old), Some(*entry)));
    }
    for (index, (code, entry)) in before.iter().enumerate() {
        if find(after, code).is_none() {
            found.push(whole(code, index, (Some(entry), None)));
        }
    }
    let order = |list: &Entries<'d>, other: &Entries<'d>| -> Vec<&'d str> {
        let codes = list.iter().map(|(code, _)| *code);
        codes.filter(|code| find(other, code).is_some()).collect()
    };
    let (old, new) = (order(before, after), order(after, before));
    if old != new {
        found.push(Change {
            kind: ChangeKind::Moved,
            pointer: pointer.to_owned(),
            part: place.part,
            code: None,
            field: None,
            before: Some(old.into()),
            after: Some(new.into()),
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
    let is_object = |value: Option<&Value>| value.is_none_or(Value::is_object);
    if is_object(pair.0) && is_object(pair.1) && !WHOLES.contains(&name) {
        return compare_fields(found, place, &pointer, pair);
    }
    found.push(Change {
        kind: kind_of(&pair),
        pointer,
        part: place.part,
        code: place.code,
        field: Some(name),
        before: pair.0.cloned(),
        after: pair.1.cloned(),
    });
}

fn kind_of((before, after): &Pair<'_>) -> ChangeKind {
    match (before, after) {
        (None, _) => ChangeKind::Added,
        (_, None) => ChangeKind::Removed,
        _ => ChangeKind::Changed,
    }
}
