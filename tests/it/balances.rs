//! Balances, expirations and the statement over HTTP, after real receipts and redemptions.

use serde_json::{Value, json};

use crate::harness::tenant::unique;
use crate::harness::{TestTenant, block_on};

fn program() -> Value {
    json!({
        "wallets": [
            {"code": "points", "name": "Points", "expiry": {"type": "after", "days": 30}},
            {"code": "stamps", "name": "Stamps"}
        ],
        "earn_rules": [
            {"code": "base", "wallet": "points", "award": {"type": "per_amount", "amount": 100, "points": 1}},
            {"code": "visit", "wallet": "stamps", "award": {"type": "fixed", "points": 1},
             "when": {"minimum_amount": 1000}}
        ]
    })
}

/// A receipt of now, since older points may be over.
async fn buy(tenant: &TestTenant, member: &str, amount: i64) -> Value {
    let number = unique();
    let mut receipt = tenant.receipt(member, &number, amount);
    receipt["occurred_at"] = json!(api::clock::now().to_string());
    let answer = tenant.api.keyed("/v1/purchases", &number, &receipt).await;
    answer.expect(201).json
}

async fn redeem(tenant: &TestTenant, member: &str, points: i64) -> Value {
    let body =
        json!({"member": {"id": member}, "wallet": "points", "points": points, "mode": "capture"});
    let answer = tenant.api.keyed("/v1/redemptions", &unique(), &body).await;
    answer.expect(201).json
}

async fn read(tenant: &TestTenant, member: &str, what: &str) -> Value {
    tenant
        .api
        .get(&format!("/v1/members/{member}/{what}"))
        .await
        .expect(200)
        .json
}

#[test]
fn balances_show_every_wallet_and_the_version() {
    block_on(async {
        let tenant = TestTenant::with_program(program()).await;
        let member = tenant.member().await;
        let none = read(&tenant, &member, "balances").await;
        assert_eq!(none["version"], 0);
        assert_eq!(none["member_id"], json!(member));
        let wallet = |code: &str, available: i64| json!({"wallet": code, "available": available, "pending": 0, "reserved": 0, "deficit": 0});
        assert_eq!(
            none["wallets"],
            json!([wallet("points", 0), wallet("stamps", 0)])
        );
        let bought = buy(&tenant, &member, 1_980).await;
        let balances = read(&tenant, &member, "balances?min_version=1").await;
        assert_eq!(
            balances["wallets"],
            json!([wallet("points", 19), wallet("stamps", 1)])
        );
        assert_eq!(balances["wallets"], bought["balances"]);
        assert_eq!(balances["version"], 1);
        for unknown in ["mem_01k3z8q4v5e7r9t2y4a6b8c0d1", "x"] {
            for what in ["balances", "expirations", "transactions"] {
                tenant
                    .api
                    .get(&format!("/v1/members/{unknown}/{what}"))
                    .await
                    .expect(404);
            }
        }
        for wrong in ["min_version=-1", "min_version=x", "version=1"] {
            let path = format!("/v1/members/{member}/balances?{wrong}");
            assert_eq!(
                tenant.api.get(&path).await.expect(400).code(),
                "invalid_parameter"
            );
        }
    });
}

#[test]
fn balances_come_from_the_hot_copy_or_the_ledger() {
    block_on(async {
        let tenant = TestTenant::with_program(program()).await;
        let member = tenant.member().await;
        buy(&tenant, &member, 500).await;
        let path = format!("/v1/members/{member}/balances?min_version=1");
        let first = tenant.api.get(&path).await.expect(200);
        let second = tenant.api.get(&path).await.expect(200);
        assert_eq!(second.header("x-balance-source"), "cache");
        assert_eq!(first.json["wallets"], second.json["wallets"]);
        let ahead = format!("/v1/members/{member}/balances?min_version=9");
        let ledger = tenant.api.get(&ahead).await.expect(200);
        assert_eq!(ledger.header("x-balance-source"), "ledger");
        assert_eq!(ledger.json["version"], 1);
    });
}

