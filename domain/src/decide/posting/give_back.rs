//! Points that come back: to the lot that they were taken from, unless that is over by then; a
//! deficit is repaid first.

use super::{Move, Posting};
use crate::amount::{Overflow, Points};
use crate::decide::Refusal;
use crate::id::LotId;
use crate::ledger::Account;
use std::borrow::Cow;

/// What became of points that came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::decide) struct GivenBack {
    /// Spendable again, or what repaid a deficit.
    pub(in crate::decide) back: Points,
    /// Over by then.
    pub(in crate::decide) expired: Points,
}

impl GivenBack {
    /// Both together with more of the same.
    pub(in crate::decide) fn checked_add(self, other: Self) -> Result<Self, Overflow> {
        Ok(Self {
            back: self.back.checked_add(other.back)?,
            expired: self.expired.checked_add(other.expired)?,
        })
    }
}

impl Posting<'_> {
    /// Gives points back to the lot that they were taken from, out of the account that holds them.
    /// Those of a lot that is over stay over and repay nothing.
    pub(in crate::decide) fn give_back(
        &mut self,
        wallet: &str,
        (lot, points): (LotId, Points),
        from: Account,
    ) -> Result<GivenBack, Refusal> {
        if points <= Points::ZERO {
            return Ok(GivenBack::default());
        }
        let index = self.touch(wallet)?;
        let now = self.transaction.recorded_at;
        let touched = self.touched.get_mut(index).ok_or(Overflow)?;
        let owed = touched.state.deficit;
        let filled = touched.lot(lot)?;
        let rule = Some(filled.rule.clone());
        let is_over = filled.is_expired(now);
        let repaid = if is_over {
            Points::ZERO
        } else {
            points.min(owed)
        };
        let rest = points.checked_sub(repaid)?;
        if !is_over {
            filled.remaining = filled.remaining.checked_add(rest)?;
            touched.spendable = touched.spendable.checked_add(rest)?;
        }
        let row = |credit, points| Move {
            debit: from,
            credit,
            points,
            rule: rule.as_deref().map(Cow::Borrowed),
            lot: Some(lot),
        };
        if !repaid.is_zero() {
            self.post(index, row(Account::Deficit, repaid))?;
        }
        if is_over {
            self.post(index, row(Account::Expired, rest))?;
            return Ok(GivenBack {
                back: Points::ZERO,
                expired: points,
            });
        }
        if !rest.is_zero() {
            self.post(index, row(Account::Available, rest))?;
        }
        let touched = self.touched.get(index).ok_or(Overflow)?;
        touched.check_limit()?;
        Ok(GivenBack {
            back: points,
            expired: Points::ZERO,
        })
    }
}
