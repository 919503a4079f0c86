//! What time does to points without a caller: chunk by chunk through the same door as receipts,
//! under the same locks. Whatever was done already is not due any more, so that a sweep may be
//! repeated, cut off or run twice at once.

use std::collections::BTreeSet;

use domain::decide::{Command, Facts, Sweep, decide};
use domain::history::Budgets;
use jiff::Timestamp;
use tokio::task::{JoinError, JoinSet};
use uuid::Uuid;

use super::append::{Rows, There};
use super::facts;
use super::refusal::problem_of;
use super::statements::{ActivationsDue, ExpiriesDue, LookForNextExpiry};
use crate::catalog::{self, Catalogs};
use crate::clock;
use crate::db::{Db, DbError, TenantConn, TenantNumber};

/// Lots or ledgers by which members are found at a time. Each hand touches all of their pages, so that ten times as many
/// take a third longer.
const FOUND: i64 = 12_000;
/// Members of one transaction.
const AT_ONCE: usize = 1_000;
/// Transactions side by side: two keep two cores busy but for what they wait for at commit.
const SIDE_BY_SIDE: usize = 3;
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
/// much, some of it is done side by side.
pub async fn sweep(
    db: &Db,
    catalogs: &Catalogs,
    tenant: TenantNumber,
    due: Due,
    until: Timestamp,
) -> Result<u64, DbError> {
    let sweeper = Sweeper {
        db: db.clone(),
        catalogs: catalogs.clone(),
        tenant,
        due,
        until,
    };
    let mut written: u64 = 0;
    loop {
        let found = sweeper.found().await?;
        let swept = sweeper.all(found).await?;
        written = written.saturating_add(swept.written);
        if swept.is_over() {
            return Ok(written);
        }
    }
}

/// What was done.
#[derive(Debug, Clone, Copy, Default)]
struct Swept {
    written: u64,
    mended: u64,
}

impl Swept {
    /// Nothing was there, or another worker has just done it, or the clock was set back since.
    const fn is_over(self) -> bool {
        self.written == 0 && self.mended == 0
    }

