//! Bodies that an operation's schema allows, to begin with.

use serde_json::{Map, Value, json};

use super::dice::Dice;

/// How deep a sample goes; no request refers to itself.
const MAX_DEPTH: usize = 12;

/// A value that fits a schema of the document, more or less.
pub(super) fn sample(document: &Value, schema: &Value, dice: &mut Dice) -> Value {
    fitting(document, schema, dice, MAX_DEPTH)
}

fn fitting(document: &Value, schema: &Value, dice: &mut Dice, depth: usize) -> Value {
    if depth == 0 {
        return Value::Null;
    }
    if let Some(name) = schema["$ref"].as_str() {
        let target = document.pointer(name.trim_start_matches('#'));
        return fitting(document, target.expect("it is there"), dice, depth - 1);
    }
    for choice in ["oneOf", "anyOf"] {
        if let Some(choices) = schema[choice].as_array() {
            let one = dice.one(choices);
            return fitting(document, one, dice, depth - 1);
        }
    }
    if let Some(all) = schema["allOf"].as_array() {
        let mut together = Map::new();
        for part in all {
            let part = fitting(document, part, dice, depth - 1);
            together.extend(part.as_object().cloned().unwrap_or_default());
        }
        return together.into();
    }
    if let Some(known) = known(schema, dice) {
        return known;
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => dice.one(kinds).clone(),
        kind => kind.clone(),
    };
    match kind.as_str() {
        Some("object") | None => object(document, schema, dice, depth),
        Some("array") => {
            let length = dice.below(3) + usize::from(!dice.seldom(3));
            let entry = |_| fitting(document, &schema["items"], dice, depth - 1);
            (0..length).map(entry).collect()
        }
        Some("integer" | "number") => {
            let least = schema["minimum"].as_i64().unwrap_or(0);
            json!(least.saturating_add(i64::try_from(dice.below(200)).expect("small")))
        }
        Some("boolean") => json!(dice.seldom(2)),
        Some("string") => text(schema, dice),
        _ => Value::Null,
    }
}

/// What the document itself says a value may be.
fn known(schema: &Value, dice: &mut Dice) -> Option<Value> {
    if let Some(values) = schema["enum"].as_array() {
        return Some(dice.one(values).clone());
    }
    if !schema["const"].is_null() {
        return Some(schema["const"].clone());
    }
    if let Some(examples) = schema["examples"].as_array().filter(|all| !all.is_empty()) {
        return Some(dice.one(examples).clone());
    }
    let example = &schema["example"];
    (!example.is_null() && !dice.seldom(4)).then(|| example.clone())
}

fn object(document: &Value, schema: &Value, dice: &mut Dice, depth: usize) -> Value {
    let required: Vec<&str> = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let mut fields = Map::new();
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        if required.contains(&name.as_str()) || dice.seldom(2) {
            fields.insert(name.clone(), fitting(document, property, dice, depth - 1));
        }
    }
    if schema["additionalProperties"].is_object() {
        let value = fitting(document, &schema["additionalProperties"], dice, depth - 1);
        fields.insert("colour".to_owned(), value);
    }
    fields.into()
}

fn text(schema: &Value, dice: &mut Dice) -> Value {
    match schema["format"].as_str() {
        Some("date-time") => json!("2026-11-21T10:15:00+09:00"),
        Some("date") => json!("2026-11-21"),
        _ => {
            let texts = [
                "points",
                "base",
                "shibuya",
                "1",
                "12.5",
                "05:00",
                "JPY",
                "Asia/Tokyo",
                "mem_01k3z8q4v5e7r9t2y4a6b8c0d1",
            ];
            json!(dice.one(&texts))
        }
    }
}
