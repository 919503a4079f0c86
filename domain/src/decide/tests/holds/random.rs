//! Whatever is held, taken, given back and left to itself in whatever order: every point is in one
//! place, and each reservation ends once.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "a property is stated in plain arithmetic; an overflow fails the test"
)]

use super::world::Holder;
use crate::amount::Points;
use crate::decide::tests::{at, base_program, catalog, member_with};
use crate::decide::{Outcome, RedemptionChange, RedemptionOutcome, RedemptionState};
use crate::ledger::Account;
use jiff::SignedDuration;
use proptest::prelude::{
    Just, ProptestConfig, Strategy, prop, prop_assert_eq, prop_oneof, proptest,
};

#[derive(Debug, Clone)]
enum Wish {
    Take(i64),
    Hold(i64, i64),
    Change(usize, RedemptionChange),
}

fn wish() -> impl Strategy<Value = Wish> {
    let some = (1_i64..80).prop_map(|points| RedemptionChange::Capture {
        points: Some(Points::new(points)),
    });
    let change = prop_oneof![
        some,
        Just(RedemptionChange::Capture { points: None }),
        Just(RedemptionChange::Release),
        Just(RedemptionChange::Reverse),
        Just(RedemptionChange::Lapse),
    ];
    prop_oneof![
        1 => (1_i64..60).prop_map(Wish::Take),
        2 => ((1_i64..60), (1_i64..400_000)).prop_map(|(points, ttl)| Wish::Hold(points, ttl)),
        4 => ((0_usize..12), change).prop_map(|(which, change)| Wish::Change(which, change)),
    ]
}

/// What all rows so far brought to an account.
#[derive(Default)]
struct Sums {
    redeemed: i64,
    expired: i64,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_point_is_lost_or_made(
        wishes in prop::collection::vec((0_i64..90_000, wish()), 1..30),
        days in prop::collection::vec(1_i64..20, 1..4),
    ) {
        let mut now = at("2026-11-21T00:00:00Z");
        let ends: Vec<String> = days
            .iter()
            .map(|days| (now + SignedDuration::from_hours(24 * days)).to_string())
            .collect();
        let lots: Vec<_> = ends.iter().map(|ends| (50, Some(ends.as_str()))).collect();
        let all = 50 * i64::try_from(lots.len()).unwrap();
        let mut holder = Holder::new(catalog(&base_program()), member_with(&lots));
        let mut known: Vec<RedemptionOutcome> = Vec::new();
        let mut stands: Vec<RedemptionOutcome> = Vec::new();
        let mut sums = Sums::default();
        for (seconds, wish) in wishes {
            now += SignedDuration::from_secs(seconds);
            let (which, command) = match wish {
                Wish::Take(points) => (known.len(), holder.redeem_command(points, None)),
                Wish::Hold(points, ttl) => (known.len(), holder.redeem_command(points, Some(ttl))),
                Wish::Change(which, change) => match known.get(which).cloned() {
                    Some(redemption) => (which, holder.change_command(&redemption, change)),
                    None => continue,
                },
            };
            let Ok(decision) = holder.run_at(&command, now) else { continue };
            match decision.outcome {
                Outcome::Redemption(outcome) => {
                    known.push(outcome.clone());
                    stands.push(outcome);
                }
                Outcome::RedemptionChanged(changed) => stands[which] = changed.redemption,
                _ => continue,
            }
            for row in decision.transaction.unwrap().transfers {
                let points = row.points.get();
                let moved = |account| {
                    let came = if row.credit == account { points } else { 0 };
                    let went = if row.debit == account { points } else { 0 };
                    came - went
                };
                sums.redeemed += moved(Account::Redeemed);
                sums.expired += moved(Account::Expired);
            }
            let (available, reserved, deficit) = holder.balance();
            prop_assert_eq!(available + reserved + sums.redeemed + sums.expired - deficit, all);
            let of = |state| -> i64 {
                let some = stands.iter().filter(|made| made.state == state);
                some.map(|made| made.points.get()).sum()
            };
            prop_assert_eq!(of(RedemptionState::Reserved), reserved);
            prop_assert_eq!(of(RedemptionState::Captured), sums.redeemed);
        }
    }
}
