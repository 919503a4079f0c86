//! What a document may say of discounts and member prices.

use super::{MAX_RULES, changed, check, good, parse};
use crate::fault::FaultCode;
use crate::member_price::MAX_MEMBER_PRICES;
use serde_json::{Value, json};

#[expect(
    clippy::needless_pass_by_value,
    reason = "a table row reads better without a borrow"
)]
fn with(discount: Value) -> Value {
    changed("/discounts", json!([discount]))
}

fn edited(mut discount: Value, field: &str, value: Value) -> Value {
    discount[field] = value;
    discount
}

/// The change to a good discount makes exactly this fault.
#[track_caller]
fn fault(discount: &Value, field: &str, value: Value, at: &str, code: FaultCode) {
    let found = parse(&with(edited(discount.clone(), field, value)));
    let expected = vec![(format!("/discounts/0{at}"), code)];
    assert_eq!(found, Err(expected), "{field}");
}

fn climbing() -> Value {
    json!({"code": "climb", "type": "progressive", "metric": "spend",
        "window": {"type": "rolling_days", "days": 365}, "refresh": "daily", "mode": "whole",
        "tiers": [{"from": 0, "percent": "0"}, {"from": 1, "percent": "100"}],
        "stacking": "best", "base": "discounted", "cap": 1, "rounding": "floor",
        "when": {"stores": ["shibuya"]}})
}

fn percent() -> Value {
    json!({"code": "ten", "type": "percent", "percent": "10", "stacking": "all"})
}

fn fixed() -> Value {
    json!({"code": "coupon", "type": "fixed", "amount": 1, "stacking": "exclusive",
        "base": "initial"})
}

#[test]
fn every_kind_is_read() {
    let short = json!({"code": "short", "type": "progressive", "metric": "visits",
        "tiers": [{"from": 0, "percent": "5"}]});
    let all = json!([climbing(), percent(), fixed(), short]);
    let mut document = changed("/discounts", all);
    document["member_prices"] = json!([{"sku": "1", "price": 0}, {"sku": "2", "price": 99}]);
    assert_eq!(parse(&document), Ok(vec![]));
    for rounding in ["floor", "half_up", "half_even", "ceil"] {
        let document = with(edited(percent(), "rounding", json!(rounding)));
        assert_eq!(parse(&document), Ok(vec![]));
    }
}

#[test]
fn faults_of_discounts_name_their_place() {
    use FaultCode::{
        Duplicate, InvalidType, InvalidValue, OutOfRange, Required, UnknownField, UnknownStore,
    };
    let ten = percent();
    for (field, value, at, code) in [
        ("code", Value::Null, "/code", Required),
        ("code", json!("base"), "/code", Duplicate),
        ("type", Value::Null, "/type", Required),
        ("type", json!("free"), "/type", InvalidValue),
        ("percent", Value::Null, "/percent", Required),
        ("percent", json!(10), "/percent", InvalidType),
        ("percent", json!("ten"), "/percent", InvalidValue),
        ("percent", json!("100.0001"), "/percent", OutOfRange),
        ("percent", json!("-1"), "/percent", OutOfRange),
        ("stacking", json!("some"), "/stacking", InvalidValue),
        ("base", json!("net"), "/base", InvalidValue),
        ("rounding", json!("up"), "/rounding", InvalidValue),
        ("cap", json!(0), "/cap", OutOfRange),
        ("cap", json!(1_000_000_000_000_i64), "/cap", OutOfRange),
        ("amount", json!(5), "/amount", UnknownField),
        ("tiers", json!([]), "/tiers", UnknownField),
        (
            "when",
            json!({"stores": ["x"]}),
            "/when/stores/0",
            UnknownStore,
        ),
    ] {
        fault(&ten, field, value, at, code);
    }
    fault(&fixed(), "amount", Value::Null, "/amount", Required);
    fault(&fixed(), "amount", json!(0), "/amount", OutOfRange);
    fault(&fixed(), "percent", json!("5"), "/percent", UnknownField);
    fault(
        &climbing(),
        "metric",
        json!("points"),
        "/metric",
        InvalidValue,
    );
    fault(
        &climbing(),
        "refresh",
        json!("hourly"),
        "/refresh",
        InvalidValue,
    );
    fault(&climbing(), "mode", json!("some"), "/mode", InvalidValue);
    fault(
        &climbing(),
        "ladder",
        json!("main"),
        "/ladder",
        UnknownField,
    );
    let window = json!({"type": "rolling_days", "days": 0});
    fault(&climbing(), "window", window, "/window/days", OutOfRange);
}

