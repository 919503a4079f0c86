//! What receipts earn: each row is a program, a receipt and the points by rule.

use super::{
    NOW, at, base_program, catalog, decide, earned, member, purchase, receipt, receipt_of, told,
};
use crate::amount::Amount;
use crate::decide::Reason;
use serde_json::{Value, json};

#[expect(
    clippy::needless_pass_by_value,
    reason = "a table row reads better without a borrow"
)]
fn check(program: &Value, parts: Value, expected: &str) {
    let outcome = told(
        &catalog(program),
        Some(&member()),
        &purchase(receipt(parts.clone())),
    );
    assert_eq!(earned(&outcome.unwrap()), expected, "{parts}");
}

fn check_amount(program: &Value, amount: i64, expected: &str) {
    check(program, json!({"lines": [{"amount": amount}]}), expected);
}

fn rule(code: &str, amount: i64, points: i64) -> Value {
    let award = json!({"type": "per_amount", "amount": amount, "points": points});
    json!({"code": code, "wallet": "points", "award": award})
}

fn program(rules: &[Value], bonuses: &[Value]) -> Value {
    json!({"wallets": [{"code": "points"}], "earn_rules": rules, "bonuses": bonuses})
}

fn times(code: &str, times: &str, when: &Value) -> Value {
    let effect = json!({"type": "multiplier", "times": times});
    json!({"code": code, "wallet": "points", "effect": effect, "when": when})
}

fn tiered(mode: &str, tiers: &Value) -> Value {
    let award = json!({"type": "tiered", "by": "receipt_amount", "mode": mode, "tiers": tiers});
    program(
        &[json!({"code": "base", "wallet": "points", "award": award})],
        &[],
    )
}

#[test]
fn full_blocks_earn_and_the_remainder_is_dropped() {
    let base = base_program();
    check_amount(&base, 0, "");
    check_amount(&base, 99, "");
    check_amount(&base, 100, "base=1");
    check_amount(&base, 199, "base=1");
    check_amount(&base, 1_980, "base=19");
    check_amount(&program(&[rule("base", 1_000, 10)], &[]), 900, "");
    let stacked = program(&[rule("base", 100, 1), rule("more", 200, 1)], &[]);
    check_amount(&stacked, 1_999, "base=19 more=9");
}

#[test]
fn a_fixed_award_counts_the_visit() {
    let award = json!({"type": "fixed", "points": 3});
    let program = program(
        &[json!({"code": "visit", "wallet": "points", "award": award})],
        &[],
    );
    check_amount(&program, 0, "visit=3");
    check_amount(&program, 9_999, "visit=3");
}

#[test]
fn each_bonus_is_rounded_alone_and_granted_apart() {
    let always = json!({});
    let base = rule("base", 100, 1);
    let one = |list: &[Value]| program(std::slice::from_ref(&base), list);
    check_amount(
        &one(&[times("half", "1.5", &always)]),
        1_999,
        "base=19 half=9",
    );
    let silver = times("silver", "1.5", &always);
    let five = times("five", "5", &always);
    check_amount(
        &one(&[silver.clone(), five.clone()]),
        1_980,
        "base=19 silver=9 five=76",
    );
    let second = times("second", "1.5", &always);
    check_amount(&one(&[silver, second]), 1_980, "base=19 silver=9 second=9");
    check_amount(&one(&[five]), 300, "base=3 five=12");
}

#[test]
fn tiers_apply_to_the_whole_or_slice_by_slice() {
    let tiers = json!([{"from": 0, "amount": 100, "points": 1},
        {"from": 5_000, "amount": 100, "points": 2}]);
    check_amount(&tiered("marginal", &tiers), 7_350, "base=96");
    check_amount(&tiered("whole", &tiers), 7_350, "base=146");
    check_amount(&tiered("whole", &tiers), 4_999, "base=49");
    check_amount(&tiered("whole", &tiers), 5_000, "base=100");
    let tiers = json!([{"from": 0, "amount": 100, "points": 1},
        {"from": 3_000, "amount": 100, "points": 3}]);
    check_amount(&tiered("marginal", &tiers), 3_099, "base=30");
    check_amount(&tiered("marginal", &tiers), 3_100, "base=33");
}

#[test]
fn a_rule_with_categories_sees_only_its_lines() {
    let mut food = rule("food", 100, 1);
    food["when"] = json!({"categories": ["food"]});
    let line = |category: &str, amount: i64| json!({"category": category, "amount": amount});
    let program = program(&[food], &[]);
    check(
        &program,
        json!({"lines": [line("food/fresh", 250), line("toys", 900)]}),
        "food=2",
    );
    check(
        &program,
        json!({"lines": [line("food", 100), line("food/dry", 50)]}),
        "food=1",
    );
    check(
        &program,
        json!({"lines": [line("foods", 900), {"amount": 900}]}),
        "",
    );
    let excluded = json!({"category": "food", "amount": 900, "points_excluded": true});
    check(
        &program,
        json!({"lines": [excluded, line("food", 100)]}),
        "food=1",
    );
}

