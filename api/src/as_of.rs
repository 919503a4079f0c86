//! A moment of the past that a read looks at: an instant, or the end of a business day.

use domain::calendar;
use domain::fault::FaultCode;
use domain::receipt::{KNOWN_YEARS, strict_timestamp};
use domain::settings::Settings;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::de::value::StrDeserializer;
use serde::de::{Error as _, IntoDeserializer};
use serde::{Deserialize, Deserializer};

use crate::problem::Problem;

/// The least that two recorded instants differ by.
const TICK: SignedDuration = SignedDuration::from_micros(1);

/// What a caller means by "as of".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AsOf {
    /// The end of a business day.
    Day(Date),
    /// An instant, inclusive.
    Instant(Timestamp),
}

impl<'de> Deserialize<'de> for AsOf {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let is_date = text.len() == "2026-11-21".len();
        let read = match is_date {
            true => text.parse().ok().filter(is_known).map(Self::Day),
            false => instant(&text).map(Self::Instant),
        };
        read.ok_or_else(|| {
            D::Error::custom("as_of must be a date such as 2026-11-21 or an RFC 3339 instant")
        })
    }
}

fn is_known(date: &Date) -> bool {
    KNOWN_YEARS.contains(&date.year())
}

fn instant(text: &str) -> Option<Timestamp> {
    let text: StrDeserializer<'_, serde::de::value::Error> = text.into_deserializer();
    strict_timestamp(text).ok()
}

impl AsOf {
    /// The last instant that counts. What has not been yet is refused; of a day under way it is now.
    pub fn until(self, settings: &Settings, now: Timestamp) -> Result<Timestamp, Problem> {
        match self {
            Self::Instant(at) if at <= now => Ok(at),
            Self::Day(date) if date <= settings.business_date(now) => {
                let (zone, cutovers) = (&settings.time_zone, settings.cutovers());
                let ends_at = calendar::ends_at(date, zone, cutovers).ok();
                let last = ends_at.and_then(|ends_at| ends_at.checked_sub(TICK).ok());
                let last = last.ok_or_else(|| refused("as_of is out of range."))?;
                Ok(last.min(now))
            }
            _ => Err(refused("as_of must not lie in the future.")),
        }
    }
}

fn refused(detail: &str) -> Problem {
    Problem::parameter("as_of", FaultCode::OutOfRange, detail)
}

#[cfg(test)]
mod tests;
