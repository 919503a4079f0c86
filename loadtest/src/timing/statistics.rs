//! Two lists of times beside each other.

/// Of both lists together this share of the longest times is left out of Welch's t, in hundredths: they are those of a
/// machine that did something else, and their squares would hide everything. The bound is the same for both lists, so
/// that it can't hide what makes one of them slower.
const TAIL_PERCENT: usize = 5;

/// What two lists of times look like beside each other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Comparison {
    /// Medians in microseconds.
    pub(super) one_micros: f64,
    pub(super) other_micros: f64,
    /// Welch's t of the times without the joint tail.
    pub(super) t: f64,
    /// Times of each that it is made of.
    pub(super) kept: (usize, usize),
    /// Times of both.
    pub(super) calls: usize,
}

impl Comparison {
    /// Compares times in nanoseconds.
    pub(super) fn of(mut one: Vec<u32>, mut other: Vec<u32>) -> Self {
        one.sort_unstable();
        other.sort_unstable();
        let mut all: Vec<u32> = one.iter().chain(&other).copied().collect();
        all.sort_unstable();
        let tail = all.len().saturating_mul(TAIL_PERCENT).div_euclid(100);
        let last_kept = all.len().saturating_sub(tail).saturating_sub(1);
        let bound = all.get(last_kept).copied().unwrap_or(u32::MAX);
        let (one_kept, other_kept) = (below(&one, bound), below(&other, bound));
        Self {
            one_micros: median(&one) / 1_000.0,
            other_micros: median(&other) / 1_000.0,
            t: welch(one_kept, other_kept),
            kept: (one_kept.len(), other_kept.len()),
            calls: all.len(),
        }
    }

    /// How much longer the first takes.
    pub(super) fn difference_micros(&self) -> f64 {
        self.one_micros - self.other_micros
    }

    /// The same in hundredths of the second.
    pub(super) fn percent(&self) -> f64 {
        100.0 * self.difference_micros() / self.other_micros.max(f64::MIN_POSITIVE)
    }
}

/// The part of a sorted list up to `bound`.
fn below(sorted: &[u32], bound: u32) -> &[u32] {
    let end = sorted.partition_point(|nanos| *nanos <= bound);
    sorted.get(..end).unwrap_or_default()
}

/// The middle of a sorted list.
fn median(sorted: &[u32]) -> f64 {
    let middle = sorted.len().div_euclid(2);
    let at = |index: usize| sorted.get(index).copied().map_or(0.0, f64::from);
    if sorted.len().is_multiple_of(2) {
        return f64::midpoint(at(middle.saturating_sub(1)), at(middle));
    }
    at(middle)
}

fn count(list: &[u32]) -> f64 {
    f64::from(u32::try_from(list.len()).unwrap_or(u32::MAX))
}

/// Mean, and the variance of the mean.
fn moments(list: &[u32]) -> (f64, f64) {
    let number = count(list).max(1.0);
    let mean = list.iter().copied().map(f64::from).sum::<f64>() / number;
    let squares = list.iter().map(|nanos| (f64::from(*nanos) - mean).powi(2));
    (
        mean,
        squares.sum::<f64>() / (number - 1.0).max(1.0) / number,
    )
}

fn welch(one: &[u32], other: &[u32]) -> f64 {
    let ((mean, variance), (other_mean, other_variance)) = (moments(one), moments(other));
    (mean - other_mean) / (variance + other_variance).sqrt().max(f64::MIN_POSITIVE)
}

#[cfg(test)]
mod tests {
    use super::Comparison;

    /// A thousand times around `middle`, and some of a busy machine.
    fn times(middle: u32, rare: u32) -> Vec<u32> {
        let usual = (0..1_000).map(|number| middle + number % 97);
        usual.chain([rare; 20]).collect()
    }

    #[test]
    fn what_is_the_same_is_the_same_whatever_the_machine_did_now_and_then() {
        let found = Comparison::of(times(400_000, 9_000_000), times(400_000, 90_000_000));
        assert!(found.difference_micros().abs() < 0.001, "{found:?}");
        assert!(found.t.abs() < 0.001, "{found:?}");
        assert_eq!(found.calls, 2_040);
    }

    #[test]
    fn a_difference_is_seen_below_the_noise_of_the_machine() {
        let found = Comparison::of(times(400_050, 90_000_000), times(400_000, 9_000_000));
        assert!((found.difference_micros() - 0.05).abs() < 0.01, "{found:?}");
        assert!(found.t > 4.5, "{found:?}");
    }

    #[test]
    fn a_kind_that_is_always_slower_does_not_hide_in_the_tail() {
        let found = Comparison::of(times(800_000, 800_000), times(400_000, 400_000));
        assert!((found.percent() - 100.0).abs() < 0.1, "{found:?}");
        assert!(found.t > 1_000.0, "{found:?}");
    }
}
