//! Walks every member's ranks once more from the receipts, the days and the ranks that were set by
//! hand, and compares what follows with what is stored, row by row.

use std::collections::BTreeMap;

use domain::amount::{Amount, Points};
use domain::catalog::Catalog;
use domain::id::{MemberId, PurchaseId};
use domain::ledger::DayDelta;
use domain::rank::{Cause, RankChange, Recorded, RecordedReceipt, RecordedReturn};
use jiff::Timestamp;
use jiff::civil::Date;
use secrecy::SecretString;
use serde::Deserialize;
use tokio::runtime::Handle;
use uuid::Uuid;

use super::store::{ChangesIn, MembersAfter, ReceiptsIn, ReturnsIn, TenantNumbers};
use super::{Finding, SHOWN};
use crate::catalog::{self, Catalogs};
use crate::db::{Db, DbError, TenantConn, TenantNumber};

/// Members whose ranks are walked at once.
const AT_ONCE: i64 = 2_000;

/// What receipts counted, as it is stored.
#[derive(Deserialize)]
struct Counted {
    on: Date,
    spend: Amount,
    gross_spend: Amount,
    points: Points,
    #[serde(default = "one")]
    visits: i64,
}

const fn one() -> i64 {
    1
}

impl Counted {
    fn read(text: Option<String>) -> Result<DayDelta, DbError> {
        let text = text.ok_or_else(|| DbError::Failed("a receipt counted nothing".into()))?;
        let counted: Self = serde_json::from_str(&text).map_err(|error| failed(&error))?;
        Ok(DayDelta {
            business_date: counted.on,
            spend: counted.spend,
            gross_spend: counted.gross_spend,
            visits: counted.visits,
            points_earned: counted.points,
        })
    }
}

/// Prove the ranks of every tenant.
pub(super) async fn finding(owner_url: &SecretString) -> Result<Finding, DbError> {
    let db = Db::new(owner_url, 1, Handle::current())?;
    let control = db.control().await?;
    let tenants = (TenantNumbers {}).all(&control).await?;
    control.commit().await?;
    let catalogs = Catalogs::default();
    let mut finding = Finding {
        invariant: "I21",
        promise: "Ranks follow from the receipts, row by row",
        violations: 0,
        examples: Vec::new(),
    };
    for (tenant,) in tenants {
        let tx = db.snapshot(TenantNumber(tenant)).await?;
        // A tenant without its anchor row can't have written anything.
        let Some(head) = catalog::anchored(&tx).await? else {
            tx.commit().await?;
            continue;
        };
        let catalog = catalogs.at_revision(&tx, head.revision).await?;
        if catalog.has_ladders() {
            let reviewed_on = head.ranks_reviewed_on;
            tenants_ranks(&tx, &catalog, reviewed_on, &mut finding).await?;
        }
        tx.commit().await?;
    }
    Ok(finding)
}

async fn tenants_ranks(
    tx: &TenantConn,
    catalog: &Catalog,
    reviewed_on: Option<Date>,
    finding: &mut Finding,
) -> Result<(), DbError> {
    let mut after = Uuid::nil();
    loop {
        let some = MembersAfter {
            tenant: tx.number(),
            after,
            limit: AT_ONCE,
        };
        let some = some.all(tx).await?;
        let Some((last, _)) = some.last() else {
            return Ok(());
        };
        let range = (after, *last);
        after = *last;
        let mut members: BTreeMap<Uuid, Recorded> = some
            .into_iter()
            .map(|(member, enrolled_at)| (member, blank(member, enrolled_at.into(), reviewed_on)))
            .collect();
        add_receipts(tx, range, &mut members).await?;
        add_returns(tx, range, &mut members).await?;
        add_changes(tx, range, &mut members).await?;
        let differences = members.values();
        for what in differences.filter_map(|recorded| difference(recorded, catalog)) {
            finding.violations = finding.violations.saturating_add(1);
            finding.examples.push((tx.number(), what));
        }
        finding.examples.truncate(SHOWN);
    }
}

fn blank(member: Uuid, enrolled_at: Timestamp, reviewed_on: Option<Date>) -> Recorded {
    Recorded {
        member: MemberId::from_uuid(member),
        enrolled_at,
        receipts: Vec::new(),
        returns: Vec::new(),
        changes: Vec::new(),
        reviewed_on,
    }
}

