//! Retailers. Each has a sandbox twin with its own data, and both get a first key when they are made.

mod backup;
pub(crate) mod create;
mod currency;
pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod own;
mod purge;
mod settings;
pub(crate) mod store;
pub(crate) mod suspend;
mod table;
pub(crate) mod update;

use domain::fault::{Fault, FaultCode};
use domain::id::TenantId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::body::from_document;
use crate::problem::Problem;

pub use backup::{BackupError, BackupSummary, backup, restore};
pub use purge::purge;
pub(crate) use settings::{AdjustmentSettings, TaxRounding, TenantSettings};
pub use table::{TableError, write_table};

/// Whether a tenant is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TenantStatus {
    /// Served.
    Active,
    /// Its keys are refused with 403 `tenant_suspended`.
    Suspended,
    /// Gone for good; only the answer to its deletion shows this.
    Deleted,
}

/// What the operator allows a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TenantLimits {
    /// Requests per second; null: the service's default, 0: no limit.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub(crate) requests_per_second: Option<u32>,
}

/// The most requests per second that a limit may name.
const MAX_REQUESTS_PER_SECOND: u32 = 1_000_000;

impl TenantLimits {
    /// Everything that is wrong with them.
    fn faults(self) -> Vec<Fault> {
        if self.requests_per_second > Some(MAX_REQUESTS_PER_SECOND) {
            let detail = "Use at most 1000000 requests per second.";
            return vec![Fault::new(
                "/limits/requests_per_second",
                FaultCode::OutOfRange,
                detail,
            )];
        }
        Vec::new()
    }
}

/// Take the limits out of a document that holds settings beside them.
fn limits_in(document: &mut Value) -> Result<Option<TenantLimits>, Problem> {
    let limits = document
        .as_object_mut()
        .and_then(|members| members.remove("limits"));
    let Some(limits) = limits else {
        return Ok(None);
    };
    from_document(limits).map(Some).map_err(|problem| {
        let mut faults = problem.errors;
        for fault in &mut faults {
            fault.pointer.insert_str(0, "/limits");
        }
        Problem::invalid(faults)
    })
}

/// A retailer.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Tenant {
    /// Its id.
    pub(crate) id: TenantId,
    /// What it said about itself.
    #[serde(flatten)]
    pub(crate) settings: TenantSettings,
    /// What the operator allows.
    pub(crate) limits: TenantLimits,
    /// Whether it is served.
    pub(crate) status: TenantStatus,
    /// On a sandbox twin: the live tenant. Null on a live tenant.
    pub(crate) sandbox_of: Option<TenantId>,
    /// When it was made.
    pub(crate) created_at: Timestamp,
    /// Stands in the `ETag`.
    #[serde(skip)]
    pub(crate) revision: i64,
    /// The tenant's internal number.
    #[serde(skip)]
    pub(crate) number: i64,
}

/// A path's id; what is no id of a tenant is nothing here.
fn tenant_id(text: &str) -> Result<TenantId, Problem> {
    text.parse().map_err(|_other| Problem::not_found())
}
