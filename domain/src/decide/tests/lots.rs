//! The life of a lot: it waits, becomes spendable, lives on while the member comes back, and ends
//! once, whenever the sweep comes by.

use super::{at, catalog, decide, earned, receipt, redeem, seed};
use crate::amount::Points;
use crate::decide::{Command, Outcome, RecordPurchase, Refusal, Sweep};
use crate::ledger::Account::{Available, Deficit, Expired, Pending};
use crate::ledger::TransactionKind;
use serde_json::json;
use world::{World, program};

mod events;
mod world;

#[test]
fn points_wait_for_their_day_and_their_time_begins_on_it() {
    let mut world = World::new(program(&json!({
        "activation": {"type": "after_days", "days": 14},
        "expiry": {"type": "after", "days": 10},
    })));
    world.buy(1_000, "2026-11-21T01:15:00Z");
    assert_eq!(world.balance("2026-11-21T01:15:00Z"), (0, 10, 0));
    // Tokyo's 5 December begins at 15:00 of the 4th.
    let (before, start) = ("2026-12-04T14:59:59.999999999Z", "2026-12-04T15:00:00Z");
    assert_eq!(world.sweep(before), []);
    assert!(matches!(
        world.run(&redeem(1), before),
        Err(Refusal::InsufficientPoints {
            available: Points::ZERO,
            ..
        })
    ));
    assert_eq!(world.sweep(start), [(Pending, Available, 10)]);
    assert_eq!(world.sweep(start), [], "once");
    assert_eq!(world.balance(start), (10, 0, 0));
    assert_eq!(world.ends(), [Some(at("2026-12-15T15:00:00Z"))]);
    world.run(&redeem(10), start).unwrap();
}

#[test]
fn a_late_receipt_is_as_far_as_a_timely_one_would_be() {
    let wallet = json!({
        "activation": {"type": "after_days", "days": 2},
        "expiry": {"type": "after", "days": 10},
    });
    for (occurred_at, expected) in [
        ("2026-11-20T14:59:59Z", (10, 0, 0)),
        ("2026-11-20T15:00:00Z", (0, 10, 0)),
        ("2026-11-09T15:00:00Z", (10, 0, 0)),
        ("2026-11-09T14:59:59Z", (0, 0, 0)),
    ] {
        let mut world = World::new(program(&wallet));
        let now = "2026-11-21T15:00:00Z";
        world.buy_late(1_000, occurred_at, now);
        assert_eq!(world.balance(now), expected, "{occurred_at}");
        assert_eq!(world.facts.version, 1, "in one transaction");
        assert_eq!(world.sweep(now), [], "nothing is left to be swept");
    }
}

#[test]
fn a_lot_ends_once_and_never_pays_after_its_instant() {
    let mut world = World::new(program(&json!({"expiry": {"type": "after", "days": 1}})));
    world.buy(500, "2026-11-21T01:00:00Z");
    world.buy(300, "2026-11-22T01:00:00Z");
    let ends = "2026-11-22T15:00:00Z";
    assert_eq!(world.balance("2026-11-22T14:59:59.999999999Z"), (8, 0, 0));
    assert_eq!(world.balance(ends), (3, 0, 0), "before any sweep");
    let refused = world.run(&redeem(4), ends).unwrap_err();
    assert_eq!(refused.code(), "insufficient_points");
    assert_eq!(world.sweep(ends), [(Available, Expired, 5)]);
    assert_eq!(world.sweep(ends), []);
    assert_eq!(world.balance(ends), (3, 0, 0));
    let next = Some(at("2026-11-23T15:00:00Z"));
    assert_eq!(world.facts.wallets["points"].next_expires_at, next);
    assert_eq!(
        world.sweep("2027-01-01T00:00:00Z"),
        [(Available, Expired, 3)]
    );
    assert_eq!(world.facts.wallets["points"].next_expires_at, None);
}

#[test]
fn a_sweep_names_each_lot_and_the_instant_it_reminds_of() {
    let mut world = World::new(program(&json!({"expiry": {"type": "after", "days": 1}})));
    world.buy(500, "2026-11-21T01:00:00Z");
    world.buy(300, "2026-11-22T01:00:00Z");
    let expire = Command::Expire(Sweep { seed: seed(99) });
    let decision = world.run(&expire, "2026-12-01T00:00:00Z").unwrap();
    let made = decision.transaction.unwrap();
    assert_eq!(made.kind, TransactionKind::Expire);
    assert_eq!(made.occurred_at, at("2026-11-23T15:00:00Z"));
    assert_eq!(made.recorded_at, at("2026-12-01T00:00:00Z"));
    let lots: std::collections::BTreeSet<_> = made.transfers.iter().map(|row| row.lot).collect();
    assert_eq!(lots.len(), 2);
    assert!(
        made.transfers
            .iter()
            .all(|row| row.rule.as_deref() == Some("base"))
    );
}

