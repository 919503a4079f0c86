//! The committed document is the one that the handlers make, and says enough everywhere.

use serde_json::Value;

use super::{document, text};

#[test]
fn the_committed_document_is_current() {
    let committed = include_str!("../../../openapi/openapi.json");
    let current = text().expect("serialisable");
    assert!(
        committed == current,
        "openapi/openapi.json is old; run `cargo run -p api -- openapi > openapi/openapi.json`"
    );
}

#[test]
fn every_operation_names_itself_its_scopes_and_its_problems() {
    let document = document().expect("serialisable");
    let paths = document["paths"].as_object().expect("paths");
    for (path, operations) in paths {
        for (method, operation) in operations.as_object().expect("operations") {
            let place = format!("{method} {path}");
            for field in [
                "operationId",
                "summary",
                "description",
                "tags",
                "x-scopes",
                "security",
            ] {
                assert!(!operation[field].is_null(), "{place} lacks {field}");
            }
            assert_eq!(
                operation["responses"]["4XX"]["$ref"], "#/components/responses/Problem",
                "{place}"
            );
        }
    }
}

#[test]
fn every_schema_and_property_is_described() {
    let document = document().expect("serialisable");
    let schemas = document["components"]["schemas"]
        .as_object()
        .expect("schemas");
    let mut bare = Vec::new();
    for (name, schema) in schemas {
        if schema["description"].is_null() {
            bare.push(name.clone());
        }
        note_bare_properties(name, schema, &mut bare);
    }
    assert!(bare.is_empty(), "without a description: {bare:#?}");
}

fn note_bare_properties(place: &str, schema: &Value, bare: &mut Vec<String>) {
    for part in schema["allOf"].as_array().into_iter().flatten() {
        note_bare_properties(place, part, bare);
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        if property["description"].is_null() && property["$ref"].is_null() {
            bare.push(format!("{place}.{name}"));
        }
    }
}
