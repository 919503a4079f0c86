//! Points taken outside a receipt: lots in spend order, and every refusal.

use super::{NOW, at, base_program, catalog, decide, member, member_with, redeem, redeemed};
use crate::amount::Points;
use crate::catalog::Catalog;
use crate::decide::{Command, Refusal};
use crate::ledger::Account;
use crate::member::{MemberFacts, MemberStatus};
use serde_json::json;

const JANUARY: Option<&str> = Some("2027-01-01T00:00:00Z");
const JUNE: Option<&str> = Some("2027-06-01T00:00:00Z");

fn refusal(catalog: &Catalog, member: &MemberFacts, points: i64) -> String {
    let refused = decide(catalog, Some(member), &redeem(points), at(NOW)).unwrap_err();
    refused.code().to_owned()
}

#[test]
fn the_lot_that_expires_first_is_emptied_first() {
    let catalog = catalog(&base_program());
    let member = member_with(&[(100, JUNE), (100, JANUARY), (50, None)]);
    let decision = decide(&catalog, Some(&member), &redeem(120), at(NOW)).unwrap();
    let transaction = decision.transaction.as_ref().unwrap();
    let rows: Vec<_> = transaction
        .transfers
        .iter()
        .map(|row| {
            (
                row.lot.unwrap().uuid().as_u128(),
                row.points.get(),
                row.balance_after.get(),
            )
        })
        .collect();
    assert_eq!(rows, [(2, 100, 150), (1, 20, 130)]);
    assert!(
        transaction
            .transfers
            .iter()
            .all(|row| { (row.debit, row.credit) == (Account::Available, Account::Redeemed) })
    );
    assert_eq!(transaction.version, 1);
    let outcome = redeemed(&decision);
    assert_eq!(
        (outcome.points.get(), outcome.value.minor(), outcome.version),
        (120, 120, 1)
    );
    assert_eq!(outcome.balances[0].available, Points::new(130));
    let after = member.after(&decision);
    let wallet = &after.wallets["points"];
    assert_eq!(wallet.next_expires_at, JUNE.map(at));
    assert_eq!(wallet.lots.as_ref().unwrap().len(), 2);
    assert_eq!(
        decide(&catalog, Some(&after), &redeem(130), at(NOW)).map(|_| ()),
        Ok(())
    );
}

#[test]
fn expired_lots_do_not_pay_whether_swept_or_not() {
    let catalog = catalog(&base_program());
    let member = member_with(&[(100, Some(NOW)), (50, JUNE)]);
    let available = Points::new(50);
    let refused = decide(&catalog, Some(&member), &redeem(51), at(NOW)).unwrap_err();
    let (wallet, wanted) = ("points".to_owned(), Points::new(51));
    assert_eq!(
        refused,
        Refusal::InsufficientPoints {
            wallet,
            available,
            wanted
        }
    );
    let decision = decide(&catalog, Some(&member), &redeem(50), at(NOW)).unwrap();
    assert_eq!(redeemed(&decision).balances[0].available, Points::ZERO);
    assert_eq!(
        decision.transaction.unwrap().wallets[0].available,
        Points::new(100)
    );
}

#[test]
fn what_can_not_be_taken_is_refused_with_its_code() {
    let terms = json!({"minimum": 100, "step": 50});
    let strict = catalog(&json!({"wallets": [{"code": "points", "redemption": terms}]}));
    let rich = member_with(&[(1_000, None)]);
    for (points, expected) in [
        (0, "validation_failed"),
        (-5, "validation_failed"),
        (i64::MIN, "validation_failed"),
        (99, "below_minimum"),
        (120, "not_a_step"),
        (1_050, "insufficient_points"),
    ] {
        assert_eq!(refusal(&strict, &rich, points), expected, "{points}");
    }
    assert_eq!(refusal(&strict, &member(), 100), "insufficient_points");
    assert_eq!(
        refusal(&catalog(&json!({})), &rich, 100),
        "unknown_reference"
    );
    let mut none = strict.clone();
    none.versions.clear();
    assert_eq!(refusal(&none, &rich, 100), "no_program");
    for (status, expected) in [
        (MemberStatus::Closed, "member_closed"),
        (MemberStatus::Merged, "member_merged"),
        (MemberStatus::Erased, "member_closed"),
    ] {
        let member = MemberFacts {
            status,
            ..rich.clone()
        };
        assert_eq!(refusal(&strict, &member, 100), expected);
    }
    let mut unloaded = rich.clone();
    unloaded.wallets.get_mut("points").unwrap().lots = None;
    assert!(unloaded.needs_lots(&strict, &redeem(100), at(NOW)));
    assert_eq!(refusal(&strict, &unloaded, 100), "internal");
}

