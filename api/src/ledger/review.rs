//! Reviews of ranks as business days begin. A first look at everybody goes over maintained counters
//! alone, range by range of members; only those who may move are locked and decided through the
//! same door as receipts. Whatever was done is not done again, so that a review may be cut off,
//! repeated or run twice at once.

mod statements;

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use domain::amount::{Amount, Points};
use domain::catalog::Catalog;
use domain::decide::{Command, Facts, ReviewRanks, decide};
use domain::history::{Budgets, Counters};
use domain::rank::Probe;
use domain::window::DateRange;
use jiff::civil::Date;
use tokio::task::JoinSet;
use uuid::Uuid;

use self::statements::{
    BeginReview, EndOfRange, FinishReview, IsAlone, LockForReview, RanksIn, RanksToLookAt, SumsIn,
};
use super::append::There;
use super::facts;
use super::history;
use super::ranks::{self, RankRows};
use super::refusal::problem_of;
use crate::catalog::{self, Catalogs, Head};
use crate::db::{Db, DbError, TenantConn, TenantNumber};

/// Members in one range of the first look.
const RANGE: i64 = 20_000;
/// Members that are decided in one transaction.
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

    /// Go over all members, range by range, some ranges side by side.
    async fn each_range(&self, tenant: TenantNumber, date: Date, who: Who) -> Result<u64, DbError> {
        let mut changed: u64 = 0;
        let mut after = Uuid::nil();
        let mut under_way = JoinSet::new();
        let mut is_over = false;
        while !is_over {
            let tx = self.db.tenant(tenant).await?;
            let end = EndOfRange {
                tenant: tx.number(),
                after,
                skipped: RANGE - 1,
            };
            let end = end.all(&tx).await?.pop();
            tx.commit().await?;
            let until = end.map_or(Uuid::max(), |(end,)| end);
            is_over = end.is_none();
            if under_way.len() >= SIDE_BY_SIDE
                && let Some(done) = under_way.join_next().await
            {
                changed = changed.saturating_add(ended(done)?);
            }
            let reviewer = self.clone();
            let range = (after, until);
            under_way.spawn(async move { reviewer.range(tenant, date, who, range).await });
            after = until;
        }
        while let Some(done) = under_way.join_next().await {
            changed = changed.saturating_add(ended(done)?);
        }
        Ok(changed)
    }

    async fn range(
        &self,
        tenant: TenantNumber,
        date: Date,
        who: Who,
        (after, until): (Uuid, Uuid),
    ) -> Result<u64, DbError> {
        let tx = self.db.tenant(tenant).await?;
        let (_, catalog) = self.head(&tx).await?;
        let members = match who {
            Who::MayMove => may_move(&tx, &catalog, date, (after, until)).await?,
            Who::Everybody => everybody(&tx, (after, until)).await?,
        };
        tx.commit().await?;
        let mut changed: u64 = 0;
        for some in members.chunks(AT_ONCE) {
            changed = changed.saturating_add(self.decide(tenant, some.to_vec(), date).await?);
        }
        Ok(changed)
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
            changed = changed.saturating_add(self.decide(tenant, members, date).await?);
        }
    }

    /// Lock, look and decide for some members; how many were changed.
    async fn decide(
        &self,
        tenant: TenantNumber,
        ids: Vec<Uuid>,
        until: Date,
    ) -> Result<u64, DbError> {
        let tx = self.db.tenant(tenant).await?;
        let lock = LockForReview {
            tenant: tx.number(),
            members: ids.clone(),
        };
        let mut members = facts::of_rows(lock.all(&tx).await?);
        let (head, catalog) = self.head(&tx).await?;
        let states = ranks::states(&tx, ids).await?;
        ranks::add_states(&mut members, &head, states);
        let there = There::of(&[], &members).take_ranks();
        let command = Command::ReviewRanks(ReviewRanks { until });
        let asked = members.values().filter_map(|facts| {
            let needs = command.needs(&catalog, facts, head.now);
            Some((facts.member, needs.days?))
        });
        let mut days = ranks::days(&tx, asked.collect()).await?;
        for (member, facts) in &mut members {
            facts.history.days = days.remove(member);
        }
        let budgets = Budgets::default();
        let mut rows = RankRows::after(there).told(head.has_webhooks);
        let mut changed: u64 = 0;
        for member in members.values() {
            let facts = Facts {
                member: Some(member),
                budgets: &budgets,
                trail: None,
            };
            let decision = decide(&catalog, facts, &command, head.now)
                .map_err(|refusal| DbError::Failed(problem_of(&refusal).detail))?;
            if let Some(update) = decision.ranks {
                rows.add(update, member.ledger_time(head.now), NOBODY);
                changed = changed.saturating_add(1);
            }
        }
        rows.write(&tx).await?;
        tx.commit().await?;
        Ok(changed)
    }
}

