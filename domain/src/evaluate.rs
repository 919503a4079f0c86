//! A receipt under a program: one pipeline for the quote, the purchase and every replay, with a
//! function for each step, in the order in which they take place.

use crate::amount::{Amount, Points};
use crate::catalog::{Catalog, Version};
use crate::code::Code;
use crate::condition::{Condition, Goods, Moment, Unmet};
use crate::decide::{Amounts, AppliedDiscount, Explained, Reason, Redeemable, Redeemed, Refusal};
use crate::earning::Basis;
use crate::history::Budgets;
use crate::limit::Limits;
use crate::member::MemberFacts;
use crate::program::Overrides;
use crate::receipt::Receipt;
use basket::Basket;
use discounts::Discounted;
use jiff::Timestamp;
use line_set::LineSet;
pub(crate) use past::Past;
use std::cell::Cell;

mod base;
mod bases;
mod basket;
mod bonuses;
mod caps;
mod cells;
mod discounts;
mod gains;
mod line_set;
mod past;
mod payment;
mod spread;
mod stacking;
mod tax;
#[cfg(test)]
mod tests;

/// What a receipt is judged by.
pub(crate) struct Context<'a> {
    pub(crate) catalog: &'a Catalog,
    /// In force when the receipt took place.
    pub(crate) version: &'a Version,
    pub(crate) member: Option<&'a MemberFacts>,
    /// What all members together used of campaign limits.
    pub(crate) budgets: &'a Budgets,
    /// When, where and by whom, as conditions see it.
    pub(crate) moment: Moment<'a>,
    /// When it is recorded: lots whose time is over by then can't pay.
    pub(crate) now: Timestamp,
    /// Set where the receipt was judged before, so that only its lines count anew.
    pub(crate) past: Option<Past<'a>>,
    /// Whether the member came afterwards, so that discounts are those of everybody.
    pub(crate) is_claim: bool,
}

/// Points that one rule grants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Award<'a> {
    pub(crate) rule: &'a str,
    /// The same as answers tell it.
    pub(crate) told: &'a Code,
    /// The place of the wallet in the document.
    pub(crate) wallet_place: usize,
    /// What limits leave of it.
    pub(crate) points: Points,
    /// What it would be without them.
    pub(crate) wanted: Points,
    pub(crate) overrides: &'a Overrides,
    limits: &'a Limits,
    /// The place of its explanation.
    explained: usize,
}

/// What a receipt comes to.
#[derive(Debug)]
pub(crate) struct Evaluation<'a> {
    pub(crate) amounts: Amounts,
    /// After discounts, before points paid; makes windows and ranks.
    pub(crate) spend: Amount,
    /// The same before the program's discounts.
    pub(crate) gross_spend: Amount,
    pub(crate) discounts: Vec<AppliedDiscount>,
    pub(crate) redeemed: Vec<Redeemed>,
    pub(crate) awards: Vec<Award<'a>>,
    pub(crate) explanation: Vec<Explained>,
    basket: Basket<'a>,
    /// The money of all lines that earn, as the last rule that sees all of them looked at it.
    whole: Cell<Option<(Basis, Amount)>>,
}

/// Evaluates a receipt.
pub(crate) fn evaluate<'a>(
    context: &Context<'a>,
    receipt: &'a Receipt,
) -> Result<Box<Evaluation<'a>>, Refusal> {
    let program = &context.version.program;
    let settings = &context.catalog.settings;
    let goods: Vec<Goods<'a>> = receipt.lines.iter().map(Goods::of).collect();
    let Discounted {
        prices,
        applied,
        explanation,
    } = discounts::take_off(context, &receipt.lines, &goods)?;
    let mut basket = Basket::price(settings, program, goods, (&receipt.lines, prices))?;
    let payments = payment::pay(context, receipt, &basket)?;
    let amounts = basket.settle(&payments)?;
    // It is large, so that it stays where it is.
    let mut evaluation = Box::new(Evaluation {
        amounts,
        spend: basket.spend(),
        gross_spend: basket.gross_spend()?,
        discounts: applied,
        redeemed: payments.redeemed,
        awards: Vec::new(),
        explanation,
        basket,
        whole: Cell::new(None),
    });
    if context.member.is_some() {
        let fired = evaluation.earn(context)?;
        evaluation.add_bonuses(context, &fired)?;
        evaluation.cap(context)?;
    } else {
        let rules = program.earn_rules().iter().map(|rule| rule.code.clone());
        let ladders = program
            .ladders()
            .iter()
            .filter(|ladder| ladder.multiplies());
        let codes = rules.chain(ladders.map(|ladder| ladder.rule.clone()));
        let codes = codes.chain(program.bonuses().iter().map(|bonus| bonus.code.clone()));
        let silent = codes.map(|code| Explained::silent(code, Reason::NoMember));
        evaluation.explanation.extend(silent);
    }
    Ok(evaluation)
}

/// The most that each wallet could pay for the receipt, each alone.
pub(crate) fn redeemable(
    context: &Context<'_>,
    evaluation: &Evaluation<'_>,
) -> Result<Vec<Redeemable>, Refusal> {
    payment::redeemable(context, &evaluation.basket)
}

/// Why a rule stays silent: small, so that it is told at length only where it is kept.
enum Silent {
    Unmet(Unmet),
    NoMatchingLines,
    BelowQuantity { missing: i64 },
    BelowMinimum { amount: Amount, missing: Amount },
}

impl Silent {
    fn explained(self, code: &Code) -> Explained {
        let code = code.clone();
        match self {
            Self::Unmet(unmet) => Explained::unmet(code, unmet),
            Self::NoMatchingLines => Explained::silent(code, Reason::NoMatchingLines),
            Self::BelowQuantity { missing } => {
                let mut silent = Explained::silent(code, Reason::BelowQuantity);
                silent.missing_quantity = Some(missing);
                silent
            }
            Self::BelowMinimum { amount, missing } => {
                let mut silent = Explained::silent(code, Reason::BelowMinimum);
                silent.amount = Some(amount);
                silent.missing_amount = Some(missing);
                silent
            }
        }
    }
}

impl Evaluation<'_> {
    /// The money and lines that a rule looks at, or why it stays silent.
    fn admit(
        &self,
        (code, when): (&str, &Condition),
        basis: Basis,
        context: &Context<'_>,
    ) -> Result<Result<(Amount, LineSet), Silent>, Refusal> {
        if let Err(unmet) = context.admits(code, when)? {
            return Ok(Err(Silent::Unmet(unmet)));
        }
        let seen = self.basket.seen(when);
        if seen.is_empty() {
            return Ok(Err(Silent::NoMatchingLines));
        }
        let amount = match self.whole.get().filter(|_| !when.has_line_scope()) {
            Some((same, amount)) if same == basis => amount,
            _ => self.basket.amount_of(&seen, basis)?,
        };
        if !when.has_line_scope() {
            self.whole.set(Some((basis, amount)));
        }
        if let Some(missing) = when.missing_quantity(self.basket.lines_of(&seen)) {
            return Ok(Err(Silent::BelowQuantity { missing }));
        }
        if let Some(missing) = when.missing(amount) {
            return Ok(Err(Silent::BelowMinimum { amount, missing }));
        }
        Ok(Ok((amount, seen)))
    }
}
