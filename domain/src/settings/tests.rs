//! What is remembered of cut-overs that were changed.

use super::{MAX_EARLIER_CUTOVERS, Settings};
use crate::calendar::EarlierCutover;
use jiff::Timestamp;
use jiff::civil::{Date, Time, date, time};

const FIVE: Time = time(5, 0, 0, 0);
const SIX: Time = time(6, 0, 0, 0);

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn earlier(before: Date, cutover: Time) -> EarlierCutover {
    EarlierCutover { before, cutover }
}

/// At midnight, in UTC, after a change to `to`.
fn after(settings: &Settings, to: Time, now: &str) -> Settings {
    Settings {
        cutover: to,
        earlier_cutovers: settings.earlier_after(to, at(now)).unwrap(),
        ..settings.clone()
    }
}

#[test]
fn what_counted_until_the_next_business_day_is_remembered() {
    let changed = after(&Settings::default(), FIVE, "2026-03-02T12:00:00Z");
    let midnight = earlier(date(2026, 3, 3), Time::midnight());
    assert_eq!(changed.earlier_cutovers, [midnight]);
    let same = after(&changed, FIVE, "2026-03-09T12:00:00Z");
    assert_eq!(same.earlier_cutovers, [midnight]);
    // Three in the morning still belongs to 9 March.
    let again = after(&changed, SIX, "2026-03-10T03:00:00Z");
    assert_eq!(
        again.earlier_cutovers,
        [midnight, earlier(date(2026, 3, 10), FIVE)]
    );
}

#[test]
fn of_two_changes_on_a_day_the_first_never_counted() {
    let changed = after(&Settings::default(), FIVE, "2026-03-02T12:00:00Z");
    let midnight = earlier(date(2026, 3, 3), Time::midnight());
    let twice = after(&changed, SIX, "2026-03-02T13:00:00Z");
    assert_eq!(twice.earlier_cutovers, [midnight]);
    let undone = after(&twice, Time::midnight(), "2026-03-02T14:00:00Z");
    assert_eq!(undone.earlier_cutovers, []);
}

#[test]
fn a_hundred_changes_are_remembered() {
    let mut settings = Settings::default();
    let mut day = date(2026, 1, 1);
    for number in 0..=MAX_EARLIER_CUTOVERS {
        let expected = number.min(MAX_EARLIER_CUTOVERS);
        assert_eq!(settings.earlier_cutovers.len(), expected);
        let to = if number.is_multiple_of(2) { FIVE } else { SIX };
        settings = after(&settings, to, &format!("{day}T12:00:00Z"));
        day = day.tomorrow().unwrap();
    }
    assert_eq!(settings.earlier_cutovers.len(), MAX_EARLIER_CUTOVERS);
    assert_eq!(settings.earlier_cutovers[0].before, date(2026, 1, 3));
}
