//! On which business dates a rule applies. All parts must hold together.

use super::hours::Hours;
use super::recurrence::{MAX_TEXT, Recurrence};
use super::{MAX_ENTRIES, Moment, Unmet};
use crate::fault::FaultCode;
use crate::program::reader::{Object, Reader};
use jiff::SignedDuration;
use jiff::civil::{Date, Time, Weekday};

/// How far ahead the next date is looked for. A day of the month and a weekday meet within it.
const MAX_DAYS_AHEAD: i32 = 1_000;
/// The calendar ends in 9999, and no search begins that would leave it.
const FAR_YEAR: i16 = 9_990;
/// How much of a period is searched for a date that the other parts allow: 40 years.
const MAX_DAYS_SEARCHED: i32 = 14_610;

/// The dates of a rule; the default is every date.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Period {
    /// Inclusive.
    from: Option<Date>,
    /// Inclusive.
    to: Option<Date>,
    weekdays: Option<Days>,
    days_of_month: Option<Days>,
    /// Ascending.
    dates: Option<Vec<Date>>,
    /// On the wall clock, whatever the business date is.
    recurrence: Option<Recurrence>,
}

/// Days of the week or of the month, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Days(u32);

impl Days {
    fn of(days: impl Iterator<Item = i8>) -> Self {
        Self(days.fold(0, |all, day| all | bit(day)))
    }

    fn contains(self, day: i8) -> bool {
        self.0 & bit(day) != 0
    }

    /// The next date after this one on such a day of the month; none where it is not one of the
    /// next three months'.
    fn next_of_month(self, date: Date) -> Option<Date> {
        let mut month = date.first_of_month();
        let passed = bit(date.day());
        let mut left = self.0 & !(passed | passed.wrapping_sub(1));
        for _ in 0..3 {
            let day = i8::try_from(left.trailing_zeros()).ok()?;
            if day <= month.days_in_month() {
                return Date::new(month.year(), month.month(), day).ok();
            }
            month = month.last_of_month().tomorrow().ok()?;
            left = self.0;
        }
        None
    }
}

fn bit(day: i8) -> u32 {
    1_u32
        .checked_shl(u32::from(day.unsigned_abs()))
        .unwrap_or(0)
}

impl Period {
    /// Whether the rule applies at this moment.
    pub(super) fn admits(&self, moment: &Moment<'_>) -> Result<(), Unmet> {
        let Moment {
            business_date,
            cutover,
            ..
        } = *moment;
        let next = || {
            Err(Unmet::OutsidePeriod(
                self.next_after(business_date, cutover),
            ))
        };
        if !self.contains(business_date) {
            return next();
        }
        let Some(recurrence) = &self.recurrence else {
            return Ok(());
        };
        if recurrence.contains(moment.wall_clock) {
            return Ok(());
        }
        let tomorrow = business_date.tomorrow().unwrap_or(business_date);
        let later = recurrence.first_start(moment.wall_clock, tomorrow.to_datetime(cutover));
        match later {
            Some(starts_at) => {
                let hours = Hours::lasting(starts_at.time(), recurrence.length());
                Err(Unmet::OutsideHours(hours))
            }
            None => next(),
        }
    }

    /// Whether the date is one of the rule's.
    fn contains(&self, date: Date) -> bool {
        self.from.is_none_or(|from| from <= date)
            && self.to.is_none_or(|to| date <= to)
            && self
                .days_of_month
                .is_none_or(|days| days.contains(date.day()))
            && self
                .weekdays
                .is_none_or(|days| days.contains(date.weekday().to_monday_one_offset()))
            && self
                .dates
                .as_ref()
                .is_none_or(|dates| dates.binary_search(&date).is_ok())
    }

