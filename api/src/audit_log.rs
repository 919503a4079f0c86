//! The log of configuration, for those who ask who changed what.

pub(crate) mod list;
mod store;

use domain::id::ApiKeyId;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// One change.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct AuditEntry {
    /// Counts up from 1 without gaps.
    #[schema(example = 1)]
    pub(crate) number: i64,
    /// When, by the service's time.
    pub(crate) recorded_at: Timestamp,
    /// What was done.
    #[schema(example = "store.updated")]
    pub(crate) action: String,
    /// The id of what was changed.
    #[schema(example = "shibuya")]
    pub(crate) subject: String,
    /// Who: `api_key`, `operator` or `system`.
    #[schema(example = "api_key")]
    pub(crate) actor: String,
    /// The key that asked for it; the partner's own where `partner` is given.
    pub(crate) api_key_id: Option<ApiKeyId>,
    /// The id of the partner whose credential it was; null: nobody but the tenant.
    #[schema(examples("par_01k3z8q4v5e7r9t2y4a6b8c0d1"))]
    pub(crate) partner: Option<String>,
    /// What was there before, as far as it changed.
    #[schema(value_type = Option<Object>)]
    pub(crate) before: Option<Value>,
    /// What is there since, as far as it changed.
    #[schema(value_type = Option<Object>)]
    pub(crate) after: Option<Value>,
    /// Over this entry and the hash of the one before, in hexadecimal digits.
    pub(crate) hash: String,
}
