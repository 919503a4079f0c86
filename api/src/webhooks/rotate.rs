//! Give an endpoint a new secret, with messages signed by both for a while.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use domain::fault::{Fault, FaultCode};
use domain::id::WebhookEndpointId;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::audit::{self, Actor, Entry};
use crate::auth::Caller;
use crate::auth::scope::WebhooksAdmin;
use crate::body::Body;
use crate::config::MAX_BODY_BYTES;
use crate::db::{Db, TenantNumber};
use crate::outbox::store::lock_endpoints;
use crate::problem::{Problem, Problems};

use super::store::RotateSecret;
use super::{WebhookEndpoint, WebhookEndpointWithSecret, endpoint_id, store};

/// A day, in which the receiver can be given the new secret.
const DEFAULT_GRACE_SECONDS: i32 = 24 * 60 * 60;
/// A week.
const MAX_GRACE_SECONDS: i32 = 7 * 24 * 60 * 60;

/// How a secret is replaced.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecretRotation {
    /// How long messages are signed with the old secret too, in seconds; a day when left out, at most a week.
    #[schema(minimum = 0, maximum = 604_800)]
    pub(crate) grace_seconds: Option<i32>,
}

impl SecretRotation {
    fn seconds(&self) -> Result<i32, Problem> {
        let seconds = self.grace_seconds.unwrap_or(DEFAULT_GRACE_SECONDS);
        if (0..=MAX_GRACE_SECONDS).contains(&seconds) {
            return Ok(seconds);
        }
        let detail = "Use 0 to 604800 seconds, which are a week.";
        let fault = Fault::new("/grace_seconds", FaultCode::OutOfRange, detail);
        Err(Problem::invalid(vec![fault]))
    }
}

/// Rotate a webhook secret
///
/// Messages carry two signatures until the grace is over. The new secret is in this answer only.
#[utoipa::path(
    post,
    path = "/v1/webhook-endpoints/{id}/rotate-secret",
    operation_id = "rotate_webhook_secret",
    tag = "webhooks",
    params(("id" = WebhookEndpointId, Path, description = "The endpoint.")),
    request_body = Option<SecretRotation>,
    responses((status = 200, description = "The endpoint with its new secret.", body = WebhookEndpointWithSecret), Problems),
    extensions(("x-scopes" = json!(["webhooks:admin"])))
)]
pub(crate) async fn rotate(
    app: Data<App>,
    caller: Caller<WebhooksAdmin>,
    id: Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let id = endpoint_id(&id)?;
    let rotation: SecretRotation = body.optional_json(MAX_BODY_BYTES).await?;
    let seconds = rotation.seconds()?;
    let (db, tenant, actor) = (app.db.clone(), caller.tenant, Actor::caller(&caller));
    let replace = async move { replace(&db, tenant, (id, seconds), actor).await };
    let rotated = app.db.run(replace).await??;
    let TenantNumber(number) = caller.tenant;
    Ok(HttpResponse::Ok().json(rotated.with_secret(&app.secrets, number)?))
}

async fn replace(
    db: &Db,
    tenant: TenantNumber,
    (id, grace_seconds): (WebhookEndpointId, i32),
    actor: Actor,
) -> Result<WebhookEndpoint, Problem> {
    let tx = db.tenant(tenant).await?;
    lock_endpoints(&tx).await?;
    let rotate = RotateSecret {
        tenant: tx.number(),
        id: id.uuid(),
        grace_seconds,
    };
    rotate.run(&tx).await?;
    let rotated = store::by_id(&tx, id).await?;
    let rotated = rotated.ok_or_else(Problem::not_found)?;
    let until = serde_json::json!({"previous_secret_until": rotated.previous_secret_until});
    let entry = Entry::new(actor, "webhook_endpoint.secret_rotated", &id).made(until);
    audit::record(&tx, entry).await?;
    tx.commit().await?;
    Ok(rotated)
}
