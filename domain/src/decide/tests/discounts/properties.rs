//! What holds for every set of discounts, and a plain second reading of how they stack and of what
//! a rate looks back on.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::integer_division,
    reason = "a property is stated in plain arithmetic; an overflow fails the test"
)]

use super::{applied, catalog, discounts};
use crate::decide::tests::journal::Journal;
use crate::decide::tests::{at, decide, member_with, quote, receipt, told};
use crate::decide::{PurchaseOutcome, Refusal};
use crate::settings::PointsPaidAs;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use proptest::prelude::{
    Just, ProptestConfig, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest,
};
use serde_json::{Value, json};

const RATES: [&str; 3] = ["0", "8", "10"];

/// A discount of a receipt without history.
#[derive(Debug, Clone)]
struct Wish {
    /// Money off, or percent.
    amount: Option<i64>,
    percent: i64,
    way: &'static str,
    initial: bool,
    cap: Option<i64>,
    rounding: &'static str,
    scope: usize,
}

fn wish() -> impl Strategy<Value = Wish> {
    let ways = prop_oneof![4 => Just("all"), 4 => Just("best"), 1 => Just("exclusive")];
    let rounding = prop_oneof![
        Just("floor"),
        Just("half_up"),
        Just("half_even"),
        Just("ceil")
    ];
    (
        prop::option::of(1_i64..2_000),
        0_i64..=100,
        ways,
        any::<bool>(),
        prop::option::of(1_i64..500),
        rounding,
        0_usize..4,
    )
        .prop_map(
            |(amount, percent, way, initial, cap, rounding, scope)| Wish {
                amount,
                percent,
                way,
                initial,
                cap,
                rounding,
                scope,
            },
        )
}

fn document(wishes: &[Wish], is_scoped: bool) -> Value {
    let one = |(number, wish): (usize, &Wish)| {
        let mut one = json!({"code": format!("d{number}"), "stacking": wish.way,
            "cap": wish.cap, "rounding": wish.rounding,
            "base": if wish.initial { "initial" } else { "discounted" }});
        match wish.amount {
            Some(amount) => {
                one["type"] = json!("fixed");
                one["amount"] = json!(amount);
            }
            None => {
                one["type"] = json!("percent");
                one["percent"] = json!(wish.percent.to_string());
            }
        }
        if is_scoped && wish.scope > 0 {
            one["when"] =
                json!({"skus": (0..wish.scope).map(|n| n.to_string()).collect::<Vec<_>>()});
        }
        one
    };
    let all: Vec<Value> = wishes.iter().enumerate().map(one).collect();
    discounts(&all)
}

/// What a wish takes off one line.
fn takes(wish: &Wish, initial: i64, left: i64) -> i64 {
    let base = if wish.initial { initial } else { left };
    let hundredths = base * wish.percent;
    let (whole, rest) = (hundredths / 100, hundredths % 100);
    let up = match wish.rounding {
        "half_up" => rest >= 50,
        "half_even" => rest > 50 || (rest == 50 && whole % 2 == 1),
        "ceil" => rest > 0,
        _ => false,
    };
    let wanted = match wish.amount {
        Some(amount) => {
            if base > 0 {
                amount
            } else {
                0
            }
        }
        None => whole + i64::from(up),
    };
    wanted.min(wish.cap.unwrap_or(i64::MAX)).min(left)
}

/// What is taken off one line, one wish after another, if only these take part.
fn together(wishes: &[Wish], initial: i64, takes_part: impl Fn(usize) -> bool) -> Vec<i64> {
    let mut left = initial;
    let mut all = Vec::new();
    for (number, wish) in wishes.iter().enumerate() {
        let off = if takes_part(number) {
            takes(wish, initial, left)
        } else {
            0
        };
        left -= off;
        all.push(off);
    }
    all
}

/// How a receipt of one line is discounted.
fn expected(wishes: &[Wish], initial: i64) -> String {
    let is = |number: usize, way: &str| wishes[number].way == way;
    let alone = |number: usize| together(wishes, initial, |other| other == number);
    let exclusive = (0..wishes.len()).find(|n| is(*n, "exclusive") && alone(*n)[*n] > 0);
    let with = |best: Option<usize>| {
        together(wishes, initial, |other| {
            is(other, "all") || Some(other) == best
        })
    };
    let taken = match exclusive {
        Some(number) => alone(number),
        None => {
            let best = (0..wishes.len()).filter(|number| is(*number, "best"));
            let best = best.map(|number| (with(Some(number))[number], number));
            // The last of equals is the earliest when they are looked at backwards.
            let best = best.rev().max_by_key(|(amount, _)| *amount);
            with(best.map(|(_, number)| number))
        }
    };
    let taken = taken.iter().enumerate().filter(|(_, amount)| **amount > 0);
    let words: Vec<String> = taken
        .map(|(number, amount)| format!("d{number}={amount}"))
        .collect();
    words.join(" ")
}

