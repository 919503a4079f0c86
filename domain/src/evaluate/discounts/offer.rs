//! What one discount would take off, given what others left: its condition, its base, one rounding,
//! its cap, and never more than there is.

use super::super::Silent;
use super::super::basket::{below_zero, seen_by};
use super::super::spread::spread;
use super::super::tax::{counted, sum};
use super::Shelf;
use crate::amount::{Amount, Decimal4, Overflow};
use crate::code::Code;
use crate::condition::Condition;
use crate::decide::{Explained, Reason, Refusal};
use crate::discount::{Base, Discount, Missing, Money, Next};
use crate::places::Places;

/// What a discount would take off.
pub(super) struct Offer {
    /// Why it stays silent before any money is reckoned.
    silent: Option<Silent>,
    /// The money of its lines.
    priced: i64,
    /// Rounded and capped; 0 when it stays silent.
    pub(super) amount: i64,
    pub(super) percent: Option<Decimal4>,
    /// What it would take for another rate.
    next: Option<Next>,
    /// None = every line.
    seen: Option<Places>,
}

impl Offer {
    fn none(silent: Silent) -> Self {
        Self {
            silent: Some(silent),
            priced: 0,
            amount: 0,
            percent: None,
            next: None,
            seen: None,
        }
    }

    pub(super) fn takes_something(&self) -> bool {
        self.amount > 0
    }

    /// Tells what it came to. Where it does not apply, another one goes before it, unless it would
    /// not have fired anyway.
    pub(super) fn tell(self, rule: &Code, applies: bool, explanation: &mut Vec<Explained>) {
        if let Some(silent) = self.silent {
            return silent.tell(rule, explanation);
        }
        let takes_something = self.amount > 0;
        let told = Explained::silent(rule.clone(), Reason::BelowMinimum);
        let told = explanation.push_mut(told);
        told.discount = Some(Amount::new(self.amount));
        told.amount = Some(Amount::new(self.priced));
        told.percent = self.percent;
        if applies && takes_something {
            told.fired = true;
            told.reason = None;
        } else if takes_something {
            told.reason = Some(Reason::AnotherDiscount);
            told.discount = None;
        }
        let Some(next) = self.next else {
            return;
        };
        told.next_percent = Some(next.percent);
        match next.missing {
            Missing::Money(missing) => told.missing_amount = Some(missing),
            Missing::Visits(missing) => told.visits_to_go = Some(missing),
        }
    }
}

/// What a discount looks at once its condition holds.
struct Admitted {
    money: Money,
    seen: Option<Places>,
}

impl Shelf<'_, '_> {
    /// What a discount would take off when so much is left of the lines.
    pub(super) fn offer(&self, discount: &Discount, left: &[i64]) -> Result<Offer, Refusal> {
        let Admitted { money, seen } = match self.admit(discount, left)? {
            Ok(admitted) => admitted,
            Err(silent) => return Ok(Offer::none(silent)),
        };
        let Some(share) = discount.share(money, self.customer())? else {
            return Ok(Offer::none(Silent::Because(Reason::NoRank)));
        };
        let amount = discount
            .rounding
            .apply(share.numerator, share.denominator)?;
        let room = match (discount.base, &seen) {
            // It is the money that the discount looks at.
            (Base::Discounted, None) => money.priced,
            _ => self.room(seen.as_ref(), left)?,
        };
        Ok(Offer {
            silent: None,
            priced: money.priced,
            amount: capped(discount, money, amount)?.min(room).max(0),
            percent: share.percent,
            next: share.next,
            seen,
        })
    }