#[test]
fn the_statement_tells_every_change_newest_first() {
    block_on(async {
        let tenant = TestTenant::with_program(program()).await;
        let member = tenant.member().await;
        let first = buy(&tenant, &member, 500).await;
        let empty = buy(&tenant, &member, 50).await;
        let both = buy(&tenant, &member, 1_000).await;
        let redeemed = redeem(&tenant, &member, 12).await;
        let statement = read(&tenant, &member, "transactions").await;
        let shown: Vec<Value> = statement["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(top)
            .collect();
        assert_eq!(
            shown,
            [
                json!([4, "redeem", "points", -12, 3, null]),
                json!([3, "purchase", null, null, null, null]),
                json!([2, "purchase", "points", 0, 5, null]),
                json!([1, "purchase", "points", 5, 5, "base"]),
            ]
        );
        let entry = |index: usize, field: &str| statement["data"][index][field].clone();
        assert_eq!(entry(0, "redemption_id"), redeemed["id"]);
        assert_eq!(entry(1, "purchase_id"), both["id"]);
        assert_eq!(entry(2, "purchase_id"), empty["id"]);
        assert_eq!(entry(3, "id"), first["transaction_id"]);
        let rows = |index: usize| -> Vec<Value> {
            let rows = statement["data"][index]["rows"].as_array().unwrap();
            rows.iter()
                .map(|row| {
                    json!([
                        row["type"],
                        row["wallet"],
                        row["points"],
                        row["balance_after"]
                    ])
                })
                .collect()
        };
        assert_eq!(
            rows(0),
            [
                json!(["redeem", "points", -5, 10]),
                json!(["redeem", "points", -7, 3])
            ]
        );
        assert_eq!(
            rows(1),
            [
                json!(["earn", "points", 10, 15]),
                json!(["earn", "stamps", 1, 1])
            ]
        );
        assert_eq!(rows(2), [Value::Null; 0]);
    });
}

fn top(entry: &Value) -> Value {
    let fields = [
        "version",
        "type",
        "wallet",
        "points",
        "balance_after",
        "rule",
    ];
    fields.map(|field| entry[field].clone()).to_vec().into()
}

#[test]
fn a_statement_goes_on_where_its_page_ended() {
    block_on(async {
        let tenant = TestTenant::with_program(program()).await;
        let (member, other) = (tenant.member().await, tenant.member().await);
        for _ in 0..5 {
            buy(&tenant, &member, 100).await;
        }
        let mut versions = Vec::new();
        let mut path = "transactions?limit=2".to_owned();
        loop {
            let page = read(&tenant, &member, &path).await;
            versions.extend(
                page["data"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|entry| entry["version"].clone()),
            );
            let Some(cursor) = page["next_cursor"].as_str() else {
                break;
            };
            let foreign = format!("/v1/members/{other}/transactions?limit=2&cursor={cursor}");
            assert_eq!(
                tenant.api.get(&foreign).await.expect(400).code(),
                "invalid_cursor"
            );
            path = format!("transactions?limit=2&cursor={cursor}");
        }
        assert_eq!(versions, [5, 4, 3, 2, 1]);
        let wrong = format!("/v1/members/{member}/transactions?limit=201");
        tenant.api.get(&wrong).await.expect(400);
        let none = read(&tenant, &other, "transactions").await;
        assert_eq!(none, json!({"data": [], "next_cursor": null}));
    });
}

#[test]
fn everything_that_will_expire_is_listed_soonest_first() {
    block_on(async {
        let tenant = TestTenant::with_program(program()).await;
        let member = tenant.member().await;
        let none = read(&tenant, &member, "expirations").await;
        assert_eq!(none, json!({"data": [], "next_cursor": null}));
        for amount in [1_000, 700, 300] {
            buy(&tenant, &member, amount).await;
        }
        redeem(&tenant, &member, 12).await;
        let all = read(&tenant, &member, "expirations").await;
        let entries = all["data"].as_array().unwrap();
        let points: Vec<i64> = entries
            .iter()
            .map(|entry| entry["points"].as_i64().unwrap())
            .collect();
        assert_eq!(points.iter().sum::<i64>(), 8);
        for entry in entries {
            assert_eq!(
                (&entry["wallet"], &entry["rule"]),
                (&json!("points"), &json!("base"))
            );
        }
        let mut paged = Vec::new();
        let mut path = "expirations?limit=1".to_owned();
        loop {
            let page = read(&tenant, &member, &path).await;
            paged.extend(page["data"].as_array().unwrap().clone());
            let Some(cursor) = page["next_cursor"].as_str() else {
                break;
            };
            path = format!("expirations?limit=1&cursor={cursor}");
        }
        assert_eq!(&paged, entries);
    });
}
