//! Where a tenant wants to hear of events. Workers deliver; here endpoints are made, looked at and taken away.

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod deliveries;
pub(crate) mod enable;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod rotate;
mod store;

use domain::id::WebhookEndpointId;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::outbound::sign::SigningSecret;
use crate::outbox::EventType;
use crate::problem::Problem;
use crate::secrets::Secrets;

/// Where a tenant wants to hear of events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct WebhookEndpoint {
    /// Its id.
    pub(crate) id: WebhookEndpointId,
    /// What is called.
    pub(crate) url: String,
    /// What it hears of; empty: of everything.
    pub(crate) events: Vec<EventType>,
    /// What people call it.
    pub(crate) description: Option<String>,
    /// Whether events are sent there.
    pub(crate) is_enabled: bool,
    /// When it was made.
    pub(crate) created_at: Timestamp,
    /// When it was switched off by itself.
    pub(crate) disabled_at: Option<Timestamp>,
    /// Why: `failing` for five days, or `gone` as the receiver said.
    pub(crate) disabled_reason: Option<String>,
    /// Since when nothing arrives there; null while something does.
    pub(crate) failing_since: Option<Timestamp>,
    /// Until when each message is also signed with the secret of before.
    pub(crate) previous_secret_until: Option<Timestamp>,
    /// Which secret it has.
    #[serde(skip)]
    pub(crate) secret_number: i32,
}

/// An endpoint with a secret that was just made. It is shown this once and can't be read again.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct WebhookEndpointWithSecret {
    /// The endpoint as it is listed.
    #[serde(flatten)]
    pub(crate) endpoint: WebhookEndpoint,
    /// What its messages are signed with, as Standard Webhooks has it.
    #[schema(examples("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="))]
    pub(crate) secret: String,
}

impl WebhookEndpoint {
    /// With its present secret.
    fn with_secret(
        self,
        secrets: &Secrets,
        tenant: i64,
    ) -> Result<WebhookEndpointWithSecret, Problem> {
        let (id, number) = (self.id.uuid(), self.secret_number);
        let secret = SigningSecret::of_endpoint(secrets, tenant, id, number)
            .map_err(|error| Problem::internal(&error))?;
        Ok(WebhookEndpointWithSecret {
            endpoint: self,
            secret: secret.shown(),
        })
    }
}

fn endpoint_id(text: &str) -> Result<WebhookEndpointId, Problem> {
    text.parse().map_err(|_other| Problem::not_found())
}
