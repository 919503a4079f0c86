//! The money of a receipt: lines, tax once per rate, points paid, and what is left of each line
//! for earning. Every split sums to its whole again.

use super::discounts::Prices;
use super::payment::Payments;
use super::tax::{net_of, rate_places, sum, tax_parts, with_tax, without_tax};
use crate::amount::{Amount, Overflow};
use crate::condition::{Condition, Goods};
use crate::decide::{Amounts, Refusal, TaxPart};
use crate::earning::Basis;
use crate::fault::{Fault, FaultCode};
use crate::places::Places;
use crate::program::Program;
use crate::receipt::Line;
use crate::rounding::largest_remainder;
use crate::settings::{PointsPaidAs, Settings};
use std::cell::OnceCell;

/// A receipt's lines with their money.
#[derive(Debug)]
pub(super) struct Basket<'g, 'a> {
    settings: &'a Settings,
    lines: &'a [Line],
    /// After discounts.
    now: Sides<'g>,
    /// Before the program's discounts; none when nothing was taken off.
    before: Option<Sides<'g>>,
    /// After points paid; none when nothing was paid.
    paid: Option<Paid>,
    /// Whether each line earns at all.
    earns: Places,
    /// The place of the rate of each line among all rates, once a rule asks for it.
    rates: OnceCell<Vec<usize>>,
    tax: Vec<TaxPart>,
    /// The sum as priced, after discounts.
    sum: i64,
    /// The sum with tax, after discounts.
    spend: i64,
    /// The sum on the side of the tax that thresholds and counters use.
    counted: i64,
    counts_tax: bool,
    looks_at_net: bool,
}

/// The money of each line on both sides of the tax.
#[derive(Debug)]
struct Sides<'g> {
    /// As the till prices it.
    priced: &'g [i64],
    /// With tax; none when `priced` contains it already.
    taxed: Option<Vec<i64>>,
    /// Without tax; only where prices include it and the program looks at it.
    net: Option<Vec<i64>>,
}

/// What points that paid leave of each line.
#[derive(Debug)]
struct Paid {
    with_tax: Vec<i64>,
    /// Only when the program looks at it.
    net: Option<Vec<i64>>,
    /// The same with the program's discounts added back; none without any.
    before: Option<Vec<i64>>,
    before_net: Option<Vec<i64>>,
}

impl<'g> Sides<'g> {
    fn of(
        settings: &Settings,
        lines: &[Line],
        priced: &'g [i64],
        looks_at_net: bool,
    ) -> Result<(Self, Vec<TaxPart>), Overflow> {
        let tax = tax_parts(settings, lines, priced)?;
        let (taxed, net) = if settings.prices_include_tax {
            let net = looks_at_net.then(|| without_tax(settings, lines, priced, &tax));
            (None, net.transpose()?)
        } else {
            (Some(with_tax(settings, lines, priced, &tax)?), None)
        };
        Ok((Self { priced, taxed, net }, tax))
    }

    /// The same of money that is not taxed, as it was before discounts.
    fn before(
        settings: &Settings,
        lines: &[Line],
        priced: &'g [i64],
        looks_at_net: bool,
    ) -> Result<Self, Overflow> {
        if settings.prices_include_tax && !looks_at_net {
            return Ok(Self {
                priced,
                taxed: None,
                net: None,
            });
        }
        Self::of(settings, lines, priced, looks_at_net).map(|(sides, _)| sides)
    }

    /// The money of each line with or without its tax.
    fn side(&self, with_tax: bool) -> &[i64] {
        let other = if with_tax { &self.taxed } else { &self.net };
        other.as_deref().unwrap_or(self.priced)
    }
}

impl Paid {
    fn side(&self, basis: Basis) -> &[i64] {
        let after = if basis.with_tax {
            &self.with_tax
        } else {
            self.net.as_ref().unwrap_or(&self.with_tax)
        };
        let before = if basis.with_tax {
            &self.before
        } else {
            &self.before_net
        };
        let before = before.as_ref().filter(|_| !basis.after_discounts);
        before.unwrap_or(after)
    }
}

