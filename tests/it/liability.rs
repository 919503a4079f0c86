//! What a tenant owes its members, now and at any moment before; balances of the past; one transaction.

mod sums;
mod taken_away;

use serde_json::{Value, json};

use crate::books;
use crate::harness::call::Api;
use crate::harness::tenant::unique;
use crate::harness::{TestTenant, block_on, node};
use crate::time::{buy, enrol, sandbox, set_clock};

async fn liability(api: &Api, as_of: &str) -> Value {
    let path = format!("/v1/liability?as_of={as_of}");
    let read = api.get(&path).await.expect(200).json;
    read["wallets"].get(0).cloned().unwrap_or(Value::Null)
}

fn sums(wallet: &Value) -> Value {
    let outstanding = &wallet["outstanding"];
    json!([
        wallet["issued"],
        wallet["redeemed"],
        wallet["expired"],
        wallet["adjusted"],
        wallet["transferred"],
        outstanding["available"],
        outstanding["pending"],
        outstanding["reserved"],
        outstanding["deficit"],
        outstanding["total"]
    ])
}

async fn post(api: &Api, path: &str, body: Value) -> Value {
    let answer = api.keyed(path, &unique(), &body).await;
    assert!([200, 201].contains(&answer.status), "{answer}");
    answer.json
}

/// What two members did on one day, looked at five days later; the sandbox and the first member.
async fn story() -> (Api, String) {
    let program = json!({
        "wallets": [{"code": "points", "expiry": {"type": "after", "days": 2}}],
        "earn_rules": [{"code": "base", "wallet": "points",
            "award": {"type": "per_amount", "amount": 100, "points": 1}}]
    });
    let api = sandbox(&program, "2026-11-21T01:00:00Z").await;
    let (one, other) = (enrol(&api).await, enrol(&api).await);
    buy(&api, &one, 10_000, "2026-11-21T01:00:00Z").await;
    set_clock(&api, "2026-11-21T02:00:00Z").await;
    let spend = json!({"member": {"id": one}, "wallet": "points", "points": 10, "mode": "capture"});
    post(&api, "/v1/redemptions", spend.clone()).await;
    let mut hold = spend.clone();
    hold["mode"] = json!("reserve");
    hold["ttl_seconds"] = json!(604_800);
    hold["points"] = json!(20);
    post(&api, "/v1/redemptions", hold).await;
    set_clock(&api, "2026-11-21T03:00:00Z").await;
    let pass = json!({"from": {"member": {"id": one}}, "to": {"member": {"id": other}},
        "wallet": "points", "points": 30});
    post(&api, "/v1/transfers", pass).await;
    let take =
        json!({"member": {"id": other}, "wallet": "points", "points": -35, "reason": "error"});
    post(&api, "/v1/adjustments", take).await;
    set_clock(&api, "2026-11-26T00:00:00Z").await;
    (api, one)
}

#[test]
fn each_moment_is_told_as_it_was() {
    block_on(async {
        let (api, one) = story().await;
        for (as_of, expected) in [
            ("2026-11-21T00:59:59Z", Value::Null),
            (
                "2026-11-21T01:00:00Z",
                json!([100, 0, 0, 0, 0, 100, 0, 0, 0, 100]),
            ),
            (
                "2026-11-21T02:00:00Z",
                json!([100, 10, 0, 0, 0, 70, 0, 20, 0, 90]),
            ),
            (
                "2026-11-21T03:00:00Z",
                json!([100, 10, 0, -35, 30, 40, 0, 20, 5, 55]),
            ),
            ("2026-11-21", json!([100, 10, 0, -35, 30, 40, 0, 20, 5, 55])),
            ("2026-11-26", json!([100, 10, 40, -35, 30, 0, 0, 20, 5, 15])),
        ] {
            let told = liability(&api, as_of).await;
            let told = if told.is_null() { told } else { sums(&told) };
            assert_eq!(told, expected, "{as_of}");
        }
        let now = api.get("/v1/liability").await.expect(200).json;
        assert_eq!(sums(&now["wallets"][0])[9], 15);
        assert_eq!(now["as_of"], "2026-11-26T00:00:00Z");
        for (as_of, version, expected) in [
            // No program was in force, and nothing was held.
            ("2026-11-20", 0, json!([null, null, null, null])),
            ("2026-11-21T01:30:00Z", 1, json!([100, 0, 0, 0])),
            ("2026-11-21", 4, json!([40, 0, 20, 0])),
            // The lots ended at this instant, and their sweep was recorded with it.
            ("2026-11-23T20:00:00Z", 5, json!([0, 0, 20, 0])),
            ("2026-11-23T19:59:59Z", 4, json!([40, 0, 20, 0])),
        ] {
            let path = format!("/v1/members/{one}/balances?as_of={as_of}");
            let told = api.get(&path).await.expect(200).json;
            let wallet = &told["wallets"][0];
            let wallet = json!([
                wallet["available"],
                wallet["pending"],
                wallet["reserved"],
                wallet["deficit"]
            ]);
            assert_eq!(wallet, expected, "{as_of}");
            assert_eq!(told["version"], version, "{as_of}");
        }
        for query in [
            "liability?as_of=2026-11-27",
            "liability?as_of=tomorrow",
            "liability?at=2026-11-21",
        ] {
            let refused = api.get(&format!("/v1/{query}")).await.expect(400);
            assert_eq!(refused.code(), "invalid_parameter", "{query}");
        }
        let both = format!("/v1/members/{one}/balances?as_of=2026-11-21&min_version=1");
        assert_eq!(api.get(&both).await.expect(400).code(), "invalid_parameter");
        let nobody = "/v1/members/mem_00000000000000000000000001/balances?as_of=2026-11-21";
        api.get(nobody).await.expect(404);
    });
}

