//! The tax of a receipt: rounded once per rate, then spread over the lines of the rate, so that its
//! parts sum to it again.

use crate::amount::{Amount, Decimal4, Overflow};
use crate::decide::TaxPart;
use crate::receipt::Line;
use crate::rounding::largest_remainder;
use crate::settings::Settings;
use std::collections::BTreeMap;

/// A receipt has two or three rates.
const FEW: usize = 4;

/// For each line the place of its rate among all rates, in the order of the lines.
pub(super) fn rate_places(settings: &Settings, lines: &[Line]) -> Vec<usize> {
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

pub(super) fn sum(amounts: &[i64]) -> Result<i64, Overflow> {
    amounts
        .iter()
        .try_fold(0_i64, |sum, amount| sum.checked_add(*amount))
        .ok_or(Overflow)
}

fn rate(settings: &Settings, line: &Line) -> Decimal4 {
    line.tax_percent.unwrap_or(settings.default_tax_percent)
}

/// The tax of the receipt, rounded once per rate, rates in the order of the lines.
pub(super) fn tax_parts(
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

/// The money of these lines on the other side of the tax, as if nothing else were bought: with
/// their tax where prices are without it, and without it where prices contain it.
pub(super) fn counted<'l>(
    settings: &Settings,
    amounts: impl Iterator<Item = (&'l Line, i64)>,
) -> Result<i64, Overflow> {
    let mut sums: BTreeMap<i64, (Decimal4, i64)> = BTreeMap::new();
    for (line, amount) in amounts {
        let percent = rate(settings, line);
        let (_, sum) = sums.entry(percent.units()).or_insert((percent, 0));
        *sum = sum.checked_add(amount).ok_or(Overflow)?;
    }
    let mut sums = sums.into_values();
    sums.try_fold(0_i64, |counted, (percent, sum)| {
        let part = TaxPart {
            percent,
            net: Amount::new(sum),
            tax: Amount::ZERO,
        };
        let tax = tax_in(settings, &part, settings.prices_include_tax)?.minor();
        let other = if settings.prices_include_tax {
            sum.checked_sub(tax)
        } else {
            sum.checked_add(tax)
        };
        counted.checked_add(other.ok_or(Overflow)?).ok_or(Overflow)
    })
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
    let mut parts: Vec<TaxPart> = Vec::with_capacity(FEW);
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
pub(super) fn net_of(
    settings: &Settings,
    lines: &[Line],
    amounts: &[i64],
) -> Result<Vec<i64>, Overflow> {
    let mut parts = by_rate(settings, lines, amounts)?;
    for part in &mut parts {
        part.tax = tax_in(settings, part, true)?;
    }
    without_tax(settings, lines, amounts, &parts)
}

/// The lines with their share of the tax of their rate.
pub(super) fn with_tax(
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
pub(super) fn without_tax(
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
