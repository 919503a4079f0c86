//! One line of a member's statement, made from a transaction and its rows: what moved, in the
//! member's eyes, and what was there after it.

use domain::id::{LotId, PurchaseId, RedemptionId, TransactionId};
use domain::ledger::Account;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// One transaction of a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct StatementEntry {
    /// The transaction's id.
    pub(crate) id: TransactionId,
    /// What made it.
    #[schema(example = "purchase")]
    pub(crate) r#type: String,
    /// The wallet it touched; the program's first when it moved nothing, null when it touched several.
    #[schema(example = "points")]
    pub(crate) wallet: Option<String>,
    /// What it added to the member's points; negative for what it took. Null when it touched several wallets, whose
    /// points are not alike: each stands in `rows`.
    #[schema(example = 19)]
    pub(crate) points: Option<i64>,
    /// Available points of that wallet after it; null when it touched several.
    #[schema(example = 139)]
    pub(crate) balance_after: Option<i64>,
    /// The member's version after it.
    #[schema(example = 18)]
    pub(crate) version: i64,
    /// When it happened, by the till.
    pub(crate) occurred_at: Timestamp,
    /// When it was recorded.
    pub(crate) recorded_at: Timestamp,
    /// The rule of all its rows; null when they differ.
    #[schema(example = "base")]
    pub(crate) rule: Option<String>,
    /// The purchase it belongs to.
    pub(crate) purchase_id: Option<PurchaseId>,
    /// The redemption it belongs to.
    pub(crate) redemption_id: Option<RedemptionId>,
    /// Why, where somebody said so.
    pub(crate) reason: Option<String>,
    /// The transaction that it corrects.
    pub(crate) corrects: Option<TransactionId>,
    /// What it consists of, in order.
    pub(crate) rows: Vec<StatementRow>,
}

/// One movement within a transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct StatementRow {
    /// What it did.
    #[schema(example = "earn")]
    pub(crate) r#type: &'static str,
    /// The wallet it touched.
    #[schema(example = "points")]
    pub(crate) wallet: String,
    /// What it added to the member's points; negative for what it took. What repays a deficit
    /// counts, though it does not become available.
    #[schema(example = 19)]
    pub(crate) points: i64,
    /// Available points of the wallet after it.
    #[schema(example = 139)]
    pub(crate) balance_after: i64,
    /// The rule that caused it.
    #[schema(example = "base")]
    pub(crate) rule: Option<String>,
    /// The lot it filled or emptied.
    pub(crate) lot_id: Option<LotId>,
}

/// A transaction as it is stored, without its rows.
#[derive(Debug, Clone)]
pub(super) struct StoredTransaction {
    /// The member's version after it.
    pub(super) version: i64,
    /// The id.
    pub(super) id: Uuid,
    /// The kind's name.
    pub(super) kind: String,
    /// When it happened.
    pub(super) occurred_at: Timestamp,
    /// When it was recorded.
    pub(super) recorded_at: Timestamp,
    /// The purchase that it belongs to.
    pub(super) purchase: Option<Uuid>,
    /// The redemption that it belongs to.
    pub(super) redemption: Option<Uuid>,
    /// Why.
    pub(super) reason: Option<String>,
    /// What it corrects.
    pub(super) corrects: Option<Uuid>,
}

/// What a transaction without rows shows: the program's first wallet and what it held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Untouched {
    /// The wallet's code.
    pub(super) wallet: String,
    /// What it held.
    pub(super) balance: i64,
}

impl StatementEntry {
    /// The line of `transaction`.
    pub(super) fn new(
        transaction: StoredTransaction,
        rows: Vec<StatementRow>,
        untouched: Option<Untouched>,
    ) -> Self {
        let points = rows
            .iter()
            .fold(0_i64, |sum, row| sum.saturating_add(row.points));
        let is_of_one = rows
            .iter()
            .zip(rows.iter().skip(1))
            .all(|(one, next)| one.wallet == next.wallet);
        let (wallet, balance_after) = match (rows.first(), rows.last()) {
            (Some(first), Some(last)) => {
                let wallet = is_of_one.then(|| first.wallet.clone());
                (wallet, is_of_one.then_some(last.balance_after))
            }
            _ => untouched.map_or((None, None), |was| (Some(was.wallet), Some(was.balance))),
        };
        let rule = rows
            .first()
            .and_then(|first| first.rule.clone())
            .filter(|rule| rows.iter().all(|row| row.rule.as_ref() == Some(rule)));
        Self {
            id: TransactionId::from_uuid(transaction.id),
            r#type: transaction.kind,
            wallet,
            points: is_of_one.then_some(points),
            balance_after,
            version: transaction.version,
            occurred_at: transaction.occurred_at,
            recorded_at: transaction.recorded_at,
            rule,
            purchase_id: transaction.purchase.map(PurchaseId::from_uuid),
            redemption_id: transaction.redemption.map(RedemptionId::from_uuid),
            reason: transaction.reason,
            corrects: transaction.corrects.map(TransactionId::from_uuid),
            rows,
        }
    }
}

/// What a movement did, in the member's words.
pub(super) fn row_type(debit: Account, credit: Account) -> &'static str {
    match (debit, credit) {
        (Account::Issued, _) => "earn",
        (Account::Reserved, Account::Redeemed) => "capture",
        (_, Account::Redeemed) => "redeem",
        (_, Account::Expired) => "expire",
        (_, Account::Donated) => "donate",
        (Account::Transferred, _) | (_, Account::Transferred) => "transfer",
        (Account::Adjusted, _) | (_, Account::Adjusted) => "adjust",
        (Account::Pending, Account::Available | Account::Deficit) => "activate",
        (Account::Available, Account::Reserved) => "reserve",
        (Account::Reserved, Account::Available | Account::Deficit) => "release",
        (Account::Redeemed | Account::Expired | Account::Donated, _) => "restore",
        _ => "return",
    }
}

/// What a movement of `points` added to what the member has to spend, a deficit counted off.
pub(super) fn signed(debit: Account, credit: Account, points: i64) -> i64 {
    let counts = |account: Account| matches!(account, Account::Available | Account::Deficit);
    match (counts(debit), counts(credit)) {
        (false, true) => points,
        (true, false) => points.saturating_neg(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests;
