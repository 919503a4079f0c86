//! Make a key.

use actix_web::HttpResponse;
use actix_web::web::Data;
use domain::amount::Points;
use domain::fault::{Fault, FaultCode};
use domain::receipt::strict_timestamp_option;
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::audit::{self, Actor, Entry};
use crate::auth::Caller;
use crate::auth::address::AddressRange;
use crate::auth::issue::{KeyTerms, UnstoredKey};
use crate::auth::restrictions::Restrictions;
use crate::auth::scope::{KeysAdmin, Scope, Scopes};
use crate::body::{Body, check_text};
use crate::clock;
use crate::config::{MAX_API_KEYS_PER_TENANT, MAX_BODY_BYTES};
use crate::db::{Db, TenantNumber};
use crate::problem::{Problem, ProblemKind, Problems};

use super::{ApiKey, CreatedApiKey, check_grant, ends_with, mode, store};

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
    /// When it ends by itself, not after the calling key; null: with the calling key, or never.
    #[serde(default, deserialize_with = "strict_timestamp_option")]
    pub(crate) expires_at: Option<Timestamp>,
    /// Codes of the only stores whose receipts and redemptions it may send and read; left out: every store.
    #[schema(min_items = 1, max_items = 1000)]
    pub(crate) stores: Option<Vec<String>>,
    /// The only client addresses from which it works, single ones or ranges; left out: any.
    #[schema(min_items = 1, max_items = 100, value_type = Option<Vec<String>>, examples(json!(["203.0.113.7", "2001:db8::/32"])))]
    pub(crate) addresses: Option<Vec<AddressRange>>,
    /// The most points that one call may move by hand, e.g. by a redemption.
    #[schema(minimum = 0)]
    pub(crate) max_points_per_call: Option<Points>,
    /// The most points that it may move by hand in one business day of the tenant.
    #[schema(minimum = 0)]
    pub(crate) max_points_per_day: Option<Points>,
    /// Its own limit of requests per second, beside that of the tenant.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub(crate) requests_per_second: Option<u32>,
}

impl NewApiKey {
    fn restrictions(&self) -> Restrictions {
        Restrictions {
            stores: self.stores.clone(),
            addresses: self.addresses.clone(),
            max_points_per_call: self.max_points_per_call,
            max_points_per_day: self.max_points_per_day,
            requests_per_second: self.requests_per_second,
        }
    }

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
        faults.extend(self.restrictions().faults(distinct));
        if faults.is_empty() {
            Ok(())
        } else {
            Err(Problem::invalid(faults))
        }
    }
}

/// Make an API key
///
/// The secret is in this answer only. A key can't grant scopes that it lacks, and its own
/// restrictions and end hold for the keys that it makes.
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
    body: Body,
) -> Result<HttpResponse, Problem> {
    let new: NewApiKey = body.json(MAX_BODY_BYTES).await?;
    new.check()?;
    let scopes = new.scopes.iter().copied().collect();
    check_grant(caller.scopes, scopes)?;
    let restrictions = new.restrictions().granted_by(&caller.restrictions)?;
    let terms = KeyTerms {
        mode: mode(caller.is_test),
        name: new.name,
        scopes,
        restrictions,
        expires_at: ends_with(caller.expires_at, new.expires_at)?,
        created_by: Some(caller.key),
        replaces: None,
    };
    check_stores(&app, caller.tenant, &terms.restrictions).await?;
    let unstored = UnstoredKey::make(&app.keys, terms).await?;
    let (db, tenant, actor) = (app.db.clone(), caller.tenant, Actor::caller(&caller));
    let created = app
        .db
        .run(async move { keep(&db, tenant, &unstored, actor).await })
        .await??;
    Ok(answer(&created))
}

/// Every store that a key is for exists, so that a typing error is found now and not at the till.
async fn check_stores(
    app: &App,
    tenant: TenantNumber,
    restrictions: &Restrictions,
) -> Result<(), Problem> {
    let Some(stores) = &restrictions.stores else {
        return Ok(());
    };
    let faults = app.unknown_stores(tenant, stores).await?;
    if faults.is_empty() {
        Ok(())
    } else {
        Err(Problem::invalid(faults))
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
            restrictions: unstored.terms.restrictions.clone(),
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
