//! What is left of a receipt: its lines less everything that came back so far.

use crate::amount::{Amount, Overflow, Points};
use crate::decide::{
    GoodsBack, Outcome, PurchaseOutcome, RecordedPurchase, Refusal, ReturnKind, ReturnLine,
    ReturnOutcome, ReturnedGoods,
};
use crate::fault::{Fault, FaultCode};
use crate::id::MemberId;
use crate::receipt::{Line, Quantity};
use crate::rounding::{floor_of, largest_remainder};
use crate::trail::Trail;

/// What came back of one line.
#[derive(Debug, Clone, Copy, Default)]
struct Back {
    /// In units of the fourth decimal.
    quantity: i64,
    amount: i64,
}

/// A line and what is left of it.
#[derive(Debug, Clone, Copy)]
struct Left<'p> {
    line: &'p Line,
    /// As the till priced it.
    priced: i64,
    /// After the program's discounts.
    net: i64,
    back: Back,
}

/// What is left of a receipt.
pub(in crate::decide) struct Remaining<'p> {
    /// The answer by which its member earned: the receipt's own, or that of the claim.
    pub(super) earned: &'p PurchaseOutcome,
    pub(super) is_claimed: bool,
    pub(super) earlier: Vec<&'p ReturnOutcome>,
    lines: Vec<Left<'p>>,
    /// What was left when the member came, if it came afterwards.
    claimed_value: Option<i64>,
}

/// What lines cost after the program's discounts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Values {
    /// Of what is left.
    pub(super) kept: i64,
    /// Of the whole receipt.
    pub(super) bought: i64,
    /// Of what the member earned by.
    pub(super) earned: i64,
}

impl Left<'_> {
    fn quantity(&self) -> Result<i64, Overflow> {
        let units = self.line.quantity.decimal().units();
        units.checked_sub(self.back.quantity).ok_or(Overflow)
    }

    /// Its price; a part of the pieces costs its share, rounded down.
    fn price(&self) -> Result<i64, Overflow> {
        let units = self.line.quantity.decimal().units();
        let price = share(self.priced, (self.quantity()?, units))?;
        let price = price.checked_sub(self.back.amount).ok_or(Overflow)?;
        // Only what costs something can fall without goods.
        Ok(if self.back.amount > 0 {
            price.max(0)
        } else {
            price
        })
    }

    /// The same after the program's discounts.
    fn value(&self) -> Result<i64, Overflow> {
        share(self.net, (self.price()?, self.priced))
    }

    fn is_gone(&self) -> Result<bool, Overflow> {
        let had_pieces = self.line.quantity.decimal().units() > 0;
        let all_pieces = had_pieces && self.quantity()? <= 0;
        Ok(all_pieces || (self.priced != 0 && self.price()? == 0 && self.back.amount > 0))
    }

    fn kept(&self) -> Result<Option<Line>, Overflow> {
        if self.is_gone()? {
            return Ok(None);
        }
        if self.back.quantity == 0 && self.back.amount == 0 {
            return Ok(Some(self.line.clone()));
        }
        Ok(Some(Line {
            quantity: Quantity::from_units(self.quantity()?),
            amount: Some(Amount::new(self.price()?)),
            unit_price: None,
            discount: None,
            ..self.line.clone()
        }))
    }
}

impl<'p> Remaining<'p> {
    /// What is left of a purchase after all that was done to it.
    pub(in crate::decide) fn of(
        bought: &'p RecordedPurchase,
        trail: &'p Trail,
    ) -> Result<Self, Refusal> {
        let mut remaining = Self {
            earned: &bought.outcome,
            is_claimed: false,
            earlier: Vec::new(),
            lines: Vec::with_capacity(bought.receipt.lines.len()),
            claimed_value: None,
        };
        for (place, line) in bought.receipt.lines.iter().enumerate() {
            let priced = line.value()?.minor();
            let discounts = bought.outcome.discounts.iter();
            let shares = discounts.filter_map(|applied| applied.lines.get(place));
            let off = shares.map(|share| share.minor());
            let off = off.fold(0_i64, i64::saturating_add);
            remaining.lines.push(Left {
                line,
                priced,
                net: priced.checked_sub(off).ok_or(Overflow)?,
                back: Back::default(),
            });
        }
        for operation in &trail.operations {
            match operation {
                Outcome::Return(outcome) => {
                    remaining.earlier.push(outcome);
                    remaining.take_off(&outcome.lines)?;
                }
                Outcome::Claim(outcome) => {
                    remaining.earned = outcome;
                    remaining.is_claimed = true;
                    remaining.claimed_value = Some(remaining.values()?.kept);
                }
                _ => {}
            }
        }
        Ok(remaining)
    }

