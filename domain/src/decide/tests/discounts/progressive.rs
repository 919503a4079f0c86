//! What a progressive discount looks back on.

use super::{applied, catalog, discounts, explained, progressive};
use crate::decide::tests::journal::Journal;
use crate::decide::tests::settings::with;
use jiff::civil::{Date, date};
use serde_json::{Value, json};

/// 5 %, and 10 % from 50,000 on.
fn two(fields: Value) -> Value {
    let tiers = json!([{"from": 0, "percent": "5"}, {"from": 50_000, "percent": "10"}]);
    discounts(&[with(
        with(progressive("climb"), json!({"tiers": tiers})),
        fields,
    )])
}

fn off(journal: &mut Journal, amount: i64) -> String {
    applied(&journal.buy(json!({"lines": [{"amount": amount}]})))
}

fn off_at(journal: &mut Journal, occurred_at: &str, amount: i64) -> String {
    let parts = json!({"occurred_at": occurred_at, "lines": [{"amount": amount}]});
    applied(&journal.buy(parts))
}

#[test]
fn thresholds_are_inclusive_and_today_does_not_count_where_the_rate_is_of_the_day() {
    for (before, on, expected) in [
        (49_999, date(2026, 11, 20), "climb=50"),
        (50_000, date(2026, 11, 20), "climb=100"),
        (50_000, date(2026, 11, 21), "climb=50"),
        (-1, date(2026, 11, 20), "climb=50"),
    ] {
        let mut journal = Journal::new(catalog(&two(json!({}))));
        journal.spent(on, before);
        assert_eq!(off(&mut journal, 1_000), expected, "{before} {on}");
    }
}

#[test]
fn an_immediate_rate_counts_what_was_recorded_before_also_today() {
    let mut journal = Journal::new(catalog(&two(json!({"refresh": "immediate"}))));
    journal.spent(date(2026, 11, 21), 49_999);
    assert_eq!(off(&mut journal, 1_000), "climb=50");
    assert_eq!(off(&mut journal, 1_000), "climb=100");
}

#[test]
fn a_marginal_receipt_is_cut_where_it_crosses_a_step() {
    let marginal = json!({"refresh": "immediate", "mode": "marginal"});
    for (before, amount, expected) in [
        (49_000, 2_000, "climb=150"),
        (49_000, 1_000, "climb=50"),
        // One rounding of the exact sum: 0.55 + 0.9.
        (49_989, 20, "climb=1"),
        (50_000, 2_000, "climb=200"),
        (-5_000, 2_000, "climb=100"),
        (0, 100_000, "climb=7500"),
    ] {
        let mut journal = Journal::new(catalog(&two(marginal.clone())));
        journal.spent(date(2026, 11, 20), before);
        let parts = json!({"lines": [{"amount": amount}]});
        let outcome = journal.buy(parts);
        assert_eq!(applied(&outcome), expected, "{before} {amount}");
        assert_eq!(outcome.discounts[0].percent, None);
    }
    let daily = json!({"mode": "marginal"});
    let mut journal = Journal::new(catalog(&two(daily)));
    journal.spent(date(2026, 11, 21), 49_000);
    assert_eq!(off(&mut journal, 2_000), "climb=100", "today is not known");
}

#[test]
fn spend_counts_after_discounts_and_gross_spend_before_them() {
    for (metric, expected) in [("spend", "climb=5"), ("gross_spend", "climb=10")] {
        let fields = json!({"metric": metric, "refresh": "immediate"});
        let mut journal = Journal::new(catalog(&two(fields)));
        assert_eq!(off(&mut journal, 50_000), "climb=2500");
        assert_eq!(journal.days[0].spend.minor(), 47_500);
        assert_eq!(journal.days[0].gross_spend.minor(), 50_000);
        assert_eq!(off(&mut journal, 100), expected, "{metric}");
    }
}

#[test]
fn gross_spend_counts_before_member_prices_too() {
    let mut program = two(json!({}));
    program["member_prices"] = json!([{"sku": "1", "price": 10}]);
    let mut journal = Journal::new(catalog(&program));
    journal.buy(json!({"lines": [{"sku": "1", "amount": 110}, {"amount": 100}]}));
    assert_eq!(journal.days[0].gross_spend.minor(), 210);
    assert_eq!(journal.days[0].spend.minor(), 105, "5 % of 10 and 100");
}

