//! Limits on rules, bonuses and wallets, through whole decisions.

use super::journal::Journal;
use super::settings::{per, program, rule, times, with};
use super::{NOW, at, catalog, earned, member_with, version};
use crate::amount::Points;
use crate::catalog::Catalog;
use crate::decide::{PurchaseOutcome, Reason};
use crate::program::Program;
use serde_json::{Value, json};

fn limited(limits: &Value) -> Catalog {
    let rule = with(rule("base", per(1, 1)), json!({"limits": limits}));
    catalog(&program(&json!({}), &[rule], &[]))
}

fn wanted(outcome: &PurchaseOutcome) -> Vec<(i64, i64)> {
    let parts = outcome.earned.iter();
    parts
        .map(|part| (part.points.get(), part.wanted.get()))
        .collect()
}

fn line(amount: i64) -> Value {
    json!({"lines": [{"amount": amount}]})
}

#[test]
fn a_cut_award_tells_what_it_wanted() {
    let mut journal = Journal::new(limited(&json!([{"per": "receipt", "points": 50}])));
    assert_eq!(wanted(&journal.buy(line(49))), [(49, 49)]);
    assert_eq!(wanted(&journal.buy(line(50))), [(50, 50)]);
    assert_eq!(wanted(&journal.buy(line(51))), [(50, 51)]);
    assert!(journal.uses.is_empty(), "nothing outlives the receipt");
}

#[test]
fn an_award_cut_to_nothing_is_still_told() {
    let mut journal = Journal::new(limited(&json!([{"per": "member", "points": 60}])));
    assert_eq!(wanted(&journal.buy(line(60))), [(60, 60)]);
    let outcome = journal.buy(line(60));
    assert_eq!(wanted(&outcome), [(0, 60)]);
    let explained = &outcome.explanation[0];
    assert_eq!(
        (explained.fired, explained.reason),
        (false, Some(Reason::LimitReached))
    );
    assert_eq!(journal.uses.len(), 1, "an award of 0 uses nothing");
    assert_eq!(journal.days.len(), 2, "the visit counts");
}

#[test]
fn reject_drops_the_award_and_not_the_purchase() {
    let limits = json!([{"per": "member_day", "points": 100, "over": "reject"}]);
    let mut journal = Journal::new(limited(&limits));
    assert_eq!(journal.earns(60), "base=60");
    assert_eq!(journal.earns(41), "base=0");
    assert_eq!(journal.earns(40), "base=40");
    assert_eq!(journal.earns(1), "base=0");
}

#[test]
fn times_count_awards_above_zero() {
    let mut journal = Journal::new(limited(&json!([{"per": "member_day", "times": 2}])));
    for (amount, expected) in [
        (0, ""),
        (5, "base=5"),
        (0, ""),
        (6, "base=6"),
        (7, "base=0"),
    ] {
        assert_eq!(journal.earns(amount), expected);
    }
}

#[test]
fn each_time_of_a_member_has_its_own_first_and_last_day() {
    for (per, inside, outside) in [
        (
            "member_day",
            "2026-11-21T23:59:00+09:00",
            "2026-11-22T00:00:00+09:00",
        ),
        (
            "member_week",
            "2026-11-16T00:00:00+09:00",
            "2026-11-15T23:59:00+09:00",
        ),
        (
            "member_month",
            "2026-11-01T00:00:00+09:00",
            "2026-10-31T23:59:00+09:00",
        ),
        (
            "member_year",
            "2026-01-01T00:00:00+09:00",
            "2025-12-31T23:59:00+09:00",
        ),
    ] {
        let mut journal = Journal::new(limited(&json!([{"per": per, "points": 100}])));
        assert_eq!(journal.earns(80), "base=80");
        assert_eq!(journal.clone().earns_at(inside, 80), "base=20", "{per}");
        assert_eq!(journal.clone().earns_at(outside, 80), "base=80", "{per}");
    }
    let mut journal = Journal::new(limited(&json!([{"per": "member", "points": 100}])));
    assert_eq!(journal.earns(80), "base=80");
    assert_eq!(journal.earns_at("2020-01-02T00:00:00Z", 80), "base=20");
}

