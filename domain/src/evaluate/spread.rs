//! What a discount takes off each line: in proportion, and never more than is left of it.

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
    let mut shares = vec![0_i64; base.len()];
    if amount <= 0 {
        return shares;
    }
    let lines = base.iter().enumerate();
    let weight = |(place, base): (usize, &i64)| if sees(place) { (*base).max(0) } else { 0 };
    let mut weights: Vec<i64> = lines.map(weight).collect();
    let mut rest = amount;
    while rest > 0 && weights.iter().any(|weight| *weight > 0) {
        let added = largest_remainder(rest, &weights);
        rest = 0;
        let lines = shares.iter_mut().zip(added).zip(left).zip(&mut weights);
        for (((share, added), left), weight) in lines {
            *share = share.saturating_add(added);
            if *share >= *left {
                let most = (*left).max(0);
                rest = rest.saturating_add(share.saturating_sub(most));
                *share = most;
                *weight = 0;
            }
        }
    }
    shares
}

#[cfg(test)]
mod tests;
