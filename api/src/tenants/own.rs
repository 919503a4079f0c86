//! The caller's own tenant.

use actix_web::HttpResponse;
use actix_web::web::Data;

use crate::app::App;
use crate::audit::Actor;
use crate::auth::Caller;
use crate::auth::scope::{AnyScope, TenantAdmin};
use crate::body::Body;
use crate::config::MAX_BODY_BYTES;
use crate::problem::{Problem, Problems};
use crate::revision::IfMatch;

use super::get::answer;
use super::update::{Change, MayChange};
use super::{Tenant, TenantSettings, store};

/// Read the own tenant
///
/// The tenant to which the key belongs, with its version in the `ETag`.
#[utoipa::path(
    get,
    path = "/v1/tenant",
    operation_id = "get_own_tenant",
    tag = "tenants",
    responses((status = 200, description = "The tenant.", body = Tenant), Problems),
    extensions(("x-scopes" = json!([])))
)]
pub(crate) async fn get(app: Data<App>, caller: Caller<AnyScope>) -> Result<HttpResponse, Problem> {
    let (db, id) = (app.db.clone(), caller.tenant_id);
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

/// Change the own tenant
///
/// JSON merge patch (RFC 7396) over the settings. `If-Match` is required. The currency stays once a purchase is recorded.
#[utoipa::path(
    patch,
    path = "/v1/tenant",
    operation_id = "update_own_tenant",
    tag = "tenants",
    params(("If-Match" = String, Header, description = "The `ETag` that was read.")),
    request_body(content = TenantSettings, description = "The settings to change; what is left out stays."),
    responses((status = 200, description = "The changed tenant.", body = Tenant), Problems),
    extensions(("x-scopes" = json!(["tenant:admin"])))
)]
pub(crate) async fn update(
    app: Data<App>,
    caller: Caller<TenantAdmin>,
    condition: IfMatch,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let change = Change {
        id: caller.tenant_id,
        condition,
        patch: body.raw_json(MAX_BODY_BYTES).await?,
        may: MayChange::Settings,
        actor: Actor::caller(&caller),
    };
    change.apply(&app).await
}
