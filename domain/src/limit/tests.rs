//! Which days a limit counts, and what it leaves.

use super::{Limit, Over, Per};
use crate::amount::Points;
use crate::history::Uses;
use jiff::civil::date;

#[test]
fn weeks_are_iso_weeks_and_months_and_years_are_the_calendars() {
    let shown = |per: Per, year: i16, month: i8, day: i8| {
        let range = per.range(date(year, month, day))?;
        let from = range
            .from
            .map_or("ever".to_owned(), |from| from.to_string());
        Some(format!("{from}..{}", range.to))
    };
    for (per, expected) in [
        (Per::MemberDay, "2027-01-01..2027-01-01"),
        (Per::MemberWeek, "2026-12-28..2027-01-03"),
        (Per::MemberMonth, "2027-01-01..2027-01-31"),
        (Per::MemberYear, "2027-01-01..2027-12-31"),
        (Per::Member, "ever..9999-12-31"),
    ] {
        assert_eq!(shown(per, 2027, 1, 1).as_deref(), Some(expected), "{per:?}");
    }
    assert_eq!(shown(Per::Receipt, 2027, 1, 1), None);
    assert_eq!(shown(Per::Campaign, 2027, 1, 1), None);
    let week = |day: i8| shown(Per::MemberWeek, 2026, 11, day).unwrap();
    assert_eq!(week(22), "2026-11-16..2026-11-22", "a Sunday ends its week");
    assert_eq!(week(23), "2026-11-23..2026-11-29", "a Monday begins one");
}

fn limit(points: Option<i64>, times: Option<i64>, over: Over) -> Limit {
    Limit {
        per: Per::Member,
        points: points.map(Points::new),
        times,
        over,
    }
}

fn left(limit: &Limit, wanted: i64, points: i64, times: i64) -> i64 {
    let used = Uses {
        points: Points::new(points),
        times,
    };
    limit.apply(Points::new(wanted), used).get()
}

#[test]
fn reaching_a_limit_exactly_is_allowed() {
    let cut = limit(Some(100), None, Over::Cut);
    for (wanted, used, expected) in [
        (40, 60, 40),
        (41, 60, 40),
        (1, 99, 1),
        (1, 100, 0),
        (1, 101, 0),
    ] {
        assert_eq!(
            left(&cut, wanted, used, 9),
            expected,
            "{wanted} after {used}"
        );
    }
    let reject = limit(Some(100), None, Over::Reject);
    for (wanted, used, expected) in [(40, 60, 40), (41, 60, 0), (1, 100, 0)] {
        assert_eq!(
            left(&reject, wanted, used, 9),
            expected,
            "{wanted} after {used}"
        );
    }
}

#[test]
fn times_count_awards() {
    let twice = limit(None, Some(2), Over::Cut);
    for (times, expected) in [(0, 50), (1, 50), (2, 0), (3, 0)] {
        assert_eq!(
            left(&twice, 50, 1_000, times),
            expected,
            "after {times} times"
        );
    }
    let both = limit(Some(60), Some(2), Over::Cut);
    assert_eq!(left(&both, 50, 20, 1), 40);
    assert_eq!(left(&both, 50, 20, 2), 0);
}
