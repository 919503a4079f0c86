//! Rows into columns: one statement takes each column as one array.

use std::collections::BTreeMap;

use domain::id::{LotId, MemberId, PurchaseEventId, PurchaseId, RedemptionId, TransactionId};
use domain::ledger::{DayDelta, Transaction};
use domain::lot::{Lot, Pending};
use uuid::Uuid;

use super::whole::{
    KeyColumns, LedgerColumns, LotColumns, MoveColumns, PurchaseColumns, TransactionColumns,
    WalletColumns,
};
use super::{ChangedLot, EventRow, KeyRow, LedgerEnd, OperationRow, PurchaseRow, RedemptionRow};
use crate::db::DbError;
use crate::db::time::{SqlInstant, maybe};
use crate::ledger::statements::{
    AddDays, InsertEvents, InsertOperations, InsertRedemptions, MoveLots, UpdateLots,
};

pub(super) fn keys(rows: Vec<KeyRow>) -> KeyColumns {
    let mut columns = KeyColumns::with_capacity(rows.len());
    for row in rows {
        columns.key.push(row.key);
        columns.content.push(row.content);
        columns.subject.push(row.subject);
        columns.refusal.push(row.refusal);
        columns.recorded_at.push(row.recorded_at.into());
    }
    columns
}

pub(super) fn purchases(rows: Vec<PurchaseRow>) -> PurchaseColumns {
    let mut columns = PurchaseColumns::with_capacity(rows.len());
    for row in rows {
        columns.id.push(row.head.id);
        columns.till_identity.push(row.till_identity);
        columns.content.push(row.content);
        columns.member.push(row.head.member);
        columns.store.push(row.store.uuid());
        columns.business_date.push(row.head.business_date.into());
        columns.occurred_at.push(row.head.occurred_at.into());
        columns.recorded_at.push(row.head.recorded_at.into());
        columns.actor.push(row.actor);
        columns.receipt.push(row.receipt);
        columns.outcome.push(row.outcome);
    }
    columns
}

pub(super) fn insert_redemptions(tenant: i64, rows: Vec<RedemptionRow>) -> InsertRedemptions {
    let n = rows.len();
    let mut columns = InsertRedemptions {
        tenant,
        id: Vec::with_capacity(n),
        member: Vec::with_capacity(n),
        reference: Vec::with_capacity(n),
        content: Vec::with_capacity(n),
        occurred_at: Vec::with_capacity(n),
        recorded_at: Vec::with_capacity(n),
        actor: Vec::with_capacity(n),
        outcome: Vec::with_capacity(n),
    };
    for row in rows {
        columns.id.push(row.id);
        columns.member.push(row.member);
        columns.reference.push(row.reference);
        columns.content.push(row.content);
        columns.occurred_at.push(row.occurred_at.into());
        columns.recorded_at.push(row.recorded_at.into());
        columns.actor.push(row.actor);
        columns.outcome.push(row.outcome);
    }
    columns
}

/// Version steps with their moves, which stand in one row of lists: each names the places of its own.
pub(super) fn transactions(
    rows: Vec<(Transaction, Uuid)>,
) -> Result<(TransactionColumns, MoveColumns), DbError> {
    let mut columns = TransactionColumns::with_capacity(rows.len());
    let mut moves = MoveColumns::with_capacity(rows.len());
    for (row, actor) in rows {
        // What was done to a purchase or redemption names that as well.
        let subject = row
            .operation
            .or(row.purchase.map(PurchaseId::uuid))
            .or(row.redemption.map(RedemptionId::uuid))
            .or(row.event.map(PurchaseEventId::uuid));
        columns.first.push(place(moves.rows().saturating_add(1))?);
        for moved in row.transfers {
            moves.wallet.push(moved.wallet);
            moves.debit.push(moved.debit.code());
            moves.credit.push(moved.credit.code());
            moves.points.push(moved.points.get());
            moves.balance_after.push(moved.balance_after.get());
            moves.rule.push(moved.rule);
            moves.lot.push(moved.lot.map(LotId::uuid));
        }
        columns.last.push(place(moves.rows())?);
        columns.member.push(row.member.uuid());
        columns.version.push(row.version);
        columns.id.push(row.id.uuid());
        columns.kind.push(row.kind.as_str());
        columns.occurred_at.push(row.occurred_at.into());
        columns.recorded_at.push(row.recorded_at.into());
        columns.actor.push(actor);
        columns.subject.push(subject);
        columns.reason.push(row.reason);
        columns.corrects.push(row.corrects.map(TransactionId::uuid));
    }
    Ok((columns, moves))
}

