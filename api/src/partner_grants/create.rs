//! Let a partner do something.

use actix_web::HttpResponse;
use actix_web::web::Data;
use domain::fault::{Fault, FaultCode};
use domain::id::{PartnerGrantId, PartnerId};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::audit::{self, Actor, Entry};
use crate::auth::restrictions::Restrictions;
use crate::auth::scope::{KeysAdmin, Scope, Scopes};
use crate::auth::{Caller, Principal};
use crate::body::Body;
use crate::clock;
use crate::config::{MAX_BODY_BYTES, MAX_PARTNER_GRANTS_PER_TENANT};
use crate::db::Db;
use crate::problem::{Problem, ProblemKind, Problems};

use super::store::InsertGrant;
use super::{PartnerGrant, store};

/// A grant to be made.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPartnerGrant {
    /// The partner's id, `par_…`, which the partner tells you.
    #[schema(examples("par_01k3z8q4v5e7r9t2y4a6b8c0d1"))]
    pub(crate) partner: String,
    /// What it may do; no more than the calling key, and never `keys:admin`.
    #[schema(min_items = 1)]
    pub(crate) scopes: Vec<Scope>,
    /// Codes of the only stores for which it may; left out: every store.
    #[schema(min_items = 1, max_items = 1000)]
    pub(crate) stores: Option<Vec<String>>,
}

impl NewPartnerGrant {
    /// The scopes as a set, and everything that is wrong.
    fn check(&self) -> (Scopes, Vec<Fault>) {
        let scopes: Scopes = self.scopes.iter().copied().collect();
        let restrictions = Restrictions {
            stores: self.stores.clone(),
            ..Restrictions::default()
        };
        let mut faults = restrictions.faults(scopes);
        let mut wrong = |code, detail: &str| faults.push(Fault::new("/scopes", code, detail));
        if self.scopes.is_empty() {
            wrong(FaultCode::Empty, "Name at least one scope.");
        }
        if scopes.to_vec().len() != self.scopes.len() && !self.scopes.is_empty() {
            wrong(FaultCode::Duplicate, "Name each scope once.");
        }
        if scopes.contains(Scope::KeysAdmin) {
            let detail =
                "A partner can't have `keys:admin`: keys that it made would outlive the grant.";
            wrong(FaultCode::InvalidValue, detail);
        }
        (scopes, faults)
    }
}

/// Let a partner act
///
/// The partner then gets tokens for this tenant that do what `scopes` say, for the stores named. A key can't grant
/// scopes that it lacks, nor more stores than its own. There is one grant to a partner at a time: end it to change it.
#[utoipa::path(
    post,
    path = "/v1/partner-grants",
    operation_id = "create_partner_grant",
    tag = "partners",
    request_body = NewPartnerGrant,
    responses((status = 201, description = "The grant.", body = PartnerGrant), Problems),
    extensions(("x-scopes" = json!(["keys:admin"])))
)]
pub(crate) async fn create(
    app: Data<App>,
    caller: Caller<KeysAdmin>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let new: NewPartnerGrant = body.json(MAX_BODY_BYTES).await?;
    let (scopes, mut faults) = new.check();
    if faults.is_empty()
        && let Some(stores) = &new.stores
    {
        faults = app.unknown_stores(caller.tenant, stores).await?;
    }
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    if caller.scopes.intersection(scopes) != scopes {
        return Err(Problem::new(
            ProblemKind::InsufficientScope,
            "The calling key lacks one of these scopes, so it can't grant it.",
        ));
    }
    let partner = new.partner.parse().map_err(|_no_id| unknown_partner())?;
    let terms = Terms {
        partner,
        scopes,
        stores: new.stores,
    };
    let (db, principal) = (app.db.clone(), Principal::clone(&caller));
    let granted = app
        .db
        .run(async move { keep(&db, &principal, terms).await })
        .await??;
    tracing::info!(grant.id = %granted.id, partner.id = %partner, "a partner was let in");
    Ok(HttpResponse::Created().json(granted))
}

struct Terms {
    partner: PartnerId,
    scopes: Scopes,
    stores: Option<Vec<String>>,
}

async fn keep(db: &Db, caller: &Principal, terms: Terms) -> Result<PartnerGrant, Problem> {
    let control = db.control().await?;
    if !store::is_partner(&control, terms.partner).await? {
        return Err(unknown_partner());
    }
    if store::count_present(&control, caller.tenant).await? >= MAX_PARTNER_GRANTS_PER_TENANT {
        let detail = format!("A tenant may have {MAX_PARTNER_GRANTS_PER_TENANT} grants; end one.");
        return Err(Problem::new(ProblemKind::QuotaExceeded, detail));
    }
    let id = PartnerGrantId::from_uuid(clock::new_id());
    let insert = InsertGrant {
        id: id.uuid(),
        tenant: caller.tenant.0,
        partner: terms.partner.uuid(),
        scopes: terms.scopes.names(),
        stores: terms.stores,
        created_by: caller.key.uuid(),
    };
    if insert.run(&control).await? == 0 {
        return Err(Problem::new(
            ProblemKind::InvalidState,
            "The partner has a grant already. End it, then make another one.",
        ));
    }
    let granted = store::one(&control, caller.tenant, id).await?;
    let granted = granted.ok_or_else(Problem::not_found)?;
    let tx = control.into_tenant(caller.tenant).await?;
    let entry = Entry::new(Actor::caller(caller), "partner_grant.created", &id).made(&granted);
    audit::record(&tx, entry).await?;
    tx.commit().await?;
    Ok(granted)
}

fn unknown_partner() -> Problem {
    Problem::invalid(vec![Fault::new(
        "/partner",
        FaultCode::UnknownReference,
        "There is no such partner; ask it for its id.",
    )])
}
