//! Make an endpoint.

use std::collections::BTreeSet;

use actix_web::HttpResponse;
use actix_web::web::Data;
use domain::fault::{Fault, FaultCode};
use domain::id::WebhookEndpointId;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::audit::{self, Actor, Entry};
use crate::auth::Caller;
use crate::auth::scope::WebhooksAdmin;
use crate::body::{Body, check_text};
use crate::clock;
use crate::config::{MAX_BODY_BYTES, MAX_WEBHOOK_ENDPOINTS_PER_TENANT};
use crate::db::{Db, TenantNumber};
use crate::outbound::{Allowed, Destination, Unreachable};
use crate::outbox::EventType;
use crate::outbox::store::{lock_endpoints, note_endpoints};
use crate::problem::{Problem, ProblemKind, Problems};

use super::store::InsertEndpoint;
use super::{WebhookEndpoint, WebhookEndpointWithSecret, store};

const MAX_DESCRIPTION_CHARACTERS: usize = 200;

/// An endpoint to be made.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewWebhookEndpoint {
    /// What is called: https, on port 443 or 8443 of a public address.
    #[schema(max_length = 2048, examples("https://example.com/tamaru"))]
    pub(crate) url: String,
    /// What it shall hear of; left out or empty: of everything, also of what comes later.
    #[serde(default)]
    pub(crate) events: Vec<EventType>,
    /// What people call it.
    #[schema(min_length = 1, max_length = 200)]
    pub(crate) description: Option<String>,
}

impl NewWebhookEndpoint {
    async fn check(&self, allowed: &Allowed) -> Result<(), Problem> {
        let mut faults = Vec::new();
        if let Some(text) = &self.description {
            faults.extend(check_text("/description", text, MAX_DESCRIPTION_CHARACTERS));
        }
        let distinct: BTreeSet<EventType> = self.events.iter().copied().collect();
        if distinct.len() != self.events.len() {
            let detail = "Name each type once.";
            faults.push(Fault::new("/events", FaultCode::Duplicate, detail));
        }
        if !faults.is_empty() {
            return Err(Problem::invalid(faults));
        }
        let destination = Destination::parse(&self.url, allowed).map_err(not_allowed)?;
        // A name that nobody knows yet may be known later; it is looked at again with every delivery.
        match destination.addresses().await {
            Err(Unreachable::Blocked) => Err(not_allowed("Use a name of public addresses only.")),
            Err(Unreachable::Unresolvable) | Ok(_) => Ok(()),
        }
    }
}

fn not_allowed(detail: &str) -> Problem {
    let mut problem = Problem::new(ProblemKind::UrlNotAllowed, detail);
    problem.errors = vec![Fault::new("/url", FaultCode::InvalidValue, detail)];
    problem
}

/// Make a webhook endpoint
///
/// Events that begin after the answer are sent there, signed as Standard Webhooks has it. The secret is in this answer
/// only. Each event arrives at least once; `data.version` tells the order of a member's.
#[utoipa::path(
    post,
    path = "/v1/webhook-endpoints",
    operation_id = "create_webhook_endpoint",
    tag = "webhooks",
    request_body = NewWebhookEndpoint,
    responses((status = 201, description = "The endpoint with its secret.", body = WebhookEndpointWithSecret), Problems),
    extensions(("x-scopes" = json!(["webhooks:admin"])))
)]
pub(crate) async fn create(
    app: Data<App>,
    caller: Caller<WebhooksAdmin>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let new: NewWebhookEndpoint = body.json(MAX_BODY_BYTES).await?;
    let (db, tenant, allowed) = (
        app.db.clone(),
        caller.tenant,
        app.config.webhook_allow.clone(),
    );
    let actor = Actor::caller(&caller);
    let make = async move {
        new.check(&allowed).await?;
        open(&db, tenant, new, actor).await
    };
    let made = app.db.run(make).await??;
    let location = format!("/v1/webhook-endpoints/{}", made.id);
    let TenantNumber(number) = caller.tenant;
    Ok(HttpResponse::Created()
        .insert_header(("Location", location))
        .json(made.with_secret(&app.secrets, number)?))
}

async fn open(
    db: &Db,
    tenant: TenantNumber,
    new: NewWebhookEndpoint,
    actor: Actor,
) -> Result<WebhookEndpoint, Problem> {
    let tx = db.tenant(tenant).await?;
    lock_endpoints(&tx).await?;
    if store::count(&tx).await? >= MAX_WEBHOOK_ENDPOINTS_PER_TENANT {
        let detail = format!(
            "A tenant may have {MAX_WEBHOOK_ENDPOINTS_PER_TENANT} webhook endpoints; delete one."
        );
        return Err(Problem::new(ProblemKind::QuotaExceeded, detail));
    }
    let id = WebhookEndpointId::from_uuid(clock::new_id());
    let insert = InsertEndpoint {
        tenant: tx.number(),
        id: id.uuid(),
        url: new.url,
        events: new.events.iter().map(|kind| kind.as_str()).collect(),
        description: new.description,
    };
    insert.run(&tx).await?;
    note_endpoints(&tx).await?;
    let made = store::by_id(&tx, id).await?;
    let made = made.ok_or_else(|| Problem::internal(&"the tenant has no anchor row"))?;
    let entry = Entry::new(actor, "webhook_endpoint.created", &id).made(&made);
    audit::record(&tx, entry).await?;
    tx.commit().await?;
    Ok(made)
}
