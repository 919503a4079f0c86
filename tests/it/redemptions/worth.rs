//! Redemptions where a point is worth less than a unit of money, and what time they are told to have.

use serde_json::{Value, json};

use super::{capture, redeem};
use crate::books;
use crate::harness::tenant::{plain_program, unique};
use crate::harness::{Answer, TestTenant, block_on, node};

/// A tenant whose points are worth a hundredth, and a member with 1,000.
async fn hundredths() -> (TestTenant, String) {
    let mut program = plain_program();
    program["wallets"][0]["redemption"] = json!({"value_per_point": "0.01"});
    let tenant = TestTenant::with_program(program).await;
    let member = tenant.member().await;
    tenant.grant(&member, 1_000).await;
    (tenant, member)
}

async fn step(tenant: &TestTenant, id: &str, step: &str, body: &Value) -> Answer {
    let path = format!("/v1/redemptions/{id}/{step}");
    tenant.api.keyed(&path, &unique(), body).await
}

#[test]
fn points_that_buy_nothing_stay_with_the_member() {
    block_on(async {
        let (tenant, member) = hundredths().await;
        let taken = redeem(&tenant, &capture(&member, 150)).await.expect(201);
        assert_eq!(
            (&taken.json["points"], &taken.json["value"]),
            (&json!(100), &json!(1))
        );
        let refused = redeem(&tenant, &capture(&member, 50)).await.expect(422);
        assert_eq!(refused.code(), "below_minimum");
        assert_eq!(tenant.available(&member).await, 900);

        let mut held = capture(&member, 350);
        held["mode"] = json!("reserve");
        let held = redeem(&tenant, &held).await.expect(201);
        assert_eq!(
            (&held.json["points"], &held.json["value"]),
            (&json!(350), &json!(3))
        );
        assert_eq!(tenant.available(&member).await, 550, "a hold is exact");
        let id = held.text("/id");
        let nothing = step(&tenant, &id, "capture", &json!({"points": 99})).await;
        assert_eq!(nothing.expect(422).code(), "below_minimum");
        let captured = step(&tenant, &id, "capture", &json!({"points": 250}))
            .await
            .expect(200);
        assert_eq!(
            (&captured.json["points"], &captured.json["value"]),
            (&json!(200), &json!(2))
        );
        assert_eq!(tenant.available(&member).await, 700);
        step(&tenant, &id, "reverse", &json!({})).await.expect(200);
        assert_eq!(tenant.available(&member).await, 900);
        books::hold(node().cluster, tenant.number).await;
    });
}

#[test]
fn what_is_done_to_a_redemption_has_its_time() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        tenant.grant(&member, 100).await;
        for (first, what) in [
            ("reserve", "capture"),
            ("reserve", "release"),
            ("capture", "reverse"),
        ] {
            let mut body = capture(&member, 10);
            body["mode"] = json!(first);
            body["occurred_at"] = json!("2026-11-22T12:00:00Z");
            let id = redeem(&tenant, &body).await.expect(201).text("/id");
            for (wrong, code) in [
                (
                    json!({"occurred_at": "2026-11-22T11:59:59Z"}),
                    "validation_failed",
                ),
                (
                    json!({"occurred_at": "2099-01-01T00:00:00Z"}),
                    "occurred_in_future",
                ),
                (json!({"occurred_on": "2026-11-22"}), "validation_failed"),
            ] {
                let refused = step(&tenant, &id, what, &wrong).await.expect(422);
                assert_eq!(refused.code(), code, "{what} {wrong}");
            }
            let path = format!("/v1/redemptions/{id}/{what}");
            let garbage = tenant.api.request(reqwest::Method::POST, &path);
            let garbage = garbage
                .header("Idempotency-Key", unique())
                .header("Content-Type", "application/json");
            tenant.api.send(garbage.body("{")).await.expect(400);
            let body = json!({"occurred_at": "2026-11-22T12:30:00Z"});
            let done = step(&tenant, &id, what, &body).await.expect(200);
            let transaction = format!("/v1/transactions/{}", done.text("/transaction_id"));
            let told = tenant.api.get(&transaction).await.expect(200);
            assert_eq!(told.json["occurred_at"], "2026-11-22T12:30:00Z", "{what}");
        }
    });
}

#[test]
fn no_body_is_a_body() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        tenant.grant(&member, 100).await;
        let mut body = capture(&member, 10);
        body["mode"] = json!("reserve");
        let id = redeem(&tenant, &body).await.expect(201).text("/id");
        let key = unique();
        let path = format!("/v1/redemptions/{id}/release");
        let bare = tenant.api.request(reqwest::Method::POST, &path);
        tenant
            .api
            .send(bare.header("Idempotency-Key", &key))
            .await
            .expect(200);
        let same = tenant.api.keyed(&path, &key, &json!({})).await.expect(200);
        assert_eq!(same.header("idempotent-replayed"), "true");
    });
}
