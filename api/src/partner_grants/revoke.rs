//! End a grant.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use domain::id::PartnerGrantId;

use crate::app::App;
use crate::audit::{self, Actor, Entry};
use crate::auth::Caller;
use crate::auth::scope::KeysAdmin;
use crate::body::Body;
use crate::db::{Db, TenantNumber};
use crate::problem::{Problem, Problems};

use super::{PartnerGrant, store};

/// End a grant to a partner
///
/// Tokens that it gave stop working on every node within a second. Repeating it changes nothing.
#[utoipa::path(
    delete,
    path = "/v1/partner-grants/{id}",
    operation_id = "revoke_partner_grant",
    tag = "partners",
    params(("id" = PartnerGrantId, Path, description = "The grant.")),
    responses((status = 200, description = "The ended grant.", body = PartnerGrant), Problems),
    extensions(("x-scopes" = json!(["keys:admin"])))
)]
pub(crate) async fn revoke(
    app: Data<App>,
    caller: Caller<KeysAdmin>,
    id: Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let id: PartnerGrantId = id.parse().map_err(|_other| Problem::not_found())?;
    body.nothing().await?;
    let (db, tenant, actor) = (app.db.clone(), caller.tenant, Actor::caller(&caller));
    let ended = app
        .db
        .run(async move { end(&db, tenant, id, actor).await })
        .await??;
    app.keys.refresh_soon();
    tracing::info!(grant.id = %id, "a grant to a partner was ended");
    Ok(HttpResponse::Ok().json(ended))
}

async fn end(
    db: &Db,
    tenant: TenantNumber,
    id: PartnerGrantId,
    actor: Actor,
) -> Result<PartnerGrant, Problem> {
    let control = db.control().await?;
    let before = store::one(&control, tenant, id).await?;
    let before = before.ok_or_else(Problem::not_found)?;
    let is_ended_now = store::revoke(&control, tenant, id).await?;
    let ended = store::one(&control, tenant, id).await?;
    let ended = ended.ok_or_else(Problem::not_found)?;
    let tx = control.into_tenant(tenant).await?;
    if is_ended_now {
        let entry = Entry::new(actor, "partner_grant.revoked", &id).changed(&before, &ended);
        audit::record(&tx, entry).await?;
    }
    tx.commit().await?;
    Ok(ended)
}
