//! Discounts over HTTP: at the till, in a batch, in a document, and what a member is told of them.

mod documents;
mod outlook;

use serde_json::{Value, json};

use crate::books;
use crate::harness::tenant::plain_program;
use crate::harness::{TestTenant, block_on, node};

/// 5, 10, 15 and 20 % by the spend of the last 365 days, a coupon and a member price.
fn program() -> Value {
    let mut program = plain_program();
    program["discounts"] = json!([
        {"code": "coupon", "type": "fixed", "amount": 50, "when": {"minimum_amount": 1_000}},
        {"code": "climb", "type": "progressive", "metric": "spend",
            "window": {"type": "rolling_days", "days": 365}, "tiers": [
                {"from": 0, "percent": "5"}, {"from": 50_000, "percent": "10"},
                {"from": 100_000, "percent": "15"}, {"from": 200_000, "percent": "20"}]},
    ]);
    program["member_prices"] = json!([{"sku": "4901234567894", "price": 9_000}]);
    program
}

/// What was taken off by rule.
fn applied(answer: &Value) -> Value {
    let parts = answer["discounts"].as_array().unwrap().iter();
    parts
        .map(|part| json!([part["rule"], part["amount"], part["percent"], part["lines"]]))
        .collect()
}

#[test]
fn a_quote_and_its_purchase_take_the_same_off() {
    block_on(async {
        let tenant = TestTenant::with_program(program()).await;
        let member = tenant.member().await;
        let receipt = tenant.receipt(&member, "1", 10_000);
        let quote = tenant.api.post("/v1/quotes", &receipt).await.expect(200);
        let bought = tenant.buy(&receipt).await.expect(201);
        for answer in [&quote, &bought] {
            let expected = json!([
                ["member_price", 1_000, null, [1_000]],
                ["climb", 450, "5", [450]],
                ["coupon", 50, null, [50]],
            ]);
            assert_eq!(applied(&answer.json), expected);
            let amounts = &answer.json["amounts"];
            assert_eq!(amounts["gross"], 10_000);
            assert_eq!(amounts["discount"], 1_500);
            assert_eq!(amounts["taxable"], 8_500);
            assert_eq!(amounts["total"], 8_500);
            assert_eq!(answer.json["earned"][0]["points"], 85);
        }
        for part in ["amounts", "discounts", "earned", "explanation", "balances"] {
            assert_eq!(quote.json[part], bought.json[part], "{part}");
        }
        let told = &bought.json["explanation"];
        assert_eq!(told[0]["rule"], "member_price");
        assert_eq!(told[1]["detail"], "5% off: ¥450; ¥50,000 more for 10%");
        assert_eq!(told[1]["next_percent"], "10");
        assert_eq!(told[2]["detail"], "¥50 off");
        assert_eq!(told[3]["rule"], "base");
        // What was stored is what was answered.
        let path = format!("/v1/purchases/{}", bought.text("/id"));
        let stored = tenant.api.get(&path).await.expect(200);
        assert_eq!(stored.json["discounts"], bought.json["discounts"]);
        books::hold(node().cluster, tenant.number).await;
    });
}

#[test]
fn receipts_of_one_batch_and_day_have_the_rate_of_the_day() {
    block_on(async {
        let tenant = TestTenant::with_program(program()).await;
        let member = tenant.member().await;
        let of = |number: &str, day: u32, amount: i64| {
            let mut receipt = tenant.receipt(&member, number, amount);
            receipt["occurred_at"] = json!(format!("2026-11-{day}T12:00:00+09:00"));
            receipt["lines"] = json!([{"amount": amount}]);
            receipt
        };
        let receipts = [
            of("1", 20, 105_263),
            of("2", 20, 900),
            of("3", 21, 900),
            of("4", 22, 900),
        ];
        let body = json!({"purchases": receipts});
        let answer = tenant.api.keyed("/v1/purchases/batch", "all", &body).await;
        let answer = answer.expect(200);
        let taken: Vec<i64> = answer.json["results"]
            .as_array()
            .unwrap()
            .iter()
            .map(|result| result["purchase"]["amounts"]["discount"].as_i64().unwrap())
            .collect();
        // 105,263 less 5 % and the coupon are 99,950; with 855 of the same day 100,805.
        assert_eq!(taken, [5_313, 45, 135, 135]);
        books::hold(node().cluster, tenant.number).await;
    });
}

#[test]
fn a_receipt_without_a_member_has_the_discounts_that_need_none() {
    block_on(async {
        let tenant = TestTenant::with_program(program()).await;
        let mut receipt = tenant.receipt("", "1", 10_000);
        receipt.as_object_mut().unwrap().remove("member");
        let bought = tenant.buy(&receipt).await.expect(201);
        assert_eq!(applied(&bought.json), json!([["coupon", 50, null, [50]]]));
        let told = &bought.json["explanation"];
        assert_eq!(told[0]["reason"], "no_member");
        assert_eq!(told[1]["reason"], "no_member");
        assert_eq!(told[1]["detail"], "No member on this receipt");
    });
}

#[test]
fn points_pay_no_more_than_discounts_leave() {
    block_on(async {
        let tenant = TestTenant::with_program(program()).await;
        let member = tenant.member().await;
        let mut granted = tenant.receipt(&member, "1", 0);
        granted["lines"] = json!([{"amount": 1_000_000}]);
        tenant.buy(&granted).await.expect(201);
        let mut receipt = tenant.receipt(&member, "2", 10_000);
        receipt["lines"] = json!([{"amount": 100}]);
        receipt["redeem"] = json!([{"wallet": "points", "points": 96}]);
        let refused = tenant.buy(&receipt).await.expect(422);
        assert_eq!(refused.code(), "over_maximum");
        receipt["redeem"] = json!([{"wallet": "points", "points": 85}]);
        receipt["occurred_at"] = json!("2026-11-21T13:00:00+09:00");
        let bought = tenant.buy(&receipt).await.expect(201);
        assert_eq!(bought.json["amounts"]["total"], 10);
        assert_eq!(bought.json["amounts"]["discount"], 5);
    });
}

#[test]
fn lines_that_take_a_discount_below_zero_are_refused() {
    block_on(async {
        let mut program = program();
        program["discounts"] = json!([{"code": "ten", "type": "percent", "percent": "10",
            "when": {"categories": ["coupon"]}}]);
        let tenant = TestTenant::with_program(program).await;
        let member = tenant.member().await;
        let mut receipt = tenant.receipt(&member, "1", 0);
        receipt["lines"] = json!([{"amount": 500}, {"amount": -100, "category": "coupon"}]);
        for path in ["/v1/quotes", "/v1/purchases"] {
            let refused = tenant.api.keyed(path, "below", &receipt).await.expect(422);
            assert_eq!(refused.code(), "validation_failed");
            let expected = [("/lines".to_owned(), "out_of_range".to_owned())];
            assert_eq!(refused.faults(), expected);
        }
        receipt["lines"] = json!([{"amount": 500}, {"amount": -100}]);
        tenant.buy(&receipt).await.expect(201);
    });
}
