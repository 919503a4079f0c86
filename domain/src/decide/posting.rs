//! Builds the transaction of one member: every row, lot and sum it changes, kept equal to each
//! other while it grows.

use super::Refusal;
use crate::amount::{Overflow, Points};
use crate::catalog::Catalog;
use crate::id::{LotId, TransactionId, derived};
use crate::ledger::{
    Account, Balance, LotChange, Transaction, TransactionKind, Transfer, WalletState,
};
use crate::lot::Lot;
use crate::member::{LotsNotLoaded, MemberFacts, WalletFacts};
use jiff::Timestamp;
use uuid::Uuid;

/// The place of the transaction among the ids of a command; the purchase or redemption is 0.
const TRANSACTION_ID: u16 = 1;
/// The place of the first lot.
const FIRST_LOT_ID: u16 = 2;

/// When a command happened and when it is recorded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    pub(super) occurred_at: Timestamp,
    pub(super) recorded_at: Timestamp,
}

/// Points that a rule gives to a wallet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grant<'a> {
    pub(super) wallet: &'a str,
    pub(super) rule: &'a str,
    pub(super) points: Points,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) program_version: i32,
}

/// A wallet while the transaction grows.
struct Touched {
    state: WalletState,
    /// `available` without what has expired.
    spendable: Points,
}

/// A transaction that grows.
pub(super) struct Posting<'a> {
    facts: &'a MemberFacts,
    seed: Uuid,
    transaction: Transaction,
    touched: Vec<Touched>,
}