    /// The first date after `date` on which the rule applies at some time of the business day.
    fn next_after(&self, date: Date, cutover: Time) -> Option<Date> {
        let applies = |day: Date| {
            self.contains(day) && self.repeats_within(day, day.tomorrow().ok(), cutover)
        };
        if let Some(dates) = &self.dates {
            let mut later = dates.iter().copied().filter(|day| *day > date);
            return later.find(|day| applies(*day));
        }
        let tomorrow = date.tomorrow().ok()?;
        let is_open = self.from.is_none() && self.to.is_none() && self.recurrence.is_none();
        if is_open && self.days_of_month.is_none() {
            // Most rules of some dates are those of weekdays.
            return self.next_day(date);
        }
        // Far from the end of the calendar the search below comes to the same.
        if is_open
            && self.weekdays.is_none()
            && date.year() < FAR_YEAR
            && let Some(next) = self.days_of_month.and_then(|days| days.next_of_month(date))
        {
            return Some(next);
        }
        let start = self.start_from(tomorrow);
        self.first_from(start, MAX_DAYS_AHEAD, applies)
    }

    /// Whether the repeating time, if there is one, takes place from a day until another.
    fn repeats_within(&self, day: Date, end: Option<Date>, cutover: Time) -> bool {
        self.recurrence.as_ref().is_none_or(|recurrence| {
            let end = end.unwrap_or(day);
            recurrence.touches(day.to_datetime(cutover), end.to_datetime(cutover))
        })
    }

    /// The first date of the period, where it has one.
    pub(super) fn from(&self) -> Option<Date> {
        self.from
    }

    /// The first date from `day` on at which looking makes sense.
    fn start_from(&self, day: Date) -> Date {
        // An occurrence early in the morning belongs to the business day before.
        let recurrence = self.recurrence.as_ref();
        let first = recurrence.and_then(|recurrence| recurrence.first_date().yesterday().ok());
        day.max(self.from.unwrap_or(day)).max(first.unwrap_or(day))
    }

    fn first_from(
        &self,
        start: Date,
        most_days: i32,
        applies: impl Fn(Date) -> bool,
    ) -> Option<Date> {
        let over = self.recurrence.as_ref().and_then(Recurrence::last_date);
        let is_over = |day: Date| [self.to, over].iter().flatten().any(|last| *last < day);
        if is_over(start) {
            return None;
        }
        if applies(start) {
            return Some(start);
        }
        let hours = i64::from(most_days).checked_mul(24)?;
        let last = start.checked_add(SignedDuration::from_hours(hours)).ok()?;
        let mut day = self.next_chance(start, last)?;
        while day < last && !is_over(day) {
            if applies(day) {
                return Some(day);
            }
            day = self.next_chance(day, last)?;
        }
        None
    }

    /// The next day worth looking at when this one is not one of the rule's. Days without a
    /// beginning are not looked at again and again, however long each occurrence would last.
    fn next_chance(&self, day: Date, last: Date) -> Option<Date> {
        let recurrence = self.recurrence.as_ref().filter(|_| self.contains(day));
        let Some(recurrence) = recurrence else {
            return self.next_day(day);
        };
        let tomorrow = day.tomorrow().ok()?;
        let last = last.tomorrow().ok()?.to_datetime(Time::midnight());
        let starts_at = recurrence.first_start(tomorrow.to_datetime(Time::midnight()), last)?;
        // Before the cut-over it belongs to the business day before.
        Some(tomorrow.max(starts_at.date().yesterday().ok()?))
    }

    /// The next day that is not one of another weekday or day of the month.
    fn next_day(&self, day: Date) -> Option<Date> {
        let (weekdays, days) = (self.weekdays, self.days_of_month);
        let mut weekday = day.weekday();
        let mut next = day;
        // Eight weeks hold each day of the month, and a week each weekday.
        for _ in 0..56 {
            next = next.tomorrow().ok()?;
            weekday = weekday.next();
            let is_weekday =
                || weekdays.is_none_or(|all| all.contains(weekday.to_monday_one_offset()));
            if days.is_none_or(|days| days.contains(next.day())) && is_weekday() {
                return Some(next);
            }
        }
        Some(next)
    }

