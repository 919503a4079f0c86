//! Some lines of a receipt, one bit each: what a rule sees is found once and compared from then
//! on, so that many rules and many bonuses on many lines stay quick. The lines of a usual receipt
//! fit into one word, which costs no memory of its own.

const BITS: usize = 64;

/// Some lines of a receipt, by place. Only sets of one receipt may be compared.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LineSet {
    /// The first 64 lines.
    first: u64,
    /// The others, 64 each.
    rest: Box<[u64]>,
}

impl Clone for LineSet {
    fn clone(&self) -> Self {
        // Most sets have no more than one word.
        let rest = if self.rest.is_empty() {
            Box::default()
        } else {
            self.rest.clone()
        };
        Self {
            first: self.first,
            rest,
        }
    }
}

impl LineSet {
    /// The lines with true.
    pub(super) fn of(lines: impl Iterator<Item = bool>) -> Self {
        let (mut first, mut rest) = (0, Vec::new());
        for (place, is_in) in lines.enumerate() {
            let bit = u64::from(is_in) << place.rem_euclid(BITS);
            if place < BITS {
                first |= bit;
                continue;
            }
            if place.rem_euclid(BITS) == 0 {
                rest.push(0);
            }
            if let Some(word) = rest.last_mut() {
                *word |= bit;
            }
        }
        Self {
            first,
            rest: rest.into_boxed_slice(),
        }
    }

    /// Those of them that are wanted, looking at no other.
    pub(super) fn filtered<T>(&self, lines: &[T], is_wanted: impl Fn(&T) -> bool) -> Self {
        let mut set = self.clone();
        for (word, lines) in set.words_mut().zip(lines.chunks(BITS)) {
            let all = std::mem::take(word);
            for (place, line) in lines.iter().enumerate() {
                let bit = 1 << place;
                let is_in = all & bit != 0 && is_wanted(line);
                *word |= u64::from(is_in) << place;
            }
        }
        set
    }

    fn words_mut(&mut self) -> impl Iterator<Item = &mut u64> {
        std::iter::once(&mut self.first).chain(&mut *self.rest)
    }

    pub(super) fn has(&self, place: usize) -> bool {
        let bit = 1 << place.rem_euclid(BITS);
        let word = match place.checked_sub(BITS) {
            None => Some(&self.first),
            Some(later) => self.rest.get(later.div_euclid(BITS)),
        };
        word.is_some_and(|word| word & bit != 0)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.first == 0 && self.rest.iter().all(|word| *word == 0)
    }

    /// Whether every line of the other is one of these.
    pub(super) fn covers(&self, other: &Self) -> bool {
        let mut words = self.rest.iter().zip(&*other.rest);
        other.first & !self.first == 0 && words.all(|(own, other)| other & !own == 0)
    }

    /// The places of the lines that are in both, ascending.
    pub(super) fn common(&self, other: &Self) -> impl Iterator<Item = usize> {
        let mut words = self.rest.iter().zip(&*other.rest);
        let mut left = self.first & other.first;
        let mut first = 0_usize;
        std::iter::from_fn(move || {
            while left == 0 {
                let (one, other) = words.next()?;
                left = one & other;
                first = first.saturating_add(BITS);
            }
            let next = usize::try_from(left.trailing_zeros()).ok()?;
            left &= left.wrapping_sub(1);
            Some(first.saturating_add(next))
        })
    }
}

#[cfg(test)]
mod tests;
