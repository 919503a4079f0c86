//! A tenant with a row in every table.

use serde_json::json;
use tokio_postgres::Client;

use crate::harness::tenant::{plain_program, unique};
use crate::harness::{TestTenant, node};

/// Does everything once, over HTTP; the member it did it to. What was done for a business day, and the sums before there
/// was anything, are written by the owner, since jobs have no caller.
pub(crate) async fn fill(tenant: &TestTenant) -> String {
    fill_by(tenant, &node().cluster.owner().await).await
}

/// The same in another database than that of most tests.
pub(crate) async fn fill_by(tenant: &TestTenant, owner: &Client) -> String {
    let member = tenant
        .enrol(&json!({"cards": [unique()], "family_name": "山田", "phones": ["+819012345678"], "consents": {"mail": true}}))
        .await;
    let endpoint = json!({"url": "https://example.com/hook"});
    let made = tenant.api.post("/v1/webhook-endpoints", &endpoint).await;
    made.expect(201);
    tenant.leave_webhooks_alone(owner).await;
    let mut program = plain_program();
    program["ranks"] = json!([{"code": "main", "steps": [{"code": "bronze", "from": 0}]}]);
    program["earn_rules"][0]["limits"] = json!([{"per": "campaign", "points": 1_000}]);
    let limited = tenant.publish(&program, Some("2026-01-01T00:00:00Z"));
    limited.await.expect(201);
    let number = unique();
    let receipt = tenant.receipt(&member, &number, 50_000);
    let purchase = tenant.buy(&receipt).await.expect(201).text("/id");
    let mut next_day = tenant.receipt(&member, &unique(), 100);
    next_day["occurred_at"] = "2026-11-22T12:00:00+09:00".into();
    tenant.buy(&next_day).await.expect(201);
    let event = json!({"event": "delivered"});
    let path = format!("/v1/purchases/{purchase}/events");
    tenant.api.keyed(&path, &unique(), &event).await.expect(200);
    let back = json!({"amount": 100});
    let path = format!("/v1/purchases/{purchase}/returns");
    tenant.api.keyed(&path, &unique(), &back).await.expect(201);
    let run = format!(
        "insert into job_runs (tenant_id, job, business_date, leased_until)
             values ({number}, 'expire', '2000-01-01', now());
         insert into ledger_sums (tenant_id, until, wallet, debit, credit, points)
             values ({number}, '2000-01-01', 'points', 11, 1, 0)",
        number = tenant.number
    );
    owner.batch_execute(&run).await.unwrap();
    let path = format!("/v1/members/{member}/rank");
    let rank = json!({"code": "bronze"});
    tenant.api.put(&path, &rank).await.expect(200);
    let redemption =
        json!({"member": {"id": member}, "wallet": "points", "points": 5, "mode": "capture"});
    let answer = tenant
        .api
        .keyed("/v1/redemptions", &unique(), &redemption)
        .await;
    let taken = answer.expect(201).text("/id");
    let path = format!("/v1/redemptions/{taken}/reverse");
    let reversed = tenant.api.keyed(&path, &unique(), &json!({})).await;
    reversed.expect(200);
    let hold = json!({"member": {"id": member}, "wallet": "points", "points": 5, "mode": "reserve",
        "ttl_seconds": 604_800});
    let held = tenant.api.keyed("/v1/redemptions", &unique(), &hold).await;
    held.expect(201);
    let events = tenant.api.get("/v1/events").await.expect(200);
    let again = format!("/v1/events/{}/redeliver", events.text("/data/0/id"));
    tenant.api.post(&again, &json!({})).await.expect(200);
    let key = json!({"name": "Counted", "scopes": ["redemptions:write"], "max_points_per_day": 5});
    let key = tenant.api.post("/v1/api-keys", &key).await.expect(201);
    let counted = tenant.api.with_key(&key.text("/secret"));
    let name = unique();
    let answer = counted.keyed("/v1/redemptions", &name, &redemption).await;
    answer.expect(201);
    member
}
