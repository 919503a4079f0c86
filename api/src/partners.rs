//! Makers of tills and programs that act for several tenants with one credential.

pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod revoke;
mod store;

use domain::id::PartnerId;
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
