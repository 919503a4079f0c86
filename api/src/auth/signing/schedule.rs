//! When a key that signs tokens is made, begins to sign and ends. Who verifies tokens by himself
//! reads the list of keys from time to time, so a key is listed well before it signs.

use jiff::{SignedDuration, Timestamp};

/// A key is followed by a new one after this long.
const FOLLOWED_AFTER: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How long a new key is listed before it signs.
const LISTED_BEFORE: SignedDuration = SignedDuration::from_hours(1);
/// How long its forerunner is listed after that; longer than any token lives.
const LISTED_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// Whether the newest of the keys needs a follower.
pub(super) fn is_due(newest: Option<Timestamp>, now: Timestamp) -> bool {
    newest.is_none_or(|made_at| now.duration_since(made_at) >= FOLLOWED_AFTER)
}

/// Which of the keys, newest first, signs: the newest that was listed long enough; where none was,
/// as right after installation, the oldest, on which all nodes agree soonest.
pub(super) fn signer(made_at: &[Timestamp], now: Timestamp) -> Option<usize> {
    let is_listed = |at: &Timestamp| now.duration_since(*at) >= LISTED_BEFORE;
    let listed = made_at.iter().position(is_listed);
    listed.or_else(|| made_at.len().checked_sub(1))
}

/// How many of the keys, newest first, are listed and verify: all up to the first whose own time of
/// signing began so long ago that no token of an older one lives.
pub(super) fn accepted(made_at: &[Timestamp], now: Timestamp) -> usize {
    let alone = LISTED_BEFORE.saturating_add(LISTED_AFTER);
    let is_alone = |at: &Timestamp| now.duration_since(*at) >= alone;
    let first = made_at.iter().position(is_alone);
    first.map_or(made_at.len(), |index| index.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::{accepted, is_due, signer};

    fn made(hours_ago: &[i64], now: Timestamp) -> Vec<Timestamp> {
        let ago = |hours: &i64| now - SignedDuration::from_hours(*hours);
        hours_ago.iter().map(ago).collect()
    }

    #[test]
    fn keys_are_listed_before_they_sign_and_after() {
        let now = Timestamp::from_second(1_800_000_000).expect("in range");
        for (hours_ago, expected_signer, expected_accepted) in [
            (vec![], None, 0),
            (vec![0], Some(0), 1),
            (vec![0, 0], Some(1), 2),
            (vec![800], Some(0), 1),
            // Just made: the old one signs.
            (vec![0, 720], Some(1), 2),
            // It signs, and tokens of the old one live.
            (vec![1, 721], Some(0), 2),
            (vec![2, 722], Some(0), 1),
            (vec![0, 720, 1_440], Some(1), 2),
        ] {
            let keys = made(&hours_ago, now);
            assert_eq!(signer(&keys, now), expected_signer, "{hours_ago:?}");
            assert_eq!(accepted(&keys, now), expected_accepted, "{hours_ago:?}");
        }
    }

    #[test]
    fn a_key_is_followed_after_thirty_days() {
        let now = Timestamp::from_second(1_800_000_000).expect("in range");
        assert!(is_due(None, now));
        assert!(!is_due(made(&[719], now).pop(), now));
        assert!(is_due(made(&[720], now).pop(), now));
    }
}
