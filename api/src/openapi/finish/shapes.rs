//! Shapes that generators turn into readable types.

use serde_json::{Map, Value, json};

use super::{SCHEMAS, operations, schemas};

const PAGE: &str = "Page_";

/// `Page_Store` with a copy of the store inside becomes `StorePage` that refers to it.
pub(super) fn name_pages(document: &mut Value) {
    let Some(all) = schemas(document) else { return };
    let names: Vec<String> = all
        .keys()
        .filter_map(|name| name.strip_prefix(PAGE).map(str::to_owned))
        .collect();
    for name in &names {
        let Some(mut page) = all.remove(&format!("{PAGE}{name}")) else {
            continue;
        };
        if let Some(items) = page.pointer_mut("/properties/data/items") {
            let entry = std::mem::replace(items, json!({"$ref": format!("{SCHEMAS}{name}")}));
            all.entry(name.clone()).or_insert(entry);
        }
        all.insert(format!("{name}Page"), page);
    }
    rename_pages(document);
}

fn rename_pages(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(rename_pages),
        Value::Object(members) => {
            let page = members
                .get("$ref")
                .and_then(Value::as_str)
                .and_then(|to| to.strip_prefix(SCHEMAS))
                .and_then(|name| name.strip_prefix(PAGE))
                .map(|name| json!(format!("{SCHEMAS}{name}Page")));
            if let Some(page) = page {
                members.insert("$ref".to_owned(), page);
            }
            members.values_mut().for_each(rename_pages);
        }
        _ => {}
    }
}

/// Objects inside a `oneOf` of a named schema get names of their own, by their only field.
pub(super) fn name_variants(document: &mut Value) {
    let Some(all) = schemas(document) else { return };
    let mut named = Map::new();
    for (name, schema) in all.iter_mut() {
        let variants = schema.get_mut("oneOf").and_then(Value::as_array_mut);
        for variant in variants.into_iter().flatten() {
            let Some(field) = only_field(variant) else {
                continue;
            };
            let variant_name = format!("{name}By{}", capitalised(&field));
            let body =
                std::mem::replace(variant, json!({"$ref": format!("{SCHEMAS}{variant_name}")}));
            named.insert(variant_name, body);
        }
    }
    all.append(&mut named);
}

fn only_field(variant: &Value) -> Option<String> {
    let fields = variant.get("properties")?.as_object()?;
    let mut names = fields.keys();
    let only = names.next()?;
    names.next().is_none().then(|| only.clone())
}

fn capitalised(name: &str) -> String {
    name.split('_')
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map_or_else(String::new, |first| {
                format!("{}{}", first.to_uppercase(), letters.as_str())
            })
        })
        .collect()
}

/// The description of `null or this` stands at the field, where readers and generators look.
pub(super) fn lift_descriptions(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(lift_descriptions),
        Value::Object(members) => {
            if let Some(text) = nullable_description(members) {
                members.entry("description").or_insert(text);
            }
            members.values_mut().for_each(lift_descriptions);
        }
        _ => {}
    }
}

fn nullable_description(members: &mut Map<String, Value>) -> Option<Value> {
    let choices = members.get_mut("oneOf")?.as_array_mut()?;
    let null = json!({"type": "null"});
    if choices.len() != 2 || !choices.contains(&null) {
        return None;
    }
    let described = choices.iter_mut().find(|choice| **choice != null)?;
    described.as_object_mut()?.remove("description")
}

/// What may be left out of a request is optional, not null: headers and whole bodies.
pub(super) fn loosen_requests(document: &mut Value) {
    for (_, operation) in operations(document) {
        let parameters = operation
            .get_mut("parameters")
            .and_then(Value::as_array_mut);
        for parameter in parameters.into_iter().flatten() {
            loosen_parameter(parameter);
        }
        if let Some(body) = operation.get_mut("requestBody") {
            loosen_body(body);
        }
    }
}

fn loosen_parameter(parameter: &mut Value) {
    let Some(kinds) = parameter.pointer("/schema/type").and_then(Value::as_array) else {
        return;
    };
    let null = json!("null");
    let kind = kinds.iter().find(|kind| **kind != null).cloned();
    let may_be_null = kinds.contains(&null);
    if let (true, Some(kind)) = (may_be_null, kind) {
        if let Some(schema) = parameter.pointer_mut("/schema/type") {
            *schema = kind;
        }
        if let Some(parameter) = parameter.as_object_mut() {
            parameter.insert("required".to_owned(), json!(false));
        }
    }
}

fn loosen_body(body: &mut Value) {
    let Some(schema) = body.pointer_mut("/content/application~1json/schema") else {
        return;
    };
    let some = schema
        .get("oneOf")
        .and_then(Value::as_array)
        .filter(|choices| choices.contains(&json!({"type": "null"})))
        .and_then(|choices| choices.iter().find(|choice| choice.get("$ref").is_some()))
        .cloned();
    let Some(some) = some else { return };
    *schema = some;
    if let Some(body) = body.as_object_mut() {
        body.insert("required".to_owned(), json!(false));
    }
}
