//! What holds for every program and every receipt: sums against fractions written anew, limits,
//! and one answer for quote and purchase.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::integer_division,
    reason = "the reference is stated in plain arithmetic; an overflow fails the test"
)]

use super::journal::Journal;
use super::{NOW, at, catalog, quote, receipt};
use crate::amount::Points;
use crate::decide::{Command, Outcome, PurchaseOutcome, RecordPurchase, Refusal};
use jiff::civil::Date;
use proptest::prelude::{ProptestConfig, any, prop_assert, prop_assert_eq, proptest};
use serde_json::{Value, json};

/// Numbers from a seed, so that a failing case is one number.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }

    fn number(&mut self, low: i64, high: i64) -> i64 {
        low + i64::try_from(self.roll(u64::try_from(high - low + 1).unwrap())).unwrap()
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.roll(u64::try_from(of.len()).unwrap())).unwrap()].clone()
    }

    fn chance(&mut self, one_in: u64) -> bool {
        self.roll(one_in) == 0
    }
}

const ROUNDINGS: [&str; 4] = ["floor", "half_up", "half_even", "ceil"];
const PARTS: [&str; 4] = ["rule", "line", "unit", "tax_rate"];

fn lines(dice: &mut Dice) -> Vec<Value> {
    let count = dice.number(1, 6);
    let mut line = |_| {
        let amount = dice.number(0, 3_000);
        let category = dice.one(&["food/fresh", "food", "toys"]);
        let percent = dice.one(&["8", "10"]);
        let mut line = json!({"amount": amount, "category": category, "tax_percent": percent});
        match dice.roll(6) {
            0 => line["quantity"] = json!(dice.number(0, 5)),
            1 => line["quantity"] = json!("0.345"),
            2 => line["points_excluded"] = json!(dice.chance(2)),
            _ => {}
        }
        line
    };
    (0..count).map(&mut line).collect()
}

fn limits(dice: &mut Dice) -> Value {
    let pers = [
        "receipt",
        "member_day",
        "member_week",
        "member_month",
        "member_year",
        "member",
        "campaign",
    ];
    let mut limit = |_| {
        let over = dice.one(&["cut", "reject"]);
        json!({"per": dice.one(&pers), "points": dice.number(1, 60), "times": dice.number(1, 5), "over": over})
    };
    let count = i64::from(limit(0)["points"].as_i64().unwrap() % 3 == 0);
    (0..count * 2).map(&mut limit).collect()
}

fn window(dice: &mut Dice) -> Value {
    let kind = dice.one(&[
        "lifetime",
        "calendar_month",
        "calendar_quarter",
        "calendar_half",
        "calendar_year",
        "rolling_days",
        "rolling_months",
        "anniversary_year",
        "since_enrolment",
    ]);
    match kind {
        "rolling_days" => json!({"type": kind, "days": dice.number(1, 40)}),
        "rolling_months" => json!({"type": kind, "months": dice.number(1, 4)}),
        _ => json!({"type": kind}),
    }
}

fn award(dice: &mut Dice) -> Value {
    let blocks = dice.one(&["whole", "proportional"]);
    let amount = dice.one(&[1, 30, 100, 700]);
    match dice.roll(6) {
        0 => json!({"type": "fixed", "points": dice.number(1, 9)}),
        1 => json!({"type": "per_item", "points": dice.number(1, 9)}),
        2 => json!({"type": "percent", "percent": dice.one(&["1", "0.5", "3.3333"])}),
        3 => {
            let by = dice.one(&[
                "receipt_amount",
                "period_spend",
                "period_visits",
                "lifetime_spend",
            ]);
            let mut award = json!({"type": "tiered", "by": by,
                "mode": dice.one(&["whole", "marginal"]), "includes_this_receipt": dice.chance(2),
                "tiers": [{"from": 0, "amount": 100, "points": 1},
                    {"from": dice.number(1, 3_000), "amount": 100, "points": 3}]});
            if by.starts_with("period") {
                award["window"] = window(dice);
            }
            award
        }
        _ => {
            json!({"type": "per_amount", "amount": amount, "points": dice.number(1, 5), "blocks": blocks})
        }
    }
}

