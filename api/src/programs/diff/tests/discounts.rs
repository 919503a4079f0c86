//! Discounts, the prices of members, and awards by rank.

use serde_json::{Value, json};

use super::told;
use crate::language::Language;
use crate::money::Currency;
use crate::programs::diff::changes::changes;
use crate::programs::diff::words::Words;

pub(super) fn program() -> Value {
    json!({
        "earn_rules": [{"code": "base", "wallet": "points", "award": {
            "type": "tiered", "by": "period_spend", "window": {"type": "calendar_year"},
            "tiers": [{"from": 0, "amount": 100, "points": 1},
                {"from": 100_000, "amount": 100, "points": 2}]}}],
        "discounts": [
            {"code": "climbing", "type": "progressive", "metric": "spend",
                "window": {"type": "rolling_days", "days": 365},
                "tiers": [{"from": 0, "percent": "5"}, {"from": 50_000, "percent": "10"}]},
            {"code": "coupon", "type": "fixed", "amount": 500, "stacking": "all", "cap": 1_000}],
        "member_prices": [{"sku": "4901", "price": 980}, {"sku": "4902", "price": 1_480}],
    })
}

fn changed(change: impl FnOnce(&mut Value)) -> Value {
    let mut document = program();
    change(&mut document);
    document
}

fn with(discount: Value) -> Value {
    changed(|p| p["discounts"].as_array_mut().unwrap().push(discount))
}

/// What was done, and the document afterwards.
pub(super) fn cases() -> Vec<(&'static str, Value)> {
    let mut cases = discount_cases();
    cases.extend(price_cases());
    cases.extend(award_cases());
    cases
}

fn discount_cases() -> Vec<(&'static str, Value)> {
    vec![
        (
            "rates",
            changed(|p| {
                p["discounts"][0]["tiers"] = json!([{"from": 0, "percent": "5"},
                    {"from": 60_000, "percent": "10"}, {"from": 200_000, "percent": "12.5"}]);
            }),
        ),
        (
            "measure, with rates that count something else",
            changed(|p| {
                p["discounts"][0]["metric"] = json!("visits");
                p["discounts"][0]["tiers"] =
                    json!([{"from": 0, "percent": "5"}, {"from": 12, "percent": "10"}]);
            }),
        ),
        (
            "period",
            changed(|p| p["discounts"][0]["window"] = json!({"type": "calendar_year"})),
        ),
        (
            "terms",
            changed(|p| {
                let discount = p["discounts"][0].as_object_mut().unwrap();
                let terms = json!({"refresh": "immediate", "mode": "marginal", "cap": 20_000,
                    "base": "initial", "stacking": "exclusive", "rounding": "half_up",
                    "when": {"ranks": ["silver", "gold"]}});
                discount.extend(terms.as_object().unwrap().clone());
            }),
        ),
        (
            "another kind",
            changed(|p| {
                p["discounts"][1] = json!({"code": "coupon", "type": "percent", "percent": "10",
                    "stacking": "best", "cap": 2_000});
            }),
        ),
        (
            "amount",
            changed(|p| p["discounts"][1]["amount"] = json!(1_500)),
        ),
        (
            "new climbing discount",
            with(
                json!({"code": "regulars", "metric": "visits", "window": {"type": "lifetime"},
                "mode": "marginal", "refresh": "daily",
                "tiers": [{"from": 0, "percent": "0"}, {"from": 1, "percent": "3"},
                    {"from": 1_000, "percent": "5"}]}),
            ),
        ),
        (
            "new discount by rank",
            with(json!({"code": "ranks", "type": "rank", "ladder": "main", "stacking": "best"})),
        ),
        (
            "new percentage",
            with(
                json!({"code": "gold-week", "type": "percent", "percent": "7.5", "cap": 3_000,
                "when": {"from": "2026-05-01", "ranks": ["gold"]}}),
            ),
        ),
        (
            "new amount",
            with(json!({"code": "welcome", "type": "fixed", "amount": 300})),
        ),
        (
            "another order",
            changed(|p| p["discounts"].as_array_mut().unwrap().reverse()),
        ),
    ]
}

fn price_cases() -> Vec<(&'static str, Value)> {
    vec![
        (
            "price",
            changed(|p| p["member_prices"][1]["price"] = json!(1_280)),
        ),
        (
            "one price for another",
            changed(|p| {
                p["member_prices"] =
                    json!([{"sku": "4903", "price": 298}, {"sku": "4902", "price": 1_480}]);
            }),
        ),
    ]
}

fn award_cases() -> Vec<(&'static str, Value)> {
    vec![
        (
            "award by rank",
            changed(|p| {
                p["earn_rules"][0]["award"] = json!({"type": "tiered", "by": "rank", "tiers": [
                    {"from": 0, "amount": 100, "points": 1},
                    {"from": "silver", "amount": 100, "points": 2},
                    {"from": "gold", "amount": 100, "points": 3}]});
            }),
        ),
        (
            "award over another time",
            changed(|p| {
                let award = &mut p["earn_rules"][0]["award"];
                award["window"] = json!({"type": "rolling_months", "months": 6});
                award["mode"] = json!("marginal");
                award["includes_this_receipt"] = json!(true);
            }),
        ),
        (
            "award for ever",
            changed(|p| {
                let award = p["earn_rules"][0]["award"].as_object_mut().unwrap();
                award.insert("by".to_owned(), json!("lifetime_spend"));
                award.remove("window");
            }),
        ),
    ]
}

#[test]
fn discounts_and_prices_in_words() {
    insta::assert_snapshot!(told(&program(), cases()));
}

#[test]
fn prices_have_no_order_and_two_of_one_article_are_compared_as_a_list() {
    let turned = changed(|p| p["member_prices"].as_array_mut().unwrap().reverse());
    assert_eq!(told(&program(), vec![("", turned)]), "# \n");
    let twice = changed(|p| p["member_prices"][1]["sku"] = json!("4901"));
    assert!(told(&program(), vec![("", twice)]).starts_with("# \n/member_prices\n"));
}

#[test]
fn amounts_are_in_the_currency_of_the_tenant() {
    let dollars = Words {
        language: Language::English,
        currency: Currency::new("USD"),
    };
    let after = changed(|p| {
        p["discounts"][0]["tiers"] = json!([{"from": 0, "percent": "5"}]);
        p["discounts"][1]["amount"] = json!(250);
        p["member_prices"][0]["price"] = json!(899);
    });
    let before = program();
    let told: Vec<_> = changes(&before, &after)
        .iter()
        .map(|change| dollars.sentence(change))
        .collect();
    assert_eq!(
        told,
        [
            "Discount “climbing”: rates changed from “5% from $0.00, 10% from $500.00” to “5% from $0.00”",
            "Discount “coupon”: amount off changed from “$5.00” to “$2.50”",
            "Member price “4901”: price changed from “$9.80” to “$8.99”",
        ]
    );
}
