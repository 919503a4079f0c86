//! Points that wait until the shop reports what happened to their purchase.

use super::world::{World, program};
use crate::decide::tests::{at, decide, seed};
use crate::decide::{Command, Refusal, ReportEvent};
use crate::id::{PurchaseId, derived};
use crate::ledger::Account::{Expired, Pending};
use serde_json::{Value, json};

fn delivered(days: &Value) -> Value {
    json!({
        "activation": {"type": "on_event", "event": "delivered", "cancel_after_days": days},
        "expiry": {"type": "after", "days": 10},
    })
}

#[test]
fn an_event_makes_the_points_of_its_purchase_spendable_once() {
    let mut world = World::new(program(&delivered(&json!(30))));
    let first = world.buy(1_000, "2026-11-21T01:00:00Z");
    let second = world.buy(2_000, "2026-11-21T02:00:00Z");
    let now = "2026-12-01T01:00:00Z";
    assert_eq!(world.event(first, "paid", now).unwrap().activated, []);
    assert_eq!(world.balance(now), (0, 30, 0));
    let told = world.event(first, "delivered", now).unwrap();
    assert_eq!(told.purchase_id, first);
    let [only] = &told.activated[..] else {
        panic!("one lot: {told:?}");
    };
    assert_eq!((only.points.get(), only.rule.as_str()), (10, "base"));
    // The time of the points begins with the event: 1 December and ten days.
    assert_eq!(only.expires_at, Some(at("2026-12-11T15:00:00Z")));
    assert_eq!(told.version, 4);
    assert_eq!(world.balance(now), (10, 20, 0));
    assert_eq!(world.event(first, "delivered", now).unwrap().activated, []);
    assert_eq!(world.balance(now), (10, 20, 0));
    assert_eq!(
        world
            .event(second, "delivered", now)
            .unwrap()
            .activated
            .len(),
        1
    );
    let other = PurchaseId::from_uuid(derived(seed(77), 0));
    assert_eq!(world.event(other, "delivered", now).unwrap().activated, []);
}

#[test]
fn what_waits_too_long_is_cancelled_and_its_event_refused() {
    // Bought on 21 November in Tokyo: 1 December is the last day.
    let (before, ends) = ("2026-12-01T14:59:59.999999999Z", "2026-12-01T15:00:00Z");
    for is_swept in [false, true] {
        let mut world = World::new(program(&delivered(&json!(10))));
        let purchase = world.buy(1_000, "2026-11-21T01:00:00Z");
        assert_eq!(world.sweep(before), []);
        if is_swept {
            assert_eq!(world.sweep(ends), [(Pending, Expired, 10)]);
            assert_eq!(world.sweep(ends), [], "once");
            assert_eq!(world.balance(ends), (0, 0, 0));
        }
        let refused = world.event(purchase, "delivered", ends).unwrap_err();
        assert_eq!(refused.code(), "award_cancelled");
    }
    let mut world = World::new(program(&delivered(&json!(10))));
    let purchase = world.buy(1_000, "2026-11-21T01:00:00Z");
    assert_eq!(
        world
            .event(purchase, "delivered", before)
            .unwrap()
            .activated
            .len(),
        1
    );
    let mut patient = World::new(program(&delivered(&json!(null))));
    let purchase = patient.buy(1_000, "2026-11-21T01:00:00Z");
    assert_eq!(patient.sweep("2036-01-01T00:00:00Z"), []);
    let told = patient.event(purchase, "delivered", "2036-01-01T00:00:00Z");
    assert_eq!(told.unwrap().activated.len(), 1);
}

#[test]
fn a_receipt_that_arrives_after_its_waiting_time_is_granted_and_cancelled_at_once() {
    let mut world = World::new(program(&delivered(&json!(10))));
    let now = "2026-12-01T15:00:00Z";
    let purchase = world.buy_late(1_000, "2026-11-21T01:00:00Z", now);
    assert_eq!(world.balance(now), (0, 0, 0));
    let refused = world.event(purchase, "delivered", now).unwrap_err();
    assert_eq!(refused, Refusal::AwardCancelled);
}

#[test]
fn an_event_is_never_before_its_purchase_nor_far_ahead() {
    let mut world = World::new(program(&delivered(&json!(10))));
    let purchase = world.buy(1_000, "2026-11-21T01:00:00Z");
    for (occurred_at, expected) in [
        ("2026-11-20T23:59:59.999999999Z", Some("validation_failed")),
        ("2026-11-22T01:05:00.000000001Z", Some("occurred_in_future")),
        ("2026-11-22T01:05:00Z", None),
        ("2026-11-21T00:00:00Z", None),
    ] {
        let command = Command::Event(ReportEvent {
            seed: world.next_seed(),
            purchase,
            purchased_at: at("2026-11-21T00:00:00Z"),
            event: "delivered".to_owned(),
            occurred_at: Some(at(occurred_at)),
        });
        let refused = world.run(&command, "2026-11-22T01:00:00Z").err();
        assert_eq!(
            refused.map(|refusal| refusal.code()),
            expected,
            "{occurred_at}"
        );
    }
    let nobody = Command::Event(ReportEvent {
        seed: seed(5),
        purchase,
        purchased_at: at("2026-11-21T00:00:00Z"),
        event: "delivered".to_owned(),
        occurred_at: None,
    });
    let refused = decide(&world.catalog, None, &nobody, at("2026-11-22T01:00:00Z"));
    assert_eq!(refused, Err(Refusal::NoMember));
}
