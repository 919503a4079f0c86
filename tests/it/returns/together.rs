//! Returns that are decided in one batch and look at the same lot.

use serde_json::{Value, json};

use crate::books::{self, HeldUp};
use crate::harness::tenant::{number_of, unique};
use crate::harness::{TestTenant, block_on, node};
use crate::time::{buy, enrol, sandbox, set_clock};

/// So many members, because it is chance which receipt a lot is looked up for.
const MEMBERS: usize = 8;

/// A receipt that points paid, half of which came back.
async fn paid_and_half_back(tenant: &TestTenant, member: &str, points: i64) -> Value {
    let number = unique();
    let receipt = json!({
        "store": "shibuya", "receipt_number": number, "occurred_at": "2027-01-10T03:00:00Z",
        "member": {"id": member}, "lines": [{"amount": points, "quantity": 2}],
        "redeem": [{"wallet": "points", "points": points}]
    });
    let bought = tenant.api.keyed("/v1/purchases", &number, &receipt).await;
    let bought = bought.expect(201).json;
    let path = format!("/v1/purchases/{}/returns", bought["id"].as_str().unwrap());
    let body = json!({"lines": [{"line": 0, "quantity": 1}]});
    let back = tenant.api.keyed(&path, &unique(), &body).await.expect(201);
    assert_eq!(back.json["restored"][0]["points"], points / 2);
    bought
}

#[test]
fn what_a_lot_lost_is_told_to_every_receipt_that_filled_it() {
    block_on(async {
        let program = json!({
            "wallets": [{"code": "points", "expiry": {"type": "after", "days": 1}}],
            "earn_rules": [{"code": "base", "wallet": "points",
                "award": {"type": "per_amount", "amount": 100, "points": 1}}]
        });
        let api = sandbox(&program, "2026-11-01T03:00:00Z").await;
        set_clock(&api, "2027-01-10T03:00:00Z").await;
        let id = api.get("/v1/tenant").await.expect(200).text("/id");
        let tenant = TestTenant {
            id: id.parse().unwrap(),
            number: number_of(&node().cluster.owner().await, &id).await,
            sandbox: api.clone(),
            api,
        };
        let mut calls = Vec::new();
        for _ in 0..MEMBERS {
            let member = enrol(&tenant.api).await;
            let earned = buy(&tenant.api, &member, 1_000, "2027-01-10T03:00:00Z").await;
            let paid = paid_and_half_back(&tenant, &member, 4).await;
            calls.extend([earned, paid]);
        }
        // All that is left of the lots ends: 8 of 10 points each.
        set_clock(&tenant.api, "2027-01-20T03:00:00Z").await;
        let held_up = HeldUp::start(node().cluster, &tenant).await;
        let voids = calls.iter().map(|bought| {
            let path = format!("/v1/purchases/{}/void", bought["id"].as_str().unwrap());
            let api = tenant.api.clone();
            tokio::spawn(async move { api.keyed(&path, &unique(), &json!({})).await })
        });
        let voids: Vec<_> = voids.collect();
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        held_up.release().await;
        let mut answers = Vec::new();
        for void in voids {
            answers.push(void.await.unwrap().expect(200).json);
        }
        for pair in answers.chunks(2) {
            // 8 of the 10 points were over; the other 2 are as well once they came back.
            let is_after = pair[0]["version"].as_i64() > pair[1]["version"].as_i64();
            let expired = if is_after { 10 } else { 8 };
            let clawed = json!([{"wallet": "points", "points": 10 - expired, "wanted": 10, "expired": expired}]);
            assert_eq!(pair[0]["clawed_back"], clawed, "{pair:#?}");
        }
        books::hold(node().cluster, tenant.number).await;
    });
}
