//! What a rule gives, a correction by hand or another member: a deficit is repaid first, the rest goes into a lot that waits, is spendable
//! or, on a late receipt, is over already.

use super::{FIRST_LOT_ID, Move, Posting, Touched};
use crate::amount::{Overflow, Points};
use crate::decide::Refusal;
use crate::decide::terms::Terms;
use crate::id::{LotId, derived};
use crate::ledger::Account;
use crate::lot::{Lot, Pending};
use jiff::Timestamp;
use std::borrow::Cow;

/// Points that are given to a wallet.
#[derive(Debug, Clone)]
pub(in crate::decide) struct Grant<'a> {
    pub(in crate::decide) wallet: &'a str,
    pub(in crate::decide) rule: &'a str,
    pub(in crate::decide) points: Points,
    pub(in crate::decide) terms: Terms,
    /// Whether their end may move without that of other points, so that no lot is shared.
    pub(in crate::decide) is_apart: bool,
    pub(in crate::decide) program_version: i32,
}

impl Posting<'_> {
    /// Whether nobody reads more than the sum of points with these terms, which neither wait nor
    /// are over.
    pub(in crate::decide) fn sums_up(&self, terms: &Terms) -> bool {
        let now = self.transaction.recorded_at;
        let is_over = terms.expires_at.is_some_and(|ends| ends <= now);
        !self.keeps_rows && terms.pending.is_none() && !is_over
    }

    /// Gives the sum of such points.
    pub(in crate::decide) fn grant_sum(
        &mut self,
        wallet: &str,
        points: Points,
        terms: &Terms,
    ) -> Result<(), Refusal> {
        if points <= Points::ZERO {
            return Ok(());
        }
        let index = self.touch(wallet)?;
        let touched = self.touched.get_mut(index).ok_or(Overflow)?;
        if !touched.state.deficit.is_zero() {
            // Which rule gives what makes a difference to rows alone.
            return self.grant(Grant {
                wallet,
                rule: "",
                points,
                terms: terms.clone(),
                is_apart: false,
                program_version: 0,
            });
        }
        touched.state.available = touched.state.available.checked_add(points)?;
        touched.spendable = touched.spendable.checked_add(points)?;
        touched.ends_by(terms.expires_at);
        touched.check_limit()
    }

    /// Gives points. Rules whose points wait for and end at the same time share a lot.
    pub(in crate::decide) fn grant(&mut self, grant: Grant<'_>) -> Result<(), Refusal> {
        self.grant_from(Account::Issued, grant)
    }

    /// The same out of another account than that of what rules give.
    pub(in crate::decide) fn grant_from(
        &mut self,
        source: Account,
        mut grant: Grant<'_>,
    ) -> Result<(), Refusal> {
        if grant.points <= Points::ZERO {
            return Ok(());
        }
        let index = self.touch(grant.wallet)?;
        let now = self.transaction.recorded_at;
        let pending = &grant.terms.pending;
        // What still waits can't be spent, so it repays nothing yet.
        let rest = match pending {
            None => self.repay(index, source, &grant)?,
            Some(_) => grant.points,
        };
        if rest.is_zero() {
            return Ok(());
        }
        let account = match pending {
            None => Account::Available,
            Some(_) => Account::Pending,
        };
        let is_over = match pending {
            None => grant.terms.expires_at.is_some_and(|ends| ends <= now),
            Some(pending) => pending.is_due(now),
        };
        let lot = match self.shared_lot(&grant) {
            Some(lot) => lot,
            None => self.next_lot_id()?,
        };
        if grant.is_apart {
            self.apart.push(lot);
        }
        let issued = grant.row(source, account, rest, Some(lot));
        self.post(index, issued)?;
        if is_over {
            let expired = grant.row(account, Account::Expired, rest, Some(lot));
            self.post(index, expired)?;
        } else {
            let touched = self.touched.get_mut(index).ok_or(Overflow)?;
            if pending.is_none() {
                touched.spendable = touched.spendable.checked_add(rest)?;
            }
            touched.ends_by(grant.terms.expires_at);
            touched.check_limit()?;
        }
        let left = if is_over { Points::ZERO } else { rest };
        if is_over {
            grant.terms.pending = grant.terms.pending.map(Pending::cancelled);
        }
        self.fill(lot, grant, rest, left)
    }

    /// Repays a deficit; what is left of the points.
    fn repay(
        &mut self,
        index: usize,
        source: Account,
        grant: &Grant<'_>,
    ) -> Result<Points, Overflow> {
        let touched = self.touched.get(index).ok_or(Overflow)?;
        let repaid = grant.points.min(touched.state.deficit);
        if repaid > Points::ZERO {
            let row = grant.row(source, Account::Deficit, repaid, None);
            self.post(index, row)?;
        }
        grant.points.checked_sub(repaid)
    }

    /// The lot of this transaction that the points go into. What waits for an event ends by the
    /// terms of its own rule, so it never shares.
    fn shared_lot(&self, grant: &Grant<'_>) -> Option<LotId> {
        if grant.is_apart || matches!(grant.terms.pending, Some(Pending::Event { .. })) {
            return None;
        }
        let opened = self.transaction.lots_opened.iter();
        let mut shared = opened.filter(|lot| {
            lot.wallet == grant.wallet
                && !self.apart.contains(&lot.id)
                && lot.expires_at == grant.terms.expires_at
                && lot.pending == grant.terms.pending
                && lot.activates_at == grant.terms.activates_at()
        });
        shared.next().map(|lot| lot.id)
    }

    fn next_lot_id(&self) -> Result<LotId, Overflow> {
        let opened = u16::try_from(self.transaction.lots_opened.len());
        let place = opened
            .ok()
            .and_then(|opened| FIRST_LOT_ID.checked_add(opened));
        Ok(LotId::from_uuid(derived(self.seed, place.ok_or(Overflow)?)))
    }

    fn fill(
        &mut self,
        id: LotId,
        grant: Grant<'_>,
        granted: Points,
        left: Points,
    ) -> Result<(), Refusal> {
        if !self.keeps_rows {
            return Ok(());
        }
        let opened = &mut self.transaction.lots_opened;
        if let Some(lot) = opened.iter_mut().find(|lot| lot.id == id) {
            lot.granted = lot.granted.checked_add(granted)?;
            lot.remaining = lot.remaining.checked_add(left)?;
            return Ok(());
        }
        opened.push(Lot {
            id,
            wallet: grant.wallet.to_owned(),
            granted,
            remaining: left,
            activates_at: grant.terms.activates_at(),
            pending: grant.terms.pending,
            expires_at: grant.terms.expires_at,
            occurred_at: self.transaction.occurred_at,
            transaction: self.transaction.id,
            rule: grant.rule.to_owned(),
            program_version: grant.program_version,
        });
        Ok(())
    }
}

impl Touched {
    /// Lets its points end by then, if none of them end before.
    fn ends_by(&mut self, expires_at: Option<Timestamp>) {
        let next = &mut self.state.next_expires_at;
        *next = match (*next, expires_at) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }
}

impl<'a> Grant<'a> {
    fn row(&self, debit: Account, credit: Account, points: Points, lot: Option<LotId>) -> Move<'a> {
        Move {
            debit,
            credit,
            points,
            rule: Some(Cow::Borrowed(self.rule)),
            lot,
        }
    }
}
