//! Points that live on because the member came back: those of a wallet, or of a rule that says so
//! of its own.

use super::Refusal;
use super::posting::Posting;
use crate::calendar;
use crate::catalog::Catalog;
use crate::expiry::{Expiry, ResetOn};
use crate::program::Wallet;

/// What a member did with a wallet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Deed {
    pub(super) earned: bool,
    pub(super) redeemed: bool,
    pub(super) visited: bool,
}

impl Deed {
    /// Points were taken, and nothing else was done.
    pub(super) const REDEEMED: Self = Self {
        earned: false,
        redeemed: true,
        visited: false,
    };

    const fn keeps(self, reset_on: ResetOn) -> bool {
        (reset_on.earn && self.earned)
            || (reset_on.redeem && self.redeemed)
            || (reset_on.visit && self.visited)
    }
}

/// Moves the end of the wallet's open lots, or of those that a rule granted whose own points slide.
pub(super) fn slide(
    posting: &mut Posting<'_>,
    catalog: &Catalog,
    wallet: &Wallet,
    deed: Deed,
) -> Result<(), Refusal> {
    let (settings, at) = (&catalog.settings, posting.transaction().occurred_at);
    let (zone, cutover) = (&settings.time_zone, settings.cutovers());
    let date = calendar::business_date(at, zone, cutover);
    let program = catalog.version_at(at).map(|version| &version.program);
    let rules = program.into_iter().flat_map(|program| program.sliding());
    let rules = rules.filter(|(code, _, _)| *code == wallet.code);
    let rules = rules.map(|(_, rule, expiry)| (Some(rule), expiry));
    for (rule, expiry) in std::iter::once((None, wallet.expiry)).chain(rules) {
        let Expiry::Sliding { reset_on, .. } = expiry else {
            continue;
        };
        let ends_at = expiry.expires_at(date, zone, cutover)?;
        if let (true, Some(ends_at)) = (deed.keeps(reset_on), ends_at) {
            posting.slide(&wallet.code, rule, ends_at)?;
        }
    }
    Ok(())
}
