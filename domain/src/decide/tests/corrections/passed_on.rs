//! Points that go from one member to another.

use super::{DECEMBER, JANUARY, balance, owing};
use crate::amount::Points;
use crate::decide::tests::{NOW, at, base_program, catalog, member_with, seed};
use crate::decide::{Outcome, Refusal, TransferPoints, Transferred, decide_transfer, makers_of};
use crate::id::MemberId;
use crate::ledger::{Account, Transaction, TransactionKind};
use crate::member::{MemberFacts, MemberStatus};
use uuid::Uuid;

fn other(member: MemberFacts) -> MemberFacts {
    MemberFacts {
        member: MemberId::from_uuid(Uuid::from_u128(43)),
        version: 7,
        ..member
    }
}

fn pass(from: &MemberFacts, to: &MemberFacts, points: i64) -> Result<Transferred, Refusal> {
    let command = TransferPoints {
        seed: seed(5),
        to: to.member,
        wallet: "points".to_owned(),
        points: Points::new(points),
        reason: Some("family".to_owned()),
        occurred_at: None,
    };
    decide_transfer(&catalog(&base_program()), (from, to), &command, at(NOW))
}

fn rows(transaction: &Transaction) -> Vec<(Account, Account, i64)> {
    let rows = transaction.transfers.iter();
    rows.map(|row| (row.debit, row.credit, row.points.get()))
        .collect()
}

#[test]
fn lots_keep_their_end_and_origin() {
    let from = member_with(&[(100, JANUARY), (50, DECEMBER)]);
    let to = other(member_with(&[(5, None)]));
    let made = pass(&from, &to, 70).unwrap();
    let (sent, received) = (
        made.sent.transaction.as_ref().unwrap(),
        made.received.transaction.as_ref().unwrap(),
    );
    let out = |points| (Account::Available, Account::Transferred, points);
    let into = |points| (Account::Transferred, Account::Available, points);
    assert_eq!(rows(sent), [out(50), out(20)]);
    assert_eq!(rows(received), [into(50), into(20)]);
    let lots: Vec<_> = received
        .lots_opened
        .iter()
        .map(|lot| {
            (
                lot.remaining.get(),
                lot.expires_at,
                lot.rule.as_str(),
                lot.program_version,
            )
        })
        .collect();
    assert_eq!(
        lots,
        [
            (50, DECEMBER.map(at), "base", 1),
            (20, JANUARY.map(at), "base", 1)
        ]
    );
    assert_eq!((sent.version, received.version), (1, 8));
    assert_eq!((sent.member, received.member), (from.member, to.member));
    assert_eq!(
        (sent.kind, received.kind),
        (TransactionKind::Transfer, TransactionKind::Transfer)
    );
    assert_eq!(sent.operation, received.operation);
    assert_ne!(sent.id, received.id);
    assert_eq!(Some(makers_of(sent.id).0), sent.operation);
    assert_eq!(Some(makers_of(received.id).1), sent.operation);
    let Outcome::Transfer(told) = &made.sent.outcome else {
        panic!("a transfer is told as one");
    };
    assert_eq!(sent.operation, Some(told.id.uuid()));
    assert_eq!(told.from.balances[0].available.get(), 80);
    assert_eq!(told.to.balances[0].available.get(), 75);
    assert_eq!(balance(&from.after(&made.sent)), (80, 0, 0));
    assert_eq!(balance(&to.after(&made.received)), (75, 0, 0));
}

#[test]
fn what_arrives_repays_a_deficit_first() {
    let from = member_with(&[(100, JANUARY), (50, DECEMBER)]);
    for (owed, expected) in [(60, (10, 0, 0)), (70, (0, 0, 0)), (90, (0, 0, 20))] {
        let to = other(owing(owed));
        let made = pass(&from, &to, 70).unwrap();
        assert_eq!(balance(&to.after(&made.received)), expected, "{owed}");
        let rows = rows(made.received.transaction.as_ref().unwrap());
        assert!(rows.iter().all(|row| row.0 == Account::Transferred));
        assert_eq!(rows.iter().map(|row| row.2).sum::<i64>(), 70);
    }
}

#[test]
fn both_are_recorded_at_one_time_that_fits_both() {
    let mut from = member_with(&[(100, None)]);
    let mut to = other(member_with(&[]));
    for later in ["2026-11-21T02:00:00Z", "2026-11-21T03:00:00Z"] {
        if from.last_recorded_at < at(NOW) {
            from.last_recorded_at = at(later);
        } else {
            to.last_recorded_at = at(later);
        }
        let made = pass(&from, &to, 1).unwrap();
        assert_eq!(made.sent.transaction.unwrap().recorded_at, at(later));
        assert_eq!(made.received.transaction.unwrap().recorded_at, at(later));
    }
}

#[test]
fn what_can_not_be_passed_on_is_refused() {
    let from = member_with(&[(100, None), (50, Some(NOW))]);
    let to = other(member_with(&[]));
    for (points, expected) in [
        (0, "validation_failed"),
        (-5, "validation_failed"),
        (i64::MIN, "validation_failed"),
        (i64::MAX, "validation_failed"),
        (101, "insufficient_points"),
    ] {
        assert_eq!(
            pass(&from, &to, points).unwrap_err().code(),
            expected,
            "{points}"
        );
    }
    let own = pass(&from, &from, 5).unwrap_err();
    assert_eq!(own.code(), "validation_failed");
    let closed = |member: &MemberFacts| MemberFacts {
        status: MemberStatus::Closed,
        ..member.clone()
    };
    assert_eq!(
        pass(&closed(&from), &to, 5).unwrap_err().code(),
        "member_closed"
    );
    assert_eq!(
        pass(&from, &closed(&to), 5).unwrap_err().code(),
        "member_closed"
    );
    let mut full = to;
    full.wallets.get_mut("points").unwrap().available = Points::MAX_BALANCE;
    assert_eq!(pass(&from, &full, 5).unwrap_err().code(), "balance_limit");
}
