//! Receipts over HTTP: what they earn, how repeats are answered, and what a quote promises.

use serde_json::{Value, json};

use crate::harness::tenant::{Spec, unique};
use crate::harness::{Answer, TestTenant, block_on, node, sql};

/// One point per 100, five times on the fifth, and three points per 100 from 3,000.
fn program() -> Value {
    json!({
        "wallets": [{"code": "points", "name": "Points", "expiry": {"type": "end_of_month", "months": 1}}],
        "earn_rules": [
            {"code": "base", "wallet": "points", "award": {"type": "per_amount", "amount": 100, "points": 1}},
            {"code": "large", "wallet": "points", "when": {"categories": ["wine"]}, "award":
                {"type": "tiered", "by": "receipt_amount", "mode": "marginal",
                 "tiers": [{"from": 0, "amount": 100, "points": 1}, {"from": 3000, "amount": 100, "points": 3}]}},
            {"code": "visit", "wallet": "points", "when": {"minimum_amount": 5000}, "award": {"type": "fixed", "points": 50}}
        ],
        "bonuses": [
            {"code": "fifth", "wallet": "points", "effect": {"type": "multiplier", "times": "5"},
             "when": {"days_of_month": [5]}}
        ]
    })
}

fn earned(answer: &Answer, rule: &str) -> i64 {
    let earned = answer.json["earned"].as_array().unwrap();
    let of_rule = earned.iter().filter(|entry| entry["rule"] == rule);
    of_rule.map(|entry| entry["points"].as_i64().unwrap()).sum()
}

/// When, category, amount → base, large, visit, fifth.
const EARNED: [(&str, &str, i64, [i64; 4]); 9] = [
    ("2026-11-21T12:00:00+09:00", "food", 99, [0, 0, 0, 0]),
    ("2026-11-21T12:00:00+09:00", "food", 100, [1, 0, 0, 0]),
    ("2026-11-21T12:00:00+09:00", "wine", 3_099, [30, 30, 0, 0]),
    (
        "2026-11-21T12:00:00+09:00",
        "wine/red",
        3_199,
        [31, 33, 0, 0],
    ),
    ("2026-11-21T12:00:00+09:00", "winery", 3_199, [31, 0, 0, 0]),
    ("2026-11-21T12:00:00+09:00", "food", 5_000, [50, 0, 50, 0]),
    ("2026-11-05T05:00:00+09:00", "food", 350, [3, 0, 0, 12]),
    // Before the cut-over it is still the day before.
    ("2026-11-05T04:59:59+09:00", "food", 350, [3, 0, 0, 0]),
    ("2026-11-06T04:59:59+09:00", "food", 350, [3, 0, 0, 12]),
];

#[test]
fn rules_earn_what_they_say_and_a_quote_promises_the_same() {
    block_on(async {
        let tenant = TestTenant::with_program(program()).await;
        let member = tenant.member().await;
        let owner = node().cluster.owner().await;
        for (at, category, amount, expected) in EARNED {
            let mut receipt = tenant.receipt(&member, &unique(), amount);
            receipt["occurred_at"] = json!(at);
            receipt["lines"][0]["category"] = json!(category);
            let before = sql::digest(&owner, tenant.number).await;
            let quote = tenant.api.post("/v1/quotes", &receipt).await.expect(200);
            assert_eq!(
                sql::digest(&owner, tenant.number).await,
                before,
                "a quote writes nothing"
            );
            let bought = tenant.buy(&receipt).await.expect(201);
            let rules = ["base", "large", "visit", "fifth"];
            assert_eq!(
                rules.map(|rule| earned(&bought, rule)),
                expected,
                "{at} {category} {amount}: {bought}"
            );
            for part in [
                "earned",
                "amounts",
                "redeemed",
                "explanation",
                "balances",
                "business_date",
                "program_version",
            ] {
                assert_eq!(quote.json[part], bought.json[part], "{part} at {at}");
            }
            let explained = bought.json["explanation"].as_array().unwrap();
            let codes: Vec<&str> = explained
                .iter()
                .map(|entry| entry["rule"].as_str().unwrap())
                .collect();
            assert_eq!(
                codes,
                ["base", "large", "visit", "fifth"],
                "every rule is explained, in order"
            );
            for entry in explained {
                let has_reason = entry["reason"].is_string();
                assert_ne!(entry["fired"].as_bool().unwrap(), has_reason, "{entry}");
            }
        }
    });
}

