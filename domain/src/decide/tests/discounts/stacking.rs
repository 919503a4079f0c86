//! Which discounts go together, in which order, and on what base.

use super::{
    applied, buys, check, discounts, explained, fixed, percent, progressive, rank, with_ranks,
};
use crate::decide::Reason;
use crate::decide::tests::settings::with;
use serde_json::{Value, json};

fn stacks(discount: Value, way: &str) -> Value {
    with(discount, json!({"stacking": way}))
}

fn initial(discount: Value) -> Value {
    with(discount, json!({"base": "initial"}))
}

#[test]
fn kinds_apply_in_their_order_and_alike_ones_in_that_of_the_document() {
    let all = [
        fixed("coupon", 100),
        percent("ten", "10"),
        stacks(rank("rank"), "all"),
        stacks(progressive("climb"), "all"),
    ];
    let (found, _) = with_ranks(
        &discounts(&all),
        &[("main", "50")],
        json!([{"amount": 1_000}]),
    );
    // 1,000 less 10 % is 900, less half 450, less 100 is 350, less 10 % is 315.
    assert_eq!(found, "climb=100 rank=450 coupon=100 ten=35");
    check(
        &discounts(&[percent("ten", "10"), fixed("coupon", 100)]),
        json!([{"amount": 1_000}]),
        "ten=100 coupon=100",
    );
    check(
        &discounts(&[fixed("coupon", 100), percent("ten", "10")]),
        json!([{"amount": 1_000}]),
        "coupon=100 ten=90",
    );
}

#[test]
fn the_base_is_what_is_left_or_what_the_till_priced() {
    let lines = || json!([{"amount": 1_000}]);
    let two = |second: Value| discounts(&[fixed("coupon", 300), second]);
    check(&two(percent("ten", "10")), lines(), "coupon=300 ten=70");
    check(
        &two(initial(percent("ten", "10"))),
        lines(),
        "coupon=300 ten=100",
    );
    let most = two(initial(percent("most", "90")));
    check(&most, lines(), "coupon=300 most=700");
    let least = |discount: Value| with(discount, json!({"when": {"minimum_amount": 701}}));
    let outcome = buys(&two(least(percent("ten", "10"))), lines());
    assert_eq!(applied(&outcome), "coupon=300");
    let told = explained(&outcome, "ten");
    assert_eq!(told.reason, Some(Reason::BelowMinimum));
    assert_eq!(told.missing_amount.unwrap().minor(), 1);
    check(
        &two(least(initial(percent("ten", "10")))),
        lines(),
        "coupon=300 ten=100",
    );
    let exactly = with(
        percent("ten", "10"),
        json!({"when": {"minimum_amount": 700}}),
    );
    check(&two(exactly), lines(), "coupon=300 ten=70");
}

#[test]
fn of_those_that_compete_the_largest_amount_of_the_receipt_wins_ties_to_the_earlier() {
    let best = |code: &str, amount: i64| stacks(fixed(code, amount), "best");
    let lines = || json!([{"amount": 1_000}]);
    for (all, expected) in [
        (
            vec![best("one", 5), best("two", 6), best("three", 6)],
            "two=6",
        ),
        (vec![best("one", 7), best("two", 6)], "one=7"),
        (
            vec![best("one", 5), fixed("all", 1), best("two", 6)],
            "all=1 two=6",
        ),
        (vec![best("one", 5), best("two", 5)], "one=5"),
    ] {
        check(&discounts(&all), lines(), expected);
    }
    let (found, told) = with_ranks(
        &discounts(&[progressive("climb"), rank("rank")]),
        &[("main", "10")],
        lines(),
    );
    assert_eq!(found, "climb=100", "10 % each: progressive comes first");
    assert_eq!(told[1].reason, Some(Reason::AnotherDiscount));
}

#[test]
fn a_candidate_counts_at_its_place_with_what_applies_anyway_before_it() {
    let best = |discount: Value| stacks(discount, "best");
    // 50 % of the 400 that 600 off leave are 200: less than 300 off before it.
    let all = [
        best(fixed("early", 300)),
        fixed("coupon", 600),
        best(percent("half", "50")),
    ];
    check(
        &discounts(&all),
        json!([{"amount": 1_000}]),
        "early=300 coupon=600",
    );
    // Without another candidate before it: half of 400 is 200, not half of what 199 off left.
    let all = [
        best(fixed("early", 199)),
        fixed("coupon", 600),
        best(percent("half", "50")),
    ];
    check(
        &discounts(&all),
        json!([{"amount": 1_000}]),
        "coupon=600 half=200",
    );
    let outcome = buys(&discounts(&all), json!([{"amount": 1_000}]));
    assert_eq!(
        explained(&outcome, "early").reason,
        Some(Reason::AnotherDiscount)
    );
}