async fn add_receipts(
    tx: &TenantConn,
    (after, until): (Uuid, Uuid),
    members: &mut BTreeMap<Uuid, Recorded>,
) -> Result<(), DbError> {
    let receipts = ReceiptsIn {
        tenant: tx.number(),
        after,
        until,
    };
    for (member, version, purchase, occurred_at, counted) in receipts.all(tx).await? {
        let Some(recorded) = members.get_mut(&member) else {
            continue;
        };
        recorded.receipts.push(RecordedReceipt {
            version,
            purchase: PurchaseId::from_uuid(purchase),
            occurred_at: occurred_at.into(),
            day: Counted::read(counted)?,
        });
    }
    Ok(())
}

async fn add_returns(
    tx: &TenantConn,
    (after, until): (Uuid, Uuid),
    members: &mut BTreeMap<Uuid, Recorded>,
) -> Result<(), DbError> {
    let returns = ReturnsIn {
        tenant: tx.number(),
        after,
        until,
    };
    for (member, version, purchase, recorded_at, program_version, counted) in
        returns.all(tx).await?
    {
        if let Some(recorded) = members.get_mut(&member) {
            recorded.returns.push(RecordedReturn {
                version,
                purchase: PurchaseId::from_uuid(purchase),
                recorded_at: recorded_at.into(),
                program_version,
                day: Counted::read(counted)?,
            });
        }
    }
    Ok(())
}

async fn add_changes(
    tx: &TenantConn,
    (after, until): (Uuid, Uuid),
    members: &mut BTreeMap<Uuid, Recorded>,
) -> Result<(), DbError> {
    let changes = ChangesIn {
        tenant: tx.number(),
        after,
        until,
    };
    for row in changes.all(tx).await? {
        let (member, ladder, number, code, previous, effective_at, cause, ..) = row;
        let (purchase, until, reason, numbers, program_version, version) =
            (row.7, row.8, row.9, row.10, row.11, row.12);
        let Some(recorded) = members.get_mut(&member) else {
            continue;
        };
        let cause: Cause = serde_json::from_value(cause.into()).map_err(|error| failed(&error))?;
        recorded.changes.push(RankChange {
            ladder,
            number,
            code,
            previous,
            effective_at: effective_at.into(),
            follows: None,
            cause,
            purchase: purchase.map(PurchaseId::from_uuid),
            until: until.map(Date::from),
            reason,
            numbers: serde_json::from_str(&numbers).map_err(|error| failed(&error))?,
            program_version,
            version,
        });
    }
    Ok(())
}

/// The first row that differs, in words.
fn difference(recorded: &Recorded, catalog: &Catalog) -> Option<String> {
    let member = recorded.member;
    let mut replayed = match recorded.replayed(catalog) {
        Ok(replayed) => replayed,
        Err(refusal) => return Some(format!("member {member}: {refusal}")),
    };
    replayed.sort_by(|one, other| (&one.ladder, one.number).cmp(&(&other.ladder, other.number)));
    for change in &mut replayed {
        change.follows = None;
    }
    let both = recorded
        .changes
        .iter()
        .map(Some)
        .chain(std::iter::repeat(None));
    let both = both.zip(replayed.iter().map(Some).chain(std::iter::repeat(None)));
    for (stored, follows) in both {
        match (stored, follows) {
            (None, None) => return None,
            (Some(stored), Some(follows)) if is_same(stored, follows) => {}
            (stored, follows) => {
                return Some(format!(
                    "member {member}: stored {stored:?}, follows {follows:?}"
                ));
            }
        }
    }
    None
}

/// When a review was done is no one's business, as long as it comes to the same.
fn is_same(stored: &RankChange, follows: &RankChange) -> bool {
    let version = match stored.cause {
        Cause::Review | Cause::ManualEnded => stored.version,
        _ => follows.version,
    };
    *stored
        == RankChange {
            version,
            ..follows.clone()
        }
}

fn failed(error: &dyn std::fmt::Display) -> DbError {
    DbError::Failed(error.to_string())
}