impl<'g, 'a> Basket<'g, 'a> {
    /// Prices the lines and their tax after the program's discounts.
    pub(super) fn price(
        settings: &'a Settings,
        program: &Program,
        goods: &[Goods<'a>],
        (lines, prices): (&'a [Line], &'g Prices),
    ) -> Result<Self, Refusal> {
        let looks_at_net = program.looks_at_net();
        let initial = &prices.initial[..];
        let (priced, before) = match &prices.left {
            Some(left) => (&left[..], Some(initial)),
            None => (initial, None),
        };
        let (now, tax) = Sides::of(settings, lines, priced, looks_at_net)?;
        let before = before.map(|before| Sides::before(settings, lines, before, looks_at_net));
        let spend = sum(now.side(true))?;
        let sum = if now.taxed.is_some() {
            sum(now.priced)?
        } else {
            spend
        };
        if sum < 0 || spend < 0 {
            return Err(below_zero("the lines must not sum to less than 0"));
        }
        let counts_tax = program.counts_tax();
        let counted = if counts_tax {
            spend
        } else {
            self::sum(now.side(false))?
        };
        let earns = program.earning();
        let earns = Places::all(goods.len()).filtered(goods, |goods| earns.earns(goods));
        Ok(Self {
            settings,
            lines,
            now,
            before: before.transpose()?,
            paid: None,
            earns,
            rates: OnceCell::new(),
            tax,
            sum,
            spend,
            counted,
            counts_tax,
            looks_at_net,
        })
    }

    /// What points may pay: the total after discounts. Points that count as a discount come
    /// before the tax, so they can pay no more than the untaxed sum.
    pub(super) fn payable(&self) -> Amount {
        match self.settings.points_paid_as {
            PointsPaidAs::Tender => Amount::new(self.spend),
            PointsPaidAs::Discount => Amount::new(self.sum),
        }
    }

    /// The same by line.
    pub(super) fn payable_lines(&self) -> &[i64] {
        match self.settings.points_paid_as {
            PointsPaidAs::Tender => self.now.side(true),
            PointsPaidAs::Discount => self.now.priced,
        }
    }

    /// After discounts, before points paid, on the side of the tax that the program counts.
    pub(super) fn spend(&self) -> Amount {
        Amount::new(self.counted)
    }

    /// The same before the program's discounts.
    pub(super) fn gross_spend(&self) -> Result<Amount, Overflow> {
        match &self.before {
            Some(before) => sum(before.side(self.counts_tax)).map(Amount::new),
            None => Ok(self.spend()),
        }
    }

    /// Takes the points paid off the lines and closes the sums.
    pub(super) fn settle(&mut self, payments: &Payments) -> Result<Amounts, Refusal> {
        let mut paid = payments.redeemed.iter();
        let paid = paid.try_fold(Amount::ZERO, |paid, part| paid.checked_add(part.value))?;
        let sum = Amount::new(self.sum);
        let gross = match &self.before {
            Some(before) => Amount::new(self::sum(before.priced)?),
            None => sum,
        };
        let lowered = self.settings.points_paid_as == PointsPaidAs::Discount && paid > Amount::ZERO;
        let left = |lines: &[i64]| match &payments.left {
            Some(left) => Ok(left.clone()),
            None => reduce(lines, paid.minor()),
        };
        let (taxable, total) = if lowered {
            let reduced = left(self.payable_lines())?;
            self.tax = tax_parts(self.settings, self.lines, &reduced)?;
            let basis = if self.settings.prices_include_tax {
                reduced
            } else {
                with_tax(self.settings, self.lines, &reduced, &self.tax)?
            };
            let total = Amount::new(self::sum(&basis)?);
            self.paid = Some(self.after_payment(basis)?);
            (sum.checked_sub(paid)?, total)
        } else {
            if paid > Amount::ZERO {
                let basis = left(self.payable_lines())?;
                self.paid = Some(self.after_payment(basis)?);
            }
            (sum, Amount::new(self.spend).checked_sub(paid)?)
        };
        // The tax of a rate whose lines sum to less than 0 may outweigh that of the others.
        if total < Amount::ZERO {
            return Err(below_zero("the lines must not sum to less than 0"));
        }
        let tax = std::mem::take(&mut self.tax);
        Ok(Amounts {
            gross,
            discount: gross.checked_sub(sum)?,
            taxable,
            points_paid: paid,
            total,
            tax,
        })
    }

    /// What every basis sees once points have paid and left so much of each line with tax.
    fn after_payment(&self, paid: Vec<i64>) -> Result<Paid, Overflow> {
        let net = self
            .looks_at_net
            .then(|| net_of(self.settings, self.lines, &paid));
        let net = net.transpose()?;
        let added_back = |left: &[i64], with_tax: bool| {
            let before = self.before.as_ref().map(|before| before.side(with_tax))?;
            let lines = before.iter().zip(self.now.side(with_tax)).zip(left);
            let line = |((before, now), left): ((&i64, &i64), &i64)| {
                before.checked_sub(*now)?.checked_add(*left)
            };
            Some(lines.map(line).collect::<Option<Vec<_>>>().ok_or(Overflow))
        };
        let before_net = net.as_ref().and_then(|net| added_back(net, false));
        Ok(Paid {
            before: added_back(&paid, true).transpose()?,
            before_net: before_net.transpose()?,
            net,
            with_tax: paid,
        })
    }

    /// The lines of the receipt.
    pub(super) fn lines(&self) -> &'a [Line] {
        self.lines
    }

