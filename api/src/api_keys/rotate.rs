//! Replace a key by a new one, with both good for a while.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use domain::id::ApiKeyId;
use jiff::Timestamp;

use crate::app::App;
use crate::audit::{self, Actor, Entry};
use crate::auth::issue::{KeyTerms, UnstoredKey};
use crate::auth::rotation::Rotation;
use crate::auth::scope::KeysAdmin;
use crate::auth::{Caller, Principal};
use crate::body::Body;
use crate::clock;
use crate::config::MAX_BODY_BYTES;
use crate::problem::{Problem, ProblemKind, Problems};

use super::create::{answer, shown};
use super::{ApiKey, CreatedApiKey, check_grant, ends_with, key_id, mode, store};

/// Rotate an API key
///
/// Makes a key with the same name, scopes and restrictions; the old one ends after the overlap. A key that
/// has a successor can't be rotated again (409 `invalid_state`): rotate the successor. The new secret is in this answer only.
#[utoipa::path(
    post,
    path = "/v1/api-keys/{id}/rotate",
    operation_id = "rotate_api_key",
    tag = "api-keys",
    params(("id" = ApiKeyId, Path, description = "The key to replace.")),
    request_body = Option<Rotation>,
    responses((status = 201, description = "The new key with its secret.", body = CreatedApiKey), Problems),
    extensions(("x-scopes" = json!(["keys:admin"])))
)]
pub(crate) async fn rotate(
    app: Data<App>,
    caller: Caller<KeysAdmin>,
    id: Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let id = key_id(&id)?;
    let rotation: Rotation = body.optional_json(MAX_BODY_BYTES).await?;
    let ends_at = rotation.ends_at(clock::now())?;
    let old = usable(&app, &caller, id).await?;
    let scopes = old.scopes.iter().copied().collect();
    check_grant(caller.scopes, scopes)?;
    let terms = KeyTerms {
        mode: mode(caller.is_test),
        name: old.name,
        scopes,
        restrictions: old.restrictions.granted_by(&caller.restrictions)?,
        expires_at: not_later(caller.expires_at, old.expires_at)?,
        created_by: Some(caller.key),
        replaces: Some(id),
    };
    let unstored = UnstoredKey::make(&app.keys, terms).await?;
    let (db, tenant, actor) = (app.db.clone(), caller.tenant, Actor::caller(&caller));
    let replace = async move {
        let control = db.control().await?;
        let present = store::locked_with_successor(&control, tenant, id).await?;
        let before = replaceable(present)?;
        let created_at = unstored.store(&control, tenant).await?;
        let made = shown(&unstored, created_at);
        store::replace(&control, (tenant, id), ends_at, made.key.id).await?;
        let after = serde_json::json!({"expires_at": ends_at, "replaced_by": made.key.id});
        let before = serde_json::json!({"expires_at": before.expires_at});
        let tx = control.into_tenant(tenant).await?;
        let entry = Entry::new(actor, "api_key.rotated", &id).changed(before, after);
        audit::record(&tx, entry).await?;
        tx.commit().await?;
        Ok::<_, Problem>(made)
    };
    let created = app.db.run(replace).await??;
    app.keys.refresh_soon();
    Ok(answer(&created))
}

async fn usable(app: &App, caller: &Principal, id: ApiKeyId) -> Result<ApiKey, Problem> {
    let (db, tenant) = (app.db.clone(), caller.tenant);
    let found = app
        .db
        .run(async move {
            let control = db.control().await?;
            let found = store::locked_with_successor(&control, tenant, id).await?;
            control.commit().await?;
            Ok::<_, crate::db::DbError>(found)
        })
        .await??;
    replaceable(found)
}

/// The successor of a key lives as long as the key would have; a calling key that ends earlier would outlive itself.
fn not_later(own: Option<Timestamp>, old: Option<Timestamp>) -> Result<Option<Timestamp>, Problem> {
    if own.is_some() && old.is_none() {
        let detail = "The calling key ends by itself, so it can't renew one that does not.";
        return Err(Problem::new(ProblemKind::NotGranted, detail));
    }
    ends_with(own, old)
}

/// A key that works and has no successor yet: its end would be that of the overlap.
fn replaceable(key: Option<(ApiKey, Option<ApiKeyId>)>) -> Result<ApiKey, Problem> {
    let (key, successor) = key.ok_or_else(Problem::not_found)?;
    if let Some(successor) = successor {
        let detail = format!("The key is being replaced by {successor} already; rotate that one.");
        return Err(Problem::new(ProblemKind::InvalidState, detail));
    }
    let is_over = key.expires_at.is_some_and(|at| at <= clock::now());
    if key.revoked_at.is_some() || is_over {
        let detail = "The key does not work any more; make a new one.";
        return Err(Problem::new(ProblemKind::InvalidState, detail));
    }
    Ok(key)
}
