//! One receipt of a batch: the same as alone, and a key of its own where the till has one.

use std::borrow::Cow;
use std::fmt;

use domain::fault::{Fault, FaultCode};
use domain::receipt::Receipt;
use serde::de::value::{CowStrDeserializer, MapAccessDeserializer};
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, Visitor};
use utoipa::ToSchema;

use crate::body;
use crate::idempotency::IdempotencyKey;
use crate::problem::Problem;

const OWN_KEY: &str = "idempotency_key";

/// A receipt of a batch. Besides what stands here it has every field of a receipt.
#[derive(Debug, ToSchema)]
pub(crate) struct BatchReceipt {
    /// The till's own key of this receipt, as it would send it alone; absent: the header's key
    /// with `:` and the index.
    #[schema(max_length = 255)]
    pub idempotency_key: Option<String>,
    /// The receipt itself, whose fields stand beside the key.
    #[schema(ignore)]
    pub receipt: Receipt,
}

impl BatchReceipt {
    /// Read one entry; pointers start at it.
    pub(super) fn read(entry: &[u8]) -> Result<Self, Problem> {
        let entry = entry.trim_ascii();
        if entry.first() != Some(&b'{') {
            let detail = "Each purchase must be a JSON object.";
            let fault = Fault::new("", FaultCode::InvalidType, detail);
            return Err(Problem::invalid(vec![fault]));
        }
        body::parse(entry)
    }

    /// Its key; `fallback` is made where it carries none.
    pub(super) fn key(&self, fallback: impl FnOnce() -> uuid::Uuid) -> Result<uuid::Uuid, Problem> {
        let Some(own) = &self.idempotency_key else {
            return Ok(fallback());
        };
        let key = IdempotencyKey::parse(own).map_err(|fault| {
            let pointer = format!("/{OWN_KEY}");
            Problem::invalid(vec![Fault { pointer, ..fault }])
        })?;
        Ok(key.hash())
    }
}

/// By hand, because a flattened receipt would no longer refuse unknown fields.
impl<'de> Deserialize<'de> for BatchReceipt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ItemVisitor)
    }
}

struct ItemVisitor;

impl<'de> Visitor<'de> for ItemVisitor {
    type Value = BatchReceipt;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a receipt")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<BatchReceipt, A::Error> {
        let mut idempotency_key = None;
        let fields = WithoutKey {
            map,
            key: &mut idempotency_key,
        };
        let receipt = Receipt::deserialize(MapAccessDeserializer::new(fields))?;
        Ok(BatchReceipt {
            idempotency_key,
            receipt,
        })
    }
}

/// The fields of a receipt; the key is put aside on the way.
struct WithoutKey<'k, A> {
    map: A,
    key: &'k mut Option<String>,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for WithoutKey<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        loop {
            let Some(name) = self.map.next_key::<Cow<'de, str>>()? else {
                return Ok(None);
            };
            if name != OWN_KEY {
                let name: CowStrDeserializer<'_, A::Error> = CowStrDeserializer::new(name);
                return seed.deserialize(name).map(Some);
            }
            if self.key.is_some() {
                return Err(A::Error::duplicate_field(OWN_KEY));
            }
            *self.key = self.map.next_value()?;
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}

#[cfg(test)]
mod tests;
