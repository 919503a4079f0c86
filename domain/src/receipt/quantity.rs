//! How much of an article: whole pieces, or a weight that only the till can price.

use crate::amount::Decimal4;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Schema, Type};

/// Pieces or weight, exact to four decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity(Decimal4);

impl Default for Quantity {
    fn default() -> Self {
        Self(Decimal4::ONE)
    }
}

impl Quantity {
    /// This many whole pieces; none when that leaves the range.
    #[must_use]
    pub fn pieces(count: i64) -> Option<Self> {
        count
            .checked_mul(Decimal4::SCALE)
            .map(|units| Self(Decimal4::from_units(units)))
    }

    /// So many units of the fourth decimal.
    pub(crate) const fn from_units(units: i64) -> Self {
        Self(Decimal4::from_units(units))
    }

    /// The exact number.
    #[must_use]
    pub const fn decimal(self) -> Decimal4 {
        self.0
    }

    /// The number of pieces, when it is a whole number.
    #[must_use]
    pub fn whole(self) -> Option<i64> {
        let units = self.0.units();
        let is_whole = units.checked_rem(Decimal4::SCALE) == Some(0);
        if is_whole {
            units.checked_div(Decimal4::SCALE)
        } else {
            None
        }
    }

    /// The whole pieces in it: a weight below one has none.
    #[must_use]
    pub fn full_pieces(self) -> i64 {
        self.0.units().div_euclid(Decimal4::SCALE)
    }
}

/// A whole quantity is an integer and a weight a string, however it was sent, so that equal
/// receipts have equal text.
impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.whole() {
            Some(count) => serializer.serialize_i64(count),
            None => self.0.serialize(serializer),
        }
    }
}

struct QuantityVisitor;

impl de::Visitor<'_> for QuantityVisitor {
    type Value = Quantity;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an integer or a decimal number as a string, for example \"0.345\"")
    }

    fn visit_i64<E: de::Error>(self, count: i64) -> Result<Quantity, E> {
        Quantity::pieces(count).ok_or_else(|| E::custom("the quantity is out of range"))
    }

    fn visit_u64<E: de::Error>(self, count: u64) -> Result<Quantity, E> {
        let count = i64::try_from(count).ok().and_then(Quantity::pieces);
        count.ok_or_else(|| E::custom("the quantity is out of range"))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Quantity, E> {
        text.parse().map(Quantity).map_err(E::custom)
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(QuantityVisitor)
    }
}

impl utoipa::PartialSchema for Quantity {
    fn schema() -> RefOr<Schema> {
        let pieces = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(0))
            .description(Some("Whole pieces."));
        let weight = ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some(r"^(0|[1-9][0-9]*)(\.[0-9]{1,4})?$"))
            .description(Some("A weight or length; the line then needs `amount`."));
        OneOfBuilder::new()
            .item(pieces)
            .item(weight)
            .description(Some(
                "Pieces as an integer (default 1), or weight as a decimal string.",
            ))
            .examples([serde_json::json!(2), serde_json::json!("0.345")])
            .into()
    }
}

impl utoipa::ToSchema for Quantity {}
