use std::time::{Duration, Instant};

use futures_util::FutureExt;
use uuid::Uuid;

use super::bucket::Bucket;
use super::lease::Lease;
use super::{Admission, Call, OperationClass, RateLimits};
use crate::db::TenantNumber;

fn call(tenant: i64) -> Call {
    Call {
        tenant: TenantNumber(tenant),
        key: Uuid::from_u128(7),
        class: OperationClass::Writes,
        tenant_limit: None,
        key_limit: None,
    }
}

fn admit(limits: &RateLimits, call: &Call, now: Instant) -> Admission {
    let admission = limits.admit(call, now).now_or_never();
    admission.expect("a node alone asks nobody")
}

fn admitted(limits: &RateLimits, call: &Call, requests: u32, now: Instant) -> usize {
    let let_in = |_: &u32| admit(limits, call, now).refused.is_none();
    (0..requests).filter(let_in).count()
}

#[test]
fn a_seconds_worth_may_come_at_once_and_not_one_more() {
    let (limits, now) = (RateLimits::new(600, None), Instant::now());
    assert_eq!(admitted(&limits, &call(1), 601, now), 600);
    assert_eq!(
        admitted(&limits, &call(2), 1, now),
        1,
        "another tenant has its own bucket"
    );
    let later = now + Duration::from_millis(500);
    assert_eq!(admitted(&limits, &call(1), 600, later), 300);
}

#[test]
fn each_class_has_a_bucket_of_its_own() {
    let (limits, now) = (RateLimits::new(5, None), Instant::now());
    for class in [
        OperationClass::Reads,
        OperationClass::Writes,
        OperationClass::Configuration,
    ] {
        let call = Call { class, ..call(1) };
        assert_eq!(admitted(&limits, &call, 10, now), 5, "{class:?}");
    }
}

#[test]
fn a_limit_of_its_own_goes_before_the_default() {
    let (limits, now) = (RateLimits::new(600, None), Instant::now());
    let own = Call {
        tenant_limit: Some(5),
        ..call(1)
    };
    assert_eq!(admitted(&limits, &own, 10, now), 5);
}

#[test]
fn zero_is_no_limit_and_says_nothing() {
    let (limits, now) = (RateLimits::new(0, None), Instant::now());
    assert_eq!(admitted(&limits, &call(1), 10_000, now), 10_000);
    assert_eq!(admit(&limits, &call(1), now).headers(), None);
    let own = Call {
        tenant_limit: Some(1),
        ..call(1)
    };
    assert_eq!(admitted(&limits, &own, 10, now), 1);
}

#[test]
fn a_key_has_its_limit_beside_that_of_the_tenant() {
    let (limits, now) = (RateLimits::new(10, None), Instant::now());
    let slow = Call {
        key_limit: Some(3),
        ..call(1)
    };
    assert_eq!(admitted(&limits, &slow, 10, now), 3);
    let other = Call {
        key: Uuid::from_u128(8),
        ..call(1)
    };
    assert_eq!(
        admitted(&limits, &other, 10, now),
        7,
        "what the key was refused took nothing"
    );
}

#[test]
fn headers_say_what_is_left() {
    let (limits, now) = (RateLimits::new(10, None), Instant::now());
    let both = Call {
        key_limit: Some(2),
        ..call(1)
    };
    let headers = |admission: Admission| admission.headers().expect("limits");
    let (policy, limit) = headers(admit(&limits, &both, now));
    assert_eq!(policy, "\"key\";q=2;w=1, \"writes\";q=10;w=1");
    assert_eq!(limit, "\"key\";r=1;t=1, \"writes\";r=9;t=1");
    admit(&limits, &both, now);
    let (_, limit) = headers(admit(&limits, &both, now));
    assert_eq!(limit, "\"key\";r=0;t=1", "refused by the first");
}

#[test]
fn leases_grow_while_they_are_used_up_and_shrink_where_few_come() {
    let now = Instant::now();
    let bucket = Bucket::new(now - Duration::from_secs(1));
    let lease = |taken| Lease {
        taken,
        left: 100,
        full_in: Duration::from_millis(10),
        next_in: Duration::ZERO,
    };
    let mut sizes = Vec::new();
    for _ in 0..8 {
        let size = bucket.slice(600, now);
        sizes.push(size);
        bucket.accept(lease(size), now);
    }
    assert_eq!(sizes, [1, 2, 4, 8, 16, 32, 60, 60], "a tenth at most");
    assert_eq!(bucket.slice(600, now + Duration::from_millis(100)), 1);
}

#[test]
fn what_is_leased_is_used_and_then_gone() {
    let now = Instant::now();
    let bucket = Bucket::new(now);
    let lease = Lease {
        taken: 3,
        left: 0,
        full_in: Duration::from_secs(1),
        next_in: Duration::from_millis(5),
    };
    assert!(bucket.accept(lease, now).is_taken);
    assert_eq!(
        bucket.take_leased(10, now).map(|outcome| outcome.remaining),
        Some(1)
    );
    let late = now + Duration::from_secs(1);
    assert!(bucket.take_leased(10, late).is_none(), "not used in time");
    assert!(bucket.take_leased(10, now).expect("leased").is_taken);
    assert!(bucket.take_leased(10, now).is_none(), "used up");
    let empty = Lease { taken: 0, ..lease };
    assert!(!bucket.accept(empty, now).is_taken);
    let soon = now + Duration::from_millis(19);
    assert!(
        !bucket
            .take_leased(10, soon)
            .expect("known to be empty")
            .is_taken
    );
    assert!(
        bucket
            .take_leased(10, now + Duration::from_millis(20))
            .is_none()
    );
}

#[test]
fn requests_are_told_apart_before_they_are_routed() {
    for (is_get, path, expected) in [
        (true, "/v1/api-keys", OperationClass::Reads),
        (false, "/v1/api-keys", OperationClass::Configuration),
        (
            false,
            "/v1/api-keys/key_1/rotate",
            OperationClass::Configuration,
        ),
        (false, "/v1/program/draft", OperationClass::Configuration),
        (false, "/v1/programme", OperationClass::Writes),
        (false, "/v1/purchases", OperationClass::Writes),
        (false, "/v1/members", OperationClass::Writes),
        (false, "/v1/members/lookup", OperationClass::Reads),
        (false, "/v1/quotes", OperationClass::Reads),
        (false, "/v1/", OperationClass::Writes),
    ] {
        assert_eq!(
            OperationClass::of(is_get, path),
            expected,
            "{is_get} {path}"
        );
    }
}

#[test]
fn a_node_that_loses_redis_goes_on_with_a_tenth_at_once() {
    let now = Instant::now();
    let bucket = Bucket::new(now);
    assert!(bucket.fall_back(50, now).is_taken);
    let at_once = (0..50).filter(|_| bucket.take_leased(50, now).is_some_and(|one| one.is_taken));
    assert_eq!(at_once.count(), 5, "a tenth and the first one");
    let soon = now + Duration::from_millis(60);
    let refilled = (0..50).filter(|_| bucket.take_leased(50, soon).is_some_and(|one| one.is_taken));
    assert_eq!(refilled.count(), 3);
    let later = now + Duration::from_millis(100);
    assert!(
        bucket.take_leased(50, later).is_none(),
        "then Redis is asked again"
    );
    bucket.fall_back(50, later);
    let again = later + Duration::from_millis(199);
    assert!(
        bucket.take_leased(50, again).is_some(),
        "less often while it does not answer"
    );
}
