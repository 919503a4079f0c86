//! When a message is tried again, and when it is given up.

/// Seconds from one try to the next; behind the last one the message is given up, after about five and a half days.
const RETRY_SECONDS: [i64; 10] = [
    5, 30, 120, 600, 3_600, 21_600, 86_400, 86_400, 86_400, 86_400,
];
/// Seconds for which an endpoint is left alone after so many runs in which nothing arrived.
const PAUSE_SECONDS: [i64; 4] = [5, 30, 120, 600];
/// How much longer it may take, so that what failed together is not tried together: a fifth.
const JITTER_PARTS: i64 = 5;

/// Seconds until a message that was tried so often is tried again; none: never.
pub(super) fn retry_after(attempts: i32, random: u8) -> Option<i64> {
    let place = usize::try_from(attempts.checked_sub(1)?).ok()?;
    let seconds = RETRY_SECONDS.get(place)?;
    Some(jittered(*seconds, random))
}

/// Seconds for which an endpoint is left alone after so many runs in a row in which nothing arrived.
pub(super) fn pause_after(failures: i32, random: u8) -> i64 {
    let place = usize::try_from(failures.saturating_sub(1)).unwrap_or(0);
    let seconds = PAUSE_SECONDS.get(place).or(PAUSE_SECONDS.last());
    jittered(seconds.copied().unwrap_or_default(), random)
}

fn jittered(seconds: i64, random: u8) -> i64 {
    let most = seconds.div_euclid(JITTER_PARTS);
    let more = most
        .saturating_mul(i64::from(random))
        .div_euclid(i64::from(u8::MAX));
    seconds.saturating_add(more)
}

#[cfg(test)]
mod tests {
    use super::{pause_after, retry_after};

    #[test]
    fn tries_become_rarer_and_end() {
        let all: Vec<_> = (1..=11).map(|attempts| retry_after(attempts, 0)).collect();
        let expected = [
            5, 30, 120, 600, 3_600, 21_600, 86_400, 86_400, 86_400, 86_400,
        ];
        let expected: Vec<_> = expected.into_iter().map(Some).chain([None]).collect();
        assert_eq!(all, expected);
        assert_eq!(retry_after(0, 0), None);
        assert_eq!(retry_after(3, 255), Some(144));
        assert_eq!(retry_after(3, 128), Some(132));
    }

    #[test]
    fn an_endpoint_rests_ten_minutes_at_most() {
        let all: Vec<_> = (0..=6).map(|failures| pause_after(failures, 0)).collect();
        assert_eq!(all, [5, 5, 30, 120, 600, 600, 600]);
        assert_eq!(pause_after(9, 255), 720);
    }
}