fn when(dice: &mut Dice) -> Value {
    match dice.roll(4) {
        0 => json!({"categories": ["food"]}),
        1 => json!({"categories": ["toys"], "from": "2026-05-01"}),
        2 => json!({"minimum_amount": 500, "from": "2026-06-01"}),
        _ => json!({}),
    }
}

fn basis(dice: &mut Dice) -> Value {
    json!({"tax": dice.one(&["included", "excluded"]), "after_points_paid": dice.chance(2)})
}

/// Any program of one wallet that can be said without ranks and discounts.
fn any_program(dice: &mut Dice) -> Value {
    let mut rules = Vec::new();
    for number in 0..dice.number(1, 4) {
        rules.push(
            json!({"code": format!("rule{number}"), "wallet": "points", "award": award(dice),
            "when": when(dice), "limits": limits(dice), "exclusive": dice.chance(6),
            "priority": dice.number(-1, 1), "rounding": dice.one(&ROUNDINGS),
            "granularity": dice.one(&PARTS), "basis": basis(dice)}),
        );
    }
    let ways = ["stack_sum", "stack_product", "best", "newest"];
    let mut bonuses = Vec::new();
    for number in 0..dice.number(0, 4) {
        let effect = match dice.roll(4) {
            0 => json!({"type": "add", "points": dice.number(1, 20)}),
            1 => json!({"type": "add_per_amount", "amount": 100, "points": 2}),
            _ => json!({"type": "multiplier", "times": dice.one(&["1.5", "2", "3.3333", "5"])}),
        };
        let mut bonus = json!({"code": format!("bonus{number}"), "wallet": "points", "effect": effect,
            "when": when(dice), "limits": limits(dice), "needs_base_points": dice.chance(2)});
        if dice.chance(3) {
            bonus["combine"] = json!(dice.one(&ways));
        }
        if dice.chance(4) {
            bonus["rules"] = json!(["rule0"]);
        }
        bonuses.push(bonus);
    }
    let mut wallet = json!({"code": "points", "limits": limits(dice)});
    if dice.chance(4) {
        wallet["max_balance"] = json!(dice.number(1, 300));
    }
    json!({"wallets": [wallet], "earn_rules": rules, "bonuses": bonuses,
        "earning": {"combine": dice.one(&["sum", "sum", "best", "first"]),
            "multiply": dice.one(&["rounded", "exact"]), "bonus_combine": dice.one(&ways),
            "basis": basis(dice)}})
}

fn outcome(decided: crate::decide::Decision) -> PurchaseOutcome {
    match decided.outcome {
        Outcome::Purchase(outcome) => *outcome,
        _ => panic!("a receipt is answered as a purchase"),
    }
}

/// All limits of a program as (code, per, points, times).
fn all_limits(program: &Value) -> Vec<(String, String, i64, i64)> {
    let mut all = Vec::new();
    for part in ["wallets", "earn_rules", "bonuses"] {
        for rule in program[part].as_array().unwrap() {
            for limit in rule["limits"].as_array().unwrap() {
                let text = |value: &Value| value.as_str().unwrap().to_owned();
                let number = |value: &Value| value.as_i64().unwrap();
                all.push((
                    text(&rule["code"]),
                    text(&limit["per"]),
                    number(&limit["points"]),
                    number(&limit["times"]),
                ));
            }
        }
    }
    all
}

/// What a limit counts together, in words.
fn period(per: &str, date: Date) -> String {
    match per {
        "member_day" => date.to_string(),
        "member_week" => format!(
            "{:?}",
            (date.iso_week_date().year(), date.iso_week_date().week())
        ),
        "member_month" => date.strftime("%Y-%m").to_string(),
        "member_year" => date.year().to_string(),
        _ => String::new(),
    }
}

