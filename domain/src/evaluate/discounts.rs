//! What the program takes off a receipt before its tax: member prices first, then each discount at
//! its place, as far as the others leave it room.

use super::tax::sum;
use super::{Context, PerLine};
use crate::amount::{Amount, Decimal4, Overflow};
use crate::code::Code;
use crate::condition::{Customer, Goods};
use crate::decide::{AppliedDiscount, Explained, Reason, Refusal};
use crate::discount::{Discount, Stacks};
use crate::member_price::MEMBER_PRICE_RULE;
use crate::receipt::Line;
use choose::Choice;
use offer::Offer;
use smallvec::SmallVec;

mod choose;
mod offer;

/// So many discounts need no memory of their own while they are chosen.
const FEW: usize = 4;

/// The money of each line before and after discounts, in the till's prices.
#[derive(Debug, Default)]
pub(super) struct Prices {
    pub(super) initial: PerLine,
    /// None when nothing was taken off.
    pub(super) left: Option<PerLine>,
}

/// A receipt after the program's discounts.
#[derive(Debug)]
pub(super) struct Discounted {
    pub(super) applied: Vec<AppliedDiscount>,
    /// Of every discount, in the order in which they apply.
    pub(super) explanation: Vec<Explained>,
}

/// Notes what the lines cost and takes off what the program gives.
pub(super) fn take_off(
    context: &Context<'_>,
    lines: &[Line],
    goods: &[Goods<'_>],
    prices: &mut Prices,
) -> Result<Discounted, Refusal> {
    let program = &context.version.program;
    for line in lines {
        prices.initial.push(line.value()?.minor());
    }
    let rules = program.earn_rules().len();
    let rules = rules.saturating_add(program.bonuses().len());
    let rules = rules.saturating_add(program.discounts().len());
    // Of each ladder one, and one for all member prices.
    let rules = rules.saturating_add(
        program
            .ladders()
            .len()
            .saturating_mul(program.wallets().len()),
    );
    let rules = rules.saturating_add(1);
    let mut shelf = Shelf {
        context,
        lines,
        goods,
        prices,
        applied: Vec::new(),
        explanation: Vec::with_capacity(rules),
    };
    shelf.take_member_prices()?;
    if !program.discounts().is_empty() {
        shelf.take_discounts(program.discounts())?;
    }
    Ok(Discounted {
        applied: shelf.applied,
        explanation: shelf.explanation,
    })
}

/// The lines while discounts are taken off them.
struct Shelf<'c, 'a> {
    context: &'c Context<'a>,
    lines: &'c [Line],
    goods: &'c [Goods<'a>],
    prices: &'c mut Prices,
    applied: Vec<AppliedDiscount>,
    explanation: Vec<Explained>,
}

impl Shelf<'_, '_> {
    /// The member, for whom there may be discounts; none where it came only afterwards.
    fn customer(&self) -> Option<&Customer<'_>> {
        let customer = self.context.moment.customer.as_ref();
        customer.filter(|_| !self.context.is_claim)
    }

    fn left(&self) -> &[i64] {
        self.prices.left.as_ref().unwrap_or(&self.prices.initial)
    }

    /// The lower of each line and its member price.
    fn take_member_prices(&mut self) -> Result<(), Refusal> {
        let prices = self.context.version.program.member_prices();
        if prices.is_empty() {
            return Ok(());
        }
        let silent = |reason| Explained::silent(MEMBER_PRICE_RULE, reason);
        if self.customer().is_none() {
            self.explanation.push(silent(Reason::NoMember));
            return Ok(());
        }
        let mut shares = Vec::with_capacity(self.lines.len());
        for (line, priced) in self.lines.iter().zip(&self.prices.initial) {
            let lowered = prices.lowered(line, *priced)?.unwrap_or(*priced);
            shares.push(priced.checked_sub(lowered).ok_or(Overflow)?);
        }
        let amount = sum(&shares)?;
        if amount > 0 {
            let explained = Explained::discounted(MEMBER_PRICE_RULE, Amount::new(amount));
            self.explanation.push(explained);
            let rule = Code::from(MEMBER_PRICE_RULE);
            return Ok(self.apply(&rule, (amount, None), shares)?);
        }
        // The till may have lowered the price below the member's by itself.
        let is_lower = self.lines.iter().any(|line| prices.has(line));
        self.explanation.push(silent(if is_lower {
            Reason::AnotherDiscount
        } else {
            Reason::NoMatchingLines
        }));
        Ok(())
    }

    fn take_discounts(&mut self, discounts: &[Discount]) -> Result<(), Refusal> {
        let mut offers: SmallVec<[Option<Offer>; FEW]> = SmallVec::new();
        offers.resize_with(discounts.len(), || None);
        let choice = self.choose(discounts, &mut offers)?;
        for (place, (discount, known)) in discounts.iter().zip(offers).enumerate() {
            let offer = match known {
                Some(offer) => offer,
                None => self.offer(discount, self.left())?,
            };
            let applies = match (&choice, discount.stacks) {
                (Choice::Alone(alone), _) => *alone == place,
                (Choice::Together(best), Stacks::Best) => *best == Some(place),
                (Choice::Together(_), Stacks::All) => offer.takes_something(),
                (Choice::Together(_), Stacks::Exclusive) => false,
            };
            if applies {
                let shares = self.shares(discount, &offer, self.left());
                self.apply(&discount.told, (offer.amount, offer.percent), shares)?;
            }
            offer.tell(&discount.told, applies, &mut self.explanation);
        }
        Ok(())
    }

    fn apply(
        &mut self,
        rule: &Code,
        (amount, percent): (i64, Option<Decimal4>),
        shares: Vec<i64>,
    ) -> Result<(), Overflow> {
        self.prices.left = Some(lowered(self.left(), &shares)?);
        self.applied.push(AppliedDiscount {
            rule: rule.clone(),
            amount: Amount::new(amount),
            percent,
            lines: shares.into_iter().map(Amount::new).collect(),
        });
        Ok(())
    }
}

fn lowered(left: &[i64], shares: &[i64]) -> Result<PerLine, Overflow> {
    let mut lowered = PerLine::with_capacity(left.len());
    for (left, share) in left.iter().zip(shares) {
        lowered.push(left.checked_sub(*share).ok_or(Overflow)?);
    }
    Ok(lowered)
}
