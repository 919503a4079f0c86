//! JSON merge patch (RFC 7396): what is named replaces, null removes, everything else stays.

use domain::fault::{Fault, FaultCode, escape_pointer};
use serde_json::{Map, Value};

/// Change `target` as `patch` says.
pub(super) fn merge(target: &mut Value, patch: Value) {
    let Value::Object(changes) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(fields) = target else {
        return;
    };
    for (name, change) in changes {
        if change.is_null() {
            fields.remove(&name);
        } else {
            merge(fields.entry(name).or_insert(Value::Null), change);
        }
    }
}

/// The top-level names of `patch` that `document` does not have: with null they would vanish
/// without a word.
pub(super) fn unknown_fields(document: &Value, patch: &Value) -> Vec<Fault> {
    let Value::Object(changes) = patch else {
        return Vec::new();
    };
    changes
        .keys()
        .filter(|name| document.get(name.as_str()).is_none())
        .map(|name| {
            let shown: String = name.chars().take(64).collect();
            let pointer = format!("/{}", escape_pointer(&shown));
            Fault::new(
                pointer,
                FaultCode::UnknownField,
                "a member has no such field",
            )
        })
        .collect()
}

#[cfg(test)]
mod tests;
