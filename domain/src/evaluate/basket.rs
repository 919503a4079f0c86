//! The money of a receipt: lines, tax once per rate, points paid, and what is left of each line
//! for earning. Every split sums to its whole again.

use super::line_set::LineSet;
use crate::amount::{Amount, Decimal4, Overflow};
use crate::condition::Condition;
use crate::decide::{Amounts, Redeemed, Refusal, TaxPart};
use crate::earning::Basis;
use crate::fault::{Fault, FaultCode};
use crate::program::Program;
use crate::receipt::Line;
use crate::rounding::largest_remainder;
use crate::settings::{PointsPaidAs, Settings};

/// A receipt's lines with their money.
#[derive(Debug)]
pub(crate) struct Basket<'a> {
    settings: &'a Settings,
    lines: &'a [Line],
    /// As priced, after discounts; with tax where prices include it.
    priced: Vec<i64>,
    /// With tax; none when `priced` contains it already.
    taxed: Option<Vec<i64>>,
    /// With tax, after points paid; none when nothing was paid.
    paid: Option<Vec<i64>>,
    /// Without tax, before and after points paid; only when the program looks at it.
    net: Option<Vec<i64>>,
    net_paid: Option<Vec<i64>>,
    /// Whether each line earns at all.
    earns: LineSet,
    /// The whole pieces of each line.
    pieces: Vec<i64>,
    /// The place of the rate of each line among all rates.
    rates: Vec<usize>,
    tax: Vec<TaxPart>,
    /// The sum of `priced`.
    sum: i64,
    /// The sum with tax.
    spend: i64,
    /// The sum on the side of the tax that thresholds and counters use.
    counted: i64,
}

