//! How money becomes points: rounding, what is rounded alone, which money counts, and which rules
//! of a wallet go together.

use super::NOW;
use super::{at, catalog, decide, earned, member, member_with, purchase, receipt, told};
use crate::decide::Reason;
use crate::settings::PointsPaidAs;
use serde_json::{Value, json};

/// A program with one wallet, these settings of `earning`, rules and bonuses.
pub(super) fn program(earning: &Value, rules: &[Value], bonuses: &[Value]) -> Value {
    json!({"wallets": [{"code": "points"}], "earning": earning, "earn_rules": rules,
        "bonuses": bonuses})
}

/// An earn rule with this award.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a table row reads better without a borrow"
)]
pub(super) fn rule(code: &str, award: Value) -> Value {
    json!({"code": code, "wallet": "points", "award": award})
}

/// Points per full block.
pub(super) fn per(amount: i64, points: i64) -> Value {
    json!({"type": "per_amount", "amount": amount, "points": points})
}

/// The same rule with more fields.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a table row reads better without a borrow"
)]
pub(super) fn with(mut rule: Value, fields: Value) -> Value {
    for (key, value) in fields.as_object().unwrap() {
        rule[key] = value.clone();
    }
    rule
}

/// A multiplier.
pub(super) fn times(code: &str, times: &str) -> Value {
    json!({"code": code, "wallet": "points", "effect": {"type": "multiplier", "times": times}})
}

#[track_caller]
#[expect(
    clippy::needless_pass_by_value,
    reason = "a table row reads better without a borrow"
)]
pub(super) fn check(program: &Value, lines: Value, expected: &str) {
    let command = purchase(receipt(json!({"lines": lines})));
    let outcome = told(&catalog(program), Some(&member()), &command).unwrap();
    assert_eq!(earned(&outcome), expected, "{lines} {program}");
}

#[track_caller]
pub(super) fn check_amount(program: &Value, amount: i64, expected: &str) {
    check(program, json!([{"amount": amount}]), expected);
}

#[test]
fn rounding_acts_on_fractions_and_whole_blocks_have_none() {
    let proportional = with(per(100, 1), json!({"blocks": "proportional"}));
    let percent = json!({"type": "percent", "percent": "1.5"});
    for (rounding, whole, parts, share) in [
        ("floor", "base=1", "base=1", "base=2"),
        ("half_up", "base=1", "base=2", "base=2"),
        ("half_even", "base=1", "base=2", "base=2"),
        ("ceil", "base=1", "base=2", "base=3"),
    ] {
        let earning = json!({"rounding": rounding});
        let with_award = |award: &Value| program(&earning, &[rule("base", award.clone())], &[]);
        check_amount(&with_award(&per(100, 1)), 150, whole);
        check_amount(&with_award(&proportional), 150, parts);
        check_amount(&with_award(&percent), 150, share);
    }
    let half = |rounding: &str, amount: i64, expected: &str| {
        let earning = json!({"rounding": rounding});
        check_amount(
            &program(&earning, &[rule("base", proportional.clone())], &[]),
            amount,
            expected,
        );
    };
    half("half_even", 250, "base=2");
    half("half_up", 250, "base=3");
    half("half_up", 249, "base=2");
    half("ceil", 1, "base=1");
    half("floor", 99, "");
}

#[test]
fn one_per_100_and_ten_per_1000_differ() {
    check_amount(
        &program(&json!({}), &[rule("base", per(100, 1))], &[]),
        900,
        "base=9",
    );
    check_amount(
        &program(&json!({}), &[rule("base", per(1_000, 10))], &[]),
        900,
        "",
    );
}

#[test]
fn what_is_rounded_alone_decides_how_much_is_lost() {
    let lines = json!([{"amount": 1_980, "tax_percent": "10"},
        {"quantity": 2, "unit_price": 199, "tax_percent": "8"},
        {"amount": 50, "tax_percent": "8"}]);
    for (granularity, expected) in [
        ("rule", "base=24"),
        ("line", "base=22"),
        ("unit", "base=21"),
        ("tax_rate", "base=23"),
    ] {
        let earning = json!({"granularity": granularity});
        check(
            &program(&earning, &[rule("base", per(100, 1))], &[]),
            lines.clone(),
            expected,
        );
        let own = with(
            rule("base", per(100, 1)),
            json!({"granularity": granularity}),
        );
        check(&program(&json!({}), &[own], &[]), lines.clone(), expected);
    }
}

#[test]
fn a_unit_is_an_exact_part_of_its_line_and_a_weight_is_one_unit() {
    let unit = |award: Value| program(&json!({"granularity": "unit"}), &[rule("base", award)], &[]);
    let proportional = with(per(100, 1), json!({"blocks": "proportional"}));
    // 500 over 3 pieces is 166⅔ each, so that each gives one full block.
    check(
        &unit(per(100, 1)),
        json!([{"quantity": 3, "amount": 500}]),
        "base=3",
    );
    check(
        &unit(per(166, 1)),
        json!([{"quantity": 3, "amount": 500}]),
        "base=3",
    );
    check(
        &unit(per(167, 1)),
        json!([{"quantity": 3, "amount": 500}]),
        "",
    );
    check(
        &unit(proportional),
        json!([{"quantity": 3, "amount": 599}]),
        "base=3",
    );
    check(
        &unit(per(100, 1)),
        json!([{"quantity": "2.5", "amount": 500}]),
        "base=5",
    );
    check(
        &unit(per(100, 1)),
        json!([{"quantity": 0, "amount": 500}]),
        "base=5",
    );
}

