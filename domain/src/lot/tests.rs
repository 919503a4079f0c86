//! The order of spending and the instant of expiry.

use super::Lot;
use crate::amount::Points;
use crate::id::{LotId, TransactionId};
use jiff::Timestamp;
use uuid::Uuid;

pub(crate) fn lot(number: u128, points: i64, expires_at: Option<&str>, occurred_at: &str) -> Lot {
    Lot {
        id: LotId::from_uuid(Uuid::from_u128(number)),
        wallet: "points".to_owned(),
        granted: Points::new(points),
        remaining: Points::new(points),
        pending: None,
        activates_at: None,
        expires_at: expires_at.map(|text| text.parse().unwrap()),
        occurred_at: occurred_at.parse().unwrap(),
        transaction: TransactionId::from_uuid(Uuid::from_u128(number)),
        rule: "base".to_owned(),
        program_version: 1,
    }
}

#[test]
fn lots_are_spent_by_expiry_then_age_then_id_and_never_expiring_last() {
    let june = Some("2027-06-01T00:00:00Z");
    let january = Some("2027-01-01T00:00:00Z");
    let mut lots = [
        lot(1, 1, None, "2020-01-01T00:00:00Z"),
        lot(2, 1, june, "2020-01-01T00:00:00Z"),
        lot(5, 1, january, "2026-02-01T00:00:00Z"),
        lot(4, 1, january, "2026-02-01T00:00:00Z"),
        lot(6, 1, january, "2026-01-01T00:00:00Z"),
    ];
    lots.sort_by_key(Lot::spend_order);
    let order: Vec<u128> = lots.iter().map(|lot| lot.id.uuid().as_u128()).collect();
    assert_eq!(order, [6, 4, 5, 2, 1]);
}

#[test]
fn a_lot_is_expired_at_the_very_instant() {
    let ends = "2027-01-01T00:00:00Z";
    let lot = lot(1, 10, Some(ends), "2026-01-01T00:00:00Z");
    let ends: Timestamp = ends.parse().unwrap();
    let before = ends - jiff::SignedDuration::from_nanos(1);
    assert!(lot.is_spendable(before) && !lot.is_expired(before));
    assert!(!lot.is_spendable(ends) && lot.is_expired(ends));
}
