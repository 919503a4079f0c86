//! One transaction by its id, as it stands in its member's statement.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use domain::decide::makers_of;
use domain::id::{MemberId, PurchaseId, RedemptionId, TransactionId};
use serde::Serialize;
use utoipa::ToSchema;

use super::entry::StatementEntry;
use super::store::{FindTransaction, StoresOf};
use super::transactions::{Part, statement};
use crate::app::App;
use crate::auth::scope::PurchasesRead;
use crate::auth::{Caller, Principal};
use crate::db::TenantConn;
use crate::problem::{Problem, Problems};

/// One atomic change of a member's points.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MemberTransaction {
    /// Whose points.
    pub(crate) member_id: MemberId,
    /// What it did.
    #[serde(flatten)]
    pub(crate) entry: StatementEntry,
}

/// Get a transaction.
///
/// The same as in its member's statement. A key for some stores is refused those of other stores.
#[utoipa::path(
    get,
    path = "/v1/transactions/{id}",
    operation_id = "get_transaction",
    tag = "balances",
    params(("id" = TransactionId, Path, description = "Id of the transaction")),
    responses((status = 200, description = "The transaction", body = MemberTransaction), Problems),
    extensions(("x-scopes" = json!(["purchases:read"])))
)]
pub(crate) async fn get_transaction(
    app: Data<App>,
    caller: Caller<PurchasesRead>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let id: TransactionId = path.parse().map_err(|_not_an_id| Problem::not_found())?;
    let principal: Principal = (*caller).clone();
    let (db, catalogs, tenant) = (app.db.clone(), app.catalogs.clone(), caller.tenant);
    let found = app.db.run(async move {
        let tx = db.snapshot(tenant).await?;
        let (maker, transfer) = makers_of(id);
        let find = FindTransaction {
            tenant: tx.number(),
            id: id.uuid(),
            maker,
            transfer,
        };
        let Some((member, version)) = find.all(&tx).await?.pop() else {
            return Ok(None);
        };
        let member_id = MemberId::from_uuid(member);
        let only = Part {
            before: version.saturating_add(1),
            limit: 1,
            stores: None,
        };
        let entries = statement(&tx, &catalogs, member_id, only).await?;
        let entry = entries.and_then(|entries| entries.into_iter().next());
        if let (Some(entry), Some(_)) = (&entry, &principal.restrictions.stores) {
            check_stores(&tx, &principal, entry).await?;
        }
        tx.commit().await?;
        Ok::<_, Problem>(entry.map(|entry| MemberTransaction { member_id, entry }))
    });
    let found = found.await??.ok_or_else(Problem::not_found)?;
    Ok(HttpResponse::Ok().json(found))
}

/// Refuses a caller for other stores than that where it happened. What belongs to no receipt and no redemption
/// happened in none.
async fn check_stores(
    tx: &TenantConn,
    caller: &Principal,
    entry: &StatementEntry,
) -> Result<(), Problem> {
    let of = StoresOf {
        tenant: tx.number(),
        purchase: entry.purchase_id.map(PurchaseId::uuid),
        redemption: entry.redemption_id.map(RedemptionId::uuid),
    };
    let (of_purchase, of_redemption) = of.all(tx).await?.pop().unwrap_or_default();
    if entry.purchase_id.is_some() {
        caller.check_store_of(of_purchase.as_deref())?;
    }
    if entry.redemption_id.is_some() {
        caller.check_store_of(of_redemption.as_deref())?;
    }
    Ok(())
}
