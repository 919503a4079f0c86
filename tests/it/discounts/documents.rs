//! Documents with discounts as a retailer's developer saves them: every problem at once, and limits
//! at their edges.

use domain::program::MAX_RULES;
use serde_json::{Value, json};

use crate::harness::tenant::plain_program;
use crate::harness::{TestTenant, block_on};

/// The most member prices of a document.
const MAX_MEMBER_PRICES: usize = 10_000;

#[test]
fn every_problem_comes_at_once_with_its_pointer() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let mut program = plain_program();
        program["discounts"] = json!([
            {"code": "ten", "type": "percent", "percent": "101", "cap": 0},
            {"code": "ten", "type": "fixed", "percent": "10"},
            {"code": "climb", "type": "progressive", "metric": "spend", "tiers": [
                {"from": 5, "percent": "5"}, {"from": 5, "percent": "10"}]},
            {"code": "odd", "type": "odd"},
        ]);
        program["member_prices"] = json!([{"sku": "1", "price": 5}, {"sku": "1", "price": 6}]);
        let refused = tenant.save(&program).await.expect(422);
        let expected = [
            ("/discounts/0/percent", "out_of_range"),
            ("/discounts/0/cap", "out_of_range"),
            ("/discounts/1/code", "duplicate"),
            ("/discounts/1/amount", "required"),
            ("/discounts/1/percent", "unknown_field"),
            ("/discounts/2/tiers/0/from", "tiers_start"),
            ("/discounts/2/tiers/1/from", "tiers_order"),
            ("/discounts/3/type", "invalid_value"),
            ("/member_prices/1/sku", "duplicate"),
        ];
        let expected = expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned()));
        assert_eq!(refused.faults(), expected);
    });
}

#[test]
fn a_discount_that_takes_nothing_off_is_a_warning() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let mut program = plain_program();
        program["discounts"] = json!([{"code": "none", "type": "percent", "percent": "0"}]);
        let saved = tenant.save(&program).await.expect(200);
        assert_eq!(saved.text("/warnings/0/pointer"), "/discounts/0/percent");
        assert_eq!(saved.text("/warnings/0/code"), "never_fires");
    });
}

#[test]
fn lists_hold_at_their_maximum_and_not_above() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let price = |number: usize| json!({"sku": number.to_string(), "price": 1});
        let coupon =
            |number: usize| json!({"code": format!("c{number}"), "type": "fixed", "amount": 1});
        let tier = |number: usize| json!({"from": number, "percent": "1"});
        let of = |make: &dyn Fn(usize) -> Value, count: usize| -> Value {
            (0..count).map(make).collect()
        };
        let climb = |tiers: Value| json!([{"code": "c", "type": "progressive", "metric": "visits", "tiers": tiers}]);
        let rules = MAX_RULES - 1;
        for (field, most, more, pointer) in [
            (
                "member_prices",
                of(&price, MAX_MEMBER_PRICES),
                of(&price, MAX_MEMBER_PRICES + 1),
                "/member_prices",
            ),
            (
                "discounts",
                of(&coupon, rules),
                of(&coupon, rules + 1),
                "/discounts",
            ),
            (
                "discounts",
                climb(of(&tier, 100)),
                climb(of(&tier, 101)),
                "/discounts/0/tiers",
            ),
        ] {
            let mut program = plain_program();
            program[field] = most;
            tenant.save(&program).await.expect(200);
            program[field] = more;
            let refused = tenant.save(&program).await.expect(422);
            assert_eq!(
                refused.faults(),
                [(pointer.to_owned(), "too_many".to_owned())]
            );
        }
    });
}
