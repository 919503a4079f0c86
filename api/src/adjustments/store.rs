//! Reads of adjustments.

use diesel::sql_types::{BigInt, Nullable, Text, Uuid as SqlUuid};
use domain::decide::{AdjustmentOutcome, AdjustmentReviewed};
use domain::id::AdjustmentId;
use uuid::Uuid;

use crate::db::{Db, TenantNumber};
use crate::problem::Problem;
use crate::statement;

statement! {
    /// What was answered for one adjustment, and for what was said to it last.
    tenant AdjustmentById = "select a.outcome, (
            select o.outcome from operations o
            where o.tenant_id = $1 and o.subject = a.id order by o.number desc limit 1)
        from operations a where a.tenant_id = $1 and a.id = $2 and a.kind = 'adjustment'";
    { tenant: i64 => BigInt, id: Uuid => SqlUuid }
    -> { String => Text, Option<String> => Nullable<Text> }
}

/// The adjustment as it was first answered; 404 when the tenant has none of this id.
pub(super) async fn recorded(
    db: &Db,
    tenant: TenantNumber,
    id: AdjustmentId,
) -> Result<AdjustmentOutcome, Problem> {
    let (recorded, _) = read(db, tenant, id).await?;
    serde_json::from_str(&recorded).map_err(|error| Problem::internal(&error))
}

/// The adjustment as it stands; 404 when the tenant has none of this id.
pub(super) async fn present(
    db: &Db,
    tenant: TenantNumber,
    id: AdjustmentId,
) -> Result<AdjustmentOutcome, Problem> {
    let (recorded, last) = read(db, tenant, id).await?;
    let present = match last {
        Some(last) => {
            serde_json::from_str::<AdjustmentReviewed>(&last).map(|reviewed| reviewed.adjustment)
        }
        None => serde_json::from_str(&recorded),
    };
    present.map_err(|error| Problem::internal(&error))
}

async fn read(
    db: &Db,
    tenant: TenantNumber,
    id: AdjustmentId,
) -> Result<(String, Option<String>), Problem> {
    let reads = db.clone();
    let row = db.run(async move {
        let tx = reads.snapshot(tenant).await?;
        let row = AdjustmentById {
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
