use std::time::{Duration, Instant};

use super::RateLimits;
use crate::db::TenantNumber;

const ONE: TenantNumber = TenantNumber(1);
const OTHER: TenantNumber = TenantNumber(2);

fn admitted(limits: &RateLimits, own: Option<u32>, requests: u32, now: Instant) -> usize {
    let let_in = |_: &u32| limits.admit(ONE, own, now).is_ok();
    (0..requests).filter(let_in).count()
}

#[test]
fn a_seconds_worth_may_come_at_once_and_not_one_more() {
    let (limits, now) = (RateLimits::new(600), Instant::now());
    assert_eq!(admitted(&limits, None, 601, now), 600);
    assert!(
        limits.admit(OTHER, None, now).is_ok(),
        "another tenant has its own bucket"
    );
    let later = now + Duration::from_millis(500);
    assert_eq!(admitted(&limits, None, 600, later), 300);
}

#[test]
fn a_limit_of_its_own_goes_before_the_default() {
    let (limits, now) = (RateLimits::new(600), Instant::now());
    assert_eq!(admitted(&limits, Some(5), 10, now), 5);
}

#[test]
fn zero_is_no_limit() {
    let (limits, now) = (RateLimits::new(0), Instant::now());
    assert_eq!(admitted(&limits, None, 10_000, now), 10_000);
    assert_eq!(admitted(&limits, Some(1), 10, now), 1);
}
