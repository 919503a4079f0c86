//! Ranks over HTTP: climbing by receipts, falling as days begin, set by hand, and what a member may
//! be told of them.

mod review;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::call::Api;
use crate::harness::tenant::unique;
use crate::harness::{TestTenant, block_on};
use crate::time::{buy, enrol, sandbox, set_clock};

/// Bronze from 0, silver from 50,000 at 1.5×, gold from 200,000 at 2×; with these settings.
fn program(ladder: Value) -> Value {
    let mut ladder = ladder;
    ladder["code"] = json!("main");
    ladder["steps"] = json!([
        {"code": "bronze", "from": 0},
        {"code": "silver", "from": 50_000, "earn_multiplier": "1.5"},
        {"code": "gold", "from": 200_000, "earn_multiplier": "2"},
    ]);
    json!({
        "wallets": [{"code": "points"}],
        "ranks": [ladder],
        "earn_rules": [{"code": "base", "wallet": "points",
            "award": {"type": "per_amount", "amount": 100, "points": 1}}],
        "bonuses": [{"code": "for-gold", "wallet": "points", "effect": {"type": "add", "points": 7},
            "when": {"ranks": ["gold"]}}],
    })
}

fn monthly() -> Value {
    json!({"metric": "spend", "window": {"type": "rolling_months", "months": 12},
        "downgrade": {"at": "month_start", "steps": "one"}})
}

async fn rank(api: &Api, member: &str) -> Value {
    let path = format!("/v1/members/{member}/rank");
    api.get(&path).await.expect(200).json["ladders"][0].clone()
}

async fn history(api: &Api, member: &str) -> Vec<(Value, Value, Value, Value)> {
    let path = format!("/v1/members/{member}/rank/history");
    let page = api.get(&path).await.expect(200).json;
    let changes = page["data"].as_array().unwrap().iter();
    let change = |change: &Value| {
        let field = |name: &str| change[name].clone();
        (
            field("code"),
            field("previous"),
            field("effective_at"),
            field("cause"),
        )
    };
    changes.map(change).collect()
}

fn earned(answer: &Value) -> Vec<(&str, i64)> {
    let earned = answer["earned"].as_array().unwrap().iter();
    let award = |award: &'_ Value| award["points"].as_i64().unwrap();
    earned
        .map(|one| (one["rule"].as_str().unwrap(), award(one)))
        .collect()
}

#[test]
fn a_receipt_lifts_and_the_next_one_earns_by_it() {
    block_on(async {
        let tenant = TestTenant::with_program(program(monthly())).await;
        let member = tenant.member().await;
        let before = rank(&tenant.api, &member).await;
        assert_eq!(before["code"], "bronze");
        assert_eq!(before["valid_until"], Value::Null);
        assert_eq!(before["to_next"]["code"], "silver");
        assert_eq!(before["to_next"]["missing"], 50_000);
        let first = tenant.receipt(&member, "1", 50_000);
        let quoted = tenant.api.post("/v1/quotes", &first).await.expect(200).json;
        let lifted =
            json!([{"ladder": "main", "code": "silver", "previous": "bronze", "changed": true}]);
        assert_eq!(quoted["ranks"], lifted);
        assert_eq!(
            rank(&tenant.api, &member).await,
            before,
            "a quote changes nothing"
        );
        let bought = tenant.buy(&first).await.expect(201).json;
        assert_eq!(bought["ranks"], lifted);
        assert_eq!(earned(&bought), [("base", 500)]);
        let mut second = tenant.receipt(&member, "2", 1_000);
        second["occurred_at"] = json!("2026-11-21T12:00:01+09:00");
        let bought = tenant.buy(&second).await.expect(201).json;
        assert_eq!(earned(&bought), [("base", 10), ("rank:main", 5)]);
        let stays =
            json!([{"ladder": "main", "code": "silver", "previous": "silver", "changed": false}]);
        assert_eq!(bought["ranks"], stays);
        let explained = bought["explanation"].as_array().unwrap();
        let gold = explained
            .iter()
            .find(|one| one["rule"] == "for-gold")
            .unwrap();
        assert_eq!(gold["reason"], "rank");
        // A receipt from before the rank is judged by the rank of its time.
        let mut late = tenant.receipt(&member, "3", 1_000);
        late["occurred_at"] = json!("2026-11-21T11:59:59+09:00");
        let bought = tenant.buy(&late).await.expect(201).json;
        assert_eq!(earned(&bought), [("base", 10)]);
        let changes = history(&tenant.api, &member).await;
        let effective_at = json!("2026-11-21T03:00:00Z");
        assert_eq!(
            changes,
            [(
                json!("silver"),
                json!("bronze"),
                effective_at,
                json!("receipt")
            )]
        );
        let path = format!("/v1/members/{member}/rank/history");
        let change = tenant.api.get(&path).await.expect(200).json["data"][0].clone();
        let numbers = json!([{"metric": "spend", "threshold": 50_000, "value": 50_000,
            "from": "2025-11-22", "to": "2026-11-21"}]);
        assert_eq!(change["numbers"], numbers);
        assert_eq!(
            change["purchase_id"].as_str().unwrap().get(..4),
            Some("pur_")
        );
    });
}

