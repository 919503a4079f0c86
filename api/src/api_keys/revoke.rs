//! Revoke a key.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use domain::id::ApiKeyId;

use crate::app::App;
use crate::audit::{self, Actor, Entry};
use crate::auth::Caller;
use crate::auth::scope::KeysAdmin;
use crate::body::Body;
use crate::db::{Db, TenantNumber};
use crate::problem::{Problem, Problems};

use super::{ApiKey, key_id, store};

/// Revoke an API key
///
/// It stops working on every node within a second, for good. Repeating it changes nothing.
#[utoipa::path(
    delete,
    path = "/v1/api-keys/{id}",
    operation_id = "revoke_api_key",
    tag = "api-keys",
    params(("id" = ApiKeyId, Path, description = "The key.")),
    responses((status = 200, description = "The revoked key.", body = ApiKey), Problems),
    extensions(("x-scopes" = json!(["keys:admin"])))
)]
pub(crate) async fn revoke(
    app: Data<App>,
    caller: Caller<KeysAdmin>,
    id: Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let id = key_id(&id)?;
    body.nothing().await?;
    let (db, tenant, actor) = (app.db.clone(), caller.tenant, Actor::caller(&caller));
    let revoked = app
        .db
        .run(async move { end(&db, tenant, id, actor).await })
        .await??;
    app.keys.refresh_soon();
    tracing::info!(key.id = %id, "a key was revoked");
    Ok(HttpResponse::Ok().json(revoked))
}

async fn end(db: &Db, tenant: TenantNumber, id: ApiKeyId, actor: Actor) -> Result<ApiKey, Problem> {
    let control = db.control().await?;
    let before = store::locked(&control, tenant, id).await?;
    let before = before.ok_or_else(Problem::not_found)?;
    store::revoke(&control, tenant, id).await?;
    let revoked = store::locked(&control, tenant, id).await?;
    let revoked = revoked.ok_or_else(Problem::not_found)?;
    let tx = control.into_tenant(tenant).await?;
    if before.revoked_at.is_none() {
        let entry = Entry::new(actor, "api_key.revoked", &id).changed(&before, &revoked);
        audit::record(&tx, entry).await?;
    }
    tx.commit().await?;
    Ok(revoked)
}
