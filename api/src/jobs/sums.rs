//! Keeps the sums of every ledger near the present, so that what a tenant owes is read in a moment however much it moved.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use super::store::EveryTenant;
use crate::db::{Db, DbError, TenantNumber};
use crate::ledger_sums::{Closing, close};

/// How often those tenants are looked at whose ledger grows fast.
const ROUND: Duration = Duration::from_secs(60);
/// How long a tenant is left alone that had too little to write down.
const REST: Duration = Duration::from_secs(16 * 60);

/// Tenants that are left alone, and until when.
#[derive(Debug, Default)]
pub struct Resting {
    until: HashMap<TenantNumber, Instant>,
}

/// Write sums down until the task is dropped. A ledger that can't be read holds up no others.
pub async fn run(db: Db) {
    let mut rounds = tokio::time::interval(ROUND);
    rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut resting = Resting::default();
    loop {
        rounds.tick().await;
        match close_sums(&db, &mut resting, Closing::default()).await {
            Ok(0) => {}
            Ok(moments) => tracing::info!(moments, "sums of ledgers were written down"),
            Err(error) => tracing::warn!(cause = %error, "a round of sums could not start"),
        }
    }
}

/// Write down what is due of every tenant that does not rest; how many moments they were.
pub async fn close_sums(db: &Db, resting: &mut Resting, closing: Closing) -> Result<u64, DbError> {
    let control = db.control().await?;
    let tenants = (EveryTenant {}).all(&control).await?;
    control.commit().await?;
    let mut closed = 0_u64;
    for (tenant, ..) in tenants {
        let tenant = TenantNumber(tenant);
        let rests = |until: &Instant| *until > Instant::now();
        if resting.until.get(&tenant).is_some_and(rests) {
            continue;
        }
        match Box::pin(close(db, tenant, closing)).await {
            Ok(0) => {
                resting.until.insert(tenant, Instant::now() + REST);
            }
            Ok(moments) => closed = closed.saturating_add(moments),
            Err(error) => {
                tracing::warn!(tenant = tenant.0, cause = %error, "sums were not written down");
            }
        }
    }
    Ok(closed)
}