#[test]
fn visits_count_receipts_and_are_not_cut() {
    let tiers = json!([{"from": 0, "percent": "0"}, {"from": 2, "percent": "10"}]);
    for mode in ["whole", "marginal"] {
        let fields = json!({"metric": "visits", "refresh": "immediate", "mode": mode,
            "tiers": tiers});
        let mut journal = Journal::new(catalog(&two(fields)));
        let first = journal.buy(json!({"lines": [{"amount": 100}]}));
        let told = explained(&first, "climb");
        assert_eq!((told.fired, told.visits_to_go), (false, Some(2)));
        assert_eq!(told.reason, Some(crate::decide::Reason::BelowMinimum));
        assert_eq!(told.next_percent, Some("10".parse().unwrap()));
        assert_eq!(off(&mut journal, 100), "");
        let third = journal.buy(json!({"lines": [{"amount": 100}]}));
        assert_eq!(applied(&third), "climb=10", "{mode}");
        assert_eq!(third.discounts[0].percent, Some("10".parse().unwrap()));
    }
}

/// A purchase of 50,000 on this date, which counts on 21 November for the rates that the letters
/// name: `d` of the day, `i` at once.
fn check_day(window: &Value, bought: Date, counts: &str) {
    for (refresh, letter) in [("daily", 'd'), ("immediate", 'i')] {
        let program = two(json!({"window": window, "refresh": refresh}));
        let mut journal = Journal::new(catalog(&program));
        journal.spent(bought, 50_000);
        let is_counted = counts.contains(letter);
        let expected = if is_counted { "climb=10" } else { "climb=5" };
        assert_eq!(
            off(&mut journal, 100),
            expected,
            "{window} {bought} {refresh}"
        );
    }
}

#[test]
fn every_window_is_cut_the_day_before_or_up_to_date() {
    let days = json!({"type": "rolling_days", "days": 2});
    let months = json!({"type": "rolling_months", "months": 1});
    let of = |name: &str| json!({"type": name});
    for (window, rows) in [
        (
            days,
            "2026-11-18: 2026-11-19:d 2026-11-20:di 2026-11-21:i 2026-11-22:",
        ),
        (
            months,
            "2026-10-20: 2026-10-21:d 2026-10-22:di 2026-11-20:di 2026-11-21:i",
        ),
        (
            of("calendar_month"),
            "2026-10-31: 2026-11-01:di 2026-11-21:i",
        ),
        (
            of("calendar_quarter"),
            "2026-09-30: 2026-10-01:di 2026-11-21:i",
        ),
        (
            of("calendar_half"),
            "2026-06-30: 2026-07-01:di 2026-11-21:i",
        ),
        (
            of("calendar_year"),
            "2025-12-31: 2026-01-01:di 2026-11-21:i",
        ),
        (
            of("lifetime"),
            "1990-01-01:di 2026-11-20:di 2026-11-21:i 2026-11-22:",
        ),
        (
            of("since_enrolment"),
            "2025-12-31: 2026-01-01:di 2026-11-21:i",
        ),
        (
            of("anniversary_year"),
            "2025-12-31: 2026-01-01:di 2026-11-21:i",
        ),
    ] {
        for row in rows.split(' ') {
            let (date, counts) = row.split_once(':').unwrap();
            check_day(&window, date.parse().unwrap(), counts);
        }
    }
}

#[test]
fn a_late_receipt_has_the_rate_of_its_own_day() {
    let mut journal = Journal::new(catalog(&two(json!({}))));
    journal.spent(date(2026, 11, 10), 50_000);
    for (day, expected) in [("10", "climb=5"), ("11", "climb=10")] {
        let occurred_at = format!("2026-11-{day}T12:00:00+09:00");
        let mut late = journal.clone();
        assert_eq!(off_at(&mut late, &occurred_at, 100), expected, "{day}");
    }
}

#[test]
fn the_day_is_the_tenants_wherever_the_store_is() {
    let mut catalog = catalog(&two(json!({})));
    let store = catalog.stores.get_mut("ueno").unwrap();
    store.time_zone = Some(jiff::tz::TimeZone::get("Pacific/Honolulu").unwrap());
    let mut journal = Journal::new(catalog);
    journal.spent(date(2026, 10, 31), 50_000);
    // 1 November 04:00 in Tokyo is still 31 October in Honolulu.
    let parts = json!({"store": "ueno", "occurred_at": "2026-11-01T04:00:00+09:00",
        "lines": [{"amount": 100}]});
    assert_eq!(applied(&journal.buy(parts)), "climb=10");
}

#[test]
fn only_what_its_window_holds_is_asked_for() {
    let window = json!({"window": {"type": "rolling_days", "days": 365}});
    let journal = Journal::new(catalog(&two(window)));
    let needs = journal.needs(100);
    let ranges: Vec<_> = needs.counters.iter().collect();
    assert_eq!(ranges.len(), 1);
    assert_eq!(ranges[0].from, Some(date(2025, 11, 21)));
    assert_eq!(ranges[0].to, date(2026, 11, 20));
}
