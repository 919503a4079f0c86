//! What callers will send by mistake or on purpose: each is refused with its status and code, in the shape of a
//! problem, without a trace in the ledger and without a server error.

mod configuration;
mod corrections;
mod credentials;
mod ladders;
mod limits;
mod money;
mod operations;
mod patches;
mod sockets;
mod text;
mod transport;
mod webhooks;

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use crate::harness::{Answer, TestTenant, node, sql};

/// One refused request.
pub(crate) struct Case {
    /// What is wrong, for the one who reads a failure.
    pub(crate) name: String,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) body: Vec<u8>,
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    /// Pointer and code of a fault among `errors`; an empty code: none is demanded.
    pub(crate) fault: (&'static str, &'static str),
}

/// Sends every case, and reports every wrong answer at once.
pub(crate) async fn refused(tenant: &TestTenant, cases: Vec<Case>) {
    let owner = node().cluster.owner().await;
    let before = sql::digest(&owner, tenant.number).await;
    let mut wrong = Vec::new();
    for (index, case) in cases.into_iter().enumerate() {
        let request = tenant.api.request(case.method.clone(), &case.path);
        let request = request
            .header(CONTENT_TYPE, "application/json")
            .header("Idempotency-Key", format!("bad-{index}"))
            .header(
                "If-Match",
                tenant.api.get("/v1/program/draft").await.header("etag"),
            )
            .body(case.body);
        let answer = tenant.api.send(request).await;
        let mut reasons = shape(&answer);
        if (answer.status, answer.code()) != (case.status, case.code) {
            reasons.push(format!("expected {} {}", case.status, case.code));
        }
        let (pointer, code) = case.fault;
        let fault = (pointer.to_owned(), code.to_owned());
        if !code.is_empty() && !answer.faults().contains(&fault) {
            reasons.push(format!("expected {code} at `{pointer}`"));
        }
        if !reasons.is_empty() {
            wrong.push(format!(
                "{}: {}\n    {answer}",
                case.name,
                reasons.join(", ")
            ));
        }
    }
    if sql::digest(&owner, tenant.number).await != before {
        wrong.push("a refused request left a trace".to_owned());
    }
    assert!(
        wrong.is_empty(),
        "{} wrong answers:\n  {}",
        wrong.len(),
        wrong.join("\n  ")
    );
}

/// What is missing for a problem in the documented shape.
pub(crate) fn shape(answer: &Answer) -> Vec<String> {
    let mut reasons = Vec::new();
    if answer.header("content-type") != "application/problem+json" {
        reasons.push(format!("content type {}", answer.header("content-type")));
    }
    for name in ["type", "title", "code", "detail", "request_id"] {
        if answer.json[name].as_str().is_none_or(str::is_empty) {
            reasons.push(format!("no `{name}`"));
        }
    }
    if answer.json["status"] != json!(answer.status) || !answer.json["errors"].is_array() {
        reasons.push("`status` or `errors`".to_owned());
    }
    if answer.json["request_id"].as_str() != Some(answer.header("x-request-id")) {
        reasons.push("another request id in the header".to_owned());
    }
    let detail = answer.json["detail"].as_str().unwrap_or_default();
    if ["select ", "insert ", "postgres", "panicked", "SQLSTATE"]
        .iter()
        .any(|word| detail.contains(word))
    {
        reasons.push("the detail tells of the inside".to_owned());
    }
    reasons
}

/// A document in which the value at `pointer` is the text `raw`, which need not be a JSON value at all.
pub(crate) fn with_raw(document: &Value, pointer: &str, raw: &str) -> Vec<u8> {
    const MARK: &str = "@here@";
    let mut document = document.clone();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = document.pointer_mut(parent).unwrap();
    match parent {
        Value::Array(items) => items[name.parse::<usize>().unwrap()] = json!(MARK),
        other => other[name] = json!(MARK),
    }
    let text = document.to_string();
    text.replace(&format!("\"{MARK}\""), raw).into_bytes()
}

/// A table of wrong values in one document: pointer, raw value, status, code, fault.
pub(crate) type Row = (
    &'static str,
    &'static str,
    u16,
    &'static str,
    (&'static str, &'static str),
);

/// A wrong value of a field whose fault stands at the field itself.
pub(crate) const fn at(pointer: &'static str, raw: &'static str, code: &'static str) -> Row {
    (pointer, raw, 422, "validation_failed", (pointer, code))
}

/// The cases of a table.
pub(crate) fn cases(method: &Method, path: &str, document: &Value, rows: &[Row]) -> Vec<Case> {
    let case = |row: &Row| {
        let (pointer, raw, status, code, fault) = *row;
        let shown: String = raw.chars().take(80).collect();
        Case {
            name: format!("{method} {path} {pointer} = {shown}"),
            method: method.clone(),
            path: path.to_owned(),
            body: with_raw(document, pointer, raw),
            status,
            code,
            fault,
        }
    };
    rows.iter().map(case).collect()
}