#[test]
fn one_that_is_exclusive_stands_alone_once_it_takes_something_off() {
    let alone = |discount: Value| stacks(discount, "exclusive");
    let lines = || json!([{"amount": 1_000}]);
    let far = with(
        alone(fixed("far", 900)),
        json!({"when": {"minimum_amount": 1_001}}),
    );
    let all = [
        percent("ten", "10"),
        far,
        alone(fixed("one", 1)),
        alone(fixed("two", 2)),
        stacks(percent("half", "50"), "best"),
    ];
    let outcome = buys(&discounts(&all), lines());
    assert_eq!(applied(&outcome), "one=1");
    let told: Vec<_> = outcome.explanation.iter().map(|part| part.reason).collect();
    let another = Some(Reason::AnotherDiscount);
    assert_eq!(
        told,
        [
            another,
            Some(Reason::BelowMinimum),
            None,
            another,
            another,
            None
        ]
    );
    let silent = [percent("ten", "10"), alone(percent("nothing", "0.01"))];
    check(&discounts(&silent), lines(), "ten=100");
}

#[test]
fn a_member_price_is_a_price_and_nothing_silences_it() {
    let alone = stacks(percent("ten", "10"), "exclusive");
    let mut program = discounts(&[alone]);
    program["member_prices"] = json!([{"sku": "1", "price": 900}]);
    check(
        &program,
        json!([{"sku": "1", "amount": 1_000}]),
        "member_price=100 ten=90",
    );
    program["discounts"][0]["base"] = json!("initial");
    check(
        &program,
        json!([{"sku": "1", "amount": 1_000}]),
        "member_price=100 ten=100",
    );
}

#[test]
fn an_amount_is_rounded_once_and_then_capped() {
    let of = |rounding: &str, cap: Option<i64>| {
        let fields = json!({"rounding": rounding, "cap": cap});
        discounts(&[with(percent("half", "50"), fields)])
    };
    for (rounding, first, second) in [
        ("floor", "half=4", "half=5"),
        ("half_up", "half=5", "half=6"),
        ("half_even", "half=4", "half=6"),
        ("ceil", "half=5", "half=6"),
    ] {
        // Three lines of 3 are 9: half of it is 4½, whatever half of a line is.
        let lines = |amount: i64| json!([{"amount": 3}, {"amount": 3}, {"amount": amount}]);
        check(&of(rounding, None), lines(3), first);
        check(&of(rounding, None), lines(5), second);
    }
    let lines = || json!([{"amount": 1_000}]);
    for (cap, expected) in [(499, "half=499"), (500, "half=500"), (501, "half=500")] {
        check(&of("floor", Some(cap)), lines(), expected);
    }
    let ceil = discounts(&[with(percent("most", "99.9"), json!({"rounding": "ceil"}))]);
    check(&ceil, json!([{"amount": 1}]), "most=1");
}

#[test]
fn conditions_hold_for_discounts_as_for_rules() {
    let when = |when: Value| discounts(&[with(percent("ten", "10"), json!({"when": when}))]);
    let lines = || json!([{"amount": 1_000, "quantity": 2}]);
    for (condition, reason) in [
        (json!({"dates": ["2026-11-22"]}), Reason::OutsidePeriod),
        (json!({"stores": ["ueno"]}), Reason::Store),
        (json!({"minimum_quantity": 3}), Reason::BelowQuantity),
        (json!({"minimum_amount": 1_001}), Reason::BelowMinimum),
        (json!({"skus": ["9"]}), Reason::NoMatchingLines),
        (json!({"nth_visit": 2}), Reason::OtherVisit),
    ] {
        let outcome = buys(&when(condition.clone()), lines());
        assert_eq!(applied(&outcome), "", "{condition}");
        assert_eq!(explained(&outcome, "ten").reason, Some(reason));
    }
    let met = json!({"dates": ["2026-11-21"], "stores": ["shibuya"], "minimum_quantity": 2,
        "minimum_amount": 1_000, "first_purchase": true});
    check(&when(met), lines(), "ten=100");
}
