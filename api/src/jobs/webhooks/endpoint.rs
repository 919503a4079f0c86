//! Serving one endpoint: run after run, until nothing is due or nothing arrives.

use std::sync::Arc;

use domain::id::WebhookEndpointId;
use serde_json::json;
use uuid::Uuid;

use super::post::{Message, Tried, send};
use super::store::{
    DisableEndpoint, DueDeliveries, KeepEndpoint, NoteFailure, NoteSuccess, RecordDeliveries,
    ReleaseEndpoint,
};
use super::{Claim, Deliverer, schedule};
use crate::audit::{self, Actor, Entry};
use crate::clock;
use crate::db::{DbError, TenantConn};
use crate::outbound::sign::SigningSecret;
use crate::outbound::{Destination, PostFailure, Reply};
use crate::outbox::store::{lock_endpoints, note_endpoints};

/// Messages of one run.
const RUN: i64 = 200;
/// While nothing arrives one message is enough to learn whether that goes on.
const PROBE: i64 = 1;
/// The receiver says that it is gone for good.
const GONE: u16 = 410;

/// An endpoint as it is in one run.
struct Endpoint {
    url: String,
    secrets: Vec<SigningSecret>,
    failures: i32,
}

impl Deliverer {
    /// Serve an endpoint that was claimed; how many messages were tried.
    pub(super) async fn serve(&self, claim: Claim) -> Result<u64, DbError> {
        let mut tried: u64 = 0;
        loop {
            let Some((endpoint, messages)) = self.due(claim).await? else {
                return Ok(tried);
            };
            let all = self.send(&endpoint, messages).await?;
            tried = tried.saturating_add(u64::try_from(all.len()).unwrap_or(0));
            if !self.record(claim, &endpoint, all).await? {
                return Ok(tried);
            }
        }
    }

    /// What is due; none when nothing is, and then the endpoint is left to others.
    async fn due(&self, claim: Claim) -> Result<Option<(Endpoint, Vec<Message>)>, DbError> {
        let tx = self.db.tenant(claim.tenant).await?;
        let (tenant, endpoint) = (tx.number(), claim.endpoint);
        let kept = KeepEndpoint { tenant, endpoint }.all(&tx).await?.pop();
        let Some((url, secret, has_previous, failures)) = kept else {
            tx.commit().await?;
            return Ok(None);
        };
        let limit = if failures > 0 { PROBE } else { RUN };
        let due = DueDeliveries {
            tenant,
            endpoint,
            limit,
        };
        let due = due.all(&tx).await?;
        if due.is_empty() {
            ReleaseEndpoint { tenant, endpoint }.run(&tx).await?;
        }
        tx.commit().await?;
        if due.is_empty() {
            return Ok(None);
        }
        let message = |(event, attempts, kind, recorded_at, data)| {
            let recorded_at: crate::db::time::SqlInstant = recorded_at;
            Message {
                event,
                attempts,
                kind,
                recorded_at: recorded_at.into(),
                data,
            }
        };
        let endpoint = Endpoint {
            url,
            secrets: self.secrets_of(claim, secret, has_previous == Some(true))?,
            failures,
        };
        Ok(Some((endpoint, due.into_iter().map(message).collect())))
    }

    fn secrets_of(
        &self,
        claim: Claim,
        present: i32,
        has_previous: bool,
    ) -> Result<Vec<SigningSecret>, DbError> {
        let previous = has_previous.then_some(present.saturating_sub(1));
        let numbers = [Some(present), previous].into_iter().flatten();
        let secret = |number| {
            SigningSecret::of_endpoint(&self.secrets, claim.tenant.0, claim.endpoint, number)
                .map_err(|error| DbError::Failed(error.to_string()))
        };
        numbers.map(secret).collect()
    }

    async fn send(
        &self,
        endpoint: &Endpoint,
        messages: Vec<Message>,
    ) -> Result<Vec<Tried>, DbError> {
        match Destination::parse(&endpoint.url, &self.allowed) {
            Ok(destination) => {
                let secrets = endpoint.secrets.clone();
                send(&Arc::new(destination), &self.tls, secrets, messages).await
            }
            // The operator does not vouch for it any more.
            Err(_refused) => {
                let blocked = |message: Message| Tried {
                    event: message.event,
                    attempts: message.attempts.saturating_add(1),
                    outcome: Err(PostFailure::Blocked),
                };
                Ok(messages.into_iter().map(blocked).collect())
            }
        }
    }

