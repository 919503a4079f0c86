//! Which lines a discount lies on, and what is left of each.

use super::{applied, buys, catalog, check, discounts, explained, fixed, percent};
use crate::decide::tests::settings::{per, rule, with};
use crate::decide::tests::{at, decide, earned, member, purchase, receipt};
use crate::decide::{PurchaseOutcome, Reason, Refusal};
use serde_json::{Value, json};

/// The share of each line, by discount.
fn shares(outcome: &PurchaseOutcome) -> Vec<Vec<i64>> {
    let parts = outcome.discounts.iter();
    let lines = parts.map(|part| part.lines.iter().map(|line| line.minor()).collect());
    lines.collect()
}

#[track_caller]
#[expect(
    clippy::needless_pass_by_value,
    reason = "a table row reads better without a borrow"
)]
fn check_lines(all: &[Value], lines: Value, expected: &[&[i64]]) {
    let outcome = buys(&discounts(all), lines.clone());
    assert_eq!(shares(&outcome), expected, "{lines}");
}

#[test]
fn a_discount_lies_on_its_lines_in_proportion_ties_to_the_earlier() {
    let lines = json!([{"amount": 100, "sku": "1"}, {"amount": 100, "sku": "2"},
        {"amount": 100, "sku": "3"}, {"amount": 50, "sku": "3"}]);
    check_lines(&[fixed("c", 100)], lines.clone(), &[&[29, 29, 28, 14]]);
    let narrow = with(fixed("c", 100), json!({"when": {"skus": ["2", "3"]}}));
    check_lines(&[narrow], lines.clone(), &[&[0, 40, 40, 20]]);
    let most = with(fixed("c", 1_000), json!({"when": {"skus": ["3"]}}));
    check_lines(&[most], lines, &[&[0, 0, 100, 50]]);
}

#[test]
fn what_a_line_can_not_carry_lies_on_the_others() {
    let lines = || json!([{"amount": 100, "sku": "1"}, {"amount": 100, "sku": "2"}, {"amount": 200, "sku": "3"}]);
    let first = with(fixed("first", 90), json!({"when": {"skus": ["1"]}}));
    let half = with(percent("half", "50"), json!({"base": "initial"}));
    // Half of 400 is 200: 50, 50 and 100, of which the first line has only 10 to give.
    check_lines(
        &[first.clone(), half],
        lines(),
        &[&[90, 0, 0], &[10, 63, 127]],
    );
    let most = with(percent("most", "90"), json!({"base": "initial"}));
    check_lines(&[first, most], lines(), &[&[90, 0, 0], &[10, 100, 200]]);
}

#[test]
fn goods_that_earn_nothing_are_discounted_all_the_same() {
    let mut program = discounts(&[percent("ten", "10")]);
    program["earning"] = json!({"exclude": {"skus": ["9"]}});
    let lines = json!([{"amount": 100, "points_excluded": true}, {"amount": 100, "sku": "9"},
        {"amount": 100}]);
    let outcome = buys(&program, lines);
    assert_eq!(shares(&outcome), [[10, 10, 10]]);
    assert_eq!(earned(&outcome), "base=90");
}

#[test]
fn a_line_below_zero_lowers_the_base_and_carries_nothing() {
    let lines = json!([{"amount": 300}, {"amount": -100}, {"amount": 100}]);
    check_lines(&[percent("ten", "10")], lines.clone(), &[&[23, 0, 7]]);
    check_lines(&[fixed("all", 1_000)], lines, &[&[225, 0, 75]]);
}

