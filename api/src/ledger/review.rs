//! Reviews of ranks as business days begin. A first look at everybody goes over maintained counters
//! alone, range by range of members; only those who may move are locked and decided through the
//! same door as receipts. Whatever was done is not done again, so that a review may be cut off,
//! repeated or run twice at once.

mod chosen;
mod look;
mod statements;

use std::collections::HashMap;
use std::time::Duration;

use domain::catalog::Catalog;
use domain::decide::{Command, Facts, ReviewRanks, decide};
use domain::history::Budgets;
use domain::rank::Probe;
use jiff::civil::Date;
use tokio::task::{JoinError, JoinSet};
use uuid::Uuid;

use self::chosen::Chosen;
use self::look::{everybody, may_move};
use self::statements::{BeginReview, EndOfRange, FinishReview, IsAlone, RanksToLookAt};
use super::append::There;
use super::facts;
use super::ranks::{self, RankRows};
use super::refusal::problem_of;
use crate::catalog::{self, Catalogs, Head};
use crate::db::{Db, DbError, TenantConn, TenantNumber};

/// Members in one range of the first look.
const RANGE: usize = 20_000;
/// Members that are decided in one transaction; where most of a range may move, those between them as well.
const AT_ONCE: usize = 4_000;
/// Ranges that are looked at side by side.
const SIDE_BY_SIDE: usize = 2;
/// Dates that are looked at one by one; beyond, everybody is decided once for all of them.
const MAX_DATES: i64 = 7;
/// What time does has no key that asked for it.
const NOBODY: Uuid = Uuid::nil();
/// How often it is asked whether those who write have ended who began before the review.
const PATIENCE: Duration = Duration::from_millis(20);
/// No transaction of the service lives longer: a session inside one is ended sooner.
const LONGEST_TRANSACTION: Duration = Duration::from_secs(20);

/// What reviews work with.
#[derive(Debug, Clone)]
pub struct Reviewer {
    /// Where ranks are written.
    pub db: Db,
    /// What they are judged by.
    pub catalogs: Catalogs,
}

/// Which members are looked at.
#[derive(Debug, Clone, Copy)]
enum Who {
    /// Those whose sums say that they may move.
    MayMove,
    /// All, whatever sums say.
    Everybody,
}

/// What was done in a range.
#[derive(Debug, Clone, Copy, Default)]
struct Ranged {
    /// Members that were looked at.
    seen: u64,
    changed: u64,
}

impl Ranged {
    /// To look who may move, before they are looked at again, costs more than it saves.
    const fn is_nearly_all(self) -> bool {
        self.seen > 0 && self.changed.saturating_mul(10) >= self.seen.saturating_mul(9)
    }
}

impl Reviewer {
    /// Do the reviews that are due up to and with a business date of the tenant; how many members
    /// were changed.
    pub async fn review(&self, tenant: TenantNumber, date: Date) -> Result<u64, DbError> {
        let tx = self.db.tenant(tenant).await?;
        let (head, catalog) = self.head(&tx).await?;
        if !catalog.has_ladders() || head.ranks_reviewed_on >= Some(date) {
            tx.commit().await?;
            return Ok(0);
        }
        let begin = BeginReview {
            tenant: tx.number(),
            date: date.into(),
        };
        let began = begin.all(&tx).await?.pop();
        tx.commit().await?;
        if let Some((began,)) = began {
            self.wait_for_writers(tenant, began).await?;
        }
        let changed = self.catch_up(tenant, head.ranks_reviewed_on, date).await?;
        let tx = self.db.tenant(tenant).await?;
        let finish = FinishReview {
            tenant: tx.number(),
            date: date.into(),
        };
        finish.run(&tx).await?;
        tx.commit().await?;
        Ok(changed)
    }

    async fn head(&self, tx: &TenantConn) -> Result<(Head, std::sync::Arc<Catalog>), DbError> {
        let head = catalog::head(tx).await?;
        let catalog = self.catalogs.at_revision(tx, head.revision).await?;
        Ok((head, catalog))
    }

