//! `buy(A + B)` and `return(B)` leave what `buy(A)` leaves, whatever the program says.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "a property is stated in plain arithmetic; an overflow fails the test"
)]

use super::shop::{Shop, lines};
use crate::decide::{PurchaseOutcome, ReturnOutcome};
use crate::settings::PointsPaidAs;
use proptest::prelude::{
    Just, ProptestConfig, Strategy, any, prop, prop_assert_eq, prop_oneof, proptest,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn award() -> impl Strategy<Value = Value> {
    let tiers = json!([{"from": 0, "amount": 100, "points": 1}, {"from": 2_000, "amount": 100, "points": 3}]);
    let whole = tiers.clone();
    let window = json!({"type": "calendar_month"});
    prop_oneof![
        (1_i64..400, 1_i64..9).prop_map(|(amount, points)| {
            json!({"type": "per_amount", "amount": amount, "points": points})
        }),
        Just(json!({"type": "per_amount", "amount": 100, "points": 1, "blocks": "proportional"})),
        Just(json!({"type": "percent", "percent": "1.5"})),
        Just(json!({"type": "fixed", "points": 7})),
        Just(json!({"type": "per_item", "points": 3})),
        Just(json!({"type": "tiered", "by": "receipt_amount", "mode": "marginal", "tiers": tiers})),
        Just(
            json!({"type": "tiered", "by": "receipt_amount", "mode": "whole", "tiers": whole.clone()})
        ),
        Just(
            json!({"type": "tiered", "by": "period_spend", "window": window.clone(), "mode": "whole",
            "includes_this_receipt": true, "tiers": whole.clone()})
        ),
    ]
}

fn when() -> impl Strategy<Value = Value> {
    prop_oneof![
        3 => Just(json!({})),
        1 => Just(json!({"categories": ["food"]})),
        1 => Just(json!({"minimum_amount": 1_500})),
        1 => Just(json!({"weekdays": ["sat"]})),
        1 => Just(json!({"weekdays": ["mon"]})),
        1 => Just(json!({"nth_visit": 2})),
        1 => Just(json!({"first_purchase": true})),
        1 => Just(json!({"ranks": ["silver"]})),
    ]
}

fn limits() -> impl Strategy<Value = Value> {
    prop_oneof![
        3 => Just(json!([])),
        1 => Just(json!([{"per": "receipt", "points": 20}])),
        1 => Just(json!([{"per": "member_month", "points": 40}])),
        1 => Just(json!([{"per": "campaign", "points": 55}, {"per": "member_day", "times": 2}])),
    ]
}

fn effect() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!({"type": "multiplier", "times": "2.5"})),
        Just(json!({"type": "multiplier", "times": "5"})),
        Just(json!({"type": "add", "points": 11})),
        Just(json!({"type": "add_per_amount", "amount": 150, "points": 2})),
    ]
}

fn discounts() -> impl Strategy<Value = Value> {
    let climbs = json!({"code": "climbs", "type": "progressive", "metric": "gross_spend", "refresh": "immediate",
        "window": {"type": "rolling_days", "days": 30},
        "tiers": [{"from": 0, "percent": "3"}, {"from": 2_500, "percent": "12"}]});
    prop_oneof![
        2 => Just(json!([])),
        1 => Just(json!([{"code": "coupon", "type": "percent", "percent": "7", "when": {"minimum_amount": 1_000}}])),
        1 => Just(json!([climbs, {"code": "off", "type": "fixed", "amount": 120}])),
        1 => Just(json!([{"code": "food", "type": "percent", "percent": "33.3", "when": {"categories": ["food"]}}])),
    ]
}

fn program() -> impl Strategy<Value = Value> {
    let rule = || (award(), when(), limits());
    let bonus = || (effect(), when(), limits());
    let manner = (
        prop_oneof![Just("rounded"), Just("exact")],
        prop_oneof![Just("stack_sum"), Just("stack_product"), Just("best")],
        prop_oneof![Just("rule"), Just("line"), Just("unit"), Just("tax_rate")],
        prop_oneof![Just("sum"), Just("best"), Just("first")],
    );
    (
        prop::collection::vec(rule(), 1..4),
        prop::collection::vec(bonus(), 0..3),
        manner,
        discounts(),
        any::<bool>(),
    )
        .prop_map(|(rules, bonuses, manner, discounts, is_excluded)| {
            let rules: Vec<Value> = (0..).zip(rules).map(|(number, (award, when, limits))| {
                json!({"code": format!("rule{number}"), "wallet": if number == 2 { "stamps" } else { "points" },
                    "award": award, "when": when, "limits": limits})
            }).collect();
            let bonuses: Vec<Value> = (0..).zip(bonuses).map(|(number, (effect, when, limits))| {
                json!({"code": format!("bonus{number}"), "wallet": "points", "effect": effect, "when": when,
                    "limits": limits})
            }).collect();
            let (multiply, combine, granularity, rules_combine) = manner;
            json!({
                "wallets": [{"code": "points", "redemption": {"over": "clamp"}, "limits": [{"per": "member_year", "points": 300}]},
                    {"code": "stamps"}],
                "earning": {"multiply": multiply, "bonus_combine": combine, "granularity": granularity,
                    "combine": rules_combine,
                    "basis": {"tax": if is_excluded { "excluded" } else { "included" }}},
                "earn_rules": rules, "bonuses": bonuses, "discounts": discounts,
                "ranks": [{"code": "main", "metric": "spend", "window": {"type": "lifetime"},
                    "downgrade": {"at": "never"},
                    "steps": [{"code": "bronze", "from": 0}, {"code": "silver", "from": 3_000, "earn_multiplier": "1.5"}]}],
            })
        })
}

