//! Points given and taken by hand, taken back, and passed on: which lots, what is owed, what ends when.

use super::{NOW, at, base_program, catalog, decide, member, member_with, seed};
use crate::amount::Points;
use crate::catalog::Catalog;
use crate::decide::{
    AdjustPoints, AdjustmentOutcome, AdjustmentState, Command, Decision, Facts, Outcome, Refusal,
    ReviewAdjustment,
};
use crate::history::Budgets;
use crate::id::ApiKeyId;
use crate::ledger::{Account, TransactionKind};
use crate::lot::Pending;
use crate::member::{MemberFacts, MemberStatus};
use crate::shortage::Shortage;
use crate::trail::Trail;
use serde_json::{Value, json};
use uuid::Uuid;

mod passed_on;
mod taken_back;

const DECEMBER: Option<&str> = Some("2026-12-01T00:00:00Z");
const JANUARY: Option<&str> = Some("2027-01-01T00:00:00Z");

fn key(number: u128) -> ApiKeyId {
    ApiKeyId::from_uuid(Uuid::from_u128(number))
}

fn adjustment(points: i64) -> AdjustPoints {
    AdjustPoints {
        seed: seed(9),
        actor: key(1),
        wallet: "points".to_owned(),
        points: Points::new(points),
        reason: "goodwill".to_owned(),
        expires_at: None,
        activates_at: None,
        occurred_at: None,
    }
}

fn adjust(
    catalog: &Catalog,
    member: &MemberFacts,
    command: AdjustPoints,
) -> Result<Decision, Refusal> {
    let command = Command::Adjust(Box::new(command));
    assert!(command.takes_points());
    decide(catalog, Some(member), &command, at(NOW))
}

fn told(decision: &Decision) -> &AdjustmentOutcome {
    match &decision.outcome {
        Outcome::Adjustment(outcome) => outcome,
        Outcome::AdjustmentReviewed(reviewed) => &reviewed.adjustment,
        other => panic!("an adjustment was answered as {other:?}"),
    }
}

fn rows(decision: &Decision) -> Vec<(Account, Account, i64)> {
    let rows = decision.transaction.as_ref().unwrap().transfers.iter();
    rows.map(|row| (row.debit, row.credit, row.points.get()))
        .collect()
}

/// Available, pending and owed.
fn balance(member: &MemberFacts) -> (i64, i64, i64) {
    let wallet = &member.wallets["points"];
    (
        wallet.available.get(),
        wallet.pending.get(),
        wallet.deficit.get(),
    )
}

fn owing(points: i64) -> MemberFacts {
    let mut member = member_with(&[]);
    let wallet = member.wallets.get_mut("points").unwrap();
    wallet.deficit = Points::new(points);
    member
}

fn with_shortage(shortage: &str) -> Catalog {
    catalog(&json!({"wallets": [{"code": "points", "on_shortage": shortage}]}))
}

#[test]
fn given_points_repay_a_deficit_first_and_end_by_the_terms_of_the_wallet() {
    let expiry = json!({"type": "after", "days": 10});
    let catalog = catalog(&json!({"wallets": [{"code": "points", "expiry": expiry}]}));
    let by_terms = Some(at("2026-12-01T15:00:00Z"));
    for (owed, points, expected) in [
        (0, 50, vec![(Account::Adjusted, Account::Available, 50)]),
        (
            20,
            50,
            vec![
                (Account::Adjusted, Account::Deficit, 20),
                (Account::Adjusted, Account::Available, 30),
            ],
        ),
        (80, 50, vec![(Account::Adjusted, Account::Deficit, 50)]),
    ] {
        let member = owing(owed);
        let decision = adjust(&catalog, &member, adjustment(points)).unwrap();
        assert_eq!(rows(&decision), expected, "{owed}");
        let made = decision.transaction.as_ref().unwrap();
        assert_eq!(made.kind, TransactionKind::Adjust);
        assert_eq!(made.reason.as_deref(), Some("goodwill"));
        assert_eq!(made.operation, Some(told(&decision).id.uuid()));
        assert!(
            made.lots_opened
                .iter()
                .all(|lot| lot.expires_at == by_terms)
        );
        assert_eq!(made.day, None, "nothing is earned");
        let outcome = told(&decision);
        assert_eq!(outcome.state, AdjustmentState::Applied);
        assert_eq!(
            (outcome.points, outcome.wanted),
            (Points::new(points), Points::new(points))
        );
        assert_eq!(
            (outcome.transaction_id, outcome.version),
            (Some(made.id), 1)
        );
    }
}

