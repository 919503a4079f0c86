//! Deliveries of webhooks: events that wait are shared out to the endpoints that want to hear of them, and each endpoint
//! is served by one worker at a time, which sends no more than a few messages at once. A worker that dies leaves its
//! endpoints to others after a while; what it had sent and not noted arrives once more.

mod endpoint;
mod post;
mod schedule;
pub(super) mod store;

use std::collections::HashMap;
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
const DISPATCHED_AT_ONCE: i64 = 2_000;
/// Rounds in which a tenant that has nothing is passed over, at most: so many are asked for nothing otherwise.
const MAX_REST: u32 = 3;
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

/// Tenants that had nothing when they were last asked: rounds to pass over, and how many there are left of them.
#[derive(Debug, Default)]
struct Resting(HashMap<TenantNumber, (u32, u32)>);

impl Resting {
    /// Whether the tenant is passed over in this round.
    fn rests(&mut self, tenant: TenantNumber) -> bool {
        match self.0.get_mut(&tenant) {
            Some((_, left)) if *left > 0 => {
                *left = left.saturating_sub(1);
                true
            }
            _ => false,
        }
    }

    /// Note whether the tenant had something: twice as long a rest each time that it had not.
    fn note(&mut self, tenant: TenantNumber, had_something: bool) {
        if had_something {
            self.0.remove(&tenant);
            return;
        }
        let (rest, left) = self.0.entry(tenant).or_default();
        *rest = rest.saturating_mul(2).saturating_add(1).min(MAX_REST);
        *left = *rest;
    }
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
        let (mut under_way, mut resting) = (JoinSet::new(), Resting::default());
        loop {
            rounds.tick().await;
            while let Some(ended) = under_way.try_join_next() {
                note(ended);
            }
            if let Err(error) = self.start(&mut under_way, &mut resting).await {
                tracing::warn!(cause = %error, "webhooks could not be looked for");
            }
        }
    }

    /// Deliver what is due now; how many messages were tried.
    pub async fn round(&self) -> Result<u64, DbError> {
        let mut under_way = JoinSet::new();
        self.start(&mut under_way, &mut Resting::default()).await?;
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
        resting: &mut Resting,
    ) -> Result<(), DbError> {
        let control = self.db.control().await?;
        let tenants = (TenantsWithWebhooks {}).all(&control).await?;
        control.commit().await?;
        for (tenant,) in tenants {
            let tenant = TenantNumber(tenant);
            if resting.rests(tenant) {
                continue;
            }
            let room = MAX_ENDPOINTS.saturating_sub(under_way.len());
            let claimed = self.claim(tenant, room).await;
            let (shared_out, claims) = claimed.unwrap_or_else(|error| {
                tracing::warn!(tenant = tenant.0, cause = %error, "webhooks of a tenant wait");
                (0, Vec::new())
            });
            resting.note(tenant, shared_out > 0 || !claims.is_empty());
            for claim in claims {
                under_way.spawn(self.clone().take(claim));
            }
        }
        Ok(())
    }

    async fn take(self, claim: Claim) -> (Claim, Result<u64, DbError>) {
        (claim, self.serve(claim).await)
    }

    /// How many events were shared out, and the endpoints that are this worker's now.
    async fn claim(&self, tenant: TenantNumber, room: usize) -> Result<(i64, Vec<Claim>), DbError> {
        let tx = self.db.tenant(tenant).await?;
        let shared_out = dispatch(&tx).await?;
        let claim = ClaimEndpoints {
            tenant: tx.number(),
            limit: i64::try_from(room).unwrap_or(i64::MAX),
        };
        let claimed = claim.all(&tx).await?;
        tx.commit().await?;
        let claim = |(endpoint,)| Claim { tenant, endpoint };
        Ok((shared_out, claimed.into_iter().map(claim).collect()))
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

#[cfg(test)]
mod tests {
    use super::{MAX_REST, Resting};
    use crate::db::TenantNumber;

    #[test]
    fn who_has_nothing_is_asked_more_rarely_until_it_has() {
        let (mut resting, tenant) = (Resting::default(), TenantNumber(1));
        let rests = |resting: &mut Resting| {
            let mut rounds = 0;
            while resting.rests(tenant) {
                rounds += 1;
            }
            rounds
        };
        for expected in [0, 1, MAX_REST, MAX_REST] {
            assert_eq!(rests(&mut resting), expected);
            resting.note(tenant, false);
        }
        assert!(!resting.rests(TenantNumber(2)));
        resting.note(tenant, true);
        assert_eq!(rests(&mut resting), 0);
    }
}