#[test]
fn a_late_receipt_counts_with_later_days_of_its_week() {
    let mut journal = Journal::new(limited(&json!([{"per": "member_week", "points": 100}])));
    assert_eq!(journal.earns(80), "base=80", "on Saturday");
    assert_eq!(
        journal.earns_at("2026-11-17T12:00:00+09:00", 80),
        "base=20",
        "on Tuesday, late"
    );
}

#[test]
fn a_budget_of_100_gives_60_and_40() {
    let mut first = Journal::new(limited(&json!([{"per": "campaign", "points": 100}])));
    assert_eq!(wanted(&first.buy(line(60))), [(60, 60)]);
    let mut second = first.other();
    assert_eq!(wanted(&second.buy(line(60))), [(40, 60)]);
    let mut third = second.other();
    assert_eq!(wanted(&third.buy(line(60))), [(0, 60)]);
    assert!(first.uses[0].campaign);
}

#[test]
fn bonuses_have_limits_of_their_own() {
    let bonus = with(
        times("five", "5"),
        json!({"limits": [{"per": "receipt", "points": 500}]}),
    );
    let program = program(&json!({}), &[rule("base", per(100, 1))], &[bonus]);
    let mut journal = Journal::new(catalog(&program));
    assert_eq!(journal.earns(12_500), "base=125 five=500");
    assert_eq!(journal.earns(12_600), "base=126 five=500");
}

fn of_wallet(wallet: Value) -> Catalog {
    let rules = [rule("base", per(100, 1)), rule("more", per(200, 1))];
    let mut program = program(&json!({}), &rules, &[times("two", "2")]);
    program["wallets"] = json!([with(wallet, json!({"code": "points"})), {"code": "stamps"}]);
    catalog(&program)
}

#[test]
fn a_wallet_limits_everything_that_is_earned_into_it_in_document_order() {
    let limits = json!({"limits": [{"per": "receipt", "points": 20}]});
    let mut journal = Journal::new(of_wallet(limits));
    assert_eq!(journal.earns(600), "base=6 more=3 two=9");
    assert_eq!(journal.earns(800), "base=8 more=4 two=8");
    assert_eq!(journal.earns(4_000), "base=20 more=0 two=0");
    let limits = json!({"limits": [{"per": "member_day", "points": 20, "times": 4}]});
    let mut journal = Journal::new(of_wallet(limits));
    assert_eq!(journal.earns(200), "base=2 more=1 two=3");
    assert_eq!(
        (journal.uses[0].code.as_str(), journal.uses[0].times),
        ("points", 3)
    );
    assert_eq!(journal.earns(200), "base=2 more=0 two=0");
}

#[test]
fn a_full_wallet_takes_what_fits() {
    let catalog = of_wallet(json!({"max_balance": 100}));
    for (held, expected) in [
        (82, "base=6 more=3 two=9"),
        (83, "base=6 more=3 two=8"),
        (100, "base=0 more=0 two=0"),
    ] {
        let mut journal = Journal::new(catalog.clone());
        journal.member = member_with(&[(held, None)]);
        assert_eq!(journal.earns(600), expected, "{held}");
        let wallet = &journal.member.wallets["points"];
        assert!(wallet.available <= Points::new(100));
    }
    let mut journal = Journal::new(catalog.clone());
    journal.member = member_with(&[(70, None)]);
    let wallet = journal.member.wallets.get_mut("points").unwrap();
    (wallet.pending, wallet.reserved) = (Points::new(10), Points::new(10));
    assert_eq!(
        journal.earns(600),
        "base=6 more=3 two=1",
        "pending and reserved points count"
    );
    let mut journal = Journal::new(catalog.clone());
    journal.member = member_with(&[(100, Some(NOW))]);
    assert_eq!(
        journal.earns(600),
        "base=6 more=3 two=9",
        "expired points do not"
    );
    let mut journal = Journal::new(catalog.clone());
    journal.member = member_with(&[(100, None)]);
    let pays = json!({"member": {"card": "1"}, "lines": [{"amount": 610}],
        "redeem": [{"wallet": "points", "points": 10}]});
    assert_eq!(
        earned(&journal.buy(pays)),
        "base=6 more=3 two=1",
        "what pays makes room"
    );
    let mut journal = Journal::new(catalog);
    journal.member = member_with(&[(0, None)]);
    journal.member.wallets.get_mut("points").unwrap().deficit = Points::new(95);
    assert_eq!(
        journal.earns(20_000),
        "base=195 more=0 two=0",
        "what repays a debt is not held"
    );
}

