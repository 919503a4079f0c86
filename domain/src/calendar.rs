//! Business days: what date an instant belongs to, and when a date begins. A till that closes at
//! five in the morning counts the night to the day before.

use crate::amount::Overflow;
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};

#[cfg(test)]
mod tests;

/// The business date of an instant: its local civil time minus the cut-over, as civil arithmetic,
/// so that a day on which clocks change is cut at the same wall-clock time as any other.
#[must_use]
pub fn business_date(at: Timestamp, zone: &TimeZone, cutover: Time) -> Date {
    let local = zone.to_datetime(at);
    if local.time() < cutover {
        // The first day of the calendar has no day before it; receipts start in 1970.
        local.date().yesterday().unwrap_or(local.date())
    } else {
        local.date()
    }
}

/// The first instant of a business date. A cut-over that the clock skips counts from the end of
/// the gap; one that happens twice counts from the first time.
pub fn starts_at(date: Date, zone: &TimeZone, cutover: Time) -> Result<Timestamp, Overflow> {
    let ambiguous = zone.to_ambiguous_timestamp(date.to_datetime(cutover));
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
pub fn ends_at(date: Date, zone: &TimeZone, cutover: Time) -> Result<Timestamp, Overflow> {
    let next = date.tomorrow().map_err(|_out_of_range| Overflow)?;
    starts_at(next, zone, cutover)
}