#[test]
fn what_becomes_spendable_repays_a_deficit_first() {
    let after = json!({"activation": {"type": "after_days", "days": 1}});
    for (deficit, expected, rows) in [
        (
            4,
            (6, 0, 0),
            vec![(Pending, Deficit, 4), (Pending, Available, 6)],
        ),
        (10, (0, 0, 0), vec![(Pending, Deficit, 10)]),
        (15, (0, 0, 5), vec![(Pending, Deficit, 10)]),
    ] {
        let mut world = World::new(program(&after));
        world.buy(1_000, "2026-11-21T01:00:00Z");
        let wallet = world.facts.wallets.get_mut("points").unwrap();
        wallet.deficit = Points::new(deficit);
        assert_eq!(world.sweep("2026-11-22T00:00:00Z"), rows);
        assert_eq!(world.balance("2026-11-22T00:00:00Z"), expected);
    }
}

#[test]
fn a_rule_and_a_bonus_may_have_their_own_terms() {
    let catalog = catalog(&json!({
        "wallets": [{"code": "points", "expiry": {"type": "after", "days": 1}}],
        "earn_rules": [{"code": "base", "wallet": "points",
            "award": {"type": "per_amount", "amount": 100, "points": 1},
            "expiry": {"type": "never"}}],
        "bonuses": [
            {"code": "double", "wallet": "points", "effect": {"type": "multiplier", "times": "2"},
             "activation": {"type": "after_days", "days": 7}},
            {"code": "triple", "wallet": "points", "effect": {"type": "multiplier", "times": "3"},
             "activation": {"type": "on_event", "event": "delivered"},
             "expiry": {"type": "end_of_month", "months": 0}},
        ],
    }));
    let mut world = World::new(catalog);
    let command = Command::Purchase(RecordPurchase {
        seed: seed(3),
        receipt: receipt(json!({"lines": [{"amount": 1_000}]})),
        quote: false,
    });
    let now = "2026-11-21T01:15:00Z";
    let decision = world.run(&command, now).unwrap();
    let Outcome::Purchase(told) = &decision.outcome else {
        panic!("a receipt is a purchase");
    };
    assert_eq!(earned(told), "base=10 double=10 triple=20");
    let terms: Vec<_> = told
        .earned
        .iter()
        .map(|part| (part.activates_at, part.expires_at))
        .collect();
    let seventh = "2026-11-27T15:00:00Z";
    assert_eq!(
        terms,
        [
            (None, None),
            (Some(at(seventh)), Some(at("2026-11-29T15:00:00Z"))),
            (None, None),
        ]
    );
    assert_eq!(world.balance(now), (10, 30, 0));
    let event = world
        .event(told.id, "delivered", "2026-12-31T14:00:00Z")
        .unwrap();
    assert_eq!(
        event.activated[0].expires_at,
        Some(at("2026-12-31T15:00:00Z"))
    );
    assert_eq!(event.activated[0].points.get(), 20);
}

#[test]
fn a_deed_moves_the_end_of_all_open_lots_and_never_back() {
    let sliding = |reset_on: &str| {
        program(&json!({"expiry": {"type": "sliding", "days": 10, "reset_on": [reset_on]}}))
    };
    let first = Some(at("2026-12-01T15:00:00Z"));
    let moved = Some(at("2026-12-03T15:00:00Z"));
    for (reset_on, amount, redeems, expected) in [
        ("earn", 200, 0, vec![moved, moved]),
        ("earn", 50, 0, vec![first]),
        ("visit", 50, 0, vec![moved]),
        ("redeem", 50, 0, vec![first]),
        ("redeem", 0, 4, vec![moved]),
        ("earn", 0, 4, vec![first]),
        ("visit", 0, 4, vec![first]),
    ] {
        let mut world = World::new(sliding(reset_on));
        world.buy(1_000, "2026-11-21T01:00:00Z");
        assert_eq!(world.ends(), [first]);
        if redeems > 0 {
            world.run(&redeem(redeems), "2026-11-23T01:00:00Z").unwrap();
        } else {
            world.buy(amount, "2026-11-23T01:00:00Z");
        }
        assert_eq!(world.ends(), expected, "{reset_on} {amount} {redeems}");
        let next = world.facts.wallets["points"].next_expires_at;
        assert!(next <= expected[0], "never too late");
    }
    let mut world = World::new(sliding("visit"));
    world.buy(1_000, "2026-11-23T01:00:00Z");
    world.buy_late(50, "2026-11-21T01:00:00Z", "2026-11-23T02:00:00Z");
    assert_eq!(world.ends(), [moved], "a late receipt shortens nothing");
    world.buy(50, "2026-12-03T15:00:00Z");
    assert_eq!(world.ends(), [moved], "what is over does not come back");
    assert_eq!(world.balance("2026-12-03T15:00:00Z"), (0, 0, 0));
}

