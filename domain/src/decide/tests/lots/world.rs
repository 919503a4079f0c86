//! One member in one program, through the years.

use crate::catalog::Catalog;
use crate::decide::tests::{at, catalog, decide, member, receipt, seed};
use crate::decide::{
    Command, Decision, EventOutcome, Outcome, RecordPurchase, Refusal, ReportEvent, Sweep,
};
use crate::id::PurchaseId;
use crate::ledger::Account;
use crate::member::MemberFacts;
use jiff::Timestamp;
use serde_json::{Value, json};

/// One point per ¥100, with these settings of the wallet.
pub(super) fn program(wallet: &Value) -> Catalog {
    let mut points = json!({"code": "points"});
    for (field, value) in wallet.as_object().unwrap() {
        points[field] = value.clone();
    }
    catalog(&json!({
        "wallets": [points],
        "earn_rules": [{"code": "base", "wallet": "points",
            "award": {"type": "per_amount", "amount": 100, "points": 1}}],
    }))
}

pub(super) struct World {
    pub(super) catalog: Catalog,
    pub(super) facts: MemberFacts,
    commands: u128,
}

impl World {
    pub(super) fn new(catalog: Catalog) -> Self {
        Self {
            catalog,
            facts: member(),
            commands: 10,
        }
    }

    pub(super) fn run(&mut self, command: &Command, now: &str) -> Result<Decision, Refusal> {
        let decision = decide(&self.catalog, Some(&self.facts), command, at(now))?;
        self.facts = self.facts.after(&decision);
        let wallets = self.facts.wallets.values();
        for wallet in wallets {
            let lots = wallet.lots.as_ref().unwrap().iter();
            let held = |is_pending: bool| -> i64 {
                let lots = lots
                    .clone()
                    .filter(|lot| lot.pending.is_some() == is_pending);
                lots.map(|lot| lot.remaining.get()).sum()
            };
            assert_eq!(
                wallet.available.get(),
                held(false),
                "available = active lots"
            );
            assert_eq!(wallet.pending.get(), held(true), "pending = waiting lots");
        }
        Ok(decision)
    }

    pub(super) fn next_seed(&mut self) -> uuid::Uuid {
        self.commands = self.commands.wrapping_add(1);
        seed(self.commands)
    }

    /// A receipt recorded at `now` that took place at `occurred_at`; its id.
    pub(super) fn buy_late(&mut self, amount: i64, occurred_at: &str, now: &str) -> PurchaseId {
        let receipt = receipt(json!({"occurred_at": occurred_at, "lines": [{"amount": amount}]}));
        let command = Command::Purchase(RecordPurchase {
            seed: self.next_seed(),
            receipt,
            quote: false,
        });
        let decision = self.run(&command, now).unwrap();
        let Outcome::Purchase(outcome) = decision.outcome else {
            panic!("a receipt is a purchase");
        };
        outcome.id
    }

    pub(super) fn buy(&mut self, amount: i64, now: &str) -> PurchaseId {
        self.buy_late(amount, now, now)
    }

    pub(super) fn event(
        &mut self,
        purchase: PurchaseId,
        event: &str,
        now: &str,
    ) -> Result<EventOutcome, Refusal> {
        let command = Command::Event(ReportEvent {
            seed: self.next_seed(),
            purchase,
            purchased_at: at("2026-11-21T00:00:00Z"),
            event: event.to_owned(),
            occurred_at: None,
        });
        match self.run(&command, now)?.outcome {
            Outcome::Event(outcome) => Ok(outcome),
            other => panic!("an event was answered as {other:?}"),
        }
    }

    /// What the sweeps of this moment moved: debit, credit and points of each row.
    pub(super) fn sweep(&mut self, now: &str) -> Vec<(Account, Account, i64)> {
        let activate = Sweep {
            seed: self.next_seed(),
        };
        let expire = Sweep {
            seed: self.next_seed(),
        };
        let mut rows = Vec::new();
        for command in [Command::Activate(activate), Command::Expire(expire)] {
            let decision = self.run(&command, now).unwrap();
            assert_eq!(decision.outcome, Outcome::Swept);
            let Some(made) = decision.transaction else {
                continue;
            };
            assert!(!made.transfers.is_empty(), "no transaction without rows");
            let moved = made.transfers.iter();
            rows.extend(moved.map(|row| (row.debit, row.credit, row.points.get())));
        }
        rows
    }

    /// Available, pending, deficit.
    pub(super) fn balance(&self, now: &str) -> (i64, i64, i64) {
        let balances = self.facts.balances(&self.catalog, at(now)).unwrap();
        let points = &balances[0];
        (
            points.available.get(),
            points.pending.get(),
            points.deficit.get(),
        )
    }

    pub(super) fn ends(&self) -> Vec<Option<Timestamp>> {
        let lots = self.facts.wallets["points"].lots.as_ref().unwrap().iter();
        lots.map(|lot| lot.expires_at).collect()
    }
}
