//! What a program document may say: each row is a document and the faults it makes.

use super::{MAX_RULES, Program};
use crate::fault::FaultCode;
use serde_json::{Value, json};
use std::collections::BTreeSet;

mod discounts;
mod edges;

fn good() -> Value {
    json!({
        "wallets": [{"code": "points", "name": "ポイント", "on_shortage": "clamp",
            "expiry": {"type": "end_of_month", "months": 12},
            "activation": {"type": "immediate"},
            "redemption": {"value_per_point": "1", "minimum": 100, "step": 100,
                "max_percent": "50", "over": "clamp"}}],
        "earning": {"combine": "sum", "rounding": "floor", "granularity": "rule",
            "basis": {"tax": "included", "after_discounts": true, "after_points_paid": true},
            "multiply": "rounded", "bonus_combine": "stack_sum",
            "exclude": {"skus": [], "categories": [], "departments": []}},
        "earn_rules": [{"code": "base", "wallet": "points", "exclusive": false,
            "award": {"type": "per_amount", "amount": 100, "points": 1, "blocks": "whole"}}],
        "bonuses": [{"code": "five", "wallet": "points", "needs_base_points": true,
            "effect": {"type": "multiplier", "times": "5"},
            "when": {"days_of_month": [5, 15, 25], "stores": ["shibuya"]}, "limits": []}],
        "discounts": [], "ranks": [],
        "returns": {"mode": "recompute", "restore_to": "original_lot", "grace_days": 0,
            "review_rank": true},
    })
}

type Found = Vec<(String, FaultCode)>;

fn parse(document: &Value) -> Result<Found, Found> {
    let stores = BTreeSet::from(["shibuya".to_owned(), "ueno".to_owned()]);
    let pairs = |faults: Vec<crate::fault::Fault>| {
        faults
            .into_iter()
            .map(|fault| (fault.pointer, fault.code))
            .collect::<Vec<_>>()
    };
    Program::parse(document, &stores)
        .map(|(_, warnings)| pairs(warnings))
        .map_err(pairs)
}

fn changed(pointer: &str, value: Value) -> Value {
    let mut document = good();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    match document.pointer_mut(parent).unwrap() {
        Value::Array(items) => items[key.parse::<usize>().unwrap()] = value,
        object => object[key] = value,
    }
    document
}

/// The change makes exactly this fault.
#[track_caller]
fn check(pointer: &str, value: Value, at: &str, code: FaultCode) {
    let found = parse(&changed(pointer, value));
    assert_eq!(found, Err(vec![(at.to_owned(), code)]), "{pointer}");
}

/// The change makes a fault at its own place.
#[track_caller]
fn check_here(pointer: &str, value: Value, code: FaultCode) {
    check(pointer, value, pointer, code);
}

#[test]
fn defaults_may_be_stated_and_nothing_is_required() {
    assert_eq!(parse(&good()), Ok(vec![]));
    assert_eq!(parse(&json!({})), Ok(vec![]));
    assert_eq!(
        parse(&json!([])),
        Err(vec![(String::new(), FaultCode::InvalidType)])
    );
}

#[track_caller]
fn unsupported(pointer: &str, value: Value) {
    check_here(pointer, value, FaultCode::Unsupported);
}

#[test]
fn parts_that_can_not_be_done_yet_say_so() {
    for part in [
        "rewards",
        "donations",
        "store_groups",
        "grants",
        "scheduled_grants",
    ] {
        unsupported(&format!("/{part}"), json!([{"code": "x"}]));
    }
    for kind in ["buy_x_get_y", "cheapest", "free_product"] {
        let discount = json!([{"code": "x", "type": kind, "buy": 2, "get": 1, "when": {}}]);
        check(
            "/discounts",
            discount,
            "/discounts/0/type",
            FaultCode::Unsupported,
        );
    }
    let formula = json!({"type": "formula", "formula": "amount / 100"});
    let at = "/earn_rules/0/award/type";
    check("/earn_rules/0/award", formula, at, FaultCode::Unsupported);
    let groups = json!({"store_groups": ["tokyo"]});
    let at = "/earn_rules/0/when/store_groups";
    check("/earn_rules/0/when", groups, at, FaultCode::Unsupported);
    let ladder = json!([{"code": "main", "metric": "balance",
        "steps": [{"code": "low", "from": 0}]}]);
    check("/ranks", ladder, "/ranks/0/metric", FaultCode::Unsupported);
}

