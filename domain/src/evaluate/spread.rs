//! What a discount takes off each line: in proportion, and never more than is left of it.

use super::PerLine;
use crate::rounding::largest_remainder;

/// Splits a discount over the lines that it sees, in proportion to its base. A line below zero
/// carries none of it; what one line can't carry lies on the others. The amount must not exceed
/// what is left of all of them.
pub(super) fn spread(
    amount: i64,
    base: &[i64],
    left: &[i64],
    sees: impl Fn(usize) -> bool,
) -> Vec<i64> {
    let lines = base.iter().enumerate();
    let weight = |(place, base): (usize, &i64)| if sees(place) { (*base).max(0) } else { 0 };
    let mut weights: PerLine = lines.map(weight).collect();
    if amount <= 0 || !has_some(&weights) {
        return vec![0; base.len()];
    }
    let mut shares = largest_remainder(amount, &weights);
    loop {
        let mut rest = 0_i64;
        for ((share, left), weight) in shares.iter_mut().zip(left).zip(&mut weights) {
            if *share >= *left {
                let most = (*left).max(0);
                rest = rest.saturating_add(share.saturating_sub(most));
                *share = most;
                *weight = 0;
            }
        }
        if rest <= 0 || !has_some(&weights) {
            return shares;
        }
        for (share, added) in shares.iter_mut().zip(largest_remainder(rest, &weights)) {
            *share = share.saturating_add(added);
        }
    }
}

fn has_some(weights: &[i64]) -> bool {
    weights.iter().any(|weight| *weight > 0)
}

#[cfg(test)]
mod tests;
