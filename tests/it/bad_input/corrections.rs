//! Adjustments, transfers and steps of reservations with wrong values.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Row, at, cases, refused};
use crate::harness::tenant::unique;
use crate::harness::{TestTenant, block_on};

const ADJUSTMENT: &[Row] = &[
    at("/points", "0", "out_of_range"),
    at("/points", "-0", "invalid_type"),
    at("/points", "-9223372036854775808", "out_of_range"),
    at("/points", "9223372036854775807", "out_of_range"),
    at("/points", "9223372036854775808", "out_of_range"),
    at("/points", "9007199254740992", "out_of_range"),
    at("/points", "1.5", "invalid_type"),
    at("/points", "\"5\"", "invalid_type"),
    at("/points", "null", "invalid_type"),
    at("/reason", "\"\"", "empty"),
    at("/reason", "\" \"", "empty"),
    at("/reason", "null", "invalid_type"),
    at("/reason", "\"a\\u0000b\"", "control_character"),
    at("/wallet", "\"stars\"", "unknown_reference"),
    at("/wallet", "\"\"", "empty"),
    at("/expires_at", "\"2020-01-01T00:00:00Z\"", "out_of_range"),
    at("/expires_at", "\"tomorrow\"", "invalid_value"),
    at("/activates_at", "5", "invalid_type"),
    at("/occurred_at", "\"2026-11-21\"", "invalid_value"),
    at("/state", "\"applied\"", "unknown_field"),
    at("/member", "{\"card\": \"nobodys\"}", "unknown_reference"),
];

const TRANSFER: &[Row] = &[
    at("/points", "0", "out_of_range"),
    at("/points", "-5", "out_of_range"),
    at("/points", "-9223372036854775808", "out_of_range"),
    at("/points", "1e3", "invalid_type"),
    at("/reason", "\"\"", "empty"),
    at("/wallet", "\"stars\"", "unknown_reference"),
    at("/from", "\"mem_1\"", "invalid_type"),
    at("/member", "{}", "unknown_field"),
];

const CAPTURE: &[Row] = &[
    at("/points", "0", "out_of_range"),
    at("/points", "-1", "out_of_range"),
    at("/points", "6", "out_of_range"),
    at("/points", "9223372036854775807", "out_of_range"),
    at("/points", "\"5\"", "invalid_type"),
    at("/wallet", "\"points\"", "unknown_field"),
];

#[test]
fn corrections() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let (member, other) = (tenant.member().await, tenant.member().await);
        tenant.grant(&member, 100).await;
        let adjustment = json!({"member": {"id": member}, "wallet": "points", "points": 5, "reason": "goodwill"});
        let mut all = cases(&Method::POST, "/v1/adjustments", &adjustment, ADJUSTMENT);
        let transfer = json!({"from": {"member": {"id": member}}, "to": {"member": {"id": other}},
            "wallet": "points", "points": 5});
        all.extend(cases(&Method::POST, "/v1/transfers", &transfer, TRANSFER));
        let hold =
            json!({"member": {"id": member}, "wallet": "points", "points": 5, "mode": "reserve"});
        let held = tenant.api.keyed("/v1/redemptions", &unique(), &hold).await;
        let path = format!("/v1/redemptions/{}/capture", held.expect(201).text("/id"));
        all.extend(cases(&Method::POST, &path, &json!({}), CAPTURE));
        refused(&tenant, all).await;
        let reason = |body: &Value, length: usize| {
            let mut body = body.clone();
            body["reason"] = json!("x".repeat(length));
            body
        };
        let long = tenant
            .api
            .keyed("/v1/adjustments", "long", &reason(&adjustment, 201))
            .await;
        assert_eq!(long.expect(422).faults()[0].1, "too_long");
        let without = json!({"member": {"id": member}, "wallet": "points", "points": 5});
        let without = tenant
            .api
            .keyed("/v1/adjustments", "without", &without)
            .await;
        assert_eq!(without.expect(422).faults()[0].1, "required");
        let longest = tenant
            .api
            .keyed("/v1/adjustments", "longest", &reason(&adjustment, 200))
            .await;
        longest.expect(201);
    });
}
