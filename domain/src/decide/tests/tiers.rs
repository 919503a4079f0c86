//! Tiers by the receipt and by what the member bought before, and what they look back on.

use super::journal::Journal;
use super::settings::{check_amount, program, rule};
use super::{at, catalog, earned};
use crate::window::DateRange;
use jiff::civil::date;
use serde_json::{Value, json};

#[expect(
    clippy::needless_pass_by_value,
    reason = "a table row reads better without a borrow"
)]
fn tiered(by: &str, extra: Value, tiers: Value) -> Value {
    let mut award = json!({"type": "tiered", "by": by, "tiers": tiers});
    for (key, value) in extra.as_object().unwrap() {
        award[key] = value.clone();
    }
    program(&json!({}), &[rule("base", award)], &[])
}

/// 1 per 100, from 10,000 on 2 per 100.
fn two() -> Value {
    json!([{"from": 0, "amount": 100, "points": 1}, {"from": 10_000, "amount": 100, "points": 2}])
}

#[test]
fn the_worked_examples_of_tiers() {
    let tiers = json!([{"from": 0, "amount": 100, "points": 1},
        {"from": 5_000, "amount": 100, "points": 2}]);
    let of = |mode: &str| tiered("receipt_amount", json!({"mode": mode}), tiers.clone());
    check_amount(&of("marginal"), 7_350, "base=96");
    check_amount(&of("whole"), 7_350, "base=146");
    check_amount(&of("whole"), 4_999, "base=49");
    check_amount(&of("whole"), 5_000, "base=100");
    let steep = json!([{"from": 0, "amount": 100, "points": 1},
        {"from": 3_000, "amount": 100, "points": 3}]);
    check_amount(
        &tiered("receipt_amount", json!({"mode": "marginal"}), steep),
        3_099,
        "base=30",
    );
}

#[test]
fn period_spend_is_what_was_recorded_before_and_thresholds_are_inclusive() {
    let month = json!({"window": {"type": "calendar_month"}});
    let mut journal = Journal::new(catalog(&tiered("period_spend", month, two())));
    journal.spent(date(2026, 10, 31), 50_000);
    journal.spent(date(2026, 11, 1), 9_999);
    assert_eq!(journal.earns(1_000), "base=10");
    assert_eq!(
        journal.earns(1_000),
        "base=20",
        "the first receipt of the day counts for the next"
    );
    let mut journal = Journal::new(journal.catalog);
    journal.spent(date(2026, 11, 1), 10_000);
    assert_eq!(journal.earns(1_000), "base=20");
}

#[test]
fn the_receipt_itself_may_count() {
    let extra =
        |includes: bool| json!({"window": {"type": "lifetime"}, "includes_this_receipt": includes});
    for (includes, below, reached) in [(false, "base=10", "base=10"), (true, "base=10", "base=20")]
    {
        let catalog = catalog(&tiered("period_spend", extra(includes), two()));
        let earns = |before: i64| {
            let mut journal = Journal::new(catalog.clone());
            journal.spent(date(2020, 1, 1), before);
            journal.earns(1_000)
        };
        assert_eq!(earns(8_999), below);
        assert_eq!(earns(9_000), reached);
        assert_eq!(earns(9_999), reached);
    }
}

#[test]
fn a_marginal_receipt_is_cut_where_the_spend_crosses_a_threshold() {
    let extra = json!({"mode": "marginal"});
    let catalog = catalog(&tiered("lifetime_spend", extra, two()));
    for (before, expected) in [
        (0, "base=10"),
        (9_500, "base=15"),
        (9_550, "base=12"),
        (10_000, "base=20"),
    ] {
        let mut journal = Journal::new(catalog.clone());
        journal.spent(date(2020, 1, 1), before);
        let amount = if before == 9_550 { 900 } else { 1_000 };
        // 450 at 1 per 100, then 450 at 2 per 100.
        assert_eq!(journal.earns(amount), expected, "{before}");
    }
}

