//! Change a store.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use domain::id::StoreId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::app::App;
use crate::audit::{self, Actor, Entry};
use crate::auth::Caller;
use crate::auth::scope::TenantAdmin;
use crate::body::{Body, from_document, merge_patch};
use crate::config::MAX_BODY_BYTES;
use crate::db::{Db, TenantNumber};
use crate::problem::{Problem, Problems};
use crate::revision::IfMatch;

use super::store::UpdateStore;
use super::{Store, bump, faults, store, store_id};

/// What may change of a store; its code stays, as receipts name it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoreChange {
    /// What people call it.
    #[schema(min_length = 1, max_length = 200, required = false)]
    pub(crate) name: String,
    /// Makes the business dates of its receipts; null: the tenant's zone.
    pub(crate) time_zone: Option<String>,
}

/// Change a store
///
/// JSON merge patch (RFC 7396). The code stays. `If-Match` is optional. Business dates of recorded receipts stay.
#[utoipa::path(
    patch,
    path = "/v1/stores/{id}",
    operation_id = "update_store",
    tag = "stores",
    params(
        ("id" = StoreId, Path, description = "The store."),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that was read."),
    ),
    request_body = StoreChange,
    responses((status = 200, description = "The changed store.", body = Store), Problems),
    extensions(("x-scopes" = json!(["tenant:admin"])))
)]
pub(crate) async fn update(
    app: Data<App>,
    caller: Caller<TenantAdmin>,
    path: (Path<String>, IfMatch),
    body: Body,
) -> Result<HttpResponse, Problem> {
    let (id, condition) = path;
    let change = Change {
        id: store_id(&id)?,
        condition,
        patch: body.raw_json(MAX_BODY_BYTES).await?,
    };
    let (db, tenant, actor) = (app.db.clone(), caller.tenant, Actor::caller(&caller));
    let changed = app
        .db
        .run(async move { change.write(&db, tenant, actor).await })
        .await??;
    Ok(changed.answer())
}

struct Change {
    id: StoreId,
    condition: IfMatch,
    patch: Value,
}

impl Change {
    async fn write(self, db: &Db, tenant: TenantNumber, actor: Actor) -> Result<Store, Problem> {
        let tx = db.tenant(tenant).await?;
        let present = store::locked_by_id(&tx, self.id).await?;
        let present = present.ok_or_else(Problem::not_found)?;
        self.condition.check(present.revision)?;
        let mut document = serde_json::json!({
            "name": present.name,
            "time_zone": present.time_zone,
        });
        merge_patch(&mut document, self.patch);
        let change: StoreChange = from_document(document)?;
        let faults = faults(&change.name, change.time_zone.as_deref());
        if !faults.is_empty() {
            return Err(Problem::invalid(faults));
        }
        let update = UpdateStore {
            tenant: tx.number(),
            id: self.id.uuid(),
            name: change.name.clone(),
            time_zone: change.time_zone.clone(),
        };
        if update.run(&tx).await? != 1 {
            return Err(Problem::internal(&"a locked store could not be changed"));
        }
        bump(&tx).await?;
        let changed = Store {
            name: change.name,
            time_zone: change.time_zone,
            revision: present.revision.saturating_add(1),
            ..present.clone()
        };
        let entry = Entry::new(actor, "store.updated", &self.id).changed(&present, &changed);
        audit::record(&tx, entry).await?;
        tx.commit().await?;
        Ok(changed)
    }
}