fn check_limits(program: &Value, history: &[(Date, PurchaseOutcome)]) {
    for (code, per, points, times) in all_limits(program) {
        let mut sums: std::collections::BTreeMap<String, (i64, i64)> =
            std::collections::BTreeMap::new();
        for (number, (date, outcome)) in history.iter().enumerate() {
            let key = if per == "receipt" {
                number.to_string()
            } else {
                period(&per, *date)
            };
            let sum = sums.entry(key).or_default();
            let parts = outcome.earned.iter();
            for part in parts.filter(|part| part.rule == code || part.wallet == code) {
                sum.0 += part.points.get();
                sum.1 += i64::from(part.points > Points::ZERO);
            }
        }
        for (key, sum) in sums {
            assert!(
                sum.0 <= points && sum.1 <= times,
                "{code} {per} {key}: {sum:?} above {points} {times}"
            );
        }
    }
}

/// The whole number near a fraction, decided by comparing what is left with a half.
fn near(numerator: i128, denominator: i128, rounding: &str) -> i64 {
    let (whole, rest) = (numerator / denominator, numerator % denominator);
    let up = match rounding {
        "floor" => false,
        "ceil" => rest != 0,
        "half_up" => rest * 2 >= denominator,
        _ => rest * 2 > denominator || (rest * 2 == denominator && whole % 2 == 1),
    };
    i64::try_from(whole + i128::from(up)).unwrap()
}

