//! Schemas that are made of others. A part that allows no further fields can't be added to, so such a schema is
//! written out as a whole.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{SCHEMAS, operations, schemas};

/// Write out every schema that has a closed part; it is closed itself where requests are made of it.
pub(super) fn write_out(document: &mut Value) {
    let asked = in_requests(document);
    let Some(all) = schemas(document) else { return };
    let parts = all.clone();
    for (name, schema) in all.iter_mut() {
        if schema.get("allOf").is_none() || !is_closed(&parts, schema) {
            continue;
        }
        let mut whole = Whole::default();
        whole.take(&parts, schema);
        let mut written = Map::new();
        let mut write = |field: &str, value: Value| written.insert(field.to_owned(), value);
        write("type", json!("object"));
        write("properties", Value::Object(whole.properties));
        for field in ["description", "title"] {
            schema.get(field).map(|text| write(field, text.clone()));
        }
        if !whole.required.is_empty() {
            write("required", json!(whole.required));
        }
        if asked.contains(name) {
            write("additionalProperties", json!(false));
        }
        *schema = Value::Object(written);
    }
}

/// The schema that this refers to, if it does.
fn referred<'a>(all: &'a Map<String, Value>, schema: &Value) -> Option<&'a Value> {
    let reference = schema.get("$ref").and_then(Value::as_str)?;
    all.get(reference.strip_prefix(SCHEMAS)?)
}

fn parts(schema: &Value) -> impl Iterator<Item = &Value> {
    let parts = schema.get("allOf").and_then(Value::as_array);
    parts.into_iter().flatten()
}

/// Whether it, or something that it is made of, allows no further fields.
fn is_closed(all: &Map<String, Value>, schema: &Value) -> bool {
    schema.get("additionalProperties") == Some(&json!(false))
        || referred(all, schema).is_some_and(|schema| is_closed(all, schema))
        || parts(schema).any(|part| is_closed(all, part))
}

#[derive(Default)]
struct Whole {
    properties: Map<String, Value>,
    required: BTreeSet<String>,
}

impl Whole {
    fn take(&mut self, all: &Map<String, Value>, schema: &Value) {
        if let Some(schema) = referred(all, schema) {
            self.take(all, schema);
        }
        let own = schema.get("properties").and_then(Value::as_object);
        self.properties.extend(
            own.into_iter()
                .flatten()
                .map(|(name, field)| (name.clone(), field.clone())),
        );
        let required = schema.get("required").and_then(Value::as_array);
        let required = required.into_iter().flatten().filter_map(Value::as_str);
        self.required.extend(required.map(str::to_owned));
        for part in parts(schema) {
            self.take(all, part);
        }
    }
}

/// The names of all schemas of which bodies of requests are made.
fn in_requests(document: &mut Value) -> BTreeSet<String> {
    let mut waiting = Vec::new();
    for (_, operation) in operations(document) {
        if let Some(body) = operation.get("requestBody") {
            note_references(body, &mut waiting);
        }
    }
    let mut found = BTreeSet::new();
    while let Some(name) = waiting.pop() {
        let schema = document.pointer(&format!("/components/schemas/{name}"));
        if let (true, Some(schema)) = (found.insert(name.clone()), schema) {
            note_references(schema, &mut waiting);
        }
    }
    found
}

fn note_references(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| note_references(item, names)),
        Value::Object(members) => {
            let reference = members.get("$ref").and_then(Value::as_str);
            let name = reference.and_then(|to| to.strip_prefix(SCHEMAS));
            names.extend(name.map(str::to_owned));
            members
                .values()
                .for_each(|member| note_references(member, names));
        }
        _ => {}
    }
}