pub(super) fn lots(rows: Vec<(MemberId, Lot)>) -> LotColumns {
    let mut columns = LotColumns::with_capacity(rows.len());
    for (member, lot) in rows {
        columns.member.push(member.uuid());
        columns.expires_at.push(maybe(lot.expires_at));
        columns.id.push(lot.id.uuid());
        let (pending_until, awaits) = waiting(lot.pending);
        columns.pending_until.push(pending_until);
        columns.awaits.push(awaits);
        columns.wallet.push(lot.wallet);
        columns.granted.push(lot.granted.get());
        columns.remaining.push(lot.remaining.get());
        columns.activates_at.push(maybe(lot.activates_at));
        columns.occurred_at.push(lot.occurred_at.into());
        columns.transaction.push(lot.transaction.uuid());
        columns.rule.push(lot.rule);
        columns.program_version.push(lot.program_version);
    }
    columns
}

pub(super) fn update_lots(tenant: i64, rows: Vec<((MemberId, LotId), ChangedLot)>) -> UpdateLots {
    let n = rows.len();
    let mut columns = UpdateLots {
        tenant,
        member: Vec::with_capacity(n),
        expires_at: Vec::with_capacity(n),
        id: Vec::with_capacity(n),
        remaining: Vec::with_capacity(n),
    };
    for ((member, lot), row) in rows {
        columns.member.push(member.uuid());
        columns.expires_at.push(maybe(row.expired_at));
        columns.id.push(lot.uuid());
        columns.remaining.push(row.lot.remaining.get());
    }
    columns
}

pub(super) fn move_lots(tenant: i64, rows: Vec<((MemberId, LotId), ChangedLot)>) -> MoveLots {
    let n = rows.len();
    let mut columns = MoveLots {
        tenant,
        member: Vec::with_capacity(n),
        expired_at: Vec::with_capacity(n),
        id: Vec::with_capacity(n),
        remaining: Vec::with_capacity(n),
        expires_at: Vec::with_capacity(n),
        activates_at: Vec::with_capacity(n),
        pending_until: Vec::with_capacity(n),
        awaits: Vec::with_capacity(n),
    };
    for (
        (member, lot),
        ChangedLot {
            expired_at,
            lot: left,
            ..
        },
    ) in rows
    {
        let (pending_until, awaits) = waiting(left.pending);
        columns.member.push(member.uuid());
        columns.expired_at.push(maybe(expired_at));
        columns.id.push(lot.uuid());
        columns.remaining.push(left.remaining.get());
        columns.expires_at.push(maybe(left.expires_at));
        columns.activates_at.push(maybe(left.activates_at));
        columns.pending_until.push(pending_until);
        columns.awaits.push(awaits);
    }
    columns
}

/// The columns that say what a lot waits for.
fn waiting(pending: Option<Pending>) -> (Option<SqlInstant>, Option<String>) {
    match pending {
        None => (None, None),
        Some(Pending::Until(at)) => (Some(at.into()), None),
        Some(Pending::Event { event, cancels_at }) => (maybe(cancels_at), Some(event)),
    }
}

pub(super) fn insert_events(tenant: i64, rows: Vec<EventRow>) -> InsertEvents {
    let n = rows.len();
    let mut columns = InsertEvents {
        tenant,
        id: Vec::with_capacity(n),
        purchase: Vec::with_capacity(n),
        member: Vec::with_capacity(n),
        event: Vec::with_capacity(n),
        occurred_at: Vec::with_capacity(n),
        recorded_at: Vec::with_capacity(n),
        actor: Vec::with_capacity(n),
        outcome: Vec::with_capacity(n),
    };
    for row in rows {
        columns.id.push(row.id);
        columns.purchase.push(row.purchase);
        columns.member.push(row.member);
        columns.event.push(row.event);
        columns.occurred_at.push(row.occurred_at.into());
        columns.recorded_at.push(row.recorded_at.into());
        columns.actor.push(row.actor);
        columns.outcome.push(row.outcome);
    }
    columns
}

