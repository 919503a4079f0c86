//! On which business dates a ladder looks at its members: reviews take place as a day begins, and
//! look at the window that ended the day before.

use super::{Ladder, Upgrade};
use crate::window::{Window, anniversary, first_of_part};
use jiff::Span;
use jiff::civil::Date;

/// The longest grace: a year.
pub(super) const MAX_GRACE_DAYS: i64 = 366;

/// On which dates members may fall.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum ReviewOn {
    #[default]
    Never,
    EveryDay,
    MonthStart,
    /// Month and day, ascending; 29 February counts on 28 in common years.
    Dates(Vec<(i8, i8)>),
    Anniversary,
}

/// How members fall who lost what their step asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Downgrade {
    pub(super) on: ReviewOn,
    /// One step for each review; else to the earned one.
    pub(super) one_step: bool,
    /// Days from the day on which the threshold was lost.
    pub(super) grace_days: i64,
}

impl Downgrade {
    /// The last review not after `date`; none when there was none.
    pub(super) fn last_review(&self, date: Date, enrolled_on: Date) -> Option<Date> {
        match &self.on {
            ReviewOn::Never => None,
            ReviewOn::EveryDay => Some(date),
            ReviewOn::MonthStart => Some(date.first_of_month()),
            ReviewOn::Anniversary => {
                anniversary(date, enrolled_on).filter(|day| *day > enrolled_on)
            }
            ReviewOn::Dates(dates) => {
                let year = date.year();
                let years = [year, year.saturating_sub(1)];
                let days = years.into_iter().flat_map(|year| {
                    dates
                        .iter()
                        .filter_map(move |(month, day)| clipped(year, *month, *day))
                });
                days.filter(|day| *day <= date).max()
            }
        }
    }

    /// How many days before a review grace lets it look at. A loss is traced back to the last
    /// review, which lies within a year.
    pub(super) const fn looks_back_days(&self) -> i64 {
        match self.on {
            ReviewOn::Never | ReviewOn::EveryDay => self.grace_days,
            _ if self.grace_days == 0 => 0,
            _ => MAX_GRACE_DAYS,
        }
    }
}

impl Ladder {
    /// Whether a review may lift members on this date. With a version of the program that begins to
    /// count on it, steps may be within reach that were not.
    pub(super) fn lifts_on(&self, date: Date, enrolled_on: Date, is_new_version: bool) -> bool {
        match self.upgrade {
            Upgrade::Immediate => is_new_version,
            Upgrade::NextDay => true,
            Upgrade::PeriodEnd => self.period_start(date, enrolled_on) == Some(date),
        }
    }

    /// Whether members are reviewed on this date, to lift them or to let them fall.
    pub(super) fn is_review(&self, date: Date, enrolled_on: Date, is_new_version: bool) -> bool {
        self.lifts_on(date, enrolled_on, is_new_version)
            || self.downgrade.last_review(date, enrolled_on) == Some(date)
    }

    /// Whether this date can change anything for a member without a rank set by hand: also on days
    /// between reviews a grace may end.
    pub(super) fn looks_on(&self, date: Date, enrolled_on: Date, is_new_version: bool) -> bool {
        let downgrade = &self.downgrade;
        (downgrade.grace_days > 0 && downgrade.on != ReviewOn::Never)
            || self.is_review(date, enrolled_on, is_new_version)
    }

    /// Whether this date can change anything for whatever member without a rank set by hand.
    pub(crate) fn looks_at_someone_on(&self, date: Date, is_new_version: bool) -> bool {
        let by_member = self.downgrade.on == ReviewOn::Anniversary
            || (self.upgrade == Upgrade::PeriodEnd && self.window == Window::AnniversaryYear);
        by_member || self.looks_on(date, date, is_new_version)
    }

    fn period_start(&self, date: Date, enrolled_on: Date) -> Option<Date> {
        match self.window {
            Window::CalendarQuarter => first_of_part(date, 3),
            Window::CalendarHalf => first_of_part(date, 6),
            Window::CalendarYear => Some(date.first_of_year()),
            Window::AnniversaryYear => {
                anniversary(date, enrolled_on).filter(|day| *day > enrolled_on)
            }
            _ => Some(date.first_of_month()),
        }
    }
}

/// A day of a year; 29 February is 28 in common years.
pub(super) fn clipped(year: i16, month: i8, day: i8) -> Option<Date> {
    let day_before = || Date::new(year, month, day.checked_sub(1)?).ok();
    Date::new(year, month, day).ok().or_else(day_before)
}

/// The day after so many days.
pub(super) fn days_after(date: Date, days: i64) -> Date {
    let span = Span::new().try_days(days);
    span.and_then(|span| date.checked_add(span))
        .unwrap_or(Date::MAX)
}