    /// Whoever began to write before the review began may not know of it, and must be seen by it.
    async fn wait_for_writers(&self, tenant: TenantNumber, began: i64) -> Result<(), DbError> {
        let until = tokio::time::Instant::now() + LONGEST_TRANSACTION;
        loop {
            let tx = self.db.tenant(tenant).await?;
            let tenant = tx.number();
            let is_alone = IsAlone { tenant, began }.all(&tx).await?.pop();
            tx.commit().await?;
            if is_alone == Some((true,)) || tokio::time::Instant::now() > until {
                return Ok(());
            }
            tokio::time::sleep(PATIENCE).await;
        }
    }

    async fn catch_up(
        &self,
        tenant: TenantNumber,
        reviewed_on: Option<Date>,
        date: Date,
    ) -> Result<u64, DbError> {
        let first = reviewed_on.and_then(|reviewed_on| reviewed_on.tomorrow().ok());
        let too_far = |first: Date| {
            let days = first.duration_since(date).as_hours().abs().div_euclid(24);
            days >= MAX_DATES
        };
        let Some(mut day) = first.filter(|first| !too_far(*first)) else {
            return self.each_range(tenant, date, Who::Everybody).await;
        };
        let mut changed: u64 = 0;
        while day <= date {
            let tx = self.db.tenant(tenant).await?;
            let (_, catalog) = self.head(&tx).await?;
            tx.commit().await?;
            let who = match Probe::of(&catalog, day) {
                Some(probe) if probe.asks_everybody() => Some(Who::Everybody),
                Some(_) => Some(Who::MayMove),
                None => None,
            };
            if let Some(who) = who {
                changed = changed.saturating_add(self.each_range(tenant, day, who).await?);
            }
            changed = changed.saturating_add(self.look_at_some(tenant, day).await?);
            day = day
                .tomorrow()
                .map_err(|error| DbError::Failed(error.to_string()))?;
        }
        Ok(changed)
    }

    /// Go over all members, range by range, some ranges side by side. After one where nearly all were
    /// changed the next ones are decided without a first look.
    async fn each_range(&self, tenant: TenantNumber, date: Date, who: Who) -> Result<u64, DbError> {
        let mut changed: u64 = 0;
        let mut after = Uuid::nil();
        let mut under_way = JoinSet::new();
        let mut first_look = Some(who);
        let mut is_over = false;
        while !is_over {
            let (reviewer, look) = (self.clone(), first_look);
            let members = look.map_or(AT_ONCE, |_| RANGE);
            let until = self.end_of_range(tenant, after, members).await?;
            is_over = until.is_none();
            if under_way.len() >= SIDE_BY_SIDE
                && let Some(done) = under_way.join_next().await
            {
                let done = ended(done)?;
                changed = changed.saturating_add(done.changed);
                first_look = (!done.is_nearly_all()).then_some(who);
            }
            let range = (after, until.unwrap_or(Uuid::max()));
            under_way.spawn(async move { reviewer.range(tenant, date, look, range).await });
            after = range.1;
        }
        while let Some(done) = under_way.join_next().await {
            changed = changed.saturating_add(ended(done)?.changed);
        }
        Ok(changed)
    }

    /// The last of so many members; none when there are fewer.
    async fn end_of_range(
        &self,
        tenant: TenantNumber,
        after: Uuid,
        members: usize,
    ) -> Result<Option<Uuid>, DbError> {
        let tx = self.db.tenant(tenant).await?;
        let end = EndOfRange {
            tenant: tx.number(),
            after,
            skipped: i64::try_from(members.saturating_sub(1)).unwrap_or(i64::MAX),
        };
        let end = end.all(&tx).await?.pop();
        tx.commit().await?;
        Ok(end.map(|(end,)| end))
    }

