//! What time and events do to lots that were there before: they become spendable, end, are
//! cancelled, or live on because the member came back.

use super::{Move, Posting, Touched};
use crate::amount::{Overflow, Points};
use crate::decide::Refusal;
use crate::id::LotId;
use crate::ledger::Account;
use crate::lot::{Lot, Pending};
use crate::member::LotsNotLoaded;
use jiff::Timestamp;
use std::borrow::Cow;

/// A lot that becomes spendable now, and when it ends.
#[derive(Debug, Clone, Copy)]
pub(in crate::decide) struct Activated {
    pub(in crate::decide) lot: LotId,
    pub(in crate::decide) activates_at: Timestamp,
    pub(in crate::decide) expires_at: Option<Timestamp>,
}

impl Posting<'_> {
    /// Makes a pending lot spendable. What repays a deficit never becomes available, and what is
    /// over by then expires at once.
    pub(in crate::decide) fn activate(
        &mut self,
        wallet: &str,
        activated: Activated,
    ) -> Result<(), Refusal> {
        let index = self.touch(wallet)?;
        let now = self.transaction.recorded_at;
        let touched = self.touched.get_mut(index).ok_or(Overflow)?;
        let repaid_at_most = touched.state.deficit;
        let lot = touched.lot(activated.lot)?;
        let rule = Some(lot.rule.clone());
        let repaid = lot.remaining.min(repaid_at_most);
        let rest = lot.remaining.checked_sub(repaid)?;
        lot.pending = None;
        lot.activates_at = Some(activated.activates_at);
        lot.expires_at = activated.expires_at;
        let is_over = lot.is_expired(now);
        lot.remaining = if is_over { Points::ZERO } else { rest };
        if !is_over {
            touched.spendable = touched.spendable.checked_add(rest)?;
        }
        let row = |debit, credit, points| Move {
            debit,
            credit,
            points,
            rule: rule.as_deref().map(Cow::Borrowed),
            lot: Some(activated.lot),
        };
        if !repaid.is_zero() {
            self.post(index, row(Account::Pending, Account::Deficit, repaid))?;
        }
        if !rest.is_zero() {
            self.post(index, row(Account::Pending, Account::Available, rest))?;
            if is_over {
                self.post(index, row(Account::Available, Account::Expired, rest))?;
            }
        }
        Ok(())
    }

    /// Ends what is left of a lot whose time is over, or that waited too long.
    pub(in crate::decide) fn expire(&mut self, wallet: &str, lot: LotId) -> Result<(), Refusal> {
        let index = self.touch(wallet)?;
        let touched = self.touched.get_mut(index).ok_or(Overflow)?;
        let ended = touched.lot(lot)?;
        let row = Move {
            debit: match ended.pending {
                None => Account::Available,
                Some(_) => Account::Pending,
            },
            credit: Account::Expired,
            points: ended.remaining,
            rule: Some(Cow::Owned(ended.rule.clone())),
            lot: Some(lot),
        };
        ended.remaining = Points::ZERO;
        ended.pending = ended.pending.take().map(Pending::cancelled);
        self.post(index, row)?;
        Ok(())
    }

    /// Lets every open lot of the wallet, or only those of a rule, live at least until
    /// `expires_at`. A late receipt never shortens a life, and nothing brings back what is over.
    pub(in crate::decide) fn slide(
        &mut self,
        wallet: &str,
        rule: Option<&str>,
        expires_at: Timestamp,
    ) -> Result<(), Refusal> {
        let mut touched = self.touched.iter();
        let touched = touched.find(|seen| seen.state.wallet == wallet);
        let facts = self.facts.wallets.get(wallet);
        let (held, lots) = match (touched, facts) {
            (Some(seen), _) => ((seen.state.available, seen.state.pending), &seen.lots),
            (None, Some(facts)) => ((facts.available, facts.pending), &facts.lots),
            (None, None) => return Ok(()),
        };
        if held == (Points::ZERO, Points::ZERO) {
            return Ok(());
        }
        let now = self.transaction.recorded_at;
        let ends_sooner = |lot: &Lot| {
            !lot.remaining.is_zero()
                && rule.is_none_or(|rule| rule == lot.rule)
                && lot
                    .expires_at
                    .is_some_and(|ends| now < ends && ends < expires_at)
        };
        let lots = lots.as_ref().ok_or(LotsNotLoaded)?;
        if !lots.iter().any(ends_sooner) {
            return Ok(());
        }
        let index = self.touch(wallet)?;
        let touched = self.touched.get_mut(index).ok_or(Overflow)?;
        let lots = touched.lots.as_mut().ok_or(LotsNotLoaded)?;
        for lot in lots.iter_mut().filter(|lot| ends_sooner(lot)) {
            lot.expires_at = Some(expires_at);
        }
        touched.has_changed_lots = true;
        Ok(())
    }
}

impl Touched {
    /// A lot that is about to change.
    pub(super) fn lot(&mut self, id: LotId) -> Result<&mut Lot, LotsNotLoaded> {
        self.has_changed_lots = true;
        let lots = self.lots.as_mut().ok_or(LotsNotLoaded)?;
        lots.iter_mut()
            .find(|lot| lot.id == id)
            .ok_or(LotsNotLoaded)
    }
}