#[test]
fn a_wallet_that_was_dropped_still_slides_when_its_points_pay() {
    let expiry = json!({"type": "sliding", "days": 10, "reset_on": ["redeem"]});
    let later = json!({"wallets": [{"code": "stamps"}]});
    let version = super::version(
        2,
        "2026-11-22T00:00:00Z",
        crate::program::Program::load(&later).unwrap(),
    );
    let moved = Some(at("2026-12-03T15:00:00Z"));
    for points in [0, 4] {
        let mut world = World::new(program(&json!({"expiry": expiry})));
        world.catalog.versions.push(version.clone());
        world.buy(1_000, "2026-11-21T01:00:00Z");
        let now = "2026-11-23T01:00:00Z";
        let mut parts = json!({"occurred_at": now, "member": {"card": "1"},
            "lines": [{"amount": 100}]});
        if points > 0 {
            parts["redeem"] = json!([{"wallet": "points", "points": points}]);
        }
        let command = super::purchase(receipt(parts));
        world.run(&command, now).unwrap();
        let expected = if points > 0 {
            moved
        } else {
            Some(at("2026-12-01T15:00:00Z"))
        };
        assert_eq!(world.ends(), [expected], "{points}");
    }
}

#[test]
fn points_of_a_rule_may_slide_alone() {
    // The base ends on the same day as the bonus, whose end alone is moved.
    let sliding = json!({"type": "sliding", "days": 10, "reset_on": ["visit", "redeem"]});
    let catalog = catalog(&json!({
        "wallets": [{"code": "points", "expiry": {"type": "after", "days": 10}}],
        "earn_rules": [{"code": "base", "wallet": "points",
            "award": {"type": "per_amount", "amount": 100, "points": 1}}],
        "bonuses": [
            {"code": "slides", "wallet": "points", "expiry": sliding,
             "effect": {"type": "multiplier", "times": "3"}},
            {"code": "stays", "wallet": "points",
             "effect": {"type": "multiplier", "times": "2"}},
        ],
    }));
    let first = Some(at("2026-12-01T15:00:00Z"));
    let moved = Some(at("2026-12-03T15:00:00Z"));
    let visit = super::purchase(receipt(json!({"lines": [{"amount": 50}]})));
    assert!(visit.moves_lots(&catalog), "so that they are loaded");
    for redeems in [false, true] {
        let mut world = World::new(catalog.clone());
        world.buy(1_000, "2026-11-21T01:00:00Z");
        assert_eq!(world.ends(), [first, first]);
        let now = "2026-11-23T01:00:00Z";
        if redeems {
            world.run(&redeem(1), now).unwrap();
        } else {
            world.buy(50, now);
        }
        assert_eq!(world.ends(), [first, moved], "{redeems}");
        let ended = world.sweep("2026-12-01T15:00:00Z");
        let left = if redeems { 19 } else { 20 };
        assert_eq!(ended, [(Available, Expired, left)]);
        assert_eq!(world.balance("2026-12-03T14:59:59Z"), (20, 0, 0));
        assert_eq!(world.balance("2026-12-03T15:00:00Z"), (0, 0, 0));
    }
}

#[test]
fn lots_must_be_known_to_slide() {
    let sliding = json!({"type": "sliding", "days": 10, "reset_on": ["visit"]});
    let catalog = program(&json!({"expiry": sliding}));
    let mut world = World::new(catalog.clone());
    world.buy(1_000, "2026-11-21T01:00:00Z");
    let mut facts = world.facts;
    facts.wallets.get_mut("points").unwrap().lots = None;
    let command = super::purchase(receipt(json!({"lines": [{"amount": 50}]})));
    assert!(facts.needs_lots(&catalog, &command, at("2026-11-21T02:00:00Z")));
    let refused = decide(&catalog, Some(&facts), &command, at("2026-11-21T02:00:00Z"));
    assert_eq!(refused, Err(Refusal::LotsNotLoaded));
}
