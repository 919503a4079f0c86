//! Builds the transaction of one member: every row, lot and sum it changes, kept equal to each
//! other while it grows.

use super::Refusal;
use super::transfer::RECEIVERS_SEED;
use crate::amount::{Overflow, Points};
use crate::catalog::Catalog;
use crate::code::Code;
use crate::id::{LotId, PurchaseId, TransactionId, derived, derived_before};
use crate::ledger::{
    Account, Balance, LotChange, Transaction, TransactionKind, Transfer, WalletState,
};
use crate::lot::Lot;
use crate::member::{LotsNotLoaded, MemberFacts, WalletFacts};
use jiff::Timestamp;
use smallvec::SmallVec;
use std::borrow::Cow;
use uuid::Uuid;

mod capture;
mod give_back;
mod grant;
mod sweep;
mod take_back;

pub(super) use give_back::GivenBack;
pub(super) use grant::Grant;
pub(super) use sweep::Activated;
pub(super) use take_back::{TakeBack, TakeOrder, TakenBack};

/// The place of the transaction among the ids of a command; the purchase or redemption is 0.
const TRANSACTION_ID: u16 = 1;
/// The place of the first lot.
const FIRST_LOT_ID: u16 = 2;

/// So many wallets need no memory of their own while the transaction grows.
const FEW: usize = 2;

/// When a command happened and when it is recorded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    pub(super) occurred_at: Timestamp,
    pub(super) recorded_at: Timestamp,
}

/// The transaction that recorded a purchase, since both ids derive from one seed.
pub(super) fn transaction_of(purchase: PurchaseId) -> TransactionId {
    TransactionId::from_uuid(derived(purchase.uuid(), TRANSACTION_ID))
}

/// The bits of the ids of what may have made a transaction: the command itself, or the transfer whose
/// receiver's it is.
#[must_use]
pub fn makers_of(transaction: TransactionId) -> (Uuid, Uuid) {
    let made_by = derived_before(transaction.uuid(), TRANSACTION_ID);
    (made_by, derived_before(made_by, RECEIVERS_SEED))
}

/// A wallet while the transaction grows.
struct Touched {
    state: WalletState,
    /// `available` without what has expired.
    spendable: Points,
    /// The lots that were there before, as they are by now; none when nobody loaded them.
    lots: Option<Vec<Lot>>,
    /// Whether some of those lots changed, so that the next expiry must be looked for again.
    has_changed_lots: bool,
}

/// A move of points within one wallet, and why.
struct Move<'r> {
    debit: Account,
    credit: Account,
    points: Points,
    rule: Option<Cow<'r, str>>,
    lot: Option<LotId>,
}

/// A transaction that grows.
pub(super) struct Posting<'a> {
    facts: &'a MemberFacts,
    seed: Uuid,
    transaction: Transaction,
    touched: SmallVec<[Touched; FEW]>,
    /// New lots that take no points of other rules.
    apart: Vec<LotId>,
    /// Whether somebody will read more than the sums.
    keeps_rows: bool,
}

impl<'a> Posting<'a> {
    /// The member's next transaction, without rows.
    #[inline]
    pub(super) fn new(
        facts: &'a MemberFacts,
        seed: Uuid,
        kind: TransactionKind,
        moment: Moment,
    ) -> Result<Self, Overflow> {
        let transaction = Transaction {
            id: TransactionId::from_uuid(derived(seed, TRANSACTION_ID)),
            member: facts.member,
            version: facts.version.checked_add(1).ok_or(Overflow)?,
            kind,
            occurred_at: moment.occurred_at,
            recorded_at: moment.recorded_at,
            purchase: None,
            event: None,
            redemption: None,
            operation: None,
            corrects: None,
            reason: None,
            transfers: Vec::new(),
            lots_opened: Vec::new(),
            lots_changed: Vec::new(),
            wallets: Vec::new(),
            day: None,
            uses: Vec::new(),
        };
        Ok(Self {
            facts,
            seed,
            transaction,
            touched: SmallVec::new(),
            apart: Vec::new(),
            keeps_rows: true,
        })
    }

    /// Leaves out the rows: for a quote, which has the sums and refusals of a purchase and writes nothing.
    pub(super) fn leave_out_rows(&mut self) {
        self.keeps_rows = false;
    }

    /// Takes points from the lots in spend order, one row per lot; before any grant, because a
    /// receipt can't spend what it earns.
    pub(super) fn spend(&mut self, wallet: &str, points: Points) -> Result<(), Refusal> {
        self.take(wallet, points, Account::Redeemed)
    }

    /// The same into another account, such as that of points that are held.
    pub(super) fn take(
        &mut self,
        wallet: &str,
        points: Points,
        to: Account,
    ) -> Result<(), Refusal> {
        if points <= Points::ZERO {
            return Ok(());
        }
        let index = self.touch(wallet)?;
        let now = self.transaction.recorded_at;
        let touched = self.touched.get_mut(index).ok_or(Overflow)?;
        let lots = touched.lots.as_mut().ok_or(LotsNotLoaded)?;
        let mut order: Vec<&mut Lot> = lots
            .iter_mut()
            .filter(|lot| lot.is_spendable(now))
            .collect();
        order.sort_unstable_by_key(|lot| lot.spend_order());
        let mut left = points;
        let mut taken = Vec::new();
        for lot in order {
            if left.is_zero() {
                break;
            }
            let points = left.min(lot.remaining);
            left = left.checked_sub(points)?;
            lot.remaining = lot.remaining.checked_sub(points)?;
            taken.push((lot.id, points));
        }
        if !left.is_zero() {
            return Err(Refusal::InsufficientPoints {
                wallet: wallet.to_owned(),
                available: points.checked_sub(left)?,
                wanted: points,
            });
        }
        touched.has_changed_lots = true;
        touched.spendable = touched.spendable.checked_sub(points)?;
        for (lot, points) in taken {
            let spent = Move {
                debit: Account::Available,
                credit: to,
                points,
                rule: None,
                lot: Some(lot),
            };
            self.post(index, spent)?;
        }
        Ok(())
    }

