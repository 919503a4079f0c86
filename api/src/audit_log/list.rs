//! List the entries of the log.

use actix_web::HttpResponse;
use actix_web::web::Data;
use domain::receipt::strict_timestamp_option;
use jiff::Timestamp;
use serde::Deserialize;

use crate::app::App;
use crate::auth::Caller;
use crate::auth::scope::TenantAdmin;
use crate::db::time::maybe;
use crate::db::{DbError, TenantNumber};
use crate::page::{Page, PageSize, Query};
use crate::problem::{Problem, Problems};

use super::store::EntriesBefore;
use super::{AuditEntry, store};

/// What is listed.
#[derive(Debug, Clone, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditQuery {
    /// Only this action, e.g. `api_key.revoked`.
    action: Option<String>,
    /// From this instant on.
    #[serde(default, deserialize_with = "strict_timestamp_option")]
    from: Option<Timestamp>,
    /// Before this instant.
    #[serde(default, deserialize_with = "strict_timestamp_option")]
    to: Option<Timestamp>,
    /// Entries per page, 1 to 200.
    #[serde(default)]
    #[param(value_type = PageSize, required = false)]
    limit: PageSize,
    /// The `next_cursor` of the page before; left out for the first page.
    cursor: Option<String>,
}

/// List the audit log
///
/// Who changed what of the configuration, with what was there before; latest first. Entries are never changed and never
/// taken away: each holds the hash of the one before.
#[utoipa::path(
    get,
    path = "/v1/audit-log",
    operation_id = "list_audit_log",
    tag = "audit-log",
    params(AuditQuery),
    responses((status = 200, description = "One page.", body = Page<AuditEntry>), Problems),
    extensions(("x-scopes" = json!(["tenant:admin"])))
)]
pub(crate) async fn list(
    app: Data<App>,
    caller: Caller<TenantAdmin>,
    Query(query): Query<AuditQuery>,
) -> Result<HttpResponse, Problem> {
    let TenantNumber(number) = caller.tenant;
    let filters = serde_json::to_string(&(&query.action, query.from, query.to));
    let filters = filters.map_err(|error| Problem::internal(&error))?;
    let cursors = app.cursors.of(number, "/v1/audit-log", &filters);
    let page = EntriesBefore {
        tenant: number,
        before: cursors.decode(query.cursor.as_deref())?.unwrap_or(i64::MAX),
        action: query.action,
        from: maybe(query.from),
        to: maybe(query.to),
        limit: query.limit.and_one_more(),
    };
    let (db, tenant) = (app.db.clone(), caller.tenant);
    let read = async move {
        let tx = db.tenant(tenant).await?;
        let found = store::before(&tx, page).await?;
        tx.commit().await?;
        Ok::<_, DbError>(found)
    };
    let found = app.db.run(read).await??;
    let page = Page::cut(found, query.limit, &cursors, |entry| entry.number)?;
    Ok(HttpResponse::Ok().json(page))
}
