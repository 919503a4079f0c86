//! Forget idempotency keys whose time is over: a repeat after that long is a new request.

use jiff::{SignedDuration, Timestamp};

use super::store::PurgeKeys;
use crate::db::{Db, DbError, TenantNumber};

/// Keys are promised for 30 days; two more cover clocks and weekends.
const KEPT: SignedDuration = SignedDuration::from_hours(32 * 24);
/// Keys in one transaction.
const AT_ONCE: usize = 5_000;

/// Forget the tenant's old keys; how many they were.
pub(super) async fn purge_keys(
    db: &Db,
    tenant: TenantNumber,
    now: Timestamp,
) -> Result<u64, DbError> {
    let before = now
        .checked_sub(KEPT)
        .map_err(|error| DbError::Failed(error.to_string()))?;
    let limit = i64::try_from(AT_ONCE).unwrap_or(i64::MAX);
    let mut purged: u64 = 0;
    loop {
        let tx = db.tenant(tenant).await?;
        let gone = PurgeKeys {
            tenant: tx.number(),
            before: before.into(),
            limit,
        }
        .run(&tx)
        .await?;
        tx.commit().await?;
        purged = purged.saturating_add(u64::try_from(gone).unwrap_or(0));
        if gone < AT_ONCE {
            return Ok(purged);
        }
    }
}
