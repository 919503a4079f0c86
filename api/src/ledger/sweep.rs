//! What time does to points without a caller: chunk by chunk through the same door as receipts,
//! under the same locks. Whatever was done already is not due any more, so that a sweep may be
//! repeated, cut off or run twice at once.

use std::collections::BTreeSet;

use domain::decide::{Command, Facts, Sweep, decide};
use domain::history::Budgets;
use jiff::Timestamp;
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

/// Do everything of a kind that is due at `until`; how many transactions it took.
pub async fn sweep(
    db: &Db,
    catalogs: &Catalogs,
    tenant: TenantNumber,
    due: Due,
    until: Timestamp,
) -> Result<u64, DbError> {
    let mut made: u64 = 0;
    loop {
        let tx = db.tenant(tenant).await?;
        let members = due.members(&tx, until).await?;
        if members.is_empty() {
            tx.commit().await?;
            return Ok(made);
        }
        let written = chunk(&tx, catalogs, due, members.clone()).await?;
        let mut mended = 0;
        if written == 0 && due == Due::Expiry {
            // Their wallets said too early an end, which they may.
            let look = LookForNextExpiry {
                tenant: tx.number(),
                members,
                until: until.into(),
            };
            mended = look.run(&tx).await?;
        }
        tx.commit().await?;
        if written == 0 && mended == 0 {
            // Another worker has just done it, or the clock was set back since: nothing is left.
            return Ok(made);
        }
        made = made.saturating_add(u64::try_from(written).unwrap_or(0));
    }
}

impl Due {
    async fn members(self, tx: &TenantConn, until: Timestamp) -> Result<Vec<Uuid>, DbError> {
        let (tenant, until, limit) = (tx.number(), until.into(), AT_ONCE);
        let rows = match self {
            Self::Activation => {
                ActivationsDue {
                    tenant,
                    until,
                    limit,
                }
                .all(tx)
                .await?
            }
            Self::Expiry => {
                ExpiriesDue {
                    tenant,
                    until,
                    limit,
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
    let mut rows = Rows::new(head.database_now, BTreeSet::new(), there);
    let mut written: usize = 0;
    for member in members.values() {
        let facts = Facts {
            member: Some(member),
            budgets: &budgets,
        };
        let decision = decide(&catalog, facts, &due.command(), head.now)
            .map_err(|refusal| DbError::Failed(problem_of(&refusal).detail))?;
        if let Some(transaction) = decision.transaction {
            rows.transaction(transaction, NOBODY)?;
            written = written.saturating_add(1);
        }
    }
    if written > 0 {
        rows.write(tx).await?;
    }
    Ok(written)
}
