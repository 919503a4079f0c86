//! Programs, tenants, stores and members with wrong values.

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use super::{Row, at, cases, refused, shape, with_raw};
use crate::harness::{TestTenant, block_on, node};

fn program() -> Value {
    json!({
        "wallets": [{"code": "points", "name": "Points", "expiry": {"type": "after", "months": 12},
            "redemption": {"minimum": 1, "step": 1}}],
        "earn_rules": [
            {"code": "base", "wallet": "points", "award": {"type": "per_amount", "amount": 100, "points": 1},
                "when": {"from": "2026-01-01", "to": "2026-12-31"}},
            {"code": "large", "wallet": "points", "award": {"type": "tiered", "by": "receipt_amount", "mode": "whole",
                "tiers": [{"from": 0, "amount": 100, "points": 1}, {"from": 3000, "amount": 100, "points": 3}]}}
        ],
        "bonuses": [{"code": "five", "wallet": "points", "effect": {"type": "multiplier", "times": "5"},
            "when": {"days_of_month": [5], "weekdays": ["mon"], "stores": ["shibuya"]}}]
    })
}

/// Anything may be demanded of the code but the pointer.
const fn wrong(pointer: &'static str, raw: &'static str) -> Row {
    (pointer, raw, 422, "validation_failed", (pointer, ""))
}

const PROGRAM: &[Row] = &[
    at("/colour", "1", "unknown_field"),
    at("/wallets", "{}", "invalid_type"),
    at("/wallets/0/code", "\"\"", "invalid_value"),
    at("/wallets/0/code", "null", "required"),
    at("/wallets/0/expiry/type", "\"sometimes\"", "invalid_value"),
    at("/wallets/0/expiry/months", "0", "out_of_range"),
    at("/wallets/0/expiry/months", "-1", "out_of_range"),
    at("/wallets/0/expiry/months", "1000000", "out_of_range"),
    at("/wallets/0/expiry/colour", "1", "unknown_field"),
    at("/wallets/0/redemption/minimum", "0", "out_of_range"),
    at("/wallets/0/redemption/step", "0", "out_of_range"),
    at("/earn_rules/0/wallet", "\"stars\"", "unknown_reference"),
    at("/earn_rules/0/award/amount", "0", "out_of_range"),
    at("/earn_rules/0/award/amount", "-100", "out_of_range"),
    at("/earn_rules/0/award/points", "-1", "out_of_range"),
    at(
        "/earn_rules/0/award/points",
        "9223372036854775807",
        "out_of_range",
    ),
    at("/earn_rules/0/award/amount", "1.5", "invalid_type"),
    at("/earn_rules/0/award/type", "\"magic\"", "invalid_value"),
    at("/earn_rules/1/award/tiers", "[]", "empty"),
    at("/earn_rules/1/award/tiers/0/from", "1", "tiers_start"),
    at("/earn_rules/1/award/tiers/1/from", "0", "tiers_order"),
    at("/earn_rules/1/code", "\"base\"", "duplicate"),
    at("/bonuses/0/code", "\"base\"", "duplicate"),
    at(
        "/bonuses/0/when/stores",
        "[\"nowhere\"]",
        "unknown_store_in_program",
    ),
    at("/bonuses/0/effect/times", "\"five\"", "invalid_value"),
    at("/bonuses/0/effect/times", "5", "invalid_type"),
    wrong("/bonuses/0/effect/times", "\"1.00001\""),
    wrong("/bonuses/0/effect/times", "\"-1\""),
    wrong("/bonuses/0/when/days_of_month", "[32]"),
    (
        "/wallets/0/redemption",
        "{\"exclude\":[]}",
        422,
        "validation_failed",
        ("/wallets/0/redemption/exclude", ""),
    ),
    (
        "/wallets/0/redemption",
        "{\"exclude\":{\"articles\":[]}}",
        422,
        "validation_failed",
        ("/wallets/0/redemption/exclude/articles", ""),
    ),
    (
        "/wallets/0/redemption",
        "{\"exclude\":{\"skus\":\"9\"}}",
        422,
        "validation_failed",
        ("/wallets/0/redemption/exclude/skus", ""),
    ),
    (
        "/wallets/0/redemption",
        "{\"exclude\":{\"categories\":[5]}}",
        422,
        "validation_failed",
        ("/wallets/0/redemption/exclude/categories/0", ""),
    ),
    wrong("/bonuses/0/when/days_of_month", "[0]"),
    wrong("/bonuses/0/when/weekdays", "[\"noday\"]"),
    wrong("/earn_rules/0/when/from", "\"2026-02-30\""),
    wrong("/earn_rules/0/when/to", "\"2025-12-31\""),
    (
        "/discounts",
        "[{\"code\":\"p\",\"type\":\"percent\",\"percent\":\"100.1\"}]",
        422,
        "validation_failed",
        ("/discounts/0/percent", "out_of_range"),
    ),
    (
        "/member_prices",
        "[{\"sku\":\"1\",\"price\":-1}]",
        422,
        "validation_failed",
        ("/member_prices/0/price", "out_of_range"),
    ),
    (
        "/rewards",
        "[{\"code\":\"m\"}]",
        422,
        "unsupported",
        ("/rewards/0", ""),
    ),
    (
        "/bonuses/0/when/hours",
        "{\"from\":\"10:00\",\"to\":\"10:00\"}",
        422,
        "validation_failed",
        ("/bonuses/0/when/hours/to", "period_empty"),
    ),
    (
        "/bonuses/0/when/rrule",
        "\"DTSTART:20260101T000000\\nDURATION:PT1H\\nRRULE:FREQ=HOURLY\"",
        422,
        "unsupported",
        ("/bonuses/0/when/rrule", "unsupported"),
    ),
    (
        "/bonuses/0/when/ranks",
        "[\"gold\"]",
        422,
        "validation_failed",
        ("/bonuses/0/when/ranks/0", "unknown_reference"),
    ),
    wrong("/bonuses/0/limits", "[{\"per\":\"lunch\",\"points\":5}]"),
    wrong("/bonuses/0/limits", "[{\"per\":\"receipt\",\"points\":0}]"),
    wrong("/bonuses/0/rules", "[\"bonus\"]"),
    wrong("/earn_rules/0/award/blocks", "\"half\""),
    wrong("/earn_rules/0/exclusive", "\"yes\""),
    wrong("/wallets/0/max_balance", "0"),
    (
        "/wallets/0/expiry",
        "{\"type\":\"sliding\",\"days\":180}",
        422,
        "validation_failed",
        ("/wallets/0/expiry/reset_on", "required"),
    ),
    (
        "/wallets/0/expiry",
        "{\"type\":\"fixed_date\",\"month\":2,\"day\":30}",
        422,
        "validation_failed",
        ("/wallets/0/expiry/day", "out_of_range"),
    ),
    (
        "/wallets/0/activation",
        "{\"type\":\"after_days\",\"days\":0}",
        422,
        "validation_failed",
        ("/wallets/0/activation/days", "out_of_range"),
    ),
    (
        "/wallets/0/code",
        "\"a\",\"code\":\"b\"",
        400,
        "duplicate_key",
        ("", ""),
    ),
];

