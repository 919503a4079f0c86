//! List the endpoints.

use actix_web::HttpResponse;
use actix_web::web::Data;
use uuid::Uuid;

use crate::app::App;
use crate::auth::Caller;
use crate::auth::scope::WebhooksAdmin;
use crate::db::{DbError, TenantNumber};
use crate::page::{Page, PageQuery, Query};
use crate::problem::{Problem, Problems};

use super::{WebhookEndpoint, store};

/// List webhook endpoints
///
/// In the order in which they were made, without secrets.
#[utoipa::path(
    get,
    path = "/v1/webhook-endpoints",
    operation_id = "list_webhook_endpoints",
    tag = "webhooks",
    params(PageQuery),
    responses((status = 200, description = "One page.", body = Page<WebhookEndpoint>), Problems),
    extensions(("x-scopes" = json!(["webhooks:admin"])))
)]
pub(crate) async fn list(
    app: Data<App>,
    caller: Caller<WebhooksAdmin>,
    Query(query): Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let TenantNumber(number) = caller.tenant;
    let cursors = app.cursors.of(number, "/v1/webhook-endpoints", "");
    let after = cursors
        .decode(query.cursor.as_deref())?
        .unwrap_or(Uuid::nil());
    let (db, tenant, limit) = (app.db.clone(), caller.tenant, query.limit.and_one_more());
    let read = async move {
        let tx = db.tenant(tenant).await?;
        let found = store::after(&tx, after, limit).await?;
        tx.commit().await?;
        Ok::<_, DbError>(found)
    };
    let found = app.db.run(read).await??;
    let page = Page::cut(found, query.limit, &cursors, |endpoint| endpoint.id.uuid())?;
    Ok(HttpResponse::Ok().json(page))
}
