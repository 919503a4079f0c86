//! Points that go from one member to another: both sides in one piece, each in a transaction of its
//! own ledger. They end when they would have ended with the sender.

use super::posting::{Grant, Moment, Posting};
use super::purchase::check_member;
use super::terms::Terms;
use super::{Decision, Outcome, Refusal, TransferOutcome, TransferSide};
use crate::amount::{Overflow, Points};
use crate::catalog::Catalog;
use crate::fault::{Fault, FaultCode};
use crate::id::{LotId, MemberId, TransferId, derived};
use crate::ledger::{Account, Transaction, TransactionKind};
use crate::lot::Lot;
use crate::member::{LotsNotLoaded, MemberFacts};
use jiff::Timestamp;
use uuid::Uuid;

/// The place of the receiver's own seed among the ids of the command; the sender opens no lots.
pub(super) const RECEIVERS_SEED: u16 = 2;

/// Points to go to another member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferPoints {
    /// A fresh UUIDv7; every id of the command derives from it.
    pub seed: Uuid,
    /// Who gets them.
    pub to: MemberId,
    /// The wallet's code.
    pub wallet: String,
    /// How many; at least 1.
    pub points: Points,
    /// Why, where somebody says so.
    pub reason: Option<String>,
    /// When it happened; none = now.
    pub occurred_at: Option<Timestamp>,
}

/// What a transfer does to either side; both are written together or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transferred {
    /// To the sender; its outcome is that of the whole.
    pub sent: Decision,
    /// To the receiver.
    pub received: Decision,
}

/// Decides a transfer, which concerns two members at once, locked together; `now` is the ledger's time.
pub fn decide_transfer(
    catalog: &Catalog,
    (from, to): (&MemberFacts, &MemberFacts),
    command: &TransferPoints,
    now: Timestamp,
) -> Result<Transferred, Refusal> {
    let recorded_at = from.ledger_time(now).max(to.ledger_time(now));
    let occurred_at = command.occurred_at.unwrap_or(recorded_at);
    super::check_future(&catalog.settings, occurred_at, recorded_at)?;
    catalog.version_at(occurred_at).ok_or(Refusal::NoProgram)?;
    check(from, to, command)?;
    let wallet = catalog.wallet_at(occurred_at, &command.wallet);
    let wallet = wallet.ok_or_else(|| Refusal::UnknownWallet {
        pointer: "/wallet".to_owned(),
    })?;
    let moment = Moment {
        occurred_at,
        recorded_at,
    };
    let (kind, id) = (TransactionKind::Transfer, derived(command.seed, 0));
    let mut sending = Posting::new(from, command.seed, kind, moment)?;
    sending.take(&wallet.code, command.points, Account::Transferred)?;
    let mut receiving = Posting::new(to, derived(command.seed, RECEIVERS_SEED), kind, moment)?;
    let parts: Vec<(Option<LotId>, Points)> = sending
        .transaction()
        .transfers
        .iter()
        .map(|row| (row.lot, row.points))
        .collect();
    for (lot, points) in parts {
        let lot = lot_of(from, &wallet.code, lot.ok_or(Overflow)?)?;
        let grant = Grant {
            wallet: &wallet.code,
            rule: &lot.rule,
            points,
            terms: Terms {
                pending: None,
                expires_at: lot.expires_at,
            },
            is_apart: true,
            program_version: lot.program_version,
        };
        receiving.grant_from(Account::Transferred, grant)?;
    }
    let (sent, from) = close(sending, catalog, (id, command))?;
    let (received, to) = close(receiving, catalog, (id, command))?;
    let outcome = TransferOutcome {
        id: TransferId::from_uuid(id),
        wallet: command.wallet.clone(),
        points: command.points,
        reason: command.reason.clone(),
        occurred_at,
        from,
        to,
    };
    let decision = |transaction| Decision {
        transaction: Some(transaction),
        ranks: None,
        outcome: Outcome::Transfer(outcome.clone()),
    };
    Ok(Transferred {
        sent: decision(sent),
        received: decision(received),
    })
}

/// One side's transaction, and what is told of it.
fn close(
    mut posting: Posting<'_>,
    catalog: &Catalog,
    (id, command): (Uuid, &TransferPoints),
) -> Result<(Box<Transaction>, TransferSide), Refusal> {
    let transaction = posting.transaction();
    transaction.operation = Some(id);
    transaction.reason.clone_from(&command.reason);
    let balances = posting.balances(catalog)?;
    let transaction = posting.finish();
    let side = TransferSide {
        member_id: transaction.member,
        transaction_id: transaction.id,
        balances,
        version: transaction.version,
    };
    Ok((transaction, side))
}

fn check(from: &MemberFacts, to: &MemberFacts, command: &TransferPoints) -> Result<(), Refusal> {
    if from.member == to.member {
        let detail = "name another member; points can't go to the one that they come from";
        let fault = Fault::new("/to/member", FaultCode::InvalidValue, detail);
        return Err(Refusal::Invalid(vec![fault]));
    }
    if command.points <= Points::ZERO || command.points > Points::MAX_BALANCE {
        let fault = Fault::new("/points", FaultCode::OutOfRange, "give at least 1 point");
        return Err(Refusal::Invalid(vec![fault]));
    }
    check_member(from)?;
    check_member(to)
}

fn lot_of<'m>(member: &'m MemberFacts, wallet: &str, id: LotId) -> Result<&'m Lot, LotsNotLoaded> {
    let wallet = member.wallets.get(wallet).ok_or(LotsNotLoaded)?;
    let mut lots = wallet.lots.as_ref().ok_or(LotsNotLoaded)?.iter();
    lots.find(|lot| lot.id == id).ok_or(LotsNotLoaded)
}
