//! Points that are held first: taken in part or all, given back, over by themselves; and taken ones
//! that are given back. Nothing is lost on any way.

use super::{NOW, at, base_program, catalog, member_with, redeem};
use crate::decide::{Command, RedemptionChange, RedemptionState};
use crate::ledger::{Account, TransactionKind};
use serde_json::json;
use world::Holder;

mod random;
mod world;

const DECEMBER: Option<&str> = Some("2026-12-01T00:00:00Z");
const JANUARY: Option<&str> = Some("2027-01-01T00:00:00Z");
/// A quarter of an hour after `NOW`, when a reservation of that length is over.
const OVER: &str = "2026-11-21T01:30:00Z";
/// A moment before.
const JUST_IN_TIME: &str = "2026-11-21T01:29:59.999999Z";

fn holder(lots: &[(i64, Option<&str>)]) -> Holder {
    Holder::new(catalog(&base_program()), member_with(lots))
}

const fn capture(points: Option<i64>) -> RedemptionChange {
    let points = match points {
        Some(points) => Some(crate::amount::Points::new(points)),
        None => None,
    };
    RedemptionChange::Capture { points }
}

#[test]
fn held_points_leave_their_lots_in_spend_order_and_are_not_spendable() {
    let mut holder = holder(&[(100, JANUARY), (50, DECEMBER)]);
    let held = holder.reserve(70, NOW).unwrap();
    assert_eq!(held.state, RedemptionState::Reserved);
    assert_eq!(held.expires_at, Some(at(OVER)));
    assert_eq!((held.points.get(), held.value.minor()), (70, 70));
    assert_eq!(
        holder.last_rows(),
        [
            (Account::Available, Account::Reserved, 50),
            (Account::Available, Account::Reserved, 20)
        ]
    );
    assert_eq!(holder.balance(), (80, 70, 0));
    assert_eq!(holder.remaining(), [80, 0]);
    let refused = holder.run(&redeem(81), NOW).unwrap_err();
    assert_eq!(refused.code(), "insufficient_points");
}

#[test]
fn what_is_not_captured_is_released_at_once() {
    for (points, rows, balance, remaining) in [
        (
            None,
            vec![
                (Account::Reserved, Account::Redeemed, 50),
                (Account::Reserved, Account::Redeemed, 20),
            ],
            (80, 0, 0),
            [80, 0],
        ),
        (
            Some(70),
            vec![
                (Account::Reserved, Account::Redeemed, 50),
                (Account::Reserved, Account::Redeemed, 20),
            ],
            (80, 0, 0),
            [80, 0],
        ),
        (
            Some(60),
            vec![
                (Account::Reserved, Account::Redeemed, 50),
                (Account::Reserved, Account::Redeemed, 10),
                (Account::Reserved, Account::Available, 10),
            ],
            (90, 0, 0),
            [90, 0],
        ),
        (
            Some(1),
            vec![
                (Account::Reserved, Account::Redeemed, 1),
                (Account::Reserved, Account::Available, 49),
                (Account::Reserved, Account::Available, 20),
            ],
            (149, 0, 0),
            [100, 49],
        ),
    ] {
        let mut holder = holder(&[(100, JANUARY), (50, DECEMBER)]);
        let held = holder.reserve(70, NOW).unwrap();
        let taken = holder.change(&held, capture(points), JUST_IN_TIME).unwrap();
        let expected = points.unwrap_or(70);
        assert_eq!(taken.state, RedemptionState::Captured, "{points:?}");
        assert_eq!(
            (taken.points.get(), taken.value.minor()),
            (expected, expected)
        );
        assert_eq!((taken.id, taken.expires_at), (held.id, None));
        assert_eq!(holder.last_rows(), rows, "{points:?}");
        assert_eq!(holder.balance(), balance, "{points:?}");
        assert_eq!(holder.remaining(), remaining, "{points:?}");
    }
}

#[test]
fn no_more_is_captured_than_is_held_and_no_less_than_one() {
    for points in [71, 0, -1, i64::MIN, i64::MAX] {
        let mut holder = holder(&[(100, None)]);
        let held = holder.reserve(70, NOW).unwrap();
        let refused = holder
            .change(&held, capture(Some(points)), NOW)
            .unwrap_err();
        assert_eq!(refused.code(), "validation_failed", "{points}");
        assert_eq!(holder.balance(), (30, 70, 0), "{points}");
    }
}

