//! Read an endpoint.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use domain::id::WebhookEndpointId;

use crate::app::App;
use crate::auth::Caller;
use crate::auth::scope::WebhooksAdmin;
use crate::problem::{Problem, Problems};

use super::{WebhookEndpoint, endpoint_id, store};

/// Read a webhook endpoint
///
/// Without its secret.
#[utoipa::path(
    get,
    path = "/v1/webhook-endpoints/{id}",
    operation_id = "get_webhook_endpoint",
    tag = "webhooks",
    params(("id" = WebhookEndpointId, Path, description = "The endpoint.")),
    responses((status = 200, description = "The endpoint.", body = WebhookEndpoint), Problems),
    extensions(("x-scopes" = json!(["webhooks:admin"])))
)]
pub(crate) async fn get(
    app: Data<App>,
    caller: Caller<WebhooksAdmin>,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let id = endpoint_id(&id)?;
    let (db, tenant) = (app.db.clone(), caller.tenant);
    let read = async move {
        let tx = db.tenant(tenant).await?;
        let found = store::by_id(&tx, id).await?;
        tx.commit().await?;
        found.ok_or_else(Problem::not_found)
    };
    let found = app.db.run(read).await??;
    Ok(HttpResponse::Ok().json(found))
}
