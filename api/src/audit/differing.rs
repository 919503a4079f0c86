//! What differs between two documents: what stayed the same would hide it.

use serde_json::{Map, Value};

/// Both documents without what is equal in them. Objects are compared field by field, everything else as a whole.
pub(super) fn differing(before: Value, after: Value) -> (Value, Value) {
    match (before, after) {
        (Value::Object(before), Value::Object(mut after)) => {
            let (mut old, mut new) = (Map::new(), Map::new());
            for (name, was) in before {
                match after.remove(&name) {
                    Some(is) if is == was => {}
                    Some(is) => {
                        let (was, is) = differing(was, is);
                        old.insert(name.clone(), was);
                        new.insert(name, is);
                    }
                    None => {
                        old.insert(name, was);
                    }
                }
            }
            new.extend(after);
            (Value::Object(old), Value::Object(new))
        }
        different => different,
    }
}
