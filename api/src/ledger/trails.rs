//! What was done to purchases and redemptions that commands take up again, loaded under lock.

use std::collections::{BTreeSet, HashMap};

use diesel::sql_types::{
    Array, BigInt, Integer, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid,
};
use domain::amount::Points;
use domain::id::{LotId, MemberId};
use domain::ledger::{Account, Transfer};
use domain::trail::{Subject, Trail};
use uuid::Uuid;

use super::facts::{LotRow, Members, put_lots};
use super::kept::read_outcome;
use crate::db::time::SqlInstant;
use crate::db::{DbError, TenantConn};
use crate::statement;

/// Trails by the bits of what they belong to.
pub(super) type Trails = HashMap<Uuid, Trail>;

/// Everything that was done to `subjects`, and the lots of its moves among what is known of their
/// members.
pub(super) async fn load(
    tx: &TenantConn,
    subjects: &[Subject],
    members: &mut Members,
) -> Result<Trails, DbError> {
    let mut trails: Trails = subjects
        .iter()
        .map(|subject| (subject.id, Trail::default()))
        .collect();
    if trails.is_empty() {
        return Ok(trails);
    }
    let mut steps: HashMap<(Uuid, i64), Uuid> = subjects
        .iter()
        .filter_map(|subject| {
            let (member, version) = subject.recorded?;
            Some(((member.uuid(), version), subject.id))
        })
        .collect();
    let operations = OperationsOn {
        tenant: tx.number(),
        subjects: trails.keys().copied().collect(),
    };
    for (subject, kind, outcome, member, version) in operations.all(tx).await? {
        if let Some(step) = member.zip(version) {
            steps.insert(step, subject);
        }
        let trail = trails.entry(subject).or_default();
        trail.operations.push(read_outcome(&kind, &outcome)?);
    }
    let lots = add_moves(tx, &steps, &mut trails).await?;
    recall(tx, lots, members).await?;
    add_expired(tx, &steps, &mut trails).await?;
    Ok(trails)
}

/// Adds the moves of transactions; the lots that they name, by member.
async fn add_moves(
    tx: &TenantConn,
    steps: &HashMap<(Uuid, i64), Uuid>,
    trails: &mut Trails,
) -> Result<BTreeSet<(Uuid, Uuid)>, DbError> {
    let mut lots = BTreeSet::new();
    if steps.is_empty() {
        return Ok(lots);
    }
    let (member, version) = steps.keys().copied().unzip();
    let moves = MovesOf {
        tenant: tx.number(),
        member,
        version,
    };
    for (member, version, wallet, debit, credit, points, balance_after, rule, lot) in
        moves.all(tx).await?
    {
        let Some(trail) = steps
            .get(&(member, version))
            .and_then(|subject| trails.get_mut(subject))
        else {
            continue;
        };
        lots.extend(lot.map(|lot| (member, lot)));
        let accounts = Account::from_code(debit).zip(Account::from_code(credit));
        let (debit, credit) = accounts
            .ok_or_else(|| DbError::Failed("a transfer between unknown accounts".into()))?;
        trail.moves.push(Transfer {
            wallet,
            debit,
            credit,
            points: Points::new(points),
            balance_after: Points::new(balance_after),
            rule,
            lot: lot.map(LotId::from_uuid),
        });
    }
    Ok(lots)
}

/// Adds what lots that the trails filled lost by time since.
async fn add_expired(
    tx: &TenantConn,
    steps: &HashMap<(Uuid, i64), Uuid>,
    trails: &mut Trails,
) -> Result<(), DbError> {
    // More than one may have filled a lot: what it granted, and what came back to it.
    let mut filled: HashMap<Uuid, BTreeSet<Uuid>> = HashMap::new();
    for (subject, trail) in trails.iter() {
        let rows = trail.moves.iter();
        let rows = rows.filter(|row| matches!(row.credit, Account::Available | Account::Pending));
        for lot in rows.filter_map(|row| row.lot) {
            filled.entry(lot.uuid()).or_default().insert(*subject);
        }
    }
    if filled.is_empty() {
        return Ok(());
    }
    let (member, version) = steps.keys().copied().unzip();
    let lost = LostByTime {
        tenant: tx.number(),
        member,
        version,
        lots: filled.keys().copied().collect(),
        expired: Account::Expired.code(),
    };
    for (lot, points) in lost.all(tx).await? {
        for subject in filled.get(&lot).into_iter().flatten() {
            if let Some(trail) = trails.get_mut(subject) {
                let points = Points::new(points);
                trail.expired.push((LotId::from_uuid(lot), points));
            }
        }
    }
    Ok(())
}

