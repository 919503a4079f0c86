//! A receipt under a program: one pipeline for the quote, the purchase and every replay, with a
//! function for each step, in the order in which they take place.

use crate::amount::{Amount, Decimal4, Points};
use crate::catalog::{Catalog, Version};
use crate::condition::{Condition, Moment};
use crate::decide::{Amounts, AppliedDiscount, Explained, Reason, Redeemable, Redeemed, Refusal};
use crate::earning::Basis;
use crate::history::Budgets;
use crate::ledger::RuleUse;
use crate::limit::Limits;
use crate::member::MemberFacts;
use crate::program::Overrides;
use crate::receipt::Receipt;
use basket::Basket;
use discounts::Discounted;
use jiff::Timestamp;
use line_set::LineSet;

mod base;
mod bases;
mod basket;
mod bonuses;
mod caps;
mod cells;
mod discounts;
mod gains;
mod line_set;
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
    /// What the member's step on each ladder takes off, by code of the ladder.
    pub(crate) rank_discounts: &'a [(String, Decimal4)],
    /// When it is recorded: lots whose time is over by then can't pay.
    pub(crate) now: Timestamp,
}

/// Points that one rule grants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Award<'a> {
    pub(crate) rule: &'a str,
    pub(crate) wallet: &'a str,
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
    /// What it uses of limits that outlive the receipt.
    pub(crate) uses: Vec<RuleUse>,
    pub(crate) explanation: Vec<Explained>,
    basket: Basket<'a>,
}

/// Evaluates a receipt.
pub(crate) fn evaluate<'a>(
    context: &Context<'a>,
    receipt: &'a Receipt,
) -> Result<Evaluation<'a>, Refusal> {
    let program = &context.version.program;
    let settings = &context.catalog.settings;
    let Discounted {
        prices,
        applied,
        explanation,
    } = discounts::take_off(context, &receipt.lines)?;
    let mut basket = Basket::price(settings, program, &receipt.lines, prices)?;
    let redeemed = payment::pay(context, receipt, basket.payable())?;
    let amounts = basket.settle(&redeemed)?;
    let mut evaluation = Evaluation {
        amounts,
        spend: basket.spend(),
        gross_spend: basket.gross_spend()?,
        discounts: applied,
        redeemed,
        awards: Vec::new(),
        uses: Vec::new(),
        explanation,
        basket,
    };
    if context.member.is_some() {
        let fired = evaluation.earn(context)?;
        evaluation.add_bonuses(context, &fired)?;
        evaluation.cap(context)?;
    } else {
        let rules = program.earn_rules().iter().map(|rule| &rule.code);
        let codes = rules.chain(program.bonuses().iter().map(|bonus| &bonus.code));
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
    payment::redeemable(context, evaluation.basket.payable())
}

impl Evaluation<'_> {
    /// The money and lines that a rule looks at, or why it stays silent.
    fn admit(
        &self,
        code: &str,
        when: &Condition,
        basis: Basis,
        context: &Context<'_>,
    ) -> Result<Result<(Amount, LineSet), Explained>, Refusal> {
        if let Err(unmet) = when.admits(&context.moment)? {
            return Ok(Err(Explained::unmet(code, unmet)));
        }
        let seen = self.basket.seen(when);
        if seen.is_empty() {
            return Ok(Err(Explained::silent(code, Reason::NoMatchingLines)));
        }
        let amount = self.basket.amount_of(&seen, basis)?;
        if let Some(missing) = when.missing_quantity(self.basket.lines_of(&seen)) {
            let mut silent = Explained::silent(code, Reason::BelowQuantity);
            silent.missing_quantity = Some(missing);
            return Ok(Err(silent));
        }
        if let Some(missing) = when.missing(amount) {
            let mut silent = Explained::silent(code, Reason::BelowMinimum);
            silent.amount = Some(amount);
            silent.missing_amount = Some(missing);
            return Ok(Err(silent));
        }
        Ok(Ok((amount, seen)))
    }
}