fn ended(done: Result<Result<u64, DbError>, tokio::task::JoinError>) -> Result<u64, DbError> {
    done.map_err(|error| DbError::Failed(error.to_string()))?
}

async fn everybody(tx: &TenantConn, (after, until): (Uuid, Uuid)) -> Result<Vec<Uuid>, DbError> {
    let members = statements::MembersIn {
        tenant: tx.number(),
        after,
        until,
    };
    let members = members.all(tx).await?;
    Ok(members.into_iter().map(|(member,)| member).collect())
}

/// Members of a range who may move on a date, by their sums.
async fn may_move(
    tx: &TenantConn,
    catalog: &Catalog,
    date: Date,
    (after, until): (Uuid, Uuid),
) -> Result<Vec<Uuid>, DbError> {
    let Some(probe) = Probe::of(catalog, date) else {
        return Ok(Vec::new());
    };
    let tenant = tx.number();
    let ranges = probe.ranges();
    let mut sums: HashMap<Uuid, Vec<Counters>> = HashMap::new();
    for (place, range) in ranges.iter().enumerate() {
        let rows = sums_in(tx, *range, (after, until)).await?;
        for (member, counters) in rows {
            let of_member = sums
                .entry(member)
                .or_insert_with(|| vec![Counters::default(); ranges.len()]);
            if let Some(sum) = of_member.get_mut(place) {
                *sum = counters;
            }
        }
    }
    let known = RanksIn {
        tenant,
        after,
        until,
    };
    let known = known.all(tx).await?;
    let mut ladders: HashMap<Uuid, Vec<(&str, Option<&str>)>> = HashMap::new();
    for (member, ladder, earned) in &known {
        let of_member = ladders.entry(*member).or_default();
        of_member.push((ladder, earned.as_deref()));
    }
    let nothing = vec![Counters::default(); ranges.len()];
    let members: BTreeSet<&Uuid> = sums.keys().chain(ladders.keys()).collect();
    let mut may_move = Vec::new();
    for member in members {
        let ladders = ladders.get(member).map_or(&[][..], Vec::as_slice);
        let earned = |ladder: &str| {
            let mut ladders = ladders.iter();
            let known = ladders.find(|(code, _)| *code == ladder);
            known.map(|(_, earned)| *earned)
        };
        let moves = probe.may_move(earned, sums.get(member).unwrap_or(&nothing));
        if moves.map_err(|error| DbError::Failed(error.to_string()))? {
            may_move.push(*member);
        }
    }
    Ok(may_move)
}

async fn sums_in(
    tx: &TenantConn,
    range: DateRange,
    (after, until): (Uuid, Uuid),
) -> Result<Vec<(Uuid, Counters)>, DbError> {
    let sums = SumsIn {
        tenant: tx.number(),
        after,
        until,
        from: history::first(range),
        to: range.to.into(),
    };
    let rows = sums.all(tx).await?.into_iter();
    let counted = rows.map(|(member, spend, gross_spend, visits, points_earned)| {
        let counters = Counters {
            spend: Amount::new(spend),
            gross_spend: Amount::new(gross_spend),
            visits,
            points_earned: Points::new(points_earned),
            last_visit: None,
        };
        (member, counters)
    });
    Ok(counted.collect())
}
