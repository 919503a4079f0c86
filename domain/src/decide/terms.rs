//! From when until when granted points are spendable, fixed at the grant: by the rule that gives
//! them or else by their wallet.

use crate::activation::Activation;
use crate::amount::Overflow;
use crate::calendar;
use crate::expiry::Expiry;
use crate::lot::Pending;
use crate::program::{Overrides, Wallet};
use crate::settings::Settings;
use jiff::Timestamp;
use jiff::civil::Date;
use smallvec::SmallVec;

/// From when until when points are spendable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Terms {
    /// None when they are spendable at once.
    pub(super) pending: Option<Pending>,
    /// None when they never end, or an event has yet to start their time.
    pub(super) expires_at: Option<Timestamp>,
}

/// The settings that make terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TermsOf<'a> {
    pub(super) activation: &'a Activation,
    pub(super) expiry: &'a Expiry,
}

/// The terms of one receipt's awards: most are alike, and the calendar is asked once for each
/// different ones.
#[derive(Debug)]
pub(super) struct TermsOfReceipt<'a> {
    known: SmallVec<[(TermsOf<'a>, Terms); FEW]>,
    /// The last wallet whose own terms were asked for, and their place.
    last: Option<(usize, usize)>,
    settings: &'a Settings,
    /// The business date on which all of them are earned.
    earned_on: Date,
    /// When they are recorded.
    now: Timestamp,
}

impl<'a> TermsOfReceipt<'a> {
    /// Those of points earned on a business date and recorded at `now`.
    pub(super) fn new(settings: &'a Settings, earned_on: Date, now: Timestamp) -> Self {
        Self {
            known: SmallVec::new(),
            last: None,
            settings,
            earned_on,
            now,
        }
    }

    /// The place of an award's terms among those that are known.
    pub(super) fn place(
        &mut self,
        (wallet_place, wallet): (usize, &'a Wallet),
        overrides: &'a Overrides,
    ) -> Result<usize, Overflow> {
        // Most awards are like the last one.
        let is_own = overrides.are_empty();
        if let Some((_, place)) = self.last.filter(|last| is_own && last.0 == wallet_place) {
            return Ok(place);
        }
        let of = TermsOf::of(wallet, overrides);
        let mut known = self.known.iter();
        let place = match known.rposition(|(known, _)| known.is(of)) {
            Some(place) => place,
            None => {
                let terms = of.at(self.earned_on, self.settings, self.now)?;
                self.known.push((of, terms));
                self.known.len().saturating_sub(1)
            }
        };
        if is_own {
            self.last = Some((wallet_place, place));
        }
        Ok(place)
    }

    /// The terms in a place.
    pub(super) fn at(&self, place: usize) -> Option<&Terms> {
        self.known.get(place).map(|(_, terms)| terms)
    }
}

/// So many different terms need no more memory.
const FEW: usize = 4;

impl<'a> TermsOf<'a> {
    /// What a rule says of its own points, else what their wallet says.
    pub(super) fn of(wallet: &'a Wallet, overrides: &'a Overrides) -> Self {
        Self {
            activation: overrides.activation.as_ref().unwrap_or(&wallet.activation),
            expiry: overrides.expiry.as_ref().unwrap_or(&wallet.expiry),
        }
    }

    /// Whether the settings stand in the same place, which is quicker to see than whether they are
    /// the same.
    fn is(self, other: Self) -> bool {
        std::ptr::eq(self.activation, other.activation) && std::ptr::eq(self.expiry, other.expiry)
    }

    /// The terms of points earned on a business date and recorded at `now`. The time of points
    /// that wait for a day begins on that day.
    pub(super) fn at(
        self,
        earned_on: Date,
        settings: &Settings,
        now: Timestamp,
    ) -> Result<Terms, Overflow> {
        let (zone, cutover) = (&settings.time_zone, settings.cutovers());
        let Some(starts_on) = self.activation.starts_on(earned_on)? else {
            let Activation::OnEvent { event, .. } = self.activation else {
                return Err(Overflow);
            };
            return Ok(Terms {
                pending: Some(Pending::Event {
                    event: event.clone(),
                    cancels_at: self.activation.cancels_at(earned_on, settings)?,
                }),
                expires_at: None,
            });
        };
        let expires_at = self.expiry.expires_at(starts_on, zone, cutover)?;
        let starts_at = match self.activation {
            Activation::Immediate => None,
            _ => Some(calendar::starts_at(starts_on, zone, cutover)?),
        };
        let pending = starts_at.filter(|at| *at > now).map(Pending::Until);
        Ok(Terms {
            pending,
            expires_at,
        })
    }
}

impl Terms {
    /// When the points become spendable; none = at once, or nobody knows yet.
    pub(super) const fn activates_at(&self) -> Option<Timestamp> {
        match self.pending {
            Some(Pending::Until(at)) => Some(at),
            _ => None,
        }
    }
}
