//! End a tenant for good.

mod store;

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use domain::id::TenantId;

use crate::app::App;
use crate::auth::Operator;
use crate::body::Body;
use crate::problem::{Problem, ProblemKind, Problems};

use super::get::answer;
use super::store::{locked_by_id, set_status};
use super::{Tenant, TenantStatus, tenant_id};
use store::{EndGrants, EndKeys};

/// Delete a tenant
///
/// Only a suspended one, and for good: its keys and those of its sandbox are worth nothing within a second (401), and to
/// the operator it is 404 from then on. Its data is gone once `tamaru tenants purge` was run, and from backups when they are.
#[utoipa::path(
    delete,
    path = "/v1/tenants/{id}",
    operation_id = "delete_tenant",
    tag = "tenants",
    params(("id" = TenantId, Path, description = "The live tenant.")),
    responses((status = 200, description = "The tenant as it was.", body = Tenant), Problems),
    extensions(("x-scopes" = json!(["operator"])))
)]
pub(crate) async fn delete(
    app: Data<App>,
    _operator: Operator,
    id: Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let id = tenant_id(&id)?;
    body.nothing().await?;
    let db = app.db.clone();
    let deletion = async move {
        let control = db.control().await?;
        let found = locked_by_id(&control, id).await?;
        let mut tenant = deletable(found)?;
        set_status(&control, tenant.number, TenantStatus::Deleted).await?;
        let live = tenant.number;
        EndKeys { live }.run(&control).await?;
        EndGrants { live }.run(&control).await?;
        control.commit().await?;
        tenant.status = TenantStatus::Deleted;
        Ok::<_, Problem>(tenant)
    };
    let deleted = app.db.run(deletion).await??;
    app.keys.refresh_soon();
    tracing::info!(tenant.id = %id, "a tenant was deleted");
    Ok(answer(&deleted))
}

/// What is served has to be suspended first, so that nobody deletes the wrong one by a slip.
fn deletable(found: Option<Tenant>) -> Result<Tenant, Problem> {
    let tenant = found.ok_or_else(Problem::not_found)?;
    let detail = match tenant.status {
        _ if tenant.sandbox_of.is_some() => "A sandbox follows its live tenant; name that one.",
        TenantStatus::Suspended => return Ok(tenant),
        TenantStatus::Active | TenantStatus::Deleted => "Suspend the tenant first.",
    };
    Err(Problem::new(ProblemKind::InvalidState, detail))
}
