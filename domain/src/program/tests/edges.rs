//! Limits, windows and awards at the edges of what they may say.

use super::{changed, check, check_here, parse};
use crate::fault::FaultCode;
use serde_json::{Value, json};

#[test]
fn limits_hold_at_their_edges() {
    use FaultCode::{InvalidValue, OutOfRange, Required, TooMany, UnknownField};
    let rule = "/earn_rules/0";
    let limit = |change: Value| {
        let mut limit = json!({"per": "member_day", "points": 5, "over": "reject"});
        for (key, value) in change.as_object().unwrap() {
            limit[key] = value.clone();
        }
        json!([limit])
    };
    let at = |field: &str| format!("{rule}/limits{field}");
    for (change, field, code) in [
        (json!({"per": null}), "/0/per", Required),
        (json!({"per": "lunch"}), "/0/per", InvalidValue),
        (json!({"points": 0}), "/0/points", OutOfRange),
        (
            json!({"points": 9_007_199_254_740_992_i64}),
            "/0/points",
            OutOfRange,
        ),
        (json!({"points": null}), "/0/points", Required),
        (json!({"times": 0}), "/0/times", OutOfRange),
        (json!({"times": 1_000_000_001}), "/0/times", OutOfRange),
        (json!({"over": "bounce"}), "/0/over", InvalidValue),
        (json!({"money": 5}), "/0/money", UnknownField),
    ] {
        check(&at(""), limit(change), &at(field), code);
    }
    let count = |count: usize| Value::Array(vec![json!({"per": "receipt", "times": 1}); count]);
    assert_eq!(parse(&changed(&at(""), count(20))), Ok(vec![]));
    check_here(&at(""), count(21), TooMany);
    check_here("/wallets/0/max_balance", json!(0), OutOfRange);
    assert_eq!(
        parse(&changed(
            "/wallets/0/max_balance",
            json!(9_007_199_254_740_991_i64)
        )),
        Ok(vec![])
    );
}

#[test]
fn windows_and_what_a_rule_says_of_itself_hold_at_their_edges() {
    use FaultCode::{
        InvalidType, InvalidValue, OutOfRange, Required, UnknownField, UnknownReference,
    };
    let rule = "/earn_rules/0";
    let by = |window: Value| {
        json!({"type": "tiered", "by": "period_spend", "window": window,
            "tiers": [{"from": 0, "amount": 100, "points": 1}]})
    };
    let award = format!("{rule}/award");
    for (window, field, code) in [
        (json!({"type": "rolling_days"}), "/window/days", Required),
        (
            json!({"type": "rolling_days", "days": 3_661}),
            "/window/days",
            OutOfRange,
        ),
        (
            json!({"type": "rolling_months", "months": 121}),
            "/window/months",
            OutOfRange,
        ),
        (
            json!({"type": "calendar_month", "days": 1}),
            "/window/days",
            UnknownField,
        ),
        (json!({"type": "fortnight"}), "/window/type", InvalidValue),
        (Value::Null, "/window", Required),
    ] {
        check(&award, by(window), &format!("{award}{field}"), code);
    }
    for window in [
        json!({"type": "rolling_days", "days": 3_660}),
        json!({"type": "rolling_months", "months": 120}),
    ] {
        assert_eq!(parse(&changed(&award, by(window))), Ok(vec![]));
    }
    check_here(&format!("{rule}/exclusive"), json!("yes"), InvalidType);
    check_here(&format!("{rule}/priority"), json!(1_000_001), OutOfRange);
    check(
        "/bonuses/0/rules",
        json!(["five"]),
        "/bonuses/0/rules/0",
        UnknownReference,
    );
    let percent = |percent: &str| json!({"type": "percent", "percent": percent});
    check(
        &award,
        percent("0"),
        &format!("{award}/percent"),
        OutOfRange,
    );
    check(
        &award,
        percent("100.0001"),
        &format!("{award}/percent"),
        OutOfRange,
    );
    assert_eq!(parse(&changed(&award, percent("0.0001"))), Ok(vec![]));
}
