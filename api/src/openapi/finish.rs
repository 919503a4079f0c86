//! What the derived document lacks.

mod patches;
mod shapes;
mod whole;

use serde_json::{Map, Value, json};

const PROBLEM: &str = "#/components/responses/Problem";
const SCHEMAS: &str = "#/components/schemas/";

/// The program's parts, which no struct describes since the domain reads them field by field.
const PROGRAM: &str = include_str!("program.json");

/// Schemas of ids, and what they are ids of.
const IDS: &[(&str, &str)] = &[
    ("TenantId", "tenant"),
    ("MemberId", "member"),
    ("PurchaseId", "purchase"),
    ("TransactionId", "transaction"),
    ("LotId", "lot"),
    ("StoreId", "store"),
    ("ApiKeyId", "api_key"),
    ("PartnerId", "partner"),
    ("PartnerGrantId", "partner_grant"),
    ("RedemptionId", "redemption"),
];

/// Finish the derived document.
pub(super) fn finish(document: &mut Value) -> Result<(), serde_json::Error> {
    let program: Map<String, Value> = serde_json::from_str(PROGRAM)?;
    for (name, schema) in program {
        set(document, "schemas", &name, schema);
    }
    share_problems(document);
    name_credentials(document);
    shapes::name_pages(document);
    shapes::name_variants(document);
    shapes::lift_descriptions(document);
    shapes::loosen_requests(document);
    patches::add(document);
    patches::complete_batch_receipts(document);
    whole::write_out(document);
    mark_ids(document);
    Ok(())
}

fn operations(document: &mut Value) -> impl Iterator<Item = (&str, &mut Map<String, Value>)> {
    document
        .pointer_mut("/paths")
        .and_then(Value::as_object_mut)
        .into_iter()
        .flat_map(|paths| paths.values_mut())
        .filter_map(Value::as_object_mut)
        .flatten()
        .filter_map(|(method, operation)| Some((method.as_str(), operation.as_object_mut()?)))
}

fn schemas(document: &mut Value) -> Option<&mut Map<String, Value>> {
    document
        .pointer_mut("/components/schemas")
        .and_then(Value::as_object_mut)
}

/// One response for everything that goes wrong, since every error has the same shape.
fn share_problems(document: &mut Value) {
    for (_, operation) in operations(document) {
        let responses = operation
            .get_mut("responses")
            .and_then(Value::as_object_mut);
        for (status, response) in responses.into_iter().flatten() {
            if status.starts_with('4') || status.starts_with('5') {
                *response = json!({"$ref": PROBLEM});
            }
        }
    }
    let problem = json!({
        "description": "What went wrong, by RFC 9457. Programs decide by `code`; `/docs/problems` lists every one.",
        "headers": {
            "X-Request-Id": {
                "description": "The id under which the service logged the request.",
                "schema": {"type": "string"}
            },
            "Retry-After": {
                "description": "With 429, 503 and 504: seconds after which a repeat makes sense.",
                "schema": {"type": "integer"}
            }
        },
        "content": {
            "application/problem+json": {"schema": {"$ref": format!("{SCHEMAS}Problem")}}
        }
    });
    set(document, "responses", "Problem", problem);
}

/// Bearer keys, and which of the two each operation takes.
fn name_credentials(document: &mut Value) {
    let bearer = |text: &str| json!({"type": "http", "scheme": "bearer", "description": text});
    set(
        document,
        "securitySchemes",
        "api_key",
        bearer(
            "A key of a tenant, `tmr_live_…` or `tmr_test_…`, or an access token. `x-scopes` names the scopes of which one is needed; \
             none means that any valid key will do.",
        ),
    );
    set(
        document,
        "securitySchemes",
        "operator_key",
        bearer("The key of the operator of the service."),
    );
    for (_, operation) in operations(document) {
        let is_operators = operation.get("x-scopes") == Some(&json!(["operator"]));
        if operation.remove("x-public").is_some() {
            operation.insert("security".to_owned(), json!([]));
            continue;
        }
        let scheme = if is_operators {
            "operator_key"
        } else {
            "api_key"
        };
        operation.insert("security".to_owned(), json!([{scheme: []}]));
    }
}

fn set(document: &mut Value, kind: &str, name: &str, value: Value) {
    let Some(components) = document
        .pointer_mut("/components")
        .and_then(Value::as_object_mut)
    else {
        return;
    };
    let of_kind = components.entry(kind).or_insert_with(|| json!({}));
    if let Some(of_kind) = of_kind.as_object_mut() {
        of_kind.insert(name.to_owned(), value);
    }
}

/// Put `x-tenant-ref` wherever a caller can name a thing of its tenant, so that a test can try
/// another tenant's there.
fn mark_ids(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(mark_ids),
        Value::Object(members) => {
            let reference = members.get("$ref").and_then(Value::as_str);
            let name = reference.and_then(|to| to.strip_prefix(SCHEMAS));
            let what = name.and_then(|name| IDS.iter().find(|(id, _)| *id == name));
            if let Some((_, what)) = what {
                members.insert("x-tenant-ref".to_owned(), json!(what));
            }
            members.values_mut().for_each(mark_ids);
        }
        _ => {}
    }
}