impl<'a> Basket<'a> {
    /// Prices the lines and their tax.
    pub(super) fn price(
        settings: &'a Settings,
        program: &Program,
        lines: &'a [Line],
    ) -> Result<Self, Refusal> {
        let mut priced = Vec::with_capacity(lines.len());
        for line in lines {
            priced.push(line.value()?.minor());
        }
        let sum = sum(&priced)?;
        let tax = tax_parts(settings, lines, &priced)?;
        let taxed = if settings.prices_include_tax {
            None
        } else {
            Some(with_tax(settings, lines, &priced, &tax)?)
        };
        let spend = taxed.as_ref().map_or(Ok(sum), |taxed| self::sum(taxed))?;
        if sum < 0 || spend < 0 {
            let detail = "the lines must not sum to less than 0";
            return Err(Refusal::Invalid(vec![Fault::new(
                "/lines",
                FaultCode::OutOfRange,
                detail,
            )]));
        }
        let net = if !program.looks_at_net() {
            None
        } else if settings.prices_include_tax {
            Some(without_tax(settings, lines, &priced, &tax)?)
        } else {
            Some(priced.clone())
        };
        let counts_net = !program.earning().manner.basis.with_tax;
        let counted = net.as_ref().filter(|_| counts_net);
        let pieces = lines.iter().map(|line| line.quantity.full_pieces());
        Ok(Self {
            settings,
            lines,
            pieces: pieces.collect(),
            rates: rate_places(settings, lines),
            earns: LineSet::of(lines.iter().map(|line| program.earning().earns(line))),
            counted: counted.map_or(Ok(spend), |net| self::sum(net))?,
            priced,
            taxed,
            paid: None,
            net,
            net_paid: None,
            tax,
            sum,
            spend,
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

    /// After discounts, before points paid, on the side of the tax that the program counts.
    pub(super) fn spend(&self) -> Amount {
        Amount::new(self.counted)
    }

    /// Takes the points paid off the lines and closes the sums.
    pub(super) fn settle(&mut self, redeemed: &[Redeemed]) -> Result<Amounts, Overflow> {
        let paid = redeemed
            .iter()
            .try_fold(Amount::ZERO, |paid, part| paid.checked_add(part.value))?;
        let gross = Amount::new(self.sum);
        let lowered = self.settings.points_paid_as == PointsPaidAs::Discount && paid > Amount::ZERO;
        let (taxable, total) = if lowered {
            let reduced = reduce(&self.priced, paid.minor())?;
            self.tax = tax_parts(self.settings, self.lines, &reduced)?;
            let basis = if self.settings.prices_include_tax {
                reduced
            } else {
                with_tax(self.settings, self.lines, &reduced, &self.tax)?
            };
            let total = Amount::new(sum(&basis)?);
            self.paid = Some(basis);
            (gross.checked_sub(paid)?, total)
        } else {
            if paid > Amount::ZERO {
                let with_tax = self.taxed.as_ref().unwrap_or(&self.priced);
                self.paid = Some(reduce(with_tax, paid.minor())?);
            }
            (gross, Amount::new(self.spend).checked_sub(paid)?)
        };
        self.net_paid = match &self.paid {
            Some(paid) if self.net.is_some() => Some(net_of(self.settings, self.lines, paid)?),
            _ => None,
        };
        let tax = std::mem::take(&mut self.tax);
        Ok(Amounts {
            gross,
            discount: Amount::ZERO,
            taxable,
            points_paid: paid,
            total,
            tax,
        })
    }

    /// The lines of the receipt.
    pub(super) fn lines(&self) -> &'a [Line] {
        self.lines
    }

    /// The lines that earn and that the condition sees.
    pub(super) fn seen(&self, when: &Condition) -> LineSet {
        if when.has_line_scope() {
            self.earns
                .filtered(self.lines, |line| when.matches_line(line))
        } else {
            self.earns.clone()
        }
    }

    /// These lines.
    pub(super) fn lines_of(&self, seen: &LineSet) -> impl Iterator<Item = &'a Line> {
        let places = seen.common(seen);
        places.filter_map(|place| self.lines.get(place))
    }

    /// The whole pieces of a line.
    pub(super) fn pieces(&self, place: usize) -> i64 {
        self.pieces.get(place).copied().unwrap_or(0)
    }

    /// The place of the rate of a line among all rates.
    pub(super) fn rate_place(&self, place: usize) -> usize {
        self.rates.get(place).copied().unwrap_or(0)
    }

    /// The money of each line in this basis.
    pub(super) fn amounts(&self, basis: Basis) -> &[i64] {
        let with_tax = self.taxed.as_ref().unwrap_or(&self.priced);
        let net = self.net.as_ref().unwrap_or(with_tax);
        match (basis.with_tax, basis.after_points_paid) {
            (true, true) => self.paid.as_ref().unwrap_or(with_tax),
            (true, false) => with_tax,
            (false, true) => self.net_paid.as_ref().unwrap_or(net),
            (false, false) => net,
        }
    }

    /// The money of these lines.
    pub(super) fn amount_of(&self, seen: &LineSet, basis: Basis) -> Result<Amount, Overflow> {
        let amounts = self.amounts(basis);
        let mut of_lines = seen.common(seen).filter_map(|place| amounts.get(place));
        let sum = of_lines.try_fold(0_i64, |sum, amount| sum.checked_add(*amount));
        sum.map(Amount::new).ok_or(Overflow)
    }
}

/// For each line the place of its rate among all rates, in the order of the lines.
fn rate_places(settings: &Settings, lines: &[Line]) -> Vec<usize> {
    // A receipt has two or three of them, which are quicker to compare than to sort.
    let mut known: Vec<Decimal4> = Vec::new();
    let place_of = |line: &Line| {
        let own = rate(settings, line);
        let place = known.iter().position(|rate| *rate == own);
        place.unwrap_or_else(|| {
            known.push(own);
            known.len().saturating_sub(1)
        })
    };
    lines.iter().map(place_of).collect()
}

fn sum(amounts: &[i64]) -> Result<i64, Overflow> {
    amounts
        .iter()
        .try_fold(0_i64, |sum, amount| sum.checked_add(*amount))
        .ok_or(Overflow)
}

fn rate(settings: &Settings, line: &Line) -> Decimal4 {
    line.tax_percent.unwrap_or(settings.default_tax_percent)
}

/// The tax of the receipt, rounded once per rate, rates in the order of the lines.
fn tax_parts(
    settings: &Settings,
    lines: &[Line],
    amounts: &[i64],
) -> Result<Vec<TaxPart>, Overflow> {
    let mut parts = by_rate(settings, lines, amounts)?;
    for part in &mut parts {
        let net = part.net;
        part.tax = tax_in(settings, part, settings.prices_include_tax)?;
        if settings.prices_include_tax {
            part.net = net.checked_sub(part.tax)?;
        }
    }
    Ok(parts)
}

/// The tax of the money in a part: contained in it, or to be added to it.
fn tax_in(settings: &Settings, part: &TaxPart, is_contained: bool) -> Result<Amount, Overflow> {
    let units = i128::from(part.percent.units());
    let hundred = i128::from(Decimal4::HUNDRED.units());
    let numerator = i128::from(part.net.minor())
        .checked_mul(units)
        .ok_or(Overflow)?;
    let denominator = if is_contained {
        hundred.checked_add(units).ok_or(Overflow)?
    } else {
        hundred
    };
    settings
        .tax_rounding
        .apply(numerator, denominator)
        .map(Amount::new)
}

/// The money of each rate, rates in the order of the lines.
fn by_rate(settings: &Settings, lines: &[Line], amounts: &[i64]) -> Result<Vec<TaxPart>, Overflow> {
    let mut parts: Vec<TaxPart> = Vec::new();
    for (line, amount) in lines.iter().zip(amounts) {
        let percent = rate(settings, line);
        let amount = Amount::new(*amount);
        match parts.iter_mut().find(|part| part.percent == percent) {
            Some(part) => part.net = part.net.checked_add(amount)?,
            None => parts.push(TaxPart {
                percent,
                net: amount,
                tax: Amount::ZERO,
            }),
        }
    }
    Ok(parts)
}

/// The lines without the tax that money with tax contains.
fn net_of(settings: &Settings, lines: &[Line], amounts: &[i64]) -> Result<Vec<i64>, Overflow> {
    let mut parts = by_rate(settings, lines, amounts)?;
    for part in &mut parts {
        part.tax = tax_in(settings, part, true)?;
    }
    without_tax(settings, lines, amounts, &parts)
}

/// The lines with their share of the tax of their rate.
fn with_tax(
    settings: &Settings,
    lines: &[Line],
    amounts: &[i64],
    parts: &[TaxPart],
) -> Result<Vec<i64>, Overflow> {
    let shares = tax_shares(settings, lines, amounts, parts);
    let taxed = amounts.iter().zip(shares);
    taxed
        .map(|(amount, share)| amount.checked_add(share).ok_or(Overflow))
        .collect()
}

/// The lines without their share of the tax of their rate.
fn without_tax(
    settings: &Settings,
    lines: &[Line],
    amounts: &[i64],
    parts: &[TaxPart],
) -> Result<Vec<i64>, Overflow> {
    let shares = tax_shares(settings, lines, amounts, parts);
    let untaxed = amounts.iter().zip(shares);
    untaxed
        .map(|(amount, share)| amount.checked_sub(share).ok_or(Overflow))
        .collect()
}

/// Each line's share of the tax of its rate.
fn tax_shares(settings: &Settings, lines: &[Line], amounts: &[i64], parts: &[TaxPart]) -> Vec<i64> {
    let mut all = vec![0; lines.len()];
    for part in parts.iter().filter(|part| part.tax != Amount::ZERO) {
        let is_part = |line: &Line| rate(settings, line) == part.percent;
        let weights: Vec<i64> = lines
            .iter()
            .zip(amounts)
            .filter(|(line, _)| is_part(line))
            .map(|(_, amount)| *amount)
            .collect();
        let shares = largest_remainder(part.tax.minor(), &weights);
        let group = lines.iter().zip(&mut all).filter(|(line, _)| is_part(line));
        for ((_, total), share) in group.zip(shares) {
            *total = share;
        }
    }
    all
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
