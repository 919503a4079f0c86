//! Texts that look like other texts, and days that are not.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Row, at, cases, refused};
use crate::harness::{Answer, TestTenant, block_on};

const HIDDEN: [&str; 7] = [
    "q\\u200b",
    "q\\u00ad",
    "q\\ufdd0",
    "q\\udb40\\udc41",
    "q\\u2060",
    "q\\ufe0f",
    "\\u202eq",
];

/// Each hidden character at each of these places.
async fn refused_everywhere(
    tenant: &TestTenant,
    path: &str,
    document: &Value,
    places: &[&'static str],
) {
    let mut rows: Vec<Row> = Vec::new();
    for place in places {
        for text in HIDDEN {
            let raw: &'static str = format!("\"{text}\"").leak();
            rows.push(at(place, raw, "control_character"));
        }
    }
    refused(tenant, cases(&Method::POST, path, document, &rows)).await;
}

#[test]
fn what_can_not_be_seen_stands_in_no_text() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let store = json!({"code": "q", "name": "Q"});
        refused_everywhere(&tenant, "/v1/stores", &store, &["/code", "/name"]).await;
        let member = json!({"external_id": "q", "cards": ["2900"], "emails": ["q@example.com"],
            "family_name": "Q", "attributes": {"a": "q"}});
        let places = [
            "/external_id",
            "/cards/0",
            "/emails/0",
            "/family_name",
            "/attributes/a",
        ];
        refused_everywhere(&tenant, "/v1/members", &member, &places).await;
        let mut receipt = tenant.receipt(&tenant.member().await, "1", 100);
        receipt["lines"][0]["attributes"] = json!({"a": "q"});
        let places = [
            "/receipt_number",
            "/terminal",
            "/lines/0/sku",
            "/lines/0/category",
            "/lines/0/attributes/a",
        ];
        refused_everywhere(&tenant, "/v1/purchases", &receipt, &places).await;
        receipt["lines"][0]["attributes"] = json!({"k".repeat(64): "q"});
        receipt["lines"][0]["sku"] = json!("辻\u{e0100} ｶﾌｪ \u{1f469}\u{200d}\u{1f4bb}");
        tenant.buy(&receipt).await.expect(201);
        receipt["lines"][0]["attributes"] = json!({"k".repeat(65): "q"});
        let answer = tenant.buy(&receipt).await.expect(422);
        assert_eq!(answer.faults()[0].1, "too_long", "{answer}");
    });
}

async fn open(tenant: &TestTenant, code: &str) -> Answer {
    let store = json!({"code": code, "name": "x"});
    tenant.api.post("/v1/stores", &store).await
}

#[test]
fn codes_of_stores_that_read_the_same_are_the_same() {
    block_on(async {
        let tenant = TestTenant::new().await;
        for (first, second) in [
            ("shop", "ｓｈｏｐ"),
            ("cafe\u{301}", "café"),
            ("ｶﾌｪ", "カフェ"),
            ("辻", "辻\u{e0100}"),
        ] {
            open(&tenant, first).await.expect(201);
            let again = open(&tenant, second).await.expect(409);
            assert_eq!(again.code(), "code_taken", "{second}");
        }
        open(&tenant, "Shop").await.expect(201);
        // As it was written it is named.
        let mut receipt = tenant.receipt(&tenant.member().await, "1", 100);
        receipt["store"] = json!("ｶﾌｪ");
        tenant.buy(&receipt).await.expect(201);
    });
}

#[test]
fn of_stores_that_read_the_same_and_are_opened_at_once_one_is_there() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let codes = ["eki", "ｅｋｉ", "ｅki", "eｋi", "ekｉ", "eｋｉ"];
        let answers = futures_util::future::join_all(codes.map(|code| open(&tenant, code))).await;
        let opened = answers.iter().filter(|answer| answer.status == 201).count();
        assert_eq!(opened, 1, "{answers:?}");
        assert!(
            answers
                .iter()
                .all(|answer| [201, 409].contains(&answer.status))
        );
    });
}

#[test]
fn nobody_is_born_tomorrow_or_brought_itself() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let here = |days: i64| {
            let zone = jiff::tz::TimeZone::get("Asia/Tokyo").unwrap();
            let day = zone.to_datetime(api::clock::now()).date();
            json!({"birth_date": day + jiff::Span::new().days(days)})
        };
        let tomorrow = tenant.api.post("/v1/members", &here(1)).await.expect(422);
        assert_eq!(
            tomorrow.faults(),
            [("/birth_date".into(), "out_of_range".into())]
        );
        let member = tenant.enrol(&here(0)).await;
        let path = format!("/v1/members/{member}");
        let itself = json!({"referred_by": member});
        let itself = tenant.api.patch(&path, &itself).await.expect(422);
        assert_eq!(
            itself.faults(),
            [("/referred_by".into(), "invalid_value".into())]
        );
    });
}

#[test]
fn days_outside_of_any_calendar_in_use_are_refused() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        for day in ["0000-01-01", "1969-12-31", "2200-01-01", "9999-12-31"] {
            for path in [
                "/v1/liability".to_owned(),
                format!("/v1/members/{member}/balances"),
            ] {
                let answer = tenant.api.get(&format!("{path}?as_of={day}")).await;
                let fault = ("/as_of".to_owned(), "invalid_value".to_owned());
                assert_eq!(
                    (answer.status, answer.faults()),
                    (400, vec![fault]),
                    "{day}"
                );
            }
            let program = json!({"wallets": [{"code": "points"}], "earn_rules": [{"code": "base", "wallet": "points",
                "award": {"type": "fixed", "points": 1}, "when": {"dates": [day]}}]});
            let answer = tenant.save(&program).await.expect(422);
            let fault = (
                "/earn_rules/0/when/dates/0".to_owned(),
                "out_of_range".to_owned(),
            );
            assert_eq!(answer.faults(), [fault]);
        }
    });
}
