//! Open a store.

use actix_web::HttpResponse;
use actix_web::web::Data;
use domain::fault::{Fault, FaultCode};
use domain::id::StoreId;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::audit::{self, Actor, Entry};
use crate::auth::Caller;
use crate::auth::scope::TenantAdmin;
use crate::body::{Body, check_text};
use crate::clock;
use crate::config::{MAX_BODY_BYTES, MAX_STORES_PER_TENANT};
use crate::db::{Db, TenantNumber};
use crate::problem::{Problem, ProblemKind, Problems};
use crate::revision::etag;

use super::store::InsertStore;
use super::{MAX_TEXT_CHARACTERS, Store, bump, faults, store};

/// A store to be opened.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewStore {
    /// What receipts call it; it stays for good.
    #[schema(min_length = 1, max_length = 200, examples("shibuya"))]
    pub(crate) code: String,
    /// What people call it.
    #[schema(min_length = 1, max_length = 200, examples("Shibuya"))]
    pub(crate) name: String,
    /// Makes the business dates of its receipts; null: the tenant's zone.
    #[schema(examples("Asia/Tokyo"))]
    pub(crate) time_zone: Option<String>,
}

impl NewStore {
    fn check(&self) -> Result<(), Problem> {
        let mut all = check_text("/code", &self.code, MAX_TEXT_CHARACTERS);
        if self.code.trim() != self.code {
            let detail = "Leave out the spaces around the code.";
            all.push(Fault::new("/code", FaultCode::InvalidValue, detail));
        }
        all.extend(faults(&self.name, self.time_zone.as_deref()));
        if all.is_empty() {
            Ok(())
        } else {
            Err(Problem::invalid(all))
        }
    }
}

/// Open a store
///
/// Receipts name it by its code, which is unique within the tenant; widths and compositions of
/// characters make no difference (NFKC).
#[utoipa::path(
    post,
    path = "/v1/stores",
    operation_id = "create_store",
    tag = "stores",
    request_body = NewStore,
    responses((status = 201, description = "The store.", body = Store), Problems),
    extensions(("x-scopes" = json!(["tenant:admin"])))
)]
pub(crate) async fn create(
    app: Data<App>,
    caller: Caller<TenantAdmin>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let new: NewStore = body.json(MAX_BODY_BYTES).await?;
    new.check()?;
    let (db, tenant, actor) = (app.db.clone(), caller.tenant, Actor::caller(&caller));
    let created = app
        .db
        .run(async move { open(&db, tenant, new, actor).await })
        .await??;
    Ok(HttpResponse::Created()
        .insert_header(("Location", format!("/v1/stores/{}", created.id)))
        .insert_header(etag(created.revision))
        .json(created))
}

async fn open(
    db: &Db,
    tenant: TenantNumber,
    new: NewStore,
    actor: Actor,
) -> Result<Store, Problem> {
    let tx = db.tenant(tenant).await?;
    // The anchor first: it puts new stores of one tenant in a row.
    bump(&tx).await?;
    if store::has_lookalike(&tx, &new.code).await? {
        let detail = "Another store of the tenant has this code, or one that reads the same.";
        return Err(Problem::new(ProblemKind::CodeTaken, detail));
    }
    if store::count(&tx).await? >= MAX_STORES_PER_TENANT {
        let detail = format!("A tenant may have {MAX_STORES_PER_TENANT} stores.");
        return Err(Problem::new(ProblemKind::QuotaExceeded, detail));
    }
    let id = StoreId::from_uuid(clock::new_id());
    let insert = InsertStore {
        tenant: tx.number(),
        id: id.uuid(),
        code: new.code.clone(),
        name: new.name.clone(),
        time_zone: new.time_zone.clone(),
    };
    let added = insert.all(&tx).await?;
    let (created_at,) = added
        .into_iter()
        .next()
        .ok_or_else(|| Problem::internal(&"the tenant has no anchor row"))?;
    let made = Store {
        id,
        code: new.code,
        name: new.name,
        time_zone: new.time_zone,
        created_at: created_at.into(),
        revision: 1,
    };
    let entry = Entry::new(actor, "store.created", &id).made(&made);
    audit::record(&tx, entry).await?;
    tx.commit().await?;
    Ok(made)
}
