//! A receipt under a program: one pipeline for the quote, the purchase and every replay, with a
//! function for each step, in the order in which they take place.

use crate::amount::{Amount, Overflow, Points};
use crate::bonus::Bonus;
use crate::catalog::{Catalog, Version};
use crate::condition::{Condition, Moment};
use crate::decide::{Amounts, Explained, Reason, Redeemable, Redeemed, Refusal};
use crate::earn::EarnRule;
use crate::member::MemberFacts;
use crate::receipt::Receipt;
use basket::Basket;
use jiff::Timestamp;

mod basket;
mod payment;
#[cfg(test)]
mod tests;

/// What a receipt is judged by.
pub(crate) struct Context<'a> {
    pub(crate) catalog: &'a Catalog,
    /// In force when the receipt took place.
    pub(crate) version: &'a Version,
    pub(crate) member: Option<&'a MemberFacts>,
    /// When, where and by whom, as conditions see it.
    pub(crate) moment: Moment<'a>,
    /// When it is recorded: lots whose time is over by then can't pay.
    pub(crate) now: Timestamp,
}

/// Points that one rule grants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Award<'a> {
    pub(crate) rule: &'a str,
    pub(crate) wallet: &'a str,
    pub(crate) points: Points,
}

/// What a receipt comes to.
#[derive(Debug)]
pub(crate) struct Evaluation<'a> {
    pub(crate) amounts: Amounts,
    /// After discounts, before points paid; makes windows and ranks.
    pub(crate) spend: Amount,
    pub(crate) redeemed: Vec<Redeemed>,
    pub(crate) awards: Vec<Award<'a>>,
    pub(crate) explanation: Vec<Explained>,
    basket: Basket<'a>,
}

/// What one earn rule came to.
enum Base {
    Fired(Points),
    Silent,
}

/// Evaluates a receipt.
pub(crate) fn evaluate<'a>(
    context: &Context<'a>,
    receipt: &'a Receipt,
) -> Result<Evaluation<'a>, Refusal> {
    let mut basket = Basket::price(&context.catalog.settings, &receipt.lines)?;
    let redeemed = payment::pay(context, receipt, basket.payable())?;
    let amounts = basket.settle(&redeemed)?;
    let program = &context.version.program;
    let count = program
        .earn_rules()
        .len()
        .saturating_add(program.bonuses().len());
    let mut evaluation = Evaluation {
        amounts,
        spend: basket.spend(),
        redeemed,
        awards: Vec::new(),
        explanation: Vec::with_capacity(count),
        basket,
    };
    if context.member.is_some() {
        let base = evaluation.earn(context)?;
        evaluation.add_bonuses(context, &base)?;
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

impl<'a> Evaluation<'a> {
    /// The base points of every earn rule, in document order.
    fn earn(&mut self, context: &Context<'a>) -> Result<Vec<Base>, Refusal> {
        let rules = context.version.program.earn_rules();
        let mut base = Vec::with_capacity(rules.len());
        for rule in rules {
            let explained = self.judge_rule(rule, context)?;
            match explained.points {
                Some(points) => {
                    self.awards.push(Award {
                        rule: &rule.code,
                        wallet: &rule.wallet,
                        points,
                    });
                    base.push(Base::Fired(points));
                }
                None => base.push(Base::Silent),
            }
            self.explanation.push(explained);
        }
        Ok(base)
    }

    /// What each bonus adds to the base points of the lines in its scope.
    fn add_bonuses(&mut self, context: &Context<'a>, base: &[Base]) -> Result<(), Refusal> {
        let program = &context.version.program;
        for bonus in program.bonuses() {
            let fired =
                program
                    .earn_rules()
                    .iter()
                    .zip(base)
                    .filter_map(|(rule, base)| match base {
                        Base::Fired(points) if rule.wallet == bonus.wallet => Some((rule, *points)),
                        _ => None,
                    });
            let explained = self.judge_bonus(bonus, fired, context)?;
            if let Some(points) = explained.points {
                self.awards.push(Award {
                    rule: &bonus.code,
                    wallet: &bonus.wallet,
                    points,
                });
            }
            self.explanation.push(explained);
        }
        Ok(())
    }

    fn judge_rule(&self, rule: &EarnRule, context: &Context<'_>) -> Result<Explained, Refusal> {
        let amount = match self.admit(&rule.code, &rule.when, context)? {
            Ok(amount) => amount,
            Err(silent) => return Ok(silent),
        };
        let points = rule.award.points(amount)?;
        if points.is_zero() {
            let mut silent = Explained::silent(&rule.code, Reason::BelowMinimum);
            silent.amount = Some(amount);
            silent.missing_amount = rule.award.missing(amount);
            return Ok(silent);
        }
        let mut fired = Explained::fired(&rule.code, points);
        fired.amount = Some(amount);
        Ok(fired)
    }

    fn judge_bonus<'r>(
        &self,
        bonus: &Bonus,
        fired: impl Iterator<Item = (&'r EarnRule, Points)>,
        context: &Context<'_>,
    ) -> Result<Explained, Refusal> {
        let amount = match self.admit(&bonus.code, &bonus.when, context)? {
            Ok(amount) => amount,
            Err(silent) => return Ok(silent),
        };
        let mut base = Points::ZERO;
        for (rule, points) in fired {
            base = base.checked_add(self.base_in_scope(rule, points, &bonus.when)?)?;
        }
        let points = bonus.points(base)?;
        let mut explained = if !points.is_zero() {
            Explained::fired(&bonus.code, points)
        } else if base.is_zero() {
            Explained::silent(&bonus.code, Reason::NoBasePoints)
        } else {
            Explained::silent(&bonus.code, Reason::BelowMinimum)
        };
        explained.amount = Some(amount);
        explained.base_points = Some(base);
        explained.times = Some(bonus.times);
        Ok(explained)
    }

    /// The base points that a bonus works on: those granted, or the rule's award over the bonus's
    /// lines alone.
    fn base_in_scope(
        &self,
        rule: &EarnRule,
        points: Points,
        scope: &Condition,
    ) -> Result<Points, Overflow> {
        if !scope.has_line_scope() {
            return Ok(points);
        }
        let amount = self.basket.earning_amount(&[&rule.when, scope])?;
        amount.map_or(Ok(Points::ZERO), |amount| rule.award.points(amount))
    }

    /// The money that a rule looks at, or why it stays silent.
    fn admit(
        &self,
        code: &str,
        when: &Condition,
        context: &Context<'_>,
    ) -> Result<Result<Amount, Explained>, Refusal> {
        if let Err(unmet) = when.admits(&context.moment)? {
            return Ok(Err(Explained::unmet(code, unmet)));
        }
        let Some(amount) = self.basket.earning_amount(&[when])? else {
            return Ok(Err(Explained::silent(code, Reason::NoMatchingLines)));
        };
        if let Some(missing) = when.missing_quantity(self.basket.earning_lines()) {
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
        Ok(Ok(amount))
    }
}