#[test]
fn every_transaction_is_found_by_its_id() {
    block_on(async {
        let program = json!({
            "wallets": [{"code": "points", "expiry": {"type": "after", "days": 2}}],
            "earn_rules": [{"code": "base", "wallet": "points",
                "award": {"type": "per_amount", "amount": 100, "points": 1}}]
        });
        let api = sandbox(&program, "2026-11-21T01:00:00Z").await;
        let (one, other) = (enrol(&api).await, enrol(&api).await);
        let bought = buy(&api, &one, 10_000, "2026-11-21T01:00:00Z").await;
        let purchase = bought["id"].as_str().unwrap().to_owned();
        post(
            &api,
            &format!("/v1/purchases/{purchase}/events"),
            json!({"event": "delivered"}),
        )
        .await;
        let spend =
            json!({"member": {"id": one}, "wallet": "points", "points": 10, "mode": "capture"});
        let spent = post(&api, "/v1/redemptions", spend).await;
        let path = format!("/v1/redemptions/{}/reverse", spent["id"].as_str().unwrap());
        post(&api, &path, json!({})).await;
        let give =
            json!({"member": {"id": one}, "wallet": "points", "points": 5, "reason": "gift"});
        post(&api, "/v1/adjustments", give).await;
        let pass = json!({"from": {"member": {"id": one}}, "to": {"member": {"id": other}},
            "wallet": "points", "points": 30});
        post(&api, "/v1/transfers", pass).await;
        set_clock(&api, "2026-11-26T00:00:00Z").await;
        let mut types = Vec::new();
        for member in [&one, &other] {
            let path = format!("/v1/members/{member}/transactions");
            let entries = api.get(&path).await.expect(200).json["data"].clone();
            for mut entry in entries.as_array().unwrap().clone() {
                let path = format!("/v1/transactions/{}", entry["id"].as_str().unwrap());
                let found = api.get(&path).await.expect(200).json;
                entry["member_id"] = json!(member);
                assert_eq!(found, entry);
                let of_purchase = matches!(entry["type"].as_str(), Some("purchase" | "activate"));
                assert_eq!(
                    entry["purchase_id"] == json!(purchase),
                    of_purchase,
                    "{entry}"
                );
                types.push(entry["type"].as_str().unwrap().to_owned());
            }
        }
        let expected = [
            "expire", "transfer", "adjust", "reverse", "redeem", "activate", "purchase", "expire",
            "transfer",
        ];
        assert_eq!(types, expected);
        api.get("/v1/transactions/txn_00000000000000000000000001")
            .await
            .expect(404);
        api.get("/v1/transactions/x").await.expect(404);
    });
}

#[test]
fn the_liability_needs_its_scope() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        tenant.grant(&member, 10).await;
        let reader = tenant.key(&["analytics:read"]).await;
        let told = reader.get("/v1/liability").await.expect(200).json;
        assert_eq!(told["wallets"][0]["outstanding"]["total"], 10);
        let till = tenant.key(&["purchases:write"]).await;
        let refused = till.get("/v1/liability").await.expect(403);
        assert_eq!(refused.code(), "insufficient_scope");
        books::hold(node().cluster, tenant.number).await;
    });
}
