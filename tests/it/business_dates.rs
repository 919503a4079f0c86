//! Where one business day, week or year ends and the next begins: in the store's zone for what the
//! till asks, in the tenant's for what a member may earn.

use serde_json::{Value, json};

use crate::harness::call::Answer;
use crate::harness::tenant::plain_program;
use crate::harness::{TestTenant, block_on};

/// A receipt of a store at a time.
fn receipt(tenant: &TestTenant, member: &str, number: &str, place: (&str, &str)) -> Value {
    let (store, occurred_at) = place;
    let mut receipt = tenant.receipt(member, number, 8_000);
    receipt["store"] = json!(store);
    receipt["occurred_at"] = json!(occurred_at);
    receipt
}

#[test]
fn a_receipt_number_is_free_again_when_the_stores_day_is_over() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let store = json!({"code": "soho", "name": "SoHo", "time_zone": "America/New_York"});
        tenant.api.post("/v1/stores", &store).await.expect(201);
        let member = tenant.member().await;
        // 5 in the morning in New York; in Tokyo it is evening.
        for (occurred_at, status, date) in [
            ("2026-11-19T09:59:59.999999Z", 201, "2026-11-18"),
            ("2026-11-19T10:00:00Z", 201, "2026-11-19"),
            ("2026-11-19T20:00:00Z", 409, ""),
            ("2026-11-20T09:59:59.999999Z", 409, ""),
            ("2026-11-20T10:00:00Z", 201, "2026-11-20"),
        ] {
            let receipt = receipt(&tenant, &member, "1", ("soho", occurred_at));
            let answer = tenant.buy(&receipt).await.expect(status);
            if status == 201 {
                assert_eq!(answer.json["business_date"], date, "{occurred_at}");
            } else {
                assert_eq!(answer.code(), "receipt_number_used", "{occurred_at}");
            }
        }
        // The same instants are another day in the tenant's own store.
        let at_home = ("shibuya", "2026-11-19T20:00:00Z");
        let home = receipt(&tenant, &member, "1", at_home);
        let answer = tenant.buy(&home).await.expect(201);
        assert_eq!(answer.json["business_date"], "2026-11-20");
    });
}

/// What a quote and then the purchase grant, which must be the same.
async fn earns(tenant: &TestTenant, receipt: &Value) -> i64 {
    let quote = tenant.api.post("/v1/quotes", receipt).await.expect(200);
    let bought = tenant.buy(receipt).await.expect(201);
    for part in ["amounts", "earned", "explanation", "balances"] {
        assert_eq!(quote.json[part], bought.json[part], "{part}");
    }
    points(&bought)
}

fn points(answer: &Answer) -> i64 {
    let earned = answer.json["earned"].as_array().unwrap().iter();
    earned.map(|part| part["points"].as_i64().unwrap()).sum()
}

#[test]
fn weeks_and_years_of_a_member_end_at_the_tenants_cut_over() {
    block_on(async {
        for (per, times) in [
            // The first is a Monday; its ISO week goes on into January.
            (
                "member_week",
                [
                    ("2025-12-29T05:00:00+09:00", 80),
                    ("2026-01-05T04:59:59+09:00", 20),
                    ("2026-01-05T05:00:00+09:00", 80),
                    ("2025-12-29T04:59:59+09:00", 80),
                ],
            ),
            (
                "member_year",
                [
                    ("2025-12-29T05:00:00+09:00", 80),
                    ("2026-01-01T04:59:59+09:00", 20),
                    ("2026-01-01T05:00:00+09:00", 80),
                    ("2025-01-01T04:59:59+09:00", 80),
                ],
            ),
        ] {
            let mut program = plain_program();
            program["earn_rules"][0]["limits"] = json!([{"per": per, "points": 100}]);
            let tenant = TestTenant::with_program(program).await;
            let member = tenant.member().await;
            for (number, (occurred_at, expected)) in times.into_iter().enumerate() {
                let place = ("shibuya", occurred_at);
                let receipt = receipt(&tenant, &member, &number.to_string(), place);
                assert_eq!(
                    earns(&tenant, &receipt).await,
                    expected,
                    "{per} {occurred_at}"
                );
            }
        }
    });
}