#[test]
fn returns_that_outweigh_a_window_count_as_nothing() {
    let month = json!({"window": {"type": "calendar_month"}, "mode": "marginal"});
    let mut journal = Journal::new(catalog(&tiered("period_spend", month, two())));
    journal.spent(date(2026, 11, 1), -5_000);
    assert_eq!(journal.earns(1_000), "base=10");
}

#[test]
fn visits_count_receipts_and_a_visit_is_not_cut() {
    let tiers =
        json!([{"from": 0, "amount": 100, "points": 1}, {"from": 2, "amount": 100, "points": 5}]);
    for (mode, includes, expected) in [
        ("whole", false, ["base=1", "base=1", "base=5"]),
        ("marginal", false, ["base=1", "base=1", "base=5"]),
        ("whole", true, ["base=1", "base=5", "base=5"]),
    ] {
        let extra = json!({"mode": mode, "includes_this_receipt": includes,
            "window": {"type": "rolling_days", "days": 30}});
        let mut journal = Journal::new(catalog(&tiered("period_visits", extra, tiers.clone())));
        let found: Vec<String> = (0..3).map(|_| journal.earns(100)).collect();
        assert_eq!(found, expected, "{mode} {includes}");
    }
}

#[test]
fn a_late_receipt_looks_back_from_its_own_date() {
    let extra = json!({"window": {"type": "rolling_days", "days": 2}});
    let mut journal = Journal::new(catalog(&tiered("period_spend", extra, two())));
    journal.spent(date(2026, 11, 10), 10_000);
    journal.spent(date(2026, 11, 20), 10_000);
    for (day, expected) in [
        ("09", "base=1"),
        ("10", "base=2"),
        ("11", "base=2"),
        ("12", "base=1"),
    ] {
        let occurred_at = format!("2026-11-{day}T12:00:00+09:00");
        let mut late = journal.clone();
        assert_eq!(late.earns_at(&occurred_at, 100), expected, "{day}");
    }
}

#[test]
fn member_windows_are_cut_in_the_tenants_zone() {
    let extra = json!({"window": {"type": "calendar_month"}});
    let mut catalog = catalog(&tiered("period_spend", extra, two()));
    let store = catalog.stores.get_mut("ueno").unwrap();
    store.time_zone = Some(jiff::tz::TimeZone::get("Pacific/Honolulu").unwrap());
    let mut journal = Journal::new(catalog);
    journal.spent(date(2026, 10, 31), 10_000);
    // 1 November 04:00 in Tokyo is still 31 October in Honolulu.
    let parts = json!({"store": "ueno", "occurred_at": "2026-11-01T04:00:00+09:00",
        "lines": [{"amount": 100}]});
    let outcome = journal.buy(parts);
    assert_eq!(outcome.business_date, date(2026, 10, 31));
    assert_eq!(
        earned(&outcome),
        "base=1",
        "November of the tenant has begun"
    );
    assert_eq!(journal.days[1].business_date, date(2026, 11, 1));
}

#[test]
fn a_decision_says_what_it_needs_and_fails_without_it() {
    let extra = json!({"window": {"type": "calendar_month"}});
    let journal = Journal::new(catalog(&tiered("period_spend", extra, two())));
    let needs = journal.needs(100);
    let range = DateRange {
        from: Some(date(2026, 11, 1)),
        to: date(2026, 11, 21),
    };
    assert!(needs.counters.iter().eq([&range]));
    let command = super::purchase(super::receipt_of(100));
    let refused = super::decide(
        &journal.catalog,
        Some(&journal.member),
        &command,
        at(super::NOW),
    );
    assert_eq!(
        refused.unwrap_err(),
        crate::decide::Refusal::HistoryNotLoaded
    );
    let plain = Journal::new(catalog(&super::base_program()));
    assert!(plain.needs(100).is_empty());
}
