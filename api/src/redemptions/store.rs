//! Reads of redemptions.

use diesel::sql_types::{BigInt, Nullable, Text, Uuid as SqlUuid};
use domain::decide::{RedemptionChanged, RedemptionOutcome};
use domain::id::RedemptionId;
use uuid::Uuid;

use crate::auth::Principal;
use crate::db::{Db, TenantNumber};
use crate::problem::Problem;
use crate::statement;

statement! {
    /// What was answered for one redemption, and for what was done to it last.
    tenant RedemptionById = "select r.outcome, (
            select o.outcome from operations o
            where o.tenant_id = $1 and o.subject = r.id order by o.number desc limit 1)
        from redemptions r where r.tenant_id = $1 and r.id = $2";
    { tenant: i64 => BigInt, id: Uuid => SqlUuid }
    -> { String => Text, Option<String> => Nullable<Text> }
}

/// The redemption as it was first answered; 404 when the tenant has none of this id, 403 when the caller is for
/// other stores.
pub(super) async fn recorded(
    db: &Db,
    caller: &Principal,
    id: RedemptionId,
) -> Result<RedemptionOutcome, Problem> {
    let (recorded, _) = read(db, caller.tenant, id).await?;
    let recorded = serde_json::from_str(&recorded).map_err(|error| Problem::internal(&error))?;
    allowed(caller, recorded)
}

/// The redemption as it stands; 404 and 403 as above.
pub(super) async fn present(
    db: &Db,
    caller: &Principal,
    id: RedemptionId,
) -> Result<RedemptionOutcome, Problem> {
    let (recorded, last) = read(db, caller.tenant, id).await?;
    let present = match last {
        Some(last) => {
            serde_json::from_str::<RedemptionChanged>(&last).map(|changed| changed.redemption)
        }
        None => serde_json::from_str(&recorded),
    };
    allowed(caller, present.map_err(|error| Problem::internal(&error))?)
}

fn allowed(
    caller: &Principal,
    redemption: RedemptionOutcome,
) -> Result<RedemptionOutcome, Problem> {
    caller.check_store_of(redemption.store.as_deref())?;
    Ok(redemption)
}

async fn read(
    db: &Db,
    tenant: TenantNumber,
    id: RedemptionId,
) -> Result<(String, Option<String>), Problem> {
    let reads = db.clone();
    let row = db.run(async move {
        let tx = reads.snapshot(tenant).await?;
        let row = RedemptionById {
            tenant: tx.number(),
            id: id.uuid(),
        }
        .all(&tx)
        .await?
        .pop();
        tx.commit().await?;
        Ok::<_, Problem>(row)
    });
    row.await??.ok_or_else(Problem::not_found)
}
