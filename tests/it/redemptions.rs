//! Points taken outside a receipt.

mod excluded;
mod holds;
mod worth;

use serde_json::{Value, json};

use crate::harness::tenant::unique;
use crate::harness::{Answer, TestTenant, block_on};

fn capture(member: &str, points: i64) -> Value {
    json!({"member": {"id": member}, "wallet": "points", "points": points, "mode": "capture"})
}

async fn redeem(tenant: &TestTenant, body: &Value) -> Answer {
    tenant.api.keyed("/v1/redemptions", &unique(), body).await
}

#[test]
fn points_are_taken_and_shown() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        tenant.grant(&member, 100).await;
        let taken = redeem(&tenant, &capture(&member, 30)).await.expect(201);
        assert_eq!(taken.json["points"], 30);
        assert_eq!(taken.json["value"], 30);
        assert_eq!(taken.json["balances"][0]["available"], 70);
        assert_eq!(taken.json["version"], 2);
        let read = tenant
            .api
            .get(&format!("/v1/redemptions/{}", taken.text("/id")))
            .await
            .expect(200);
        assert_eq!(read.json["points"], 30);
        assert_eq!(read.json["id"], taken.json["id"]);
        assert_eq!(tenant.available(&member).await, 70);
    });
}

#[test]
fn a_repeat_takes_nothing() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        tenant.grant(&member, 100).await;
        let mut body = capture(&member, 30);
        body["reference"] = json!("order-1");
        let first = tenant
            .api
            .keyed("/v1/redemptions", "key", &body)
            .await
            .expect(201);
        let again = tenant
            .api
            .keyed("/v1/redemptions", "key", &body)
            .await
            .expect(201);
        assert_eq!(again.body, first.body);
        assert_eq!(again.header("idempotent-replayed"), "true");
        let by_reference = redeem(&tenant, &body).await.expect(200);
        assert_eq!(by_reference.json, first.json);
        assert_eq!(by_reference.header("idempotent-replayed"), "true");
        body["points"] = json!(31);
        let reused = tenant.api.keyed("/v1/redemptions", "key", &body).await;
        assert_eq!(
            (reused.status, reused.code()),
            (422, "idempotency_key_reused"),
            "{reused}"
        );
        let used = redeem(&tenant, &body).await;
        assert_eq!(
            (used.status, used.code()),
            (409, "reference_used"),
            "{used}"
        );
        assert_eq!(tenant.available(&member).await, 70);
    });
}

/// Points asked for, and the answer, of a member with 100 under a minimum of 20 and a step of 10.
const TERMS: [(i64, u16, &str); 6] = [
    (10, 422, "below_minimum"),
    (19, 422, "below_minimum"),
    (25, 422, "not_a_step"),
    (110, 409, "insufficient_points"),
    (100, 201, ""),
    (20, 409, "insufficient_points"),
];

#[test]
fn minimum_and_step_hold() {
    block_on(async {
        let mut program = crate::harness::tenant::plain_program();
        program["wallets"][0]["redemption"] = json!({"minimum": 20, "step": 10});
        let tenant = TestTenant::with_program(program).await;
        let member = tenant.member().await;
        tenant.grant(&member, 100).await;
        for (points, status, code) in TERMS {
            let answer = redeem(&tenant, &capture(&member, points)).await;
            assert_eq!(
                (answer.status, answer.code()),
                (status, code),
                "{points}: {answer}"
            );
        }
        assert_eq!(tenant.available(&member).await, 0);
    });
}

#[test]
fn lots_are_spent_in_order_of_expiry() {
    block_on(async {
        let mut program = crate::harness::tenant::plain_program();
        program["wallets"][0]["expiry"] = json!({"type": "after", "years": 1});
        let tenant = TestTenant::with_program(program).await;
        let member = tenant.member().await;
        // The later day is recorded first and spent last.
        for (number, at) in [
            ("1", "2026-11-20T12:00:00+09:00"),
            ("2", "2026-11-10T12:00:00+09:00"),
        ] {
            let mut receipt = tenant.receipt(&member, number, 1_000);
            receipt["occurred_at"] = json!(at);
            tenant.buy(&receipt).await.expect(201);
        }
        redeem(&tenant, &capture(&member, 13)).await.expect(201);
        let path = format!("/v1/members/{member}/expirations");
        let left = tenant.api.get(&path).await.expect(200);
        let lots = left.json["data"].as_array().unwrap();
        assert_eq!(lots.len(), 1, "{left}");
        assert_eq!(lots[0]["points"], 7);
        // The last usable business day ends at the cut-over, 05:00 in Tokyo.
        assert_eq!(lots[0]["expires_at"], "2027-11-20T20:00:00Z", "{left}");
    });
}
