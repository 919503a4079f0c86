//! What is done without a caller: tenant by tenant, in small transactions, again and again. Every
//! job may run twice at once without harm.

mod purge_keys;
pub(crate) mod store;

use std::time::Duration;

use crate::clock;
use crate::db::{Db, DbError, TenantNumber};

/// How often the jobs are looked through.
const ROUND: Duration = Duration::from_secs(600);

/// What one round did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Round {
    /// Tenants that were looked after.
    pub tenants: u64,
    /// Idempotency keys whose time was over.
    pub purged_keys: u64,
}

/// Run rounds until the task is dropped. A tenant whose jobs fail does not hold up the others.
pub async fn run(db: Db) {
    let mut rounds = tokio::time::interval(ROUND);
    rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        rounds.tick().await;
        match round(&db).await {
            Ok(round) => tracing::info!(
                tenants = round.tenants,
                keys.purged = round.purged_keys,
                "a round of jobs is done"
            ),
            Err(error) => tracing::warn!(cause = %error, "a round of jobs could not start"),
        }
    }
}

/// One round over every tenant.
pub async fn round(db: &Db) -> Result<Round, DbError> {
    let control = db.control().await?;
    let tenants = (store::EveryTenant {}).all(&control).await?;
    control.commit().await?;
    let mut round = Round::default();
    for (tenant,) in tenants {
        let tenant = TenantNumber(tenant);
        match purge_keys::purge_keys(db, tenant, clock::now()).await {
            Ok(purged) => round.purged_keys = round.purged_keys.saturating_add(purged),
            Err(error) => tracing::warn!(tenant = tenant.0, cause = %error, "a job failed"),
        }
        round.tenants = round.tenants.saturating_add(1);
    }
    Ok(round)
}
