//! What a member is told before it buys, by the clock of a sandbox.

use serde_json::{Value, json};

use crate::harness::call::Api;
use crate::harness::tenant::{plain_program, unique};
use crate::harness::{TestTenant, block_on};

/// 5 and 10 % by the spend of 30 days, of the day; and by receipts of the calendar month, at once.
fn program() -> Value {
    let mut program = plain_program();
    program["discounts"] = json!([
        {"code": "ten", "type": "percent", "percent": "0.1", "when": {"stores": ["shibuya"]}},
        {"code": "spend", "type": "progressive", "metric": "spend",
            "window": {"type": "rolling_days", "days": 30},
            "tiers": [{"from": 0, "percent": "5"}, {"from": 10_000, "percent": "10"}]},
        {"code": "visits", "type": "progressive", "metric": "visits", "refresh": "immediate",
            "window": {"type": "calendar_month"}, "stacking": "all",
            "tiers": [{"from": 0, "percent": "0"}, {"from": 2, "percent": "1.5"}]},
    ]);
    program
}

async fn set_clock(api: &Api, now: &str) {
    let set = api.post("/v1/test-clock", &json!({"now": now})).await;
    set.expect(200);
}

/// A sandbox in Tokyo whose days begin at five; its clock stands at noon of 1 March 2027.
async fn sandbox() -> Api {
    let api = TestTenant::new().await.sandbox;
    let store = json!({"code": "shibuya", "name": "Shibuya"});
    api.post("/v1/stores", &store).await.expect(201);
    set_clock(&api, "2027-03-01T12:00:00+09:00").await;
    let draft = api.get("/v1/program/draft").await.expect(200);
    let save = api.request(reqwest::Method::PUT, "/v1/program/draft");
    let save = save.header("If-Match", draft.header("etag"));
    api.send(save.json(&program())).await.expect(200);
    let publish = api.post("/v1/program/publish", &json!({})).await;
    publish.expect(201);
    api
}

async fn buy(api: &Api, member: &str, amount: i64, occurred_at: &str) -> i64 {
    let number = unique();
    let receipt = json!({"store": "shibuya", "receipt_number": number, "occurred_at": occurred_at,
        "member": {"id": member}, "lines": [{"amount": amount}]});
    let answer = api.keyed("/v1/purchases", &number, &receipt).await;
    answer.expect(201).json["amounts"]["discount"]
        .as_i64()
        .unwrap()
}

/// Date, and of each discount the rate, how far, what is missing to the next, and until when.
async fn told(api: &Api, member: &str) -> Value {
    let path = format!("/v1/members/{member}/discount");
    let answer = api.get(&path).await.expect(200).json;
    assert_eq!(answer["member_id"], json!(member));
    let discounts = answer["discounts"].as_array().unwrap().iter();
    let discounts: Vec<Value> = discounts
        .map(|one| {
            let next = &one["next"];
            json!([
                one["rule"],
                one["percent"],
                one["value"],
                next["missing"],
                one["valid_until"]
            ])
        })
        .collect();
    json!([answer["version"], answer["business_date"], discounts])
}

#[test]
fn a_member_is_told_todays_rates_what_is_missing_and_how_long_they_last() {
    block_on(async {
        let api = sandbox().await;
        let member = api.post("/v1/members", &json!({})).await.expect(201);
        let member = member.text("/id");
        let expected = json!([
            0,
            "2027-03-01",
            [["spend", "5", 0, 10_000, null], ["visits", "0", 0, 2, null],]
        ]);
        assert_eq!(told(&api, &member).await, expected);
        let taken = buy(&api, &member, 12_000, "2027-03-01T12:00:00+09:00").await;
        assert_eq!(taken, 600 + 11);
        // Spend counts from tomorrow on, visits at once.
        let expected = json!([
            1,
            "2027-03-01",
            [["spend", "5", 0, 10_000, null], ["visits", "0", 1, 1, null],]
        ]);
        assert_eq!(told(&api, &member).await, expected);
        // 04:59 is still the day before; it ends at five.
        set_clock(&api, "2027-03-02T04:59:59+09:00").await;
        assert_eq!(told(&api, &member).await, expected);
        set_clock(&api, "2027-03-02T05:00:00+09:00").await;
        let expected = json!([
            1,
            "2027-03-02",
            [
                ["spend", "10", 11_389, null, "2027-03-31"],
                ["visits", "0", 1, 1, null],
            ]
        ]);
        assert_eq!(told(&api, &member).await, expected);
        let taken = buy(&api, &member, 1_000, "2027-03-02T05:00:00+09:00").await;
        assert_eq!(taken, 100);
        let expected = json!([
            2,
            "2027-03-02",
            [
                ["spend", "10", 11_389, null, "2027-03-31"],
                ["visits", "1.5", 2, null, "2027-03-31"],
            ]
        ]);
        assert_eq!(told(&api, &member).await, expected);
        // The 1st of March is one of the thirty days before the 31st for the last time.
        set_clock(&api, "2027-04-01T04:59:59+09:00").await;
        assert_eq!(told(&api, &member).await[1], "2027-03-31");
        assert_eq!(told(&api, &member).await[2][0][1], "10");
        set_clock(&api, "2027-04-01T05:00:00+09:00").await;
        let expected = json!([
            2,
            "2027-04-01",
            [
                ["spend", "5", 900, 9_100, null],
                ["visits", "0", 0, 2, null],
            ]
        ]);
        assert_eq!(told(&api, &member).await, expected);
        let taken = buy(&api, &member, 1_000, "2027-04-01T05:00:00+09:00").await;
        assert_eq!(taken, 50, "the till applies what the member was told");
    });
}

#[test]
fn before_a_program_there_is_no_discount_and_without_the_scope_no_answer() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        let path = format!("/v1/members/{member}/discount");
        let answer = tenant.api.get(&path).await.expect(200);
        assert_eq!(answer.json["discounts"], json!([]));
        let other = tenant.key(&["purchases:read"]).await;
        other.get(&path).await.expect(403);
    });
}
