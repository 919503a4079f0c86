//! Webhook endpoints with wrong values; where they may not lead stands in `webhooks/destinations.rs`.

use reqwest::Method;
use serde_json::json;

use super::{Row, at, cases, refused};
use crate::harness::{TestTenant, block_on};

const ENDPOINT: &[Row] = &[
    at("/url", "5", "invalid_type"),
    at("/url", "null", "invalid_type"),
    at("/url", "[]", "invalid_type"),
    at("/events", "\"all\"", "invalid_type"),
    at("/events/0", "\"member.sold\"", "invalid_value"),
    at("/events/0", "5", "invalid_value"),
    at(
        "/events",
        "[\"rank.changed\",\"rank.changed\"]",
        "duplicate",
    ),
    at("/description", "\"\"", "empty"),
    at("/description", "\"a\\u0000b\"", "control_character"),
    at("/description", "{}", "invalid_type"),
    at("/secret", "\"whsec_mine\"", "unknown_field"),
    at("/is_enabled", "false", "unknown_field"),
];

const ROTATION: &[Row] = &[
    at("/grace_seconds", "-1", "out_of_range"),
    at("/grace_seconds", "604801", "out_of_range"),
    at("/grace_seconds", "1.5", "invalid_type"),
    at("/grace_seconds", "\"1\"", "invalid_type"),
    at("/secret", "\"whsec_mine\"", "unknown_field"),
];

#[test]
fn webhooks() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let path = "/v1/webhook-endpoints";
        let good =
            json!({"url": "https://example.com/", "events": ["rank.changed"], "description": "d"});
        refused(&tenant, cases(&Method::POST, path, &good, ENDPOINT)).await;
        let made = tenant.api.post(path, &good).await.expect(201).text("/id");
        let rotate = format!("{path}/{made}/rotate-secret");
        let grace = json!({"grace_seconds": 1});
        refused(&tenant, cases(&Method::POST, &rotate, &grace, ROTATION)).await;
        let longest = json!({"url": "https://example.com/", "description": "d".repeat(200)});
        tenant.api.post(path, &longest).await.expect(201);
        let longer = json!({"url": "https://example.com/", "description": "d".repeat(201)});
        let answer = tenant.api.post(path, &longer).await.expect(422);
        assert_eq!(
            answer.faults(),
            [("/description".to_owned(), "too_long".to_owned())]
        );
        for query in ["status=lost", "limit=201", "colour=1"] {
            let deliveries = format!("{path}/{made}/deliveries?{query}");
            tenant.api.get(&deliveries).await.expect(400);
        }
    });
}
