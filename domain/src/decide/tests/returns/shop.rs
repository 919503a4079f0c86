//! A shop with one member: receipts, what comes back of them, and time that passes.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "a test counts in plain arithmetic; an overflow fails it"
)]

use crate::amount::{Amount, Points};
use crate::decide::tests::journal::Journal;
use crate::decide::tests::{at, catalog, receipt, seed};
use crate::decide::{
    ClaimPurchase, Command, Decision, Facts, Outcome, PurchaseOutcome, RecordPurchase,
    RecordedPurchase, Refusal, ReturnGoods, ReturnLine, ReturnOutcome, ReturnedGoods, Sweep,
    decide,
};
use crate::history::Budgets;
use crate::id::PurchaseId;
use crate::receipt::Receipt;
use crate::trail::Trail;
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A purchase and all that was done to it.
#[derive(Debug, Clone)]
struct Bought {
    recorded: Arc<RecordedPurchase>,
    trail: Trail,
    has_member: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Shop {
    pub(super) journal: Journal,
    bought: BTreeMap<PurchaseId, Bought>,
    number: u128,
    pub(super) now: Timestamp,
}

impl Shop {
    pub(super) fn of(program: &Value) -> Self {
        Self {
            journal: Journal::new(catalog(program)),
            bought: BTreeMap::new(),
            number: 100,
            now: at(crate::decide::tests::NOW),
        }
    }

    pub(super) fn at(mut self, now: &str) -> Self {
        self.now = at(now);
        self
    }

    /// Lets time pass, with what it does to points.
    pub(super) fn waits_until(&mut self, now: &str) {
        self.now = at(now);
        for command in [Command::Activate, Command::Expire] {
            self.number += 1;
            let seed = seed(self.number);
            let decision = self
                .journal
                .decide(&command(Sweep { seed }), self.now)
                .unwrap();
            self.record(&decision);
        }
    }

    fn record(&mut self, decision: &Decision) {
        if let Some(transaction) = &decision.transaction {
            let opened = transaction.lots_opened.iter().map(|lot| lot.id);
            self.journal.member.recalled.extend(opened);
            for bought in self.bought.values_mut() {
                bought.trail.note_lost(transaction);
            }
        }
        self.journal.record(decision);
    }

    pub(super) fn tries_to_buy(&mut self, parts: Value) -> Result<PurchaseOutcome, Refusal> {
        self.number += 1;
        let mut receipt = receipt(parts);
        if receipt.occurred_at == at(crate::decide::tests::NOW) {
            receipt.occurred_at = self.now;
        }
        let command = Command::Purchase(RecordPurchase {
            seed: seed(self.number),
            receipt: receipt.clone(),
            quote: false,
        });
        let decision = self.journal.decide(&command, self.now)?;
        Ok(self.keep(receipt, decision, true))
    }

    pub(super) fn buys(&mut self, parts: Value) -> PurchaseOutcome {
        self.tries_to_buy(parts).unwrap()
    }

    /// A receipt without a member.
    pub(super) fn sells(&mut self, parts: Value) -> PurchaseOutcome {
        self.number += 1;
        let mut receipt = receipt(parts);
        receipt.occurred_at = self.now;
        let command = Command::Purchase(RecordPurchase {
            seed: seed(self.number),
            receipt: receipt.clone(),
            quote: false,
        });
        let facts = Facts {
            member: None,
            budgets: &Budgets::default(),
            trail: None,
        };
        let decision = decide(&self.journal.catalog, facts, &command, self.now).unwrap();
        self.keep(receipt, decision, false)
    }

    fn keep(&mut self, receipt: Receipt, decision: Decision, has_member: bool) -> PurchaseOutcome {
        self.record(&decision);
        let Outcome::Purchase(outcome) = decision.outcome else {
            panic!("a receipt is answered as a purchase");
        };
        // As it is stored and read again.
        let text = serde_json::to_string(&outcome).unwrap();
        let outcome: PurchaseOutcome = serde_json::from_str(&text).unwrap();
        let moves = decision.transaction.map(|made| made.transfers);
        let bought = Bought {
            recorded: Arc::new(RecordedPurchase {
                receipt,
                outcome: outcome.clone(),
            }),
            trail: Trail {
                moves: moves.unwrap_or_default(),
                ..Trail::default()
            },
            has_member,
        };
        self.bought.insert(outcome.id, bought);
        outcome
    }

