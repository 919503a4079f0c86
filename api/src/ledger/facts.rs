//! What the ledger knows of members, loaded set-based: under lock for a batch, without for a quote.

use std::collections::HashMap;

use domain::amount::{Amount, Points};
use domain::catalog::Catalog;
use domain::history::{Budgets, History};
use domain::id::{LotId, MemberId, TransactionId};
use domain::ledger::{Balance, DayDelta};
use domain::lot::{Lot, Pending};
use domain::member::{MemberFacts, MemberStatus, WalletFacts};
use domain::needs::Needs;
use domain::rank::RankFacts;
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use super::history::{Asked, Lock};
use super::refusal::unknown_member;
use super::statements::{LockMembers, OpenLots, ReadMembers};
use crate::db::place::Place;
use crate::db::time::{SqlDate, SqlInstant, maybe_from};
use crate::db::{DbError, TenantConn};
use crate::problem::Problem;
use crate::roster::LookUp;
use crate::roster::store::MembersByLookUp;
use crate::vault::Vault;

/// Facts by member.
pub(super) type Members = HashMap<MemberId, MemberFacts>;
/// What a review asks for of a member.
pub(super) type MemberRow = (Uuid, i64, SqlInstant, String, SqlInstant);
/// As [`LockMembers`] gives them.
pub(super) type LedgerRow = (
    Place,
    Uuid,
    i64,
    SqlInstant,
    Option<SqlDate>,
    Vec<i64>,
    String,
    SqlInstant,
    Vec<String>,
    Vec<i64>,
    Vec<i64>,
    Vec<i64>,
    Vec<i64>,
    Vec<Option<SqlInstant>>,
);
/// As [`OpenLots`] gives them.
pub(super) type LotRow = (
    Uuid,
    Uuid,
    String,
    i64,
    i64,
    Option<SqlInstant>,
    Option<SqlInstant>,
    SqlInstant,
    Uuid,
    String,
    i32,
    Option<SqlInstant>,
    Option<String>,
);

/// Lock the members, in ascending order; those that are not there are absent.
pub(super) async fn lock(
    tx: &TenantConn,
    mut members: Vec<Uuid>,
) -> Result<Vec<LedgerRow>, DbError> {
    members.sort_unstable();
    members.dedup();
    if members.is_empty() {
        return Ok(Vec::new());
    }
    LockMembers {
        tenant: tx.number(),
        members,
    }
    .all(tx)
    .await
}

/// A locked ledger: its row, and the counters of the latest business date for which it counted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Locked {
    pub(super) place: Place,
    pub(super) day: Option<DayDelta>,
}

/// Members with their wallets, and where their ledgers stand.
pub(super) fn of_ledgers(rows: Vec<LedgerRow>) -> (Members, HashMap<MemberId, Locked>) {
    let mut ledgers = HashMap::with_capacity(rows.len());
    let mut members = Members::with_capacity(rows.len());
    for row in rows {
        let (place, id, version, recorded_at, date, counted, status, enrolled_at, codes, ..) = &row;
        let (place, day) = (*place, date.map(|date| day(date.into(), counted)));
        let (member, mut facts) =
            member((*id, *version, *recorded_at, status.clone(), *enrolled_at));
        ledgers.insert(member, Locked { place, day });
        for (place, code) in codes.iter().enumerate() {
            facts.wallets.insert(code.clone(), wallet(&row, place));
        }
        members.insert(member, facts);
    }
    (members, ledgers)
}

/// The counters of a day, which are read as one list.
fn day(business_date: Date, counted: &[i64]) -> DayDelta {
    let counted = |place| counted.get(place).copied().unwrap_or_default();
    DayDelta {
        business_date,
        spend: Amount::new(counted(0)),
        gross_spend: Amount::new(counted(1)),
        visits: counted(2),
        points_earned: Points::new(counted(3)),
    }
}

/// The wallet at a place of a ledger's lists.
fn wallet(row: &LedgerRow, place: usize) -> WalletFacts {
    let (.., available, pending, reserved, deficit, next_expiries) = row;
    let points = |list: &[i64]| Points::new(list.get(place).copied().unwrap_or_default());
    WalletFacts {
        available: points(available),
        pending: points(pending),
        reserved: points(reserved),
        deficit: points(deficit),
        next_expires_at: maybe_from(next_expiries.get(place).copied().flatten()),
        lots: None,
    }
}

fn member(
    (id, version, last_recorded_at, status, enrolled_at): MemberRow,
) -> (MemberId, MemberFacts) {
    let member = MemberId::from_uuid(id);
    let status = match status.as_str() {
        "active" => MemberStatus::Active,
        "merged" => MemberStatus::Merged,
        "erased" => MemberStatus::Erased,
        _ => MemberStatus::Closed,
    };
    let facts = MemberFacts {
        member,
        status,
        version,
        last_recorded_at: last_recorded_at.into(),
        enrolled_at: enrolled_at.into(),
        wallets: std::collections::BTreeMap::new(),
        recalled: std::collections::BTreeSet::new(),
        history: History::default(),
        ranks: RankFacts::default(),
    };
    (member, facts)
}

/// Members in ascending order, in which their rows are written: neighbours lie on one page.
pub(super) fn in_order(members: &Members) -> impl Iterator<Item = &MemberFacts> {
    let mut members: Vec<&MemberFacts> = members.values().collect();
    members.sort_unstable_by_key(|facts| facts.member);
    members.into_iter()
}

