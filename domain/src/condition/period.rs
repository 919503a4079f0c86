//! On which business dates a rule applies. All parts must hold together.

use super::MAX_ENTRIES;
use crate::fault::FaultCode;
use crate::program::reader::{Object, Reader};
use jiff::civil::{Date, Weekday};

/// How far ahead the next date is looked for. A day of the month and a weekday meet within it.
const MAX_DAYS_AHEAD: u32 = 1_000;
/// How much of a period is searched for a date that the other parts allow: 40 years.
const MAX_DAYS_SEARCHED: u32 = 14_610;

/// The dates of a rule; the default is every date.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Period {
    /// Inclusive.
    from: Option<Date>,
    /// Inclusive.
    to: Option<Date>,
    weekdays: Option<Vec<Weekday>>,
    days_of_month: Option<Vec<i8>>,
    /// Ascending.
    dates: Option<Vec<Date>>,
}

impl Period {
    /// Whether the rule applies on this date.
    pub(crate) fn contains(&self, date: Date) -> bool {
        self.from.is_none_or(|from| from <= date)
            && self.to.is_none_or(|to| date <= to)
            && self
                .days_of_month
                .as_ref()
                .is_none_or(|days| days.contains(&date.day()))
            && self
                .weekdays
                .as_ref()
                .is_none_or(|days| days.contains(&date.weekday()))
            && self
                .dates
                .as_ref()
                .is_none_or(|dates| dates.binary_search(&date).is_ok())
    }

    /// The first date after `date` on which the rule applies.
    pub(crate) fn next_after(&self, date: Date) -> Option<Date> {
        if let Some(dates) = &self.dates {
            return dates
                .iter()
                .copied()
                .find(|next| *next > date && self.contains(*next));
        }
        let next = date.tomorrow().ok()?;
        let start = self.from.map_or(next, |from| from.max(next));
        self.first_from(start, MAX_DAYS_AHEAD)
    }

    fn first_from(&self, start: Date, most_days: u32) -> Option<Date> {
        let mut day = start;
        for _ in 0..most_days {
            if self.to.is_some_and(|to| to < day) {
                return None;
            }
            if self.contains(day) {
                return Some(day);
            }
            day = day.tomorrow().ok()?;
        }
        None
    }

    /// Whether there is no date at all on which the rule applies.
    fn is_never(&self) -> bool {
        if let Some(dates) = &self.dates {
            return !dates.iter().any(|date| self.contains(*date));
        }
        match (self.from, self.to) {
            (Some(from), Some(_)) => self.first_from(from, MAX_DAYS_SEARCHED).is_none(),
            _ => false,
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
            items
                .into_iter()
                .filter_map(|(pointer, value)| read_weekday(reader, value.as_str(), pointer))
                .collect()
        });
        let days_of_month = reader.filled_list(when, "days_of_month", 31).map(|items| {
            let days = items.into_iter();
            days.filter_map(|(pointer, value)| reader.integer_at(value, pointer, 1..=31))
                .filter_map(|day| i8::try_from(day).ok())
                .collect()
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
        };
        if from.is_some_and(|from| to.is_some_and(|to| to < from)) {
            let detail = "the period ends before it starts; swap the dates";
            reader.fault(when.at("to"), FaultCode::PeriodEmpty, detail);
        } else if period.is_never() {
            let detail = "no date meets all parts of the condition, so it can never fire";
            reader.warn(when.pointer().to_owned(), detail);
        }
        period
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