#[test]
fn a_repeat_under_its_key_is_answered_byte_for_byte() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let receipt = tenant.receipt(&tenant.member().await, "1", 1_000);
        let first = tenant
            .api
            .keyed("/v1/purchases", "key", &receipt)
            .await
            .expect(201);
        assert_eq!(first.header("idempotent-replayed"), "");
        let again = tenant
            .api
            .keyed("/v1/purchases", "key", &receipt)
            .await
            .expect(201);
        assert_eq!(again.body, first.body);
        assert_eq!(again.header("idempotent-replayed"), "true");
        // More space is the same content.
        let text = receipt
            .to_string()
            .replace("\":", "\" : ")
            .replace(",\"", " ,\n\"");
        let request = tenant
            .api
            .request(reqwest::Method::POST, "/v1/purchases")
            .body(text);
        let request = request
            .header("Content-Type", "application/json")
            .header("Idempotency-Key", "key");
        assert_eq!(tenant.api.send(request).await.expect(201).body, first.body);
        let mut other = receipt.clone();
        other["lines"][0]["amount"] = json!(1_001);
        let reused = tenant.api.keyed("/v1/purchases", "key", &other).await;
        assert_eq!(
            (reused.status, reused.code()),
            (422, "idempotency_key_reused"),
            "{reused}"
        );
        let quoted = json!({"member": receipt["member"], "wallet": "points", "points": 1, "mode": "capture"});
        let reused = tenant.api.keyed("/v1/redemptions", "key", &quoted).await;
        assert_eq!(
            (reused.status, reused.code()),
            (422, "idempotency_key_reused"),
            "{reused}"
        );
    });
}

#[test]
fn a_till_may_send_its_receipt_again_under_another_key() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        let receipt = tenant.receipt(&member, "1", 1_000);
        let first = tenant.buy(&receipt).await.expect(201);
        let again = tenant.buy(&receipt).await.expect(200);
        assert_eq!(again.header("idempotent-replayed"), "true");
        assert_eq!(again.json, first.json);
        let mut other = receipt.clone();
        other["lines"][0]["amount"] = json!(1_001);
        let used = tenant.buy(&other).await;
        assert_eq!(
            (used.status, used.code()),
            (409, "receipt_number_used"),
            "{used}"
        );
        for (field, value) in [
            ("terminal", "pos-2"),
            ("occurred_at", "2026-11-20T12:00:00+09:00"),
        ] {
            let mut other = receipt.clone();
            other[field] = json!(value);
            tenant.buy(&other).await.expect(201);
        }
        assert_eq!(tenant.available(&member).await, 30);
    });
}

#[test]
fn refusals_that_can_not_change_are_remembered_and_others_are_not() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        let mut receipt = tenant.receipt(&member, "1", 1_000);
        receipt["redeem"] = json!([{"wallet": "points", "points": 5}]);
        let refused = tenant.api.keyed("/v1/purchases", "short", &receipt).await;
        assert_eq!(
            (refused.status, refused.code()),
            (409, "insufficient_points"),
            "{refused}"
        );
        tenant.grant(&member, 100).await;
        let again = tenant.api.keyed("/v1/purchases", "short", &receipt).await;
        assert_eq!(
            (again.status, again.code()),
            (409, "insufficient_points"),
            "{again}"
        );
        assert_eq!(again.without_request_id(), refused.without_request_id());
        tenant
            .api
            .keyed("/v1/purchases", "enough", &receipt)
            .await
            .expect(201);
        // A mistake that was mended may keep its key.
        let mut mistaken = tenant.receipt(&member, "2", 1_000);
        mistaken["store"] = json!("nowhere");
        tenant
            .api
            .keyed("/v1/purchases", "mended", &mistaken)
            .await
            .expect(422);
        mistaken["store"] = json!("shibuya");
        tenant
            .api
            .keyed("/v1/purchases", "mended", &mistaken)
            .await
            .expect(201);
    });
}

