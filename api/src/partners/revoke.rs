//! End a partner.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use domain::id::PartnerId;

use crate::app::App;
use crate::auth::Operator;
use crate::body::Body;
use crate::problem::{Problem, Problems};

use super::{Partner, store};

/// End a partner
///
/// Its key and every token that it got stop working on every node within a second, for good. Repeating it changes nothing.
#[utoipa::path(
    delete,
    path = "/v1/partners/{id}",
    operation_id = "revoke_partner",
    tag = "partners",
    params(("id" = PartnerId, Path, description = "The partner.")),
    responses((status = 200, description = "The ended partner.", body = Partner), Problems),
    extensions(("x-scopes" = json!(["operator"])))
)]
pub(crate) async fn revoke(
    app: Data<App>,
    _operator: Operator,
    id: Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let id: PartnerId = id.parse().map_err(|_other| Problem::not_found())?;
    body.nothing().await?;
    let db = app.db.clone();
    let ended = app.db.run(async move {
        let control = db.control().await?;
        let ended = store::revoke(&control, id).await?;
        control.commit().await?;
        ended.ok_or_else(Problem::not_found)
    });
    let ended = ended.await??;
    app.keys.refresh_soon();
    tracing::info!(partner.id = %id, "a partner was ended");
    Ok(HttpResponse::Ok().json(ended))
}
