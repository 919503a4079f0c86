//! Make a tenant with its sandbox twin and a first key for each.

use actix_web::HttpResponse;
use actix_web::web::Data;
use domain::id::TenantId;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::app::App;
use crate::audit::{self, Actor, Entry};
use crate::auth::Operator;
use crate::auth::api_key::Mode;
use crate::auth::issue::{IssuedKey, KeyTerms, UnstoredKey};
use crate::auth::restrictions::Restrictions;
use crate::auth::scope::Scopes;
use crate::body::{Body, from_document};
use crate::clock;
use crate::config::MAX_BODY_BYTES;
use crate::db::{Db, DbError, TenantNumber};
use crate::problem::{Problem, Problems};
use crate::revision::etag;

use super::{Tenant, TenantLimits, TenantSettings, TenantStatus, limits_in, store};

/// A tenant to be made.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct NewTenant {
    /// What it says about itself.
    #[serde(flatten)]
    pub(crate) settings: TenantSettings,
    /// What the operator allows.
    #[schema(required = false)]
    pub(crate) limits: TenantLimits,
}

impl NewTenant {
    /// Both parts of the document, with every fault of either.
    pub(crate) fn parse(mut document: Value) -> Result<Self, Problem> {
        let limits = limits_in(&mut document)?.unwrap_or_default();
        let settings: TenantSettings = from_document(document)?;
        let mut faults = settings.faults();
        faults.extend(limits.faults());
        if faults.is_empty() {
            Ok(Self { settings, limits })
        } else {
            Err(Problem::invalid(faults))
        }
    }
}

/// A tenant that was just made. The secrets are shown this once.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct CreatedTenant {
    /// The live tenant.
    #[serde(flatten)]
    pub(crate) tenant: Tenant,
    /// Its first key, with every scope.
    pub(crate) api_key: IssuedKey,
    /// Its twin for trying things out.
    pub(crate) sandbox: CreatedSandbox,
}

/// The sandbox twin of a tenant that was just made.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct CreatedSandbox {
    /// Its id.
    pub(crate) id: TenantId,
    /// Its first key, with every scope.
    pub(crate) api_key: IssuedKey,
}

/// Make a tenant
///
/// Makes a retailer, its sandbox twin with separate data, and a key with every scope for each. The secrets are shown this once.
#[utoipa::path(
    post,
    path = "/v1/tenants",
    operation_id = "create_tenant",
    tag = "tenants",
    request_body = NewTenant,
    responses((status = 201, description = "The tenant, with the secrets of both first keys.", body = CreatedTenant), Problems),
    extensions(("x-scopes" = json!(["operator"])))
)]
pub(crate) async fn create(
    app: Data<App>,
    _operator: Operator,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let new = NewTenant::parse(body.raw_json(MAX_BODY_BYTES).await?)?;
    let live_key = first_key(&app, Mode::Live).await?;
    let test_key = first_key(&app, Mode::Test).await?;
    let twins = Twins {
        new,
        live_key,
        test_key,
    };
    let db = app.db.clone();
    let created = app.db.run(async move { twins.store(&db).await }).await??;
    let location = format!("/v1/tenants/{}", created.tenant.id);
    tracing::info!(tenant.id = %created.tenant.id, "a tenant was made");
    Ok(HttpResponse::Created()
        .insert_header(("Location", location))
        .insert_header(etag(created.tenant.revision))
        .json(created))
}

async fn first_key(app: &App, mode: Mode) -> Result<UnstoredKey, Problem> {
    let terms = KeyTerms {
        mode,
        name: "First key".to_owned(),
        scopes: Scopes::all(),
        restrictions: Restrictions::default(),
        expires_at: None,
        created_by: None,
        replaces: None,
    };
    UnstoredKey::make(&app.keys, terms).await
}

struct Twins {
    new: NewTenant,
    live_key: UnstoredKey,
    test_key: UnstoredKey,
}

impl Twins {
    /// Both tenants, their anchors and their keys, all or nothing.
    async fn store(self, db: &Db) -> Result<CreatedTenant, DbError> {
        let control = db.control().await?;
        let NewTenant { settings, limits } = self.new;
        let id = TenantId::from_uuid(clock::new_id());
        let twin = TenantId::from_uuid(clock::new_id());
        let (number, created_at) = store::insert(&control, id, None, &settings, limits).await?;
        let (twin_number, _) =
            store::insert(&control, twin, Some(number), &settings, limits).await?;
        self.live_key.store(&control, TenantNumber(number)).await?;
        self.test_key
            .store(&control, TenantNumber(twin_number))
            .await?;
        let tx = control.into_tenant(TenantNumber(number)).await?;
        store::insert_anchor(&tx).await?;
        let made = |id: TenantId| {
            let operator = Actor::operator();
            Entry::new(operator, "tenant.created", &id).made(&settings)
        };
        audit::record(&tx, made(id)).await?;
        let control = tx.into_control().await?;
        let tx = control.into_tenant(TenantNumber(twin_number)).await?;
        store::insert_anchor(&tx).await?;
        audit::record(&tx, made(twin)).await?;
        tx.commit().await?;
        Ok(CreatedTenant {
            tenant: Tenant {
                id,
                settings,
                limits,
                status: TenantStatus::Active,
                sandbox_of: None,
                created_at,
                revision: 1,
                number,
            },
            api_key: self.live_key.issued,
            sandbox: CreatedSandbox {
                id: twin,
                api_key: self.test_key.issued,
            },
        })
    }
}
