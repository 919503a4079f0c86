//! What holds for every operation of the document, so that a new one is covered without a word here.

use reqwest::{Method, RequestBuilder};
use serde_json::json;

use crate::harness::call::Api;
use crate::harness::{Answer, TestTenant, block_on, node};
use crate::isolation::contract::{Operation, Place, operations};

/// Ids in the right form that belong to nothing.
fn path_of(operation: &Operation) -> String {
    let mut path = operation.path.clone();
    for position in &operation.positions {
        if let Place::Path(name) = &position.place {
            let id = format!("{}{}", position.prefix, "0".repeat(26));
            path = path.replace(&format!("{{{name}}}"), &id);
        }
    }
    for number in &operation.numbers {
        path = path.replace(&format!("{{{number}}}"), "1");
    }
    path
}

fn caller(tenant: &TestTenant, operation: &Operation) -> Api {
    match operation.is_operators() {
        true => node().operator(),
        false => tenant.api.clone(),
    }
}

fn request(api: &Api, operation: &Operation, query: &str) -> RequestBuilder {
    let path = format!("{}{query}", path_of(operation));
    let request = api.request(operation.method.clone(), &path);
    request.header("Idempotency-Key", format!("every-{}", operation.id))
}

/// What is wrong with an answer that should have been this refusal.
fn unless_refused(
    answer: &Answer,
    operation: &Operation,
    (status, code): (u16, &str),
    fault: Option<(&str, &str)>,
) -> Option<String> {
    let is_named = fault.is_none_or(|(pointer, code)| {
        let fault = (pointer.to_owned(), code.to_owned());
        answer.faults().contains(&fault)
    });
    let is_refused = (answer.status, answer.code()) == (status, code) && is_named;
    (!is_refused).then(|| format!("{}: {answer}", operation.id))
}

const UNKNOWN: Option<(&str, &str)> = Some(("/zzz", "unknown_field"));

#[test]
fn a_query_parameter_that_an_operation_does_not_have_is_refused() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let mut wrong = Vec::new();
        for operation in operations(node()).await {
            let api = caller(&tenant, &operation);
            for query in ["?zzz=1", "?zzz", "?%7azz=%00"] {
                let request = request(&api, &operation, query).json(&json!({}));
                let answer = api.send(request).await;
                let refusal = (400, "invalid_parameter");
                wrong.extend(unless_refused(&answer, &operation, refusal, UNKNOWN));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    });
}

#[test]
fn who_may_not_call_is_not_told_which_parameters_there_are() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let key = tenant.key(&["members:read"]).await;
        let answer = key.get("/v1/purchases?zzz=1").await;
        assert_eq!((answer.status, answer.code()), (403, "insufficient_scope"));
    });
}

/// What is wrong with the answers to bodies of an operation that takes none.
async fn bodies_of(tenant: &TestTenant, operation: &Operation) -> Vec<String> {
    let api = caller(tenant, operation);
    let send = async |body: &'static str| {
        let request = request(&api, operation, "").body(body);
        let request = request.header("Content-Type", "application/json");
        api.send(request).await
    };
    let mut wrong = Vec::new();
    let known = send("{\"zzz\": 1}").await;
    let refusal = (422, "validation_failed");
    wrong.extend(unless_refused(&known, operation, refusal, UNKNOWN));
    let garbage = send("{garbage").await;
    let refusal = (400, "malformed_json");
    wrong.extend(unless_refused(&garbage, operation, refusal, None));
    for nothing in [send("").await, send("{}").await] {
        let is_refused = [400, 415, 422].contains(&nothing.status);
        wrong.extend(is_refused.then(|| format!("{}: {nothing}", operation.id)));
    }
    wrong
}

#[test]
fn an_operation_that_takes_no_body_takes_nothing_but_an_empty_one() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let mut wrong = Vec::new();
        for operation in operations(node()).await {
            if operation.method != Method::GET && !operation.has_body {
                wrong.extend(bodies_of(&tenant, &operation).await);
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    });
}

/// Other ways to write `/v1/stores`, and whether the router reads them as that.
const SPELLINGS: [(&str, bool); 9] = [
    ("/v1/stores", true),
    ("/%76%31/stores", true),
    ("/%761/stores", true),
    ("/v1/%73tores", true),
    ("/%76%31/%73%74%6f%72%65%73", true),
    ("/v1%2fstores", false),
    ("/v1%2Fstores", false),
    ("/%2576%2531/stores", false),
    ("//v1/stores", false),
];

#[test]
fn a_path_that_is_written_another_way_asks_who_calls_all_the_same() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let nobody = node().nobody();
        for (path, is_the_same) in SPELLINGS {
            let (unknown, known) = match is_the_same {
                true => ((401, "invalid_credentials"), 200),
                false => ((404, "not_found"), 404),
            };
            let answer = nobody.get(path).await;
            assert_eq!((answer.status, answer.code()), unknown, "{path}: {answer}");
            let answer = nobody.with_key("tmr_live_x").get(path).await;
            assert_eq!((answer.status, answer.code()), unknown, "{path}: {answer}");
            let answer = tenant.api.get(path).await;
            assert_eq!(answer.status, known, "{path}: {answer}");
            let answer = tenant.api.get(&format!("{path}?zzz=1")).await;
            let refused = if is_the_same { 400 } else { 404 };
            assert_eq!(answer.status, refused, "{path}: {answer}");
        }
    });
}