/// Lets the lots be known that are empty, since points may come back to them.
async fn recall(
    tx: &TenantConn,
    mut lots: BTreeSet<(Uuid, Uuid)>,
    members: &mut Members,
) -> Result<(), DbError> {
    // A purchase that is another member's is refused, and needs no lots for that.
    lots.retain(|(member, _)| knows_lots_of(members, MemberId::from_uuid(*member)));
    for (member, lot) in &lots {
        if let Some(facts) = members.get_mut(&MemberId::from_uuid(*member)) {
            facts.recalled.insert(LotId::from_uuid(*lot));
        }
    }
    if lots.is_empty() {
        return Ok(());
    }
    let (member, lot) = lots.into_iter().unzip();
    let empty = EmptyLots {
        tenant: tx.number(),
        member,
        lot,
    };
    let rows: Vec<LotRow> = empty.all(tx).await?;
    put_lots(members, rows)
}

/// Whether the member is one of those whose open lots were loaded.
fn knows_lots_of(members: &Members, member: MemberId) -> bool {
    let wallets = members.get(&member).map(|facts| &facts.wallets);
    wallets.is_some_and(|wallets| wallets.values().any(|wallet| wallet.lots.is_some()))
}

statement! {
    /// What was done to purchases and redemptions, each in its order, with the step of the member's ledger.
    tenant OperationsOn = "select subject, kind, outcome, member_id, version from operations
        where tenant_id = $1 and subject = any($2)
        order by subject, number";
    { tenant: i64 => BigInt, subjects: Vec<Uuid> => Array<SqlUuid> }
    -> { Uuid => SqlUuid, String => Text, String => Text, Option<Uuid> => Nullable<SqlUuid>, Option<i64> => Nullable<BigInt> }
}

statement! {
    /// The moves of transactions, in their order.
    tenant MovesOf = "select member_id, version, wallet, debit, credit, points, balance_after, rule, lot_id from (
            select t.member_id, t.version, generate_subscripts(t.points, 1) as position, unnest(t.wallets) as wallet,
                unnest(t.debits) as debit, unnest(t.credits) as credit, unnest(t.points) as points,
                unnest(t.balances_after) as balance_after, unnest(t.rules) as rule, unnest(t.lots) as lot_id
            from unnest($2, $3) u (member_id, version)
            join ledger_transactions t on t.tenant_id = $1 and t.member_id = u.member_id and t.version = u.version
        ) r order by member_id, version, position";
    { tenant: i64 => BigInt, member: Vec<Uuid> => Array<SqlUuid>, version: Vec<i64> => Array<BigInt> }
    -> { Uuid => SqlUuid, i64 => BigInt, String => Text, i16 => SmallInt, i16 => SmallInt, i64 => BigInt, i64 => BigInt,
         Option<String> => Nullable<Text>, Option<Uuid> => Nullable<SqlUuid> }
}

statement! {
    /// What lots lost by time, in whatever transaction since the first that is named of their member.
    tenant LostByTime = "select r.lot_id, sum(r.points)::bigint
        from (select member_id, min(version) as version from unnest($2, $3) as t (member_id, version) group by member_id) u
        cross join lateral (
            select unnest(t.lots) as lot_id, unnest(t.credits) as credit, unnest(t.points) as points from ledger_transactions t
            where t.tenant_id = $1 and t.member_id = u.member_id and t.version >= u.version and $5 = any(t.credits)
        ) r
        where r.lot_id = any($4) and r.credit = $5
        group by r.lot_id";
    { tenant: i64 => BigInt, member: Vec<Uuid> => Array<SqlUuid>, version: Vec<i64> => Array<BigInt>,
      lots: Vec<Uuid> => Array<SqlUuid>, expired: i16 => SmallInt }
    -> { Uuid => SqlUuid, i64 => BigInt }
}

statement! {
    /// Those of the lots that are empty; the others are known already.
    tenant EmptyLots = "select l.member_id, l.id, l.wallet, l.granted, l.remaining, l.activates_at,
            nullif(l.expires_at, 'infinity'), l.occurred_at, l.transaction_id, l.rule, l.program_version,
            nullif(l.pending_until, 'infinity'), l.awaits
        from unnest($2, $3) u (member_id, id)
        join lots l on l.tenant_id = $1 and l.member_id = u.member_id and l.id = u.id
        where l.remaining = 0 and l.pending_until is null";
    { tenant: i64 => BigInt, member: Vec<Uuid> => Array<SqlUuid>, lot: Vec<Uuid> => Array<SqlUuid> }
    -> { Uuid => SqlUuid, Uuid => SqlUuid, String => Text, i64 => BigInt, i64 => BigInt,
         Option<SqlInstant> => Nullable<Timestamptz>, Option<SqlInstant> => Nullable<Timestamptz>,
         SqlInstant => Timestamptz, Uuid => SqlUuid, String => Text, i32 => Integer,
         Option<SqlInstant> => Nullable<Timestamptz>, Option<String> => Nullable<Text> }
}
