//! Makers of tills and programs that act for several tenants with one credential.

pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod revoke;
pub(crate) mod rotate;
mod store;

use domain::id::{ApiKeyId, PartnerId};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// A partner without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Partner {
    /// Its id, which tenants name in their grants.
    pub(crate) id: PartnerId,
    /// What people call it.
    pub(crate) name: String,
    /// The last four characters of its key.
    pub(crate) last_four: String,
    /// When it was made.
    pub(crate) created_at: Timestamp,
    /// When the operator ended it; null while it is not.
    pub(crate) revoked_at: Option<Timestamp>,
}

/// A partner that has just been given a key. The secret is shown this once.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct CreatedPartner {
    /// The partner as it is listed.
    #[serde(flatten)]
    pub(crate) partner: Partner,
    /// Its key, with which it gets tokens.
    pub(crate) api_key: PartnerKey,
}

/// The key of a partner. The secret is shown this once and can't be read again.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct PartnerKey {
    /// The `client_id` of token requests.
    pub(crate) id: ApiKeyId,
    /// The `client_secret` of token requests.
    pub(crate) secret: String,
}