/// Lines that are rounded together, as (amount, multiplier in 10⁻⁴) each, and how often.
fn groups(
    lines: &[Value],
    granularity: &str,
    times: impl Fn(&Value) -> i64,
) -> Vec<(Vec<(i64, i64)>, i64)> {
    let earning = lines
        .iter()
        .filter(|line| line["points_excluded"] != json!(true));
    let pair = |line: &Value| (line["amount"].as_i64().unwrap(), times(line));
    match granularity {
        "rule" => vec![(earning.map(pair).collect(), 1)],
        "tax_rate" => ["8", "10"]
            .iter()
            .map(|rate| {
                (
                    earning
                        .clone()
                        .filter(|line| line["tax_percent"] == *rate)
                        .map(pair)
                        .collect(),
                    1,
                )
            })
            .collect(),
        "line" => earning.map(|line| (vec![pair(line)], 1)).collect(),
        _ => earning
            .map(|line| {
                (
                    vec![pair(line)],
                    line["quantity"].as_i64().unwrap_or(1).max(1),
                )
            })
            .collect(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_program_decides_alike_for_quote_purchase_and_repeat(seed in any::<u64>()) {
        let mut dice = Dice(seed);
        let program = any_program(&mut dice);
        let mut journal = Journal::new(catalog(&program));
        journal.catalog.settings.prices_include_tax = dice.chance(2);
        let mut history = Vec::new();
        for number in 0..dice.number(1, 6) {
            let day = dice.number(1, 20);
            let occurred_at = format!("2026-11-{day:02}T12:00:00+09:00");
            let parts = json!({"occurred_at": occurred_at, "lines": lines(&mut dice)});
            let command = Command::Purchase(RecordPurchase {
                seed: super::seed(u128::from(seed % 1_000) * 10 + u128::try_from(number).unwrap()),
                receipt: receipt(parts.clone()),
                quote: false,
            });
            let decided = journal.decide(&command, at(NOW));
            prop_assert_eq!(&decided, &journal.decide(&command, at(NOW)));
            if decided == Err(Refusal::HistoryNotLoaded) {
                prop_assert!(false, "needs named too little: {}", program);
            }
            let decision = decided.unwrap();
            let quoted = outcome(journal.decide(&quote(receipt(parts)), at(NOW)).unwrap());
            journal.record(&decision);
            let told = outcome(decision);
            prop_assert_eq!(&quoted.earned, &told.earned);
            prop_assert_eq!(&quoted.amounts, &told.amounts);
            prop_assert_eq!(&quoted.balances, &told.balances);
            prop_assert_eq!(&quoted.explanation, &told.explanation);
            prop_assert!(told.earned.iter().all(|part| part.points <= part.wanted && part.points >= Points::ZERO));
            history.push((told.business_date, told));
        }
        check_limits(&program, &history);
        let most = program["wallets"][0]["max_balance"].as_i64().unwrap_or(i64::MAX);
        let held = journal.member.wallets.get("points").map_or(0, |wallet| wallet.available.get());
        prop_assert!(held <= most);
    }

    #[test]
    fn base_and_exact_bonuses_equal_fractions_written_anew(seed in any::<u64>()) {
        let mut dice = Dice(seed);
        let lines = lines(&mut dice);
        let (rounding, granularity) = (dice.one(&ROUNDINGS), dice.one(&PARTS));
        let (block, points, is_whole) = (dice.number(1, 300), dice.number(1, 9), dice.chance(2));
        let award = json!({"type": "per_amount", "amount": block, "points": points,
            "blocks": if is_whole { "whole" } else { "proportional" }});
        let (all, food) = (dice.number(10_001, 50_000), dice.number(10_001, 50_000));
        let decimal = |units: i64| format!("{}.{:04}", units / 10_000, units % 10_000);
        let effect = |units: i64| json!({"type": "multiplier", "times": decimal(units)});
        let program = json!({"wallets": [{"code": "points"}],
            "earning": {"multiply": "exact", "rounding": rounding, "granularity": granularity},
            "earn_rules": [{"code": "base", "wallet": "points", "award": award}],
            "bonuses": [{"code": "all", "wallet": "points", "effect": effect(all)},
                {"code": "food", "wallet": "points", "effect": effect(food), "when": {"categories": ["food"]}}]});
        let told = Journal::new(catalog(&program)).buy(json!({"lines": lines}));
        let of = |code: &str| {
            told.earned.iter().filter(|part| part.rule.contains(code)).map(|part| part.points.get()).sum::<i64>()
        };
        let reckon = |times: &dyn Fn(&Value) -> i64| -> i64 {
            let cells = groups(&lines, granularity, times);
            cells.into_iter().map(|(cell, count)| {
                let money: i128 = cell.iter().map(|(amount, times)| i128::from(*amount) * i128::from(*times)).sum();
                let divisor = i128::from(block) * 10_000 * i128::from(count);
                let each = if is_whole {
                    i64::try_from(money / divisor).unwrap() * points
                } else {
                    near(money * i128::from(points), divisor, rounding)
                };
                each * count
            }).sum()
        };
        prop_assert_eq!(of("base"), reckon(&|_| 10_000));
        let is_food = |line: &Value| line["category"].as_str().unwrap().starts_with("food");
        let total = reckon(&|line| all + if is_food(line) { food - 10_000 } else { 0 });
        // Also where the base alone is less than a point.
        prop_assert_eq!(of(""), total);
    }

    #[test]
    fn more_money_never_earns_fewer_base_points_at_any_setting(seed in any::<u64>()) {
        let mut dice = Dice(seed);
        let rounding = dice.one(&ROUNDINGS);
        let program = json!({"wallets": [{"code": "points"}], "earning": {"rounding": rounding, "basis": basis(&mut dice)},
            "earn_rules": [{"code": "base", "wallet": "points", "award": award(&mut dice)}]});
        let mut last = 0;
        let mut amount = 0;
        for _ in 0..20 {
            amount += dice.number(0, 400);
            let lines = json!([{"amount": amount, "tax_percent": "8"}]);
            let told = Journal::new(catalog(&program)).buy(json!({"lines": lines}));
            let points = told.earned.first().map_or(0, |part| part.points.get());
            prop_assert!(points >= last, "{amount}: {points} after {last} in {program}");
            last = points;
        }
    }
}
