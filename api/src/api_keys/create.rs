//! Make a key.

use actix_web::HttpResponse;
use actix_web::web::Data;
use domain::fault::{Fault, FaultCode};
use domain::receipt::strict_timestamp_option;
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::audit::{self, Actor, Entry};
use crate::auth::issue::{KeyTerms, UnstoredKey};
use crate::auth::scope::{KeysAdmin, Scope, Scopes};
use crate::auth::{Caller, Principal};
use crate::body::{Body, check_text};
use crate::clock;
use crate::config::{MAX_API_KEYS_PER_TENANT, MAX_BODY_BYTES};
use crate::db::{Db, TenantNumber};
use crate::page::{NoQuery, Query};
use crate::problem::{Problem, ProblemKind, Problems};

use super::{ApiKey, CreatedApiKey, check_grant, mode, store};

const MAX_NAME_CHARACTERS: usize = 200;

/// A key to be made.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewApiKey {
    /// What people call it, e.g. the till or program that uses it.
    #[schema(min_length = 1, max_length = 200, examples("Till server Shibuya"))]
    pub(crate) name: String,
    /// What it may do; no more than the calling key.
    #[schema(min_items = 1)]
    pub(crate) scopes: Vec<Scope>,
    /// When it ends by itself; null: never.
    #[serde(default, deserialize_with = "strict_timestamp_option")]
    pub(crate) expires_at: Option<Timestamp>,
}

impl NewApiKey {
    fn check(&self) -> Result<(), Problem> {
        let mut faults = check_text("/name", &self.name, MAX_NAME_CHARACTERS);
        let mut wrong = |pointer: &str, code, detail: &str| {
            faults.push(Fault::new(pointer, code, detail));
        };
        if self.scopes.is_empty() {
            wrong("/scopes", FaultCode::Empty, "Name at least one scope.");
        }
        let distinct: Scopes = self.scopes.iter().copied().collect();
        if distinct.to_vec().len() != self.scopes.len() && !self.scopes.is_empty() {
            wrong("/scopes", FaultCode::Duplicate, "Name each scope once.");
        }
        if self.expires_at.is_some_and(|at| at <= clock::now()) {
            wrong(
                "/expires_at",
                FaultCode::OutOfRange,
                "Use a time in the future.",
            );
        }
        if faults.is_empty() {
            Ok(())
        } else {
            Err(Problem::invalid(faults))
        }
    }
}

/// Make an API key
///
/// The secret is in this answer only. A key can't grant scopes that it lacks.
#[utoipa::path(
    post,
    path = "/v1/api-keys",
    operation_id = "create_api_key",
    tag = "api-keys",
    request_body = NewApiKey,
    responses((status = 201, description = "The key with its secret.", body = CreatedApiKey), Problems),
    extensions(("x-scopes" = json!(["keys:admin"])))
)]
pub(crate) async fn create(
    app: Data<App>,
    caller: Caller<KeysAdmin>,
    _query: Query<NoQuery>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let new: NewApiKey = body.json(MAX_BODY_BYTES).await?;
    new.check()?;
    let scopes = new.scopes.iter().copied().collect();
    check_grant(caller.scopes, scopes)?;
    let terms = terms(&caller, new.name, scopes, new.expires_at);
    let unstored = UnstoredKey::make(&app.keys, terms).await?;
    let (db, tenant, actor) = (app.db.clone(), caller.tenant, Actor::caller(&caller));
    let created = app
        .db
        .run(async move { keep(&db, tenant, &unstored, actor).await })
        .await??;
    Ok(answer(&created))
}

pub(super) fn terms(
    caller: &Principal,
    name: String,
    scopes: Scopes,
    expires_at: Option<Timestamp>,
) -> KeyTerms {
    KeyTerms {
        mode: mode(caller.is_test),
        name,
        scopes,
        expires_at,
        created_by: Some(caller.key),
    }
}

async fn keep(
    db: &Db,
    tenant: TenantNumber,
    unstored: &UnstoredKey,
    actor: Actor,
) -> Result<CreatedApiKey, Problem> {
    let control = db.control().await?;
    if store::count_usable(&control, tenant).await? >= MAX_API_KEYS_PER_TENANT {
        let detail = format!("A tenant may have {MAX_API_KEYS_PER_TENANT} keys; revoke one.");
        return Err(Problem::new(ProblemKind::QuotaExceeded, detail));
    }
    let created_at = unstored.store(&control, tenant).await?;
    let made = shown(unstored, created_at);
    let tx = control.into_tenant(tenant).await?;
    let entry = Entry::new(actor, "api_key.created", &made.key.id).made(&made.key);
    audit::record(&tx, entry).await?;
    tx.commit().await?;
    Ok(made)
}

pub(super) fn shown(unstored: &UnstoredKey, created_at: Timestamp) -> CreatedApiKey {
    CreatedApiKey {
        key: ApiKey {
            id: unstored.issued.id,
            name: unstored.terms.name.clone(),
            last_four: unstored.last_four(),
            scopes: unstored.issued.scopes.clone(),
            created_at,
            expires_at: unstored.terms.expires_at,
            revoked_at: None,
        },
        secret: unstored.issued.secret.clone(),
    }
}

pub(super) fn answer(created: &CreatedApiKey) -> HttpResponse {
    HttpResponse::Created().json(created)
}