#[test]
fn late_receipts_count_for_their_own_day() {
    block_on(async {
        let tenant = TestTenant::with_program(program()).await;
        let member = tenant.member().await;
        let mut late = tenant.receipt(&member, "late", 1_000);
        late["occurred_at"] = json!("2020-03-05T12:00:00+09:00");
        let answer = tenant.buy(&late).await.expect(201);
        assert_eq!(answer.json["business_date"], "2020-03-05");
        assert_eq!(
            (earned(&answer, "base"), earned(&answer, "fifth")),
            (10, 40)
        );
        // Its lot is over already: granted and expired at once.
        assert_eq!(answer.json["balances"][0]["available"], 0, "{answer}");
        assert_eq!(tenant.available(&member).await, 0);
        assert_eq!(answer.json["version"], 1);
        let mut early = tenant.receipt(&member, "early", 1_000);
        early["occurred_at"] = json!("2019-12-31T00:00:00Z");
        let refused = tenant.buy(&early).await;
        assert_eq!(
            (refused.status, refused.code()),
            (422, "no_program"),
            "{refused}"
        );
    });
}

#[test]
fn a_tenant_may_refuse_old_receipts() {
    block_on(async {
        let settings = json!({"receipt_max_age_days": 30, "earn_before_enrolment": false});
        let tenant = TestTenant::with(Spec {
            settings,
            ..Spec::default()
        })
        .await;
        let member = tenant.member().await;
        let mut old = tenant.receipt(&member, "old", 1_000);
        old["occurred_at"] = json!("2020-03-05T12:00:00+09:00");
        let refused = tenant.buy(&old).await;
        assert_eq!(
            (refused.status, refused.code()),
            (422, "receipt_too_old"),
            "{refused}"
        );
        old["occurred_at"] =
            json!((api::clock::now() - jiff::SignedDuration::from_hours(24)).to_string());
        let refused = tenant.buy(&old).await;
        assert_eq!(
            (refused.status, refused.code()),
            (422, "before_enrolment"),
            "{refused}"
        );
    });
}

#[test]
fn a_receipt_of_nobody_is_kept_too() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let mut receipt = tenant.receipt("", "1", 1_000);
        receipt.as_object_mut().unwrap().remove("member");
        let bought = tenant.buy(&receipt).await.expect(201);
        assert_eq!(bought.json["member_id"], Value::Null);
        assert_eq!(bought.json["balances"], json!([]));
        let read = tenant
            .api
            .get(&format!("/v1/purchases/{}", bought.text("/id")))
            .await
            .expect(200);
        assert_eq!(read.json["id"], bought.json["id"]);
        assert_eq!(read.json["earned"], bought.json["earned"]);
        let listed = tenant.api.get("/v1/purchases").await.expect(200);
        assert_eq!(listed.json["data"].as_array().unwrap().len(), 1);
    });
}

#[test]
fn points_pay_before_the_receipt_earns() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        tenant.grant(&member, 300).await;
        let mut receipt = tenant.receipt(&member, "paid", 1_000);
        receipt["redeem"] = json!([{"wallet": "points", "points": 200}]);
        let quote = tenant.api.post("/v1/quotes", &receipt).await.expect(200);
        assert_eq!(quote.json["redeemable"][0]["points"], 300, "{quote}");
        let bought = tenant.buy(&receipt).await.expect(201);
        assert_eq!(
            bought.json["redeemed"],
            json!([{"wallet": "points", "points": 200, "value": 200}])
        );
        assert_eq!(bought.json["amounts"]["total"], 800, "{bought}");
        // After points paid: 8 on 800.
        assert_eq!(bought.json["balances"][0]["available"], 108, "{bought}");
        assert_eq!(bought.json["version"], 2);
    });
}

#[test]
fn versions_of_a_member_have_no_gaps() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        for expected in 1..=5 {
            // Also a receipt of 0 points is a step.
            let receipt = tenant.receipt(&member, &unique(), 99);
            let bought = tenant.buy(&receipt).await.expect(201);
            assert_eq!(bought.json["version"], expected);
        }
        let path = format!("/v1/members/{member}/transactions");
        let statement = tenant.api.get(&path).await.expect(200);
        let entries = statement.json["data"].as_array().unwrap();
        let versions: Vec<i64> = entries
            .iter()
            .map(|entry| entry["version"].as_i64().unwrap())
            .collect();
        assert_eq!(versions, [5, 4, 3, 2, 1]);
        let path = format!("/v1/members/{member}/balances?min_version=5");
        assert_eq!(tenant.api.get(&path).await.expect(200).json["version"], 5);
    });
}
