//! Windows at their edges, and against a walk over every day.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::integer_division,
    reason = "the reference is stated in plain arithmetic; an overflow fails the test"
)]

use super::{Cut, DateRange, Window};
use jiff::civil::{Date, date};

const ENROLLED: Date = date(2024, 2, 29);

fn range(window: Window, on: Date, cut: Cut) -> String {
    let show = |range: DateRange| {
        let from = range
            .from
            .map_or("ever".to_owned(), |from| from.to_string());
        format!("{from}..{}", range.to)
    };
    window
        .range(on, ENROLLED, cut)
        .map_or("none".to_owned(), show)
}

#[test]
fn each_window_has_its_first_and_last_day() {
    let day = date(2026, 5, 31);
    for (window, up_to_date, day_before) in [
        (Window::Lifetime, "ever..2026-05-31", "ever..2026-05-30"),
        (
            Window::CalendarMonth,
            "2026-05-01..2026-05-31",
            "2026-05-01..2026-05-30",
        ),
        (
            Window::CalendarQuarter,
            "2026-04-01..2026-05-31",
            "2026-04-01..2026-05-30",
        ),
        (
            Window::CalendarHalf,
            "2026-01-01..2026-05-31",
            "2026-01-01..2026-05-30",
        ),
        (
            Window::CalendarYear,
            "2026-01-01..2026-05-31",
            "2026-01-01..2026-05-30",
        ),
        (
            Window::RollingDays(1),
            "2026-05-31..2026-05-31",
            "2026-05-30..2026-05-30",
        ),
        (
            Window::RollingDays(31),
            "2026-05-01..2026-05-31",
            "2026-04-30..2026-05-30",
        ),
        (
            Window::RollingMonths(3),
            "2026-03-01..2026-05-31",
            "2026-03-01..2026-05-30",
        ),
        (
            Window::RollingMonths(12),
            "2025-06-01..2026-05-31",
            "2025-05-31..2026-05-30",
        ),
        (
            Window::AnniversaryYear,
            "2026-02-28..2026-05-31",
            "2026-02-28..2026-05-30",
        ),
        (
            Window::SinceEnrolment,
            "2024-02-29..2026-05-31",
            "2024-02-29..2026-05-30",
        ),
    ] {
        assert_eq!(range(window, day, Cut::UpToDate), up_to_date, "{window:?}");
        assert_eq!(range(window, day, Cut::DayBefore), day_before, "{window:?}");
    }
}

#[test]
fn quarters_and_halves_begin_with_their_first_month() {
    for (month, quarter, half) in [
        (1, 1, 1),
        (3, 1, 1),
        (4, 4, 1),
        (6, 4, 1),
        (7, 7, 7),
        (12, 10, 7),
    ] {
        let first = |window: Window| {
            let range = window
                .range(date(2026, month, 15), ENROLLED, Cut::UpToDate)
                .unwrap();
            range.from.unwrap()
        };
        assert_eq!(first(Window::CalendarQuarter), date(2026, quarter, 1));
        assert_eq!(first(Window::CalendarHalf), date(2026, half, 1));
    }
}

#[test]
fn a_leap_day_has_its_anniversary_on_28_february_in_common_years() {
    let from = |on: Date| {
        Window::AnniversaryYear
            .range(on, ENROLLED, Cut::UpToDate)
            .unwrap()
            .from
    };
    assert_eq!(from(date(2025, 2, 27)), Some(date(2024, 2, 29)));
    assert_eq!(from(date(2025, 2, 28)), Some(date(2025, 2, 28)));
    assert_eq!(from(date(2028, 2, 28)), Some(date(2027, 2, 28)));
    assert_eq!(from(date(2028, 2, 29)), Some(date(2028, 2, 29)));
    assert_eq!(
        from(date(2024, 2, 28)),
        Some(date(2023, 2, 28)),
        "before the enrolment"
    );
}

