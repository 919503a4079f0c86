//! Business days: what date an instant belongs to, and when a date begins. A till that closes at
//! five in the morning counts the night to the day before.

use crate::amount::Overflow;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use serde::{Deserialize, Serialize};

#[cfg(test)]
mod tests;

/// A cut-over that counted for the business dates before one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EarlierCutover {
    /// The first business date of the cut-over that followed.
    pub before: Date,
    /// The local time at which days began until then.
    pub cutover: Time,
}

/// The local times at which business days begin: the last one, and those before it in the order in which they counted.
#[derive(Debug, Clone, Copy)]
pub struct Cutovers<'a> {
    last: Time,
    earlier: &'a [EarlierCutover],
}

impl From<Time> for Cutovers<'_> {
    fn from(last: Time) -> Self {
        Self { last, earlier: &[] }
    }
}

impl<'a> Cutovers<'a> {
    /// A cut-over and those before it.
    #[must_use]
    pub const fn new(last: Time, earlier: &'a [EarlierCutover]) -> Self {
        Self { last, earlier }
    }

    /// The one that counts at a local time. A change counts from the first instant of a business date under the cut-over
    /// before it, so that no date comes twice and none is left out.
    #[must_use]
    pub fn at(self, local: DateTime) -> Time {
        let mut time = self.last;
        for change in self.earlier.iter().rev() {
            if local >= change.before.to_datetime(change.cutover) {
                return time;
            }
            time = change.cutover;
        }
        time
    }

    /// The one by which a business date begins, and where that date is the first of it, the one before.
    fn of(self, date: Date) -> (Time, Option<Time>) {
        let mut time = self.last;
        for change in self.earlier.iter().rev() {
            if date > change.before {
                return (time, None);
            }
            if date == change.before {
                return (time, Some(change.cutover));
            }
            time = change.cutover;
        }
        (time, None)
    }
}

/// The business date of an instant: its local civil time minus the cut-over, as civil arithmetic,
/// so that a day on which clocks change is cut at the same wall-clock time as any other.
#[must_use]
pub fn business_date<'a>(
    at: Timestamp,
    zone: &TimeZone,
    cutovers: impl Into<Cutovers<'a>>,
) -> Date {
    business_date_of(zone.to_datetime(at), cutovers.into())
}

/// The business date of a local civil time.
pub(crate) fn business_date_of(local: DateTime, cutovers: Cutovers<'_>) -> Date {
    if local.time() < cutovers.at(local) {
        // The first day of the calendar has no day before it; receipts start in 1970.
        local.date().yesterday().unwrap_or(local.date())
    } else {
        local.date()
    }
}

/// The first instant of a business date. A cut-over that the clock skips counts from the end of
/// the gap; one that happens twice counts from the first time.
pub fn starts_at<'a>(
    date: Date,
    zone: &TimeZone,
    cutovers: impl Into<Cutovers<'a>>,
) -> Result<Timestamp, Overflow> {
    let (cutover, before) = cutovers.into().of(date);
    let starts_at = first_instant(date.to_datetime(cutover), zone)?;
    match before {
        // The new cut-over counts no sooner than the date begins under the one before.
        Some(before) => Ok(starts_at.max(first_instant(date.to_datetime(before), zone)?)),
        None => Ok(starts_at),
    }
}

fn first_instant(local: DateTime, zone: &TimeZone) -> Result<Timestamp, Overflow> {
    let ambiguous = zone.to_ambiguous_timestamp(local);
    let skipped = matches!(ambiguous.offset(), AmbiguousOffset::Gap { .. });
    let compatible = ambiguous.compatible().map_err(|_out_of_range| Overflow)?;
    if !skipped {
        return Ok(compatible);
    }
    // Inside a gap the compatible reading lies after the change of the clock, by as much as the
    // wanted time lies inside the gap; the day begins at the change itself.
    let just_after = compatible.checked_add(jiff::SignedDuration::from_nanos(1));
    let just_after = just_after.map_err(|_out_of_range| Overflow)?;
    Ok(zone
        .preceding(just_after)
        .next()
        .map_or(compatible, |change| change.timestamp()))
}

/// The first instant after a business date.
pub fn ends_at<'a>(
    date: Date,
    zone: &TimeZone,
    cutovers: impl Into<Cutovers<'a>>,
) -> Result<Timestamp, Overflow> {
    let next = date.tomorrow().map_err(|_out_of_range| Overflow)?;
    starts_at(next, zone, cutovers)
}
