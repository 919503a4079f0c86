//! A receipt under a program: one pipeline for the quote, the purchase and every replay, with a
//! function for each step, in the order in which they take place.

use crate::amount::{Amount, Overflow, Points};
use crate::catalog::{Catalog, Version};
use crate::code::Code;
use crate::condition::{Condition, Goods, Moment, Unmet};
use crate::decide::{Amounts, AppliedDiscount, Explained, Reason, Redeemable, Redeemed, Refusal};
use crate::earning::Basis;
use crate::history::Budgets;
use crate::limit::Limits;
use crate::member::MemberFacts;
use crate::places::Places;
use crate::program::Overrides;
use crate::receipt::Receipt;
use basket::Basket;
use discounts::{Discounted, Prices};
use jiff::Timestamp;
pub(crate) use past::Past;
use smallvec::SmallVec;
use std::cell::Cell;

mod base;
mod bases;
mod basket;
mod bonuses;
mod caps;
mod cells;
mod discounts;
mod gains;
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
    /// Whether nothing is recorded, so that what could be paid is told.
    pub(crate) is_quote: bool,
}

/// Points that one rule grants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Award<'a> {
    /// The code of the rule.
    pub(crate) rule: &'a Code,
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
    /// The most that each wallet could pay, each alone; only of a quote.
    pub(crate) redeemable: Vec<Redeemable>,
}

/// A receipt while it is evaluated.
struct Reckoning<'g, 'a> {
    told: Box<Evaluation<'a>>,
    basket: Basket<'g, 'a>,
    goods: &'g [Goods<'a>],
    /// The money of all lines that earn, as the last rule that sees all of them looked at it.
    whole: Cell<Option<(Basis, Amount)>>,
}

/// So many lines need no memory of their own while a receipt is evaluated.
const USUAL_LINES: usize = 16;

/// Some number of each line.
type PerLine = SmallVec<[i64; USUAL_LINES]>;

/// Evaluates a receipt.
pub(crate) fn evaluate<'a>(
    context: &Context<'a>,
    receipt: &'a Receipt,
) -> Result<Box<Evaluation<'a>>, Refusal> {
    let program = &context.version.program;
    let settings = &context.catalog.settings;
    let mut goods: SmallVec<[Goods<'a>; USUAL_LINES]> = SmallVec::new();
    goods.extend(receipt.lines.iter().map(Goods::of));
    let mut prices = Prices::default();
    let Discounted {
        applied,
        explanation,
    } = discounts::take_off(context, &receipt.lines, &goods, &mut prices)?;
    let mut basket = Basket::price(settings, program, &goods, (&receipt.lines, &prices))?;
    let payments = payment::pay(context, receipt, (&basket, &goods))?;
    let redeemable = if context.is_quote {
        payment::redeemable(context, (&basket, &goods))?
    } else {
        Vec::new()
    };
    let amounts = basket.settle(&payments)?;
    let mut reckoning = Reckoning {
        told: Box::new(Evaluation {
            amounts,
            spend: basket.spend(),
            gross_spend: basket.gross_spend()?,
            discounts: applied,
            redeemed: payments.redeemed,
            awards: Vec::new(),
            explanation,
            redeemable,
        }),
        basket,
        goods: &goods,
        whole: Cell::new(None),
    };
    if context.member.is_some() {
        let mut fired = SmallVec::new();
        reckoning.earn(context, &mut fired)?;
        reckoning.add_bonuses(context, &fired)?;
        reckoning.told.cap(context)?;
    } else {
        let rules = program.earn_rules().iter().map(|rule| rule.told.clone());
        let ladders = program
            .ladders()
            .iter()
            .filter(|ladder| ladder.multiplies());
        let codes = rules.chain(ladders.map(|ladder| ladder.rule.clone()));
        let codes = codes.chain(program.bonuses().iter().map(|bonus| bonus.told.clone()));
        let silent = codes.map(|code| Explained::silent(code, Reason::NoMember));
        reckoning.told.explanation.extend(silent);
    }
    Ok(reckoning.told)
}

/// What the same points pay of goods at the prices that they were sold for, whatever discounts would be now.
pub(crate) fn pay_again(
    (catalog, version): (&Catalog, &Version),
    receipt: &Receipt,
    prices: Vec<i64>,
    paid: &[Redeemed],
) -> Result<Vec<Redeemed>, Refusal> {
    let goods: Vec<Goods<'_>> = receipt.lines.iter().map(Goods::of).collect();
    let prices = Prices {
        initial: prices.into(),
        left: None,
    };
    let priced = (&receipt.lines[..], &prices);
    let basket = Basket::price(&catalog.settings, &version.program, &goods, priced)?;
    Ok(payment::pay_again(catalog, receipt, paid, (&basket, &goods))?.redeemed)
}

/// Why a rule stays silent: small, so that it is told at length only where it is kept.
enum Silent {
    Unmet(Unmet),
    /// There is nothing more to tell.
    Because(Reason),
    BelowQuantity {
        missing: i64,
    },
    BelowMinimum {
        amount: Amount,
        missing: Amount,
    },
}

impl Silent {
    /// Tells it of a rule.
    fn tell(self, code: &Code, explanation: &mut Vec<Explained>) {
        let reason = match &self {
            Self::Unmet(unmet) => unmet.reason(),
            Self::Because(reason) => *reason,
            Self::BelowQuantity { .. } => Reason::BelowQuantity,
            Self::BelowMinimum { .. } => Reason::BelowMinimum,
        };
        let told = explanation.push_mut(Explained::silent(code.clone(), reason));
        match self {
            Self::Unmet(unmet) => told.add_unmet(unmet),
            Self::Because(_) => {}
            Self::BelowQuantity { missing } => told.missing_quantity = Some(missing),
            Self::BelowMinimum { amount, missing } => {
                told.amount = Some(amount);
                told.missing_amount = Some(missing);
            }
        }
    }
}

impl Reckoning<'_, '_> {
    /// The money and lines that a rule looks at, or why it stays silent.
    fn admit(
        &self,
        (code, when): (&str, &Condition),
        basis: Basis,
        context: &Context<'_>,
    ) -> Result<Result<(Amount, Places), Silent>, Refusal> {
        if let Err(unmet) = context.admits(code, when)? {
            return Ok(Err(Silent::Unmet(unmet)));
        }
        let seen = self.basket.seen(when, self.goods);
        if seen.is_empty() {
            return Ok(Err(Silent::Because(Reason::NoMatchingLines)));
        }
        let amount = if when.has_line_scope() {
            self.basket.amount_of(&seen, basis)?
        } else {
            self.amount_of_all(&seen, basis)?
        };
        if let Some(missing) = when.missing_quantity(self.basket.lines_of(&seen)) {
            return Ok(Err(Silent::BelowQuantity { missing }));
        }
        if let Some(missing) = when.missing(amount) {
            return Ok(Err(Silent::BelowMinimum { amount, missing }));
        }
        Ok(Ok((amount, seen)))
    }

    /// The money of all lines that earn, which most rules see in the same basis.
    fn amount_of_all(&self, all: &Places, basis: Basis) -> Result<Amount, Overflow> {
        if let Some((same, amount)) = self.whole.get()
            && same == basis
        {
            return Ok(amount);
        }
        let amount = self.basket.amount_of(all, basis)?;
        self.whole.set(Some((basis, amount)));
        Ok(amount)
    }
}