#[test]
fn programs() {
    block_on(async {
        let tenant = TestTenant::new().await;
        tenant.save(&program()).await.expect(200);
        let rows: Vec<Row> = PROGRAM
            .iter()
            .map(|row| match row.4.1 {
                "unknown_store_in_program" => (
                    row.0,
                    row.1,
                    422,
                    "unknown_store",
                    ("/bonuses/0/when/stores/0", "unknown_store"),
                ),
                _ => *row,
            })
            .collect();
        refused(
            &tenant,
            cases(&Method::PUT, "/v1/program/draft", &program(), &rows),
        )
        .await;
    });
}

#[test]
fn every_problem_of_a_program_is_told_at_once() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let mut program = program();
        program["wallets"][0]["expiry"]["months"] = json!(0);
        program["earn_rules"][0]["wallet"] = json!("stars");
        program["bonuses"][0]["when"]["days_of_month"] = json!([32]);
        let answer = tenant.save(&program).await.expect(422);
        assert_eq!(answer.code(), "validation_failed");
        let mut pointers: Vec<String> = answer
            .faults()
            .into_iter()
            .map(|(pointer, _)| pointer)
            .collect();
        pointers.sort();
        assert_eq!(pointers.len(), 3, "{answer}");
        assert!(
            pointers[0].starts_with("/bonuses/0/when/days_of_month"),
            "{answer}"
        );
        assert_eq!(
            pointers[1..],
            ["/earn_rules/0/wallet", "/wallets/0/expiry/months"]
        );
    });
}

fn settings() -> Value {
    json!({
        "name": "Test",
        "currency": "JPY",
        "time_zone": "Asia/Tokyo",
        "business_day_cutover": "05:00",
        "prices_include_tax": true,
        "default_tax_percent": "8",
        "tax_rounding": "floor",
        "points_paid_as": "tender",
        "receipt_max_future_minutes": 5
    })
}

const SETTINGS: &[Row] = &[
    at("/name", "\"\"", "empty"),
    at("/name", "\"a\\u0000b\"", "control_character"),
    at("/colour", "1", "unknown_field"),
    at("/id", "1", "unknown_field"),
    at("/status", "\"active\"", "unknown_field"),
    wrong("/name", "null"),
    wrong("/currency", "\"ZZZ\""),
    wrong("/currency", "\"jpy\""),
    wrong("/currency", "\"\""),
    wrong("/time_zone", "\"Mars/Base\""),
    wrong("/time_zone", "\"JST\""),
    wrong("/time_zone", "\"asia/tokyo\""),
    wrong("/time_zone", "\"\""),
    wrong("/time_zone", "\"../../etc/passwd\""),
    wrong("/time_zone", "\"UTC+9\""),
    wrong("/business_day_cutover", "\"25:00\""),
    wrong("/business_day_cutover", "\"5:00\""),
    wrong("/business_day_cutover", "\"05:60\""),
    wrong("/business_day_cutover", "5"),
    wrong("/default_tax_percent", "\"101\""),
    wrong("/default_tax_percent", "\"-1\""),
    wrong("/default_tax_percent", "8"),
    wrong("/tax_rounding", "\"up\""),
    wrong("/points_paid_as", "\"gift\""),
    wrong("/prices_include_tax", "1"),
    wrong("/receipt_max_future_minutes", "-1"),
];

