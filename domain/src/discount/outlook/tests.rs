//! Today's rate, what is missing, and how long it lasts, against a walk over the days.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "a test states sums plainly; an overflow fails it"
)]

use super::{Outlook, outlooks};
use crate::amount::{Amount, Decimal4, Points};
use crate::decide::tests::{at, catalog};
use crate::ledger::DayDelta;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use proptest::prelude::{ProptestConfig, prop, prop_assert_eq, proptest};
use serde_json::{Value, json};

const ENROLLED: &str = "2026-01-31T00:00:00+09:00";

fn spent(business_date: Date, amount: i64) -> DayDelta {
    DayDelta {
        business_date,
        spend: Amount::new(amount),
        gross_spend: Amount::new(amount * 2),
        visits: 1,
        points_earned: Points::ZERO,
    }
}

fn program(fields: &Value) -> Value {
    let mut climb = json!({"code": "climb", "type": "progressive", "metric": "spend", "tiers": [
        {"from": 0, "percent": "5"}, {"from": 1_000, "percent": "10"},
        {"from": 2_000, "percent": "15"}]});
    for (key, value) in fields.as_object().unwrap() {
        climb[key] = value.clone();
    }
    json!({"discounts": [{"code": "ten", "type": "percent", "percent": "10"}, climb]})
}

/// On 21 November 2026, in Tokyo.
fn of(fields: &Value, days: &[DayDelta]) -> Outlook {
    let catalog = catalog(&program(fields));
    let now = at("2026-11-21T12:00:00+09:00");
    let (today, all) = outlooks(&catalog, at(ENROLLED), days, now).unwrap();
    assert_eq!(today, date(2026, 11, 21));
    let [one] = all.try_into().unwrap();
    one
}

fn told(outlook: &Outlook) -> String {
    let next = outlook.next.map_or_else(
        || "last".to_owned(),
        |next| {
            format!(
                "{} more for {} from {}",
                next.missing, next.percent, next.from
            )
        },
    );
    let until = outlook.valid_until;
    let until = until.map_or_else(|| "ever".to_owned(), |until| until.to_string());
    format!(
        "{} at {}, {next}, until {until}",
        outlook.percent, outlook.value
    )
}

#[test]
fn a_member_is_told_the_rate_what_is_missing_and_how_long_it_lasts() {
    let days = json!({"window": {"type": "rolling_days", "days": 30}});
    let month = json!({"window": {"type": "calendar_month"}});
    let now = json!({"window": {"type": "rolling_days", "days": 30}, "refresh": "immediate"});
    let day = |day: i8| date(2026, 11, day);
    for (fields, bought, expected) in [
        (
            &days,
            vec![],
            "5 at 0, 1000 more for 10 from 1000, until ever",
        ),
        // 20 November lies in the 30 days before 21 November and until 20 December.
        (
            &days,
            vec![(day(20), 1_500)],
            "10 at 1500, 500 more for 15 from 2000, until 2026-12-20",
        ),
        (
            &days,
            vec![(day(21), 1_500)],
            "5 at 0, 1000 more for 10 from 1000, until ever",
        ),
        (
            &now,
            vec![(day(20), 500), (day(21), 1_500)],
            "15 at 2000, last, until 2026-12-19",
        ),
        (
            &days,
            vec![(day(1), 900), (day(20), 999)],
            "10 at 1899, 101 more for 15 from 2000, until 2026-12-01",
        ),
        (
            &month,
            vec![(day(1), 900), (day(20), 101)],
            "10 at 1001, 999 more for 15 from 2000, until 2026-11-30",
        ),
        // Today's return counts from tomorrow on.
        (
            &month,
            vec![(day(1), 1_000), (day(21), -1)],
            "10 at 1000, 1000 more for 15 from 2000, until 2026-11-21",
        ),
        (
            &month,
            vec![(day(1), -1)],
            "5 at 0, 1000 more for 10 from 1000, until ever",
        ),
        (
            &json!({}),
            vec![(date(1990, 1, 1), 2_000)],
            "15 at 2000, last, until ever",
        ),
        (
            &json!({"metric": "gross_spend"}),
            vec![(day(1), 500)],
            "10 at 1000, 1000 more for 15 from 2000, until ever",
        ),
        (
            &json!({"metric": "visits", "tiers": [{"from": 0, "percent": "0"},
                {"from": 3, "percent": "7.5"}]}),
            vec![(day(1), 500), (day(2), 1)],
            "0 at 2, 1 more for 7.5 from 3, until ever",
        ),
    ] {
        let bought: Vec<_> = bought
            .into_iter()
            .map(|(date, amount)| spent(date, amount))
            .collect();
        assert_eq!(told(&of(fields, &bought)), expected, "{fields} {bought:?}");
    }
}

