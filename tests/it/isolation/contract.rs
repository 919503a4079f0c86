//! Operations and the places of ids in them, from the OpenAPI document: a new operation is covered without a word here.

use serde_json::Value;

use crate::harness::Node;

/// Where an id of another tenant could be put.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    Path(String),
    Query(String),
    /// A JSON pointer into the body.
    Body(String),
}

/// One id position.
#[derive(Debug, Clone)]
pub(crate) struct IdPosition {
    pub(crate) place: Place,
    /// What ids here begin with.
    pub(crate) prefix: String,
}

/// One method of one path.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) method: reqwest::Method,
    pub(crate) path: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) positions: Vec<IdPosition>,
    /// Parameters of the path that are no ids.
    pub(crate) numbers: Vec<String>,
    pub(crate) has_body: bool,
    pub(crate) has_cursor: bool,
    pub(crate) is_public: bool,
}

impl Operation {
    /// Whether only the operator may.
    pub(crate) fn is_operators(&self) -> bool {
        self.scopes == ["operator"]
    }

    /// The path with `text` in place of every parameter.
    pub(crate) fn path_with(&self, text: &str) -> String {
        let segments = self.path.split('/').map(|segment| {
            let is_parameter = segment.starts_with('{');
            if is_parameter { text } else { segment }
        });
        segments.collect::<Vec<_>>().join("/")
    }
}

/// Every operation of the document that a node serves.
pub(crate) async fn operations(node: &Node) -> Vec<Operation> {
    let document = node.nobody().get("/v1/openapi.json").await.expect(200).json;
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            operations.push(read(&document, path, method, operation));
        }
    }
    assert!(operations.len() > 30, "the document was not understood");
    operations
}

fn read(document: &Value, path: &str, method: &str, operation: &Value) -> Operation {
    let texts = |value: &Value| -> Vec<String> {
        let list = value.as_array().cloned().unwrap_or_default();
        list.iter()
            .filter_map(|text| text.as_str().map(str::to_owned))
            .collect()
    };
    let (mut positions, mut numbers, mut has_cursor) = (Vec::new(), Vec::new(), false);
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let name = parameter["name"].as_str().unwrap().to_owned();
        has_cursor |= name == "cursor";
        let prefix = prefixes(document, &parameter["schema"], "")
            .pop()
            .map(|(_, prefix)| prefix);
        let place = match parameter["in"].as_str() {
            Some("path") => Place::Path(name.clone()),
            Some("query") => Place::Query(name.clone()),
            _ => continue,
        };
        match prefix {
            Some(prefix) => positions.push(IdPosition { place, prefix }),
            None if parameter["in"] == "path" => numbers.push(name),
            None => {}
        }
    }
    for media in operation["requestBody"]["content"]
        .as_object()
        .into_iter()
        .flatten()
    {
        for (pointer, prefix) in prefixes(document, &media.1["schema"], "") {
            let place = Place::Body(pointer);
            positions.push(IdPosition { place, prefix });
        }
    }
    Operation {
        id: operation["operationId"].as_str().unwrap().to_owned(),
        method: method.to_uppercase().parse().unwrap(),
        path: path.to_owned(),
        scopes: texts(&operation["x-scopes"]),
        positions,
        numbers,
        has_body: operation["requestBody"].is_object(),
        has_cursor,
        is_public: operation["security"].as_array().is_none_or(Vec::is_empty),
    }
}

/// Every place of a typed id in a schema: its pointer and what the id begins with.
fn prefixes(document: &Value, schema: &Value, pointer: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    if let Some(name) = schema["$ref"].as_str() {
        // No request refers to itself.
        let target = document.pointer(name.trim_start_matches('#')).unwrap();
        return prefixes(document, target, pointer);
    }
    if let Some((prefix, _)) = schema["pattern"]
        .as_str()
        .and_then(|text| text.split_once('['))
        && prefix.ends_with('_')
    {
        found.push((
            pointer.to_owned(),
            prefix.trim_start_matches('^').to_owned(),
        ));
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        found.extend(prefixes(document, property, &format!("{pointer}/{name}")));
    }
    if schema["items"].is_object() {
        found.extend(prefixes(
            document,
            &schema["items"],
            &format!("{pointer}/0"),
        ));
    }
    for choice in ["oneOf", "anyOf", "allOf"] {
        for schema in schema[choice].as_array().into_iter().flatten() {
            found.extend(prefixes(document, schema, pointer));
        }
    }
    found.sort();
    found.dedup();
    found
}