#[test]
fn a_dropped_wallet_stays_redeemable_under_its_last_settings() {
    let terms = json!({"minimum": 10, "value_per_point": "2"});
    let mut catalog = catalog(&json!({"wallets": [{"code": "points", "redemption": terms}]}));
    let empty = crate::program::Program::default();
    catalog
        .versions
        .push(super::version(2, "2026-06-01T00:00:00Z", empty));
    let member = member_with(&[(30, None)]);
    assert_eq!(refusal(&catalog, &member, 9), "below_minimum");
    let decision = decide(&catalog, Some(&member), &redeem(10), at(NOW)).unwrap();
    assert_eq!(redeemed(&decision).value.minor(), 20);
    assert_eq!(redeemed(&decision).balances[0].available, Points::new(20));
}

/// Points asked for, and what is taken for what, or the refusal; of a member with 250.
fn bought(redemption: &serde_json::Value, hold: bool, points: i64) -> String {
    let catalog = catalog(&json!({"wallets": [{"code": "points", "redemption": redemption}]}));
    let member = member_with(&[(250, None)]);
    let mut command = redeem(points);
    if let (Command::Redeem(redeem), true) = (&mut command, hold) {
        redeem.hold = Some(jiff::SignedDuration::from_secs(900));
    }
    match decide(&catalog, Some(&member), &command, at(NOW)) {
        Err(refusal) => refusal.code().to_owned(),
        Ok(decision) => {
            let outcome = redeemed(&decision);
            let made = decision.transaction.as_ref().unwrap();
            let moved: i64 = made.transfers.iter().map(|row| row.points.get()).sum();
            assert_eq!(moved, outcome.points.get(), "{points}");
            format!("{} for {}", outcome.points, outcome.value)
        }
    }
}

#[test]
fn only_points_that_buy_a_whole_unit_are_taken_and_some_must() {
    let cents = json!({"value_per_point": "0.01"});
    let clamped = json!({"value_per_point": "0.01", "over": "clamp", "minimum": 120, "step": 20});
    let plain = json!({});
    for (redemption, points, taken, held) in [
        (&cents, 50, "below_minimum", "below_minimum"),
        (&cents, 99, "below_minimum", "below_minimum"),
        (&cents, 100, "100 for 1", "100 for 1"),
        (&cents, 150, "100 for 1", "150 for 1"),
        (&cents, 250, "200 for 2", "250 for 2"),
        (&cents, 251, "insufficient_points", "insufficient_points"),
        (&clamped, 110, "below_minimum", "below_minimum"),
        (&clamped, 139, "100 for 1", "not_a_step"),
        (&clamped, 140, "100 for 1", "140 for 1"),
        (&clamped, 260, "200 for 2", "insufficient_points"),
        (&plain, 1, "1 for 1", "1 for 1"),
    ] {
        assert_eq!(bought(redemption, false, points), taken, "{points}");
        assert_eq!(bought(redemption, true, points), held, "{points} held");
    }
    let many = json!({"over": "clamp"});
    assert_eq!(bought(&many, false, 1_000), "250 for 250");
    let large = json!({"over": "clamp", "minimum": 300});
    assert_eq!(bought(&large, false, 1_000), "insufficient_points");
}
