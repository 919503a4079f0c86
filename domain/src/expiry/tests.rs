//! When points earned on a date end: rows of a setting, a date and the instant.

use super::Expiry;
use crate::program::reader::Reader;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

fn check(expiry: &Value, earned_on: &str, expected: Option<&str>) {
    check_in("Asia/Tokyo", "00:00", expiry, earned_on, expected);
}

fn check_in(zone: &str, cutover: &str, expiry: &Value, earned_on: &str, expected: Option<&str>) {
    let mut reader = Reader::new(None);
    let mut object = reader.object(expiry, String::new());
    let read = Expiry::read(&mut reader, &mut object);
    reader.close(&object);
    let (read, _) = reader.finish(read).unwrap();
    let zone = TimeZone::get(zone).unwrap();
    let ends = read.expires_at(earned_on.parse().unwrap(), &zone, cutover.parse().unwrap());
    assert_eq!(
        ends.unwrap(),
        expected.map(|at| at.parse().unwrap()),
        "{expiry} {earned_on}"
    );
}

#[test]
fn the_last_usable_day_is_whole() {
    let after = |field: &str, n: i64| json!({"type": "after", field: n});
    check(&json!({"type": "never"}), "2026-11-21", None);
    check(
        &after("days", 1),
        "2026-11-21",
        Some("2026-11-23T00:00:00+09:00"),
    );
    check(
        &after("days", 180),
        "2026-11-21",
        Some("2027-05-21T00:00:00+09:00"),
    );
    check(
        &after("months", 1),
        "2026-01-31",
        Some("2026-03-01T00:00:00+09:00"),
    );
    check(
        &after("months", 1),
        "2028-01-31",
        Some("2028-03-01T00:00:00+09:00"),
    );
    check(
        &after("years", 1),
        "2028-02-29",
        Some("2029-03-01T00:00:00+09:00"),
    );
    check(
        &after("years", 2),
        "2026-11-21",
        Some("2028-11-22T00:00:00+09:00"),
    );
}

#[test]
fn rounding_up_goes_to_the_end_of_the_month_or_year() {
    let after = |end: &str| json!({"type": "after", "months": 1, "round_up": end});
    check(
        &after("none"),
        "2026-11-21",
        Some("2026-12-22T00:00:00+09:00"),
    );
    check(
        &after("month"),
        "2026-11-21",
        Some("2027-01-01T00:00:00+09:00"),
    );
    check(
        &after("month"),
        "2026-01-31",
        Some("2026-03-01T00:00:00+09:00"),
    );
    check(
        &after("year"),
        "2026-11-21",
        Some("2027-01-01T00:00:00+09:00"),
    );
    check(
        &after("year"),
        "2026-12-21",
        Some("2028-01-01T00:00:00+09:00"),
    );
}

#[test]
fn the_end_of_the_nth_month_counts_from_the_earning_month() {
    let months = |n: i64| json!({"type": "end_of_month", "months": n});
    check(&months(0), "2026-11-30", Some("2026-12-01T00:00:00+09:00"));
    check(&months(1), "2026-01-31", Some("2026-03-01T00:00:00+09:00"));
    check(&months(12), "2026-11-21", Some("2027-11-30T15:00:00Z"));
    check(
        &months(120),
        "2026-11-21",
        Some("2036-12-01T00:00:00+09:00"),
    );
}

#[test]
fn the_cut_over_and_the_zone_decide_the_instant() {
    let day = json!({"type": "after", "days": 1});
    check_in(
        "Asia/Tokyo",
        "05:00",
        &day,
        "2026-11-21",
        Some("2026-11-23T05:00:00+09:00"),
    );
    check_in(
        "America/New_York",
        "00:00",
        &day,
        "2017-03-11",
        Some("2017-03-13T04:00:00Z"),
    );
    check_in(
        "America/New_York",
        "00:00",
        &day,
        "2017-11-04",
        Some("2017-11-06T05:00:00Z"),
    );
}
