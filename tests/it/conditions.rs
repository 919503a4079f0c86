//! Conditions that look at the member, from what is recorded to the till's answer.

use serde_json::{Value, json};

use crate::harness::{TestTenant, block_on};

fn program() -> Value {
    let visit = |code: &str, when: Value| {
        json!({"code": code, "wallet": "points", "award": {"type": "fixed", "points": 1},
            "when": when})
    };
    json!({
        "wallets": [{"code": "points"}],
        "earn_rules": [
            visit("first", json!({"first_purchase": true})),
            visit("second", json!({"nth_visit": 2})),
            visit("back", json!({"days_since_last_visit_min": 7})),
            visit("birthday", json!({"birthday": {"month": true}})),
            visit("club", json!({"attributes": {"club": ["tea"]}})),
            visit("paid-by", json!({"tenders": ["PayBrand"]})),
        ],
    })
}

/// The rules that fired, and the reasons of the others.
fn told(answer: &Value) -> Vec<String> {
    let rules = answer["explanation"].as_array().unwrap().iter();
    rules
        .map(|rule| rule["reason"].as_str().unwrap_or("fired").to_owned())
        .collect()
}

#[test]
fn what_is_known_of_a_member_decides() {
    block_on(async {
        let tenant = TestTenant::with_program(program()).await;
        let profile = json!({"birth_date": "1990-11-03", "attributes": {"club": "tea"}});
        let member = tenant.enrol(&profile).await;
        let mut first = tenant.receipt(&member, "1", 100);
        first["tenders"] = json!([{"type": "qr", "brand": "PayBrand", "amount": 100}]);
        let mut expected = [
            "fired",
            "other_visit",
            "no_earlier_visit",
            "fired",
            "fired",
            "fired",
        ];
        let quote = tenant.api.post("/v1/quotes", &first).await.expect(200);
        assert_eq!(told(&quote.json), expected);
        let bought = tenant.buy(&first).await.expect(201);
        assert_eq!(told(&bought.json), expected);
        // A receipt that arrives late, from six days before.
        let mut second = tenant.receipt(&member, "2", 100);
        second["occurred_at"] = json!("2026-11-15T12:00:00+09:00");
        expected = [
            "fired",
            "other_visit",
            "no_earlier_visit",
            "fired",
            "fired",
            "tender",
        ];
        // Nothing is recorded up to its own date, so that it is the first of its time.
        let bought = tenant.buy(&second).await.expect(201);
        assert_eq!(told(&bought.json), expected);
        let third = tenant.receipt(&member, "3", 100);
        expected = [
            "not_first_purchase",
            "other_visit",
            "visited_recently",
            "fired",
            "fired",
            "tender",
        ];
        let bought = tenant.buy(&third).await.expect(201);
        assert_eq!(told(&bought.json), expected);
        // Somebody of whom nothing is known.
        let stranger = tenant.member().await;
        let bought = tenant
            .buy(&tenant.receipt(&stranger, "4", 100))
            .await
            .expect(201);
        expected = [
            "fired",
            "other_visit",
            "no_earlier_visit",
            "birthday",
            "attributes",
            "tender",
        ];
        assert_eq!(told(&bought.json), expected);
        let bought = tenant
            .buy(&tenant.receipt(&stranger, "5", 100))
            .await
            .expect(201);
        assert_eq!(told(&bought.json)[1], "fired");
    });
}
