//! Read a tenant.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use domain::id::TenantId;

use crate::app::App;
use crate::auth::Operator;
use crate::problem::{Problem, Problems};
use crate::revision::etag;

use super::{Tenant, store, tenant_id};

/// Read a tenant
///
/// A live tenant or a sandbox twin, with its version in the `ETag`.
#[utoipa::path(
    get,
    path = "/v1/tenants/{id}",
    operation_id = "get_tenant",
    tag = "tenants",
    params(("id" = TenantId, Path, description = "The tenant.")),
    responses((status = 200, description = "The tenant.", body = Tenant), Problems),
    extensions(("x-scopes" = json!(["operator"])))
)]
pub(crate) async fn get(
    app: Data<App>,
    _operator: Operator,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let id = tenant_id(&id)?;
    let db = app.db.clone();
    let found = app
        .db
        .run(async move {
            let control = db.control().await?;
            let found = store::by_id(&control, id).await?;
            control.commit().await?;
            Ok::<_, crate::db::DbError>(found)
        })
        .await??;
    Ok(answer(&found.ok_or_else(Problem::not_found)?))
}

/// A tenant with its `ETag`.
pub(super) fn answer(tenant: &Tenant) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(etag(tenant.revision))
        .json(tenant)
}
