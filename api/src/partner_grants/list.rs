//! List grants.

use actix_web::HttpResponse;
use actix_web::web::Data;
use uuid::Uuid;

use crate::app::App;
use crate::auth::Caller;
use crate::auth::scope::KeysAdmin;
use crate::db::DbError;
use crate::page::{Page, PageQuery, Query};
use crate::problem::{Problem, Problems};

use super::{PartnerGrant, store};

/// List grants to partners
///
/// Every grant of the tenant in the order in which they were made; ended ones too.
#[utoipa::path(
    get,
    path = "/v1/partner-grants",
    operation_id = "list_partner_grants",
    tag = "partners",
    params(PageQuery),
    responses((status = 200, description = "One page.", body = Page<PartnerGrant>), Problems),
    extensions(("x-scopes" = json!(["keys:admin"])))
)]
pub(crate) async fn list(
    app: Data<App>,
    caller: Caller<KeysAdmin>,
    Query(query): Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let cursors = app.cursors.of(caller.tenant.0, "/v1/partner-grants", "");
    let after: Uuid = cursors
        .decode(query.cursor.as_deref())?
        .unwrap_or(Uuid::nil());
    let (db, tenant, limit) = (app.db.clone(), caller.tenant, query.limit.and_one_more());
    let grants = app.db.run(async move {
        let control = db.control().await?;
        let found = store::after(&control, tenant, after, limit).await?;
        control.commit().await?;
        Ok::<_, DbError>(found)
    });
    let page = Page::cut(grants.await??, query.limit, &cursors, |grant| {
        grant.id.uuid()
    })?;
    Ok(HttpResponse::Ok().json(page))
}
