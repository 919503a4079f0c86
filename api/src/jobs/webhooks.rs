//! Deliveries of webhooks: events that wait are shared out to the endpoints that want to hear of them, and each endpoint
//! is served by one worker at a time, which sends no more than a few messages at once. A worker that dies leaves its
//! endpoints to others after a while; what it had sent and not noted arrives once more.

mod endpoint;
mod post;
mod schedule;
pub(super) mod store;

use std::time::Duration;

use tokio::task::JoinSet;
use uuid::Uuid;

use crate::db::{Db, DbError, TenantConn, TenantNumber};
use crate::outbound::{Allowed, Tls};
use crate::secrets::Secrets;
use store::{ClaimEndpoints, Dispatch, MarkDispatched, TenantsWithWebhooks, WaitingEvents};

/// How often a worker looks for events that wait.
const ROUND: Duration = Duration::from_millis(500);
/// Events that are shared out in one transaction.
const DISPATCHED_AT_ONCE: i64 = 1_000;
/// Endpoints that one worker serves at the same time.
const MAX_ENDPOINTS: usize = 256;

/// Delivers webhooks; cheap to clone.
#[derive(Debug, Clone)]
pub struct Deliverer {
    db: Db,
    secrets: Secrets,
    allowed: Allowed,
    tls: Tls,
}

/// An endpoint that this worker has for a while.
#[derive(Debug, Clone, Copy)]
struct Claim {
    tenant: TenantNumber,
    endpoint: Uuid,
}

impl Deliverer {
    /// With secrets of the same master key as the nodes', or receivers would not know the signatures.
    pub fn new(db: Db, secrets: Secrets, allowed: Allowed) -> Result<Self, DbError> {
        let tls = Tls::new().map_err(|error| DbError::Failed(error.to_string()))?;
        Ok(Self {
            db,
            secrets,
            allowed,
            tls,
        })
    }

    /// Deliver until the task is dropped. A receiver that hangs holds up nobody but itself.
    pub async fn run(self) {
        let mut rounds = tokio::time::interval(ROUND);
        rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut under_way = JoinSet::new();
        loop {
            rounds.tick().await;
            while let Some(ended) = under_way.try_join_next() {
                note(ended);
            }
            if let Err(error) = self.start(&mut under_way).await {
                tracing::warn!(cause = %error, "webhooks could not be looked for");
            }
        }
    }

    /// Deliver what is due now; how many messages were tried.
    pub async fn round(&self) -> Result<u64, DbError> {
        let mut under_way = JoinSet::new();
        self.start(&mut under_way).await?;
        let mut tried: u64 = 0;
        while let Some(ended) = under_way.join_next().await {
            tried = tried.saturating_add(note(ended));
        }
        Ok(tried)
    }

    /// Share out what waits, and begin to serve every endpoint that has something due and is nobody's.
    async fn start(
        &self,
        under_way: &mut JoinSet<(Claim, Result<u64, DbError>)>,
    ) -> Result<(), DbError> {
        let control = self.db.control().await?;
        let tenants = (TenantsWithWebhooks {}).all(&control).await?;
        control.commit().await?;
        for (tenant,) in tenants {
            let tenant = TenantNumber(tenant);
            let room = MAX_ENDPOINTS.saturating_sub(under_way.len());
            let claims = self.claim(tenant, room).await.unwrap_or_else(|error| {
                tracing::warn!(tenant = tenant.0, cause = %error, "webhooks of a tenant wait");
                Vec::new()
            });
            for claim in claims {
                under_way.spawn(self.clone().take(claim));
            }
        }
        Ok(())
    }

    async fn take(self, claim: Claim) -> (Claim, Result<u64, DbError>) {
        (claim, self.serve(claim).await)
    }

    async fn claim(&self, tenant: TenantNumber, room: usize) -> Result<Vec<Claim>, DbError> {
        let tx = self.db.tenant(tenant).await?;
        while dispatch(&tx).await? == DISPATCHED_AT_ONCE {}
        let claim = ClaimEndpoints {
            tenant: tx.number(),
            limit: i64::try_from(room).unwrap_or(i64::MAX),
        };
        let claimed = claim.all(&tx).await?;
        tx.commit().await?;
        let claim = |(endpoint,)| Claim { tenant, endpoint };
        Ok(claimed.into_iter().map(claim).collect())
    }
}

/// Make a delivery of each waiting event for each endpoint that wants it; how many events they were.
async fn dispatch(tx: &TenantConn) -> Result<i64, DbError> {
    let tenant = tx.number();
    let limit = DISPATCHED_AT_ONCE;
    let events = WaitingEvents { tenant, limit }.all(tx).await?;
    let events: Vec<Uuid> = events.into_iter().map(|(event,)| event).collect();
    let found = i64::try_from(events.len()).unwrap_or(i64::MAX);
    if found > 0 {
        let deliveries = Dispatch {
            tenant,
            events: events.clone(),
        };
        deliveries.run(tx).await?;
        MarkDispatched { tenant, events }.run(tx).await?;
    }
    Ok(found)
}

fn note(ended: Result<(Claim, Result<u64, DbError>), tokio::task::JoinError>) -> u64 {
    match ended {
        Ok((_, Ok(tried))) => tried,
        Ok((claim, Err(error))) => {
            tracing::warn!(tenant = claim.tenant.0, cause = %error, "an endpoint is served later");
            0
        }
        Err(error) => {
            tracing::error!(cause = %error, "serving an endpoint ended badly");
            0
        }
    }
}
