//! Every limit of a program at its edge and one beyond, wrong values of every part, and what could keep the server busy.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use super::{Row, at, cases, refused};
use crate::harness::{TestTenant, block_on};

/// No answer may take longer, also on a busy machine and without optimisation.
const LONGEST: Duration = Duration::from_secs(10);

fn program() -> Value {
    json!({
        "wallets": [{"code": "points", "name": "Points", "activation": {"type": "after_days", "days": 1},
            "expiry": {"type": "after", "days": 1}, "limits": [{"per": "receipt", "points": 1}],
            "redemption": {"minimum": 1, "step": 1}}],
        "earning": {"combine": "sum", "exclude": {"skus": ["a"]}, "basis": {"tax": "included"}},
        "earn_rules": [{"code": "base", "wallet": "points", "award": {"type": "percent", "percent": "1"},
            "limits": [{"per": "member", "times": 1}]}],
        "bonuses": [{"code": "plus", "wallet": "points", "effect": {"type": "add", "points": 1},
            "when": {"hours": {"from": "10:00", "to": "11:00"}, "birthday": {"within_days": 3},
                "tenders": ["cash"], "terminals": ["pos-1"], "attributes": {"club": ["yes"]}}}]
    })
}

/// Beyond each limit: the place, the value, and the code of the fault at it.
const BEYOND: &[Row] = &[
    at("/wallets/0/activation/days", "0", "out_of_range"),
    at("/wallets/0/activation/days", "3661", "out_of_range"),
    at("/wallets/0/activation/type", "\"soon\"", "invalid_value"),
    at("/wallets/0/expiry/days", "0", "out_of_range"),
    at("/wallets/0/expiry/days", "3661", "out_of_range"),
    at(
        "/wallets/0/expiry/days",
        "9223372036854775808",
        "out_of_range",
    ),
    at("/wallets/0/expiry/days", "1e3", "invalid_type"),
    at("/wallets/0/max_balance", "9007199254740992", "out_of_range"),
    at(
        "/wallets/0/limits/0/points",
        "9007199254740992",
        "out_of_range",
    ),
    at("/wallets/0/limits/0/per", "\"lunch\"", "invalid_value"),
    at("/wallets/0/limits/0/over", "\"burst\"", "invalid_value"),
    at(
        "/wallets/0/limits/0",
        "{\"per\":\"member\"}",
        "invalid_at_points",
    ),
    at("/wallets/0/on_shortage", "\"panic\"", "invalid_value"),
    at("/earning/combine", "\"most\"", "invalid_value"),
    at("/earning/rounding", "\"up\"", "invalid_value"),
    at("/earning/granularity", "\"atom\"", "invalid_value"),
    at("/earning/multiply", "true", "invalid_type"),
    at("/earning/basis/tax", "\"maybe\"", "invalid_value"),
    at("/earning/exclude/skus", "\"a\"", "invalid_type"),
    at("/earning/exclude/skus/0", "\"\"", "empty"),
    at("/earning/exclude/colours", "[]", "unknown_field"),
    at("/earn_rules/0/award/percent", "\"0\"", "out_of_range"),
    at(
        "/earn_rules/0/award/percent",
        "\"100.0001\"",
        "out_of_range",
    ),
    at(
        "/earn_rules/0/award/percent",
        "\"0.00001\"",
        "invalid_value",
    ),
    at("/earn_rules/0/award/percent", "\"10%\"", "invalid_value"),
    at("/earn_rules/0/award/percent", "\"NaN\"", "invalid_value"),
    at("/earn_rules/0/award/percent", "10", "invalid_type"),
    at("/earn_rules/0/limits/0/times", "1000000001", "out_of_range"),
    at("/earn_rules/0/limits/0/times", "0", "out_of_range"),
    at("/earn_rules/0/priority", "1000001", "out_of_range"),
    at("/bonuses/0/effect/points", "1000000001", "out_of_range"),
    at("/bonuses/0/effect/points", "0", "out_of_range"),
    at("/bonuses/0/combine", "\"all\"", "invalid_value"),
    at("/bonuses/0/rules", "[]", "empty"),
    at("/bonuses/0/when/hours/from", "\"24:00\"", "invalid_value"),
    at("/bonuses/0/when/hours/to", "\"24:01\"", "invalid_value"),
    at("/bonuses/0/when/hours/to", "\"11:60\"", "invalid_value"),
    at("/bonuses/0/when/hours/to", "\"１１:00\"", "invalid_value"),
    at("/bonuses/0/when/hours/to", "11", "invalid_type"),
    at(
        "/bonuses/0/when/birthday/within_days",
        "183",
        "out_of_range",
    ),
    at("/bonuses/0/when/birthday/within_days", "-1", "out_of_range"),
    at("/bonuses/0/when/tenders", "[]", "empty"),
    at("/bonuses/0/when/tenders/0", "5", "invalid_type"),
    at("/bonuses/0/when/terminals/0", "null", "invalid_type"),
    at("/bonuses/0/when/attributes", "{}", "empty"),
    at("/bonuses/0/when/attributes", "[]", "invalid_type"),
    at("/bonuses/0/when/attributes/club", "[]", "empty"),
    at("/bonuses/0/when/attributes/club", "\"yes\"", "invalid_type"),
    at("/bonuses/0/when/skus", "[\"a\\u0000\"]", "at_first"),
    at("/bonuses/0/when/categories", "[\"a\\u202e\"]", "at_first"),
    at("/bonuses/0/when/departments", "{}", "invalid_type"),
    at("/bonuses/0/when/nth_visit", "0", "out_of_range"),
    at("/bonuses/0/when/nth_visit", "1000001", "out_of_range"),
    at(
        "/bonuses/0/when/days_since_enrolment_max",
        "36526",
        "out_of_range",
    ),
    at(
        "/bonuses/0/when/days_since_last_visit_min",
        "-1",
        "out_of_range",
    ),
    at("/bonuses/0/when/first_purchase", "1", "invalid_type"),
    at("/bonuses/0/when/minimum_quantity", "0", "out_of_range"),
    at(
        "/bonuses/0/when/minimum_quantity",
        "1000000000000",
        "out_of_range",
    ),
    at(
        "/bonuses/0/when/minimum_amount",
        "1000000000000",
        "out_of_range",
    ),
    at("/bonuses/0/when/minimum_amount", "-1", "out_of_range"),
    at("/bonuses/0/when/dates", "[\"2026-02-30\"]", "at_first"),
    at("/bonuses/0/when/dates", "[20260101]", "at_first"),
    at("/bonuses/0/when/rrule", "5", "invalid_type"),
    at("/bonuses/0/when/rrule", "\"\"", "required"),
    at("/bonuses/0/when/rrule", "\"FREQ=DAILY\"", "invalid_value"),
    at(
        "/bonuses/0/when/rrule",
        "\"DTSTART:20260101T000000\\nDURATION:P32D\\nRRULE:FREQ=DAILY\"",
        "out_of_range",
    ),
    at(
        "/bonuses/0/when/rrule",
        "\"DTSTART:20260101T000000\\nDURATION:PT0S\\nRRULE:FREQ=DAILY\"",
        "out_of_range",
    ),
    at(
        "/bonuses/0/when/rrule",
        "\"DTSTART:20260101T000000\\nDURATION:PT1H\\nRRULE:FREQ=DAILY;COUNT=1001\"",
        "out_of_range",
    ),
    at(
        "/bonuses/0/when/rrule",
        "\"DTSTART:20260101T000000\\nDURATION:PT1H\\nRRULE:FREQ=DAILY;INTERVAL=0\"",
        "out_of_range",
    ),
    at(
        "/bonuses/0/when/rrule",
        "\"DTSTART:22000101T000000\\nDURATION:PT1H\\nRRULE:FREQ=DAILY\"",
        "invalid_value",
    ),
];

