//! The money of a receipt: lines, tax once per rate, points paid, and what is left of each line
//! for earning. Every split sums to its whole again.

use crate::amount::{Amount, Decimal4, Overflow};
use crate::condition::Condition;
use crate::decide::{Amounts, Redeemed, Refusal, TaxPart};
use crate::fault::{Fault, FaultCode};
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
    /// With tax, after points paid: what rules look at.
    basis: Option<Vec<i64>>,
    tax: Vec<TaxPart>,
    /// The sum of `priced`.
    sum: i64,
    /// The sum with tax.
    spend: i64,
}

impl<'a> Basket<'a> {
    /// Prices the lines and their tax.
    pub(super) fn price(settings: &'a Settings, lines: &'a [Line]) -> Result<Self, Refusal> {
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
        Ok(Self {
            settings,
            lines,
            priced,
            taxed,
            basis: None,
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

    /// After discounts, before points paid, with tax.
    pub(super) fn spend(&self) -> Amount {
        Amount::new(self.spend)
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
            self.basis = Some(basis);
            (gross.checked_sub(paid)?, total)
        } else {
            if paid > Amount::ZERO {
                self.basis = Some(reduce(
                    self.taxed.as_ref().unwrap_or(&self.priced),
                    paid.minor(),
                )?);
            }
            (gross, self.spend().checked_sub(paid)?)
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

    /// The lines that may earn at all.
    pub(super) fn earning_lines(&self) -> impl Iterator<Item = &'a Line> {
        self.lines.iter().filter(|line| !line.points_excluded)
    }

    /// The money of the lines that earn and that all conditions see; none when there is no such
    /// line.
    pub(super) fn earning_amount(&self, scopes: &[&Condition]) -> Result<Option<Amount>, Overflow> {
        let basis = self
            .basis
            .as_ref()
            .or(self.taxed.as_ref())
            .unwrap_or(&self.priced);
        let mut found = None;
        for (line, amount) in self.lines.iter().zip(basis) {
            if !line.points_excluded && scopes.iter().all(|scope| scope.matches_line(line)) {
                let so_far: i64 = found.unwrap_or(0);
                found = Some(so_far.checked_add(*amount).ok_or(Overflow)?);
            }
        }
        Ok(found.map(Amount::new))
    }
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
    for part in &mut parts {
        let units = i128::from(part.percent.units());
        let hundred = i128::from(Decimal4::HUNDRED.units());
        let numerator = i128::from(part.net.minor())
            .checked_mul(units)
            .ok_or(Overflow)?;
        let denominator = if settings.prices_include_tax {
            hundred.checked_add(units).ok_or(Overflow)?
        } else {
            hundred
        };
        part.tax = Amount::new(settings.tax_rounding.apply(numerator, denominator)?);
        if settings.prices_include_tax {
            part.net = part.net.checked_sub(part.tax)?;
        }
    }
    Ok(parts)
}

/// The lines with their share of the tax of their rate.
fn with_tax(
    settings: &Settings,
    lines: &[Line],
    amounts: &[i64],
    parts: &[TaxPart],
) -> Result<Vec<i64>, Overflow> {
    let mut taxed = amounts.to_vec();
    for part in parts.iter().filter(|part| part.tax != Amount::ZERO) {
        let is_part = |line: &Line| rate(settings, line) == part.percent;
        let weights: Vec<i64> = lines
            .iter()
            .zip(amounts)
            .filter(|(line, _)| is_part(line))
            .map(|(_, amount)| *amount)
            .collect();
        let shares = largest_remainder(part.tax.minor(), &weights);
        let group = lines
            .iter()
            .zip(&mut taxed)
            .filter(|(line, _)| is_part(line));
        for ((_, amount), share) in group.zip(shares) {
            *amount = amount.checked_add(share).ok_or(Overflow)?;
        }
    }
    Ok(taxed)
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