#[test]
fn tiers_of_a_percentage_start_at_zero_and_rise() {
    use FaultCode::{Empty, OutOfRange, Required, TiersOrder, TiersStart, TooMany};
    let tier = |from: i64| json!({"from": from, "percent": "5"});
    let tiers = |count: i64| Value::Array((0..count).map(tier).collect());
    for (list, at, code) in [
        (Value::Null, "/tiers", Required),
        (json!([]), "/tiers", Empty),
        (json!([tier(1)]), "/tiers/0/from", TiersStart),
        (json!([tier(0), tier(0)]), "/tiers/1/from", TiersOrder),
        (json!([{"from": 0}]), "/tiers/0/percent", Required),
        (
            json!([{"from": 0, "percent": "101"}]),
            "/tiers/0/percent",
            OutOfRange,
        ),
        (tiers(101), "/tiers", TooMany),
    ] {
        fault(&climbing(), "tiers", list, at, code);
    }
    let most = with(edited(climbing(), "tiers", tiers(100)));
    assert_eq!(parse(&most), Ok(vec![]));
}

#[test]
fn member_prices_hold_at_their_edges() {
    use FaultCode::{Duplicate, Empty, OutOfRange, Required, TooMany, UnknownField};
    let price = |sku: &str, price: i64| json!({"sku": sku, "price": price});
    for (list, at, code) in [
        (
            json!([price("1", 5), price("2", 5), price("1", 4)]),
            "/2/sku",
            Duplicate,
        ),
        (json!([{"price": 5}]), "/0/sku", Required),
        (json!([{"sku": "1"}]), "/0/price", Required),
        (json!([price("", 5)]), "/0/sku", Empty),
        (json!([price("1", -1)]), "/0/price", OutOfRange),
        (
            json!([price("1", 1_000_000_000_000)]),
            "/0/price",
            OutOfRange,
        ),
        (
            json!([{"sku": "1", "price": 5, "store": "ueno"}]),
            "/0/store",
            UnknownField,
        ),
    ] {
        check("/member_prices", list, &format!("/member_prices{at}"), code);
    }
    let count = |count: usize| Value::Array((0..count).map(|n| price(&n.to_string(), 1)).collect());
    let most = changed("/member_prices", count(MAX_MEMBER_PRICES));
    assert_eq!(parse(&most), Ok(vec![]));
    let more = count(MAX_MEMBER_PRICES + 1);
    check("/member_prices", more, "/member_prices", TooMany);
}

#[test]
fn member_price_is_no_code_where_there_are_member_prices() {
    let mut document = changed("/bonuses/0/code", json!("member_price"));
    assert_eq!(parse(&document), Ok(vec![]));
    document["member_prices"] = json!([{"sku": "1", "price": 5}]);
    let expected = vec![("/bonuses/0/code".to_owned(), FaultCode::Duplicate)];
    assert_eq!(parse(&document), Err(expected));
}

#[test]
fn discounts_count_among_the_rules() {
    let count = |count: usize| -> Vec<Value> {
        let coupon = |n: usize| edited(fixed(), "code", json!(format!("c{n}")));
        (0..count).map(coupon).collect()
    };
    let left = MAX_RULES - 2;
    assert_eq!(
        parse(&changed("/discounts", json!(count(left)))),
        Ok(vec![])
    );
    check(
        "/discounts",
        json!(count(left + 1)),
        "/discounts",
        FaultCode::TooMany,
    );
}

#[test]
fn discounts_that_can_never_take_anything_off_are_warned_of() {
    for (discount, at) in [
        (edited(percent(), "percent", json!("0")), "/percent"),
        (
            edited(climbing(), "tiers", json!([{"from": 0, "percent": "0"}])),
            "/tiers",
        ),
        (json!({"code": "rank", "type": "rank"}), "/type"),
    ] {
        let expected = vec![(format!("/discounts/0{at}"), FaultCode::NeverFires)];
        assert_eq!(parse(&with(discount)), Ok(expected));
    }
}

#[test]
fn all_problems_of_discounts_come_at_once() {
    let mut document = good();
    document["discounts"] = json!([{"type": "free"}, {"code": "a", "type": "percent", "x": 1},
        {"code": "a", "type": "fixed", "amount": 0, "cap": "5"}]);
    document["member_prices"] = json!([{}, 5]);
    let found: Vec<_> = parse(&document)
        .unwrap_err()
        .into_iter()
        .map(|(at, _)| at)
        .collect();
    let expected = [
        "/discounts/0/code",
        "/discounts/0/type",
        "/discounts/1/percent",
        "/discounts/1/x",
        "/discounts/2/code",
        "/discounts/2/amount",
        "/discounts/2/cap",
        "/member_prices/0/sku",
        "/member_prices/0/price",
        "/member_prices/1",
    ];
    assert_eq!(found, expected);
}
