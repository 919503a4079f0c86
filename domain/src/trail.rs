//! What is recorded of a purchase or a redemption beside its own answer: what was done to it since,
//! and every move of points that it and those operations made. A return, a void or a capture is
//! decided on it, loaded under lock.

use crate::amount::{Overflow, Points};
use crate::decide::{Decision, Outcome};
use crate::id::{LotId, MemberId};
use crate::ledger::{Account, Transaction, Transfer};

/// What was done to a purchase or redemption, in its order, with the moves of points.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trail {
    /// The answers of what was done to it.
    pub operations: Vec<Outcome>,
    /// The moves of its own transaction and of those operations, in their order.
    pub moves: Vec<Transfer>,
    /// What lots that they filled lost by time, in whatever transaction.
    pub expired: Vec<(LotId, Points)>,
}

/// What a command takes up again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Subject {
    /// The bits of the purchase's or redemption's id.
    pub id: uuid::Uuid,
    /// The member and the version of the transaction that recorded it; none without a member.
    pub recorded: Option<(MemberId, i64)>,
}

/// The caller of `decide` did not load the trail that `Command::subject` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("what was done to the purchase or redemption before was not loaded")]
pub struct TrailNotLoaded;

impl Trail {
    /// Adds what another operation did, as a fresh load would see it.
    pub fn note(&mut self, decision: &Decision) {
        self.operations.push(decision.outcome.clone());
        if let Some(transaction) = &decision.transaction {
            self.add_moves(transaction);
        }
    }

    /// Adds what lots that it filled lost by time in a transaction, be it another one's, as a fresh
    /// load would see it.
    pub fn note_lost(&mut self, transaction: &Transaction) {
        let fills = |account| matches!(account, Account::Available | Account::Pending);
        let rows = transaction.transfers.iter();
        for row in rows.filter(|row| row.credit == Account::Expired) {
            let Some(lot) = row.lot else { continue };
            let mut moves = self.moves.iter();
            if moves.any(|row| row.lot == Some(lot) && fills(row.credit)) {
                self.expired.push((lot, row.points));
            }
        }
    }

    fn add_moves(&mut self, transaction: &Transaction) {
        self.moves.extend(transaction.transfers.iter().cloned());
    }

    /// What an account of the tenant, or the reserved points, got of each lot of a wallet and did not
    /// give away again, in the order of the first move.
    pub(crate) fn left_in(
        &self,
        account: Account,
        wallet: &str,
    ) -> Result<Vec<(LotId, Points)>, Overflow> {
        let mut sums: Vec<(LotId, Points)> = Vec::new();
        for row in self.moves.iter().filter(|row| row.wallet == wallet) {
            let Some(lot) = row.lot else { continue };
            if row.credit != account && row.debit != account {
                continue;
            }
            let known = sums.iter().position(|(known, _)| *known == lot);
            let place = known.unwrap_or(sums.len());
            if known.is_none() {
                sums.push((lot, Points::ZERO));
            }
            let (_, sum) = sums.get_mut(place).ok_or(Overflow)?;
            *sum = if row.credit == account {
                sum.checked_add(row.points)?
            } else {
                sum.checked_sub(row.points)?
            };
        }
        sums.retain(|(_, points)| *points > Points::ZERO);
        Ok(sums)
    }
}