fn check_parts(outcome: &PurchaseOutcome, lines: &[i64]) {
    let mut left = lines.to_vec();
    for part in &outcome.discounts {
        let shares: Vec<i64> = part.lines.iter().map(|share| share.minor()).collect();
        assert_eq!(shares.iter().sum::<i64>(), part.amount.minor());
        assert!(
            part.amount.minor() > 0,
            "one that takes nothing is not shown"
        );
        for (left, share) in left.iter_mut().zip(shares) {
            assert!(share >= 0 && share <= (*left).max(0), "{share} of {left}");
            *left -= share;
        }
    }
    let amounts = &outcome.amounts;
    let off: i64 = outcome
        .discounts
        .iter()
        .map(|part| part.amount.minor())
        .sum();
    assert_eq!(amounts.gross.minor(), lines.iter().sum::<i64>());
    assert_eq!(amounts.discount.minor(), off);
    assert_eq!(amounts.gross.minor() - off, left.iter().sum::<i64>());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn discounts_stack_as_a_plain_reading_says(
        wishes in prop::collection::vec(wish(), 1..6),
        amount in 0_i64..3_000,
    ) {
        let outcome = super::buys(&document(&wishes, false), json!([{"amount": amount}]));
        prop_assert_eq!(applied(&outcome), expected(&wishes, amount));
    }

    #[test]
    fn parts_sum_to_wholes_and_a_quote_is_the_purchase(
        wishes in prop::collection::vec(wish(), 1..6),
        lines in prop::collection::vec(
            (prop_oneof![6 => 0_i64..3_000, 1 => -400_i64..0], 0_usize..4, 0_usize..3), 1..8),
        points in prop_oneof![Just(0_i64), 1_i64..500],
        is_member_price in any::<bool>(),
        tender in any::<bool>(),
        included in any::<bool>(),
    ) {
        let mut program = document(&wishes, true);
        program["wallets"] = json!([{"code": "points", "redemption": {"over": "clamp"}}]);
        if is_member_price {
            program["member_prices"] = json!([{"sku": "1", "price": 700}, {"sku": "2", "price": 5}]);
        }
        let mut catalog = catalog(&program);
        catalog.settings.prices_include_tax = included;
        catalog.settings.points_paid_as =
            if tender { PointsPaidAs::Tender } else { PointsPaidAs::Discount };
        let line = |(amount, sku, rate): &(i64, usize, usize)| {
            json!({"amount": amount, "sku": sku.to_string(), "tax_percent": RATES[*rate]})
        };
        let mut parts = json!({"lines": lines.iter().map(line).collect::<Vec<_>>(),
            "member": {"card": "1"}});
        if points > 0 {
            parts["redeem"] = json!([{"wallet": "points", "points": points}]);
        }
        let member = member_with(&[(500, None)]);
        let command = crate::decide::tests::purchase(receipt(parts.clone()));
        let outcome = match told(&catalog, Some(&member), &command) {
            Ok(outcome) => outcome,
            // Lines below zero may outweigh the others.
            Err(Refusal::Invalid(faults)) => {
                prop_assert!(lines.iter().any(|(amount, ..)| *amount < 0));
                prop_assert_eq!(faults[0].pointer.as_str(), "/lines");
                return Ok(());
            }
            Err(other) => panic!("{other}"),
        };
        let amounts: Vec<i64> = lines.iter().map(|(amount, ..)| *amount).collect();
        check_parts(&outcome, &amounts);
        let money = &outcome.amounts;
        prop_assert!(money.total.minor() >= 0);
        let paid = if tender { money.points_paid.minor() } else { 0 };
        let tax: i64 = money.tax.iter().map(|part| part.tax.minor()).sum();
        let added = if included { 0 } else { tax };
        prop_assert_eq!(money.total.minor(), money.taxable.minor() + added - paid);
        let quoted = told(&catalog, Some(&member), &quote(receipt(parts))).unwrap();
        prop_assert_eq!(&quoted.discounts, &outcome.discounts);
        prop_assert_eq!(&quoted.amounts, &outcome.amounts);
        prop_assert_eq!(&quoted.explanation, &outcome.explanation);
        prop_assert_eq!(&quoted.earned, &outcome.earned);
    }
}

