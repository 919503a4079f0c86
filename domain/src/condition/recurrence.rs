//! Repeating times in the words of calendars (RFC 5545), for what days and weekdays alone can't
//! say, such as every second Tuesday of a month from six to eight.

use jiff::civil::{Date, DateTime, Weekday};
use jiff::{SignedDuration, ToSpan};

mod text;

pub(super) use text::MAX_TEXT;

/// The longest time that one occurrence may last; longer periods are `from` and `to`.
const MAX_DAYS_LONG: i64 = 31;
/// How far an end by `COUNT` is looked for: 40 years. What needs longer has no end.
const MAX_DAYS_COUNTED: i32 = 14_610;
const HOURS_PER_DAY: i64 = 24;
const DAYS_PER_WEEK: i64 = 7;
const MONTHS_PER_YEAR: i64 = 12;

/// How often it repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Frequency {
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

/// A weekday, or only the n-th of its kind in the month or year; negative from the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct WeekdayPart {
    ordinal: Option<i16>,
    weekday: Weekday,
}

/// Occurrences that begin at one time of day, on the wall clock of whoever asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Recurrence {
    frequency: Frequency,
    /// At least one.
    interval: i64,
    /// No occurrence begins before it, and all begin at its time of day.
    start: DateTime,
    /// No occurrence begins after it.
    until: Option<DateTime>,
    /// Above zero.
    length: SignedDuration,
    /// The parts are empty when they are not given.
    months: Vec<i8>,
    /// Negative from the end of the month.
    days_of_month: Vec<i8>,
    weekdays: Vec<WeekdayPart>,
    week_start: Weekday,
}

impl Recurrence {
    /// Whether an occurrence is under way when the wall clock shows `at`.
    pub(crate) fn contains(&self, at: DateTime) -> bool {
        let Ok(earliest) = at.checked_sub(self.length) else {
            return false;
        };
        let mut day = earliest.date();
        while day <= at.date() {
            if let Some(starts_at) = self.start_on(day)
                && earliest < starts_at
                && starts_at <= at
            {
                return true;
            }
            let Ok(next) = day.tomorrow() else {
                return false;
            };
            day = next;
        }
        false
    }

    /// Whether an occurrence is under way at some time from `from` until before `to`.
    pub(crate) fn touches(&self, from: DateTime, to: DateTime) -> bool {
        self.contains(from) || self.first_start(from, to).is_some()
    }

    /// The first beginning from `from` until before `to`.
    pub(crate) fn first_start(&self, from: DateTime, to: DateTime) -> Option<DateTime> {
        let mut day = from.date();
        while day <= to.date() {
            let starts_at = self.start_on(day);
            if let Some(starts_at) = starts_at.filter(|at| from <= *at && *at < to) {
                return Some(starts_at);
            }
            day = self.day_after(day)?;
        }
        None
    }

    /// The next day worth looking at: a month without any is passed over at once.
    fn day_after(&self, day: Date) -> Option<Date> {
        let goes_by_day = matches!(self.frequency, Frequency::Daily | Frequency::Weekly);
        let is_aligned = goes_by_day || self.is_aligned(day);
        let has_month = self.months.is_empty() || self.months.contains(&day.month());
        if is_aligned && has_month {
            day.tomorrow().ok()
        } else {
            day.last_of_month().tomorrow().ok()
        }
    }

    /// The date before which nothing begins.
    pub(crate) fn first_date(&self) -> Date {
        self.start.date()
    }

    /// The last date on which something is under way, when there is an end.
    pub(crate) fn last_date(&self) -> Option<Date> {
        let end = self.until?.checked_add(self.length).ok()?;
        Some(end.date())
    }

    /// How long each occurrence lasts.
    pub(crate) fn length(&self) -> SignedDuration {
        self.length
    }

