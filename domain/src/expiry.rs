//! When points end. It is fixed at the grant: the cut-over that ends the last usable business
//! day, so that nobody loses points in the middle of a day.

use crate::amount::Overflow;
use crate::calendar::{self, Cutovers};
use crate::fault::FaultCode;
use crate::program::reader::{Object, Reader};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

#[cfg(test)]
mod tests;

const MAX_DAYS: i64 = 3_660;
const MAX_MONTHS: i64 = 120;
const MAX_YEARS: i64 = 10;
/// The things that a member may do to keep points.
const MAX_RESETS: usize = 3;
const LEAP_YEAR: i16 = 2_000;

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
    /// With the next such day of the year, or some years later.
    FixedDate { month: i8, day: i8, years: i16 },
    /// After days in which the member did nothing; what is done moves all lots of the wallet.
    Sliding { days: i64, reset_on: ResetOn },
}

/// What a member does to keep points that slide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct ResetOn {
    /// Points of the wallet were granted.
    pub(crate) earn: bool,
    /// Points of the wallet were spent.
    pub(crate) redeem: bool,
    /// A receipt, whatever it earned.
    pub(crate) visit: bool,
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
    /// Whether what a member does moves it.
    pub(crate) const fn slides(self) -> bool {
        matches!(self, Self::Sliding { .. })
    }

    /// The instant at which points end whose time began on this business date: that of earning, of
    /// activation or, where they slide, of what was done last.
    pub(crate) fn expires_at(
        self,
        earned_on: Date,
        zone: &TimeZone,
        cutovers: Cutovers<'_>,
    ) -> Result<Option<Timestamp>, Overflow> {
        let last_day = match self {
            Self::Never => return Ok(None),
            Self::After { length, round_up } => {
                let day = add(earned_on, length)?;
                match round_up {
                    RoundUp::None => day,
                    RoundUp::Month => day.last_of_month(),
                    RoundUp::Year => day.last_of_year(),
                }
            }
            Self::EndOfMonth { months } => {
                add(earned_on.first_of_month(), Length::Months(months))?.last_of_month()
            }
            Self::FixedDate { month, day, years } => {
                let this_year = day_of_year(earned_on.year(), month, day)?;
                let wait = if this_year < earned_on { 1 } else { 0 };
                let year = earned_on.year().checked_add(wait);
                let year = year.and_then(|year| year.checked_add(years));
                day_of_year(year.ok_or(Overflow)?, month, day)?
            }
            Self::Sliding { days, .. } => add(earned_on, Length::Days(days))?,
        };
        calendar::ends_at(last_day, zone, cutovers).map(Some)
    }

    /// Reads the `expiry` of a wallet.
    pub(crate) fn read(reader: &mut Reader<'_>, object: &mut Object<'_>) -> Self {
        reader.require(object, "type");
        let kinds = [
            ("never", "never"),
            ("after", "after"),
            ("end_of_month", "end_of_month"),
            ("fixed_date", "fixed_date"),
            ("sliding", "sliding"),
        ];
        match reader.choice(object, "type", &kinds, &[]) {
            Some("after") => read_after(reader, object),
            Some("end_of_month") => Self::EndOfMonth {
                months: reader.required_integer(object, "months", 0..=MAX_MONTHS),
            },
            Some("fixed_date") => read_fixed_date(reader, object),
            Some("sliding") => read_sliding(reader, object),
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

fn read_fixed_date(reader: &mut Reader<'_>, object: &mut Object<'_>) -> Expiry {
    let month = reader.required_integer(object, "month", 1..=12);
    let month = i8::try_from(month).unwrap_or(1);
    // A year with all its days: 29 February is a date, 30 February is not.
    let days = Date::new(LEAP_YEAR, month, 1).map_or(31, Date::days_in_month);
    let day = reader.required_integer(object, "day", 1..=i64::from(days));
    let years = reader.integer(object, "years", 0..=MAX_YEARS).unwrap_or(0);
    Expiry::FixedDate {
        month,
        day: i8::try_from(day).unwrap_or(1),
        years: i16::try_from(years).unwrap_or(0),
    }
}

fn read_sliding(reader: &mut Reader<'_>, object: &mut Object<'_>) -> Expiry {
    let days = reader.required_integer(object, "days", 1..=MAX_DAYS);
    reader.require(object, "reset_on");
    let mut reset_on = ResetOn::default();
    for (pointer, value) in reader
        .filled_list(object, "reset_on", MAX_RESETS)
        .unwrap_or_default()
    {
        match value.as_str() {
            Some("earn") => reset_on.earn = true,
            Some("redeem") => reset_on.redeem = true,
            Some("visit") => reset_on.visit = true,
            Some(_) => {
                let detail = "give one of: earn, redeem, visit";
                reader.fault(pointer, FaultCode::InvalidValue, detail);
            }
            None => reader.fault(pointer, FaultCode::InvalidType, "give a text here"),
        }
    }
    Expiry::Sliding { days, reset_on }
}

/// The date in a year, or the last of its month: 29 February is the 28th in common years.
fn day_of_year(year: i16, month: i8, day: i8) -> Result<Date, Overflow> {
    let first = Date::new(year, month, 1).map_err(|_out_of_range| Overflow)?;
    let day = day.min(first.days_in_month());
    Date::new(year, month, day).map_err(|_out_of_range| Overflow)
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

/// The date so much later; month ends are clipped.
fn add(date: Date, length: Length) -> Result<Date, Overflow> {
    let months = match length {
        Length::Days(_) => {
            let later = date.checked_add(length.span()?);
            return later.map_err(|_out_of_range| Overflow);
        }
        Length::Months(months) => months,
        Length::Years(years) => years.checked_mul(12).ok_or(Overflow)?,
    };
    // By hand, since a calendar span is resolved at some length.
    let year = i64::from(date.year()).checked_mul(12).ok_or(Overflow)?;
    let months = months
        .checked_add(i64::from(date.month()))
        .ok_or(Overflow)?;
    let months = year.checked_add(months).ok_or(Overflow)?;
    let months = months.checked_sub(1).ok_or(Overflow)?;
    let (year, month) = (months.div_euclid(12), months.rem_euclid(12));
    let month = i8::try_from(month).map_err(|_out_of_range| Overflow)?;
    let year = i16::try_from(year).map_err(|_out_of_range| Overflow)?;
    day_of_year(year, month.checked_add(1).ok_or(Overflow)?, date.day())
}
