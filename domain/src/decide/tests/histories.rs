//! Random histories in which points wait for days and events, live on while the member comes back,
//! and end: whoever sweeps, however often and whenever, changes nothing that a member could spend.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "a property is stated in plain arithmetic; an overflow fails the test"
)]

use super::{at, catalog, decide, member, seed};
use crate::amount::Points;
use crate::catalog::Catalog;
use crate::decide::{
    Command, Decision, Outcome, RecordPurchase, RedeemPoints, Refusal, ReportEvent, Sweep,
};
use crate::id::PurchaseId;
use crate::ledger::{Account, TransactionKind};
use crate::lot::Lot;
use crate::member::{MemberFacts, WalletFacts};
use crate::receipt::Receipt;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::{
    Just, ProptestConfig, Strategy, any, prop, prop_assert_eq, prop_oneof, proptest,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const WALLETS: [&str; 3] = ["soon", "slide", "wait"];

/// A wallet whose points wait for days, one that slides and one that waits for an event, and a
/// bonus with terms of its own in each.
fn program() -> Value {
    let rule = |code: &str, wallet: &str| {
        json!({"code": code, "wallet": wallet,
            "award": {"type": "per_amount", "amount": 100, "points": 1}})
    };
    let bonus = |code: &str, wallet: &str, terms: Value| {
        let mut bonus = json!({"code": code, "wallet": wallet,
            "effect": {"type": "multiplier", "times": "2"}});
        for (field, value) in terms.as_object().unwrap() {
            bonus[field] = value.clone();
        }
        bonus
    };
    json!({
        "wallets": [
            {"code": "soon", "expiry": {"type": "after", "days": 6},
             "activation": {"type": "after_days", "days": 2}},
            {"code": "slide", "redemption": {"over": "clamp"},
             "expiry": {"type": "sliding", "days": 3, "reset_on": ["earn", "redeem"]}},
            {"code": "wait", "expiry": {"type": "after", "days": 5},
             "activation": {"type": "on_event", "event": "delivered", "cancel_after_days": 4}},
        ],
        "earn_rules": [rule("one", "soon"), rule("two", "slide"), rule("three", "wait")],
        "bonuses": [
            bonus("four", "soon", json!({"activation": {"type": "immediate"},
                "expiry": {"type": "sliding", "days": 2, "reset_on": ["visit"]}})),
            bonus("five", "slide", json!({"activation": {"type": "after_days", "days": 1}})),
            bonus("six", "wait", json!({"activation": {"type": "on_event", "event": "paid"},
                "expiry": {"type": "end_of_month", "months": 0}})),
        ],
    })
}

/// What is done after so many hours, and whether sweeps come by before and how often.
#[derive(Debug, Clone)]
struct Step {
    hours: i64,
    wish: Wish,
    sweeps: Vec<bool>,
}

#[derive(Debug, Clone)]
enum Wish {
    Buy {
        amount: i64,
        late_hours: i64,
        slide: i64,
    },
    Redeem {
        wallet: usize,
        points: i64,
    },
    /// For the purchase that is so many before the last one.
    Event {
        back: usize,
        paid: bool,
    },
    Nothing,
}

fn step() -> impl Strategy<Value = Step> {
    let late = prop_oneof![3 => Just(0_i64), 1 => 1_i64..300];
    let slide = prop_oneof![3 => Just(0_i64), 1 => 1_i64..60];
    let buy = (0_i64..4_000, late, slide).prop_map(|(amount, late_hours, slide)| Wish::Buy {
        amount,
        late_hours,
        slide,
    });
    let redeem =
        (0_usize..3, 1_i64..40).prop_map(|(wallet, points)| Wish::Redeem { wallet, points });
    let event = (0_usize..4, any::<bool>()).prop_map(|(back, paid)| Wish::Event { back, paid });
    let wish = prop_oneof![4 => buy, 2 => redeem, 2 => event, 1 => Just(Wish::Nothing)];
    let sweeps = prop::collection::vec(any::<bool>(), 0..4);
    (0_i64..60, wish, sweeps).prop_map(|(hours, wish, sweeps)| Step {
        hours,
        wish,
        sweeps,
    })
}

/// One member through a history.
struct Life {
    facts: MemberFacts,
    bought: Vec<(PurchaseId, Timestamp)>,
    commands: u128,
}

impl Life {
    fn new() -> Self {
        Self {
            facts: member(),
            bought: Vec::new(),
            commands: 0,
        }
    }

    fn run(
        &mut self,
        catalog: &Catalog,
        command: &Command,
        now: Timestamp,
    ) -> Result<Decision, Refusal> {
        let decision = decide(catalog, Some(&self.facts), command, now)?;
        let after = self.facts.after(&decision);
        check(&self.facts, &decision, &after);
        self.facts = after;
        Ok(decision)
    }

    fn sweep(&mut self, catalog: &Catalog, kind: TransactionKind, now: Timestamp) -> bool {
        self.commands += 1;
        // Far from the ids of what a caller does, which are the same in every life.
        let sweep = Sweep {
            seed: seed(self.commands + 1_000_000),
        };
        let command = if kind == TransactionKind::Activate {
            Command::Activate(sweep)
        } else {
            Command::Expire(sweep)
        };
        self.run(catalog, &command, now)
            .unwrap()
            .transaction
            .is_some()
    }

    /// What a step wants; nothing when there is no purchase to report of.
    fn command(&self, step: &Step, number: u128, now: Timestamp) -> Option<Command> {
        let seed = seed(number);
        Some(match step.wish {
            Wish::Nothing => return None,
            Wish::Redeem { wallet, points } => Command::Redeem(RedeemPoints {
                seed,
                wallet: WALLETS[wallet].to_owned(),
                points: Points::new(points),
                hold: None,
                reference: None,
                store: None,
                occurred_at: None,
            }),
            Wish::Event { back, paid } => {
                let (purchase, purchased_at) = *self.bought.iter().rev().nth(back)?;
                Command::Event(ReportEvent {
                    seed,
                    purchase,
                    purchased_at,
                    event: if paid { "paid" } else { "delivered" }.to_owned(),
                    occurred_at: None,
                })
            }
            Wish::Buy {
                amount,
                late_hours,
                slide,
            } => {
                let occurred_at = now - SignedDuration::from_hours(late_hours);
                let mut receipt = json!({"store": "shibuya", "occurred_at": occurred_at,
                    "member": {"card": "1"}, "lines": [{"amount": amount}]});
                if slide > 0 {
                    receipt["redeem"] = json!([{"wallet": "slide", "points": slide}]);
                }
                let receipt: Receipt = serde_json::from_value(receipt).unwrap();
                Command::Purchase(RecordPurchase {
                    seed,
                    receipt,
                    quote: false,
                })
            }
        })
    }

    /// Does a step; what its caller is told, without what only counts transactions.
    fn act(&mut self, catalog: &Catalog, step: &Step, number: u128, now: Timestamp) -> Value {
        let Some(command) = self.command(step, number, now) else {
            return Value::Null;
        };
        let decision = match self.run(catalog, &command, now) {
            Ok(decision) => decision,
            Err(refusal) => return json!(refusal.code()),
        };
        let mut told = match decision.outcome {
            Outcome::Purchase(outcome) => {
                self.bought.push((outcome.id, outcome.occurred_at));
                serde_json::to_value(outcome).unwrap()
            }
            Outcome::Redemption(outcome) => serde_json::to_value(outcome).unwrap(),
            Outcome::Event(outcome) => serde_json::to_value(outcome).unwrap(),
            _ => panic!("nobody asked for this"),
        };
        told["version"] = Value::Null;
        for balance in told["balances"].as_array_mut().unwrap() {
            // What was cancelled may still stand among what waits, until it is swept.
            balance["pending"] = Value::Null;
        }
        told
    }

    /// What can be spent by wallet.
    fn spendable(&self, now: Timestamp) -> BTreeMap<&str, i64> {
        let wallets = self.facts.wallets.iter();
        wallets
            .map(|(code, wallet)| (code.as_str(), wallet.spendable(now).unwrap().get()))
            .collect()
    }
}

fn lots(wallet: &WalletFacts) -> &[Lot] {
    wallet.lots.as_deref().unwrap()
}

fn held(wallet: &WalletFacts, is_counted: impl Fn(&Lot) -> bool) -> i64 {
    let counted = lots(wallet).iter().filter(|lot| is_counted(lot));
    counted.map(|lot| lot.remaining.get()).sum()
}

/// Balances are the sums of lots and the effect of the rows, and nothing that is over was spent.
fn check(before: &MemberFacts, decision: &Decision, after: &MemberFacts) {
    let Some(transaction) = &decision.transaction else {
        assert_eq!(before, after, "nothing changes without a transaction");
        return;
    };
    assert_eq!(after.version, before.version + 1);
    for (code, wallet) in &after.wallets {
        assert_eq!(
            wallet.available.get(),
            held(wallet, |lot| lot.pending.is_none()),
            "available = active lots"
        );
        assert_eq!(
            wallet.pending.get(),
            held(wallet, |lot| lot.pending.is_some()),
            "pending = waiting lots"
        );
        let old = before.wallets.get(code).cloned().unwrap_or_default();
        let sums = [
            (Account::Available, old.available, wallet.available),
            (Account::Pending, old.pending, wallet.pending),
        ];
        for (account, was, is) in sums {
            let rows = transaction
                .transfers
                .iter()
                .filter(|row| row.wallet == *code);
            let gained: i64 = rows
                .map(|row| {
                    let sign = i64::from(row.credit == account) - i64::from(row.debit == account);
                    sign * row.points.get()
                })
                .sum();
            assert_eq!(is.get() - was.get(), gained, "{code} {account:?}");
        }
        let ends = lots(wallet).iter().filter(|lot| !lot.remaining.is_zero());
        let first = ends.filter_map(|lot| lot.expires_at).min();
        let is_known = first.is_none_or(|at| wallet.next_expires_at.is_some_and(|next| next <= at));
        assert!(is_known, "the next expiry is never too late");
    }
    let spent = transaction.transfers.iter();
    for row in spent.filter(|row| row.credit == Account::Redeemed) {
        let wallet = &before.wallets[&row.wallet];
        let lot = lots(wallet).iter().find(|lot| Some(lot.id) == row.lot);
        assert!(
            lot.is_some_and(|lot| lot.is_spendable(transaction.recorded_at)),
            "only what was spendable before the command was spent"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn sweeps_change_nothing_that_a_member_could_spend(
        steps in prop::collection::vec(step(), 1..30),
    ) {
        use TransactionKind::{Activate, Expire};
        let catalog = catalog(&program());
        let (mut rare, mut often) = (Life::new(), Life::new());
        let mut now = at("2028-02-20T00:00:00Z");
        for (number, step) in (1_u128..).zip(&steps) {
            now += SignedDuration::from_hours(step.hours);
            // Both are activated when the day comes, which a member may rely on; only one is ever
            // rid of what is over.
            rare.sweep(&catalog, Activate, now);
            often.sweep(&catalog, Activate, now);
            for is_expiry in &step.sweeps {
                let kind = if *is_expiry { Expire } else { Activate };
                let before = often.spendable(now).into_iter().map(|(code, points)| (code.to_owned(), points));
                let before: BTreeMap<String, i64> = before.collect();
                let made = often.sweep(&catalog, kind, now);
                prop_assert_eq!(made && !is_expiry, false, "what is due was activated already");
                prop_assert_eq!(often.sweep(&catalog, kind, now), false, "once is enough");
                for (code, points) in often.spendable(now) {
                    prop_assert_eq!(Some(&points), before.get(code));
                }
            }
            let told = rare.act(&catalog, step, number, now);
            prop_assert_eq!(told, often.act(&catalog, step, number, now));
            prop_assert_eq!(rare.spendable(now), often.spendable(now));
        }
        // In the end both are rid of the same points.
        now += SignedDuration::from_hours(24 * 400);
        for life in [&mut rare, &mut often] {
            life.sweep(&catalog, Activate, now);
            life.sweep(&catalog, Expire, now);
            let left: i64 = life.spendable(now).values().sum();
            prop_assert_eq!(left, 0);
            let open = life.facts.wallets.values();
            prop_assert_eq!(open.map(|wallet| wallet.available.get()).sum::<i64>(), 0);
        }
        prop_assert_eq!(rare.spendable(now), often.spendable(now));
    }
}
