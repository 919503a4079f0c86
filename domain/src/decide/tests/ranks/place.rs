//! When business days begin, which program they begin under and which dates a window has: written
//! apart from the program, for the reference.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::integer_division,
    reason = "a reference is stated in plain arithmetic; an overflow fails the test"
)]

use super::spec::{Ladder, Span, clipped};
use jiff::civil::{Date, Time, time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

/// A program and the instant from which it counts.
#[derive(Debug, Clone)]
pub(super) struct Era {
    pub(super) from: Timestamp,
    /// The first date that begins under it.
    pub(super) first: Date,
    pub(super) ladders: Vec<Ladder>,
}

/// When days begin, and who is looked at.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) zone: TimeZone,
    pub(super) cutover: Time,
    pub(super) enrolled_on: Date,
    pub(super) eras: Vec<Era>,
}

impl Place {
    pub(super) fn date(&self, at: Timestamp) -> Date {
        let local = self.zone.to_datetime(at);
        let before = local.time() < self.cutover;
        local.date() - i32::from(before).days()
    }

    /// The first instant of a date, looked for minute by minute around it.
    pub(super) fn starts(&self, date: Date) -> Timestamp {
        let noon = date.at(12, 0, 0, 0).to_zoned(self.zone.clone()).unwrap();
        let mut at = noon.timestamp() - SignedDuration::from_hours(16);
        while self.date(at) < date {
            at += SignedDuration::from_mins(30);
        }
        at
    }

    /// The program by which a date begins.
    pub(super) fn era_on(&self, date: Date) -> Option<usize> {
        self.eras.iter().rposition(|era| era.first <= date)
    }

    /// Adds a program that counts from an instant.
    pub(super) fn add(&mut self, from: Timestamp, ladders: Vec<Ladder>) {
        let mut first = self.date(from);
        while self.starts(first) < from {
            first += 1.day();
        }
        self.eras.push(Era {
            from,
            first,
            ladders,
        });
    }

    pub(super) fn era_at(&self, at: Timestamp) -> Option<usize> {
        self.eras.iter().rposition(|era| era.from <= at)
    }

    pub(super) fn ladder(&self, era: usize, code: &str) -> Option<&Ladder> {
        let mut ladders = self.eras[era].ladders.iter();
        ladders.find(|ladder| ladder.code == code)
    }

    fn anniversary(&self, year: i16) -> Date {
        clipped(year, self.enrolled_on.month(), self.enrolled_on.day())
    }

    pub(super) fn is_anniversary(&self, date: Date) -> bool {
        date > self.enrolled_on && self.anniversary(date.year()) == date
    }

    /// Whether a date lies in the window that `as_of` looks back on.
    pub(super) fn counts(&self, span: Span, date: Date, as_of: Date) -> bool {
        let part = |date: Date, months: i8| (date.year(), (date.month() - 1) / months);
        date <= as_of
            && match span {
                Span::Lifetime => true,
                Span::Month => part(date, 1) == part(as_of, 1),
                Span::Quarter => part(date, 3) == part(as_of, 3),
                Span::Half => part(date, 6) == part(as_of, 6),
                Span::Year => date.year() == as_of.year(),
                Span::Days(days) => (as_of - date).get_days() < i32::try_from(days).unwrap(),
                Span::Months(months) => date > months_before(as_of, months),
                Span::Anniversary => {
                    let this = self.anniversary(as_of.year());
                    let last = if this > as_of {
                        self.anniversary(as_of.year() - 1)
                    } else {
                        this
                    };
                    date >= last
                }
                Span::Enrolment => date >= self.enrolled_on,
            }
    }
}

fn months_before(date: Date, months: i64) -> Date {
    let month = i64::from(date.year()) * 12 + i64::from(date.month()) - 1 - months;
    let year = i16::try_from(month / 12).unwrap();
    clipped(year, i8::try_from(month % 12).unwrap() + 1, date.day())
}

/// A member of Tokyo, or of New York with days that begin at five.
pub(super) fn place(
    new_york: bool,
    enrolled_on: Date,
    eras: Vec<(Timestamp, Vec<Ladder>)>,
) -> Place {
    let zone = if new_york {
        "America/New_York"
    } else {
        "Asia/Tokyo"
    };
    let mut place = Place {
        zone: TimeZone::get(zone).unwrap(),
        cutover: time(if new_york { 5 } else { 0 }, 0, 0, 0),
        enrolled_on,
        eras: Vec::new(),
    };
    for (from, ladders) in eras {
        place.add(from, ladders);
    }
    place
}