#[test]
fn a_code_is_the_identity_of_its_limits_across_versions() {
    let mut journal = Journal::new(limited(&json!([{"per": "member", "points": 100}])));
    assert_eq!(journal.earns(80), "base=80");
    let rule = with(
        rule("base", per(1, 2)),
        json!({"limits": [{"per": "member", "points": 150}]}),
    );
    let next = Program::load(&program(&json!({}), &[rule], &[])).unwrap();
    journal
        .catalog
        .versions
        .push(version(2, "2026-11-21T00:00:00Z", next));
    assert_eq!(journal.earns(80), "base=70");
}

#[test]
fn a_batch_that_folds_its_decisions_sees_what_a_fresh_load_sees() {
    let limits = json!([{"per": "member_day", "points": 100}, {"per": "campaign", "points": 150}]);
    let mut journal = Journal::new(limited(&limits));
    let commands: Vec<_> = (0..3)
        .map(|_| super::purchase(super::receipt_of(60)))
        .collect();
    let mut folded = journal.clone();
    let mut needs = commands[0].needs(&folded.catalog, &folded.member, at(NOW));
    needs.merge(commands[1].needs(&folded.catalog, &folded.member, at(NOW)));
    let mut budgets = folded.load(&needs);
    for command in &commands {
        let facts = crate::decide::Facts {
            member: Some(&folded.member),
            budgets: &budgets,
            trail: None,
        };
        let decided = crate::decide::decide(&folded.catalog, facts, command, at(NOW)).unwrap();
        let fresh = journal.decide(command, at(NOW)).unwrap();
        assert_eq!(decided, fresh);
        journal.record(&fresh);
        folded.member = folded.member.after(&decided);
        budgets.apply(decided.transaction.as_ref().unwrap());
    }
    assert_eq!(
        journal
            .uses
            .iter()
            .map(|used| used.points.get())
            .sum::<i64>(),
        100
    );
}

/// Weekend, one category in July, and at most 500 of all of it per receipt.
fn shop(earning: &Value, bonuses: &[Value]) -> Catalog {
    let mut program = program(earning, &[rule("base", per(100, 1))], bonuses);
    program["wallets"][0]["limits"] = json!([{"per": "receipt", "points": 500}]);
    catalog(&program)
}

#[test]
fn weekends_categories_and_a_cap_add_up_or_the_best_counts() {
    let weekend = with(
        times("weekend", "2"),
        json!({"when": {"weekdays": ["sat", "sun"]}}),
    );
    let july = json!({"categories": ["SOFT DRINKS"], "from": "2017-07-01", "to": "2017-07-31"});
    let per_amount = json!({"code": "drinks", "wallet": "points", "when": july,
        "effect": {"type": "add_per_amount", "amount": 100, "points": 2}});
    let three = with(times("drinks", "3"), json!({"when": july}));
    let sums = shop(
        &json!({"bonus_combine": "stack_sum"}),
        &[weekend.clone(), per_amount],
    );
    let best = json!({"bonus_combine": "best", "multiply": "exact"});
    let bests = shop(&best, &[three, weekend]);
    for (day, drinks, other, sum, most) in [
        ("2017-07-03", 350, 1_040, 13 + 6, 20),
        ("2017-07-01", 350, 1_040, 13 + 13 + 6, 31),
        ("2017-07-01", 99, 1, 2, 2),
        ("2017-08-05", 350, 1_040, 26, 27),
        ("2017-08-01", 350, 1_040, 13, 13),
        ("2017-07-01", 12_000, 20_000, 500, 500),
        ("2017-06-30", 0, 50_100, 500, 500),
    ] {
        let receipt = json!({"occurred_at": format!("{day}T12:00:00+09:00"), "lines": [
            {"amount": drinks, "category": "SOFT DRINKS"}, {"amount": other, "category": "GROCERY"}]});
        for (catalog, expected) in [(&sums, sum), (&bests, most)] {
            let mut catalog = catalog.clone();
            catalog.versions[0].effective_from = at("2017-01-01T00:00:00Z");
            let outcome = Journal::new(catalog).buy(receipt.clone());
            let points = outcome
                .earned
                .iter()
                .map(|part| part.points.get())
                .sum::<i64>();
            assert_eq!(points, expected, "{day} {drinks} {other}");
        }
    }
}