#[test]
fn minimum_and_step_hold_for_what_is_held_and_not_for_what_is_captured_of_it() {
    let terms = json!({"minimum": 100, "step": 50, "value_per_point": "0.5"});
    let program = json!({"wallets": [{"code": "points", "redemption": terms}]});
    let mut holder = Holder::new(catalog(&program), member_with(&[(1_000, None)]));
    for (points, expected) in [
        (99, "below_minimum"),
        (120, "not_a_step"),
        (1_050, "insufficient_points"),
    ] {
        let refused = holder.reserve(points, NOW).unwrap_err();
        assert_eq!(refused.code(), expected, "{points}");
    }
    let held = holder.reserve(150, NOW).unwrap();
    let taken = holder.change(&held, capture(Some(3)), NOW).unwrap();
    assert_eq!(
        (taken.points.get(), taken.value.minor()),
        (2, 1),
        "the third buys nothing"
    );
}

#[test]
fn each_state_allows_what_it_allows() {
    use RedemptionChange::{Lapse, Release, Reverse};
    let take = capture(None);
    for (done, then, expected) in [
        (vec![], take, Ok("captured")),
        (vec![], Release, Ok("released")),
        (vec![], Reverse, Err("reserved")),
        (vec![take], take, Err("captured")),
        (vec![take], Release, Err("captured")),
        (vec![take], Reverse, Ok("reversed")),
        (vec![Release], take, Err("released")),
        (vec![Release], Release, Err("released")),
        (vec![Release], Reverse, Err("released")),
        (vec![take, Reverse], Reverse, Err("reversed")),
        (vec![take, Reverse], take, Err("reversed")),
    ] {
        let mut holder = holder(&[(100, None)]);
        let held = holder.reserve(70, NOW).unwrap();
        for change in done.iter().copied() {
            holder.change(&held, change, NOW).unwrap();
        }
        let told = holder.change(&held, then, NOW);
        match expected {
            Ok(state) => assert_eq!(told.unwrap().state.as_str(), state),
            Err(state) => {
                let refused = told.unwrap_err();
                assert_eq!(refused.code(), "invalid_state", "{done:?} {then:?}");
                assert!(refused.to_string().contains(state), "{refused}");
            }
        }
        let lapse = holder.change_command(&held, Lapse);
        let nothing = holder.run(&lapse, NOW).unwrap();
        assert_eq!(nothing.transaction, None, "nothing is over yet");
    }
}

#[test]
fn a_reservation_is_over_at_its_instant_whether_or_not_it_was_released() {
    for change in [
        capture(None),
        RedemptionChange::Release,
        RedemptionChange::Reverse,
    ] {
        let mut holder = holder(&[(100, None)]);
        let held = holder.reserve(70, NOW).unwrap();
        let refused = holder.change(&held, change, OVER).unwrap_err();
        assert_eq!(refused.code(), "invalid_state");
        assert!(
            refused.to_string().contains("over at 2026-11-21T01:30:00Z"),
            "{refused}"
        );
        let lapse = holder.change_command(&held, RedemptionChange::Lapse);
        let early = holder.run(&lapse, JUST_IN_TIME).unwrap();
        assert_eq!(early.transaction, None);
        let lapsed = holder
            .change(&held, RedemptionChange::Lapse, "2026-11-21T02:00:00Z")
            .unwrap();
        assert_eq!(
            (lapsed.state, lapsed.points.get()),
            (RedemptionState::Released, 70)
        );
        assert_eq!(holder.balance(), (100, 0, 0));
        let made = holder.last.as_ref().unwrap();
        assert_eq!(
            (made.kind, made.occurred_at),
            (TransactionKind::Release, at(OVER))
        );
        let again = holder.run(&lapse, "2026-11-21T02:00:00Z").unwrap();
        assert_eq!(again.transaction, None, "once");
        let refused = holder
            .change(&held, change, "2026-11-21T02:00:00Z")
            .unwrap_err();
        assert!(refused.to_string().contains("released"), "{refused}");
    }
}