#[test]
fn no_base_and_no_total_is_below_zero() {
    let lines = json!([{"amount": 300, "category": "food"}, {"amount": -100, "category": "food"},
        {"amount": -150, "category": "coupon"}]);
    let when = |categories: &[&str]| {
        let when = json!({"when": {"categories": categories}});
        discounts(&[with(percent("ten", "10"), when)])
    };
    check(&when(&["food"]), lines.clone(), "ten=20");
    check(&when(&["food", "coupon"]), lines.clone(), "ten=5");
    let command = purchase(receipt(json!({"lines": lines})));
    let catalog = catalog(&when(&["coupon"]));
    let refused = decide(&catalog, Some(&member()), &command, at(super::NOW)).unwrap_err();
    let Refusal::Invalid(faults) = refused else {
        panic!("{refused}");
    };
    assert_eq!(faults[0].pointer, "/lines");
    // Of 50 in all only 50 can be taken off, though 300 of the first line are left.
    let all = with(percent("all", "100"), json!({"when": {"skus": ["1"]}}));
    let lines = json!([{"sku": "1", "amount": 300}, {"amount": -250}]);
    let outcome = buys(&discounts(&[all]), lines);
    assert_eq!(shares(&outcome), [[50, 0]]);
    assert_eq!(outcome.amounts.total.minor(), 0);
}

#[test]
fn a_discount_that_is_silent_looks_at_no_money() {
    let never = json!({"when": {"stores": ["ueno"], "categories": ["coupon"]}});
    let program = discounts(&[with(percent("ten", "10"), never)]);
    let lines = json!([{"amount": 300}, {"amount": -100, "category": "coupon"}]);
    check(&program, lines, "");
}

fn priced(price: i64) -> Value {
    let mut program = discounts(&[]);
    program["member_prices"] = json!([{"sku": "1", "price": price}, {"sku": "2", "price": 1}]);
    program
}

#[test]
fn a_member_price_is_the_lower_of_two_and_never_raises() {
    for (line, expected) in [
        (json!({"sku": "1", "amount": 100}), "member_price=10"),
        (json!({"sku": "1", "amount": 90}), ""),
        (json!({"sku": "1", "amount": 89}), ""),
        (
            json!({"sku": "1", "quantity": 3, "amount": 300}),
            "member_price=30",
        ),
        (
            json!({"sku": "1", "quantity": 3, "unit_price": 100, "discount": 25}),
            "member_price=5",
        ),
        // 0.345 × 90 = 31.05
        (
            json!({"sku": "1", "quantity": "0.345", "amount": 35}),
            "member_price=4",
        ),
        (json!({"sku": "1", "quantity": 0, "amount": 35}), ""),
        (json!({"sku": "1", "amount": 0}), ""),
        (json!({"sku": "3", "amount": 100}), ""),
        (json!({"amount": 100}), ""),
    ] {
        check(&priced(90), json!([line, {"amount": 500}]), expected);
    }
    check(
        &priced(0),
        json!([{"sku": "1", "amount": 7}]),
        "member_price=7",
    );
    check(
        &priced(90),
        json!([{"sku": "1", "amount": -100}, {"amount": 500}]),
        "",
    );
    let outcome = buys(&priced(90), json!([{"sku": "1", "amount": 80}]));
    let told = explained(&outcome, "member_price");
    assert_eq!(told.reason, Some(Reason::AnotherDiscount));
    let outcome = buys(&priced(90), json!([{"amount": 80}]));
    let told = explained(&outcome, "member_price");
    assert_eq!(told.reason, Some(Reason::NoMatchingLines));
}

#[test]
fn the_basis_may_add_discounts_back_and_nothing_else() {
    for (discounts_off, paid, expected) in [
        (true, true, 800),
        (true, false, 900),
        (false, true, 900),
        (false, false, 1_000),
    ] {
        let basis = json!({"after_discounts": discounts_off, "after_points_paid": paid});
        let mut program = discounts(&[percent("ten", "10")]);
        program["earn_rules"] = json!([with(rule("base", per(1, 1)), json!({"basis": basis}))]);
        let parts = json!({"lines": [{"unit_price": 1_050, "discount": 50}],
            "member": {"card": "1"}, "redeem": [{"wallet": "points", "points": 100}]});
        let member = crate::decide::tests::member_with(&[(100, None)]);
        let command = purchase(receipt(parts));
        let outcome = crate::decide::tests::told(&catalog(&program), Some(&member), &command);
        let outcome = outcome.unwrap();
        assert_eq!(applied(&outcome), "ten=100");
        assert_eq!(earned(&outcome), format!("base={expected}"), "{basis}");
        assert_eq!(outcome.amounts.total.minor(), 800);
    }
}