    /// The lines and the money that a discount looks at, or why it stays silent.
    fn admit(
        &self,
        discount: &Discount,
        left: &[i64],
    ) -> Result<Result<Admitted, Silent>, Refusal> {
        let (code, when) = (discount.code.as_str(), &discount.when);
        if discount.is_for_members() && self.customer().is_none() {
            return Ok(Err(Silent::Because(Reason::NoMember)));
        }
        if let Err(unmet) = self.context.admits(code, when)? {
            return Ok(Err(Silent::Unmet(unmet)));
        }
        let seen = self.seen(when);
        if seen.as_ref().is_some_and(Places::is_empty) {
            return Ok(Err(Silent::Because(Reason::NoMatchingLines)));
        }
        let is_seen = |place: usize| seen.as_ref().is_none_or(|seen| seen.has(place));
        let lines = (0..).zip(self.lines).filter(|(place, _)| is_seen(*place));
        if let Some(missing) = when.missing_quantity(lines.map(|(_, line)| line)) {
            return Ok(Err(Silent::BelowQuantity { missing }));
        }
        let money = self.money(discount, seen.as_ref(), left)?;
        let amount = Amount::new(money.counted);
        if let Some(missing) = when.missing(amount) {
            return Ok(Err(Silent::BelowMinimum { amount, missing }));
        }
        Ok(Ok(Admitted { money, seen }))
    }

    /// The money of the matching lines in the discount's own base; it must not be below zero.
    fn money(
        &self,
        discount: &Discount,
        seen: Option<&Places>,
        left: &[i64],
    ) -> Result<Money, Refusal> {
        let base = match discount.base {
            Base::Discounted => left,
            Base::Initial => &self.prices.initial,
        };
        let priced = sum_of(seen, base)?;
        if priced < 0 {
            let code = &discount.code;
            let detail = format!("the lines that {code} looks at must not sum to less than 0");
            return Err(below_zero(&detail));
        }
        let settings = &self.context.catalog.settings;
        let counts_tax = self.context.version.program.counts_tax();
        let is_same_side = settings.prices_include_tax == counts_tax;
        if is_same_side || !discount.looks_at_counted() {
            let counted = priced;
            return Ok(Money { priced, counted });
        }
        let lines = self.lines.iter().zip(base).enumerate();
        let lines = lines.filter(|(place, _)| seen.is_none_or(|seen| seen.has(*place)));
        let counted = counted(settings, lines.map(|(_, (line, amount))| (line, *amount)))?;
        Ok(Money { priced, counted })
    }

    /// The most that can be taken off: neither these lines nor the receipt go below zero.
    fn room(&self, seen: Option<&Places>, left: &[i64]) -> Result<i64, Overflow> {
        let of_lines = sum_of(seen, left)?;
        match seen {
            Some(_) => Ok(of_lines.min(sum(left)?)),
            None => Ok(of_lines),
        }
    }

    /// The lines that the condition sees; none = every line.
    fn seen(&self, when: &Condition) -> Option<Places> {
        let lines = || seen_by(when, Places::all(self.goods.len()), self.goods);
        when.has_line_scope().then(lines)
    }

    /// The share of each line.
    pub(super) fn shares(&self, discount: &Discount, offer: &Offer, left: &[i64]) -> Vec<i64> {
        let base = match discount.base {
            Base::Discounted => left,
            Base::Initial => &self.prices.initial,
        };
        let seen = offer.seen.as_ref();
        spread(offer.amount, base, left, |place| {
            seen.is_none_or(|seen| seen.has(place))
        })
    }
}

/// At most the cap. It holds on the side of the tax that thresholds use, so that on the other side
/// it is taken in proportion to the matching lines.
fn capped(discount: &Discount, money: Money, amount: i64) -> Result<i64, Overflow> {
    let Some(cap) = discount.cap else {
        return Ok(amount);
    };
    let cap = cap.minor();
    if money.counted == money.priced {
        return Ok(amount.min(cap));
    }
    let product = i128::from(cap).checked_mul(i128::from(money.priced));
    let cap = product.and_then(|product| product.checked_div_euclid(i128::from(money.counted)));
    Ok(amount.min(i64::try_from(cap.unwrap_or(0)).unwrap_or(i64::MAX)))
}

fn sum_of(seen: Option<&Places>, amounts: &[i64]) -> Result<i64, Overflow> {
    let Some(seen) = seen else {
        return sum(amounts);
    };
    seen.sum(amounts).ok_or(Overflow)
}
