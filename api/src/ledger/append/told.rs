//! What a batch tells those who want to hear of it: one event per transaction and per receipt of nobody, and one per
//! change of a rank.

use std::collections::BTreeMap;

use domain::id::{MemberId, PurchaseId};
use domain::ledger::{Account, Transaction};
use domain::rank::RankChange;
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::row::PurchaseRow;
use crate::outbox::{Event, EventType};

/// What a transaction adds to each of a wallet's numbers; negative for what it takes.
#[derive(Debug, Clone, Default, Serialize)]
struct Change<'a> {
    wallet: &'a str,
    available: i64,
    pending: i64,
    reserved: i64,
    deficit: i64,
}

/// Events of the batch, in its order.
pub(super) fn of(transactions: &[(Transaction, Uuid)], purchases: &[PurchaseRow]) -> Vec<Event> {
    let moved = transactions.iter().map(|(made, _)| transaction(made));
    let nobodys = purchases.iter().filter(|row| row.head.member.is_none());
    moved.chain(nobodys.map(purchase)).collect()
}

fn transaction(made: &Transaction) -> Event {
    Event::new(made.kind.into(), made.recorded_at)
        .of_member(made.member, made.version)
        .of_transaction(made.id)
        .with("occurred_at", made.occurred_at)
        .with("purchase_id", made.purchase)
        .with("purchase_event_id", made.event)
        .with("redemption_id", made.redemption)
        .with("changes", changes(made))
}

fn purchase(row: &PurchaseRow) -> Event {
    Event::new(EventType::PurchaseRecorded, row.head.recorded_at)
        .with("occurred_at", row.head.occurred_at)
        .with("purchase_id", PurchaseId::from_uuid(row.head.id))
}

fn changes(made: &Transaction) -> Vec<Change<'_>> {
    let mut changes: BTreeMap<&str, Change<'_>> = BTreeMap::new();
    for transfer in &made.transfers {
        let wallet = transfer.wallet.as_str();
        let change = changes.entry(wallet).or_default();
        change.wallet = wallet;
        let points = transfer.points.get();
        for (account, sign) in [(transfer.debit, -1_i64), (transfer.credit, 1)] {
            let number = match account {
                Account::Available => &mut change.available,
                Account::Pending => &mut change.pending,
                Account::Reserved => &mut change.reserved,
                Account::Deficit => &mut change.deficit,
                Account::Issued
                | Account::Redeemed
                | Account::Expired
                | Account::Adjusted
                | Account::Transferred
                | Account::Donated => continue,
            };
            *number = number.saturating_add(points.saturating_mul(sign));
        }
    }
    changes.into_values().collect()
}

/// The event of a changed rank.
pub(in crate::ledger) fn rank(
    member: MemberId,
    change: &RankChange,
    recorded_at: Timestamp,
) -> Event {
    Event::new(EventType::RankChanged, recorded_at)
        .of_member(member, change.version)
        .with("ladder", &change.ladder)
        .with("number", change.number)
        .with("code", &change.code)
        .with("previous", &change.previous)
        .with("effective_at", change.effective_at)
        .with("cause", change.cause.as_str())
        .with("purchase_id", change.purchase)
        .with("valid_until", change.until)
}
