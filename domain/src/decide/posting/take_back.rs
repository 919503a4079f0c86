//! Points that are taken from a member who does not spend them: a correction by hand, or what goods
//! earned that came back. What is not there any more goes by the wallet's `on_shortage`.

use super::{Move, Posting};
use crate::amount::{Overflow, Points};
use crate::decide::Refusal;
use crate::id::{LotId, TransactionId};
use crate::ledger::Account;
use crate::lot::{Lot, Pending};
use crate::member::LotsNotLoaded;
use crate::shortage::Shortage;
use jiff::Timestamp;
use std::borrow::Cow;

/// Which lots points are taken from, and in which order. Lots whose time is over are never touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::decide) enum TakeOrder {
    /// What can be spent, in spend order.
    Spendable,
    /// What the transaction granted and still waits, what it granted, then what waits, then the rest,
    /// each in spend order.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "what gives goods back takes so; nothing does yet")
    )]
    GrantedBy(TransactionId),
}

/// Points that are to be taken from a wallet.
#[derive(Debug, Clone, Copy)]
pub(in crate::decide) struct TakeBack<'a> {
    pub(in crate::decide) wallet: &'a str,
    /// How many; nothing happens for zero or less.
    pub(in crate::decide) points: Points,
    /// The tenant's account that gets them.
    pub(in crate::decide) to: Account,
    pub(in crate::decide) order: TakeOrder,
    pub(in crate::decide) shortage: Shortage,
}

/// What became of points that were to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::decide) struct TakenBack {
    /// Taken out of lots.
    pub(in crate::decide) from_lots: Points,
    /// Owed since.
    pub(in crate::decide) owed: Points,
}

impl TakenBack {
    /// What the tenant's account got.
    pub(in crate::decide) fn total(self) -> Result<Points, Overflow> {
        self.from_lots.checked_add(self.owed)
    }
}

/// What is taken from one lot.
struct Taken {
    lot: LotId,
    rule: Option<String>,
    points: Points,
    is_pending: bool,
}

impl Posting<'_> {
    /// Takes points from lots, one row per lot, and what they lack by the wallet's way to treat a
    /// shortage.
    pub(in crate::decide) fn take_back(
        &mut self,
        wanted: TakeBack<'_>,
    ) -> Result<TakenBack, Refusal> {
        if wanted.points <= Points::ZERO {
            return Ok(TakenBack::default());
        }
        let index = self.touch(wanted.wallet)?;
        let taken = self.empty_lots(index, wanted)?;
        let mut from_lots = Points::ZERO;
        for part in &taken {
            from_lots = from_lots.checked_add(part.points)?;
        }
        let left = wanted.points.checked_sub(from_lots)?;
        if wanted.shortage == Shortage::Refuse && !left.is_zero() {
            return Err(Refusal::InsufficientPoints {
                wallet: wanted.wallet.to_owned(),
                available: from_lots,
                wanted: wanted.points,
            });
        }
        for part in taken {
            let row = Move {
                debit: if part.is_pending {
                    Account::Pending
                } else {
                    Account::Available
                },
                credit: wanted.to,
                points: part.points,
                rule: part.rule.map(Cow::Owned),
                lot: Some(part.lot),
            };
            self.post(index, row)?;
        }
        let owed = match wanted.shortage {
            Shortage::Negative => left,
            Shortage::Clamp | Shortage::Refuse => Points::ZERO,
        };
        self.owe(index, owed, wanted.to)?;
        Ok(TakenBack { from_lots, owed })
    }

    /// Lets the member owe points.
    fn owe(&mut self, index: usize, points: Points, to: Account) -> Result<(), Refusal> {
        if points.is_zero() {
            return Ok(());
        }
        let row = Move {
            debit: Account::Deficit,
            credit: to,
            points,
            rule: None,
            lot: None,
        };
        self.post(index, row)?;
        let touched = self.touched.get(index).ok_or(Overflow)?;
        if touched.state.deficit > Points::MAX_BALANCE {
            return Err(Refusal::Overflow);
        }
        Ok(())
    }

    /// Takes what there is out of the lots, up to what is wanted.
    fn empty_lots(&mut self, index: usize, wanted: TakeBack<'_>) -> Result<Vec<Taken>, Refusal> {
        let now = self.transaction.recorded_at;
        let touched = self.touched.get_mut(index).ok_or(Overflow)?;
        let lots = touched.lots.as_mut().ok_or(LotsNotLoaded)?;
        let mut order: Vec<&mut Lot> = lots
            .iter_mut()
            .filter(|lot| wanted.order.takes(lot, now))
            .collect();
        order.sort_unstable_by_key(|lot| (wanted.order.rank(lot), lot.spend_order()));
        let mut left = wanted.points;
        let mut taken = Vec::new();
        for lot in order {
            if left.is_zero() {
                break;
            }
            let points = left.min(lot.remaining);
            left = left.checked_sub(points)?;
            let is_pending = lot.pending.is_some();
            lot.remaining = lot.remaining.checked_sub(points)?;
            if lot.remaining.is_zero() {
                lot.pending = lot.pending.take().and_then(emptied);
            }
            if !is_pending {
                touched.spendable = touched.spendable.checked_sub(points)?;
            }
            let rule = match wanted.order {
                TakeOrder::Spendable => None,
                TakeOrder::GrantedBy(_) => Some(lot.rule.clone()),
            };
            taken.push(Taken {
                lot: lot.id,
                rule,
                points,
                is_pending,
            });
        }
        if !taken.is_empty() {
            touched.has_changed_lots = true;
        }
        Ok(taken)
    }
}

impl TakeOrder {
    fn takes(self, lot: &Lot, now: Timestamp) -> bool {
        match self {
            Self::Spendable => lot.is_spendable(now),
            Self::GrantedBy(_) => {
                let is_cancelled = matches!(&lot.pending, Some(waits @ Pending::Event { .. }) if waits.is_due(now));
                lot.remaining > Points::ZERO && !lot.is_expired(now) && !is_cancelled
            }
        }
    }

    /// The place of a lot before the order of spending decides.
    fn rank(self, lot: &Lot) -> (bool, bool) {
        match self {
            Self::Spendable => (false, false),
            Self::GrantedBy(transaction) => (lot.transaction != transaction, lot.pending.is_none()),
        }
    }
}

/// What an empty lot still waits for: nothing of a day, while an event that comes all the same must
/// be told that it is too late.
fn emptied(pending: Pending) -> Option<Pending> {
    match pending {
        Pending::Until(_) => None,
        event @ Pending::Event { .. } => Some(event.cancelled()),
    }
}