#[test]
fn fixed_per_item_and_receipt_tiers_ignore_granularity() {
    let lines = json!([{"amount": 150}, {"quantity": 2, "amount": 150}]);
    for granularity in ["rule", "line", "unit", "tax_rate"] {
        let earning = json!({"granularity": granularity});
        let of = |award: Value| program(&earning, &[rule("base", award)], &[]);
        check(
            &of(json!({"type": "fixed", "points": 7})),
            lines.clone(),
            "base=7",
        );
        check(
            &of(json!({"type": "per_item", "points": 7})),
            lines.clone(),
            "base=21",
        );
        let tiers = json!([{"from": 0, "amount": 100, "points": 1},
            {"from": 300, "amount": 100, "points": 2}]);
        let tiered = json!({"type": "tiered", "by": "receipt_amount", "tiers": tiers});
        check(&of(tiered), lines.clone(), "base=6");
    }
}

#[test]
fn items_are_whole_pieces() {
    let program = program(
        &json!({}),
        &[rule("item", json!({"type": "per_item", "points": 5}))],
        &[],
    );
    check(&program, json!([{"quantity": 3, "amount": 100}]), "item=15");
    check(&program, json!([{"quantity": "0.9999", "amount": 100}]), "");
    check(
        &program,
        json!([{"quantity": "2.5", "amount": 100}, {"amount": 1}]),
        "item=15",
    );
    check(
        &program,
        json!([{"amount": 100}, {"amount": -10}]),
        "item=5",
    );
    check(
        &program,
        json!([{"amount": 100, "points_excluded": true}]),
        "",
    );
}

#[test]
fn excluded_goods_earn_nothing() {
    let exclude =
        json!({"exclude": {"skus": ["9"], "categories": ["gift/card"], "departments": ["tax"]}});
    let program = program(&exclude, &[rule("base", per(100, 1))], &[]);
    for (line, expected) in [
        (json!({"amount": 100}), "base=1"),
        (json!({"amount": 100, "sku": "9"}), ""),
        (json!({"amount": 100, "sku": "99"}), "base=1"),
        (json!({"amount": 100, "category": "gift/card/blue"}), ""),
        (json!({"amount": 100, "category": "gift"}), "base=1"),
        (json!({"amount": 100, "category": "gift/cards"}), "base=1"),
        (json!({"amount": 100, "department": "tax"}), ""),
    ] {
        check(&program, json!([line]), expected);
    }
}

/// Points of a receipt of 1,100 with 100 points paid.
fn of_basis(include: bool, paid_as: PointsPaidAs, basis: &Value) -> String {
    let one = rule("base", per(1, 1));
    let mut catalog = catalog(&program(&json!({"basis": basis}), &[one], &[]));
    catalog.settings.prices_include_tax = include;
    catalog.settings.points_paid_as = paid_as;
    let parts = json!({"lines": [{"amount": 1_100, "tax_percent": "10"}],
        "member": {"card": "1"}, "redeem": [{"wallet": "points", "points": 100}]});
    let member = member_with(&[(100, None)]);
    earned(&told(&catalog, Some(&member), &purchase(receipt(parts))).unwrap())
}

#[test]
fn the_basis_is_with_or_without_tax_and_points_paid() {
    use PointsPaidAs::{Discount, Tender};
    let basis = |tax: &str, paid: bool| json!({"tax": tax, "after_points_paid": paid});
    for (include, paid_as, tax, paid, expected) in [
        (true, Tender, "included", true, 1_000),
        (true, Tender, "included", false, 1_100),
        (true, Tender, "excluded", true, 910),
        (true, Tender, "excluded", false, 1_000),
        (true, Discount, "included", true, 1_000),
        (true, Discount, "included", false, 1_100),
        (true, Discount, "excluded", true, 910),
        (true, Discount, "excluded", false, 1_000),
        (false, Tender, "included", true, 1_110),
        (false, Tender, "included", false, 1_210),
        (false, Tender, "excluded", true, 1_010),
        (false, Tender, "excluded", false, 1_100),
        (false, Discount, "included", true, 1_100),
        (false, Discount, "excluded", true, 1_000),
        (false, Discount, "excluded", false, 1_100),
    ] {
        let found = of_basis(include, paid_as, &basis(tax, paid));
        assert_eq!(
            found,
            format!("base={expected}"),
            "{include} {paid_as:?} {tax} {paid}"
        );
    }
}