#[test]
fn tenants() {
    block_on(async {
        let operator = node().operator();
        operator.post("/v1/tenants", &settings()).await.expect(201);
        let mut wrong = Vec::new();
        for (pointer, raw, status, code, fault) in SETTINGS {
            let body = with_raw(&settings(), pointer, raw);
            let request = operator.request(Method::POST, "/v1/tenants").body(body);
            let answer = operator
                .send(request.header(CONTENT_TYPE, "application/json"))
                .await;
            let fault = (fault.0.to_owned(), fault.1.to_owned());
            let has_fault = fault.1.is_empty() || answer.faults().contains(&fault);
            let is_right = answer.status == *status
                && answer.code() == *code
                && has_fault
                && shape(&answer).is_empty();
            if !is_right {
                wrong.push(format!(
                    "{pointer} = {raw}: expected {status} {code} {fault:?}, got {answer}"
                ));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    });
}

const STORE: &[Row] = &[
    at("/code", "\"\"", "empty"),
    at("/name", "\"\"", "empty"),
    at("/colour", "1", "unknown_field"),
    wrong("/code", "null"),
    wrong("/time_zone", "\"Mars/Base\""),
    ("/code", "\"shibuya\"", 409, "code_taken", ("", "")),
];

#[test]
fn stores() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let store = json!({"code": "umeda", "name": "Umeda", "time_zone": "Asia/Tokyo"});
        refused(&tenant, cases(&Method::POST, "/v1/stores", &store, STORE)).await;
    });
}

const MEMBER: &[Row] = &[
    at("/balance", "1", "unknown_field"),
    at("/rank", "\"gold\"", "unknown_field"),
    at("/id", "\"mem_1\"", "unknown_field"),
    at("/status", "\"active\"", "unknown_field"),
    at("/version", "5", "unknown_field"),
    at("/family_name", "\"a\\u0000\"", "control_character"),
    wrong("/family_name", "5"),
    wrong("/cards", "\"1\""),
    wrong("/cards/0", "\"\""),
    wrong("/phones/0", "\"call me\""),
    wrong("/phones/0", "\"+8190000000000000000000000000000000000000\""),
    wrong("/emails/0", "\"nobody\""),
    wrong("/emails/0", "\"a@b\\r\\nBcc: c@d\""),
    wrong("/birth_date", "\"1800-01-01\""),
    wrong("/birth_date", "\"2150-01-01\""),
    wrong("/birth_date", "\"0000-00-00\""),
    wrong("/birth_date", "\"2026-02-30\""),
    wrong("/enrolled_at", "\"2199-01-01T00:00:00Z\""),
    wrong("/enrolled_at", "\"2026-01-01\""),
    wrong("/attributes", "{\"a\":1}"),
    wrong("/attributes", "[]"),
    wrong("/store", "\"nowhere\""),
    (
        "/referred_by",
        "\"mem_01k3z8q4v5e7r9t2y4a6b8c0d1\"",
        422,
        "validation_failed",
        ("/referred_by", "unknown_reference"),
    ),
];

#[test]
fn members() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member =
            json!({"cards": ["29"], "phones": ["+819012345678"], "emails": ["a@example.com"]});
        let rows: Vec<Row> = MEMBER
            .iter()
            .map(|row| match row.0 {
                "/store" => (
                    row.0,
                    row.1,
                    422,
                    "unknown_store",
                    ("/store", "unknown_store"),
                ),
                _ => *row,
            })
            .collect();
        refused(&tenant, cases(&Method::POST, "/v1/members", &member, &rows)).await;
    });
}

#[test]
fn an_identifier_belongs_to_one_member() {
    block_on(async {
        let tenant = TestTenant::new().await;
        tenant
            .enrol(&json!({"cards": ["2900-0000"], "phones": ["+81 90-1234-5678"]}))
            .await;
        for taken in [
            json!({"cards": ["29000000"]}),
            json!({"cards": ["２９０００００0"]}),
            json!({"phones": ["+819012345678"]}),
        ] {
            let answer = tenant.api.post("/v1/members", &taken).await;
            assert_eq!(
                (answer.status, answer.code()),
                (409, "identifier_taken"),
                "{taken}: {answer}"
            );
            assert!(shape(&answer).is_empty(), "{answer}");
        }
    });
}