/// The first day of a window that ends on `last`, as seen on `on`.
fn begins(kind: usize, length: i64, on: Date, last: Date) -> Date {
    match kind {
        0 => last - (length - 1).days(),
        1 => (last - (length % 13 + 1).months()).tomorrow().unwrap(),
        2 => on.first_of_month(),
        3 => date(on.year(), (on.month() - 1) / 3 * 3 + 1, 1),
        4 => date(on.year(), if on.month() < 7 { 1 } else { 7 }, 1),
        5 => on.first_of_year(),
        _ => date(1, 1, 1),
    }
}

fn window(kind: usize, length: i64) -> Value {
    match kind {
        0 => json!({"type": "rolling_days", "days": length}),
        1 => json!({"type": "rolling_months", "months": length % 13 + 1}),
        2 => json!({"type": "calendar_month"}),
        3 => json!({"type": "calendar_quarter"}),
        4 => json!({"type": "calendar_half"}),
        5 => json!({"type": "calendar_year"}),
        _ => json!({"type": "lifetime"}),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn every_rate_is_that_of_the_sum_of_its_days(
        kind in 0_usize..7,
        length in 1_i64..400,
        metric in 0_usize..3,
        is_daily in any::<bool>(),
        is_marginal in any::<bool>(),
        steps in prop::collection::vec((0_i64..60, 0_i64..40_000, 0_u8..5), 1..12),
    ) {
        let metric = ["spend", "gross_spend", "visits"][metric];
        let froms = if metric == "visits" { [0, 2, 4] } else { [0, 20_000, 70_000] };
        let tiers: Vec<Value> = froms
            .iter()
            .zip(["5", "10", "20"])
            .map(|(from, percent)| json!({"from": from, "percent": percent}))
            .collect();
        let climb = json!({"code": "climb", "type": "progressive", "metric": metric,
            "window": window(kind, length), "tiers": tiers,
            "refresh": if is_daily { "daily" } else { "immediate" },
            "mode": if is_marginal { "marginal" } else { "whole" }});
        let mut journal = Journal::new(catalog(&discounts(&[climb])));
        // Date, gross, net: what really happened, in the order of recording.
        let mut past: Vec<(Date, i64, i64)> = Vec::new();
        let mut on = date(2026, 1, 1);
        for (days, amount, late) in steps {
            on += days.days();
            // Some come late.
            let of = if late == 0 { on - 20.days() } else { on };
            let last = if is_daily { of.yesterday().unwrap() } else { of };
            let first = begins(kind, length, of, last);
            let within = past.iter().filter(|(date, ..)| first <= *date && *date <= last);
            let before: i64 = within
                .map(|(_, gross, net)| match metric {
                    "visits" => 1,
                    "spend" => *net,
                    _ => *gross,
                })
                .sum();
            let rate = |height: i64| {
                let reached = froms.iter().rposition(|from| *from <= height);
                [5, 10, 20][reached.unwrap()]
            };
            let hundredths: i64 = if is_marginal && metric != "visits" {
                (0..amount).map(|unit| rate(before + unit)).sum()
            } else {
                amount * rate(before)
            };
            let off = hundredths / 100;
            let occurred_at = format!("{of}T12:00:00+09:00");
            let outcome = journal.buy(json!({"occurred_at": occurred_at,
                "lines": [{"amount": amount}]}));
            prop_assert_eq!(outcome.amounts.discount.minor(), off);
            past.push((of, amount, amount - off));
        }
    }
}

#[test]
fn a_thousand_discounts_on_five_hundred_lines_are_soon_done() {
    let wish = |number: i64| Wish {
        amount: None,
        percent: number % 3,
        way: if number % 2 == 0 { "all" } else { "best" },
        initial: true,
        cap: Some(400),
        rounding: "ceil",
        scope: 3,
    };
    let program = document(&(0..999).map(wish).collect::<Vec<_>>(), true);
    let mut catalog = catalog(&program);
    catalog.settings.prices_include_tax = false;
    let line = |number: i64| {
        json!({"sku": (number % 4).to_string(), "amount": 1_000 + number,
            "tax_percent": format!("{}", number % 100)})
    };
    let lines: Vec<Value> = (0..500).map(line).collect();
    let command = crate::decide::tests::purchase(receipt(json!({"lines": lines})));
    let member = crate::decide::tests::member();
    let decision = decide(&catalog, Some(&member), &command, at(super::NOW));
    assert!(decision.is_ok());
}
