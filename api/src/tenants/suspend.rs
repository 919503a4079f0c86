//! Stop serving a tenant, and resume.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use domain::id::TenantId;

use crate::app::App;
use crate::audit::{self, Actor, Entry};
use crate::auth::Operator;
use crate::body::Body;
use crate::db::TenantNumber;
use crate::problem::{Problem, ProblemKind, Problems};

use super::get::answer;
use super::{Tenant, TenantStatus, store, tenant_id};

/// Suspend a tenant
///
/// Its keys and those of its sandbox are refused with 403 `tenant_suspended` within a second. Repeating it changes nothing.
#[utoipa::path(
    post,
    path = "/v1/tenants/{id}/suspend",
    operation_id = "suspend_tenant",
    tag = "tenants",
    params(("id" = TenantId, Path, description = "The live tenant.")),
    responses((status = 200, description = "The suspended tenant.", body = Tenant), Problems),
    extensions(("x-scopes" = json!(["operator"])))
)]
pub(crate) async fn suspend(
    app: Data<App>,
    _operator: Operator,
    id: Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let id = tenant_id(&id)?;
    body.nothing().await?;
    set(&app, id, TenantStatus::Suspended).await
}

/// Resume a tenant
///
/// Its keys work again within a second. Repeating it changes nothing.
#[utoipa::path(
    post,
    path = "/v1/tenants/{id}/resume",
    operation_id = "resume_tenant",
    tag = "tenants",
    params(("id" = TenantId, Path, description = "The live tenant.")),
    responses((status = 200, description = "The tenant, served again.", body = Tenant), Problems),
    extensions(("x-scopes" = json!(["operator"])))
)]
pub(crate) async fn resume(
    app: Data<App>,
    _operator: Operator,
    id: Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let id = tenant_id(&id)?;
    body.nothing().await?;
    set(&app, id, TenantStatus::Active).await
}

async fn set(app: &App, id: TenantId, status: TenantStatus) -> Result<HttpResponse, Problem> {
    let db = app.db.clone();
    let change = async move {
        let control = db.control().await?;
        let Some(found) = store::locked_by_id(&control, id).await? else {
            return Err(Problem::not_found());
        };
        if found.sandbox_of.is_some() {
            let detail = "A sandbox follows its live tenant; name that one.";
            return Err(Problem::new(ProblemKind::InvalidState, detail));
        }
        store::set_status(&control, found.number, status).await?;
        let changed = store::by_id(&control, id).await?;
        let changed = changed.ok_or_else(Problem::not_found)?;
        let tx = control.into_tenant(TenantNumber(found.number)).await?;
        if found.status != status {
            let action = match status {
                TenantStatus::Active => "tenant.resumed",
                TenantStatus::Suspended | TenantStatus::Deleted => "tenant.suspended",
            };
            let entry = Entry::new(Actor::operator(), action, &id).changed(&found, &changed);
            audit::record(&tx, entry).await?;
        }
        tx.commit().await?;
        Ok(changed)
    };
    let changed = app.db.run(change).await??;
    app.keys.refresh_soon();
    tracing::info!(tenant.id = %id, "a tenant's status was set to {status:?}");
    Ok(answer(&changed))
}
