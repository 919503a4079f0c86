//! The first look at a range of members: who may move, told from what is maintained, without a lock.

use std::collections::{BTreeSet, HashMap};

use domain::amount::{Amount, Points};
use domain::catalog::Catalog;
use domain::history::Counters;
use domain::rank::Probe;
use domain::window::DateRange;
use jiff::civil::Date;
use uuid::Uuid;

use super::statements::{MembersIn, RanksIn, SumsIn};
use crate::db::{DbError, TenantConn};
use crate::ledger::history;

/// Members of a range for whom something was recorded or who have a rank.
pub(super) async fn everybody(
    tx: &TenantConn,
    (after, until): (Uuid, Uuid),
) -> Result<Vec<Uuid>, DbError> {
    let members = MembersIn {
        tenant: tx.number(),
        after,
        until,
    };
    let members = members.all(tx).await?;
    Ok(members.into_iter().map(|(member,)| member).collect())
}

/// Members of a range who may move on a date, by their sums.
pub(super) async fn may_move(
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
