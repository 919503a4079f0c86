//! Branches. Receipts name a store by its code, so the code stays for good.

pub(crate) mod create;
pub(crate) mod get;
pub(crate) mod list;
mod store;
pub(crate) mod update;

use actix_web::HttpResponse;
use domain::fault::{Fault, FaultCode};
use domain::id::StoreId;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::body::check_text;
use crate::catalog::BumpRevision;
use crate::db::{DbError, TenantConn};
use crate::problem::Problem;
use crate::revision::etag;
use crate::zone::zone;

const MAX_TEXT_CHARACTERS: usize = 200;

/// A branch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Store {
    /// Its id.
    pub(crate) id: StoreId,
    /// What receipts call it.
    pub(crate) code: String,
    /// What people call it.
    pub(crate) name: String,
    /// Makes the business dates of its receipts; null: the tenant's zone.
    pub(crate) time_zone: Option<String>,
    /// When it was made.
    pub(crate) created_at: Timestamp,
    /// Stands in the `ETag`.
    #[serde(skip)]
    pub(crate) revision: i64,
}

impl Store {
    fn answer(&self) -> HttpResponse {
        HttpResponse::Ok()
            .insert_header(etag(self.revision))
            .json(self)
    }
}

fn store_id(text: &str) -> Result<StoreId, Problem> {
    text.parse().map_err(|_other| Problem::not_found())
}

/// What is wrong with the parts that can change.
fn faults(name: &str, time_zone: Option<&str>) -> Vec<Fault> {
    let mut faults = check_text("/name", name, MAX_TEXT_CHARACTERS);
    if time_zone.is_some_and(|name| zone(name).is_none()) {
        let detail = "Use the name of an IANA time zone, e.g. Asia/Tokyo, or leave it out.";
        faults.push(Fault::new("/time_zone", FaultCode::InvalidValue, detail));
    }
    faults
}

/// Let every node judge the next receipt by the changed stores.
async fn bump(tx: &TenantConn) -> Result<(), DbError> {
    let bump = BumpRevision {
        tenant: tx.number(),
    };
    match bump.run(tx).await? {
        1 => Ok(()),
        _ => Err(DbError::Failed("the tenant has no anchor row".into())),
    }
}
