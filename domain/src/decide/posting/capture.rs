//! Held points that are taken: they left their lots when they were held.

use super::{Move, Posting};
use crate::amount::Points;
use crate::decide::Refusal;
use crate::id::LotId;
use crate::ledger::Account;

impl Posting<'_> {
    /// Takes points that are held of a lot.
    pub(in crate::decide) fn capture(
        &mut self,
        wallet: &str,
        (lot, points): (LotId, Points),
    ) -> Result<(), Refusal> {
        if points <= Points::ZERO {
            return Ok(());
        }
        let index = self.touch(wallet)?;
        let taken = Move {
            debit: Account::Reserved,
            credit: Account::Redeemed,
            points,
            rule: None,
            lot: Some(lot),
        };
        self.post(index, taken)?;
        Ok(())
    }
}
