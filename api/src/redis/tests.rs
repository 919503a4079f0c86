use uuid::Uuid;

use super::{Breaker, FAILURES_TO_OPEN, KeyKind, key};
use crate::db::TenantNumber;

#[test]
fn a_key_starts_with_its_tenant_in_braces() {
    let name = key(TenantNumber(7), KeyKind::Balances, Uuid::from_u128(0xab));
    assert_eq!(name, "{t:7}:balances:000000000000000000000000000000ab");
}

#[test]
fn redis_is_passed_over_after_five_failures_in_a_row_and_back_after_one_success() {
    let breaker = Breaker::new();
    for _ in 1..FAILURES_TO_OPEN {
        breaker.note(false);
    }
    assert!(breaker.lets_through(), "four failures are not enough");
    breaker.note(false);
    assert!(!breaker.lets_through(), "the fifth opens it");
    breaker.note(true);
    assert!(breaker.lets_through(), "one success closes it");
}