#[test]
fn what_a_program_says_of_returns_is_read_within_its_limits() {
    for (field, value) in [
        ("mode", json!("prorate")),
        ("restore_to", json!("new_lot")),
        ("grace_days", json!(3_650)),
        ("review_rank", json!(false)),
        ("late_claim_days", json!(0)),
    ] {
        let document = json!({"wallets": [{"code": "points"}], "returns": {field: value}});
        assert_eq!(parse(&document), Ok(vec![]), "{document}");
    }
    for (field, value, code) in [
        ("mode", json!("never"), FaultCode::InvalidValue),
        ("restore_to", json!("nowhere"), FaultCode::InvalidValue),
        ("grace_days", json!(3_651), FaultCode::OutOfRange),
        ("grace_days", json!(-1), FaultCode::OutOfRange),
        ("review_rank", json!("yes"), FaultCode::InvalidType),
        ("late_claim_days", json!(3_651), FaultCode::OutOfRange),
        ("after", json!(1), FaultCode::UnknownField),
    ] {
        check_here(&format!("/returns/{field}"), value, code);
    }
}

#[test]
fn faults_name_their_place() {
    use FaultCode::{
        Duplicate, Empty, InvalidType, InvalidValue, OutOfRange, PeriodEmpty, Required, TooLong,
        UnknownField, UnknownReference, UnknownStore,
    };
    check_here("/extra", json!(1), UnknownField);
    check(
        "/bonuses/0/when/a~b",
        json!(1),
        "/bonuses/0/when/a~0b",
        UnknownField,
    );
    check_here("/earn_rules/0/code", Value::Null, Required);
    check_here("/wallets/0/name", json!(""), Empty);
    check_here("/earn_rules/0/code", json!("points"), Duplicate);
    check_here("/earn_rules/0/code", json!("Base"), InvalidValue);
    check_here("/earn_rules/0/code", json!("-base"), InvalidValue);
    check_here("/earn_rules/0/code", json!("b".repeat(65)), TooLong);
    check_here("/bonuses/0/wallet", json!("gold"), UnknownReference);
    check_here("/bonuses/0/when/stores/0", json!("osaka"), UnknownStore);
    check_here("/bonuses/0/when/days_of_month/1", json!(32), OutOfRange);
    check_here("/bonuses/0/when/stores", json!([]), Empty);
    check_here("/bonuses/0/when/stores", json!("shibuya"), InvalidType);
    check(
        "/bonuses/0/when/weekdays",
        json!(["mon", "Tue"]),
        "/bonuses/0/when/weekdays/1",
        InvalidValue,
    );
    check_here("/bonuses/0/when/from", json!("2026-02-30"), InvalidValue);
    check_here("/bonuses/0/when/from", json!("20260201"), InvalidValue);
    check_here("/earn_rules/0/award/amount", json!(0), OutOfRange);
    check_here("/earn_rules/0/award/amount", json!(1.5), InvalidType);
    check_here("/earn_rules/0/award/amount", json!("100"), InvalidType);
    check_here("/earn_rules/0/award/points", json!(u64::MAX), OutOfRange);
    check_here("/earn_rules/0/award", Value::Null, Required);
    check_here("/earn_rules/0/award/type", json!("magic"), InvalidValue);
    for times in ["0", "0.9", "1000.0001", "-5"] {
        check_here("/bonuses/0/effect/times", json!(times), OutOfRange);
    }
    for times in ["5x", "1.00001", ""] {
        check_here("/bonuses/0/effect/times", json!(times), InvalidValue);
    }
    check_here("/bonuses/0/effect/times", json!(5), InvalidType);
    check_here("/bonuses/0/effect/times", Value::Null, Required);
    check_here(
        "/wallets/0/redemption/max_percent",
        json!("101"),
        OutOfRange,
    );
    check_here(
        "/wallets/0/redemption/value_per_point",
        json!("0"),
        OutOfRange,
    );
    check_here("/wallets/0/expiry/months", json!(121), OutOfRange);
    check(
        "/wallets/0/expiry",
        json!({"type": "after"}),
        "/wallets/0/expiry",
        Required,
    );
    let when = json!({"from": "2026-12-02", "to": "2026-12-01"});
    check("/bonuses/0/when", when, "/bonuses/0/when/to", PeriodEmpty);
}