    /// The wallets as the member sees them after what was posted so far.
    pub(super) fn balances(&self, catalog: &Catalog) -> Result<Vec<Balance>, LotsNotLoaded> {
        let touched = |code: &Code| {
            let mut touched = self.touched.iter();
            let touched = touched.find(|touched| touched.state.wallet == *code)?;
            Some(touched.balance(code.clone()))
        };
        self.facts
            .balances_with(catalog, self.transaction.recorded_at, touched)
    }

    /// The transaction, closed.
    pub(super) fn finish(mut self) -> Box<Transaction> {
        for touched in self.touched {
            let Touched {
                mut state,
                lots,
                has_changed_lots,
                ..
            } = touched;
            let lots = lots.unwrap_or_default();
            if has_changed_lots {
                let opened = &self.transaction.lots_opened;
                let opened = opened.iter().filter(|lot| state.wallet == lot.wallet);
                state.next_expires_at = next_expiry(lots.iter().chain(opened));
            }
            let before = self.facts.wallets.get(state.wallet.as_str());
            let before = before.and_then(|wallet| wallet.lots.as_ref());
            let changes = lots
                .into_iter()
                .zip(before.into_iter().flatten())
                .filter(|(after, before)| after != *before)
                .map(|(after, before)| LotChange::between(before, after));
            self.transaction.lots_changed.extend(changes);
            self.transaction.wallets.push(state);
        }
        Box::new(self.transaction)
    }

    /// The transaction so far, to say what it belongs to.
    pub(super) fn transaction(&mut self) -> &mut Transaction {
        &mut self.transaction
    }

    /// Adds a row and changes the sums of its wallet with it.
    fn post(&mut self, index: usize, row: Move<'_>) -> Result<(), Overflow> {
        let touched = self.touched.get_mut(index).ok_or(Overflow)?;
        let state = &mut touched.state;
        if let Some(sum) = sum_of(state, row.credit) {
            *sum = match row.credit {
                Account::Deficit => sum.checked_sub(row.points)?,
                _ => sum.checked_add(row.points)?,
            };
        }
        if let Some(sum) = sum_of(state, row.debit) {
            *sum = match row.debit {
                Account::Deficit => sum.checked_add(row.points)?,
                _ => sum.checked_sub(row.points)?,
            };
        }
        if !self.keeps_rows {
            return Ok(());
        }
        self.transaction.transfers.push(Transfer {
            wallet: state.wallet.as_str().to_owned(),
            debit: row.debit,
            credit: row.credit,
            points: row.points,
            balance_after: state.available,
            rule: row.rule.map(Cow::into_owned),
            lot: row.lot,
        });
        Ok(())
    }

    fn touch(&mut self, wallet: &str) -> Result<usize, LotsNotLoaded> {
        if let Some(index) = self
            .touched
            .iter()
            .position(|seen| seen.state.wallet == wallet)
        {
            return Ok(index);
        }
        let known = self.facts.wallets.get(wallet);
        let unused = WalletFacts::default();
        let facts = known.unwrap_or(&unused);
        let state = WalletState {
            wallet: Code::from(wallet),
            available: facts.available,
            pending: facts.pending,
            reserved: facts.reserved,
            deficit: facts.deficit,
            next_expires_at: facts.next_expires_at,
        };
        self.touched.push(Touched {
            state,
            spendable: facts.spendable(self.transaction.recorded_at)?,
            // A wallet that was never used has no lots, so the list of them is complete.
            lots: known.map_or_else(|| Some(Vec::new()), |facts| facts.lots.clone()),
            has_changed_lots: false,
        });
        Ok(self.touched.len().saturating_sub(1))
    }
}

impl Touched {
    fn balance(&self, wallet: Code) -> Balance {
        Balance {
            wallet,
            available: self.spendable,
            pending: self.state.pending,
            reserved: self.state.reserved,
            deficit: self.state.deficit,
        }
    }

    fn check_limit(&self) -> Result<(), Refusal> {
        let held = self.state.available.checked_add(self.state.pending)?;
        if held.checked_add(self.state.reserved)? > Points::MAX_BALANCE {
            return Err(Refusal::BalanceLimit {
                wallet: self.state.wallet.as_str().to_owned(),
            });
        }
        Ok(())
    }
}

/// The sum that the wallet keeps of an account; none for the tenant's accounts.
const fn sum_of(state: &mut WalletState, account: Account) -> Option<&mut Points> {
    match account {
        Account::Available => Some(&mut state.available),
        Account::Pending => Some(&mut state.pending),
        Account::Reserved => Some(&mut state.reserved),
        Account::Deficit => Some(&mut state.deficit),
        _ => None,
    }
}

/// The earliest expiry among lots that hold something.
fn next_expiry<'l>(lots: impl Iterator<Item = &'l Lot>) -> Option<Timestamp> {
    lots.filter(|lot| !lot.remaining.is_zero())
        .filter_map(|lot| lot.expires_at)
        .min()
}
