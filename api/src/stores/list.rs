//! List the stores.

use actix_web::HttpResponse;
use actix_web::web::Data;

use crate::app::App;
use crate::auth::Caller;
use crate::auth::scope::AnyScope;
use crate::db::{DbError, TenantNumber};
use crate::page::{Page, PageQuery, Query};
use crate::problem::{Problem, Problems};

use super::{Store, store};

/// List stores
///
/// By code.
#[utoipa::path(
    get,
    path = "/v1/stores",
    operation_id = "list_stores",
    tag = "stores",
    params(PageQuery),
    responses((status = 200, description = "One page of stores.", body = Page<Store>), Problems),
    extensions(("x-scopes" = json!([])))
)]
pub(crate) async fn list(
    app: Data<App>,
    caller: Caller<AnyScope>,
    Query(query): Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let TenantNumber(number) = caller.tenant;
    let cursors = app.cursors.of(number, "/v1/stores", "");
    let after: String = cursors.decode(query.cursor.as_deref())?.unwrap_or_default();
    let (db, tenant, limit) = (app.db.clone(), caller.tenant, query.limit.and_one_more());
    let read = async move {
        let tx = db.tenant(tenant).await?;
        let stores = store::after(&tx, after, limit).await?;
        tx.commit().await?;
        Ok::<_, DbError>(stores)
    };
    let stores = app.db.run(read).await??;
    let page = Page::cut(stores, query.limit, &cursors, |store| store.code.clone())?;
    Ok(HttpResponse::Ok().json(page))
}