#[test]
fn a_multiplier_with_categories_works_on_the_base_over_its_lines_alone() {
    let five = times("five", "5", &json!({"categories": ["food"]}));
    let program = program(&[rule("base", 100, 1)], &[five]);
    let line = |category: &str, amount: i64| json!({"category": category, "amount": amount});
    let parts = json!({"lines": [line("food", 150), line("toys", 150)]});
    check(&program, parts, "base=3 five=4");
    check(
        &program,
        json!({"lines": [line("food", 90), line("toys", 210)]}),
        "base=3",
    );
}

#[test]
fn a_minimum_looks_at_the_matching_lines() {
    let mut food = rule("food", 100, 1);
    food["when"] = json!({"categories": ["food"], "minimum_amount": 500});
    let program = program(&[food], &[]);
    let parts =
        |amount: i64| json!({"lines": [{"category": "food", "amount": amount}, {"amount": 900}]});
    check(&program, parts(499), "");
    check(&program, parts(500), "food=5");
    let outcome = told(
        &catalog(&program),
        Some(&member()),
        &purchase(receipt(parts(180))),
    )
    .unwrap();
    let explained = &outcome.explanation[0];
    assert_eq!(explained.reason, Some(Reason::BelowMinimum));
    assert_eq!(explained.missing_amount.map(Amount::minor), Some(320));
}

#[test]
fn the_cut_over_decides_which_day_it_is() {
    let fifth = times("five", "5", &json!({"days_of_month": [5]}));
    let mut catalog = catalog(&program(&[rule("base", 100, 1)], &[fifth]));
    catalog.settings.cutover = jiff::civil::time(5, 0, 0, 0);
    for (occurred_at, expected) in [
        ("2026-03-05T04:59:59+09:00", "base=1"),
        ("2026-03-05T05:00:00+09:00", "base=1 five=4"),
        ("2026-03-06T04:59:59+09:00", "base=1 five=4"),
        ("2026-03-06T05:00:00+09:00", "base=1"),
    ] {
        let parts = json!({"occurred_at": occurred_at, "lines": [{"amount": 100}]});
        let outcome = told(&catalog, Some(&member()), &purchase(receipt(parts))).unwrap();
        assert_eq!(earned(&outcome), expected, "{occurred_at}");
    }
}

#[test]
fn every_rule_is_explained_in_document_order() {
    let mut elsewhere = rule("elsewhere", 100, 1);
    elsewhere["when"] = json!({"stores": ["ueno"]});
    let mut food = rule("food", 100, 1);
    food["when"] = json!({"categories": ["food"]});
    let later = times("later", "5", &json!({"days_of_month": [25]}));
    let bonus = times("bonus", "2", &json!({}));
    let program = program(&[elsewhere, food, rule("base", 1_000, 1)], &[later, bonus]);
    let outcome = told(
        &catalog(&program),
        Some(&member()),
        &purchase(receipt_of(300)),
    )
    .unwrap();
    let told: Vec<_> = outcome
        .explanation
        .iter()
        .map(|part| {
            (
                part.rule.as_str(),
                part.reason.unwrap(),
                part.missing_amount.map(Amount::minor),
                part.next_date.map(|date| date.to_string()),
            )
        })
        .collect();
    let expected = [
        ("elsewhere", Reason::Store, None, None),
        ("food", Reason::NoMatchingLines, None, None),
        ("base", Reason::BelowMinimum, Some(700), None),
        (
            "later",
            Reason::OutsidePeriod,
            None,
            Some("2026-11-25".to_owned()),
        ),
        ("bonus", Reason::NoBasePoints, None, None),
    ];
    assert_eq!(told, expected);
}

#[test]
fn rules_whose_points_expire_together_share_a_lot() {
    let double = times("double", "2", &json!({}));
    let program = program(&[rule("base", 100, 1)], &[double]);
    let decision = decide(
        &catalog(&program),
        Some(&member()),
        &purchase(receipt_of(500)),
        at(NOW),
    );
    let transaction = decision.unwrap().transaction.unwrap();
    let moves: Vec<_> = transaction
        .transfers
        .iter()
        .map(|row| (row.rule.as_deref(), row.points.get(), row.lot))
        .collect();
    let lot = &transaction.lots_opened[0];
    assert_eq!(transaction.lots_opened.len(), 1);
    assert_eq!((lot.granted.get(), lot.remaining.get()), (10, 10));
    assert_eq!(
        moves,
        [
            (Some("base"), 5, Some(lot.id)),
            (Some("double"), 5, Some(lot.id)),
        ]
    );
}