#[test]
fn given_points_may_wait_and_end_when_it_is_said() {
    let catalog = catalog(&base_program());
    let mut later = adjustment(50);
    later.activates_at = Some(at("2026-11-25T00:00:00Z"));
    later.expires_at = Some(at("2026-11-30T00:00:00Z"));
    let decision = adjust(&catalog, &owing(20), later.clone()).unwrap();
    assert_eq!(rows(&decision), [(Account::Adjusted, Account::Pending, 50)]);
    let lot = &decision.transaction.as_ref().unwrap().lots_opened[0];
    assert_eq!(
        lot.pending,
        Some(Pending::Until(at("2026-11-25T00:00:00Z")))
    );
    assert_eq!(lot.expires_at, later.expires_at);
    let mut past = adjustment(50);
    past.activates_at = Some(at("2026-11-20T00:00:00Z"));
    let decision = adjust(&catalog, &member(), past).unwrap();
    assert_eq!(
        rows(&decision),
        [(Account::Adjusted, Account::Available, 50)]
    );
}

#[test]
fn taken_points_leave_lots_in_spend_order_and_the_rest_goes_by_on_shortage() {
    let lots = [
        (50, DECEMBER),
        (20, JANUARY),
        (30, Some("2026-11-20T00:00:00Z")),
    ];
    let spent = |points| (Account::Available, Account::Adjusted, points);
    for (shortage, points, expected, moved, balance_after) in [
        (
            "negative",
            -60,
            Ok(vec![spent(50), spent(10)]),
            -60,
            (40, 0, 0),
        ),
        (
            "negative",
            -100,
            Ok(vec![
                spent(50),
                spent(20),
                (Account::Deficit, Account::Adjusted, 30),
            ]),
            -100,
            (30, 0, 30),
        ),
        (
            "clamp",
            -100,
            Ok(vec![spent(50), spent(20)]),
            -70,
            (30, 0, 0),
        ),
        (
            "refuse",
            -70,
            Ok(vec![spent(50), spent(20)]),
            -70,
            (30, 0, 0),
        ),
        ("refuse", -71, Err("insufficient_points"), 0, (100, 0, 0)),
    ] {
        let member = member_with(&lots);
        let decision = adjust(&with_shortage(shortage), &member, adjustment(points));
        match expected {
            Ok(expected) => {
                let decision = decision.unwrap();
                assert_eq!(rows(&decision), expected, "{shortage} {points}");
                let outcome = told(&decision);
                assert_eq!(
                    (outcome.points.get(), outcome.wanted.get()),
                    (moved, points)
                );
                // What is over and was not swept still stands among what is available.
                assert_eq!(
                    balance(&member.after(&decision)),
                    balance_after,
                    "{shortage} {points}"
                );
            }
            Err(code) => assert_eq!(decision.unwrap_err().code(), code, "{shortage}"),
        }
    }
    let nothing = adjust(&with_shortage("clamp"), &member(), adjustment(-5)).unwrap();
    assert_eq!(
        (rows(&nothing), told(&nothing).points),
        (vec![], Points::ZERO)
    );
}

#[test]
fn what_no_adjustment_may_be_is_refused() {
    let catalog = catalog(&base_program());
    let rich = member_with(&[(100, None)]);
    let most = Points::MAX_BALANCE.get();
    for points in [
        0,
        i64::MIN,
        i64::MAX,
        most.wrapping_add(1),
        most.wrapping_add(1).wrapping_neg(),
    ] {
        let refused = adjust(&catalog, &rich, adjustment(points)).unwrap_err();
        assert_eq!(refused.code(), "validation_failed", "{points}");
    }
    assert_eq!(
        adjust(&catalog, &rich, adjustment(most))
            .unwrap_err()
            .code(),
        "balance_limit"
    );
    let refused = |change: &dyn Fn(&mut AdjustPoints)| {
        let mut command = adjustment(5);
        change(&mut command);
        adjust(&catalog, &rich, command).unwrap_err().code()
    };
    assert_eq!(
        refused(&|command| command.wallet = "stars".into()),
        "unknown_reference"
    );
    assert_eq!(
        refused(&|command| command.expires_at = Some(at(NOW))),
        "validation_failed"
    );
    assert_eq!(
        refused(&|command| {
            command.activates_at = DECEMBER.map(at);
            command.expires_at = DECEMBER.map(at);
        }),
        "validation_failed"
    );
    assert_eq!(
        refused(&|command| {
            command.points = Points::new(-5);
            command.expires_at = JANUARY.map(at);
        }),
        "validation_failed"
    );
    assert_eq!(
        refused(&|command| {
            command.points = Points::new(-5);
            command.activates_at = JANUARY.map(at);
        }),
        "validation_failed"
    );
    assert_eq!(
        refused(&|command| command.occurred_at = JANUARY.map(at)),
        "occurred_in_future"
    );
    assert_eq!(
        refused(&|command| command.occurred_at = Some(at("2019-01-01T00:00:00Z"))),
        "no_program"
    );
    let closed = MemberFacts {
        status: MemberStatus::Closed,
        ..rich.clone()
    };
    assert_eq!(
        adjust(&catalog, &closed, adjustment(5)).unwrap_err().code(),
        "member_closed"
    );
}