    fn acts(&mut self, purchase: PurchaseId, command: &Command) -> Result<Decision, Refusal> {
        let bought = self.bought[&purchase].clone();
        let is_claim = matches!(command, Command::Claim(_));
        let decision = if bought.has_member || is_claim {
            self.journal
                .decide_on(Some(&bought.trail), command, self.now)?
        } else {
            let facts = Facts {
                member: None,
                budgets: &Budgets::default(),
                trail: Some(&bought.trail),
            };
            decide(&self.journal.catalog, facts, command, self.now)?
        };
        self.record(&decision);
        let kept = self.bought.get_mut(&purchase).unwrap();
        kept.trail.note(&decision);
        kept.has_member |= is_claim;
        Ok(decision)
    }

    pub(super) fn gives_back(
        &mut self,
        purchase: PurchaseId,
        goods: ReturnedGoods,
    ) -> Result<ReturnOutcome, Refusal> {
        self.number += 1;
        let command = Command::Return(Box::new(ReturnGoods {
            seed: seed(self.number),
            purchase: self.bought[&purchase].recorded.clone(),
            goods,
            occurred_at: None,
            reason: None,
        }));
        match self.acts(purchase, &command)?.outcome {
            Outcome::Return(outcome) => Ok(*outcome),
            other => panic!("a return was answered as {other:?}"),
        }
    }

    pub(super) fn claims(&mut self, purchase: PurchaseId) -> Result<PurchaseOutcome, Refusal> {
        self.number += 1;
        let command = Command::Claim(Box::new(ClaimPurchase {
            seed: seed(self.number),
            purchase: self.bought[&purchase].recorded.clone(),
            occurred_at: None,
        }));
        match self.acts(purchase, &command)?.outcome {
            Outcome::Claim(outcome) => Ok(*outcome),
            other => panic!("a claim was answered as {other:?}"),
        }
    }

    /// available/pending/deficit of a wallet.
    pub(super) fn holds(&self, wallet: &str) -> (i64, i64, i64) {
        let facts = self.journal.member.wallets.get(wallet);
        facts.map_or((0, 0, 0), |facts| {
            let spendable = facts.spendable(self.now).unwrap();
            (spendable.get(), facts.pending.get(), facts.deficit.get())
        })
    }
}

/// Whole lines.
pub(super) fn lines(places: &[usize]) -> ReturnedGoods {
    let line = |line: &usize| ReturnLine {
        line: *line,
        quantity: None,
        amount: None,
    };
    ReturnedGoods::Lines(places.iter().map(line).collect())
}

/// So many pieces of a line.
pub(super) fn pieces(line: usize, quantity: &str) -> ReturnedGoods {
    let quantity = serde_json::from_value(Value::from(quantity)).unwrap();
    ReturnedGoods::Lines(vec![ReturnLine {
        line,
        quantity: Some(quantity),
        amount: None,
    }])
}

pub(super) fn worth(amount: i64) -> ReturnedGoods {
    ReturnedGoods::Amount(Amount::new(amount))
}

/// Taken back and wanted, given back, money refunded.
pub(super) fn sums(outcome: &ReturnOutcome) -> (i64, i64, i64, i64) {
    let sum = |points: &mut dyn Iterator<Item = Points>| points.map(Points::get).sum();
    (
        sum(&mut outcome.clawed_back.iter().map(|back| back.points)),
        sum(&mut outcome.clawed_back.iter().map(|back| back.wanted)),
        sum(&mut outcome.restored.iter().map(|back| back.points)),
        outcome.refunded.amount.minor(),
    )
}