    async fn range(
        &self,
        tenant: TenantNumber,
        date: Date,
        first_look: Option<Who>,
        (after, until): (Uuid, Uuid),
    ) -> Result<Ranged, DbError> {
        let Some(who) = first_look else {
            let all = Chosen::Between(after, until);
            return self.decide(tenant, all, date).await;
        };
        let tx = self.db.tenant(tenant).await?;
        let (_, catalog) = self.head(&tx).await?;
        let members = match who {
            Who::MayMove => may_move(&tx, &catalog, date, (after, until)).await?,
            Who::Everybody => everybody(&tx, (after, until)).await?,
        };
        tx.commit().await?;
        let is_dense = members.len().saturating_mul(2) >= RANGE;
        let mut ranged = Ranged {
            seen: u64::try_from(RANGE).unwrap_or(u64::MAX),
            changed: 0,
        };
        for some in members.chunks(AT_ONCE) {
            let chosen = match some {
                [first, .., last] if is_dense => Chosen::Between(before(*first), *last),
                _ => Chosen::These(some.to_vec()),
            };
            let decided = self.decide(tenant, chosen, date).await?;
            ranged.changed = ranged.changed.saturating_add(decided.changed);
        }
        Ok(ranged)
    }

    /// Members whose ranks were set by hand and end, and those that a receipt of the past concerns.
    async fn look_at_some(&self, tenant: TenantNumber, date: Date) -> Result<u64, DbError> {
        let mut changed: u64 = 0;
        let mut after = Uuid::nil();
        loop {
            let tx = self.db.tenant(tenant).await?;
            let some = RanksToLookAt {
                tenant: tx.number(),
                after,
                date: date.into(),
                limit: i64::try_from(AT_ONCE).unwrap_or(i64::MAX),
            };
            let some = some.all(&tx).await?;
            tx.commit().await?;
            let Some((last,)) = some.last() else {
                return Ok(changed);
            };
            after = *last;
            let members = some.into_iter().map(|(member,)| member).collect();
            let chosen = Chosen::These(members);
            let decided = self.decide(tenant, chosen, date).await?;
            changed = changed.saturating_add(decided.changed);
        }
    }

    /// Lock, look and decide for some members.
    async fn decide(
        &self,
        tenant: TenantNumber,
        chosen: Chosen,
        until: Date,
    ) -> Result<Ranged, DbError> {
        let tx = self.db.tenant(tenant).await?;
        let mut members = facts::of_rows(chosen.lock(&tx).await?);
        let (head, catalog) = self.head(&tx).await?;
        let states = chosen.states(&tx).await?;
        ranks::add_states(&mut members, &head, states);
        let there = There::of(&members, HashMap::new()).take_ranks();
        let command = Command::ReviewRanks(ReviewRanks { until });
        let asked = members.values().filter_map(|facts| {
            let needs = command.needs(&catalog, facts, head.now);
            Some((facts.member, needs.days?))
        });
        let mut days = chosen.days(&tx, asked.collect()).await?;
        for (member, facts) in &mut members {
            facts.history.days = days.remove(member);
        }
        let budgets = Budgets::default();
        let mut rows = RankRows::after(there).told(head.has_webhooks);
        let mut decided = Ranged {
            seen: u64::try_from(members.len()).unwrap_or(u64::MAX),
            changed: 0,
        };
        for member in facts::in_order(&members) {
            let facts = Facts {
                member: Some(member),
                budgets: &budgets,
                trail: None,
            };
            let decision = decide(&catalog, facts, &command, head.now)
                .map_err(|refusal| DbError::Failed(problem_of(&refusal).detail))?;
            if let Some(update) = decision.ranks {
                rows.add(update, member.ledger_time(head.now), NOBODY);
                decided.changed = decided.changed.saturating_add(1);
            }
        }
        rows.write(&tx).await?;
        tx.commit().await?;
        Ok(decided)
    }
}

/// The id before another one.
const fn before(member: Uuid) -> Uuid {
    Uuid::from_u128(member.as_u128().saturating_sub(1))
}

fn ended(done: Result<Result<Ranged, DbError>, JoinError>) -> Result<Ranged, DbError> {
    done.map_err(|error| DbError::Failed(error.to_string()))?
}
