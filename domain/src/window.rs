//! Which business dates a rule looks back on. All windows are cut in the tenant's zone, so that
//! every store's receipts fall into the same days.

use crate::program::reader::{Object, Reader};
use jiff::Span;
use jiff::civil::Date;

#[cfg(test)]
mod tests;

/// The most days that a window may roll over: ten years.
const MAX_DAYS: i64 = 3_660;
/// The most months that a window may roll over: ten years.
const MAX_MONTHS: i64 = 120;

/// Business dates from `from` to `to`, both inclusive; without `from`, since ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DateRange {
    /// The first date; none = since ever.
    pub from: Option<Date>,
    /// The last date.
    pub to: Date,
}

impl DateRange {
    /// Every date there is.
    pub const EVER: Self = Self {
        from: None,
        to: Date::MAX,
    };

    /// Whether the date lies in it.
    #[must_use]
    pub fn contains(self, date: Date) -> bool {
        self.from.is_none_or(|from| from <= date) && date <= self.to
    }

    /// Nothing when it would end before it begins.
    fn new(from: Option<Date>, to: Date) -> Option<Self> {
        let is_empty = from.is_some_and(|from| to < from);
        (!is_empty).then_some(Self { from, to })
    }
}

/// Where a window ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// With the date itself.
    UpToDate,
    /// With the day before, so that what follows from it is fixed for the whole day.
    DayBefore,
}

/// A span of business dates that moves with the date that looks back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Window {
    /// Since ever.
    #[default]
    Lifetime,
    /// Since the first of the month.
    CalendarMonth,
    /// Since the first of January, April, July or October.
    CalendarQuarter,
    /// Since the first of January or July.
    CalendarHalf,
    /// Since the first of January.
    CalendarYear,
    /// So many days, the last of them where the window is cut.
    RollingDays(i64),
    /// So many months; month ends are clipped.
    RollingMonths(i64),
    /// Since the last anniversary of the enrolment.
    AnniversaryYear,
    /// Since the enrolment.
    SinceEnrolment,
}

impl Window {
    /// The dates that `date` looks back on; none when there are none.
    #[must_use]
    pub fn range(self, date: Date, enrolled_on: Date, cut: Cut) -> Option<DateRange> {
        let to = match cut {
            Cut::UpToDate => date,
            Cut::DayBefore => date.yesterday().ok()?,
        };
        let from = match self {
            Self::Lifetime => None,
            Self::CalendarMonth => Some(date.first_of_month()),
            Self::CalendarQuarter => Some(first_of_part(date, 3)?),
            Self::CalendarHalf => Some(first_of_part(date, 6)?),
            Self::CalendarYear => Some(date.first_of_year()),
            Self::RollingDays(days) => Some(back(to.tomorrow().ok()?, Span::new().try_days(days))),
            Self::RollingMonths(months) => {
                let before = months_before(to, months).unwrap_or(Date::MIN);
                Some(before.tomorrow().unwrap_or(before))
            }
            Self::AnniversaryYear => Some(anniversary(date, enrolled_on)?),
            Self::SinceEnrolment => Some(enrolled_on),
        };
        DateRange::new(from, to)
    }
}

impl Window {
    /// Reads a `window`.
    pub(crate) fn read(reader: &mut Reader<'_>, object: &mut Object<'_>) -> Self {
        reader.require(object, "type");
        let kinds = [
            ("lifetime", Self::Lifetime),
            ("calendar_month", Self::CalendarMonth),
            ("calendar_quarter", Self::CalendarQuarter),
            ("calendar_half", Self::CalendarHalf),
            ("calendar_year", Self::CalendarYear),
            ("rolling_days", Self::RollingDays(1)),
            ("rolling_months", Self::RollingMonths(1)),
            ("anniversary_year", Self::AnniversaryYear),
            ("since_enrolment", Self::SinceEnrolment),
        ];
        match reader.choice(object, "type", &kinds, &[]) {
            Some(Self::RollingDays(_)) => {
                Self::RollingDays(reader.required_integer(object, "days", 1..=MAX_DAYS))
            }
            Some(Self::RollingMonths(_)) => {
                Self::RollingMonths(reader.required_integer(object, "months", 1..=MAX_MONTHS))
            }
            other => other.unwrap_or_default(),
        }
    }
}

/// The date so much earlier, at most the first of the calendar.
fn back(date: Date, span: Result<Span, jiff::Error>) -> Date {
    span.and_then(|span| date.checked_sub(span))
        .unwrap_or(Date::MIN)
}

/// The date so many months earlier; month ends are clipped. By hand, since a calendar span is
/// resolved at some length.
fn months_before(date: Date, months: i64) -> Option<Date> {
    let years = i64::from(date.year()).checked_mul(12)?;
    let all = years.checked_add(i64::from(date.month()))?;
    let all = all.checked_sub(1)?.checked_sub(months)?;
    let year = i16::try_from(all.div_euclid(12)).ok()?;
    let month = i8::try_from(all.rem_euclid(12)).ok()?.checked_add(1)?;
    let first = Date::new(year, month, 1).ok()?;
    let day = date.day().min(first.days_in_month());
    Date::new(year, month, day).ok()
}

/// The first day of the part of so many months that the date lies in.
pub(crate) fn first_of_part(date: Date, months: i8) -> Option<Date> {
    let into = date.month().checked_sub(1)?.checked_rem(months)?;
    let month = date.month().checked_sub(into)?;
    Date::new(date.year(), month, 1).ok()
}

/// The last anniversary not after `date`; 29 February counts on 28 in common years.
pub(crate) fn anniversary(date: Date, enrolled_on: Date) -> Option<Date> {
    let years = i64::from(date.year().checked_sub(enrolled_on.year())?);
    let after = |years: i64| {
        let span = Span::new().try_years(years).ok()?;
        enrolled_on.checked_add(span).ok()
    };
    let this_year = after(years)?;
    if this_year <= date {
        Some(this_year)
    } else {
        after(years.checked_sub(1)?)
    }
}
