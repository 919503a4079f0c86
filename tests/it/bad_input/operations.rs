//! Events of purchases, versions of programs and batches with wrong values.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Case, Row, at, cases, refused};
use crate::harness::tenant::plain_program;
use crate::harness::{TestTenant, block_on};

const EVENT: &[Row] = &[
    at("/event", "\"\"", "empty"),
    at("/event", "\" \"", "empty"),
    at("/event", "null", "invalid_type"),
    at("/event", "1", "invalid_type"),
    at("/event", "[\"delivered\"]", "invalid_type"),
    at("/event", "\"a\\u0000b\"", "control_character"),
    at("/event", "\"a\\u202eb\"", "control_character"),
    at("/occurred_at", "\"yesterday\"", "invalid_value"),
    at("/occurred_at", "\"2026-11-21 12:00:00\"", "invalid_value"),
    at("/occurred_at", "\"2026-11-21T12:00:00\"", "invalid_value"),
    at("/occurred_at", "\"2026-02-30T12:00:00Z\"", "invalid_value"),
    at("/occurred_at", "5", "invalid_type"),
    at("/points", "5", "unknown_field"),
];

const ROLLBACK: &[Row] = &[
    at("/version", "\"1\"", "invalid_type"),
    at("/version", "1.0", "invalid_type"),
    at("/version", "null", "invalid_type"),
    at("/version", "0", "unknown_reference"),
    at("/version", "-1", "unknown_reference"),
    at("/version", "999", "unknown_reference"),
    at("/version", "2147483648", "out_of_range"),
    at("/effective_from", "\"now\"", "invalid_value"),
    at("/effective_from", "\"2026-11-21\"", "invalid_value"),
    at("/document", "{}", "unknown_field"),
];

const PUBLISH: &[Row] = &[
    at("/effective_from", "\"now\"", "invalid_value"),
    at("/effective_from", "5", "invalid_type"),
    at("/version", "1", "unknown_field"),
];

const BATCH: &[Row] = &[
    at("/purchases", "{}", "invalid_type"),
    at("/purchases", "null", "invalid_type"),
    at("/purchases", "\"all\"", "invalid_type"),
    at("/receipts", "[]", "unknown_field"),
];

fn absent(method: Method, path: &str, body: &Value) -> Case {
    Case {
        name: format!("{method} {path}"),
        method,
        path: path.to_owned(),
        body: body.to_string().into_bytes(),
        status: 404,
        code: "not_found",
        fault: ("", ""),
    }
}

#[test]
fn operations() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        let bought = tenant.buy(&tenant.receipt(&member, "1", 100)).await;
        let bought = bought.expect(201).text("/id");
        let events = format!("/v1/purchases/{bought}/events");
        let event = json!({"event": "delivered"});
        let mut all = cases(&Method::POST, &events, &event, EVENT);
        let long = json!({"event": "x".repeat(201)});
        all.push(Case {
            body: long.to_string().into_bytes(),
            status: 422,
            code: "validation_failed",
            fault: ("/event", "too_long"),
            ..absent(Method::POST, &events, &long)
        });
        let rollback = json!({"version": 1});
        all.extend(cases(
            &Method::POST,
            "/v1/program/rollback",
            &rollback,
            ROLLBACK,
        ));
        all.extend(cases(
            &Method::POST,
            "/v1/program/publish",
            &json!({}),
            PUBLISH,
        ));
        let batch = json!({"purchases": []});
        all.extend(cases(&Method::POST, "/v1/purchases/batch", &batch, BATCH));
        for id in ["pur_00000000000000000000000000", "mem_1", "x", "%00"] {
            let path = format!("/v1/purchases/{id}/events");
            all.push(absent(Method::POST, &path, &event));
        }
        for path in [
            "0/diff/1",
            "1/diff/2",
            "1/diff/x",
            "1/diff/-1",
            "1/diff/99999999999",
        ] {
            let path = format!("/v1/program/versions/{path}");
            all.push(absent(Method::GET, &path, &json!(null)));
        }
        refused(&tenant, all).await;
        tenant.publish(&plain_program(), None).await.expect(201);
    });
}