    /// Note what became of a run; whether the endpoint is to be served on.
    async fn record(
        &self,
        claim: Claim,
        endpoint: &Endpoint,
        all: Vec<Tried>,
    ) -> Result<bool, DbError> {
        let tx = self.db.tenant(claim.tenant).await?;
        let has_arrived = all.iter().any(|tried| tried.outcome.is_ok());
        let is_gone = all.iter().any(|tried| {
            matches!(&tried.outcome, Err(PostFailure::Refused(reply)) if reply.status == GONE)
        });
        if !has_arrived || is_gone {
            // Before the rows of the endpoint, in the order of those who change it by hand.
            lock_endpoints(&tx).await?;
        }
        record_all(&tx, claim.endpoint, all).await?;
        let (tenant, id) = (tx.number(), claim.endpoint);
        let goes_on = if has_arrived && !is_gone {
            let endpoint = id;
            NoteSuccess { tenant, endpoint }.run(&tx).await?;
            true
        } else {
            let failure = NoteFailure {
                tenant,
                endpoint: id,
                pause: schedule::pause_after(endpoint.failures.saturating_add(1), random()),
            };
            let is_over = failure.all(&tx).await?.pop() == Some((true,));
            let reason = [(is_gone, "gone"), (is_over, "failing")];
            if let Some((_, reason)) = reason.into_iter().find(|(is_so, _)| *is_so) {
                disable(&tx, id, reason).await?;
            }
            false
        };
        tx.commit().await?;
        Ok(goes_on)
    }
}

async fn disable(tx: &TenantConn, endpoint: Uuid, reason: &'static str) -> Result<(), DbError> {
    let disable = DisableEndpoint {
        tenant: tx.number(),
        endpoint,
        reason,
    };
    if disable.run(tx).await? == 0 {
        return Ok(());
    }
    note_endpoints(tx).await?;
    let id = WebhookEndpointId::from_uuid(endpoint);
    let (before, after) = (
        json!({"is_enabled": true}),
        json!({"is_enabled": false, "disabled_reason": reason}),
    );
    let entry = Entry::new(Actor::system(), "webhook_endpoint.disabled", &id);
    audit::record(tx, entry.changed(before, after)).await
}

async fn record_all(tx: &TenantConn, endpoint: Uuid, all: Vec<Tried>) -> Result<(), DbError> {
    let n = all.len();
    let mut columns = RecordDeliveries {
        tenant: tx.number(),
        endpoint,
        event: Vec::with_capacity(n),
        status: Vec::with_capacity(n),
        attempts: Vec::with_capacity(n),
        delay: Vec::with_capacity(n),
        response_status: Vec::with_capacity(n),
        response_body: Vec::with_capacity(n),
        error: Vec::with_capacity(n),
    };
    for tried in all {
        let error = tried.outcome.as_ref().err().map(ToString::to_string);
        let again = schedule::retry_after(tried.attempts, random());
        columns.event.push(tried.event);
        columns.status.push(match (&error, again) {
            (None, _) => "delivered",
            (Some(_), Some(_)) => "pending",
            (Some(_), None) => "failed",
        });
        columns.attempts.push(tried.attempts);
        columns.delay.push(again.unwrap_or(0));
        let reply = reply_of(tried.outcome);
        let status = reply.as_ref().map(|reply| i32::from(reply.status));
        columns.response_status.push(status);
        columns.response_body.push(reply.map(|reply| reply.body));
        columns.error.push(error);
    }
    columns.run(tx).await?;
    Ok(())
}

fn reply_of(outcome: Result<Reply, PostFailure>) -> Option<Reply> {
    match outcome {
        Ok(reply) | Err(PostFailure::Redirect(reply) | PostFailure::Refused(reply)) => Some(reply),
        Err(_) => None,
    }
}

/// Without randomness everybody waits equally long.
fn random() -> u8 {
    let mut byte = [0];
    match clock::fill_random(&mut byte) {
        Ok(()) => byte.first().copied().unwrap_or_default(),
        Err(_none) => 0,
    }
}
