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
fn scopes_are_named_as_they_are_sent() {
    let document = document().expect("serialisable");
    let scopes = &document["components"]["schemas"]["Scope"]["enum"];
    assert_eq!(scopes[0], "purchases:write");
    assert_eq!(scopes.as_array().map(Vec::len), Some(12));
}

#[test]
fn nothing_is_added_to_what_allows_no_further_fields() {
    let document = document().expect("serialisable");
    let schemas = &document["components"]["schemas"];
    for (name, schema) in schemas.as_object().expect("schemas") {
        for part in schema["allOf"].as_array().into_iter().flatten() {
            let reference = part["$ref"].as_str().unwrap_or_default();
            let pointer = reference.trim_start_matches('#');
            let part = document.pointer(pointer).unwrap_or(part);
            assert!(
                part["additionalProperties"].is_null(),
                "{name}: {reference}"
            );
        }
    }
    for (name, closed) in [
        ("Tenant", false),
        ("CreatedTenant", false),
        ("NewTenant", true),
        ("ReturnOf", true),
    ] {
        let schema = &schemas[name];
        assert_eq!(schema["additionalProperties"] == false, closed, "{name}");
        assert!(schema["properties"].is_object(), "{name}");
    }
    assert!(
        schemas["NewTenant"]["required"]
            .as_array()
            .is_some_and(|all| !all.is_empty())
    );
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
