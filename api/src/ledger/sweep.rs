//! What time does to points without a caller: chunk by chunk through the same door as receipts,
//! under the same locks. Whatever was done already is not due any more, so that a sweep may be
//! repeated, cut off or run twice at once.

use std::collections::BTreeSet;

use domain::decide::{Command, Facts, Sweep, decide};
use domain::history::Budgets;
use jiff::Timestamp;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::append::{Rows, There};
use super::facts;
use super::refusal::problem_of;
use super::statements::{ActivationsDue, ExpiriesDue, LookForNextExpiry};
use crate::catalog::{self, Catalogs};
use crate::clock;
use crate::db::{Db, DbError, TenantConn, TenantNumber};

/// Lots or wallets by which the members of one transaction are found.
const AT_ONCE: i64 = 1_000;
/// Workers of one tenant, where there is much to do.
const SIDE_BY_SIDE: i32 = 2;
/// What time does has no key that asked for it.
const NOBODY: Uuid = Uuid::nil();

/// What has become due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// The day on which points become spendable.
    Activation,
    /// The end of points, or of their waiting for an event.
    Expiry,
}

/// Do everything of a kind that is due at `until`; how many transactions it took. Where there is
/// much, the members are shared out among some who work side by side.
pub async fn sweep(
    db: &Db,
    catalogs: &Catalogs,
    tenant: TenantNumber,
    due: Due,
    until: Timestamp,
) -> Result<u64, DbError> {
    let sweep = Sweeper {
        db: db.clone(),
        catalogs: catalogs.clone(),
        tenant,
        due,
        until,
    };
    let first = sweep.some(Share::ALL).await?;
    let mut made = first.written;
    if first.members >= AT_ONCE {
        let mut workers = JoinSet::new();
        for own in 0..SIDE_BY_SIDE {
            let (sweep, share) = (sweep.clone(), Share::of(own));
            workers.spawn(async move { sweep.all(share).await });
        }
        while let Some(ended) = workers.join_next().await {
            let ended = ended.map_err(|error| DbError::Failed(error.to_string()))?;
            made = made.saturating_add(ended?);
        }
    }
    if first.is_over() {
        return Ok(made);
    }
    Ok(made.saturating_add(sweep.all(Share::ALL).await?))
}

/// Some of the members: those whose ids end with one of so many numbers.
#[derive(Debug, Clone, Copy)]
struct Share {
    own: i32,
    of: i32,
}

impl Share {
    const ALL: Self = Self { own: 0, of: 1 };

    const fn of(own: i32) -> Self {
        Self {
            own,
            of: SIDE_BY_SIDE,
        }
    }
}

/// What one transaction did.
#[derive(Debug, Clone, Copy, Default)]
struct Swept {
    /// Members that it looked at.
    members: i64,
    written: u64,
    mended: u64,
}

impl Swept {
    /// Nothing was there, or another worker has just done it, or the clock was set back since.
    const fn is_over(self) -> bool {
        self.written == 0 && self.mended == 0
    }
}

#[derive(Debug, Clone)]
struct Sweeper {
    db: Db,
    catalogs: Catalogs,
    tenant: TenantNumber,
    due: Due,
    until: Timestamp,
}

impl Sweeper {
    /// Everything of a share of the members.
    async fn all(&self, share: Share) -> Result<u64, DbError> {
        let mut made: u64 = 0;
        loop {
            let swept = Box::pin(self.some(share)).await?;
            made = made.saturating_add(swept.written);
            if swept.is_over() {
                return Ok(made);
            }
        }
    }

    /// One transaction.
    async fn some(&self, share: Share) -> Result<Swept, DbError> {
        let tx = self.db.tenant(self.tenant).await?;
        let members = self.due.members(&tx, self.until, share).await?;
        if members.is_empty() {
            tx.commit().await?;
            return Ok(Swept::default());
        }
        let found = i64::try_from(members.len()).unwrap_or(i64::MAX);
        let written = Box::pin(chunk(&tx, &self.catalogs, self.due, members.clone())).await?;
        let mut mended = 0;
        if written == 0 && self.due == Due::Expiry {
            // Their wallets said too early an end, which they may.
            let look = LookForNextExpiry {
                tenant: tx.number(),
                members,
                until: self.until.into(),
            };
            mended = look.run(&tx).await?;
        }
        tx.commit().await?;
        Ok(Swept {
            members: found,
            written: u64::try_from(written).unwrap_or(0),
            mended: u64::try_from(mended).unwrap_or(0),
        })
    }
}

impl Due {
    async fn members(
        self,
        tx: &TenantConn,
        until: Timestamp,
        share: Share,
    ) -> Result<Vec<Uuid>, DbError> {
        let Share { own, of } = share;
        let (tenant, until, limit) = (tx.number(), until.into(), AT_ONCE);
        let rows = match self {
            Self::Activation => {
                ActivationsDue {
                    tenant,
                    until,
                    limit,
                    own,
                    of,
                }
                .all(tx)
                .await?
            }
            Self::Expiry => {
                ExpiriesDue {
                    tenant,
                    until,
                    limit,
                    own,
                    of,
                }
                .all(tx)
                .await?
            }
        };
        Ok(rows.into_iter().map(|(member,)| member).collect())
    }

    fn command(self) -> Command {
        let sweep = Sweep {
            seed: clock::new_id(),
        };
        match self {
            Self::Activation => Command::Activate(sweep),
            Self::Expiry => Command::Expire(sweep),
        }
    }
}

/// Lock, look and decide for some members; how many transactions were written.
async fn chunk(
    tx: &TenantConn,
    catalogs: &Catalogs,
    due: Due,
    ids: Vec<Uuid>,
) -> Result<usize, DbError> {
    let locked = facts::lock(tx, ids.clone()).await?;
    let head = catalog::head(tx).await?;
    let catalog = catalogs.at_revision(tx, head.revision).await?;
    let standing = facts::standing(tx, ids.clone()).await?;
    let mut members = facts::joined(&locked, standing);
    let there = There::of(&locked, &members);
    let lots = facts::lots(tx, ids.clone()).await?;
    facts::add_lots(&mut members, &ids, lots)?;
    let budgets = Budgets::default();
    let mut rows = Rows::new(head.database_now, BTreeSet::new(), there).told(head.has_webhooks);
    let mut written: usize = 0;
    for member in members.values() {
        let facts = Facts {
            member: Some(member),
            budgets: &budgets,
            trail: None,
        };
        let decision = decide(&catalog, facts, &due.command(), head.now)
            .map_err(|refusal| DbError::Failed(problem_of(&refusal).detail))?;
        if let Some(transaction) = decision.transaction {
            rows.transaction(*transaction, NOBODY)?;
            written = written.saturating_add(1);
        }
    }
    if written > 0 {
        rows.write(tx).await?;
    }
    Ok(written)
}
