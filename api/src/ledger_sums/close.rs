//! Writes the sums of a ledger down, moment by moment, each a bounded number of transactions after the one before.
//! Whoever does it writes the same: it may be cut off, repeated or done twice at once.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::store::{CloseMoment, Frontier, HaveEnded, LastMoment, RecordedWithin};
use crate::db::time::maybe;
use crate::db::{Db, DbError, TenantConn, TenantNumber};

/// How often it is asked whether those who write have ended.
const PATIENCE: Duration = Duration::from_millis(20);
/// No transaction of the service lives longer: a session inside one is ended sooner.
const LONGEST_TRANSACTION: Duration = Duration::from_secs(20);
/// The first span that is looked at, in microseconds.
const DAY: i64 = 86_400_000_000;

/// How far apart moments are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closing {
    /// Transactions between two moments: fewer are added up by each reading.
    pub at_least: i64,
    /// The same, which bounds the time of one statement.
    pub at_most: i64,
    /// The last moment stays so far behind the database's clock, which may be put back a little.
    pub behind: SignedDuration,
}

impl Default for Closing {
    fn default() -> Self {
        Self {
            at_least: 2_000,
            at_most: 20_000,
            behind: SignedDuration::from_secs(60),
        }
    }
}

/// Write down the sums of a tenant at every moment that is due; how many they were. A tenant with a clock of its own has
/// none: its time goes as it is told to, and may begin in the past.
pub async fn close(db: &Db, tenant: TenantNumber, closing: Closing) -> Result<u64, DbError> {
    let Some(last) = due(db, tenant, closing).await? else {
        return Ok(0);
    };
    let Some(end) = over_for_good(db, tenant, closing).await? else {
        return Ok(0);
    };
    let mut closer = Closer {
        last,
        looked_until: last.unwrap_or(Timestamp::UNIX_EPOCH),
        width: DAY,
        has_met_too_many: false,
        closed: 0,
    };
    while closer.looked_until < end {
        let tx = db.tenant(tenant).await?;
        tx.plan_for_values().await?;
        closer.step(&tx, end, closing).await?;
        tx.commit().await?;
    }
    Ok(closer.closed)
}

/// The last moment, or none yet; nothing where too little has come since.
async fn due(
    db: &Db,
    tenant: TenantNumber,
    closing: Closing,
) -> Result<Option<Option<Timestamp>>, DbError> {
    let tx = db.tenant(tenant).await?;
    tx.plan_for_values().await?;
    let tenant = tx.number();
    let Some((now, _)) = (Frontier { tenant }).all(&tx).await?.pop() else {
        return Ok(None);
    };
    let Ok(end) = Timestamp::from(now).checked_sub(closing.behind) else {
        return Ok(None);
    };
    let last = LastMoment { tenant, until: now }.all(&tx).await?.pop();
    let recorded = RecordedWithin {
        tenant,
        from: last.map(|(until,)| until),
        until: end.into(),
        limit: closing.at_least,
    };
    let recorded = recorded.all(&tx).await?.pop();
    tx.commit().await?;
    let is_due = recorded.is_some_and(|(count,)| count >= closing.at_least);
    Ok(is_due.then(|| last.map(|(until,)| until.into())))
}

/// An instant before which nothing will be recorded any more. A write reads the time after its lock, which gives it a
/// number: one with a number after that of the transaction here reads a later time, and those before have to end.
async fn over_for_good(
    db: &Db,
    tenant: TenantNumber,
    closing: Closing,
) -> Result<Option<Timestamp>, DbError> {
    let tx = db.tenant(tenant).await?;
    let frontier = Frontier {
        tenant: tx.number(),
    };
    let frontier = frontier.all(&tx).await?.pop();
    tx.commit().await?;
    let Some((now, began)) = frontier else {
        return Ok(None);
    };
    let give_up_at = tokio::time::Instant::now() + LONGEST_TRANSACTION;
    loop {
        let tx = db.tenant(tenant).await?;
        let tenant = tx.number();
        let have_ended = HaveEnded { tenant, began }.all(&tx).await?.pop();
        tx.commit().await?;
        if have_ended == Some((true,)) {
            break;
        }
        // Somebody else's long transaction: the next look is soon enough.
        if tokio::time::Instant::now() > give_up_at {
            return Err(DbError::Conflict(
                "a transaction that began earlier has not ended".into(),
            ));
        }
        tokio::time::sleep(PATIENCE).await;
    }
    Ok(Timestamp::from(now).checked_sub(closing.behind).ok())
}

/// Where the moments have got to.
#[derive(Debug)]
struct Closer {
    /// The last moment.
    last: Option<Timestamp>,
    /// Until there too few came since.
    looked_until: Timestamp,
    /// How much farther is looked, in microseconds.
    width: i64,
    /// Whether the next moment is known to be nearer than some that were tried.
    has_met_too_many: bool,
    closed: u64,
}

impl Closer {
    /// Look a little farther and write a moment down, or learn to look farther or less far.
    async fn step(
        &mut self,
        tx: &TenantConn,
        end: Timestamp,
        closing: Closing,
    ) -> Result<(), DbError> {
        let until = self
            .looked_until
            .checked_add(SignedDuration::from_micros(self.width));
        let until = until.unwrap_or(end).min(end);
        let (tenant, from) = (tx.number(), maybe(self.last));
        let recorded = RecordedWithin {
            tenant,
            from,
            until: until.into(),
            limit: closing.at_most.saturating_add(1),
        };
        let recorded = recorded.all(tx).await?.pop();
        let count = recorded.map_or(0, |(count,)| count);
        // Times are told apart to the microsecond; more at one instant stay together.
        if count > closing.at_most && self.width > 1 {
            self.width = self.width.div_euclid(2);
            self.has_met_too_many = true;
            return Ok(());
        }
        self.looked_until = until;
        if count < closing.at_least {
            if !self.has_met_too_many {
                self.width = self.width.saturating_mul(2);
            }
            return Ok(());
        }
        let close = CloseMoment {
            tenant,
            from,
            until: until.into(),
        };
        let rows = close.run(tx).await?;
        self.last = Some(until);
        self.has_met_too_many = false;
        self.closed = self.closed.saturating_add(u64::from(rows > 0));
        Ok(())
    }
}
