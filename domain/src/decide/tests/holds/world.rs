//! One member who holds and takes points, with everything that was recorded, the way the store keeps it.

use crate::amount::Points;
use crate::catalog::Catalog;
use crate::decide::tests::{at, seed};
use crate::decide::{
    ChangeRedemption, Command, Decision, Facts, Outcome, RedeemPoints, RedemptionChange,
    RedemptionOutcome, Refusal, decide,
};
use crate::history::Budgets;
use crate::ledger::{Account, Transaction};
use crate::member::MemberFacts;
use crate::trail::Trail;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use uuid::Uuid;

pub(super) struct Holder {
    pub(super) catalog: Catalog,
    pub(super) facts: MemberFacts,
    /// The last transaction.
    pub(super) last: Option<Box<Transaction>>,
    trails: HashMap<Uuid, Trail>,
    commands: u128,
}

impl Holder {
    pub(super) fn new(catalog: Catalog, mut facts: MemberFacts) -> Self {
        for wallet in facts.wallets.values() {
            let lots = wallet.lots.iter().flatten();
            facts.recalled.extend(lots.map(|lot| lot.id));
        }
        Self {
            catalog,
            facts,
            last: None,
            trails: HashMap::new(),
            commands: 100,
        }
    }

    pub(super) fn run(&mut self, command: &Command, now: &str) -> Result<Decision, Refusal> {
        self.run_at(command, at(now))
    }

    pub(super) fn run_at(
        &mut self,
        command: &Command,
        now: Timestamp,
    ) -> Result<Decision, Refusal> {
        let subject = command.subject().map(|subject| subject.id);
        let facts = Facts {
            member: Some(&self.facts),
            budgets: &Budgets::default(),
            trail: subject.and_then(|subject| self.trails.get(&subject)),
        };
        let decision = decide(&self.catalog, facts, command, now)?;
        let Some(made) = &decision.transaction else {
            return Ok(decision);
        };
        let of = subject.or(made.redemption.map(crate::id::RedemptionId::uuid));
        let trail = self.trails.entry(of.unwrap_or_default()).or_default();
        match subject {
            Some(_) => trail.note(&decision),
            None => trail.moves.extend(made.transfers.iter().cloned()),
        }
        self.last = Some(made.clone());
        self.facts = self.facts.after(&decision);
        self.check();
        Ok(decision)
    }

    /// A wallet is its lots, and what is reserved lies outside of them.
    fn check(&self) {
        let wallet = &self.facts.wallets["points"];
        let lots = wallet.lots.as_ref().unwrap().iter();
        let held: i64 = lots.map(|lot| lot.remaining.get()).sum();
        assert_eq!(wallet.available.get(), held);
        assert!(wallet.available.is_zero() || wallet.deficit.is_zero());
        let last = self.last.as_ref().unwrap().transfers.last().unwrap();
        assert_eq!(last.balance_after, wallet.available);
    }

    fn next_seed(&mut self) -> Uuid {
        self.commands = self.commands.wrapping_add(1);
        seed(self.commands)
    }

    pub(super) fn redeem_command(&mut self, points: i64, hold: Option<i64>) -> Command {
        Command::Redeem(RedeemPoints {
            seed: self.next_seed(),
            wallet: "points".to_owned(),
            points: Points::new(points),
            hold: hold.map(SignedDuration::from_secs),
            reference: None,
            store: None,
            occurred_at: None,
        })
    }

    fn redeem(
        &mut self,
        points: i64,
        hold: Option<i64>,
        now: &str,
    ) -> Result<RedemptionOutcome, Refusal> {
        let command = self.redeem_command(points, hold);
        match self.run(&command, now)?.outcome {
            Outcome::Redemption(outcome) => Ok(outcome),
            other => panic!("a redemption was answered as {other:?}"),
        }
    }

    /// Holds points for 15 minutes.
    pub(super) fn reserve(&mut self, points: i64, now: &str) -> Result<RedemptionOutcome, Refusal> {
        self.reserve_for(points, now, 900)
    }

    pub(super) fn reserve_for(
        &mut self,
        points: i64,
        now: &str,
        seconds: i64,
    ) -> Result<RedemptionOutcome, Refusal> {
        self.redeem(points, Some(seconds), now)
    }

    pub(super) fn take(&mut self, points: i64, now: &str) -> Result<RedemptionOutcome, Refusal> {
        self.redeem(points, None, now)
    }

    pub(super) fn change_command(
        &mut self,
        redemption: &RedemptionOutcome,
        change: RedemptionChange,
    ) -> Command {
        Command::ChangeRedemption(Box::new(ChangeRedemption {
            seed: self.next_seed(),
            redemption: redemption.clone(),
            change,
            occurred_at: None,
        }))
    }

    pub(super) fn change(
        &mut self,
        redemption: &RedemptionOutcome,
        change: RedemptionChange,
        now: &str,
    ) -> Result<RedemptionOutcome, Refusal> {
        let command = self.change_command(redemption, change);
        match self.run(&command, now)?.outcome {
            Outcome::RedemptionChanged(changed) => Ok(changed.redemption),
            other => panic!("a change was answered as {other:?}"),
        }
    }

    /// Lets the member owe points, and have none to spend if so.
    pub(super) fn owe(&mut self, points: i64) {
        let wallet = self.facts.wallets.get_mut("points").unwrap();
        wallet.deficit = Points::new(points);
        if points > 0 {
            wallet.available = Points::ZERO;
            for lot in wallet.lots.iter_mut().flatten() {
                lot.remaining = Points::ZERO;
            }
        }
    }

    /// Debit, credit and points of the last transaction's rows.
    pub(super) fn last_rows(&self) -> Vec<(Account, Account, i64)> {
        let rows = self.last.as_ref().unwrap().transfers.iter();
        rows.map(|row| (row.debit, row.credit, row.points.get()))
            .collect()
    }

    /// Available, reserved and owed.
    pub(super) fn balance(&self) -> (i64, i64, i64) {
        let wallet = &self.facts.wallets["points"];
        (
            wallet.available.get(),
            wallet.reserved.get(),
            wallet.deficit.get(),
        )
    }

    /// What is left of each lot.
    pub(super) fn remaining(&self) -> Vec<i64> {
        let lots = self.facts.wallets["points"].lots.as_ref().unwrap().iter();
        lots.map(|lot| lot.remaining.get()).collect()
    }

    pub(super) fn ends(&self) -> Vec<Option<Timestamp>> {
        let lots = self.facts.wallets["points"].lots.as_ref().unwrap().iter();
        lots.map(|lot| lot.expires_at).collect()
    }
}
