//! What an export reads.

use std::collections::HashMap;

use diesel::sql_types::{
    BigInt, Bool, Date as SqlDateType, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid,
};
use domain::id::{ApiKeyId, MemberId, PurchaseId, RedemptionId, TransactionId};
use uuid::Uuid;

use super::{
    ConsentChange, ExportedMove, ExportedPurchase, ExportedRank, ExportedTransaction,
    MAX_EXPORTED_TRANSACTIONS, account,
};
use crate::db::time::{SqlDate, SqlInstant};
use crate::db::{DbError, TenantConn};
use crate::statement;

statement! {
    /// The latest transactions of a member.
    tenant LatestTransactions = "select version, id, kind, occurred_at, recorded_at, subject, reason from ledger_transactions
        where tenant_id = $1 and member_id = $2 order by version desc limit $3";
    { tenant: i64 => BigInt, member: Uuid => SqlUuid, limit: i64 => BigInt }
    -> { i64 => BigInt, Uuid => SqlUuid, String => Text, SqlInstant => Timestamptz, SqlInstant => Timestamptz,
         Option<Uuid> => Nullable<SqlUuid>, Option<String> => Nullable<Text> }
}

statement! {
    /// What moved from a version on, in order.
    tenant MovesSince = "select version, wallet, debit, credit, points, rule from ledger_transfers
        where tenant_id = $1 and member_id = $2 and version >= $3 order by version, position";
    { tenant: i64 => BigInt, member: Uuid => SqlUuid, since: i64 => BigInt }
    -> { i64 => BigInt, String => Text, i16 => SmallInt, i16 => SmallInt, i64 => BigInt, Option<String> => Nullable<Text> }
}

statement! {
    /// Receipts of a member from a version on, latest first.
    tenant PurchasesSince = "select p.id, p.business_date, p.recorded_at, p.receipt
        from ledger_transactions t join purchases p on p.tenant_id = $1 and p.id = t.subject
        where t.tenant_id = $1 and t.member_id = $2 and t.version >= $3 and t.kind = 'purchase'
        order by t.version desc";
    { tenant: i64 => BigInt, member: Uuid => SqlUuid, since: i64 => BigInt }
    -> { Uuid => SqlUuid, SqlDate => SqlDateType, SqlInstant => Timestamptz, String => Text }
}

statement! {
    /// Every change of a member's ranks, latest first.
    tenant RankChangesOfMember = "select ladder, code, previous, effective_at, cause, reason from rank_changes
        where tenant_id = $1 and member_id = $2 order by effective_at desc, ladder, number desc";
    { tenant: i64 => BigInt, member: Uuid => SqlUuid }
    -> { String => Text, Option<String> => Nullable<Text>, Option<String> => Nullable<Text>, SqlInstant => Timestamptz,
         String => Text, Option<String> => Nullable<Text> }
}

statement! {
    /// Every change of a member's consents, oldest first.
    tenant ConsentChangesOfMember = "select consent, granted, source, recorded_at, actor from consent_changes
        where tenant_id = $1 and member_id = $2 order by revision, consent";
    { tenant: i64 => BigInt, member: Uuid => SqlUuid }
    -> { String => Text, Option<bool> => Nullable<Bool>, Option<String> => Nullable<Text>, SqlInstant => Timestamptz,
         Uuid => SqlUuid }
}

/// The latest transactions with what moved, and whether these are all.
pub(super) async fn transactions(
    tx: &TenantConn,
    member: MemberId,
) -> Result<(Vec<ExportedTransaction>, bool), DbError> {
    let (tenant, member) = (tx.number(), member.uuid());
    let latest = LatestTransactions {
        tenant,
        member,
        limit: i64::try_from(MAX_EXPORTED_TRANSACTIONS.saturating_add(1)).unwrap_or(i64::MAX),
    };
    let mut rows = latest.all(tx).await?;
    let is_complete = rows.len() <= MAX_EXPORTED_TRANSACTIONS;
    rows.truncate(MAX_EXPORTED_TRANSACTIONS);
    let since = rows.last().map_or(0, |row| row.0);
    let moves = MovesSince {
        tenant,
        member,
        since,
    };
    let mut moved: HashMap<i64, Vec<ExportedMove>> = HashMap::new();
    for (version, wallet, debit, credit, points, rule) in moves.all(tx).await? {
        moved.entry(version).or_default().push(ExportedMove {
            wallet,
            from: account(debit),
            to: account(credit),
            points,
            rule,
        });
    }
    let exported = rows.into_iter().map(|row| {
        let (version, id, kind, occurred_at, recorded_at, subject, reason) = row;
        let subject_of = |wanted: &str| subject.filter(|_| kind == wanted);
        ExportedTransaction {
            id: TransactionId::from_uuid(id),
            version,
            occurred_at: occurred_at.into(),
            recorded_at: recorded_at.into(),
            purchase_id: subject_of("purchase").map(PurchaseId::from_uuid),
            redemption_id: subject_of("redeem").map(RedemptionId::from_uuid),
            reason,
            moves: moved.remove(&version).unwrap_or_default(),
            r#type: kind,
        }
    });
    Ok((exported.collect(), is_complete))
}

pub(super) async fn purchases(
    tx: &TenantConn,
    member: MemberId,
    since: i64,
) -> Result<Vec<ExportedPurchase>, DbError> {
    let rows = PurchasesSince {
        tenant: tx.number(),
        member: member.uuid(),
        since,
    };
    let rows = rows.all(tx).await?.into_iter();
    let purchase = |(id, date, recorded_at, receipt): (_, SqlDate, SqlInstant, String)| {
        let receipt = serde_json::from_str(&receipt);
        Ok(ExportedPurchase {
            id: PurchaseId::from_uuid(id),
            business_date: date.into(),
            recorded_at: recorded_at.into(),
            receipt: receipt.map_err(|error| DbError::Failed(error.to_string()))?,
        })
    };
    rows.map(purchase).collect()
}

pub(super) async fn ranks(tx: &TenantConn, member: MemberId) -> Result<Vec<ExportedRank>, DbError> {
    let (tenant, member) = (tx.number(), member.uuid());
    let rows = RankChangesOfMember { tenant, member }.all(tx).await?;
    let rank = |(ladder, code, previous, effective_at, cause, reason)| {
        let effective_at: SqlInstant = effective_at;
        ExportedRank {
            ladder,
            code,
            previous,
            effective_at: effective_at.into(),
            cause,
            reason,
        }
    };
    Ok(rows.into_iter().map(rank).collect())
}

pub(super) async fn consents(
    tx: &TenantConn,
    member: MemberId,
) -> Result<Vec<ConsentChange>, DbError> {
    let (tenant, member) = (tx.number(), member.uuid());
    let rows = ConsentChangesOfMember { tenant, member }.all(tx).await?;
    let change = |(consent, granted, source, recorded_at, actor)| {
        let recorded_at: SqlInstant = recorded_at;
        ConsentChange {
            consent,
            granted,
            source,
            recorded_at: recorded_at.into(),
            api_key_id: ApiKeyId::from_uuid(actor),
        }
    };
    Ok(rows.into_iter().map(change).collect())
}
