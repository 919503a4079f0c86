//! Ranks in the store: where members stand, what changed it, and the counters that reviews look at
//! day by day.

mod one;
mod rows;
mod statements;

use std::collections::{BTreeMap, HashMap};

use domain::amount::{Amount, Points};
use domain::history::{Counters, DayBook};
use domain::id::MemberId;
use domain::member::MemberFacts;
use domain::rank::{LadderState, Manual, PastRank};
use domain::window::DateRange;
use jiff::civil::Date;
use uuid::Uuid;

pub use self::one::{Ranked, outlook_of, ranked, set_rank};
pub(super) use self::rows::RankRows;
use self::statements::{DaysBetween, DaysOf, PastRanksOf, RanksBetween, RanksOf};
use super::facts::Members;
use crate::catalog::Head;
use crate::db::time::{SqlDate, SqlInstant, maybe_from};
use crate::db::{DbError, TenantConn};

/// As [`RanksOf`] gives them.
pub(super) type RankRow = (
    Uuid,
    String,
    Option<String>,
    Option<SqlDate>,
    Option<String>,
    Option<SqlDate>,
    Option<SqlInstant>,
    i32,
    Option<SqlDate>,
    bool,
);

/// As [`DaysOf`] gives them.
type DayRow = (Uuid, SqlDate, i64, i64, i64, i64);

/// Where members stand; nothing is read of nobody.
pub(super) async fn states(tx: &TenantConn, members: Vec<Uuid>) -> Result<Vec<RankRow>, DbError> {
    if members.is_empty() {
        return Ok(Vec::new());
    }
    let tenant = tx.number();
    RanksOf { tenant, members }.all(tx).await
}

/// The same of all members of a range.
pub(super) async fn states_between(
    tx: &TenantConn,
    (after, until): (Uuid, Uuid),
) -> Result<Vec<RankRow>, DbError> {
    let states = RanksBetween {
        tenant: tx.number(),
        after,
        until,
    };
    states.all(tx).await
}

/// Put ranks where they belong.
pub(super) fn add_states(members: &mut Members, head: &Head, rows: Vec<RankRow>) {
    for facts in members.values_mut() {
        facts.ranks.began_on = head.ranks_began_on;
        facts.ranks.reviewed_on = head.ranks_reviewed_on;
    }
    for row in rows {
        let member = MemberId::from_uuid(row.0);
        if let Some(facts) = members.get_mut(&member) {
            let (ladder, state) = state(row);
            facts.ranks.ladders.insert(ladder, state);
        }
    }
}

fn state(row: RankRow) -> (String, LadderState) {
    let (_, ladder, earned, earned_on, manual, until, since, changes, reviewed_on, is_late) = row;
    let date = |date: Option<SqlDate>| date.map(Date::from);
    let state = LadderState {
        earned,
        earned_on: date(earned_on),
        manual: manual.map(|code| Manual {
            code,
            until: date(until),
        }),
        since: maybe_from(since),
        changes,
        reviewed_on: date(reviewed_on),
        is_late,
    };
    (ladder, state)
}

/// Add a member's ranks, without a lock: for a quote and for reads.
pub async fn add_ranks(tx: &TenantConn, facts: &mut MemberFacts) -> Result<(), DbError> {
    let head = crate::catalog::head(tx).await?;
    let rows = states(tx, vec![facts.member.uuid()]).await?;
    facts.ranks.began_on = head.ranks_began_on;
    facts.ranks.reviewed_on = head.ranks_reviewed_on;
    facts.ranks.ladders = rows.into_iter().map(state).collect();
    Ok(())
}

/// Every change of members' ranks before the batch.
pub(super) async fn past(
    tx: &TenantConn,
    members: Vec<Uuid>,
) -> Result<HashMap<MemberId, Vec<PastRank>>, DbError> {
    if members.is_empty() {
        return Ok(HashMap::new());
    }
    let none = members.iter().map(|id| (MemberId::from_uuid(*id), vec![]));
    let mut past: HashMap<MemberId, Vec<PastRank>> = none.collect();
    let tenant = tx.number();
    let rows = PastRanksOf { tenant, members }.all(tx).await?;
    for (member, ladder, effective_at, code) in rows {
        let member = past.entry(MemberId::from_uuid(member)).or_default();
        member.push(PastRank {
            ladder,
            effective_at: effective_at.into(),
            code,
        });
    }
    Ok(past)
}

/// What was recorded of members day by day, each over its own dates.
pub(super) async fn days(
    tx: &TenantConn,
    asked: Vec<(MemberId, DateRange)>,
) -> Result<HashMap<MemberId, DayBook>, DbError> {
    if asked.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = DaysOf {
        tenant: tx.number(),
        member: asked.iter().map(|(member, _)| member.uuid()).collect(),
        from: asked
            .iter()
            .map(|(_, range)| super::history::first(*range))
            .collect(),
        to: asked.iter().map(|(_, range)| range.to.into()).collect(),
    };
    Ok(books(asked, rows.all(tx).await?))
}

/// The same where all look at the dates of the first, of whom most members between two are.
pub(super) async fn days_between(
    tx: &TenantConn,
    asked: Vec<(MemberId, DateRange)>,
    (after, until): (Uuid, Uuid),
) -> Result<HashMap<MemberId, DayBook>, DbError> {
    let Some((_, range)) = asked.first() else {
        return Ok(HashMap::new());
    };
    let rows = DaysBetween {
        tenant: tx.number(),
        after,
        until,
        from: super::history::first(*range),
        to: range.to.into(),
    };
    Ok(books(asked, rows.all(tx).await?))
}

fn books(asked: Vec<(MemberId, DateRange)>, rows: Vec<DayRow>) -> HashMap<MemberId, DayBook> {
    let books = asked.into_iter().map(|(member, range)| {
        let days = BTreeMap::new();
        (member, DayBook { range, days })
    });
    let mut books: HashMap<MemberId, DayBook> = books.collect();
    for (member, date, spend, gross_spend, visits, points_earned) in rows {
        let date = Date::from(date);
        let counters = Counters {
            spend: Amount::new(spend),
            gross_spend: Amount::new(gross_spend),
            visits,
            points_earned: Points::new(points_earned),
            last_visit: (visits > 0).then_some(date),
        };
        if let Some(book) = books.get_mut(&MemberId::from_uuid(member)) {
            book.days.insert(date, counters);
        }
    }
    books
}