fn line() -> impl Strategy<Value = Value> {
    (
        1_i64..1_200,
        1_i64..4,
        any::<bool>(),
        prop_oneof![Just("8"), Just("10")],
    )
        .prop_map(|(price, quantity, is_food, tax)| {
            json!({"unit_price": price, "quantity": quantity, "tax_percent": tax,
                "category": if is_food { "food/fresh" } else { "home" }})
        })
}

/// Points by wallet: spendable and waiting, less what is owed.
fn worth(shop: &Shop) -> BTreeMap<String, i64> {
    let wallets = shop.journal.member.wallets.iter();
    let worth = wallets.map(|(code, facts)| {
        let held = facts.available.get() + facts.pending.get() - facts.deficit.get();
        (code.clone(), held)
    });
    worth.filter(|(_, held)| *held != 0).collect()
}

fn granted(outcome: &PurchaseOutcome, wallet: &str) -> i64 {
    let parts = outcome
        .earned
        .iter()
        .filter(|part| part.wallet.as_str() == wallet);
    parts.map(|part| part.points.get()).sum()
}

fn day(shop: &Shop) -> (i64, i64, i64) {
    let days = || shop.journal.days.iter();
    (
        days().map(|day| day.spend.minor()).sum(),
        days().map(|day| day.gross_spend.minor()).sum(),
        days().map(|day| day.visits).sum(),
    )
}

fn receipt(lines: &[Value], paid: i64) -> Value {
    let redeem = if paid > 0 {
        json!([{"wallet": "points", "points": paid}])
    } else {
        json!([])
    };
    json!({"lines": lines, "redeem": redeem})
}

fn refunded(outcomes: &[ReturnOutcome]) -> i64 {
    outcomes
        .iter()
        .map(|back| back.refunded.amount.minor())
        .sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn what_is_left_is_worth_what_it_would_be_alone(
        program in program(),
        earlier in prop::collection::vec(line(), 0..3),
        kept in prop::collection::vec(line(), 1..4),
        back in prop::collection::vec(line(), 1..4),
        (paid, is_net, as_discount) in (prop_oneof![2 => Just(0_i64), 1 => 1_i64..90], any::<bool>(), any::<bool>()),
        order in any::<u64>(),
    ) {
        let mut shop = Shop::of(&program);
        shop.journal.catalog.settings.prices_include_tax = !is_net;
        if as_discount {
            shop.journal.catalog.settings.points_paid_as = PointsPaidAs::Discount;
        }
        if !earlier.is_empty() {
            shop.buys(receipt(&earlier, 0));
        }
        let before = (worth(&shop), day(&shop));
        let mut alone = shop.clone();
        let only = alone.buys(receipt(&kept, paid));
        let all: Vec<Value> = kept.iter().chain(&back).cloned().collect();
        let both = shop.buys(receipt(&all, paid));

        // The others come back one by one, in some order.
        let mut places: Vec<usize> = (kept.len()..all.len()).collect();
        let turns = usize::try_from(order % 7).unwrap() % places.len();
        places.rotate_left(turns);
        let mut outcomes = Vec::new();
        let mut is_richer_between = false;
        for (number, place) in places.iter().enumerate() {
            outcomes.push(shop.gives_back(both.id, lines(&[*place])).unwrap());
            is_richer_between |= number + 1 < places.len();
        }

        // Nobody gets more than what was granted, and nobody pays more than before.
        let is_less = ["points", "stamps"].iter().all(|wallet| granted(&only, wallet) <= granted(&both, wallet))
            && only.amounts.points_paid.minor() == both.amounts.points_paid.minor()
            && only.amounts.total <= both.amounts.total;
        if is_less && !is_richer_between {
            prop_assert_eq!(worth(&shop), worth(&alone));
            let due = both.amounts.total.minor() - only.amounts.total.minor();
            prop_assert_eq!(refunded(&outcomes), due);
            prop_assert_eq!(day(&shop).2, day(&alone).2);
        }

        // With the rest everything is as before.
        for place in 0..kept.len() {
            outcomes.push(shop.gives_back(both.id, lines(&[place])).unwrap());
        }
        prop_assert_eq!(worth(&shop), before.0);
        prop_assert_eq!(day(&shop), before.1);
        prop_assert_eq!(refunded(&outcomes), both.amounts.total.minor());
        let used: i64 = shop.journal.uses.iter().map(|used| used.points.get()).sum();
        let used_before: i64 = alone.journal.uses.iter().map(|used| used.points.get()).sum();
        let own: i64 = only_uses(&alone, &only);
        prop_assert_eq!(used, used_before - own);
    }
}

/// What a receipt used of limits.
fn only_uses(shop: &Shop, outcome: &PurchaseOutcome) -> i64 {
    let program = &shop.journal.catalog.versions[0].program;
    let codes = |code: &str| crate::decide::return_goods::counts(program, code);
    let parts = outcome.earned.iter();
    parts
        .map(|part| {
            let times =
                i64::from(codes(part.rule.as_str())) + i64::from(codes(part.wallet.as_str()));
            part.points.get() * times
        })
        .sum()
}