fn review(
    catalog: &Catalog,
    member: &MemberFacts,
    (adjustment, trail): (&AdjustmentOutcome, &Trail),
    (actor, approves): (ApiKeyId, bool),
) -> Result<Decision, Refusal> {
    let command = Command::ReviewAdjustment(Box::new(ReviewAdjustment {
        seed: seed(10),
        actor,
        is_own: false,
        adjustment: adjustment.clone(),
        approves,
    }));
    assert_eq!(
        command.subject().map(|subject| subject.id),
        Some(adjustment.id.uuid())
    );
    let facts = Facts {
        member: Some(member),
        budgets: &Budgets::default(),
        trail: Some(trail),
    };
    crate::decide::decide(catalog, facts, &command, at(NOW))
}

#[test]
fn a_large_adjustment_waits_for_a_second_key() {
    let mut catalog = catalog(&base_program());
    catalog.settings.two_person_above = Some(Points::new(100));
    let member = member_with(&[(500, None)]);
    for (points, waits) in [(100, false), (101, true), (-100, false), (-101, true)] {
        let decision = adjust(&catalog, &member, adjustment(points)).unwrap();
        assert_eq!(decision.transaction.is_none(), waits, "{points}");
        let outcome = told(&decision).clone();
        assert_eq!(outcome.state == AdjustmentState::PendingApproval, waits);
        assert_eq!(outcome.points.get(), points);
        assert_eq!(outcome.version, i64::from(!waits));
        if !waits {
            let trail = Trail::default();
            let refused = review(&catalog, &member, (&outcome, &trail), (key(2), true));
            assert_eq!(refused.unwrap_err().code(), "invalid_state");
            continue;
        }
        let mut trail = Trail::default();
        let own = review(&catalog, &member, (&outcome, &trail), (key(1), true));
        assert_eq!(own.unwrap_err(), Refusal::SecondPersonRequired);
        let withdrawn = review(&catalog, &member, (&outcome, &trail), (key(1), false)).unwrap();
        assert_eq!(withdrawn.transaction, None);
        assert_eq!(told(&withdrawn).state, AdjustmentState::Rejected);
        let approved = review(&catalog, &member, (&outcome, &trail), (key(2), true)).unwrap();
        assert_eq!(told(&approved).state, AdjustmentState::Applied);
        assert_eq!(told(&approved).reviewed_by, Some(key(2)));
        assert_eq!(told(&approved).requested_by, key(1));
        assert_eq!(
            balance(&member.after(&approved)).0,
            500_i64.wrapping_add(points)
        );
        trail.note(&approved);
        for approves in [true, false] {
            let refused = review(&catalog, &member, (&outcome, &trail), (key(3), approves));
            let refused = refused.unwrap_err();
            assert_eq!(refused.code(), "invalid_state");
            assert!(refused.to_string().contains("applied"), "{refused}");
        }
    }
}

/// What a program says, and how much is taken by it.
#[test]
fn on_shortage_is_read_and_checked() {
    let read = |wallet: Value| crate::program::Program::load(&json!({"wallets": [wallet]}));
    for (text, expected) in [
        (json!({"code": "points"}), Shortage::Negative),
        (
            json!({"code": "points", "on_shortage": "negative"}),
            Shortage::Negative,
        ),
        (
            json!({"code": "points", "on_shortage": "clamp"}),
            Shortage::Clamp,
        ),
        (
            json!({"code": "points", "on_shortage": "refuse"}),
            Shortage::Refuse,
        ),
    ] {
        let program = read(text.clone()).unwrap();
        assert_eq!(program.wallets()[0].on_shortage, expected, "{text}");
    }
    assert!(read(json!({"code": "points", "on_shortage": "forgive"})).is_err());
}
