//! What holds for every receipt and every order of commands.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::integer_division,
    reason = "a property is stated in plain arithmetic; an overflow fails the test"
)]

use super::{at, catalog, decide, member, seed};
use crate::amount::Points;
use crate::catalog::Catalog;
use crate::decide::{Command, Decision, Outcome, RecordPurchase, RedeemPoints};
use crate::ledger::{Account, Transaction};
use crate::member::{MemberFacts, WalletFacts};
use crate::receipt::Receipt;
use crate::settings::PointsPaidAs;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::{
    Just, ProptestConfig, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest,
};
use serde_json::{Value, json};

fn program() -> Value {
    let tiers = json!([{"from": 0, "amount": 100, "points": 1},
        {"from": 3_000, "amount": 100, "points": 3}]);
    json!({
        "wallets": [
            {"code": "points", "expiry": {"type": "after", "days": 10},
             "redemption": {"over": "clamp", "max_percent": "80"}},
            {"code": "stamps", "redemption": {"over": "clamp", "value_per_point": "0.5"}},
        ],
        "earn_rules": [
            {"code": "base", "wallet": "points",
             "award": {"type": "tiered", "by": "receipt_amount", "mode": "marginal", "tiers": tiers}},
            {"code": "visit", "wallet": "stamps", "award": {"type": "fixed", "points": 2}},
        ],
        "bonuses": [{"code": "food", "wallet": "points", "when": {"categories": ["food"]},
            "effect": {"type": "multiplier", "times": "2.5"}}],
    })
}

/// A step of a history: how many hours pass, how late the till is, and what it sends.
#[derive(Debug, Clone)]
struct Step {
    hours: i64,
    late_days: i64,
    wish: Wish,
}

