//! What the program takes off a receipt before its tax: member prices first, then each discount at
//! its place, as far as the others leave it room.

use super::Context;
use super::tax::sum;
use crate::amount::{Amount, Decimal4, Overflow};
use crate::condition::{Customer, Goods};
use crate::decide::{AppliedDiscount, Explained, Reason, Refusal};
use crate::discount::{Discount, Stacks};
use crate::member_price::MEMBER_PRICE_RULE;
use crate::receipt::Line;
use choose::Choice;
use offer::Offer;

mod choose;
mod offer;

/// The money of each line before and after discounts, in the till's prices.
#[derive(Debug)]
pub(super) struct Prices {
    pub(super) initial: Vec<i64>,
    /// None when nothing was taken off.
    pub(super) left: Option<Vec<i64>>,
}

/// A receipt after the program's discounts.
#[derive(Debug)]
pub(super) struct Discounted {
    pub(super) prices: Prices,
    pub(super) applied: Vec<AppliedDiscount>,
    /// Of every discount, in the order in which they apply.
    pub(super) explanation: Vec<Explained>,
}

/// Takes off what the program gives.
pub(super) fn take_off(
    context: &Context<'_>,
    lines: &[Line],
    goods: &[Goods<'_>],
) -> Result<Discounted, Refusal> {
    let program = &context.version.program;
    let mut initial = Vec::with_capacity(lines.len());
    for line in lines {
        initial.push(line.value()?.minor());
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
        left: None,
        initial,
        applied: Vec::new(),
        explanation: Vec::with_capacity(rules),
    };
    shelf.take_member_prices()?;
    if !program.discounts().is_empty() {
        shelf.take_discounts(program.discounts())?;
    }
    Ok(Discounted {
        prices: Prices {
            initial: shelf.initial,
            left: shelf.left,
        },
        applied: shelf.applied,
        explanation: shelf.explanation,
    })
}

/// The lines while discounts are taken off them.
struct Shelf<'c, 'a> {
    context: &'c Context<'a>,
    lines: &'c [Line],
    goods: &'c [Goods<'a>],
    /// As the till priced them.
    initial: Vec<i64>,
    /// What is left of them; none as long as nothing was taken off.
    left: Option<Vec<i64>>,
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
        self.left.as_ref().unwrap_or(&self.initial)
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
        for (line, priced) in self.lines.iter().zip(&self.initial) {
            let lowered = prices.lowered(line, *priced)?.unwrap_or(*priced);
            shares.push(priced.checked_sub(lowered).ok_or(Overflow)?);
        }
        let amount = sum(&shares)?;
        if amount > 0 {
            let explained = Explained::discounted(MEMBER_PRICE_RULE, Amount::new(amount));
            self.explanation.push(explained);
            return Ok(self.apply(MEMBER_PRICE_RULE, amount, None, shares)?);
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
        let mut offers: Vec<Option<Offer>> = Vec::with_capacity(discounts.len());
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
                self.apply(&discount.code, offer.amount, offer.percent, shares)?;
                self.explanation.push(offer.explained);
            } else {
                self.explanation.push(offer.silenced());
            }
        }
        Ok(())
    }

    fn apply(
        &mut self,
        rule: &str,
        amount: i64,
        percent: Option<Decimal4>,
        shares: Vec<i64>,
    ) -> Result<(), Overflow> {
        self.left = Some(lowered(self.left(), &shares)?);
        self.applied.push(AppliedDiscount {
            rule: rule.into(),
            amount: Amount::new(amount),
            percent,
            lines: shares.into_iter().map(Amount::new).collect(),
        });
        Ok(())
    }
}

fn lowered(left: &[i64], shares: &[i64]) -> Result<Vec<i64>, Overflow> {
    let lines = left.iter().zip(shares);
    let lines = lines.map(|(left, share)| left.checked_sub(*share).ok_or(Overflow));
    lines.collect()
}
