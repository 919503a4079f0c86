//! Change a tenant.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use domain::id::TenantId;
use serde_json::Value;

use crate::app::App;
use crate::audit::{self, Actor, Entry};
use crate::auth::Operator;
use crate::body::{Body, from_document, merge_patch};
use crate::catalog::BumpRevision;
use crate::config::MAX_BODY_BYTES;
use crate::db::{Db, DbError, TenantConn, TenantNumber};
use crate::problem::{Problem, ProblemKind, Problems};
use crate::revision::IfMatch;

use super::create::NewTenant;
use super::get::answer;
use super::{Tenant, TenantLimits, TenantSettings, limits_in, store, tenant_id};

/// Change a tenant
///
/// JSON merge patch (RFC 7396) over settings and limits. `If-Match` is required. The currency stays once a purchase is recorded.
#[utoipa::path(
    patch,
    path = "/v1/tenants/{id}",
    operation_id = "update_tenant",
    tag = "tenants",
    params(
        ("id" = TenantId, Path, description = "The tenant."),
        ("If-Match" = String, Header, description = "The `ETag` that was read."),
    ),
    request_body(content = NewTenant, description = "What to change; what is left out stays."),
    responses((status = 200, description = "The changed tenant.", body = Tenant), Problems),
    extensions(("x-scopes" = json!(["operator"])))
)]
pub(crate) async fn update(
    app: Data<App>,
    _operator: Operator,
    path: (Path<String>, IfMatch),
    body: Body,
) -> Result<HttpResponse, Problem> {
    let (id, condition) = path;
    let change = Change {
        id: tenant_id(&id)?,
        condition,
        patch: body.raw_json(MAX_BODY_BYTES).await?,
        may: MayChange::LimitsToo,
        actor: Actor::operator(),
    };
    change.apply(&app).await
}

/// What a caller may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MayChange {
    /// A tenant, its own settings.
    Settings,
    /// The operator, the limits as well.
    LimitsToo,
}

/// A patch of one tenant on a condition.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) id: TenantId,
    pub(super) condition: IfMatch,
    pub(super) patch: Value,
    pub(super) may: MayChange,
    pub(super) actor: Actor,
}

impl Change {
    pub(super) async fn apply(self, app: &App) -> Result<HttpResponse, Problem> {
        let db = app.db.clone();
        let changed = app.db.run(async move { self.write(&db).await }).await??;
        app.keys.refresh_soon();
        Ok(answer(&changed))
    }

    async fn write(self, db: &Db) -> Result<Tenant, Problem> {
        let control = db.control().await?;
        let Some(present) = store::locked_by_id(&control, self.id).await? else {
            return Err(Problem::not_found());
        };
        self.condition.require(present.revision)?;
        let (settings, limits) = patched(&present, self.patch, self.may)?;
        let tx = control.into_tenant(TenantNumber(present.number)).await?;
        if settings.currency != present.settings.currency && store::has_purchases(&tx).await? {
            let detail = "The currency stays once a purchase is recorded; make another tenant.";
            return Err(Problem::new(ProblemKind::InvalidState, detail));
        }
        store::update(&tx, &settings, limits).await?;
        if limits != present.limits {
            store::limit_twin(&tx, limits).await?;
        }
        bump(&tx).await?;
        let changed = store::by_id(&tx, self.id).await?;
        let changed = changed.ok_or_else(Problem::not_found)?;
        let entry = Entry::new(self.actor, "tenant.updated", &self.id).changed(&present, &changed);
        audit::record(&tx, entry).await?;
        tx.commit().await?;
        Ok(changed)
    }
}

async fn bump(tx: &TenantConn) -> Result<(), DbError> {
    let bump = BumpRevision {
        tenant: tx.number(),
    };
    match bump.run(tx).await? {
        1 => Ok(()),
        _ => Err(DbError::Failed("the tenant has no anchor row".into())),
    }
}

/// The present settings and limits with the patch over them, checked as a whole.
fn patched(
    present: &Tenant,
    mut patch: Value,
    may: MayChange,
) -> Result<(TenantSettings, TenantLimits), Problem> {
    let mut limits = present.limits;
    if may == MayChange::LimitsToo
        && let Some(change) = patch
            .as_object_mut()
            .and_then(|patch| patch.remove("limits"))
    {
        let mut document = serde_json::json!({"limits": present.limits});
        merge_patch(&mut document, serde_json::json!({"limits": change}));
        limits = limits_in(&mut document)?.unwrap_or_default();
    }
    let mut document =
        serde_json::to_value(&present.settings).map_err(|error| Problem::internal(&error))?;
    merge_patch(&mut document, patch);
    let settings: TenantSettings = from_document(document)?;
    let mut faults = settings.faults();
    faults.extend(limits.faults());
    if faults.is_empty() {
        Ok((settings, limits))
    } else {
        Err(Problem::invalid(faults))
    }
}
