//! Business days, also on the two days a year on which clocks change.

use super::{Cutovers, EarlierCutover, business_date, ends_at, starts_at};
use jiff::Timestamp;
use jiff::civil::{Date, Time, date};
use jiff::tz::TimeZone;

fn check(zone: &str, cutover: &str, at: &str, expected: &str) {
    let zone = TimeZone::get(zone).unwrap();
    let date = business_date(at.parse().unwrap(), &zone, cutover.parse::<Time>().unwrap());
    assert_eq!(date.to_string(), expected, "{at}");
}

#[test]
fn the_cut_over_belongs_to_the_new_day() {
    check(
        "Asia/Tokyo",
        "00:00",
        "2026-11-20T14:59:59.999999Z",
        "2026-11-20",
    );
    check("Asia/Tokyo", "00:00", "2026-11-20T15:00:00Z", "2026-11-21");
    check(
        "Asia/Tokyo",
        "05:00",
        "2026-11-20T19:59:59.999999Z",
        "2026-11-20",
    );
    check("Asia/Tokyo", "05:00", "2026-11-20T20:00:00Z", "2026-11-21");
    check("Asia/Tokyo", "05:00", "2026-12-31T19:59:59Z", "2026-12-31");
}

#[test]
fn clock_changes_do_not_move_the_cut_over() {
    check(
        "America/New_York",
        "05:00",
        "2017-03-12T05:30:00-04:00",
        "2017-03-12",
    );
    check(
        "America/New_York",
        "05:00",
        "2017-03-12T04:30:00-04:00",
        "2017-03-11",
    );
    check(
        "America/New_York",
        "05:00",
        "2017-11-05T04:30:00-05:00",
        "2017-11-04",
    );
    check(
        "America/New_York",
        "05:00",
        "2017-11-05T05:00:00-05:00",
        "2017-11-05",
    );
    check(
        "America/New_York",
        "00:00",
        "2017-11-05T01:30:00-04:00",
        "2017-11-05",
    );
    check(
        "America/New_York",
        "00:00",
        "2017-11-05T01:30:00-05:00",
        "2017-11-05",
    );
}

fn check_edges(zone: &str, cutover: &str, date: &str, starts: &str, hours: i64) {
    let zone = TimeZone::get(zone).unwrap();
    let cutover: Time = cutover.parse().unwrap();
    let date: Date = date.parse().unwrap();
    let start = starts_at(date, &zone, cutover).unwrap();
    assert_eq!(start, starts.parse::<Timestamp>().unwrap(), "{date}");
    let end = ends_at(date, &zone, cutover).unwrap();
    assert_eq!(end.duration_since(start).as_hours(), hours, "{date}");
    assert_eq!(business_date(start, &zone, cutover), date);
    let just_before = start
        .checked_sub(jiff::SignedDuration::from_micros(1))
        .unwrap();
    assert_eq!(
        business_date(just_before, &zone, cutover),
        date.yesterday().unwrap()
    );
}

#[test]
fn a_day_starts_once_and_may_be_an_hour_shorter_or_longer() {
    check_edges(
        "Asia/Tokyo",
        "05:00",
        "2026-11-21",
        "2026-11-20T20:00:00Z",
        24,
    );
    check_edges(
        "America/New_York",
        "00:00",
        "2017-03-12",
        "2017-03-12T05:00:00Z",
        23,
    );
    check_edges(
        "America/New_York",
        "00:00",
        "2017-11-05",
        "2017-11-05T04:00:00Z",
        25,
    );
    check_edges(
        "America/New_York",
        "05:00",
        "2017-03-11",
        "2017-03-11T10:00:00Z",
        23,
    );
    // 02:30 does not exist on this day: it begins when the clock jumps to 03:00.
    check_edges(
        "America/New_York",
        "02:30",
        "2017-03-12",
        "2017-03-12T07:00:00Z",
        23,
    );
    // Midnight does not exist on this day in Beirut.
    check_edges(
        "Asia/Beirut",
        "00:00",
        "2022-03-27",
        "2022-03-26T22:00:00Z",
        23,
    );
}

/// A change from `old` to `new` that counts from 3 March, in UTC.
fn changed(old: &str, new: &str) -> (Time, [EarlierCutover; 1]) {
    let earlier = EarlierCutover {
        before: date(2026, 3, 3),
        cutover: old.parse().unwrap(),
    };
    (new.parse().unwrap(), [earlier])
}

#[test]
fn a_changed_cutover_counts_from_the_next_business_day() {
    let rows = [
        // Later in the day: 2 March goes on until the new cut-over.
        ("00:00", "05:00", "2026-03-02T23:59:59Z", "2026-03-02"),
        ("00:00", "05:00", "2026-03-03T00:00:00Z", "2026-03-02"),
        ("00:00", "05:00", "2026-03-03T04:59:59Z", "2026-03-02"),
        ("00:00", "05:00", "2026-03-03T05:00:00Z", "2026-03-03"),
        ("00:00", "05:00", "2026-03-02T00:00:00Z", "2026-03-02"),
        ("00:00", "05:00", "2026-03-01T23:59:59Z", "2026-03-01"),
        // Earlier in the day: 2 March ends as it would have, 3 March at midnight.
        ("05:00", "00:00", "2026-03-03T04:59:59Z", "2026-03-02"),
        ("05:00", "00:00", "2026-03-03T05:00:00Z", "2026-03-03"),
        ("05:00", "00:00", "2026-03-03T23:59:59Z", "2026-03-03"),
        ("05:00", "00:00", "2026-03-04T00:00:00Z", "2026-03-04"),
        ("05:00", "00:00", "2026-03-02T04:59:59Z", "2026-03-01"),
    ];
    for (old, new, at, expected) in rows {
        let (last, earlier) = changed(old, new);
        let found = business_date(
            at.parse().unwrap(),
            &TimeZone::UTC,
            Cutovers::new(last, &earlier),
        );
        assert_eq!(found.to_string(), expected, "{old} to {new} at {at}");
    }
}

#[test]
fn around_a_change_no_date_is_missing_and_each_ends_where_the_next_begins() {
    for (old, new) in [
        ("00:00", "05:00"),
        ("05:00", "00:00"),
        ("05:00", "23:30"),
        ("23:30", "00:00"),
    ] {
        let (last, earlier) = changed(old, new);
        let cutovers = Cutovers::new(last, &earlier);
        let zone = TimeZone::get("Asia/Tokyo").unwrap();
        let mut day = date(2026, 2, 27);
        while day < date(2026, 3, 8) {
            let (start, end) = (
                starts_at(day, &zone, cutovers).unwrap(),
                ends_at(day, &zone, cutovers).unwrap(),
            );
            let moment = jiff::SignedDuration::from_secs(1);
            assert_eq!(business_date(start, &zone, cutovers), day, "{old} to {new}");
            assert_eq!(
                business_date(end - moment, &zone, cutovers),
                day,
                "{old} to {new}"
            );
            day = day.tomorrow().unwrap();
            assert_eq!(business_date(end, &zone, cutovers), day, "{old} to {new}");
        }
    }
}
