//! List the live tenants.

use actix_web::HttpResponse;
use actix_web::web::Data;

use crate::app::App;
use crate::auth::Operator;
use crate::page::{Page, PageQuery, Query};
use crate::problem::{Problem, Problems};

use super::{Tenant, store};

/// The operator's lists belong to no tenant.
const NO_TENANT: i64 = 0;

/// List tenants
///
/// Live tenants in the order in which they were made.
#[utoipa::path(
    get,
    path = "/v1/tenants",
    operation_id = "list_tenants",
    tag = "tenants",
    params(PageQuery),
    responses((status = 200, description = "One page.", body = Page<Tenant>), Problems),
    extensions(("x-scopes" = json!(["operator"])))
)]
pub(crate) async fn list(
    app: Data<App>,
    _operator: Operator,
    Query(query): Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let cursors = app.cursors.of(NO_TENANT, "/v1/tenants", "");
    let after: i64 = cursors.decode(query.cursor.as_deref())?.unwrap_or(0);
    let (db, limit) = (app.db.clone(), query.limit.and_one_more());
    let tenants = app
        .db
        .run(async move {
            let control = db.control().await?;
            let found = store::live_after(&control, after, limit).await?;
            control.commit().await?;
            Ok::<_, crate::db::DbError>(found)
        })
        .await??;
    let page = Page::cut(tenants, query.limit, &cursors, |tenant| tenant.number)?;
    Ok(HttpResponse::Ok().json(page))
}