#[derive(Debug, Clone)]
enum Wish {
    Buy {
        lines: Vec<(i64, bool, bool)>,
        points: i64,
        stamps: i64,
    },
    Redeem {
        points: i64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let lines = prop::collection::vec((0_i64..9_000, any::<bool>(), any::<bool>()), 1..6);
    let wallet = || prop_oneof![Just(0_i64), 1_i64..400];
    let buy = (lines, wallet(), wallet()).prop_map(|(lines, points, stamps)| Wish::Buy {
        lines,
        points,
        stamps,
    });
    let redeem = (1_i64..200).prop_map(|points| Wish::Redeem { points });
    let late = prop_oneof![4 => Just(0_i64), 1 => 1_i64..15];
    let wish = prop_oneof![3 => buy, 1 => redeem];
    (0_i64..100, late, wish).prop_map(|(hours, late_days, wish)| Step {
        hours,
        late_days,
        wish,
    })
}

fn command(step: &Step, number: u128, now: Timestamp) -> Command {
    let seed = seed(number);
    match &step.wish {
        Wish::Redeem { points } => Command::Redeem(RedeemPoints {
            seed,
            wallet: "points".to_owned(),
            points: Points::new(*points),
            hold: None,
            reference: None,
            store: None,
            occurred_at: None,
        }),
        Wish::Buy {
            lines,
            points,
            stamps,
        } => {
            let occurred_at = now - SignedDuration::from_hours(24 * step.late_days);
            let line = |(amount, food, eight): &(i64, bool, bool)| {
                json!({"amount": amount, "category": if *food { "food/x" } else { "toys" },
                    "tax_percent": if *eight { "8" } else { "10" }})
            };
            let redeem: Vec<Value> = [("points", points), ("stamps", stamps)]
                .into_iter()
                .filter(|(_, wish)| **wish > 0)
                .map(|(wallet, wish)| json!({"wallet": wallet, "points": wish}))
                .collect();
            let receipt: Receipt = serde_json::from_value(json!({
                "store": "shibuya", "occurred_at": occurred_at, "member": {"card": "1"},
                "lines": lines.iter().map(line).collect::<Vec<_>>(), "redeem": redeem,
            }))
            .unwrap();
            Command::Purchase(RecordPurchase {
                seed,
                receipt,
                quote: false,
            })
        }
    }
}

fn lots_sum(wallet: &WalletFacts) -> i64 {
    wallet
        .lots
        .as_ref()
        .unwrap()
        .iter()
        .map(|lot| lot.remaining.get())
        .sum()
}

/// Every row moves points between accounts; what reaches a wallet is what its facts gain.
fn moved(transaction: &Transaction, wallet: &str) -> i64 {
    let side = |account: Account, points: Points| match account {
        Account::Available => points.get(),
        Account::Deficit => -points.get(),
        _ => 0,
    };
    let rows = transaction
        .transfers
        .iter()
        .filter(|row| row.wallet == wallet);
    rows.map(|row| side(row.credit, row.points) - side(row.debit, row.points))
        .sum()
}

fn check_ledger(before: &MemberFacts, decision: &Decision, after: &MemberFacts) {
    let transaction = decision.transaction.as_ref().unwrap();
    assert_eq!(after.version, before.version + 1);
    for state in &transaction.wallets {
        let wallet = &after.wallets[state.wallet.as_str()];
        assert_eq!(
            wallet.available.get(),
            lots_sum(wallet),
            "available = open lots"
        );
        let old = before
            .wallets
            .get(state.wallet.as_str())
            .map_or(0, |old| old.available.get());
        assert_eq!(
            wallet.available.get() - old,
            moved(transaction, &state.wallet)
        );
        let last = transaction
            .transfers
            .iter()
            .rfind(|row| row.wallet == state.wallet);
        assert_eq!(last.map(|row| row.balance_after), Some(state.available));
        let first = wallet
            .lots
            .as_ref()
            .unwrap()
            .iter()
            .filter_map(|lot| lot.expires_at)
            .min();
        let not_too_late = first.is_none_or(|at| wallet.next_expires_at.is_some_and(|n| n <= at));
        assert!(not_too_late, "the next expiry is never too late");
    }
    let shown = match &decision.outcome {
        Outcome::Purchase(outcome) => &outcome.balances,
        Outcome::Redemption(outcome) => &outcome.balances,
        Outcome::RedemptionChanged(changed) => &changed.redemption.balances,
        Outcome::Event(outcome) => &outcome.balances,
        Outcome::Return(outcome) => &outcome.balances,
        Outcome::Claim(outcome) => &outcome.balances,
        Outcome::Exchange(outcome) => &outcome.bought.balances,
        Outcome::Adjustment(outcome) => &outcome.balances,
        Outcome::AdjustmentReviewed(reviewed) => &reviewed.adjustment.balances,
        Outcome::Transfer(outcome) => &outcome.from.balances,
        Outcome::Swept | Outcome::RankSet => return,
    };
    for balance in shown {
        let facts = after.wallets.get(balance.wallet.as_str());
        let spendable = facts.map_or(Points::ZERO, |w| {
            w.spendable(after.last_recorded_at).unwrap()
        });
        assert_eq!(
            balance.available, spendable,
            "the answer shows the facts left behind"
        );
    }
}

fn check_spend_order(before: &MemberFacts, decision: &Decision) {
    let transaction = decision.transaction.as_ref().unwrap();
    for (code, wallet) in &before.wallets {
        let mut order: Vec<_> = wallet.lots.as_ref().unwrap().iter().collect();
        order.retain(|lot| lot.is_spendable(transaction.recorded_at));
        order.sort_by_key(|lot| lot.spend_order());
        let rows = transaction.transfers.iter();
        let spent: Vec<_> = rows
            .filter(|row| row.wallet == *code && row.credit == Account::Redeemed)
            .map(|row| (row.lot.unwrap(), row.points))
            .collect();
        for (position, (lot, points)) in spent.iter().enumerate() {
            assert_eq!(*lot, order[position].id);
            let is_last = position + 1 == spent.len();
            assert!(
                is_last || *points == order[position].remaining,
                "emptied before the next"
            );
        }
    }
}

/// The money of a receipt sums, whichever way points and tax go.
fn check_money(catalog: &Catalog, decision: &Decision) {
    let Outcome::Purchase(outcome) = &decision.outcome else {
        return;
    };
    let amounts = &outcome.amounts;
    let tax: i64 = amounts.tax.iter().map(|part| part.tax.minor()).sum();
    let net: i64 = amounts.tax.iter().map(|part| part.net.minor()).sum();
    let tender = catalog.settings.points_paid_as == PointsPaidAs::Tender;
    let paid = amounts.points_paid.minor();
    let taken_later = if tender { paid } else { 0 };
    assert_eq!(net + tax, amounts.total.minor() + taken_later);
    assert!(amounts.total.minor() >= 0);
    let values: i64 = outcome.redeemed.iter().map(|part| part.value.minor()).sum();
    assert_eq!(values, paid);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn every_history_keeps_the_ledger_exact(
        steps in prop::collection::vec(step(), 1..25),
        tender in any::<bool>(),
        included in any::<bool>(),
    ) {
        let mut catalog = catalog(&program());
        catalog.settings.prices_include_tax = included;
        catalog.settings.points_paid_as =
            if tender { PointsPaidAs::Tender } else { PointsPaidAs::Discount };
        let mut facts = member();
        let mut now = at("2026-06-01T00:00:00Z");
        for (number, step) in (1_u128..).zip(&steps) {
            now += SignedDuration::from_hours(step.hours);
            let command = command(step, number, now);
            let decided = decide(&catalog, Some(&facts), &command, now);
            prop_assert_eq!(&decided, &decide(&catalog, Some(&facts), &command, now));
            let Ok(decision) = decided else { continue };
            let after = facts.after(&decision);
            check_ledger(&facts, &decision, &after);
            check_spend_order(&facts, &decision);
            check_money(&catalog, &decision);
            facts = after;
        }
    }

    #[test]
    fn more_money_never_earns_fewer_base_points(small in 0_i64..100_000, more in 0_i64..100_000) {
        let catalog = catalog(&program());
        let base = |amount: i64| {
            let command = super::purchase(super::receipt_of(amount));
            let outcome = super::told(&catalog, Some(&member()), &command).unwrap();
            let base = outcome.earned.iter().find(|part| part.rule == "base");
            base.map_or(0, |part| part.points.get())
        };
        prop_assert!(base(small) <= base(small + more));
        let expected = |amount: i64| amount.min(3_000) / 100 + (amount - 3_000).max(0) / 100 * 3;
        prop_assert_eq!(base(small), expected(small));
    }
}
