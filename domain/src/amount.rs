//! Money, points and exact decimals as whole numbers in named units: a sum that leaves its range
//! is an error before anything is written, and nothing is ever a binary fraction.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::str::FromStr;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};

#[cfg(test)]
mod tests;

/// A sum left the range of its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sum of money or points is out of range")]
pub struct Overflow;

/// Money in minor units of the tenant's currency (1980 = ¥1,980; 1050 = $10.50).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Amount(i64);

/// Whole points of one wallet.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Points(i64);

/// An exact decimal number in units of 10⁻⁴: percentages, multipliers, tax rates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Decimal4(i64);

impl Amount {
    /// No money.
    pub const ZERO: Self = Self(0);
    /// The largest amount or quantity that one line may carry: below 10¹².
    pub const MAX: Self = Self(999_999_999_999);

    /// This many minor units.
    #[must_use]
    pub const fn new(minor: i64) -> Self {
        Self(minor)
    }

    /// The number of minor units.
    #[must_use]
    pub const fn minor(self) -> i64 {
        self.0
    }

    /// The sum, unless it leaves the range.
    pub fn checked_add(self, other: Self) -> Result<Self, Overflow> {
        self.0.checked_add(other.0).map(Self).ok_or(Overflow)
    }

    /// The difference, unless it leaves the range.
    pub fn checked_sub(self, other: Self) -> Result<Self, Overflow> {
        self.0.checked_sub(other.0).map(Self).ok_or(Overflow)
    }
}

impl Points {
    /// No points.
    pub const ZERO: Self = Self(0);
    /// The most points a wallet may hold, so that every reader of JSON sees the exact number.
    pub const MAX_BALANCE: Self = Self((1 << 53) - 1);

    /// This many points.
    #[must_use]
    pub const fn new(points: i64) -> Self {
        Self(points)
    }

    /// The number of points.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The sum, unless it leaves the range.
    pub fn checked_add(self, other: Self) -> Result<Self, Overflow> {
        self.0.checked_add(other.0).map(Self).ok_or(Overflow)
    }

    /// The difference, unless it leaves the range.
    pub fn checked_sub(self, other: Self) -> Result<Self, Overflow> {
        self.0.checked_sub(other.0).map(Self).ok_or(Overflow)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl fmt::Display for Points {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl Decimal4 {
    /// Units in one whole.
    pub const SCALE: i64 = 10_000;
    /// Zero.
    pub const ZERO: Self = Self(0);
    /// One.
    pub const ONE: Self = Self(Self::SCALE);
    /// One hundred, the most a percentage may be.
    pub const HUNDRED: Self = Self(1_000_000);

    /// This many units of 10⁻⁴.
    #[must_use]
    pub const fn from_units(units: i64) -> Self {
        Self(units)
    }

    /// The number in units of 10⁻⁴.
    #[must_use]
    pub const fn units(self) -> i64 {
        self.0
    }
}

/// Why a text is not an exact decimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write a decimal number with at most 4 decimals, for example \"12.5\"")]
pub struct DecimalError;

impl FromStr for Decimal4 {
    type Err = DecimalError;

    fn from_str(text: &str) -> Result<Self, DecimalError> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = match digits.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (digits, None),
        };
        let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let leading_zero = whole.len() > 1 && whole.starts_with('0');
        let fraction_fits = fraction.is_none_or(|part| all_digits(part) && part.len() <= 4);
        if !all_digits(whole) || leading_zero || !fraction_fits {
            return Err(DecimalError);
        }
        let whole: i64 = whole.parse().map_err(|_overflow| DecimalError)?;
        let fraction: i64 = match fraction {
            Some(part) => format!("{part:0<4}")
                .parse()
                .map_err(|_overflow| DecimalError)?,
            None => 0,
        };
        let units = whole
            .checked_mul(Self::SCALE)
            .and_then(|units| units.checked_add(fraction));
        let units = units.and_then(|units| {
            if negative {
                units.checked_neg()
            } else {
                Some(units)
            }
        });
        units.map(Self).ok_or(DecimalError)
    }
}

impl fmt::Display for Decimal4 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let units = self.0.unsigned_abs();
        let scale = Self::SCALE.unsigned_abs();
        let whole = units.checked_div(scale).unwrap_or(0);
        let fraction = units.checked_rem(scale).unwrap_or(0);
        if fraction == 0 {
            return write!(formatter, "{sign}{whole}");
        }
        let fraction = format!("{fraction:04}");
        write!(
            formatter,
            "{sign}{whole}.{}",
            fraction.trim_end_matches('0')
        )
    }
}

impl Serialize for Decimal4 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

struct DecimalVisitor;

impl de::Visitor<'_> for DecimalVisitor {
    type Value = Decimal4;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a decimal number as a string, for example \"12.5\"")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Decimal4, E> {
        text.parse().map_err(E::custom)
    }
}

impl<'de> Deserialize<'de> for Decimal4 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(DecimalVisitor)
    }
}

fn integer_schema(description: &str, example: i64) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .description(Some(description))
        .examples([example])
        .into()
}

impl utoipa::PartialSchema for Amount {
    fn schema() -> RefOr<Schema> {
        integer_schema(
            "Money in minor units of the tenant's currency (1980 = ¥1,980; 1050 = $10.50).",
            1980,
        )
    }
}

impl utoipa::ToSchema for Amount {}

impl utoipa::PartialSchema for Points {
    fn schema() -> RefOr<Schema> {
        integer_schema("Whole points.", 100)
    }
}

impl utoipa::ToSchema for Points {}

impl utoipa::PartialSchema for Decimal4 {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(
                "An exact decimal number with at most 4 decimals, as a string.",
            ))
            .pattern(Some(r"^-?(0|[1-9][0-9]*)(\.[0-9]{1,4})?$"))
            .examples(["12.5"])
            .into()
    }
}

impl utoipa::ToSchema for Decimal4 {
    fn name() -> std::borrow::Cow<'static, str> {
        std::borrow::Cow::Borrowed("Decimal")
    }
}