    const fn and(self, other: Self) -> Self {
        Self {
            written: self.written.saturating_add(other.written),
            mended: self.mended.saturating_add(other.mended),
        }
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
    /// Members of whom something is due.
    async fn found(&self) -> Result<Vec<Uuid>, DbError> {
        let tx = self.db.tenant(self.tenant).await?;
        let members = self.due.members(&tx, self.until).await?;
        tx.commit().await?;
        Ok(members)
    }

    /// Everything of these members, some transactions side by side.
    async fn all(&self, members: Vec<Uuid>) -> Result<Swept, DbError> {
        let mut swept = Swept::default();
        let mut under_way = JoinSet::new();
        for hand in dealt(members) {
            if under_way.len() >= SIDE_BY_SIDE
                && let Some(done) = under_way.join_next().await
            {
                swept = swept.and(ended(done)?);
            }
            let sweeper = self.clone();
            under_way.spawn(async move { Box::pin(sweeper.some(hand)).await });
        }
        while let Some(done) = under_way.join_next().await {
            swept = swept.and(ended(done)?);
        }
        Ok(swept)
    }

    /// One transaction.
    async fn some(&self, members: Vec<Uuid>) -> Result<Swept, DbError> {
        let tx = self.db.tenant(self.tenant).await?;
        let (written, idle) = Box::pin(chunk(&tx, &self.catalogs, self.due, members)).await?;
        let mut mended = 0;
        if self.due == Due::Expiry && !idle.is_empty() {
            // Their wallets said too early an end, which they may.
            let look = LookForNextExpiry {
                tenant: tx.number(),
                members: idle,
                until: self.until.into(),
            };
            mended = look.run(&tx).await?;
        }
        tx.commit().await?;
        Ok(Swept {
            written: u64::try_from(written).unwrap_or(0),
            mended: u64::try_from(mended).unwrap_or(0),
        })
    }
}

/// Members shared out like cards, each hand for one transaction. Neighbours lie on one page, which has no room for a new
/// version of every row on it at once: dealt out, they are changed one after the other, each in the room of those before.
fn dealt(mut members: Vec<Uuid>) -> Vec<Vec<Uuid>> {
    members.sort_unstable();
    members.dedup();
    let mut hands = vec![Vec::new(); members.len().div_ceil(AT_ONCE)];
    let count = hands.len().max(1);
    for (place, member) in members.into_iter().enumerate() {
        if let Some(hand) = hands.get_mut(place.rem_euclid(count)) {
            hand.push(member);
        }
    }
    hands
}

fn ended(done: Result<Result<Swept, DbError>, JoinError>) -> Result<Swept, DbError> {
    done.map_err(|error| DbError::Failed(error.to_string()))?
}

impl Due {
    async fn members(self, tx: &TenantConn, until: Timestamp) -> Result<Vec<Uuid>, DbError> {
        let (tenant, until, limit) = (tx.number(), until.into(), FOUND);
        let rows = match self {
            Self::Activation => {
                let due = ActivationsDue {
                    tenant,
                    until,
                    limit,
                };
                due.all(tx).await?
            }
            Self::Expiry => {
                let due = ExpiriesDue {
                    tenant,
                    until,
                    limit,
                };
                due.all(tx).await?
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

/// Lock, look and decide for some members; how many transactions were written, and who had nothing due.
async fn chunk(
    tx: &TenantConn,
    catalogs: &Catalogs,
    due: Due,
    ids: Vec<Uuid>,
) -> Result<(usize, Vec<Uuid>), DbError> {
    let locked = facts::lock(tx, ids.clone()).await?;
    let (head, lots) = tokio::join!(catalog::head(tx), facts::lots(tx, ids.clone()));
    let head = head?;
    let catalog = catalogs.at_revision(tx, head.revision).await?;
    let (mut members, ledgers) = facts::of_ledgers(locked);
    let there = There::of(&members, ledgers);
    facts::add_lots(&mut members, &ids, lots?)?;
    let budgets = Budgets::default();
    let mut rows = Rows::new(head.database_now, BTreeSet::new(), there).told(head.has_webhooks);
    let mut written: usize = 0;
    let mut idle = Vec::new();
    for member in facts::in_order(&members) {
        let facts = Facts {
            member: Some(member),
            budgets: &budgets,
            trail: None,
        };
        let decision = decide(&catalog, facts, &due.command(), head.now)
            .map_err(|refusal| DbError::Failed(problem_of(&refusal).detail))?;
        match decision.transaction {
            Some(transaction) => {
                rows.transaction(*transaction, NOBODY)?;
                written = written.saturating_add(1);
            }
            None => idle.push(member.member.uuid()),
        }
    }
    if written > 0 {
        rows.write(tx).await?;
    }
    Ok((written, idle))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::{AT_ONCE, dealt};

    fn members(count: usize) -> Vec<Uuid> {
        let ids = (0..count).map(|place| Uuid::from_u128(u128::try_from(place).unwrap()));
        ids.rev().collect()
    }

    #[test]
    fn members_are_dealt_out_so_that_neighbours_are_changed_by_different_transactions() {
        assert!(dealt(Vec::new()).is_empty());
        assert_eq!(
            dealt(members(AT_ONCE)).len(),
            1,
            "one transaction holds so many"
        );
        let hands = dealt(members(2 * AT_ONCE + 1));
        let sizes: Vec<usize> = hands.iter().map(Vec::len).collect();
        assert_eq!(sizes, [667, 667, 667]);
        for hand in &hands {
            let apart = |pair: &[Uuid]| pair[1].as_u128() - pair[0].as_u128() == 3;
            assert!(
                hand.windows(2).all(apart),
                "ascending, in the order of locks"
            );
        }
    }

    #[test]
    fn nobody_is_lost_or_dealt_twice() {
        let twice = [members(AT_ONCE + 5), members(AT_ONCE)].concat();
        let mut all = dealt(twice).concat();
        all.sort_unstable();
        let mut expected = members(AT_ONCE + 5);
        expected.reverse();
        assert_eq!(all, expected);
    }
}
