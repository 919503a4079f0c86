//! The points of a return: those that paid come back first, and repay what is owed; then those that
//! the goods earned are taken back.

use super::kept::Worth;
use super::remaining::share;
use super::{Case, Change};
use crate::amount::{Amount, Overflow, Points};
use crate::calendar;
use crate::decide::posting::{GivenBack, Grant, Posting, TakeBack, TakeOrder};
use crate::decide::terms::Terms;
use crate::decide::{ClawedBack, Refusal, Restored, ReturnOutcome};
use crate::id::LotId;
use crate::ledger::Account;
use crate::lot::Lot;
use crate::member::{LotsNotLoaded, MemberFacts};
use crate::program::Wallet;
use crate::returns::RestoreTo;
use crate::trail::Trail;
use jiff::{Timestamp, ToSpan};

impl Case<'_> {
    /// Where some goods may not be paid by points, what points pay goes by the goods that are left and what those were
    /// sold for, and never by the share of everything.
    pub(super) fn keep_goods_out(
        &self,
        recorded: &Worth,
        worth: &mut Worth,
    ) -> Result<(), Refusal> {
        let mut leaves_out = false;
        for wallet in recorded.paid.keys() {
            leaves_out |= !self.wallet(wallet)?.redemption.exclude.is_empty();
        }
        if !leaves_out {
            return Ok(());
        }
        let mut paid = Amount::ZERO;
        worth.paid.clear();
        for part in self.again().pay(&self.remaining)? {
            paid = paid.checked_add(part.value)?;
            worth.paid.insert(part.wallet, part.points);
        }
        let values = self.remaining.values()?;
        let whole = self.command.purchase.outcome.amounts.points_paid;
        let whole = recorded.total.checked_add(whole)?.minor();
        let left = share(whole, (values.kept, values.bought))?;
        worth.total = Amount::new(left).checked_sub(paid)?.max(Amount::ZERO);
        Ok(())
    }

    /// Gives points back that paid for the goods, in the order in which they were spent.
    pub(super) fn restore(
        &self,
        posting: &mut Posting<'_>,
        trail: &Trail,
        change: &Change,
        outcome: &mut ReturnOutcome,
    ) -> Result<(), Refusal> {
        for part in &self.remaining.earned.redeemed {
            let wallet = part.wallet.as_str();
            let before = change.before.paid.get(wallet).copied().unwrap_or_default();
            let after = change.after.paid.get(wallet).copied().unwrap_or_default();
            let mut left = before.checked_sub(after)?;
            let mut given = GivenBack::default();
            for (lot, taken) in trail.left_in(Account::Redeemed, wallet)? {
                let points = left.min(taken).max(Points::ZERO);
                left = left.checked_sub(points)?;
                let back = self.restore_lot(posting, wallet, (lot, points))?;
                given = given.checked_add(back)?;
            }
            if given != GivenBack::default() {
                let points = outcome.refunded.points.checked_add(given.back)?;
                outcome.refunded.points = points;
                outcome.restored.push(Restored {
                    wallet: wallet.to_owned(),
                    points: given.back,
                    expired: given.expired,
                });
            }
        }
        Ok(())
    }

    fn restore_lot(
        &self,
        posting: &mut Posting<'_>,
        wallet: &str,
        (id, points): (LotId, Points),
    ) -> Result<GivenBack, Refusal> {
        if points.is_zero() {
            return Ok(GivenBack::default());
        }
        let member = self.member.ok_or(Refusal::NoMember)?;
        let lot = lot_of(member, wallet, id)?;
        let returns = self.returns();
        let is_over = lot.is_expired(self.moment.recorded_at);
        let terms = match returns.restore_to {
            RestoreTo::NewLot => self.terms_from_now(wallet)?,
            RestoreTo::OriginalLot if is_over && returns.grace_days > 0 => self.grace()?,
            RestoreTo::OriginalLot => {
                return posting.give_back(wallet, (id, points), Account::Redeemed);
            }
        };
        let grant = Grant {
            wallet,
            rule: &lot.rule,
            points,
            terms,
            is_apart: false,
            program_version: lot.program_version,
        };
        posting.grant_from(Account::Redeemed, grant)?;
        Ok(GivenBack {
            back: points,
            expired: Points::ZERO,
        })
    }

    /// Points that live on for the days of grace, to the end of the last of them.
    fn grace(&self) -> Result<Terms, Overflow> {
        let settings = &self.catalog.settings;
        let today = settings.business_date(self.moment.recorded_at);
        let last = today.checked_add(self.returns().grace_days.days());
        let last = last.map_err(|_out_of_range| Overflow)?;
        let ends = calendar::ends_at(last, &settings.time_zone, settings.cutovers())?;
        Ok(Terms {
            pending: None,
            expires_at: Some(ends),
        })
    }

    /// The terms of points that the wallet gives today, spendable at once.
    fn terms_from_now(&self, wallet: &str) -> Result<Terms, Refusal> {
        let settings = &self.catalog.settings;
        let today = settings.business_date(self.moment.recorded_at);
        let (zone, cutovers) = (&settings.time_zone, settings.cutovers());
        let expires_at = self
            .wallet(wallet)?
            .expiry
            .expires_at(today, zone, cutovers)?;
        Ok(Terms {
            pending: None,
            expires_at,
        })
    }

    /// Takes back what the goods earned. What of it is over already is not taken a second time.
    pub(super) fn claw_back(
        &self,
        posting: &mut Posting<'_>,
        trail: &Trail,
        change: &Change,
        outcome: &mut ReturnOutcome,
    ) -> Result<(), Refusal> {
        let Some(granted_by) = self.remaining.earned.transaction_id else {
            return Ok(());
        };
        for (wallet, granted) in &change.before.granted {
            let kept = change.after.granted.get(wallet).copied();
            let wanted = granted.checked_sub(kept.unwrap_or_default())?;
            if wanted <= Points::ZERO {
                continue;
            }
            let own = posting.left_of(wallet, granted_by)?;
            let lacking = wanted.checked_sub(own)?.max(Points::ZERO);
            let expired = self.expired(trail, wallet)?.min(lacking);
            let taken = posting.take_back(TakeBack {
                wallet,
                points: wanted.checked_sub(expired)?,
                to: Account::Issued,
                order: TakeOrder::GrantedBy(granted_by),
                shortage: self.wallet(wallet)?.on_shortage,
            })?;
            outcome.clawed_back.push(ClawedBack {
                wallet: wallet.clone(),
                points: taken.total()?,
                wanted,
                expired,
            });
        }
        Ok(())
    }

    /// What the goods' own points lost by time, as far as no return counted it before.
    fn expired(&self, trail: &Trail, wallet: &str) -> Result<Points, Refusal> {
        let member = self.member.ok_or(Refusal::NoMember)?;
        let granted_by = self.remaining.earned.transaction_id;
        let mut sum = Points::ZERO;
        for (lot, points) in &trail.expired {
            let own = lot_of(member, wallet, *lot);
            if own.is_ok_and(|lot| Some(lot.transaction) == granted_by) {
                sum = sum.checked_add(*points)?;
            }
        }
        let unswept = member
            .wallets
            .get(wallet)
            .and_then(|facts| facts.lots.as_ref());
        let now = self.moment.recorded_at;
        for lot in unswept.into_iter().flatten() {
            if Some(lot.transaction) == granted_by && is_over(lot, now) {
                sum = sum.checked_add(lot.remaining)?;
            }
        }
        for earlier in &self.remaining.earlier {
            let counted = earlier
                .clawed_back
                .iter()
                .filter(|back| back.wallet == wallet);
            for back in counted {
                sum = sum.checked_sub(back.expired)?;
            }
        }
        Ok(sum.max(Points::ZERO))
    }

    fn wallet(&self, code: &str) -> Result<&Wallet, Refusal> {
        let at = self.command.purchase.outcome.occurred_at;
        let own = self.version.program.wallet(code);
        let wallet = own.or_else(|| self.catalog.wallet_at(at, code));
        wallet.ok_or_else(|| Refusal::UnknownWallet {
            pointer: String::new(),
        })
    }
}

/// Whether the points of a lot are over, be it that they waited too long.
fn is_over(lot: &Lot, now: Timestamp) -> bool {
    let waits = lot.pending.as_ref();
    lot.is_expired(now) || waits.is_some_and(|pending| pending.is_cancelled_by(now))
}

fn lot_of<'m>(member: &'m MemberFacts, wallet: &str, id: LotId) -> Result<&'m Lot, LotsNotLoaded> {
    let facts = member.wallets.get(wallet).ok_or(LotsNotLoaded)?;
    let mut lots = facts.lots.as_ref().ok_or(LotsNotLoaded)?.iter();
    lots.find(|lot| lot.id == id).ok_or(LotsNotLoaded)
}
