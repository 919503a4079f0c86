//! Some lines of a receipt, one bit each: what a rule sees is found once and compared from then
//! on, so that many rules and many bonuses on many lines stay quick.

const BITS: usize = 64;

/// Some lines of a receipt, by place. Only sets of one receipt may be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LineSet(Vec<u64>);

impl LineSet {
    /// The lines with true.
    pub(super) fn of(lines: impl Iterator<Item = bool>) -> Self {
        let mut words: Vec<u64> = Vec::new();
        for (place, is_in) in lines.enumerate() {
            let bit = bit(place);
            if bit == 1 {
                words.push(0);
            }
            if let Some(word) = words.last_mut().filter(|_| is_in) {
                *word |= bit;
            }
        }
        Self(words)
    }

    pub(super) fn has(&self, place: usize) -> bool {
        let word = self.0.get(place.div_euclid(BITS));
        word.is_some_and(|word| word & bit(place) != 0)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// Whether every line of the other is one of these.
    pub(super) fn covers(&self, other: &Self) -> bool {
        let mut words = self.0.iter().zip(&other.0);
        words.all(|(own, other)| other & !own == 0)
    }

    /// The places of the lines that are in both, ascending.
    pub(super) fn common(&self, other: &Self) -> impl Iterator<Item = usize> {
        let words = self.0.iter().zip(&other.0).enumerate();
        words.flat_map(|(index, (one, other))| {
            let first = index.saturating_mul(BITS);
            let mut left = one & other;
            std::iter::from_fn(move || {
                let next = left.trailing_zeros();
                left &= left.checked_sub(1)?;
                Some(first.saturating_add(usize::try_from(next).ok()?))
            })
        })
    }
}

fn bit(place: usize) -> u64 {
    1 << place.rem_euclid(BITS)
}

#[cfg(test)]
mod tests;
