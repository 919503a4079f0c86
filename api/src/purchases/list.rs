//! Recorded receipts, newest first.

use actix_web::HttpResponse;
use actix_web::web::Data;
use domain::decide::PurchaseOutcome;
use domain::id::{MemberId, PurchaseId};
use jiff::civil::Date;
use serde::Deserialize;
use uuid::Uuid;

use super::answer::Purchase;
use super::detail::Wording;
use super::store::{LatestPurchases, LatestPurchasesOfMember};
use crate::app::App;
use crate::auth::Caller;
use crate::auth::scope::PurchasesRead;
use crate::db::{DbError, TenantConn};
use crate::language::Language;
use crate::page::{Page, PageSize, Query};
use crate::problem::{Problem, Problems};

/// Which purchases are listed.
#[derive(Debug, Clone, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PurchaseFilter {
    /// Only those of this member.
    pub member_id: Option<MemberId>,
    /// Only those of the store with this code.
    pub store: Option<String>,
    /// Only from this business date on.
    pub from: Option<Date>,
    /// Only up to this business date, inclusive.
    pub to: Option<Date>,
    /// Entries per page, 1 to 200.
    #[serde(default)]
    #[param(value_type = PageSize, required = false)]
    pub limit: PageSize,
    /// The `next_cursor` of the page before; left out for the first page.
    pub cursor: Option<String>,
}

/// List purchases.
///
/// Newest first, by the time they were recorded. A key for some stores must name one of them as `store`.
#[utoipa::path(
    get,
    path = "/v1/purchases",
    operation_id = "list_purchases",
    tag = "purchases",
    params(
        PurchaseFilter,
        ("Accept-Language" = Option<String>, Header, description = "`en` or `ja`, by quality; the language of every `detail`"),
    ),
    responses((status = 200, description = "One page of purchases", body = Page<Purchase>), Problems),
    extensions(("x-scopes" = json!(["purchases:read"])))
)]
pub(crate) async fn list(
    app: Data<App>,
    caller: Caller<PurchasesRead>,
    Query(filter): Query<PurchaseFilter>,
    language: Language,
) -> Result<HttpResponse, Problem> {
    caller.check_named_store(filter.store.as_deref())?;
    let filters = (filter.member_id, &filter.store, filter.from, filter.to);
    let filters = serde_json::to_string(&filters).map_err(|error| Problem::internal(&error))?;
    let cursors = app.cursors.of(caller.tenant.0, "/v1/purchases", &filters);
    let before: Option<PurchaseId> = cursors.decode(filter.cursor.as_deref())?;
    let size = filter.limit;
    let (db, tenant) = (app.db.clone(), caller.tenant);
    let rows = app.db.run(async move {
        let tx = db.snapshot(tenant).await?;
        let rows = rows(&tx, filter, before).await?;
        tx.commit().await?;
        Ok::<_, DbError>(rows)
    });
    let read = |(_, outcome): (Uuid, String)| serde_json::from_str(&outcome);
    let outcomes: Vec<PurchaseOutcome> = rows
        .await??
        .into_iter()
        .map(read)
        .collect::<Result<_, _>>()
        .map_err(|error| Problem::internal(&error))?;
    let page = Page::cut(outcomes, size, &cursors, |outcome| outcome.id)?;
    let wording = Wording::of(&app, tenant, language).await?;
    let mut response = HttpResponse::Ok();
    language.name_in(&mut response);
    Ok(response.json(page.map(|outcome| Purchase::told(outcome, &wording))))
}

async fn rows(
    tx: &TenantConn,
    filter: PurchaseFilter,
    before: Option<PurchaseId>,
) -> Result<Vec<(Uuid, String)>, DbError> {
    let (tenant, before, limit) = (
        tx.number(),
        before.map(PurchaseId::uuid),
        filter.limit.and_one_more(),
    );
    let (store, from, to) = (
        filter.store,
        filter.from.map(Into::into),
        filter.to.map(Into::into),
    );
    match filter.member_id {
        Some(member) => {
            let member = member.uuid();
            LatestPurchasesOfMember {
                tenant,
                member,
                before,
                store,
                from,
                to,
                limit,
            }
            .all(tx)
            .await
        }
        None => {
            LatestPurchases {
                tenant,
                before,
                store,
                from,
                to,
                limit,
            }
            .all(tx)
            .await
        }
    }
}
