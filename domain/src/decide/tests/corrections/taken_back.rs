//! What is taken back of that which a transaction granted: which lots first, and what is owed.

use super::{adjust, adjustment, balance};
use crate::amount::Points;
use crate::decide::posting::{Moment, Posting, TakeBack, TakeOrder};
use crate::decide::tests::{NOW, at, base_program, catalog, member, seed};
use crate::decide::{Decision, Outcome};
use crate::id::TransactionId;
use crate::ledger::{Account, TransactionKind};
use crate::lot::{Lot, Pending};
use crate::member::MemberFacts;
use crate::shortage::Shortage;
use uuid::Uuid;

/// Takes back what a transaction granted, of a member whose lots are `(number, points, pending)`.
fn claw(
    lots: &[(u128, i64, bool)],
    own: u128,
    points: i64,
) -> (Vec<(u128, i64)>, i64, MemberFacts) {
    let mut member = member();
    let mut wallet = crate::member::WalletFacts::default();
    let mut all = Vec::new();
    for (number, points, is_pending) in lots {
        let mut lot = crate::lot::tests::lot(*number, *points, None, NOW);
        let sum = if *is_pending {
            &mut wallet.pending
        } else {
            &mut wallet.available
        };
        *sum = sum.checked_add(lot.remaining).unwrap();
        lot.pending = is_pending.then(|| Pending::Until(at("2027-01-01T00:00:00Z")));
        all.push(lot);
    }
    wallet.lots = Some(all);
    member.wallets.insert("points".to_owned(), wallet);
    let moment = Moment {
        occurred_at: at(NOW),
        recorded_at: at(NOW),
    };
    let mut posting = Posting::new(&member, seed(1), TransactionKind::Return, moment).unwrap();
    let taken = posting
        .take_back(TakeBack {
            wallet: "points",
            points: Points::new(points),
            to: Account::Issued,
            order: TakeOrder::GrantedBy(TransactionId::from_uuid(Uuid::from_u128(own))),
            shortage: Shortage::Negative,
        })
        .unwrap();
    assert_eq!(taken.total().unwrap().get(), points);
    let transaction = posting.finish();
    let rows = transaction.transfers.iter();
    let from_lots = rows.filter_map(|row| Some((row.lot?.uuid().as_u128(), row.points.get())));
    let from_lots = from_lots.collect();
    let decision = Decision {
        transaction: Some(transaction),
        ranks: None,
        outcome: Outcome::Swept,
    };
    (from_lots, taken.owed.get(), member.after(&decision))
}

#[test]
fn what_a_purchase_granted_is_taken_back_from_its_own_lots_first() {
    let own = 5;
    for (lots, points, expected, owed) in [
        // The settled example: 20 left of the own 50, another 10, 50 to take.
        (
            vec![(own, 20, false), (1, 10, false)],
            50,
            vec![(own, 20), (1, 10)],
            20,
        ),
        (
            vec![(1, 10, false), (2, 30, true), (own, 40, false)],
            60,
            vec![(own, 40), (2, 20)],
            0,
        ),
        (
            vec![(1, 10, false), (2, 30, true), (own, 40, true)],
            75,
            vec![(own, 40), (2, 30), (1, 5)],
            0,
        ),
    ] {
        let (taken, deficit, after) = claw(&lots, own, points);
        assert_eq!((taken, deficit), (expected, owed), "{lots:?}");
        let wallet = &after.wallets["points"];
        let left = wallet.lots.as_ref().unwrap().iter();
        assert!(left.clone().all(Lot::is_open), "nothing empty waits");
        let left: i64 = left.map(|lot| lot.remaining.get()).sum();
        assert_eq!(
            left,
            wallet.available.get().wrapping_add(wallet.pending.get())
        );
    }
    let (_, deficit, after) = claw(&[(own, 20, false), (1, 10, false)], own, 50);
    assert_eq!(deficit, 20);
    let credit = adjust(&catalog(&base_program()), &after, adjustment(100)).unwrap();
    assert_eq!(balance(&after.after(&credit)), (80, 0, 0));
}