#[test]
fn points_never_leave_a_total_below_zero() {
    let mut catalog = catalog(&program(&json!({}), &[], &[]));
    catalog.settings.prices_include_tax = false;
    catalog.settings.points_paid_as = PointsPaidAs::Discount;
    let lines = json!([{"amount": 434, "tax_percent": "8"}, {"amount": 652, "tax_percent": "10"},
        {"amount": -2, "tax_percent": "8"}]);
    let total = |points: i64| {
        let parts = json!({"lines": lines, "member": {"card": "1"},
            "redeem": [{"wallet": "points", "points": points}]});
        let member = member_with(&[(2_000, None)]);
        told(&catalog, Some(&member), &purchase(receipt(parts)))
            .map(|told| told.amounts.total.minor())
    };
    assert_eq!(total(1_080), Ok(4));
    // 1 of each rate would be left, less the 2: the tax of -1 is -1, that of 1 is 0.
    let refused = total(1_084).unwrap_err();
    assert_eq!(refused.code(), "validation_failed");
}

#[test]
fn counters_and_minimums_use_the_side_of_the_tax_that_the_program_names() {
    let mut rules = rule("base", per(1, 1));
    rules["when"] = json!({"minimum_amount": 1_000});
    for (tax, spend, at_edge, below) in [
        ("included", 1_099, 1_000, 999),
        ("excluded", 1_000, 1_099, 1_098),
    ] {
        let earning = json!({"basis": {"tax": tax}});
        let catalog = catalog(&program(&earning, &[rules.clone()], &[]));
        let of = |amount: i64| {
            purchase(receipt(
                json!({"lines": [{"amount": amount, "tax_percent": "10"}]}),
            ))
        };
        let decision = decide(&catalog, Some(&member()), &of(1_099), at(NOW)).unwrap();
        assert_eq!(
            decision.transaction.unwrap().day.unwrap().spend.minor(),
            spend,
            "{tax}"
        );
        let fires = |amount: i64| {
            !told(&catalog, Some(&member()), &of(amount))
                .unwrap()
                .earned
                .is_empty()
        };
        assert!(fires(at_edge) && !fires(below), "{tax}");
    }
    let own = with(rules, json!({"basis": {"tax": "excluded"}}));
    let catalog = catalog(&program(&json!({}), &[own], &[]));
    let receipt = receipt(json!({"lines": [{"amount": 1_098, "tax_percent": "10"}]}));
    let outcome = told(&catalog, Some(&member()), &purchase(receipt)).unwrap();
    assert_eq!(
        outcome.explanation[0]
            .missing_amount
            .map(crate::amount::Amount::minor),
        Some(1)
    );
}

#[test]
fn best_and_first_leave_one_rule_of_each_wallet() {
    let rules = [
        rule("none", per(10_000, 1)),
        rule("small", per(100, 1)),
        rule("large", per(100, 3)),
        rule("equal", per(100, 3)),
    ];
    let of = |combine: &str| program(&json!({"combine": combine}), &rules, &[times("two", "2")]);
    check_amount(&of("sum"), 100, "small=1 large=3 equal=3 two=7");
    check_amount(&of("best"), 100, "large=3 two=3");
    check_amount(&of("first"), 100, "small=1 two=1");
    let receipt = receipt(json!({"lines": [{"amount": 100}]}));
    let outcome = told(&catalog(&of("best")), Some(&member()), &purchase(receipt)).unwrap();
    let reasons: Vec<_> = outcome.explanation.iter().map(|part| part.reason).collect();
    let silenced = Some(Reason::AnotherRule);
    assert_eq!(
        reasons,
        [Some(Reason::BelowMinimum), silenced, None, silenced, None]
    );
}

#[test]
fn best_compares_before_bonuses_and_limits() {
    let limited = with(
        rule("large", per(100, 3)),
        json!({"limits": [{"per": "receipt", "points": 1}]}),
    );
    let only_small = with(times("ten", "10"), json!({"rules": ["small"]}));
    let rules = [rule("small", per(100, 2)), limited];
    check_amount(
        &program(&json!({"combine": "best"}), &rules, &[only_small]),
        100,
        "large=1",
    );
}

#[test]
fn an_exclusive_rule_silences_the_others_of_its_wallet_and_bonuses_still_apply() {
    let exclusive = |code: &str, points: i64, priority: i64| {
        with(
            rule(code, per(1_000, points)),
            json!({"exclusive": true, "priority": priority}),
        )
    };
    let mut stamps = rule("stamp", json!({"type": "fixed", "points": 1}));
    stamps["wallet"] = json!("stamps");
    let rules = [
        rule("base", per(100, 1)),
        exclusive("low", 1, 0),
        exclusive("high", 2, 5),
        exclusive("later", 3, 5),
        stamps,
    ];
    let mut program = program(&json!({}), &rules, &[times("two", "2")]);
    program["wallets"] = json!([{"code": "points"}, {"code": "stamps"}]);
    check_amount(&program, 999, "base=9 stamp=1 two=9");
    check_amount(&program, 1_000, "high=2 stamp=1 two=2");
}
