//! Who changed what of a tenant's configuration, and what it was before. A handler calls [`record`] inside the
//! transaction of the change: neither is ever there without the other. Each entry holds the hash of the one before,
//! so that `tamaru verify` sees an entry that was changed, put in or taken out.

mod differing;
pub(crate) mod store;

use domain::id::ApiKeyId;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::auth::Principal;
use crate::db::{DbError, TenantConn};
use store::{ExtendChain, InsertEntry, MoveHead};

/// What stands before the first entry.
pub(crate) const FIRST_HASH: [u8; 32] = [0; 32];
/// The most that is kept of one side of a change; of more its hash.
const MAX_SIDE_BYTES: usize = 64 * 1024;

/// Who did it.
#[derive(Debug, Clone)]
pub(crate) struct Actor {
    kind: &'static str,
    key: Option<ApiKeyId>,
    partner: Option<String>,
}

impl Actor {
    /// A key of the tenant, or of a partner that acts for it.
    pub(crate) fn caller(principal: &Principal) -> Self {
        Self {
            kind: "api_key",
            key: Some(principal.key),
            partner: principal.partner.map(|partner| partner.to_string()),
        }
    }

    /// The operator of the service.
    pub(crate) const fn operator() -> Self {
        Self {
            kind: "operator",
            key: None,
            partner: None,
        }
    }

    /// The service by itself.
    pub(crate) const fn system() -> Self {
        Self {
            kind: "system",
            key: None,
            partner: None,
        }
    }
}

/// One change. Nothing personal may stand in it: entries stay when a member is erased.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    actor: Actor,
    action: &'static str,
    subject: String,
    before: Option<Value>,
    after: Option<Value>,
}

impl Entry {
    /// Something that was done to the thing with this id, e.g. `store.created`.
    pub(crate) fn new(actor: Actor, action: &'static str, subject: &impl ToString) -> Self {
        Self {
            actor,
            action,
            subject: subject.to_string(),
            before: None,
            after: None,
        }
    }

    /// What came to be.
    #[must_use]
    pub(crate) fn made(mut self, after: impl Serialize) -> Self {
        self.after = Some(value(after));
        self
    }

    /// What was there, and what is there now; only what differs is kept.
    #[must_use]
    pub(crate) fn changed(mut self, before: impl Serialize, after: impl Serialize) -> Self {
        let (before, after) = differing::differing(value(before), value(after));
        self.before = Some(before);
        self.after = Some(after);
        self
    }

    /// What was there as a whole, and what takes its place.
    #[must_use]
    pub(crate) fn replaced(mut self, before: impl Serialize, after: impl Serialize) -> Self {
        self.before = Some(value(before));
        self.after = Some(value(after));
        self
    }

    fn side(side: Option<Value>) -> Option<String> {
        let text = side?.to_string();
        if text.len() <= MAX_SIDE_BYTES {
            return Some(text);
        }
        let hash = hex(&Sha256::digest(text.as_bytes()));
        Some(json!({"bytes": text.len(), "sha256": hash}).to_string())
    }
}

/// What can't be written is not worth failing the change: the entry says so.
fn value(of: impl Serialize) -> Value {
    serde_json::to_value(of).unwrap_or_else(|error| json!({"unwritable": error.to_string()}))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An entry as it stands in its chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) number: i64,
    pub(crate) recorded_at: Timestamp,
    pub(crate) action: String,
    pub(crate) subject: String,
    pub(crate) actor: String,
    pub(crate) key: Option<Uuid>,
    pub(crate) partner: Option<String>,
    pub(crate) before: Option<String>,
    pub(crate) after: Option<String>,
}

impl Link {
    /// The hash over this entry and the hash of the one before. Every part goes in with its length, so that no two
    /// entries give the same bytes.
    pub(crate) fn hash(&self, previous: &[u8]) -> [u8; 32] {
        let number = self.number.to_be_bytes();
        let recorded_at = self.recorded_at.as_microsecond().to_be_bytes();
        let text = |text: &Option<String>| text.as_ref().map(|text| text.as_bytes().to_vec());
        let parts = [
            Some(previous.to_vec()),
            Some(number.to_vec()),
            Some(recorded_at.to_vec()),
            Some(self.action.as_bytes().to_vec()),
            Some(self.subject.as_bytes().to_vec()),
            Some(self.actor.as_bytes().to_vec()),
            self.key.map(|key| key.as_bytes().to_vec()),
            text(&self.partner),
            text(&self.before),
            text(&self.after),
        ];
        let mut digest = Sha256::new();
        for part in parts {
            let length = part
                .as_ref()
                .map_or(-1, |part| i64::try_from(part.len()).unwrap_or(i64::MAX));
            digest.update(length.to_be_bytes());
            digest.update(part.unwrap_or_default());
        }
        digest.finalize().into()
    }
}

/// Add an entry to the tenant's log, in the transaction of what it tells of.
pub(crate) async fn record(tx: &TenantConn, entry: Entry) -> Result<(), DbError> {
    let tenant = tx.number();
    let first = FIRST_HASH.to_vec();
    let end = ExtendChain { tenant, first }.all(tx).await?.pop();
    let (last, previous, now) =
        end.ok_or_else(|| DbError::Failed("the tenant has no anchor row".into()))?;
    let link = Link {
        number: last.saturating_add(1),
        recorded_at: now.into(),
        action: entry.action.to_owned(),
        subject: entry.subject,
        actor: entry.actor.kind.to_owned(),
        key: entry.actor.key.map(ApiKeyId::uuid),
        partner: entry.actor.partner,
        before: Entry::side(entry.before),
        after: Entry::side(entry.after),
    };
    let hash = link.hash(&previous).to_vec();
    let number = link.number;
    let insert = InsertEntry {
        tenant,
        number,
        recorded_at: link.recorded_at.into(),
        action: link.action,
        subject: link.subject,
        actor: link.actor,
        key: link.key,
        partner: link.partner,
        before: link.before,
        after: link.after,
        previous,
        hash: hash.clone(),
    };
    let moved = MoveHead {
        tenant,
        number,
        hash,
    };
    if insert.run(tx).await? == 1 && moved.run(tx).await? == 1 {
        Ok(())
    } else {
        Err(DbError::Failed("an entry of the log was not added".into()))
    }
}

#[cfg(test)]
mod tests;