/// Members as they are now.
pub(super) async fn read(tx: &TenantConn, ids: Vec<Uuid>) -> Result<Members, DbError> {
    let tenant = tx.number();
    let members = ids;
    Ok(of_ledgers(ReadMembers { tenant, members }.all(tx).await?).0)
}

/// Members as they were read, without their wallets.
pub(super) fn of_rows(rows: Vec<MemberRow>) -> Members {
    rows.into_iter().map(member).collect()
}

/// The open lots of `ids`.
pub(super) async fn lots(tx: &TenantConn, ids: Vec<Uuid>) -> Result<Vec<LotRow>, DbError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    OpenLots {
        tenant: tx.number(),
        members: ids,
    }
    .all(tx)
    .await
}

/// Put the open lots of `ids` where they belong, after which their wallets know all of them.
pub(super) fn add_lots(
    members: &mut Members,
    ids: &[Uuid],
    rows: Vec<LotRow>,
) -> Result<(), DbError> {
    for id in ids {
        if let Some(known) = members.get_mut(&MemberId::from_uuid(*id)) {
            known
                .wallets
                .values_mut()
                .for_each(|wallet| wallet.lots = Some(Vec::new()));
        }
    }
    put_lots(members, rows)
}

/// Put more lots of members where they belong, whose open lots are known.
pub(super) fn put_lots(members: &mut Members, rows: Vec<LotRow>) -> Result<(), DbError> {
    for (
        member,
        id,
        wallet,
        granted,
        remaining,
        activates,
        expires,
        occurred,
        transaction,
        rule,
        version,
        pending_until,
        awaits,
    ) in rows
    {
        let lot = Lot {
            id: LotId::from_uuid(id),
            wallet,
            granted: Points::new(granted),
            remaining: Points::new(remaining),
            pending: pending(maybe_from(pending_until), awaits),
            activates_at: maybe_from(activates),
            expires_at: maybe_from(expires),
            occurred_at: occurred.into(),
            transaction: TransactionId::from_uuid(transaction),
            rule,
            program_version: version,
        };
        let wallets = members
            .get_mut(&MemberId::from_uuid(member))
            .map(|known| &mut known.wallets);
        let wallet = wallets.and_then(|wallets| wallets.get_mut(&lot.wallet));
        match wallet.and_then(|wallet| wallet.lots.as_mut()) {
            Some(lots) => lots.push(lot),
            None => return Err(DbError::Failed("a lot without its wallet".into())),
        }
    }
    Ok(())
}

fn pending(until: Option<Timestamp>, awaits: Option<String>) -> Option<Pending> {
    match awaits {
        None => until.map(Pending::Until),
        Some(event) => Some(Pending::Event {
            event,
            cancels_at: until,
        }),
    }
}

/// One member without a lock, with open lots: for a quote and for reads past the cache.
pub async fn facts_of(tx: &TenantConn, member: MemberId) -> Result<Option<MemberFacts>, DbError> {
    let ids = vec![member.uuid()];
    let mut members = read(tx, ids.clone()).await?;
    let lots = lots(tx, ids.clone()).await?;
    add_lots(&mut members, &ids, lots)?;
    Ok(members.remove(&member))
}

/// One member without a lock, as a caller named it; a name that nobody has is refused.
pub async fn facts_of_named(
    tx: &TenantConn,
    named: Option<LookUp>,
) -> Result<Option<MemberFacts>, Problem> {
    let member = match named {
        None => return Ok(None),
        Some(LookUp::Id(member)) => Some(member),
        Some(LookUp::Hash(hash)) => {
            let found = MembersByLookUp {
                tenant: tx.number(),
                look_ups: vec![hash],
            }
            .all(tx)
            .await?;
            found
                .first()
                .map(|(_, member)| MemberId::from_uuid(*member))
        }
    };
    let facts = match member {
        Some(member) => facts_of(tx, member).await?,
        None => None,
    };
    facts.map(Some).ok_or_else(|| unknown_member("/member"))
}

/// Add what a command looks back on, without a lock: for a quote.
pub async fn add_history(
    tx: &TenantConn,
    vault: &Vault,
    facts: &mut MemberFacts,
    needs: Needs,
) -> Result<Budgets, DbError> {
    let member = facts.member;
    let mut asked = Asked::default();
    asked.add(member, needs);
    let mut members = Members::from([(member, facts.clone())]);
    let shared = asked.load(tx, vault, Lock::Nothing, &mut members).await?;
    if let Some(known) = members.remove(&member) {
        *facts = known;
    }
    Ok(shared.budgets)
}

/// The member's balances at `now`, and until when they are good.
pub fn balances_of(
    facts: &MemberFacts,
    catalog: &Catalog,
    now: Timestamp,
) -> Result<(Vec<Balance>, Option<Timestamp>), DbError> {
    let balances = facts
        .balances(catalog, now)
        .map_err(|error| DbError::Failed(error.to_string()))?;
    Ok((balances, good_until(facts, now)))
}

/// The first expiry after `now`, from which on the balances are too high.
pub(super) fn good_until(facts: &MemberFacts, now: Timestamp) -> Option<Timestamp> {
    let next = facts
        .wallets
        .values()
        .filter_map(|wallet| wallet.next_expires_at)
        .min()?;
    if next > now {
        return Some(next);
    }
    // Some lots are over already and were taken off: what counts is the next one.
    let lots = facts
        .wallets
        .values()
        .filter_map(|wallet| wallet.lots.as_ref())
        .flatten();
    lots.filter_map(|lot| lot.expires_at)
        .filter(|at| *at > now)
        .min()
}