/// Ledgers with their wallets, which stand in one row of lists: each names the places of its own.
pub(super) fn ledgers(
    rows: BTreeMap<MemberId, LedgerEnd>,
) -> Result<(LedgerColumns, WalletColumns), DbError> {
    let mut columns = LedgerColumns::with_capacity(rows.len());
    let mut wallets = WalletColumns::with_capacity(rows.len());
    for (member, row) in rows {
        let next = row.wallets.values().filter_map(|held| held.next_expires_at);
        columns.next_expires_at.push(maybe(next.min()));
        columns.first.push(place(wallets.rows().saturating_add(1))?);
        for (code, held) in row.wallets {
            wallets.wallet.push(code);
            wallets.available.push(held.available);
            wallets.pending.push(held.pending);
            wallets.reserved.push(held.reserved);
            wallets.deficit.push(held.deficit);
            wallets.next_expires_at.push(maybe(held.next_expires_at));
        }
        columns.last.push(place(wallets.rows())?);
        columns.place.push(row.place);
        columns.member.push(member.uuid());
        columns.version.push(row.version);
        columns.last_recorded_at.push(row.recorded_at.into());
        let counted = |of: fn(&DayDelta) -> i64| row.day.as_ref().map_or(0, of);
        columns
            .day
            .push(row.day.map(|day| day.business_date.into()));
        columns.spend.push(counted(|day| day.spend.minor()));
        columns
            .gross_spend
            .push(counted(|day| day.gross_spend.minor()));
        columns.visits.push(counted(|day| day.visits));
        columns
            .points_earned
            .push(counted(|day| day.points_earned.get()));
    }
    Ok((columns, wallets))
}

/// A place in the lists of a batch, from 1.
fn place(place: usize) -> Result<i32, DbError> {
    i32::try_from(place).map_err(|_large| DbError::Failed("a batch is too large".into()))
}

pub(super) fn add_days(
    tenant: i64,
    rows: impl ExactSizeIterator<Item = (MemberId, DayDelta)>,
) -> AddDays {
    let n = rows.len();
    let mut columns = AddDays {
        tenant,
        member: Vec::with_capacity(n),
        business_date: Vec::with_capacity(n),
        spend: Vec::with_capacity(n),
        gross_spend: Vec::with_capacity(n),
        visits: Vec::with_capacity(n),
        points_earned: Vec::with_capacity(n),
    };
    for (member, row) in rows {
        columns.member.push(member.uuid());
        columns.business_date.push(row.business_date.into());
        columns.spend.push(row.spend.minor());
        columns.gross_spend.push(row.gross_spend.minor());
        columns.visits.push(row.visits);
        columns.points_earned.push(row.points_earned.get());
    }
    columns
}

pub(super) fn insert_operations(tenant: i64, rows: Vec<OperationRow>) -> InsertOperations {
    let n = rows.len();
    let mut columns = InsertOperations {
        tenant,
        id: Vec::with_capacity(n),
        kind: Vec::with_capacity(n),
        subject: Vec::with_capacity(n),
        number: Vec::with_capacity(n),
        member: Vec::with_capacity(n),
        version: Vec::with_capacity(n),
        counterpart: Vec::with_capacity(n),
        counterpart_version: Vec::with_capacity(n),
        occurred_at: Vec::with_capacity(n),
        recorded_at: Vec::with_capacity(n),
        actor: Vec::with_capacity(n),
        outcome: Vec::with_capacity(n),
    };
    for row in rows {
        let (other, other_version) = row.step.counterpart.unzip();
        columns.counterpart.push(other.map(MemberId::uuid));
        columns.counterpart_version.push(other_version);
        let (subject, number) = row.step.subject.unzip();
        let (member, version) = row.step.ledger.unzip();
        columns.id.push(row.id);
        columns.kind.push(row.kind);
        columns.subject.push(subject);
        columns.number.push(number);
        columns.member.push(member.map(MemberId::uuid));
        columns.version.push(version);
        columns.occurred_at.push(row.occurred_at.into());
        columns.recorded_at.push(row.recorded_at.into());
        columns.actor.push(row.actor);
        columns.outcome.push(row.outcome);
    }
    columns
}