impl<'a> Posting<'a> {
    /// The member's next transaction, without rows.
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
            redemption: None,
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
            touched: Vec::new(),
        })
    }

    /// Takes points from the lots in spend order, one row per lot; before any grant, because a
    /// receipt can't spend what it earns.
    pub(super) fn spend(&mut self, wallet: &str, points: Points) -> Result<(), Refusal> {
        if points <= Points::ZERO {
            return Ok(());
        }
        let index = self.touch(wallet)?;
        let now = self.transaction.recorded_at;
        let Some(facts) = self.facts.wallets.get(wallet) else {
            return Err(insufficient(wallet, Points::ZERO, points));
        };
        let lots = facts.lots.as_ref().ok_or(LotsNotLoaded)?;
        let mut order: Vec<&Lot> = lots.iter().filter(|lot| lot.is_spendable(now)).collect();
        order.sort_unstable_by_key(|lot| lot.spend_order());
        let touched = self.touched.get_mut(index).ok_or(Overflow)?;
        let mut left = points;
        for lot in order {
            let taken = left.min(lot.remaining);
            left = left.checked_sub(taken)?;
            touched.state.available = touched.state.available.checked_sub(taken)?;
            touched.spendable = touched.spendable.checked_sub(taken)?;
            self.transaction.transfers.push(Transfer {
                wallet: wallet.to_owned(),
                debit: Account::Available,
                credit: Account::Redeemed,
                points: taken,
                balance_after: touched.state.available,
                rule: None,
                lot: Some(lot.id),
            });
            self.transaction.lots_changed.push(LotChange {
                id: lot.id,
                expires_at: lot.expires_at,
                wallet: wallet.to_owned(),
                remaining: lot.remaining.checked_sub(taken)?,
            });
            if left.is_zero() {
                touched.state.next_expires_at = next_expiry(lots, &self.transaction.lots_changed);
                return Ok(());
            }
        }
        Err(insufficient(wallet, points.checked_sub(left)?, points))
    }

    /// Gives points: a deficit is repaid first, the rest goes into a lot, which rules whose points
    /// expire together share. A lot whose time is over already expires in the same transaction.
    pub(super) fn grant(&mut self, grant: Grant<'_>) -> Result<(), Refusal> {
        if grant.points <= Points::ZERO {
            return Ok(());
        }
        let index = self.touch(grant.wallet)?;
        let opened = &self.transaction.lots_opened;
        let shared = opened
            .iter()
            .find(|lot| lot.wallet == grant.wallet && lot.expires_at == grant.expires_at);
        let lot_id = match shared {
            Some(lot) => lot.id,
            None => self.next_lot_id()?,
        };
        let now = self.transaction.recorded_at;
        let touched = self.touched.get_mut(index).ok_or(Overflow)?;
        let transfers = &mut self.transaction.transfers;
        let repaid = grant.points.min(touched.state.deficit);
        if repaid > Points::ZERO {
            touched.state.deficit = touched.state.deficit.checked_sub(repaid)?;
            let balance_after = touched.state.available;
            let mut row = grant.row(Account::Issued, Account::Deficit, repaid, balance_after);
            row.lot = None;
            transfers.push(row);
        }
        let rest = grant.points.checked_sub(repaid)?;
        if rest.is_zero() {
            return Ok(());
        }
        let before = touched.state.available;
        let after = before.checked_add(rest)?;
        let mut credit = grant.row(Account::Issued, Account::Available, rest, after);
        credit.lot = Some(lot_id);
        transfers.push(credit);
        let is_over = grant.expires_at.is_some_and(|expires_at| expires_at <= now);
        if is_over {
            let mut debit = grant.row(Account::Available, Account::Expired, rest, before);
            debit.lot = Some(lot_id);
            transfers.push(debit);
        } else {
            touched.state.available = after;
            touched.spendable = touched.spendable.checked_add(rest)?;
            let earlier = [touched.state.next_expires_at, grant.expires_at];
            touched.state.next_expires_at = earlier.into_iter().flatten().min();
            touched.check_limit()?;
        }
        let opened = &mut self.transaction.lots_opened;
        if let Some(lot) = opened.iter_mut().find(|lot| lot.id == lot_id) {
            lot.granted = lot.granted.checked_add(rest)?;
            if !is_over {
                lot.remaining = lot.remaining.checked_add(rest)?;
            }
            return Ok(());
        }
        opened.push(Lot {
            id: lot_id,
            wallet: grant.wallet.to_owned(),
            granted: rest,
            remaining: if is_over { Points::ZERO } else { rest },
            activates_at: None,
            expires_at: grant.expires_at,
            occurred_at: self.transaction.occurred_at,
            transaction: self.transaction.id,
            rule: grant.rule.to_owned(),
            program_version: grant.program_version,
        });
        Ok(())
    }

    /// The wallets as the member sees them after what was posted so far.
    pub(super) fn balances(&self, catalog: &Catalog) -> Result<Vec<Balance>, LotsNotLoaded> {
        let touched = |code: &str| {
            let touched = self
                .touched
                .iter()
                .find(|touched| touched.state.wallet == code)?;
            Some(touched.balance())
        };
        self.facts
            .balances_with(catalog, self.transaction.recorded_at, touched)
    }

    /// The transaction, closed.
    pub(super) fn finish(mut self) -> Transaction {
        self.transaction.wallets = self
            .touched
            .into_iter()
            .map(|touched| touched.state)
            .collect();
        self.transaction
    }

    /// The transaction so far, to say what it belongs to.
    pub(super) fn transaction(&mut self) -> &mut Transaction {
        &mut self.transaction
    }

    fn next_lot_id(&self) -> Result<LotId, Overflow> {
        let opened = u16::try_from(self.transaction.lots_opened.len());
        let place = opened
            .ok()
            .and_then(|opened| FIRST_LOT_ID.checked_add(opened));
        Ok(LotId::from_uuid(derived(self.seed, place.ok_or(Overflow)?)))
    }

    fn touch(&mut self, wallet: &str) -> Result<usize, LotsNotLoaded> {
        if let Some(index) = self
            .touched
            .iter()
            .position(|seen| seen.state.wallet == wallet)
        {
            return Ok(index);
        }
        let unused = WalletFacts::default();
        let facts = self.facts.wallets.get(wallet).unwrap_or(&unused);
        let state = WalletState {
            wallet: wallet.to_owned(),
            available: facts.available,
            pending: facts.pending,
            reserved: facts.reserved,
            deficit: facts.deficit,
            next_expires_at: facts.next_expires_at,
        };
        let spendable = facts.spendable(self.transaction.recorded_at)?;
        self.touched.push(Touched { state, spendable });
        Ok(self.touched.len().saturating_sub(1))
    }
}

impl Touched {
    fn balance(&self) -> Balance {
        Balance {
            wallet: self.state.wallet.clone(),
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
                wallet: self.state.wallet.clone(),
            });
        }
        Ok(())
    }
}

impl Grant<'_> {
    fn row(
        &self,
        debit: Account,
        credit: Account,
        points: Points,
        balance_after: Points,
    ) -> Transfer {
        Transfer {
            wallet: self.wallet.to_owned(),
            debit,
            credit,
            points,
            balance_after,
            rule: Some(self.rule.to_owned()),
            lot: None,
        }
    }
}

fn insufficient(wallet: &str, available: Points, wanted: Points) -> Refusal {
    Refusal::InsufficientPoints {
        wallet: wallet.to_owned(),
        available,
        wanted,
    }
}

/// The earliest expiry among lots that hold something after the changes.
fn next_expiry(lots: &[Lot], changes: &[LotChange]) -> Option<Timestamp> {
    let is_emptied = |lot: &Lot| {
        changes
            .iter()
            .any(|change| change.id == lot.id && change.remaining.is_zero())
    };
    let open = lots
        .iter()
        .filter(|lot| !lot.remaining.is_zero() && !is_emptied(lot));
    open.filter_map(|lot| lot.expires_at).min()
}
