//! Switch an endpoint on again that was switched off by itself.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use domain::id::WebhookEndpointId;

use crate::app::App;
use crate::audit::{self, Actor, Entry};
use crate::auth::Caller;
use crate::auth::scope::WebhooksAdmin;
use crate::body::Body;
use crate::db::{Db, TenantNumber};
use crate::outbox::store::{lock_endpoints, note_endpoints};
use crate::problem::{Problem, Problems};

use super::store::EnableEndpoint;
use super::{WebhookEndpoint, endpoint_id, store};

/// Enable a webhook endpoint
///
/// For one that was switched off because nothing arrived there for five days. What still waited is sent at once. Events
/// of the time in which the tenant had no other enabled endpoint were not kept.
#[utoipa::path(
    post,
    path = "/v1/webhook-endpoints/{id}/enable",
    operation_id = "enable_webhook_endpoint",
    tag = "webhooks",
    params(("id" = WebhookEndpointId, Path, description = "The endpoint.")),
    responses((status = 200, description = "The endpoint, enabled.", body = WebhookEndpoint), Problems),
    extensions(("x-scopes" = json!(["webhooks:admin"])))
)]
pub(crate) async fn enable(
    app: Data<App>,
    caller: Caller<WebhooksAdmin>,
    id: Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let id = endpoint_id(&id)?;
    body.nothing().await?;
    let (db, tenant, actor) = (app.db.clone(), caller.tenant, Actor::caller(&caller));
    let enable = async move { switch_on(&db, tenant, id, actor).await };
    let enabled = app.db.run(enable).await??;
    Ok(HttpResponse::Ok().json(enabled))
}

async fn switch_on(
    db: &Db,
    tenant: TenantNumber,
    id: WebhookEndpointId,
    actor: Actor,
) -> Result<WebhookEndpoint, Problem> {
    let tx = db.tenant(tenant).await?;
    lock_endpoints(&tx).await?;
    let present = store::by_id(&tx, id).await?;
    let present = present.ok_or_else(Problem::not_found)?;
    let enable = EnableEndpoint {
        tenant: tx.number(),
        id: id.uuid(),
    };
    enable.run(&tx).await?;
    note_endpoints(&tx).await?;
    let enabled = store::by_id(&tx, id).await?;
    let enabled = enabled.ok_or_else(Problem::not_found)?;
    if !present.is_enabled {
        let entry = Entry::new(actor, "webhook_endpoint.enabled", &id).changed(&present, &enabled);
        audit::record(&tx, entry).await?;
    }
    tx.commit().await?;
    Ok(enabled)
}
