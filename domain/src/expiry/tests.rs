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
    let ends = read.expires_at(
        earned_on.parse().unwrap(),
        &zone,
        cutover.parse::<jiff::civil::Time>().unwrap().into(),
    );
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

#[test]
fn a_fixed_date_is_the_next_one_from_the_earning_day_on() {
    let date = |month: i64, day: i64| json!({"type": "fixed_date", "month": month, "day": day});
    let march = date(3, 31);
    check(&march, "2026-03-30", Some("2026-04-01T00:00:00+09:00"));
    check(&march, "2026-03-31", Some("2026-04-01T00:00:00+09:00"));
    check(&march, "2026-04-01", Some("2027-04-01T00:00:00+09:00"));
    let leap = date(2, 29);
    check(&leap, "2027-02-28", Some("2027-03-01T00:00:00+09:00"));
    check(&leap, "2027-03-01", Some("2028-03-01T00:00:00+09:00"));
    check(&leap, "2028-02-28", Some("2028-03-01T00:00:00+09:00"));
    check(
        &date(12, 31),
        "2026-12-31",
        Some("2027-01-01T00:00:00+09:00"),
    );
    let later = json!({"type": "fixed_date", "month": 3, "day": 31, "years": 1});
    check(&later, "2026-03-31", Some("2027-04-01T00:00:00+09:00"));
    check(&later, "2026-04-01", Some("2028-04-01T00:00:00+09:00"));
    check_in(
        "Asia/Tokyo",
        "05:00",
        &march,
        "2026-03-31",
        Some("2026-04-01T05:00:00+09:00"),
    );
}

#[test]
fn what_slides_ends_so_many_days_after_the_last_deed() {
    let sliding = json!({"type": "sliding", "days": 180, "reset_on": ["earn", "redeem"]});
    check(&sliding, "2026-11-21", Some("2027-05-21T00:00:00+09:00"));
    check_in(
        "America/New_York",
        "02:30",
        &json!({"type": "sliding", "days": 1, "reset_on": ["visit"]}),
        "2017-03-10",
        // The cut-over of 12 March is skipped by the clock.
        Some("2017-03-12T07:00:00Z"),
    );
}

#[test]
fn a_faulty_expiry_says_where() {
    use crate::fault::FaultCode::{Empty, InvalidValue, OutOfRange, Required, TooMany};
    let faults = |expiry: Value| -> Vec<(String, crate::fault::FaultCode)> {
        let mut reader = Reader::new(None);
        let mut object = reader.object(&expiry, String::new());
        let read = Expiry::read(&mut reader, &mut object);
        reader.close(&object);
        let faults = reader.finish(read).err().unwrap_or_default().into_iter();
        faults.map(|fault| (fault.pointer, fault.code)).collect()
    };
    let date = |month: i64, day: i64| json!({"type": "fixed_date", "month": month, "day": day});
    for (month, day) in [(1, 1), (2, 29), (4, 30), (12, 31)] {
        assert_eq!(faults(date(month, day)), []);
    }
    for (month, day, pointer) in [
        (0, 1, "/month"),
        (13, 1, "/month"),
        (2, 30, "/day"),
        (4, 31, "/day"),
        (1, 0, "/day"),
    ] {
        assert_eq!(faults(date(month, day)), [(pointer.to_owned(), OutOfRange)]);
    }
    let years = |years: i64| json!({"type": "fixed_date", "month": 1, "day": 1, "years": years});
    assert_eq!(faults(years(super::MAX_YEARS)), []);
    assert_eq!(
        faults(years(super::MAX_YEARS + 1)),
        [("/years".to_owned(), OutOfRange)]
    );
    assert_eq!(faults(years(-1)), [("/years".to_owned(), OutOfRange)]);
    let sliding =
        |days: i64, reset_on: Value| json!({"type": "sliding", "days": days, "reset_on": reset_on});
    assert_eq!(
        faults(sliding(super::MAX_DAYS, json!(["earn", "redeem", "visit"]))),
        []
    );
    assert_eq!(
        faults(sliding(super::MAX_DAYS + 1, json!(["earn"]))),
        [("/days".to_owned(), OutOfRange)]
    );
    assert_eq!(
        faults(sliding(0, json!(["earn"]))),
        [("/days".to_owned(), OutOfRange)]
    );
    assert_eq!(
        faults(sliding(1, json!([]))),
        [("/reset_on".to_owned(), Empty)]
    );
    assert_eq!(
        faults(sliding(1, json!(null))),
        [("/reset_on".to_owned(), Required)]
    );
    assert_eq!(
        faults(sliding(1, json!(["sleep"]))),
        [("/reset_on/0".to_owned(), InvalidValue)]
    );
    let four = json!(["earn", "earn", "earn", "earn"]);
    assert_eq!(
        faults(sliding(1, four)),
        [("/reset_on".to_owned(), TooMany)]
    );
}
