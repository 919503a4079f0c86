//! What a tenant lets partners do. A grant never changes: it is ended, and another one is made.

pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod revoke;
mod store;

use domain::id::{PartnerGrantId, PartnerId};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::scope::Scope;

/// A grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct PartnerGrant {
    /// Its id, by which it is ended.
    pub(crate) id: PartnerGrantId,
    /// The partner's id.
    #[schema(value_type = String, examples("par_01k3z8q4v5e7r9t2y4a6b8c0d1"))]
    pub(crate) partner: PartnerId,
    /// The partner's name.
    pub(crate) partner_name: String,
    /// What the partner may do.
    pub(crate) scopes: Vec<Scope>,
    /// Codes of the only stores for which it may; null: every store.
    pub(crate) stores: Option<Vec<String>>,
    /// When it was made.
    pub(crate) created_at: Timestamp,
    /// When it was ended; null while it counts.
    pub(crate) revoked_at: Option<Timestamp>,
}
