//! JSON merge patch, RFC 7396.

use serde_json::{Map, Value};

/// Put `patch` over `target`: null removes, objects are merged, anything else replaces. A null that has nothing to
/// remove stays, so that a name which the type does not know is refused whatever its value.
pub fn merge_patch(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(members) = target else {
        return;
    };
    for (key, value) in patch {
        if value.is_null() && members.contains_key(&key) {
            members.remove(&key);
        } else {
            merge_patch(members.entry(key).or_insert(Value::Null), value);
        }
    }
}
