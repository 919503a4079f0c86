//! Forget events and deliveries whose time is over, and endpoints that were taken away.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::webhooks::store::{
    PurgeDeliveriesOfGone, PurgeGoneEndpoints, PurgeOldDeliveries, PurgeOldEvents,
};
use crate::db::{Db, DbError, TenantNumber};

/// Events are promised for 30 days; one more covers clocks.
const KEPT: SignedDuration = SignedDuration::from_hours(31 * 24);
/// Rows in one transaction.
const AT_ONCE: i64 = 2_000;

/// Forget what is too old of one tenant.
pub(super) async fn purge_events(
    db: &Db,
    tenant: TenantNumber,
    now: Timestamp,
) -> Result<(), DbError> {
    let before = first_id(now)?;
    loop {
        let tx = db.tenant(tenant).await?;
        let (tenant, limit) = (tx.number(), AT_ONCE);
        let of_gone = PurgeDeliveriesOfGone { tenant, limit }.run(&tx).await?;
        PurgeGoneEndpoints { tenant }.run(&tx).await?;
        let deliveries = PurgeOldDeliveries {
            tenant,
            before,
            limit,
        };
        deliveries.run(&tx).await?;
        let events = PurgeOldEvents {
            tenant,
            before,
            limit,
        };
        let events = events.run(&tx).await?;
        tx.commit().await?;
        if of_gone == 0 && events == 0 {
            return Ok(());
        }
    }
}

/// The lowest id of anything that was made late enough to be kept.
fn first_id(now: Timestamp) -> Result<Uuid, DbError> {
    let kept_from = now
        .checked_sub(KEPT)
        .map_err(|error| DbError::Failed(error.to_string()))?;
    let milliseconds = u64::try_from(kept_from.as_millisecond()).unwrap_or(0);
    Ok(Uuid::from_u128(u128::from(milliseconds) << 80))
}
