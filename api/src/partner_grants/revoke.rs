//! End a grant.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use domain::id::PartnerGrantId;

use crate::app::App;
use crate::auth::Caller;
use crate::auth::scope::KeysAdmin;
use crate::page::{NoQuery, Query};
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
    _query: Query<NoQuery>,
) -> Result<HttpResponse, Problem> {
    let id: PartnerGrantId = id.parse().map_err(|_other| Problem::not_found())?;
    let (db, tenant) = (app.db.clone(), caller.tenant);
    let ended = app.db.run(async move {
        let control = db.control().await?;
        store::revoke(&control, tenant, id).await?;
        let ended = store::one(&control, tenant, id).await?;
        control.commit().await?;
        ended.ok_or_else(Problem::not_found)
    });
    let ended = ended.await??;
    app.keys.refresh_soon();
    tracing::info!(grant.id = %id, "a grant to a partner was ended");
    Ok(HttpResponse::Ok().json(ended))
}