#[test]
fn a_window_without_a_day_is_none() {
    assert_eq!(
        range(Window::CalendarMonth, date(2026, 5, 1), Cut::DayBefore),
        "none"
    );
    assert_eq!(
        range(Window::SinceEnrolment, date(2024, 2, 28), Cut::UpToDate),
        "none"
    );
    assert_eq!(
        range(Window::SinceEnrolment, date(2024, 2, 29), Cut::DayBefore),
        "none"
    );
    assert_eq!(
        range(
            Window::RollingDays(9_999_999),
            date(2026, 1, 1),
            Cut::UpToDate
        ),
        "-009999-01-01..2026-01-01"
    );
}

/// Windows by their words: whether `earlier` is looked back on from `on`.
fn looks_back_on(window: Window, on: Date, earlier: Date) -> bool {
    let same = |part: fn(Date) -> i16| on.year() == earlier.year() && part(on) == part(earlier);
    let anniversaries = |day: Date| {
        let mut count = 0_i16;
        let mut walked = ENROLLED;
        while walked <= day {
            let leap = walked.month() == 2 && walked.day() == 28 && !walked.in_leap_year();
            if leap || (walked.month() == 2 && walked.day() == 29) {
                count += 1;
            }
            walked = walked.tomorrow().unwrap();
        }
        count
    };
    earlier <= on
        && match window {
            Window::Lifetime => true,
            Window::CalendarMonth => same(|day| i16::from(day.month())),
            Window::CalendarQuarter => same(|day| i16::from((day.month() - 1) / 3)),
            Window::CalendarHalf => same(|day| i16::from((day.month() - 1) / 6)),
            Window::CalendarYear => same(|_| 0),
            Window::RollingDays(days) => i64::from((on - earlier).get_days()) < days,
            Window::RollingMonths(months) => {
                let count = |day: Date| i64::from(day.year()) * 12 + i64::from(day.month());
                let target = count(on) - months;
                let clipped = on.day().min(last_day(target));
                (count(earlier), earlier.day()) > (target, clipped)
            }
            Window::AnniversaryYear => anniversaries(on) == anniversaries(earlier),
            Window::SinceEnrolment => earlier >= ENROLLED,
        }
}

/// The last day of the month with this number since year 0.
fn last_day(number: i64) -> i8 {
    let (year, month) = ((number - 1) / 12, (number - 1) % 12 + 1);
    let first = date(
        i16::try_from(year).unwrap(),
        i8::try_from(month).unwrap(),
        1,
    );
    first.days_in_month()
}

#[test]
fn every_window_equals_a_walk_over_the_days() {
    let windows = [
        Window::Lifetime,
        Window::CalendarMonth,
        Window::CalendarQuarter,
        Window::CalendarHalf,
        Window::CalendarYear,
        Window::RollingDays(1),
        Window::RollingDays(45),
        Window::RollingMonths(1),
        Window::RollingMonths(6),
        Window::AnniversaryYear,
        Window::SinceEnrolment,
    ];
    let first = date(2026, 12, 1);
    for window in windows {
        let mut on = first;
        while on < date(2028, 4, 2) {
            let range = window.range(on, ENROLLED, Cut::UpToDate).unwrap();
            let mut earlier = on.checked_sub(jiff::Span::new().days(400)).unwrap();
            while earlier <= on.tomorrow().unwrap() {
                let expected = looks_back_on(window, on, earlier);
                assert_eq!(
                    range.contains(earlier),
                    expected,
                    "{window:?} {on} {earlier}"
                );
                earlier = earlier.checked_add(jiff::Span::new().days(7)).unwrap();
            }
            let edge = range.from.filter(|from| *from > Date::MIN);
            if let Some(edge) = edge {
                assert!(
                    looks_back_on(window, on, edge),
                    "{window:?} {on} from {edge}"
                );
                let outside = edge.yesterday().unwrap();
                let expected = range.contains(outside);
                assert_eq!(
                    looks_back_on(window, on, outside),
                    expected,
                    "{window:?} {on}"
                );
            }
            on = on.checked_add(jiff::Span::new().days(3)).unwrap();
        }
    }
}
