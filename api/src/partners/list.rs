//! List the partners.

use actix_web::HttpResponse;
use actix_web::web::Data;
use uuid::Uuid;

use crate::app::App;
use crate::auth::Operator;
use crate::db::DbError;
use crate::page::{Page, PageQuery, Query};
use crate::problem::{Problem, Problems};

use super::{Partner, store};

/// The operator's lists belong to no tenant.
const NO_TENANT: i64 = 0;

/// List partners
///
/// In the order in which they were registered, without secrets; ended ones too.
#[utoipa::path(
    get,
    path = "/v1/partners",
    operation_id = "list_partners",
    tag = "partners",
    params(PageQuery),
    responses((status = 200, description = "One page.", body = Page<Partner>), Problems),
    extensions(("x-scopes" = json!(["operator"])))
)]
pub(crate) async fn list(
    app: Data<App>,
    _operator: Operator,
    Query(query): Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let cursors = app.cursors.of(NO_TENANT, "/v1/partners", "");
    let after: Uuid = cursors
        .decode(query.cursor.as_deref())?
        .unwrap_or(Uuid::nil());
    let (db, limit) = (app.db.clone(), query.limit.and_one_more());
    let partners = app.db.run(async move {
        let control = db.control().await?;
        let found = store::after(&control, after, limit).await?;
        control.commit().await?;
        Ok::<_, DbError>(found)
    });
    let page = Page::cut(partners.await??, query.limit, &cursors, |partner| {
        partner.id.uuid()
    })?;
    Ok(HttpResponse::Ok().json(page))
}
