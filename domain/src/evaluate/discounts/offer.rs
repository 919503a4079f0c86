//! What one discount would take off, given what others left: its condition, its base, one rounding,
//! its cap, and never more than there is.

use super::super::basket::below_zero;
use super::super::line_set::LineSet;
use super::super::spread::spread;
use super::super::tax::{counted, sum};
use super::Shelf;
use crate::amount::{Amount, Decimal4, Overflow};
use crate::condition::Condition;
use crate::decide::{Explained, Reason, Refusal};
use crate::discount::{Base, Discount, Missing, Money, Share};

/// What a discount would take off.
pub(super) struct Offer {
    pub(super) explained: Explained,
    /// Rounded and capped; 0 when it stays silent.
    pub(super) amount: i64,
    pub(super) percent: Option<Decimal4>,
    /// None = every line.
    seen: Option<LineSet>,
}

impl Offer {
    fn none(explained: Explained) -> Self {
        Self {
            explained,
            amount: 0,
            percent: None,
            seen: None,
        }
    }

    pub(super) fn takes_something(&self) -> bool {
        self.amount > 0
    }

    /// Why it stays silent: another one goes before it, unless it would not have fired anyway.
    pub(super) fn silenced(self) -> Explained {
        if !self.takes_something() {
            return self.explained;
        }
        Explained {
            fired: false,
            reason: Some(Reason::AnotherDiscount),
            discount: None,
            ..self.explained
        }
    }
}

/// What a discount looks at once its condition holds.
struct Admitted {
    money: Money,
    seen: Option<LineSet>,
    /// Silent so far.
    explained: Explained,
}

impl Shelf<'_, '_> {
    /// What a discount would take off when so much is left of the lines.
    pub(super) fn offer(&self, discount: &Discount, left: &[i64]) -> Result<Offer, Refusal> {
        let code = discount.code.as_str();
        let Admitted {
            money,
            seen,
            explained,
        } = match self.admit(discount, left)? {
            Ok(admitted) => admitted,
            Err(explained) => return Ok(Offer::none(explained)),
        };
        let customer = self.customer();
        let Some(share) = discount.share(money, customer)? else {
            return Ok(Offer::none(Explained::silent(code, Reason::NoRank)));
        };
        let amount = discount
            .rounding
            .apply(share.numerator, share.denominator)?;
        let room = self.room(seen.as_ref(), left)?;
        let amount = capped(discount, money, amount)?.min(room).max(0);
        Ok(Offer {
            explained: tell(explained, amount, money, share),
            amount,
            percent: share.percent,
            seen,
        })
    }

    /// The lines and the money that a discount looks at, or why it stays silent.
    fn admit(
        &self,
        discount: &Discount,
        left: &[i64],
    ) -> Result<Result<Admitted, Explained>, Refusal> {
        let (code, when) = (discount.code.as_str(), &discount.when);
        if discount.is_for_members() && self.customer().is_none() {
            return Ok(Err(Explained::silent(code, Reason::NoMember)));
        }
        if let Err(unmet) = self.context.admits(code, when)? {
            return Ok(Err(Explained::unmet(code, unmet)));
        }
        let seen = self.seen(when);
        if seen.as_ref().is_some_and(LineSet::is_empty) {
            return Ok(Err(Explained::silent(code, Reason::NoMatchingLines)));
        }
        let mut explained = Explained::silent(code, Reason::BelowMinimum);
        let is_seen = |place: usize| seen.as_ref().is_none_or(|seen| seen.has(place));
        let lines = (0..).zip(self.lines).filter(|(place, _)| is_seen(*place));
        if let Some(missing) = when.missing_quantity(lines.map(|(_, line)| line)) {
            explained.reason = Some(Reason::BelowQuantity);
            explained.missing_quantity = Some(missing);
            return Ok(Err(explained));
        }
        let money = self.money(discount, seen.as_ref(), left)?;
        let counted = Amount::new(money.counted);
        if let Some(missing) = when.missing(counted) {
            explained.amount = Some(counted);
            explained.missing_amount = Some(missing);
            return Ok(Err(explained));
        }
        Ok(Ok(Admitted {
            money,
            seen,
            explained,
        }))
    }

    /// The money of the matching lines in the discount's own base; it must not be below zero.
    fn money(
        &self,
        discount: &Discount,
        seen: Option<&LineSet>,
        left: &[i64],
    ) -> Result<Money, Refusal> {
        let base = match discount.base {
            Base::Discounted => left,
            Base::Initial => &self.initial,
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
    fn room(&self, seen: Option<&LineSet>, left: &[i64]) -> Result<i64, Overflow> {
        let of_lines = sum_of(seen, left)?;
        match seen {
            Some(_) => Ok(of_lines.min(sum(left)?)),
            None => Ok(of_lines),
        }
    }

    /// The lines that the condition sees; none = every line.
    fn seen(&self, when: &Condition) -> Option<LineSet> {
        let lines = || LineSet::of(self.goods.iter().map(|goods| when.matches_line(goods)));
        when.has_line_scope().then(lines)
    }

    /// The share of each line.
    pub(super) fn shares(&self, discount: &Discount, offer: &Offer, left: &[i64]) -> Vec<i64> {
        let base = match discount.base {
            Base::Discounted => left,
            Base::Initial => &self.initial,
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

/// What it came to, and what it would take for more.
fn tell(mut explained: Explained, amount: i64, money: Money, share: Share) -> Explained {
    explained.discount = Some(Amount::new(amount));
    explained.amount = Some(Amount::new(money.priced));
    explained.percent = share.percent;
    if amount > 0 {
        explained.fired = true;
        explained.reason = None;
    }
    if let Some(next) = share.next {
        explained.next_percent = Some(next.percent);
        match next.missing {
            Missing::Money(missing) => explained.missing_amount = Some(missing),
            Missing::Visits(missing) => explained.visits_to_go = Some(missing),
        }
    }
    explained
}

fn sum_of(seen: Option<&LineSet>, amounts: &[i64]) -> Result<i64, Overflow> {
    let Some(seen) = seen else {
        return sum(amounts);
    };
    let mut places = seen.common(seen).filter_map(|place| amounts.get(place));
    let sum = places.try_fold(0_i64, |sum, amount| sum.checked_add(*amount));
    sum.ok_or(Overflow)
}