#[test]
fn tiers_start_at_zero_and_rise() {
    let tiers = |list: Value| json!({"type": "tiered", "by": "receipt_amount", "tiers": list});
    let tier = |from: i64| json!({"from": from, "amount": 100, "points": 1});
    let check = |list: Value, at: &str, code: FaultCode| {
        check(
            "/earn_rules/0/award",
            tiers(list),
            &format!("/earn_rules/0/award/tiers{at}"),
            code,
        );
    };
    check(json!([]), "", FaultCode::Empty);
    check(json!([tier(1)]), "/0/from", FaultCode::TiersStart);
    check(
        json!([tier(0), tier(100), tier(100)]),
        "/2/from",
        FaultCode::TiersOrder,
    );
    check(
        json!([tier(0), tier(100), tier(50)]),
        "/2/from",
        FaultCode::TiersOrder,
    );
    let count = |n: i64| Value::Array((0..n).map(|index| tier(index * 10)).collect());
    check(count(101), "", FaultCode::TooMany);
    assert_eq!(
        parse(&changed("/earn_rules/0/award", tiers(count(100)))),
        Ok(vec![])
    );
}

#[test]
fn all_problems_come_at_once() {
    let document = json!({
        "wallets": [{"code": "points", "colour": "red"}, {"code": "points"}],
        "earn_rules": [{"code": "base", "wallet": "gold", "award": {"type": "fixed", "points": 0}},
            {"wallet": "points", "award": {"type": "magic"}}],
        "ranks": [{}],
    });
    let found: Vec<_> = parse(&document)
        .unwrap_err()
        .into_iter()
        .map(|(at, _)| at)
        .collect();
    let expected = [
        "/wallets/0/colour",
        "/wallets/1/code",
        "/ranks/0/code",
        "/ranks/0/steps",
        "/earn_rules/0/award/points",
        "/earn_rules/0/wallet",
        "/earn_rules/1/code",
        "/earn_rules/1/award/type",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_program_has_at_most_a_thousand_rules() {
    let rules = |count: usize| -> Vec<Value> {
        let award = json!({"type": "fixed", "points": 1});
        let rule = |n| json!({"code": format!("r{n}"), "wallet": "points", "award": award});
        (0..count).map(rule).collect()
    };
    assert_eq!(
        parse(&changed("/earn_rules", json!(rules(MAX_RULES - 1)))),
        Ok(vec![])
    );
    check(
        "/earn_rules",
        json!(rules(MAX_RULES)),
        "/bonuses",
        FaultCode::TooMany,
    );
    check_here(
        "/earn_rules",
        json!(rules(MAX_RULES + 1)),
        FaultCode::TooMany,
    );
}

#[test]
fn rules_that_can_never_fire_are_warned_of() {
    let warn = |pointer: &str, value: Value, at: &str| {
        let expected = vec![(at.to_owned(), FaultCode::NeverFires)];
        assert_eq!(parse(&changed(pointer, value)), Ok(expected), "{pointer}");
    };
    warn(
        "/bonuses/0/effect/times",
        json!("1"),
        "/bonuses/0/effect/times",
    );
    let when = json!({"dates": ["2026-11-21"], "weekdays": ["sun"]});
    warn("/bonuses/0/when", when, "/bonuses/0/when");
    let when = json!({"from": "2026-11-01", "to": "2026-11-30", "days_of_month": [31]});
    warn("/bonuses/0/when", when, "/bonuses/0/when");
    warn("/earn_rules", json!([]), "/bonuses/0/wallet");
}

#[test]
fn a_published_version_outlives_its_stores() {
    let document = changed("/bonuses/0/when/stores", json!(["gone"]));
    assert!(Program::load(&document).is_ok());
    assert!(parse(&document).is_err());
}
