//! When points end. It is fixed at the grant: the cut-over that ends the last usable business
//! day, so that nobody loses points in the middle of a day.

use crate::amount::Overflow;
use crate::calendar;
use crate::fault::FaultCode;
use crate::program::reader::{Object, Reader};
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

#[cfg(test)]
mod tests;

const MAX_DAYS: i64 = 3_660;
const MAX_MONTHS: i64 = 120;
const MAX_YEARS: i64 = 10;

/// When points of a wallet end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Expiry {
    /// They don't.
    #[default]
    Never,
    /// After a time from the earning day; month ends are clipped.
    After { length: Length, round_up: RoundUp },
    /// With the last day of the n-th month after the earning month.
    EndOfMonth { months: i64 },
}

/// A time from the earning day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Length {
    Days(i64),
    Months(i64),
    Years(i64),
}

/// Whether the last day moves to the end of its month or year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RoundUp {
    None,
    Month,
    Year,
}

impl Expiry {
    /// The instant at which points earned on this business date end.
    pub(crate) fn expires_at(
        self,
        earned_on: Date,
        zone: &TimeZone,
        cutover: Time,
    ) -> Result<Option<Timestamp>, Overflow> {
        let last_day = match self {
            Self::Never => return Ok(None),
            Self::After { length, round_up } => {
                let day = add(earned_on, length.span()?)?;
                match round_up {
                    RoundUp::None => day,
                    RoundUp::Month => day.last_of_month(),
                    RoundUp::Year => day.last_of_year(),
                }
            }
            Self::EndOfMonth { months } => {
                add(earned_on.first_of_month(), Length::Months(months).span()?)?.last_of_month()
            }
        };
        calendar::ends_at(last_day, zone, cutover).map(Some)
    }

    /// Reads the `expiry` of a wallet.
    pub(crate) fn read(reader: &mut Reader<'_>, object: &mut Object<'_>) -> Self {
        reader.require(object, "type");
        let kinds = [
            ("never", "never"),
            ("after", "after"),
            ("end_of_month", "end_of_month"),
        ];
        match reader.choice(object, "type", &kinds, &["fixed_date", "sliding"]) {
            Some("after") => read_after(reader, object),
            Some("end_of_month") => Self::EndOfMonth {
                months: reader.required_integer(object, "months", 0..=MAX_MONTHS),
            },
            Some(_) => Self::Never,
            None => {
                // The fields of the other kinds are not this document's fault.
                for field in [
                    "days", "months", "years", "round_up", "month", "day", "reset_on",
                ] {
                    object.get(field);
                }
                Self::Never
            }
        }
    }
}

fn read_after(reader: &mut Reader<'_>, object: &mut Object<'_>) -> Expiry {
    let days = reader
        .integer(object, "days", 1..=MAX_DAYS)
        .map(Length::Days);
    let months = reader
        .integer(object, "months", 1..=MAX_MONTHS)
        .map(Length::Months);
    let years = reader
        .integer(object, "years", 1..=MAX_YEARS)
        .map(Length::Years);
    let named = ["days", "months", "years"]
        .into_iter()
        .filter(|field| object.get(field).is_some());
    if named.count() != 1 {
        let detail = "give exactly one of days, months, years";
        reader.fault(object.pointer().to_owned(), FaultCode::Required, detail);
    }
    let ends = [
        ("none", RoundUp::None),
        ("month", RoundUp::Month),
        ("year", RoundUp::Year),
    ];
    let round_up = reader
        .choice(object, "round_up", &ends, &[])
        .unwrap_or(RoundUp::None);
    let length = days.or(months).or(years).unwrap_or(Length::Days(1));
    Expiry::After { length, round_up }
}

impl Length {
    fn span(self) -> Result<Span, Overflow> {
        let span = match self {
            Self::Days(days) => Span::new().try_days(days),
            Self::Months(months) => Span::new().try_months(months),
            Self::Years(years) => Span::new().try_years(years),
        };
        span.map_err(|_out_of_range| Overflow)
    }
}

fn add(date: Date, span: Span) -> Result<Date, Overflow> {
    date.checked_add(span).map_err(|_out_of_range| Overflow)
}