    /// Whether there is no date at all on which the rule applies. The cut-over is not known
    /// here, so that the night after a day counts to it in full.
    fn is_never(&self) -> bool {
        let applies = |day: Date| {
            let end = day.tomorrow().and_then(Date::tomorrow).ok();
            self.contains(day) && self.repeats_within(day, end, Time::midnight())
        };
        if let Some(dates) = &self.dates {
            return !dates.iter().any(|date| applies(*date));
        }
        let is_bounded = self.from.is_some() && self.to.is_some() || self.recurrence.is_some();
        is_bounded && {
            let start = self.start_from(self.from.unwrap_or(Date::ZERO));
            self.first_from(start, MAX_DAYS_SEARCHED, applies).is_none()
        }
    }

    /// Reads the parts of a `when` that speak of dates.
    pub(super) fn read(reader: &mut Reader<'_>, when: &mut Object<'_>) -> Self {
        let mut edge = |field| {
            let pointer = when.at(field);
            when.get(field)
                .and_then(|value| reader.date_at(value, pointer))
        };
        let (from, to) = (edge("from"), edge("to"));
        let weekdays = reader.filled_list(when, "weekdays", 7).map(|items| {
            let days = items.into_iter();
            let days =
                days.filter_map(|(pointer, value)| read_weekday(reader, value.as_str(), pointer));
            Days::of(days.map(Weekday::to_monday_one_offset))
        });
        let days_of_month = reader.filled_list(when, "days_of_month", 31).map(|items| {
            let days = items.into_iter();
            let days =
                days.filter_map(|(pointer, value)| reader.integer_at(value, pointer, 1..=31));
            Days::of(days.filter_map(|day| i8::try_from(day).ok()))
        });
        let dates = reader.filled_list(when, "dates", MAX_ENTRIES).map(|items| {
            let dates = items.into_iter();
            let mut dates: Vec<Date> = dates
                .filter_map(|(pointer, value)| reader.date_at(value, pointer))
                .collect();
            dates.sort_unstable();
            dates
        });
        let period = Self {
            from,
            to,
            weekdays,
            days_of_month,
            dates,
            recurrence: read_recurrence(reader, when),
        };
        if from.is_some_and(|from| to.is_some_and(|to| to < from)) {
            let detail = "the period ends before it starts; swap the dates";
            reader.fault(when.at("to"), FaultCode::PeriodEmpty, detail);
        } else if reader.is_draft() && period.is_never() {
            let detail = "no date meets all parts of the condition, so it can never fire";
            reader.warn(when.pointer().to_owned(), detail);
        }
        period
    }
}

fn read_recurrence(reader: &mut Reader<'_>, when: &mut Object<'_>) -> Option<Recurrence> {
    let pointer = when.at("rrule");
    let value = when.get("rrule")?;
    let Some(text) = value.as_str() else {
        reader.fault(pointer, FaultCode::InvalidType, "give a text here");
        return None;
    };
    if text.chars().count() > MAX_TEXT {
        let detail = format!("the text may have at most {MAX_TEXT} characters");
        reader.fault(pointer, FaultCode::TooLong, detail);
        return None;
    }
    match Recurrence::parse(text) {
        Ok(recurrence) => Some(recurrence),
        Err((code, detail)) => {
            reader.fault(pointer, code, detail);
            None
        }
    }
}

fn read_weekday(reader: &mut Reader<'_>, word: Option<&str>, pointer: String) -> Option<Weekday> {
    let weekday = match word {
        Some("mon") => Weekday::Monday,
        Some("tue") => Weekday::Tuesday,
        Some("wed") => Weekday::Wednesday,
        Some("thu") => Weekday::Thursday,
        Some("fri") => Weekday::Friday,
        Some("sat") => Weekday::Saturday,
        Some("sun") => Weekday::Sunday,
        _ => {
            let detail = "give one of: mon, tue, wed, thu, fri, sat, sun";
            reader.fault(pointer, FaultCode::InvalidValue, detail);
            return None;
        }
    };
    Some(weekday)
}