    /// The lines that earn and that the condition sees.
    pub(super) fn seen(&self, when: &Condition, goods: &[Goods<'_>]) -> Places {
        let earns = self.earns.clone();
        if when.has_line_scope() {
            seen_by(when, earns, goods)
        } else {
            earns
        }
    }

    /// These lines.
    pub(super) fn lines_of(&self, seen: &Places) -> impl Iterator<Item = &'a Line> {
        let places = seen.common(seen);
        places.filter_map(|place| self.lines.get(place))
    }

    /// The whole pieces of a line.
    pub(super) fn pieces(&self, place: usize) -> i64 {
        let line = self.lines.get(place);
        line.map_or(0, |line| line.quantity.full_pieces())
    }

    /// The place of the rate of a line among all rates.
    pub(super) fn rate_place(&self, place: usize) -> usize {
        let places = || rate_places(self.settings, self.lines);
        self.rates
            .get_or_init(places)
            .get(place)
            .copied()
            .unwrap_or(0)
    }

    /// The money of each line in this basis.
    pub(super) fn amounts(&self, basis: Basis) -> &[i64] {
        if let Some(paid) = self.paid.as_ref().filter(|_| basis.after_points_paid) {
            return paid.side(basis);
        }
        let before = self.before.as_ref().filter(|_| !basis.after_discounts);
        before.unwrap_or(&self.now).side(basis.with_tax)
    }

    /// The money of these lines.
    pub(super) fn amount_of(&self, seen: &Places, basis: Basis) -> Result<Amount, Overflow> {
        let sum = seen.sum(self.amounts(basis));
        sum.map(Amount::new).ok_or(Overflow)
    }
}

/// Those of these lines that a condition sees which sees only some.
pub(super) fn seen_by(when: &Condition, lines: Places, goods: &[Goods<'_>]) -> Places {
    // The most usual questions have a loop of their own.
    match (when.only_path(), when.only_skus()) {
        (Some(path), _) if path.is_very_short() => {
            lines.filtered(goods, |line| path.has_first(line))
        }
        (Some(path), _) => lines.filtered(goods, |line| path.has(line)),
        (None, Some(skus)) => lines.filtered(goods, |line| skus.have_sku(line)),
        (None, None) => lines.filtered(goods, |line| when.matches_line(line)),
    }
}

/// The lines without their share of the points paid; a line below zero carries none of it.
fn reduce(amounts: &[i64], paid: i64) -> Result<Vec<i64>, Overflow> {
    let weights: Vec<i64> = amounts.iter().map(|amount| (*amount).max(0)).collect();
    let shares = largest_remainder(paid, &weights);
    let reduced = amounts.iter().zip(shares);
    reduced
        .map(|(amount, share)| amount.checked_sub(share).ok_or(Overflow))
        .collect()
}

/// Lines that the till must not send: their money is below zero where it may not be.
pub(super) fn below_zero(detail: &str) -> Refusal {
    Refusal::Invalid(vec![Fault::new("/lines", FaultCode::OutOfRange, detail)])
}
