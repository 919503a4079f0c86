//! Take an endpoint away.

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

use super::store::DeleteEndpoint;
use super::{WebhookEndpoint, endpoint_id, store};

/// Delete a webhook endpoint
///
/// Nothing is sent there any more, also not what still waits; what is on its way may arrive.
#[utoipa::path(
    delete,
    path = "/v1/webhook-endpoints/{id}",
    operation_id = "delete_webhook_endpoint",
    tag = "webhooks",
    params(("id" = WebhookEndpointId, Path, description = "The endpoint.")),
    responses((status = 200, description = "The endpoint as it was.", body = WebhookEndpoint), Problems),
    extensions(("x-scopes" = json!(["webhooks:admin"])))
)]
pub(crate) async fn delete(
    app: Data<App>,
    caller: Caller<WebhooksAdmin>,
    id: Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let id = endpoint_id(&id)?;
    body.nothing().await?;
    let (db, tenant, actor) = (app.db.clone(), caller.tenant, Actor::caller(&caller));
    let remove = async move { remove(&db, tenant, id, actor).await };
    let removed = app.db.run(remove).await??;
    Ok(HttpResponse::Ok().json(removed))
}

async fn remove(
    db: &Db,
    tenant: TenantNumber,
    id: WebhookEndpointId,
    actor: Actor,
) -> Result<WebhookEndpoint, Problem> {
    let tx = db.tenant(tenant).await?;
    lock_endpoints(&tx).await?;
    let present = store::by_id(&tx, id).await?;
    let present = present.ok_or_else(Problem::not_found)?;
    let remove = DeleteEndpoint {
        tenant: tx.number(),
        id: id.uuid(),
    };
    remove.run(&tx).await?;
    note_endpoints(&tx).await?;
    let nothing = serde_json::json!({});
    let entry = Entry::new(actor, "webhook_endpoint.deleted", &id).changed(&present, nothing);
    audit::record(&tx, entry).await?;
    tx.commit().await?;
    Ok(present)
}
