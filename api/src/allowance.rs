//! How many points a key with a daily limit has moved by hand. They are counted before they move,
//! under the request's idempotency key: parallel requests can't pass the limit together, and a
//! repeat counts once.
//!
//! ```text
//! let answer = app.submit_counted(&caller, points, submission).await?;
//! ```

mod store;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::amount::Points;
use jiff::ToSpan;
use jiff::civil::Date;
use uuid::Uuid;

use crate::auth::Principal;
use crate::catalog::Catalogs;
use crate::config::REQUEST_DEADLINE;
use crate::db::{Db, DbError, TenantNumber};
use crate::problem::{Problem, ProblemKind};

/// How long what was counted under an idempotency key is known, in days; longer than such keys live.
const KEPT_DAYS: i64 = 32;

/// Counts points per key and business day.
#[derive(Debug, Clone)]
pub struct Allowances {
    db: Db,
    catalogs: Catalogs,
    turns: Turns,
}

/// Requests of one key take turns before they take a connection: they would only wait for each
/// other's row, and nobody else would find a connection meanwhile.
#[derive(Debug, Clone, Default)]
struct Turns {
    of_keys: Arc<Mutex<HashMap<Uuid, Arc<tokio::sync::Mutex<()>>>>>,
}

/// Given back when it is dropped.
type Turn = tokio::sync::OwnedMutexGuard<()>;

impl Turns {
    /// Wait for the key's turn.
    async fn take(&self, key: Uuid) -> Turn {
        let turn = {
            let mut of_keys = self.of_keys.lock().unwrap_or_else(PoisonError::into_inner);
            // Whoever waits or has its turn holds it too.
            of_keys.retain(|_, turn| Arc::strong_count(turn) > 1);
            Arc::clone(of_keys.entry(key).or_default())
        };
        turn.lock_owned().await
    }
}

/// What is counted under one idempotency key.
#[derive(Debug, Clone, Copy)]
struct Use {
    key: Uuid,
    idempotency_key: Uuid,
    date: Date,
    points: i64,
}

/// Points that are counted for a request; [`Held::settle`] when its answer is there. Where that
/// never happens they stay counted.
#[derive(Debug)]
#[must_use = "settle it with the answer of the ledger"]
pub struct Held {
    counted: Option<Counted>,
}

#[derive(Debug)]
struct Counted {
    db: Db,
    turns: Turns,
    tenant: TenantNumber,
    used: Use,
    /// Whether nothing was counted under this idempotency key before.
    is_first: bool,
}

impl Allowances {
    /// Allowances in this database.
    pub fn new(db: Db, catalogs: Catalogs) -> Self {
        Self {
            db,
            catalogs,
            turns: Turns::default(),
        }
    }

    /// Count points that the caller is about to move by hand under an idempotency key, in either
    /// direction. 403 `not_granted` above its limit per call, 409 `limit_reached` above that per day. A key that was
    /// rotated has one allowance with what it replaced.
    pub async fn hold(
        &self,
        caller: &Principal,
        idempotency_key: Uuid,
        points: Points,
    ) -> Result<Held, Problem> {
        caller.check_points(points)?;
        let limit = caller.restrictions.max_points_per_day;
        let Some(limit) = limit.filter(|_| !points.is_zero()) else {
            return Ok(Held { counted: None });
        };
        let wanted = i64::try_from(points.get().unsigned_abs()).unwrap_or(i64::MAX);
        let (allowances, tenant, key) = (self.clone(), caller.tenant, caller.lineage.uuid());
        let turn = tokio::time::timeout(REQUEST_DEADLINE, self.turns.take(key)).await;
        let turn = turn.map_err(|_elapsed| {
            let detail = "Too many requests of this key wait for each other. Repeat the request with the same key.";
            Problem::new(ProblemKind::LedgerUnavailable, detail)
        })?;
        let count = async move {
            let _until_counted = turn;
            let tx = allowances.db.tenant(tenant).await?;
            let (catalog, now) = allowances.catalogs.for_transaction(&tx).await?;
            let used = Use {
                key,
                idempotency_key,
                date: catalog.settings.business_date(now),
                points: wanted,
            };
            let so_far = store::lock_day(&tx, used).await?;
            if so_far == 0 {
                store::forget(&tx, key, used.date.saturating_sub(KEPT_DAYS.days())).await?;
            }
            let is_first = !store::is_counted(&tx, used).await?;
            let total = so_far.saturating_add(wanted);
            if is_first && total > limit.get() {
                let detail = format!(
                    "The key may move {} points per business day and has moved {so_far} today.",
                    limit.get()
                );
                return Err(Problem::new(ProblemKind::LimitReached, detail));
            }
            if is_first {
                store::add(&tx, used).await?;
            }
            tx.commit().await?;
            let db = allowances.db;
            Ok(Counted {
                db,
                turns: allowances.turns,
                tenant,
                used,
                is_first,
            })
        };
        let counted = self.db.run(count).await??;
        Ok(Held {
            counted: Some(counted),
        })
    }
}

impl Held {
    /// Keep or give back what was counted, by the answer: whether it was a repeat, or why nothing
    /// moved. What is not known stays counted until the request is repeated.
    pub async fn settle(self, answer: Result<bool, &Problem>) {
        let Some(counted) = self.counted else { return };
        let (db, tenant, used) = (counted.db, counted.tenant, counted.used);
        let turn = counted.turns.take(used.key);
        let settled = match (answer, counted.is_first) {
            // Another request with the same key gave back what both need.
            (Ok(false), false) => db.run(put_back(turn.await, db.clone(), tenant, used)).await,
            (Ok(true), true) => db.run(take_out(turn.await, db.clone(), tenant, used)).await,
            (Err(problem), true) if nothing_moved(problem) => {
                db.run(take_out(turn.await, db.clone(), tenant, used)).await
            }
            _ => return,
        };
        if let Err(cause) | Ok(Err(cause)) = settled {
            tracing::warn!(cause = %cause, "points of a refused request stay counted for its key");
        }
    }
}

/// Whether it is certain that nothing moved.
fn nothing_moved(problem: &Problem) -> bool {
    problem.kind.status() < 500 || problem.applied() == Some(serde_json::Value::Bool(false))
}

async fn take_out(_turn: Turn, db: Db, tenant: TenantNumber, used: Use) -> Result<(), DbError> {
    let tx = db.tenant(tenant).await?;
    store::lock_day(&tx, used).await?;
    store::remove(&tx, used).await?;
    tx.commit().await?;
    Ok(())
}

async fn put_back(_turn: Turn, db: Db, tenant: TenantNumber, used: Use) -> Result<(), DbError> {
    let tx = db.tenant(tenant).await?;
    store::lock_day(&tx, used).await?;
    if !store::is_counted(&tx, used).await? {
        store::add(&tx, used).await?;
    }
    tx.commit().await?;
    Ok(())
}