#[test]
fn a_lift_is_told_again_under_its_key() {
    block_on(async {
        let tenant = TestTenant::with_program(program(monthly())).await;
        let member = tenant.member().await;
        let key = unique();
        let fourth = tenant.receipt(&member, "4", 200_000);
        let once = tenant
            .api
            .keyed("/v1/purchases", &key, &fourth)
            .await
            .expect(201);
        let twice = tenant
            .api
            .keyed("/v1/purchases", &key, &fourth)
            .await
            .expect(201);
        assert_eq!(once.body, twice.body);
        assert_eq!(once.json["ranks"][0]["code"], "gold");
    });
}

#[test]
fn a_batch_of_climbing_receipts_is_as_if_each_had_come_alone() {
    block_on(async {
        let tenant = TestTenant::with_program(program(monthly())).await;
        let (batch, alone) = (tenant.member().await, tenant.member().await);
        let hours = [12, 13, 11, 14, 10, 15];
        let receipts = |member: &str, name: &str| -> Vec<Value> {
            let receipt = |hour: &i32| {
                let mut receipt = tenant.receipt(member, &format!("{name}{hour}"), 40_000);
                receipt["occurred_at"] = json!(format!("2026-11-21T{hour}:00:00+09:00"));
                receipt
            };
            hours.iter().map(receipt).collect()
        };
        let body = json!({"purchases": receipts(&batch, "b")});
        let answer = tenant.api.keyed("/v1/purchases/batch", "all", &body).await;
        let results = answer.expect(200).json["results"].clone();
        for (index, receipt) in receipts(&alone, "a").iter().enumerate() {
            let single = tenant.buy(receipt).await.expect(201).json;
            let whole = &results[index]["purchase"];
            for field in ["ranks", "earned", "explanation", "amounts"] {
                assert_eq!(whole[field], single[field], "{index} {field}");
            }
        }
        assert_eq!(
            history(&tenant.api, &batch).await,
            history(&tenant.api, &alone).await
        );
    });
}

#[test]
fn a_year_passes_and_the_rank_falls_step_by_step() {
    block_on(async {
        let api = sandbox(&program(monthly()), "2025-01-01T03:00:00Z").await;
        let member = enrol(&api).await;
        set_clock(&api, "2025-01-15T03:00:00Z").await;
        let bought = buy(&api, &member, 200_000, "2025-01-15T03:00:00Z").await;
        assert_eq!(bought["ranks"][0]["code"], "gold");
        let told = rank(&api, &member).await;
        // The window of twelve months loses the fifteenth of January after a year; the next month's
        // first looks at it.
        assert_eq!(told["valid_until"], "2026-01-31");
        assert_eq!(told["projected"], "gold");
        assert_eq!(told["to_keep"]["missing"], 200_000);
        assert_eq!(told["to_keep"]["by"], "2026-01-31");
        assert_eq!(told["to_next"], Value::Null);
        set_clock(&api, "2026-01-31T19:59:59Z").await;
        assert_eq!(rank(&api, &member).await["code"], "gold");
        set_clock(&api, "2026-01-31T20:00:00Z").await;
        assert_eq!(rank(&api, &member).await["code"], "silver");
        set_clock(&api, "2026-02-28T20:00:00Z").await;
        let told = rank(&api, &member).await;
        assert_eq!(told["code"], "bronze");
        assert_eq!(told["since"], "2026-02-28T20:00:00Z");
        let changes = history(&api, &member).await;
        let change = |code: &str, previous: &str, at: &str, cause: &str| {
            (json!(code), json!(previous), json!(at), json!(cause))
        };
        let expected = [
            change("bronze", "silver", "2026-02-28T20:00:00Z", "review"),
            change("silver", "gold", "2026-01-31T20:00:00Z", "review"),
            change("gold", "bronze", "2025-01-15T03:00:00Z", "receipt"),
        ];
        assert_eq!(changes, expected);
    });
}

