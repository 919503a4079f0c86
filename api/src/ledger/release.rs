//! Gives held points back whose time is over, through the same door as receipts and under the same
//! locks: once, by whichever worker comes first.

use std::collections::BTreeSet;

use diesel::sql_types::{BigInt, Text, Timestamptz};
use domain::decide::{
    ChangeRedemption, Command, Facts, RedemptionChange, RedemptionOutcome, decide,
};
use domain::history::Budgets;
use jiff::Timestamp;
use uuid::Uuid;

use super::append::{Rows, Step, There};
use super::facts;
use super::kept::unreadable;
use super::refusal::problem_of;
use super::trails;
use crate::catalog::{self, Catalogs};
use crate::clock;
use crate::db::time::SqlInstant;
use crate::db::{Db, DbError, TenantConn, TenantNumber};
use crate::statement;

/// Reservations that are released in one transaction.
const AT_ONCE: i64 = 500;
/// What time does has no key that asked for it.
const NOBODY: Uuid = Uuid::nil();

/// Release every reservation that is over at `until`; how many they were.
pub async fn release_lapsed(
    db: &Db,
    catalogs: &Catalogs,
    tenant: TenantNumber,
    until: Timestamp,
) -> Result<u64, DbError> {
    let mut released: u64 = 0;
    loop {
        let tx = db.tenant(tenant).await?;
        let lapsed = Lapsed {
            tenant: tx.number(),
            until: until.into(),
            limit: AT_ONCE,
        };
        let lapsed: Result<Vec<Command>, DbError> =
            lapsed.all(&tx).await?.into_iter().map(command).collect();
        let lapsed = lapsed?;
        let found = lapsed.len();
        let written = if found == 0 {
            0
        } else {
            Box::pin(release(&tx, catalogs, lapsed)).await?
        };
        tx.commit().await?;
        released = released.saturating_add(written);
        // None is left, or another worker has just done them, or the clock was set back since.
        if written == 0 {
            return Ok(released);
        }
    }
}

fn command((outcome,): (String,)) -> Result<Command, DbError> {
    let redemption: RedemptionOutcome =
        serde_json::from_str(&outcome).map_err(|error| unreadable(&error))?;
    Ok(Command::ChangeRedemption(Box::new(ChangeRedemption {
        seed: clock::new_id(),
        redemption,
        change: RedemptionChange::Lapse,
        occurred_at: None,
    })))
}

/// Lock, look and decide for some reservations; how many were released.
async fn release(
    tx: &TenantConn,
    catalogs: &Catalogs,
    lapsed: Vec<Command>,
) -> Result<u64, DbError> {
    let subjects: Vec<_> = lapsed.iter().filter_map(Command::subject).collect();
    let ids: BTreeSet<Uuid> = subjects
        .iter()
        .filter_map(|subject| Some(subject.recorded?.0.uuid()))
        .collect();
    let ids: Vec<Uuid> = ids.into_iter().collect();
    let locked = facts::lock(tx, ids.clone()).await?;
    let head = catalog::head(tx).await?;
    let catalog = catalogs.at_revision(tx, head.revision).await?;
    let (mut members, ledgers) = facts::of_ledgers(locked);
    let there = There::of(&members, ledgers);
    let lots = facts::lots(tx, ids.clone()).await?;
    facts::add_lots(&mut members, &ids, lots)?;
    let trails = trails::load(tx, &subjects, &mut members).await?;
    let budgets = Budgets::default();
    let mut rows = Rows::new(head.database_now, BTreeSet::new(), there).told(head.has_webhooks);
    let mut released: u64 = 0;
    for command in &lapsed {
        let Some(subject) = command.subject() else {
            continue;
        };
        let (member, _) = subject.recorded.unzip();
        let member = member.and_then(|member| members.get(&member));
        let trail = trails.get(&subject.id);
        let facts = Facts {
            member,
            budgets: &budgets,
            trail,
        };
        let decision = decide(&catalog, facts, command, head.now)
            .map_err(|refusal| DbError::Failed(problem_of(&refusal).detail))?;
        let after = member.map(|member| member.after(&decision));
        let Some(transaction) = decision.transaction else {
            continue;
        };
        let number = trail.map_or(0, |trail| trail.operations.len());
        let number = i32::try_from(number.saturating_add(1));
        let step = Step {
            subject: number.ok().map(|number| (subject.id, number)),
            ledger: Some((transaction.member, transaction.version)),
            operation: transaction.operation,
            counterpart: None,
        };
        let recorded_at = transaction.recorded_at;
        rows.unasked((&decision.outcome, step), recorded_at, NOBODY)?;
        rows.transaction(*transaction, NOBODY)?;
        released = released.saturating_add(1);
        members.extend(after.map(|after| (after.member, after)));
    }
    if released > 0 {
        rows.write(tx).await?;
    }
    Ok(released)
}

statement! {
    /// Reservations that are over, those first that were over first.
    tenant Lapsed = "select r.outcome from reservations v
        join redemptions r on r.tenant_id = $1 and r.id = v.id
        where v.tenant_id = $1 and v.expires_at <= $2
        order by v.expires_at, v.id limit $3";
    { tenant: i64 => BigInt, until: SqlInstant => Timestamptz, limit: i64 => BigInt }
    -> { String => Text }
}
