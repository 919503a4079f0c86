//! Typed ids, so that a store can't be passed where a member is meant. Outside they are a prefix
//! and the 128 bits of a UUIDv7 in lower-case Crockford base32, so they sort by creation.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::str::FromStr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::{Object, RefOr};
use uuid::Uuid;

#[cfg(test)]
mod tests;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Characters of the base32 part: 26 × 5 bits hold 128 bits, the first character only three.
const ENCODED_LENGTH: usize = 26;
/// The part of a UUIDv7 that is random in its low half; version and variant bits lie above it.
const TAIL_MASK: u128 = (1 << 62) - 1;

/// Why a text is not an id of the wanted kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Another kind of id, or no id at all.
    #[error("the id must start with \"{0}\"")]
    Prefix(&'static str),
    /// Not exactly 26 characters after the prefix.
    #[error("the id must have 26 characters after its prefix")]
    Length,
    /// A character outside lower-case Crockford base32.
    #[error("the id has a character that ids never use")]
    Alphabet,
    /// More than 128 bits.
    #[error("the id is out of range")]
    Overflow,
}

/// The `n`-th id of the command that drew `seed`, so that one command needs one random draw.
/// It adds to the random tail; version and variant bits stay.
#[must_use]
pub fn derived(seed: Uuid, n: u16) -> Uuid {
    let bits = seed.as_u128();
    let tail = (bits & TAIL_MASK).wrapping_add(u128::from(n)) & TAIL_MASK;
    Uuid::from_u128((bits & !TAIL_MASK) | tail)
}

/// The id that the same command gave as its `m`-th, where `uuid` is its `m + n`-th.
#[must_use]
pub fn derived_before(uuid: Uuid, n: u16) -> Uuid {
    let bits = uuid.as_u128();
    let tail = (bits & TAIL_MASK).wrapping_sub(u128::from(n)) & TAIL_MASK;
    Uuid::from_u128((bits & !TAIL_MASK) | tail)
}

fn encode(uuid: Uuid) -> [u8; ENCODED_LENGTH] {
    let mut text = [b'0'; ENCODED_LENGTH];
    let mut rest = uuid.as_u128();
    for character in text.iter_mut().rev() {
        let low = usize::try_from(rest & 31).unwrap_or(0);
        *character = ALPHABET.get(low).copied().unwrap_or(b'0');
        rest >>= 5;
    }
    text
}

fn decode(text: &str) -> Result<Uuid, IdError> {
    if text.len() != ENCODED_LENGTH {
        return Err(IdError::Length);
    }
    let mut bits: u128 = 0;
    for (position, character) in text.bytes().enumerate() {
        let value = ALPHABET.iter().position(|known| *known == character);
        let value = value
            .and_then(|v| u128::try_from(v).ok())
            .ok_or(IdError::Alphabet)?;
        if position == 0 && value > 7 {
            return Err(IdError::Overflow);
        }
        bits = (bits << 5) | value;
    }
    Ok(Uuid::from_u128(bits))
}

fn format(prefix: &str, uuid: Uuid, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    let text = encode(uuid);
    formatter.write_str(prefix)?;
    formatter.write_str(std::str::from_utf8(&text).unwrap_or_default())
}

fn parse(prefix: &'static str, text: &str) -> Result<Uuid, IdError> {
    decode(text.strip_prefix(prefix).ok_or(IdError::Prefix(prefix))?)
}

fn schema(prefix: &str, description: &str) -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(description))
        .pattern(Some(format!("^{prefix}[0-7][0-9a-hjkmnp-tv-z]{{25}}$")))
        .examples([format!("{prefix}01k3z8q4v5e7r9t2y4a6b8c0d1")])
        .build()
}

struct TextVisitor<T>(std::marker::PhantomData<T>);

impl<T> de::Visitor<'_> for TextVisitor<T>
where
    T: FromStr<Err = IdError>,
{
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an id as a string")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}

macro_rules! typed_id {
    ($(#[$docs:meta])* $name:ident, $prefix:literal, $description:literal) => {
        $(#[$docs])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// What every id of this kind starts with.
            pub const PREFIX: &'static str = $prefix;

            /// The id of this kind with these bits.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The bits, as they are stored.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                format(Self::PREFIX, self.0, formatter)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                format(Self::PREFIX, self.0, formatter)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                parse(Self::PREFIX, text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(TextVisitor(std::marker::PhantomData))
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                schema(Self::PREFIX, $description).into()
            }
        }

        impl utoipa::ToSchema for $name {}
    };
}

typed_id!(
    /// A retailer; owns everything below it.
    TenantId, "ten_", "A tenant."
);
typed_id!(
    /// A member of one tenant's program.
    MemberId, "mem_", "A member."
);
typed_id!(
    /// A recorded receipt.
    PurchaseId, "pur_", "A recorded purchase."
);
typed_id!(
    /// Something that happened to a purchase after it was recorded.
    PurchaseEventId, "pev_", "An event of a purchase."
);
typed_id!(
    /// One atomic change of a member's points.
    TransactionId, "txn_", "A transaction: one atomic change of a member's points."
);
typed_id!(
    /// Points that were granted together.
    LotId, "lot_", "A lot: points granted together."
);
typed_id!(
    /// A branch of a tenant.
    StoreId, "sto_", "A store."
);
typed_id!(
    /// A credential of a tenant.
    ApiKeyId, "key_", "An API key."
);
typed_id!(
    /// Goods that were exchanged.
    ExchangeId, "exc_", "An exchange."
);
typed_id!(
    /// Goods that came back, or a receipt that was undone.
    ReturnId, "ret_", "A return or a void."
);
typed_id!(
    /// A correction of points by hand.
    AdjustmentId, "adj_", "An adjustment."
);
typed_id!(
    /// Points that went from one member to another.
    TransferId, "trf_", "A transfer of points between two members."
);
typed_id!(
    /// A maker of tills or programs that acts for several tenants.
    PartnerId, "par_", "A partner."
);
typed_id!(
    /// What a tenant lets a partner do.
    PartnerGrantId, "pgr_", "What a tenant lets a partner do."
);
typed_id!(
    /// Points taken or held outside a receipt.
    RedemptionId, "rsv_", "A redemption or reservation."
);
typed_id!(
    /// Something that happened, as webhooks tell it.
    EventId, "evt_", "An event."
);
typed_id!(
    /// Where a tenant wants to hear of events.
    WebhookEndpointId, "whe_", "A webhook endpoint."
);
