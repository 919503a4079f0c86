//! Five wrong secrets a minute, then none is looked at until the minute is over.

use std::time::{Duration, Instant};

use domain::id::ApiKeyId;
use uuid::Uuid;

use super::{Attempts, MAX_REMEMBERED};

fn id(number: u128) -> ApiKeyId {
    ApiKeyId::from_uuid(Uuid::from_u128(number))
}

#[test]
fn the_sixth_of_a_minute_is_not_looked_at() {
    let (attempts, start) = (Attempts::default(), Instant::now());
    for _ in 0..5 {
        attempts.check(id(1), start).expect("looked at");
        attempts.note(id(1), start);
    }
    let refused = attempts.check(id(1), start).expect_err("the sixth");
    assert_eq!(refused.retry_after_seconds(), Some(61));
    let later = start + Duration::from_millis(59_500);
    let refused = attempts
        .check(id(1), later)
        .expect_err("the minute is not over");
    assert_eq!(refused.retry_after_seconds(), Some(1));
    assert!(attempts.check(id(2), start).is_ok(), "another id");
    assert!(
        attempts
            .check(id(1), start + Duration::from_secs(60))
            .is_ok()
    );
}

#[test]
fn a_new_minute_counts_from_nothing() {
    let (attempts, start) = (Attempts::default(), Instant::now());
    (0..5).for_each(|_| attempts.note(id(1), start));
    let later = start + Duration::from_secs(61);
    attempts.note(id(1), later);
    assert!(attempts.check(id(1), later).is_ok());
}

#[test]
fn memory_is_bounded_and_the_oldest_goes_first() {
    let (attempts, start) = (Attempts::default(), Instant::now());
    (0..5).for_each(|_| attempts.note(id(0), start));
    let later = start + Duration::from_secs(1);
    (1..=5).for_each(|_| attempts.note(id(1), later));
    for number in 2..u128::try_from(MAX_REMEMBERED).expect("small") + 1 {
        attempts.note(id(number), later);
    }
    assert!(attempts.failures.lock().expect("not poisoned").len() <= MAX_REMEMBERED);
    assert!(attempts.check(id(0), later).is_ok(), "forgotten");
    assert!(attempts.check(id(1), later).is_err(), "remembered");
}
