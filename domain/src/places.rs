//! Some places of a list, one bit each: which lines of a receipt a rule sees, and on which rules a
//! bonus works. What is found once is compared from then on, so that many rules and many bonuses on
//! many lines stay quick. The places of a short list fit into one word, which costs no memory of its own.

const BITS: usize = 64;

/// Some places of a list. Only sets of one list may be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Places {
    /// The first 64 places.
    first: u64,
    /// The others, where there are more.
    rest: Option<Box<Rest>>,
}

/// The places after the first 64, 64 in each word. They lie apart, so that a set is small.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Rest(Vec<u64>);

impl Places {
    /// The places with true.
    pub(crate) fn of(places: impl Iterator<Item = bool>) -> Self {
        let (mut first, mut rest) = (0, Vec::new());
        for (place, is_in) in places.enumerate() {
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
            rest: (!rest.is_empty()).then(|| Box::new(Rest(rest))),
        }
    }

    /// So many places.
    pub(crate) fn all(count: usize) -> Self {
        match u32::try_from(count) {
            Ok(few) if few < u64::BITS => Self {
                first: !u64::MAX.checked_shl(few).unwrap_or(0),
                rest: None,
            },
            _ => Self::of((0..count).map(|_| true)),
        }
    }

    /// None of so many places.
    pub(crate) fn none(count: usize) -> Self {
        let rest = count.saturating_sub(1).div_euclid(BITS);
        Self {
            first: 0,
            rest: (rest > 0).then(|| Box::new(Rest(vec![0; rest]))),
        }
    }

    /// Adds a place.
    pub(crate) fn add(&mut self, place: usize) {
        let bit = 1 << place.rem_euclid(BITS);
        match place.checked_sub(BITS) {
            None => self.first |= bit,
            Some(later) => {
                let rest = self.rest.as_deref_mut();
                let word = rest.and_then(|rest| rest.0.get_mut(later.div_euclid(BITS)));
                if let Some(word) = word {
                    *word |= bit;
                }
            }
        }
    }

    /// Those that are in both.
    pub(crate) fn and(&self, other: &Self) -> Self {
        let mut both = self.clone();
        both.first &= other.first;
        if let Some(rest) = both.rest.as_deref_mut() {
            for (word, other) in rest.0.iter_mut().zip(other.rest()) {
                *word &= other;
            }
        }
        both
    }

    /// Those of them whose items are wanted.
    pub(crate) fn filtered<T>(mut self, items: &[T], is_wanted: impl Fn(&T) -> bool) -> Self {
        // The last item comes first, so that each moves those after it up.
        let word_of = |items: &[T]| {
            let wanted = items.iter().rev().map(|item| u64::from(is_wanted(item)));
            wanted.fold(0, |set, bit| (set << 1) | bit)
        };
        let Some(rest) = self.rest.as_deref_mut() else {
            self.first &= word_of(items);
            return self;
        };
        let words = std::iter::once(&mut self.first).chain(&mut rest.0);
        for (word, items) in words.zip(items.chunks(BITS)) {
            *word &= word_of(items);
        }
        self
    }

    fn rest(&self) -> &[u64] {
        self.rest.as_deref().map_or(&[], |rest| &rest.0)
    }

    pub(crate) fn has(&self, place: usize) -> bool {
        let bit = 1 << place.rem_euclid(BITS);
        let word = match place.checked_sub(BITS) {
            None => Some(&self.first),
            Some(later) => self.rest().get(later.div_euclid(BITS)),
        };
        word.is_some_and(|word| word & bit != 0)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.first == 0 && self.rest().iter().all(|word| *word == 0)
    }

    /// Whether every place of the other is one of these.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        let mut words = self.rest().iter().zip(other.rest());
        other.first & !self.first == 0 && words.all(|(own, other)| other & !own == 0)
    }

    /// The sum of the numbers in these places; none where it leaves its range.
    pub(crate) fn sum(&self, numbers: &[i64]) -> Option<i64> {
        let first = sum_of_word(self.first, numbers)?;
        let Some(rest) = &self.rest else {
            return Some(first);
        };
        let mut rest = numbers.chunks(BITS).skip(1).zip(&rest.0);
        rest.try_fold(first, |sum, (numbers, word)| {
            sum.checked_add(sum_of_word(*word, numbers)?)
        })
    }

    /// The places that are in both, ascending.
    pub(crate) fn common(&self, other: &Self) -> impl Iterator<Item = usize> {
        let mut words = self.rest().iter().zip(other.rest());
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

fn sum_of_word(mut word: u64, numbers: &[i64]) -> Option<i64> {
    let mut sum = 0_i64;
    while word != 0 {
        let place = usize::try_from(word.trailing_zeros()).ok()?;
        sum = sum.checked_add(numbers.get(place).copied().unwrap_or(0))?;
        word &= word.wrapping_sub(1);
    }
    Some(sum)
}

#[cfg(test)]
mod tests;