/// Where the fault of a row stands, when it is not the place of the value.
fn placed(row: Row) -> Row {
    match row.4.1 {
        "invalid_at_points" => (
            row.0,
            row.1,
            row.2,
            row.3,
            ("/wallets/0/limits/0/points", "required"),
        ),
        "at_first" => (row.0, row.1, row.2, row.3, ("", "")),
        _ => row,
    }
}

#[test]
fn programs_beyond_their_limits() {
    block_on(async {
        let tenant = TestTenant::new().await;
        tenant.save(&program()).await.expect(200);
        let rows: Vec<Row> = BEYOND.iter().copied().map(placed).collect();
        refused(
            &tenant,
            cases(&Method::PUT, "/v1/program/draft", &program(), &rows),
        )
        .await;
    });
}

/// A value at its limit, one beyond, and the code of that.
const EDGES: &[(&str, &str, &str, &str)] = &[
    ("/wallets/0/activation/days", "3660", "3661", "out_of_range"),
    ("/wallets/0/expiry/days", "3660", "3661", "out_of_range"),
    (
        "/wallets/0/max_balance",
        "9007199254740991",
        "9007199254740992",
        "out_of_range",
    ),
    (
        "/earn_rules/0/award/percent",
        "\"100\"",
        "\"100.0001\"",
        "out_of_range",
    ),
    (
        "/earn_rules/0/priority",
        "1000000",
        "1000001",
        "out_of_range",
    ),
    (
        "/bonuses/0/effect/points",
        "1000000000",
        "1000000001",
        "out_of_range",
    ),
    (
        "/bonuses/0/when/birthday/within_days",
        "182",
        "183",
        "out_of_range",
    ),
    (
        "/bonuses/0/when/nth_visit",
        "1000000",
        "1000001",
        "out_of_range",
    ),
    (
        "/bonuses/0/when/hours/to",
        "\"24:00\"",
        "\"24:01\"",
        "invalid_value",
    ),
];

/// Lists and the most entries of them.
const LISTS: &[(&str, usize)] = &[
    ("/earning/exclude/skus", 10_000),
    ("/bonuses/0/when/skus", 1_000),
    ("/bonuses/0/when/categories", 1_000),
    ("/bonuses/0/when/tenders", 1_000),
    ("/bonuses/0/when/terminals", 1_000),
    ("/bonuses/0/when/attributes/club", 1_000),
];

