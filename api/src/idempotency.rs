//! A request that moves points carries a key, so that a till may repeat it until it has an answer.
//! The key is kept in the same transaction as what it guards.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, HttpResponseBuilder};
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text, Uuid as SqlUuid};
use domain::fault::{Fault, FaultCode};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::future::{Ready, ready};
use uuid::Uuid;

use crate::problem::{Problem, ProblemKind, REPLAYED};
use crate::statement;

/// Longest key.
pub const MAX_KEY_CHARACTERS: usize = 255;
/// The header's name.
pub const HEADER: &str = "Idempotency-Key";

/// The caller's key of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Accept 1 to 255 visible ASCII characters.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let is_visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        if (1..=MAX_KEY_CHARACTERS).contains(&text.len()) && is_visible {
            Ok(Self(text.to_owned()))
        } else {
            let detail = format!(
                "{HEADER} must be 1 to {MAX_KEY_CHARACTERS} visible ASCII characters, e.g. a UUID."
            );
            Err(Fault::new("", FaultCode::InvalidValue, detail))
        }
    }

    /// The key of one part of the request that this is the key of.
    pub fn of_part(&self, index: usize) -> Self {
        let Self(key) = self;
        Self(format!("{key}:{index}"))
    }

    /// What is kept of it.
    pub fn hash(&self) -> Uuid {
        digest(&[b"key", self.0.as_bytes()])
    }
}

impl FromRequest for IdempotencyKey {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let mut values = request.headers().get_all(HEADER);
        ready(match (values.next(), values.next()) {
            (None, _) => Err(Problem::new(
                ProblemKind::IdempotencyKeyRequired,
                format!(
                    "Send {HEADER} with a fresh UUID, and the same one again when you repeat the request."
                ),
            )),
            (Some(value), None) => Self::parse(value.to_str().unwrap_or_default())
                .map_err(|fault| Problem::invalid(vec![fault])),
            (Some(_), Some(_)) => Err(Problem::new(
                ProblemKind::InvalidParameter,
                format!("Send {HEADER} once."),
            )),
        })
    }
}

/// Says on an answer whether it was given before.
pub fn tell_replay(response: &mut HttpResponseBuilder, is_replay: bool) {
    if is_replay {
        response.insert_header((REPLAYED, "true"));
    }
}

/// The first 16 bytes of SHA-256 over the parts, each with its length before it.
pub fn digest(parts: &[&[u8]]) -> Uuid {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hasher.update(part);
    }
    let digest = hasher.finalize();
    let mut bytes = [0; 16];
    bytes
        .iter_mut()
        .zip(digest)
        .for_each(|(byte, from)| *byte = from);
    Uuid::from_bytes(bytes)
}

/// The hash of what was asked: the operation and the body in its canonical form, so that white space and order of keys do not matter.
pub fn content<T: Serialize>(operation: &str, body: &T) -> Result<Uuid, Problem> {
    let canonical = serde_json::to_vec(body).map_err(|error| Problem::internal(&error))?;
    Ok(digest(&[operation.as_bytes(), &canonical]))
}

/// A refusal that repeats under its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Which problem.
    pub kind: ProblemKind,
    /// Its detail, as it was first told.
    pub detail: String,
}

impl Refused {
    /// What is kept of a problem.
    pub fn of(problem: &Problem) -> Self {
        Self {
            kind: problem.kind,
            detail: problem.detail.clone(),
        }
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        Self::new(refused.kind, refused.detail)
    }
}

statement! {
    /// Keys that were used before, with what was made under them.
    tenant KnownKeys = "select k.key, k.content_hash, k.refusal::text, k.repeats is not null,
            case when p.id is not null then 'purchase' when r.id is not null then 'redemption'
                when e.id is not null then 'event' else o.kind end,
            coalesce(p.outcome, r.outcome, e.outcome, o.outcome)
        from idempotency_keys k
        left join purchases p on p.tenant_id = $1 and p.id = coalesce(k.subject, k.repeats)
        left join redemptions r on r.tenant_id = $1 and r.id = coalesce(k.subject, k.repeats)
        left join purchase_events e on e.tenant_id = $1 and e.id = coalesce(k.subject, k.repeats)
        left join operations o on o.tenant_id = $1 and o.id = coalesce(k.subject, k.repeats)
        where k.tenant_id = $1 and k.key = any($2)";
    { tenant: i64 => BigInt, keys: Vec<Uuid> => Array<SqlUuid> }
    -> { Uuid => SqlUuid, Uuid => SqlUuid, Option<String> => Nullable<Text>, bool => Bool,
         Option<String> => Nullable<Text>, Option<String> => Nullable<Text> }
}

#[cfg(test)]
mod tests;
