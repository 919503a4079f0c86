//! What a test recorded so far, kept as plain lists: facts are summed from them anew for every
//! decision, the way a fresh load does it.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "a test states sums plainly; an overflow fails it"
)]

use super::{NOW, at, earned, member, purchase, receipt, seed};
use crate::amount::{Amount, Points};
use crate::catalog::Catalog;
use crate::decide::{
    Command, Decision, Facts, Outcome, PurchaseOutcome, RecordPurchase, Refusal, decide,
};
use crate::history::{Budgets, Counters, History, Uses};
use crate::ledger::{DayDelta, RuleUse};
use crate::member::MemberFacts;
use crate::needs::Needs;
use crate::window::DateRange;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;

/// One member, and all that was recorded of it and of the campaigns.
#[derive(Debug, Clone)]
pub(super) struct Journal {
    pub(super) catalog: Catalog,
    pub(super) member: MemberFacts,
    pub(super) days: Vec<DayDelta>,
    pub(super) uses: Vec<RuleUse>,
    /// Used by others.
    pub(super) shared: Vec<RuleUse>,
    number: u128,
}

impl Journal {
    pub(super) fn new(catalog: Catalog) -> Self {
        Self {
            catalog,
            member: member(),
            days: Vec::new(),
            uses: Vec::new(),
            shared: Vec::new(),
            number: 1,
        }
    }

    /// Another member of the same tenant, to whom only the campaigns are known.
    pub(super) fn other(&self) -> Self {
        let mut other = Self::new(self.catalog.clone());
        other.shared = self.shared.iter().chain(&self.uses).cloned().collect();
        other.number = self.number + 1_000;
        other
    }

    /// Says that so much was spent on a day.
    pub(super) fn spent(&mut self, date: Date, amount: i64) {
        self.days.push(DayDelta {
            business_date: date,
            spend: Amount::new(amount),
            gross_spend: Amount::new(amount),
            visits: 1,
            points_earned: Points::ZERO,
        });
    }

    pub(super) fn load(&mut self, needs: &Needs) -> Budgets {
        let counters = |range: &DateRange| {
            let mut sum = Counters::default();
            for day in self
                .days
                .iter()
                .filter(|day| range.contains(day.business_date))
            {
                sum.spend = sum.spend.checked_add(day.spend).unwrap();
                sum.gross_spend = sum.gross_spend.checked_add(day.gross_spend).unwrap();
                sum.visits += day.visits;
                sum.points_earned = sum.points_earned.checked_add(day.points_earned).unwrap();
                sum.last_visit = sum.last_visit.max(Some(day.business_date));
            }
            (*range, sum)
        };
        let uses = |(code, range): &(String, DateRange)| {
            let own = self.uses.iter().filter(|used| used.code == *code);
            let own = own.filter(|used| range.contains(used.business_date));
            ((code.clone(), *range), sum(own))
        };
        let budget = |code: &String| {
            let all = self.uses.iter().chain(&self.shared);
            let all = all.filter(|used| used.code == *code && used.campaign);
            (code.clone(), sum(all))
        };
        let history = History {
            counters: needs.counters.iter().map(counters).collect(),
            uses: needs.uses.iter().map(uses).collect(),
            person: None,
            days: None,
        };
        let used = needs.budgets.iter().map(budget).collect();
        self.member.history = history;
        Budgets { used }
    }

    /// Decides a receipt with exactly what `needs` names.
    pub(super) fn decide(
        &mut self,
        command: &Command,
        now: Timestamp,
    ) -> Result<Decision, Refusal> {
        let needs = command.needs(&self.catalog, &self.member, now);
        let budgets = self.load(&needs);
        let facts = Facts {
            member: Some(&self.member),
            budgets: &budgets,
        };
        decide(&self.catalog, facts, command, now)
    }

    pub(super) fn record(&mut self, decision: &Decision) {
        self.member = self.member.after(decision);
        if let Some(transaction) = &decision.transaction {
            self.days.extend(transaction.day);
            self.uses.extend(transaction.uses.iter().cloned());
        }
    }

    /// Records a receipt with these parts at its own time.
    pub(super) fn buy(&mut self, parts: Value) -> PurchaseOutcome {
        self.number += 1;
        let receipt = receipt(parts);
        let now = receipt.occurred_at.max(at(NOW));
        let command = Command::Purchase(RecordPurchase {
            seed: seed(self.number),
            receipt,
            quote: false,
        });
        let decision = self.decide(&command, now).unwrap();
        self.record(&decision);
        match decision.outcome {
            Outcome::Purchase(outcome) => *outcome,
            _ => panic!("a receipt is answered as a purchase"),
        }
    }

    /// The points by rule of a receipt of one line.
    pub(super) fn earns(&mut self, amount: i64) -> String {
        earned(&self.buy(serde_json::json!({"lines": [{"amount": amount}]})))
    }

    /// The same at a time.
    pub(super) fn earns_at(&mut self, occurred_at: &str, amount: i64) -> String {
        let lines = serde_json::json!({"occurred_at": occurred_at, "lines": [{"amount": amount}]});
        earned(&self.buy(lines))
    }

    /// What `decide` would look at for a receipt of one line.
    pub(super) fn needs(&self, amount: i64) -> Needs {
        let receipt = receipt(serde_json::json!({"lines": [{"amount": amount}]}));
        purchase(receipt).needs(&self.catalog, &self.member, at(NOW))
    }
}

fn sum<'u>(uses: impl Iterator<Item = &'u RuleUse>) -> Uses {
    uses.fold(Uses::default(), |sum, used| {
        sum.checked_add(used.uses()).unwrap()
    })
}
