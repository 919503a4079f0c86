//! List the keys of the tenant.

use actix_web::HttpResponse;
use actix_web::web::Data;
use uuid::Uuid;

use crate::app::App;
use crate::auth::Caller;
use crate::auth::scope::KeysAdmin;
use crate::db::TenantNumber;
use crate::page::{Page, PageQuery, Query};
use crate::problem::{Problem, Problems};

use super::{ApiKey, store};

/// List API keys
///
/// Every key of the tenant in the order in which they were made, without secrets; revoked ones too.
#[utoipa::path(
    get,
    path = "/v1/api-keys",
    operation_id = "list_api_keys",
    tag = "api-keys",
    params(PageQuery),
    responses((status = 200, description = "One page.", body = Page<ApiKey>), Problems),
    extensions(("x-scopes" = json!(["keys:admin"])))
)]
pub(crate) async fn list(
    app: Data<App>,
    caller: Caller<KeysAdmin>,
    Query(query): Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let TenantNumber(number) = caller.tenant;
    let cursors = app.cursors.of(number, "/v1/api-keys", "");
    let after = cursors
        .decode(query.cursor.as_deref())?
        .unwrap_or(Uuid::nil());
    let (db, tenant, limit) = (app.db.clone(), caller.tenant, query.limit.and_one_more());
    let keys = app
        .db
        .run(async move {
            let control = db.control().await?;
            let found = store::after(&control, tenant, after, limit).await?;
            control.commit().await?;
            Ok::<_, crate::db::DbError>(found)
        })
        .await??;
    let page = Page::cut(keys, query.limit, &cursors, |key| key.id.uuid())?;
    Ok(HttpResponse::Ok().json(page))
}
