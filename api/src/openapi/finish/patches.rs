//! Bodies of `PATCH`: the same fields as the thing itself, each of which may be left out.

use serde_json::{Map, Value, json};

use super::{SCHEMAS, operations, schemas};

const BODY: &str = "/requestBody/content/application~1json/schema/$ref";

/// Give every `PATCH` a schema of its own in which nothing is required, under both names of its media type.
pub(super) fn add(document: &mut Value) {
    let mut wanted: Vec<String> = Vec::new();
    for (method, operation) in operations(document) {
        if method != "patch" {
            continue;
        }
        let mut whole = Value::Object(std::mem::take(operation));
        if let Some(Value::String(reference)) = whole.pointer_mut(BODY)
            && let Some(name) = reference.strip_prefix(SCHEMAS)
        {
            wanted.push(name.to_owned());
            *reference = format!("{SCHEMAS}{}", patch_name(name));
        }
        if let Some(content) = whole.pointer_mut("/requestBody/content")
            && let Some(content) = content.as_object_mut()
            && let Some(json) = content.get("application/json").cloned()
        {
            content.insert("application/merge-patch+json".to_owned(), json);
        }
        if let Value::Object(whole) = whole {
            *operation = whole;
        }
    }
    let Some(all) = schemas(document) else { return };
    for name in wanted {
        let mut properties = Map::new();
        collect(all, &name, &mut properties);
        let patch = json!({
            "type": "object",
            "description": "What to change, as a JSON merge patch: what is left out stays, null removes what may be absent.",
            "properties": properties,
        });
        all.insert(patch_name(&name), patch);
    }
}

fn patch_name(name: &str) -> String {
    let stem = name.strip_prefix("New").unwrap_or(name);
    let stem = stem.strip_suffix("Change").unwrap_or(stem);
    format!("{stem}Patch")
}

/// The fields of a schema and of those that it is made of.
fn collect(all: &Map<String, Value>, name: &str, properties: &mut Map<String, Value>) {
    let Some(schema) = all.get(name) else { return };
    collect_fields(all, schema, properties);
}

fn collect_fields(all: &Map<String, Value>, schema: &Value, properties: &mut Map<String, Value>) {
    let reference = schema.get("$ref").and_then(Value::as_str);
    if let Some(name) = reference.and_then(|to| to.strip_prefix(SCHEMAS)) {
        collect(all, name, properties);
    }
    let own = schema.get("properties").and_then(Value::as_object);
    for (field, property) in own.into_iter().flatten() {
        properties.insert(field.clone(), property.clone());
    }
    let parts = schema.get("allOf").and_then(Value::as_array);
    for part in parts.into_iter().flatten() {
        collect_fields(all, part, properties);
    }
}

/// A receipt of a batch has every field of a receipt beside its own; they are copied, since a schema
/// that allows no further fields can't be added to.
pub(super) fn complete_batch_receipts(document: &mut Value) {
    let Some(all) = schemas(document) else { return };
    let Some(receipt) = all.get("Receipt").cloned() else {
        return;
    };
    let Some(own) = all.get_mut("BatchReceipt").and_then(Value::as_object_mut) else {
        return;
    };
    for part in ["required", "additionalProperties"] {
        if let Some(value) = receipt.get(part) {
            own.insert(part.to_owned(), value.clone());
        }
    }
    let fields = receipt.get("properties").and_then(Value::as_object);
    let properties = own.get_mut("properties").and_then(Value::as_object_mut);
    if let (Some(fields), Some(properties)) = (fields, properties) {
        properties.extend(fields.clone());
    }
}
