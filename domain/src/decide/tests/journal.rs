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
use crate::history::{Budgets, Counters, DayBook, History, Uses};
use crate::ledger::{DayDelta, RuleUse, TransactionKind};
use crate::member::MemberFacts;
use crate::needs::Needs;
use crate::rank::{PastRank, RankChange, RecordedReceipt};
use crate::trail::Trail;
use crate::window::DateRange;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;
use std::collections::BTreeMap;

/// One member, and all that was recorded of it and of the campaigns.
#[derive(Debug, Clone)]
pub(crate) struct Journal {
    pub(crate) catalog: Catalog,
    pub(crate) member: MemberFacts,
    pub(crate) days: Vec<DayDelta>,
    pub(crate) uses: Vec<RuleUse>,
    /// Used by others.
    pub(crate) shared: Vec<RuleUse>,
    /// Every change of a rank.
    pub(crate) changes: Vec<RankChange>,
    /// Every receipt, as far as ranks look at it.
    pub(crate) receipts: Vec<RecordedReceipt>,
    number: u128,
}

impl Journal {
    pub(crate) fn new(catalog: Catalog) -> Self {
        Self {
            catalog,
            member: member(),
            days: Vec::new(),
            uses: Vec::new(),
            shared: Vec::new(),
            changes: Vec::new(),
            receipts: Vec::new(),
            number: 1,
        }
    }

    /// Another member of the same tenant, to whom only the campaigns are known.
    pub(crate) fn other(&self) -> Self {
        let mut other = Self::new(self.catalog.clone());
        other.shared = self.shared.iter().chain(&self.uses).cloned().collect();
        other.number = self.number + 1_000;
        other
    }

    /// Says that so much was spent on a day.
    pub(crate) fn spent(&mut self, date: Date, amount: i64) {
        self.days.push(DayDelta {
            business_date: date,
            spend: Amount::new(amount),
            gross_spend: Amount::new(amount),
            visits: 1,
            points_earned: Points::ZERO,
        });
    }

    pub(crate) fn load(&mut self, needs: &Needs) -> Budgets {
        let counters = |range: &DateRange| (*range, self.counted(*range));
        let day_book = |range: DateRange| DayBook {
            range,
            days: self.by_day(range),
        };
        let past = |change: &RankChange| PastRank {
            ladder: change.ladder.clone(),
            effective_at: change.effective_at,
            code: change.code.clone(),
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
            days: needs.days.map(day_book),
        };
        let used = needs.budgets.iter().map(budget).collect();
        let past = || self.changes.iter().map(past).collect();
        self.member.ranks.past = needs.past_ranks.then(past);
        self.member.ranks.made.clear();
        self.member.history = history;
        Budgets { used }
    }

    /// What the days of a range add up to.
    fn counted(&self, range: DateRange) -> Counters {
        let days = self.days.iter();
        let days = days.filter(|day| range.contains(day.business_date));
        days.fold(Counters::default(), |sum, day| sum.with(day).unwrap())
    }

    fn by_day(&self, range: DateRange) -> BTreeMap<Date, Counters> {
        let dates = self.days.iter().map(|day| day.business_date);
        let one = |date| DateRange {
            from: Some(date),
            to: date,
        };
        dates
            .filter(|date| range.contains(*date))
            .map(|date| (date, self.counted(one(date))))
            .collect()
    }

    /// Decides a receipt with exactly what `needs` names.
    pub(crate) fn decide(
        &mut self,
        command: &Command,
        now: Timestamp,
    ) -> Result<Decision, Refusal> {
        self.decide_on(None, command, now)
    }

    /// The same for what takes up a purchase again.
    pub(crate) fn decide_on(
        &mut self,
        trail: Option<&Trail>,
        command: &Command,
        now: Timestamp,
    ) -> Result<Decision, Refusal> {
        let needs = command.needs(&self.catalog, &self.member, now);
        let budgets = self.load(&needs);
        let facts = Facts {
            member: Some(&self.member),
            budgets: &budgets,
            trail,
        };
        decide(&self.catalog, facts, command, now)
    }

    pub(crate) fn record(&mut self, decision: &Decision) {
        self.member = self.member.after(decision);
        if let Some(transaction) = &decision.transaction {
            self.days.extend(transaction.day);
            self.uses.extend(transaction.uses.iter().cloned());
            let is_receipt = matches!(
                transaction.kind,
                TransactionKind::Purchase | TransactionKind::Claim
            );
            let of_receipt = transaction.purchase.zip(transaction.day);
            let of_receipt = of_receipt.filter(|_| is_receipt);
            self.receipts
                .extend(of_receipt.map(|(purchase, day)| RecordedReceipt {
                    version: transaction.version,
                    purchase,
                    occurred_at: transaction.occurred_at,
                    day,
                }));
        }
        if let Some(update) = &decision.ranks {
            self.changes.extend(update.changes.iter().cloned());
        }
    }

    /// Decides commands one after the other with facts that are loaded once, for all of them.
    pub(crate) fn batch(&mut self, commands: &[(Command, Timestamp)]) -> Vec<Decision> {
        let mut needs = Needs::default();
        for (command, now) in commands {
            needs.merge(command.needs(&self.catalog, &self.member, *now));
        }
        let mut budgets = self.load(&needs);
        let mut decisions = Vec::new();
        for (command, now) in commands {
            let facts = Facts {
                member: Some(&self.member),
                budgets: &budgets,
                trail: None,
            };
            let decision = decide(&self.catalog, facts, command, *now).unwrap();
            if let Some(transaction) = &decision.transaction {
                budgets.apply(transaction);
            }
            self.record(&decision);
            decisions.push(decision);
        }
        decisions
    }

    /// Records a receipt with these parts at its own time.
    pub(crate) fn buy(&mut self, parts: Value) -> PurchaseOutcome {
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
    pub(crate) fn earns(&mut self, amount: i64) -> String {
        earned(&self.buy(serde_json::json!({"lines": [{"amount": amount}]})))
    }

    /// The same at a time.
    pub(crate) fn earns_at(&mut self, occurred_at: &str, amount: i64) -> String {
        let lines = serde_json::json!({"occurred_at": occurred_at, "lines": [{"amount": amount}]});
        earned(&self.buy(lines))
    }

    /// What `decide` would look at for a receipt of one line.
    pub(crate) fn needs(&self, amount: i64) -> Needs {
        let receipt = receipt(serde_json::json!({"lines": [{"amount": amount}]}));
        purchase(receipt).needs(&self.catalog, &self.member, at(NOW))
    }
}

fn sum<'u>(uses: impl Iterator<Item = &'u RuleUse>) -> Uses {
    uses.fold(Uses::default(), |sum, used| {
        sum.checked_add(used.uses()).unwrap()
    })
}