#[test]
fn before_the_first_program_there_is_nothing_to_tell() {
    let catalog = catalog(&program(&json!({})));
    let before = at("2019-06-01T00:00:00Z");
    let (_, all) = outlooks(&catalog, at(ENROLLED), &[], before).unwrap();
    assert_eq!(all, []);
}

/// The same by adding up the days of every date anew.
fn walked(fields: &Value, days: &[DayDelta]) -> (Decimal4, i64, Option<Date>) {
    let today = date(2026, 11, 21);
    let window = fields["window"].clone();
    let months = window["months"].as_i64();
    let length = window["days"].as_i64();
    let is_daily = fields["refresh"] == "daily";
    let value_on = |on: Date| {
        let last = if is_daily {
            on.yesterday().unwrap()
        } else {
            on
        };
        let begins = match (length, months) {
            (Some(days), _) => last - (days - 1).days(),
            (_, Some(months)) => (last - months.months()).tomorrow().unwrap(),
            _ => on.first_of_month(),
        };
        let within = days
            .iter()
            .filter(|day| begins <= day.business_date && day.business_date <= last);
        within.map(|day| day.spend.minor()).sum::<i64>().max(0)
    };
    let percent_on = |on: Date| {
        let value = value_on(on);
        let percent = if value >= 2_000 {
            15
        } else if value >= 1_000 {
            10
        } else {
            5
        };
        Decimal4::from_units(percent * Decimal4::SCALE)
    };
    let now = percent_on(today);
    let mut dates = today.series(1.day()).take(600);
    let falls = dates.find(|date| percent_on(*date) < now);
    (
        now,
        value_on(today),
        falls.map(|date| date.yesterday().unwrap()),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn every_outlook_equals_a_walk_over_the_days(
        bought in prop::collection::vec((-90_i32..3, -300_i64..1_200), 0..12),
        length in 1_i64..70,
        kind in 0..3,
        is_daily in proptest::bool::ANY,
    ) {
        let window = match kind {
            0 => json!({"type": "rolling_days", "days": length}),
            1 => json!({"type": "rolling_months", "months": 1 + length % 3}),
            _ => json!({"type": "calendar_month"}),
        };
        let refresh = if is_daily { "daily" } else { "immediate" };
        let fields = json!({"window": window, "refresh": refresh});
        let today = date(2026, 11, 21);
        let days: Vec<_> = bought
            .iter()
            .map(|(days, amount)| spent(today + i64::from(*days).days(), *amount))
            .collect();
        let found = of(&fields, &days);
        let expected = walked(&fields, &days);
        prop_assert_eq!((found.percent, found.value, found.valid_until), expected);
    }
}

#[test]
fn a_rate_that_is_lower_above_a_step_may_fall_when_a_return_leaves() {
    let fields = json!({"window": {"type": "rolling_days", "days": 30}, "tiers": [
        {"from": 0, "percent": "20"}, {"from": 100, "percent": "5"}]});
    let days = [
        spent(date(2026, 11, 15), 100),
        spent(date(2026, 11, 10), -1),
    ];
    // The return of the 10th leaves the window on 11 December.
    let outlook = of(&fields, &days);
    assert_eq!(
        told(&outlook),
        "20 at 99, 1 more for 5 from 100, until 2026-12-10"
    );
}