#[test]
fn a_rank_set_by_hand_stands_until_its_end() {
    block_on(async {
        let api = sandbox(&program(monthly()), "2026-03-01T03:00:00Z").await;
        let member = enrol(&api).await;
        let path = format!("/v1/members/{member}/rank");
        let gold = json!({"ladder": "main", "code": "gold", "valid_until": "2026-03-31",
            "reason": "moved from another chain"});
        let set = api.put(&path, &gold).await.expect(200).json;
        assert_eq!(set["ladders"][0]["code"], "gold");
        assert_eq!(set["ladders"][0]["valid_until"], "2026-03-31");
        assert_eq!(
            set["ladders"][0]["manual"],
            json!({"valid_until": "2026-03-31"})
        );
        assert_eq!(set["version"], 0);
        let bought = buy(&api, &member, 60_000, "2026-03-01T03:00:00Z").await;
        assert_eq!(
            earned(&bought),
            [("base", 600), ("rank:main", 600), ("for-gold", 7)]
        );
        assert_eq!(bought["ranks"][0]["changed"], false);
        set_clock(&api, "2026-03-31T20:00:00Z").await;
        let told = rank(&api, &member).await;
        assert_eq!(told["code"], "silver", "what spending made meanwhile");
        assert_eq!(told["manual"], Value::Null);
        let changes = history(&api, &member).await;
        let causes: Vec<_> = changes
            .iter()
            .map(|(_, _, _, cause)| cause.clone())
            .collect();
        assert_eq!(causes, ["manual_ended", "manual"]);
        // Taken back at once.
        let forever = json!({"ladder": "main", "code": "gold"});
        api.put(&path, &forever).await.expect(200);
        assert_eq!(rank(&api, &member).await["valid_until"], Value::Null);
        let back = json!({"ladder": "main", "code": null});
        let back = api.put(&path, &back).await.expect(200).json;
        assert_eq!(back["ladders"][0]["code"], "silver");
    });
}

#[test]
fn a_rank_that_can_not_be_set_says_why() {
    block_on(async {
        let tenant = TestTenant::with_program(program(monthly())).await;
        let member = tenant.member().await;
        let path = format!("/v1/members/{member}/rank");
        for (body, pointer, code) in [
            (json!({"ladder": "main"}), "/code", "required"),
            (
                json!({"ladder": "side", "code": "gold"}),
                "/ladder",
                "unknown_reference",
            ),
            (
                json!({"ladder": "main", "code": "diamond"}),
                "/code",
                "unknown_reference",
            ),
            (
                json!({"ladder": "main", "code": 5}),
                "/code",
                "invalid_type",
            ),
            (
                json!({"ladder": "main", "code": "gold", "valid_until": "2020-01-01"}),
                "/valid_until",
                "out_of_range",
            ),
            (
                json!({"ladder": "main", "code": "gold", "valid_until": "soon"}),
                "/valid_until",
                "invalid_value",
            ),
            (
                json!({"ladder": "main", "code": null, "valid_until": "2030-01-01"}),
                "/valid_until",
                "invalid_value",
            ),
            (
                json!({"ladder": "main", "code": "gold", "reason": "x".repeat(201)}),
                "/reason",
                "too_long",
            ),
            (
                json!({"ladder": "main", "code": "gold", "until": "2030-01-01"}),
                "/until",
                "unknown_field",
            ),
        ] {
            let refused = tenant.api.put(&path, &body).await.expect(422);
            assert_eq!(
                refused.faults(),
                [(pointer.to_owned(), code.to_owned())],
                "{body}"
            );
        }
        let reason = json!({"ladder": "main", "code": "gold", "reason": "x".repeat(200)});
        tenant.api.put(&path, &reason).await.expect(200);
        let nobody = format!("/v1/members/{}/rank", tenant.id);
        tenant.api.put(&nobody, &reason).await.expect(404);
        tenant.api.get(&nobody).await.expect(404);
        let reader = tenant.key(&["members:read"]).await;
        let refused = reader.request(Method::PUT, &path).json(&reason);
        assert_eq!(
            reader.send(refused).await.expect(403).code(),
            "insufficient_scope"
        );
    });
}
