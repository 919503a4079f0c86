//! Finds a member by whatever the till knows. Identifiers are stored as keyed hashes of their
//! normalised form, so that neither a dump nor another tenant can tell whose number it is.

pub(crate) mod normal;
pub(crate) mod store;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::hmac;
use domain::id::MemberId;
use domain::receipt::MemberRef;
use uuid::Uuid;

use crate::db::TenantNumber;
use crate::problem::Problem;
use crate::secrets::{Purpose, Secrets};

pub(crate) use normal::normalised;

/// Keys that are kept ready; beyond it all are dropped and derived anew as they are needed.
const MAX_CACHED_KEYS: usize = 10_000;
/// The length of a hash in the store.
const LOOK_UP_BYTES: usize = 16;

/// What a member can be found by beside the id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum IdentifierKind {
    /// The number on a card, printed or in an app.
    Card,
    /// The retailer's own id.
    ExternalId,
    /// A phone number.
    Phone,
    /// An e-mail address.
    Email,
}

impl IdentifierKind {
    /// The name in JSON and in the store; part of what is hashed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::ExternalId => "external_id",
            Self::Phone => "phone",
            Self::Email => "email",
        }
    }

    /// The kind that is stored under this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Card, Self::ExternalId, Self::Phone, Self::Email]
            .into_iter()
            .find(|kind| kind.as_str() == name)
    }
}

/// How the store finds a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LookUp {
    /// By the id itself.
    Id(MemberId),
    /// By the hash of an identifier.
    Hash(Uuid),
}

/// Makes look-up hashes; each tenant has a key of its own. Cheap to clone.
#[derive(Clone)]
pub struct LookUpKeys {
    secrets: Secrets,
    keys: Arc<RwLock<HashMap<TenantNumber, Arc<hmac::Key>>>>,
}

impl std::fmt::Debug for LookUpKeys {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("LookUpKeys").finish_non_exhaustive()
    }
}

impl LookUpKeys {
    /// Nothing is derived yet.
    pub fn new(secrets: Secrets) -> Self {
        Self {
            secrets,
            keys: Arc::new(RwLock::new(HashMap::new())),
        }
    }

    /// How to find `member`. A text that can't be an identifier simply finds nobody, so that it
    /// is answered like one that nobody has.
    pub fn look_up(&self, tenant: TenantNumber, member: &MemberRef) -> Result<LookUp, Problem> {
        let (kind, text) = match member {
            MemberRef::Id(id) => return Ok(LookUp::Id(*id)),
            MemberRef::Card(text) => (IdentifierKind::Card, text),
            MemberRef::ExternalId(text) => (IdentifierKind::ExternalId, text),
            MemberRef::Phone(text) => (IdentifierKind::Phone, text),
            MemberRef::Email(text) => (IdentifierKind::Email, text),
        };
        self.hash(tenant, kind, &normalised(kind, text))
            .map(LookUp::Hash)
    }

    /// The hash under which a normalised identifier is stored.
    pub(crate) fn hash(
        &self,
        tenant: TenantNumber,
        kind: IdentifierKind,
        normalised: &str,
    ) -> Result<Uuid, Problem> {
        self.keyed(tenant, kind.as_str(), normalised.as_bytes())
    }

    /// The hash of a request that carries personal data. It is keyed, since a plain one could be
    /// found by trying every phone number.
    pub(crate) fn content_hash(
        &self,
        tenant: TenantNumber,
        content: &[u8],
    ) -> Result<Uuid, Problem> {
        self.keyed(tenant, "content", content)
    }

    fn keyed(&self, tenant: TenantNumber, label: &str, bytes: &[u8]) -> Result<Uuid, Problem> {
        let mut context = hmac::Context::with_key(self.key(tenant)?.as_ref());
        context.update(label.as_bytes());
        context.update(&[0]);
        context.update(bytes);
        let tag = context.sign();
        tag.as_ref()
            .first_chunk::<LOOK_UP_BYTES>()
            .map(|bytes| Uuid::from_bytes(*bytes))
            .ok_or_else(|| Problem::internal(&"a look-up hash came out too short"))
    }

    fn key(&self, tenant: TenantNumber) -> Result<Arc<hmac::Key>, Problem> {
        let known = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = known.get(&tenant) {
            return Ok(Arc::clone(key));
        }
        drop(known);
        let TenantNumber(number) = tenant;
        let secret = self
            .secrets
            .derive(Purpose::LookUp, Some(number))
            .map_err(|error| Problem::internal(&error))?;
        let key = Arc::new(hmac::Key::new(hmac::HMAC_SHA256, &secret));
        let mut known = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX_CACHED_KEYS {
            known.clear();
        }
        known.insert(tenant, Arc::clone(&key));
        Ok(key)
    }
}

#[cfg(test)]
mod tests;
