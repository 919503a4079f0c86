//! One side of a transfer: `{"member": {"id": …}}`, or the member at once, `{"id": …}`.

use std::borrow::Cow;
use std::fmt;

use domain::receipt::MemberRef;
use serde::Serialize;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use utoipa::ToSchema;

use crate::problem::Problem;

/// One side of a transfer. `{"id": …}` without `member` around it means the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Party {
    /// Who.
    pub member: MemberRef,
    /// Whether the member was named at once; both forms are one content.
    #[serde(skip)]
    pub is_flat: bool,
}

impl Party {
    /// A problem with this side, which stands under `at`, with pointers into the body as it was sent.
    pub(super) fn as_sent(&self, at: &str, mut problem: Problem) -> Problem {
        if !self.is_flat {
            return problem;
        }
        let named = format!("{at}/member");
        let mut is_moved = false;
        for fault in &mut problem.errors {
            if let Some(rest) = fault.pointer.strip_prefix(&named) {
                fault.pointer = format!("{at}{rest}");
                is_moved = true;
            }
        }
        if is_moved {
            Problem::invalid(problem.errors)
        } else {
            problem
        }
    }
}

impl<'de> Deserialize<'de> for Party {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PartyVisitor)
    }
}

struct PartyVisitor;

impl<'de> Visitor<'de> for PartyVisitor {
    type Value = Party;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object with the member")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Party, A::Error> {
        let Some(key) = map.next_key::<Cow<'de, str>>()? else {
            return Err(A::Error::missing_field("member"));
        };
        if key != "member" {
            let member = MemberRef::read_entry(&key, map)?;
            return Ok(Party {
                member,
                is_flat: true,
            });
        }
        let member = map.next_value()?;
        match map.next_key::<Cow<'de, str>>()? {
            Some(extra) => Err(A::Error::unknown_field(&extra, &["member"])),
            None => Ok(Party {
                member,
                is_flat: false,
            }),
        }
    }
}