#[test]
fn what_comes_back_to_a_lot_that_is_over_expires_and_held_points_outlive_their_lot() {
    let after = "2026-12-05T00:00:00Z";
    let held_long = |holder: &mut Holder| holder.reserve_for(70, NOW, 30 * 24 * 60 * 60).unwrap();
    let lots = [(50, DECEMBER), (100, JANUARY)];

    let mut taken = holder(&lots);
    let held = held_long(&mut taken);
    taken.change(&held, capture(None), after).unwrap();
    assert_eq!(
        taken.balance(),
        (80, 0, 0),
        "all 70 are taken though 50 were over"
    );

    let mut partly = holder(&lots);
    let held = held_long(&mut partly);
    partly.change(&held, capture(Some(10)), after).unwrap();
    assert_eq!(
        partly.last_rows(),
        [
            (Account::Reserved, Account::Redeemed, 10),
            (Account::Reserved, Account::Expired, 40),
            (Account::Reserved, Account::Available, 20)
        ]
    );

    let mut released = holder(&lots);
    let held = held_long(&mut released);
    released
        .change(&held, RedemptionChange::Release, after)
        .unwrap();
    assert_eq!(released.balance(), (100, 0, 0));
    assert_eq!(released.remaining(), [0, 100]);

    let mut reversed = holder(&lots);
    let taken = reversed.take(70, NOW).unwrap();
    reversed
        .change(&taken, RedemptionChange::Reverse, after)
        .unwrap();
    assert_eq!(
        reversed.last_rows(),
        [
            (Account::Redeemed, Account::Expired, 50),
            (Account::Redeemed, Account::Available, 20)
        ]
    );
}

#[test]
fn a_reversal_gives_everything_back_to_its_lots_and_names_what_it_corrects() {
    let mut holder = holder(&[(100, JANUARY), (50, DECEMBER)]);
    let taken = holder.take(120, NOW).unwrap();
    assert_eq!(holder.balance(), (30, 0, 0));
    let back = holder
        .change(&taken, RedemptionChange::Reverse, NOW)
        .unwrap();
    assert_eq!(
        (back.state, back.points.get()),
        (RedemptionState::Reversed, 120)
    );
    let made = holder.last.as_ref().unwrap();
    assert_eq!(made.corrects, Some(taken.transaction_id));
    assert_eq!(made.kind, TransactionKind::Reverse);
    assert_eq!(holder.remaining(), [100, 50]);
    assert_eq!(holder.balance(), (150, 0, 0));

    let held = holder.reserve(70, NOW).unwrap();
    let some = holder.change(&held, capture(Some(60)), NOW).unwrap();
    let back = holder
        .change(&held, RedemptionChange::Reverse, NOW)
        .unwrap();
    assert_eq!(back.points.get(), 60, "what was taken, not what was held");
    let made = holder.last.as_ref().unwrap();
    assert_eq!(made.corrects, Some(some.transaction_id));
    assert_eq!(holder.remaining(), [100, 50]);
}

#[test]
fn what_comes_back_repays_a_deficit_first() {
    for (owed, expected) in [
        (0, (100, 0, 0)),
        (30, (40, 0, 0)),
        (70, (0, 0, 0)),
        (90, (0, 0, 20)),
    ] {
        for is_held in [true, false] {
            let mut holder = holder(&[(100, None)]);
            let (made, change) = if is_held {
                (holder.reserve(70, NOW).unwrap(), RedemptionChange::Release)
            } else {
                (holder.take(70, NOW).unwrap(), RedemptionChange::Reverse)
            };
            holder.owe(owed);
            holder.change(&made, change, NOW).unwrap();
            assert_eq!(holder.balance(), expected, "{owed} {is_held}");
        }
    }
}

#[test]
fn the_trail_must_be_known() {
    let mut holder = holder(&[(100, None)]);
    let held = holder.reserve(70, NOW).unwrap();
    let command = holder.change_command(&held, RedemptionChange::Release);
    assert!(command.takes_points());
    let subject = command.subject().unwrap();
    assert_eq!(subject.id, held.id.uuid());
    assert_eq!(subject.recorded, Some((held.member_id, held.version)));
    let told = super::decide(&holder.catalog, Some(&holder.facts), &command, at(NOW));
    assert_eq!(told.unwrap_err().code(), "internal");
    assert!(matches!(command, Command::ChangeRedemption(_)));
}

#[test]
fn a_wallet_that_slides_on_redemption_slides_when_the_points_are_taken() {
    let expiry = json!({"type": "sliding", "days": 30, "reset_on": ["redeem"]});
    let program = json!({"wallets": [{"code": "points", "expiry": expiry}]});
    let mut holder = Holder::new(catalog(&program), member_with(&[(100, DECEMBER)]));
    let held = holder.reserve(100, NOW).unwrap();
    assert_eq!(holder.ends(), [DECEMBER.map(at)], "holding is no use yet");
    holder
        .change(&held, capture(Some(40)), JUST_IN_TIME)
        .unwrap();
    let moved = Some("2026-12-21T15:00:00Z");
    assert_eq!(
        holder.ends(),
        [moved.map(at)],
        "what came back lives on too"
    );
}