    /// Whose points move; none without a member.
    pub(in crate::decide) fn owner(&self) -> Option<MemberId> {
        self.earned.member_id
    }

    pub(in crate::decide) fn is_void(&self) -> bool {
        let mut earlier = self.earlier.iter();
        earlier.any(|outcome| outcome.kind == ReturnKind::Void)
    }

    /// Whether everything came back.
    pub(in crate::decide) fn is_empty(&self) -> Result<bool, Overflow> {
        for line in &self.lines {
            if !line.is_gone()? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The lines that are left.
    pub(in crate::decide) fn kept(&self) -> Result<Vec<Line>, Overflow> {
        let lines = self.lines.iter().map(Left::kept);
        lines.filter_map(Result::transpose).collect()
    }

    /// What each line that is left costs after the program's discounts.
    pub(super) fn kept_values(&self) -> Result<Vec<i64>, Overflow> {
        let mut values = Vec::with_capacity(self.lines.len());
        for line in &self.lines {
            if !line.is_gone()? {
                values.push(line.value()?);
            }
        }
        Ok(values)
    }

    /// What the lines cost after the program's discounts.
    pub(super) fn values(&self) -> Result<Values, Overflow> {
        let sum = |sum: i64, value: i64| sum.checked_add(value).ok_or(Overflow);
        let bought = self.lines.iter().map(|line| line.net).try_fold(0, sum)?;
        Ok(Values {
            kept: self.kept_values()?.into_iter().try_fold(0, sum)?,
            bought,
            earned: self.claimed_value.unwrap_or(bought),
        })
    }

    /// Takes goods off.
    pub(super) fn take_off(&mut self, goods: &[GoodsBack]) -> Result<(), Overflow> {
        for part in goods {
            let left = self.lines.get_mut(part.line).ok_or(Overflow)?;
            let units = part.quantity.decimal().units();
            let quantity = left.back.quantity.checked_add(units);
            left.back.quantity = quantity.ok_or(Overflow)?;
            let amount = left.back.amount.checked_add(part.amount.minor());
            left.back.amount = amount.ok_or(Overflow)?;
        }
        Ok(())
    }

    /// What a caller gives back, line by line.
    pub(super) fn read(&self, goods: &ReturnedGoods) -> Result<Vec<GoodsBack>, Refusal> {
        match goods {
            ReturnedGoods::Void => self.rest(),
            ReturnedGoods::Amount(amount) => self.spread(*amount),
            ReturnedGoods::Lines(lines) => self.read_lines(lines),
        }
    }

    fn read_lines(&self, lines: &[ReturnLine]) -> Result<Vec<GoodsBack>, Refusal> {
        let mut read: Vec<GoodsBack> = Vec::with_capacity(lines.len());
        for (number, wish) in lines.iter().enumerate() {
            if read.iter().any(|known| known.line == wish.line) {
                let detail = "name each line once";
                return Err(invalid(number, "line", FaultCode::Duplicate, detail));
            }
            read.push(self.read_line(number, wish)?);
        }
        Ok(read)
    }

    fn rest(&self) -> Result<Vec<GoodsBack>, Refusal> {
        let mut rest = Vec::with_capacity(self.lines.len());
        for (line, left) in self.lines.iter().enumerate() {
            if !left.is_gone()? {
                rest.push(left.rest(line)?);
            }
        }
        Ok(rest)
    }

    fn read_line(&self, number: usize, wish: &ReturnLine) -> Result<GoodsBack, Refusal> {
        let Some(left) = self.lines.get(wish.line) else {
            let detail = format!("the receipt has {} lines, from 0", self.lines.len());
            return Err(invalid(number, "line", FaultCode::OutOfRange, &detail));
        };
        if left.is_gone()? {
            return Err(Refusal::OverReturned);
        }
        match (wish.quantity, wish.amount) {
            (None, None) => Ok(left.rest(wish.line)?),
            (Some(_), Some(_)) => {
                let detail = "give a quantity or an amount, not both";
                Err(invalid(number, "amount", FaultCode::InvalidValue, detail))
            }
            (Some(quantity), None) => {
                let units = quantity.decimal().units();
                if units <= 0 {
                    let detail = "give back more than 0";
                    return Err(invalid(number, "quantity", FaultCode::OutOfRange, detail));
                }
                if units > left.quantity()? {
                    return Err(Refusal::OverReturned);
                }
                Ok(GoodsBack {
                    line: wish.line,
                    quantity,
                    amount: Amount::ZERO,
                })
            }
            (None, Some(amount)) => {
                if amount <= Amount::ZERO {
                    let detail = "give back more than 0";
                    return Err(invalid(number, "amount", FaultCode::OutOfRange, detail));
                }
                if amount.minor() > left.value()? {
                    return Err(Refusal::OverReturned);
                }
                Ok(left.cheaper(wish.line, amount.minor())?)
            }
        }
    }

    /// An amount, spread over what is left by its value.
    fn spread(&self, amount: Amount) -> Result<Vec<GoodsBack>, Refusal> {
        if amount <= Amount::ZERO {
            let fault = Fault::new("/amount", FaultCode::OutOfRange, "give back more than 0");
            return Err(Refusal::Invalid(vec![fault]));
        }
        let mut weights = Vec::with_capacity(self.lines.len());
        for left in &self.lines {
            weights.push(if left.is_gone()? {
                0
            } else {
                left.value()?.max(0)
            });
        }
        let all = weights
            .iter()
            .fold(0_i64, |sum, one| sum.saturating_add(*one));
        if amount.minor() > all {
            return Err(Refusal::OverReturned);
        }
        if amount.minor() == all {
            return self.rest();
        }
        let parts = largest_remainder(amount.minor(), &weights);
        let mut spread = Vec::new();
        for ((line, left), part) in self.lines.iter().enumerate().zip(parts) {
            if part > 0 {
                spread.push(left.cheaper(line, part)?);
            }
        }
        Ok(spread)
    }
}

impl Left<'_> {
    /// All that is left of it.
    fn rest(&self, line: usize) -> Result<GoodsBack, Overflow> {
        let units = self.quantity()?;
        let amount = if units > 0 { 0 } else { self.price()? };
        Ok(GoodsBack {
            line,
            quantity: Quantity::from_units(units),
            amount: Amount::new(amount),
        })
    }

    /// The line cheaper by a value after discounts.
    fn cheaper(&self, line: usize, value: i64) -> Result<GoodsBack, Overflow> {
        let all = self.value()?;
        if value >= all {
            return self.rest(line);
        }
        Ok(GoodsBack {
            line,
            quantity: Quantity::from_units(0),
            amount: Amount::new(share(self.price()?, (value, all))?),
        })
    }
}

/// The share of an amount, rounded down; all of it where there is nothing to share by.
pub(super) fn share(amount: i64, (part, whole): (i64, i64)) -> Result<i64, Overflow> {
    if part == whole || whole == 0 {
        return Ok(amount);
    }
    let product = i128::from(amount).checked_mul(i128::from(part));
    let (product, whole) = if whole < 0 {
        (product.and_then(i128::checked_neg), whole.checked_neg())
    } else {
        (product, Some(whole))
    };
    let share = floor_of(product.ok_or(Overflow)?, i128::from(whole.ok_or(Overflow)?));
    share
        .and_then(|share| i64::try_from(share).ok())
        .ok_or(Overflow)
}

/// The same of points.
pub(super) fn share_of_points(points: Points, of: (i64, i64)) -> Result<Points, Overflow> {
    share(points.get(), of).map(Points::new)
}

fn invalid(number: usize, field: &str, code: FaultCode, detail: &str) -> Refusal {
    let pointer = format!("/lines/{number}/{field}");
    Refusal::Invalid(vec![Fault::new(pointer, code, detail)])
}
