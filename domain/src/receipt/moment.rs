//! Instants from outside: RFC 3339 with an offset and nothing else, because every looser form was
//! once read as another time than the sender meant.

use jiff::Timestamp;
use serde::{Deserializer, de};
use std::fmt;
use std::ops::RangeInclusive;

/// The years in which anything may happen; others are typing errors.
pub const KNOWN_YEARS: RangeInclusive<i16> = 1970..=2199;

/// Reads an instant strictly: `2026-11-21T10:15:00+09:00` or with `Z`, up to nine decimals (kept
/// to the microsecond, as stored), years 1970 to 2199, no leap second, no space for the `T`.
pub fn strict_timestamp<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    deserializer.deserialize_str(MomentVisitor)
}

/// The same for a field that may be absent or null; use it with `default`.
pub fn strict_timestamp_option<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Timestamp>, D::Error> {
    deserializer.deserialize_option(OptionalMomentVisitor)
}

struct OptionalMomentVisitor;

impl<'de> de::Visitor<'de> for OptionalMomentVisitor {
    type Value = Option<Timestamp>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        MomentVisitor.expecting(formatter)
    }

    fn visit_none<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        strict_timestamp(deserializer).map(Some)
    }
}

struct MomentVisitor;

impl de::Visitor<'_> for MomentVisitor {
    type Value = Timestamp;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .write_str("an RFC 3339 time with offset, for example \"2026-11-21T10:15:00+09:00\"")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Timestamp, E> {
        parse(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
    }
}

/// The instant that `text` names, if it is in the strict form.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let rest = matches_form(text.as_bytes(), b"dddd-dd-ddTdd:dd:dd")?;
    let rest = skip_fraction(rest)?;
    let offset_is_strict = match rest {
        b"Z" => true,
        _ => matches_form(rest, b"+dd:dd")
            .or_else(|| matches_form(rest, b"-dd:dd"))?
            .is_empty(),
    };
    let second_is_sixty = text.get(17..19) == Some("60");
    let hour_is_24 = text.get(11..13) == Some("24");
    let offset_hour_fits = rest.get(1..3).is_none_or(|hour| hour <= b"23".as_slice());
    if !offset_is_strict || second_is_sixty || hour_is_24 || !offset_hour_fits {
        return None;
    }
    let at: Timestamp = text.parse().ok()?;
    let at = Timestamp::from_microsecond(at.as_microsecond()).ok()?;
    let year = jiff::tz::TimeZone::UTC.to_datetime(at).year();
    KNOWN_YEARS.contains(&year).then_some(at)
}

/// What follows a text of this form (`d` = a digit).
fn matches_form<'a>(text: &'a [u8], form: &[u8]) -> Option<&'a [u8]> {
    let (head, rest) = text.split_at_checked(form.len())?;
    let fits = head.iter().zip(form).all(|(found, wanted)| match wanted {
        b'd' => found.is_ascii_digit(),
        _ => found == wanted,
    });
    fits.then_some(rest)
}

fn skip_fraction(text: &[u8]) -> Option<&[u8]> {
    let Some(decimals) = text.strip_prefix(b".") else {
        return Some(text);
    };
    let count = decimals
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    if (1..=9).contains(&count) {
        decimals.get(count..)
    } else {
        None
    }
}
