//! Reads of recorded receipts.

use diesel::sql_types::{BigInt, Date, Nullable, Text, Uuid as SqlUuid};
use domain::decide::{PurchaseOutcome, RecordedPurchase, ReturnOutcome};
use domain::id::{MemberId, PurchaseId};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::auth::Principal;
use crate::db::time::SqlDate;
use crate::db::{Db, TenantNumber};
use crate::problem::Problem;
use crate::statement;

statement! {
    /// What was sent and answered for one purchase, and for its claim, if its member came afterwards.
    tenant PurchaseById = "select p.receipt, p.outcome,
            (select o.outcome from operations o
                where o.tenant_id = $1 and o.subject = p.id and o.kind = 'claim')
        from purchases p where p.tenant_id = $1 and p.id = $2";
    { tenant: i64 => BigInt, id: Uuid => SqlUuid }
    -> { String => Text, String => Text, Option<String> => Nullable<Text> }
}

statement! {
    /// Goods of one purchase that came back, in their order.
    tenant ReturnsOf = "select outcome from operations
        where tenant_id = $1 and subject = $2 and kind in ('return', 'void')
        order by number";
    { tenant: i64 => BigInt, purchase: Uuid => SqlUuid }
    -> { String => Text }
}

statement! {
    /// Purchases of the tenant, newest first by the time they were recorded.
    tenant LatestPurchases = "select p.id, p.outcome from purchases p
        left join stores s on s.tenant_id = $1 and s.id = p.store_id
        where p.tenant_id = $1 and ($2 is null or p.id < $2) and ($3 is null or s.code = $3)
          and ($4 is null or p.business_date >= $4) and ($5 is null or p.business_date <= $5)
        order by p.id desc limit $6";
    { tenant: i64 => BigInt, before: Option<Uuid> => Nullable<SqlUuid>, store: Option<String> => Nullable<Text>,
      from: Option<SqlDate> => Nullable<Date>, to: Option<SqlDate> => Nullable<Date>, limit: i64 => BigInt }
    -> { Uuid => SqlUuid, String => Text }
}

statement! {
    /// Purchases of one member, newest first: the member's transactions lead to them.
    tenant LatestPurchasesOfMember = "select p.id, coalesce(made.outcome, p.outcome)
        from (select t.subject as id, null as outcome from ledger_transactions t
                where t.tenant_id = $1 and t.member_id = $2 and t.kind = 'purchase'
            union all
            select o.subject, o.outcome from ledger_transactions t
                join operations o on o.tenant_id = $1 and o.id = t.subject
                where t.tenant_id = $1 and t.member_id = $2 and t.kind = 'claim') made
        join purchases p on p.tenant_id = $1 and p.id = made.id
        left join stores s on s.tenant_id = $1 and s.id = p.store_id
        where p.tenant_id = $1
          and ($3 is null or p.id < $3) and ($4 is null or s.code = $4)
          and ($5 is null or p.business_date >= $5) and ($6 is null or p.business_date <= $6)
        order by p.id desc limit $7";
    { tenant: i64 => BigInt, member: Uuid => SqlUuid, before: Option<Uuid> => Nullable<SqlUuid>,
      store: Option<String> => Nullable<Text>, from: Option<SqlDate> => Nullable<Date>,
      to: Option<SqlDate> => Nullable<Date>, limit: i64 => BigInt }
    -> { Uuid => SqlUuid, String => Text }
}

/// A purchase as it was recorded, and the answer to its claim.
pub(super) struct Recorded {
    /// As the till sent it and was answered.
    pub(super) purchase: RecordedPurchase,
    /// Set where the member came afterwards.
    pub(super) claim: Option<PurchaseOutcome>,
}

impl Recorded {
    /// Whose points moved by it.
    pub(super) fn member(&self) -> Option<MemberId> {
        let claimed = self.claim.as_ref().and_then(|claim| claim.member_id);
        claimed.or(self.purchase.outcome.member_id)
    }

    /// What there is to tell of it: the money as it was, and the points of its claim.
    pub(super) fn told(self) -> PurchaseOutcome {
        match self.claim {
            None => self.purchase.outcome,
            Some(claim) => with_money(self.purchase.outcome, claim),
        }
    }
}

/// A claim as it is told: the money of the purchase, the points of the claim.
pub(super) fn with_money(purchase: PurchaseOutcome, claim: PurchaseOutcome) -> PurchaseOutcome {
    PurchaseOutcome {
        amounts: purchase.amounts,
        discounts: purchase.discounts,
        ..claim
    }
}

statement! {
    /// The code of the store of one purchase.
    tenant StoreOfPurchase = "select s.code from purchases p join stores s on s.tenant_id = $1 and s.id = p.store_id
        where p.tenant_id = $1 and p.id = $2";
    { tenant: i64 => BigInt, id: Uuid => SqlUuid }
    -> { String => Text }
}

/// One purchase; 404 when the tenant has none of this id, 403 when the caller
/// is for other stores.
pub(super) async fn recorded(
    db: &Db,
    caller: &Principal,
    purchase: PurchaseId,
) -> Result<Recorded, Problem> {
    let (reads, caller) = (db.clone(), caller.clone());
    let row = db.run(async move {
        let tx = reads.snapshot(caller.tenant).await?;
        let row = PurchaseById {
            tenant: tx.number(),
            id: purchase.uuid(),
        }
        .all(&tx)
        .await?
        .pop();
        if row.is_some() && caller.restrictions.stores.is_some() {
            let (tenant, id) = (tx.number(), purchase.uuid());
            let store = StoreOfPurchase { tenant, id }.all(&tx).await?.pop();
            caller.check_named_store(store.as_ref().map(|(code,)| code.as_str()))?;
        }
        tx.commit().await?;
        Ok::<_, Problem>(row)
    });
    let (receipt, outcome, claim) = row.await??.ok_or_else(Problem::not_found)?;
    Ok(Recorded {
        purchase: RecordedPurchase {
            receipt: read(&receipt)?,
            outcome: read(&outcome)?,
        },
        claim: claim.as_deref().map(read).transpose()?,
    })
}

/// Goods of a purchase that came back, in their order.
pub(super) async fn returns_of(
    db: &Db,
    tenant: TenantNumber,
    purchase: PurchaseId,
) -> Result<Vec<ReturnOutcome>, Problem> {
    let reads = db.clone();
    let rows = db.run(async move {
        let tx = reads.snapshot(tenant).await?;
        let purchase = purchase.uuid();
        let tenant = tx.number();
        let rows = ReturnsOf { tenant, purchase }.all(&tx).await?;
        tx.commit().await?;
        Ok::<_, Problem>(rows)
    });
    rows.await??
        .iter()
        .map(|(outcome,)| read(outcome))
        .collect()
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    serde_json::from_str(text).map_err(|error| Problem::internal(&error))
}