    /// When the occurrence of a day begins, if it has one.
    fn start_on(&self, day: Date) -> Option<DateTime> {
        let at = day.to_datetime(self.start.time());
        let is_between = self.start <= at && self.until.is_none_or(|until| at <= until);
        (is_between && self.is_aligned(day) && self.fits(day)).then_some(at)
    }

    /// Whether the interval falls on this day's day, week, month or year.
    fn is_aligned(&self, day: Date) -> bool {
        let first = self.start.date();
        let passed = match self.frequency {
            Frequency::Daily => days_between(first, day),
            Frequency::Weekly => {
                let week =
                    |day: Date| days_between(Date::ZERO, day).saturating_sub(self.in_week(day));
                week(day)
                    .saturating_sub(week(first))
                    .div_euclid(DAYS_PER_WEEK)
            }
            Frequency::Monthly => month_number(day).saturating_sub(month_number(first)),
            Frequency::Yearly => i64::from(day.year()).saturating_sub(i64::from(first.year())),
        };
        passed.checked_rem_euclid(self.interval) == Some(0)
    }

    fn in_week(&self, day: Date) -> i64 {
        i64::from(day.weekday().since(self.week_start))
    }

    /// Whether every part of the rule takes this day; a part that is not given takes the day of
    /// the start.
    fn fits(&self, day: Date) -> bool {
        let first = self.start.date();
        if !self.months.is_empty() && !self.months.contains(&day.month()) {
            return false;
        }
        if self.weekdays.is_empty() && self.days_of_month.is_empty() {
            return match self.frequency {
                Frequency::Daily => true,
                Frequency::Weekly => day.weekday() == first.weekday(),
                Frequency::Monthly => day.day() == first.day(),
                Frequency::Yearly => {
                    let has_month = !self.months.is_empty() || day.month() == first.month();
                    has_month && day.day() == first.day()
                }
            };
        }
        let is_number = |number: &i8| {
            let from_end = day
                .days_in_month()
                .saturating_add(1)
                .saturating_add(*number);
            day.day() == if *number > 0 { *number } else { from_end }
        };
        let takes_number =
            self.days_of_month.is_empty() || self.days_of_month.iter().any(is_number);
        let takes_weekday = self.weekdays.is_empty()
            || self.weekdays.iter().any(|part| self.is_weekday(*part, day));
        takes_number && takes_weekday
    }

    fn is_weekday(&self, part: WeekdayPart, day: Date) -> bool {
        if part.weekday != day.weekday() {
            return false;
        }
        let Some(ordinal) = part.ordinal else {
            return true;
        };
        let is_of_year = self.frequency == Frequency::Yearly && self.months.is_empty();
        let (number, days) = if is_of_year {
            (day.day_of_year(), day.days_in_year())
        } else {
            (i16::from(day.day()), i16::from(day.days_in_month()))
        };
        let nth = |days: i16| days.div_euclid(7).saturating_add(1);
        if ordinal > 0 {
            nth(number.saturating_sub(1)) == ordinal
        } else {
            nth(days.saturating_sub(number)) == ordinal.saturating_neg()
        }
    }

    /// Ends with the occurrence of this number.
    fn end_after(&mut self, count: u32) {
        let mut from = self.start;
        let end = from.checked_add(MAX_DAYS_COUNTED.days());
        let end = end.unwrap_or(DateTime::MAX);
        let mut last = None;
        for _ in 0..count {
            let Some(at) = self.first_start(from, end) else {
                return;
            };
            last = Some(at);
            from = at.checked_add(1.second()).unwrap_or(DateTime::MAX);
        }
        self.until = last;
    }
}

fn days_between(first: Date, last: Date) -> i64 {
    last.duration_since(first)
        .as_hours()
        .div_euclid(HOURS_PER_DAY)
}

fn month_number(day: Date) -> i64 {
    i64::from(day.year())
        .saturating_mul(MONTHS_PER_YEAR)
        .saturating_add(i64::from(day.month()))
}

#[cfg(test)]
mod tests;