/// Texts and the most characters of them.
const TEXTS: &[(&str, usize)] = &[("/bonuses/0/code", 64), ("/wallets/0/name", 200)];

#[test]
fn programs_at_their_limits_are_taken_and_one_more_is_not() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let parsed = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        let mut rows: Vec<(&str, Value, Value, &str)> = Vec::new();
        for (pointer, edge, beyond, code) in EDGES {
            rows.push((pointer, parsed(edge), parsed(beyond), code));
        }
        for (pointer, most) in LISTS {
            let texts = |count: usize| (0..count).map(|n| json!(format!("t{n}"))).collect();
            rows.push((pointer, texts(*most), texts(most + 1), "too_many"));
        }
        for (pointer, most) in TEXTS {
            let text = |count: usize| json!("n".repeat(count));
            rows.push((pointer, text(*most), text(most + 1), "too_long"));
        }
        let mut wrong = Vec::new();
        for (pointer, edge, beyond, code) in rows {
            let with = |value: &Value| {
                let mut program = program();
                let (parent, name) = pointer.rsplit_once('/').unwrap();
                program.pointer_mut(parent).unwrap()[name] = value.clone();
                program
            };
            let taken = tenant.save(&with(&edge)).await;
            let refused = tenant.save(&with(&beyond)).await;
            let fault = (pointer.to_owned(), code.to_owned());
            if taken.status != 200 || refused.status != 422 || !refused.faults().contains(&fault) {
                wrong.push(format!("{pointer}: {} {refused}", taken.status));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    });
}

/// One rule more than a program may have; and many whose times are rare or never.
#[test]
fn rare_times_are_saved_and_judged_in_a_moment() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let rules = [
            "FREQ=YEARLY;INTERVAL=1000",
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
            "FREQ=DAILY;INTERVAL=1000;COUNT=1000",
        ];
        let bonus = |number: usize| {
            let rrule = format!(
                "DTSTART:20200106T235959\nDURATION:P31D\nRRULE:{}",
                rules[number % rules.len()]
            );
            json!({"code": format!("b{number}"), "wallet": "points", "effect": {"type": "add", "points": 1},
                "when": {"rrule": rrule}})
        };
        let mut program = crate::harness::tenant::plain_program();
        program["bonuses"] = (1..=1_000).map(bonus).collect();
        let answer = tenant.save(&program).await.expect(422);
        assert_eq!(
            answer.faults(),
            [("/bonuses".to_owned(), "too_many".to_owned())]
        );
        // Fewer of them here: without optimisation a thousand come near the deadline of a write.
        program["bonuses"].as_array_mut().unwrap().truncate(200);
        let started = Instant::now();
        let from = Some("2020-02-01T00:00:00Z");
        tenant.publish(&program, from).await.expect(201);
        let saved = started.elapsed();
        let member = tenant.member().await;
        let started = Instant::now();
        let mut receipt = tenant.receipt(&member, "1", 100);
        receipt["lines"] = (0..500)
            .map(|_| json!({"sku": "a", "category": "b/c", "amount": 100}))
            .collect();
        let quote = tenant.api.post("/v1/quotes", &receipt).await.expect(200);
        let judged = started.elapsed();
        assert_eq!(quote.json["explanation"].as_array().unwrap().len(), 201);
        assert!(saved < LONGEST && judged < LONGEST, "{saved:?} {judged:?}");
    });
}

#[test]
fn any_wish_for_a_language_is_answered() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let receipt = tenant.receipt(&tenant.member().await, "1", 100);
        let many = "ja;q=0.5,".repeat(800);
        for (wish, tag) in [
            ("", "en"),
            (",,,", "en"),
            ("*", "en"),
            (";q=1", "en"),
            ("ja;q=", "en"),
            ("ja;q=2", "en"),
            ("ja;q=-1", "en"),
            ("ja;q=NaN", "en"),
            ("ja;q=0", "en"),
            ("xx-".repeat(100).as_str(), "en"),
            ("../../etc/passwd", "en"),
            ("ja;q=0.001", "ja"),
            ("JA-jp", "ja"),
            ("en;q=0, *", "ja"),
            (many.as_str(), "ja"),
        ] {
            let request = tenant
                .api
                .request(Method::POST, "/v1/quotes")
                .json(&receipt);
            let answer = tenant
                .api
                .send(request.header("Accept-Language", wish))
                .await;
            let shown: String = wish.chars().take(40).collect();
            assert_eq!(answer.status, 200, "{shown}: {answer}");
            assert_eq!(answer.header("content-language"), tag, "{shown}");
        }
        let request = tenant
            .api
            .request(Method::POST, "/v1/quotes")
            .json(&receipt);
        let bytes = reqwest::header::HeaderValue::from_bytes(b"\xff\xfe").unwrap();
        let answer = tenant
            .api
            .send(request.header("Accept-Language", bytes))
            .await;
        assert_eq!(
            (answer.status, answer.header("content-language")),
            (200, "en"),
            "{answer}"
        );
    });
}
