//! One member beside its references: receipts, days that pass and ranks set by hand, decided with
//! exactly the facts that the decision asks for.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "a test states dates plainly; an overflow fails it"
)]

use super::place::{Era, Place};
use super::reference::{Change, Reference};
use super::spec::document;
use crate::catalog::Version;
use crate::decide::tests::journal::Journal;
use crate::decide::tests::{at, catalog, receipt, seed};
use crate::decide::{
    Command, Decision, Outcome, PurchaseOutcome, Reason, RecordPurchase, Refusal, ReviewRanks,
    SetRank,
};
use crate::program::Program;
use crate::rank::{RankChange, Recorded};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde_json::json;
use std::sync::Arc;

/// Something that happens to the member.
#[derive(Debug, Clone)]
pub(super) enum Deed {
    /// A receipt of so many days and hours before now.
    Buy {
        days_late: i64,
        hours_late: i64,
        money: i64,
    },
    /// The nightly job does what is due.
    Night,
    /// Somebody sets a step of the first ladder, or takes it back, for so many days.
    Set {
        step: Option<usize>,
        days: Option<i64>,
    },
}

#[derive(Debug, Clone)]
pub(super) struct World {
    pub(super) journal: Journal,
    place: Place,
    references: Vec<Reference>,
    number: u128,
}

impl World {
    pub(super) fn new(place: &Place, codes: &[&str], begin: Date) -> Self {
        let version = |(number, era): (i32, &Era)| Version {
            number,
            effective_from: era.from,
            program: Arc::new(Program::load(&document(&era.ladders)).unwrap()),
        };
        let mut catalog = catalog(&json!({}));
        catalog.versions = (1..).zip(&place.eras).map(version).collect();
        catalog.settings.time_zone = place.zone.clone();
        catalog.settings.cutover = place.cutover;
        let mut journal = Journal::new(catalog);
        let noon = place.enrolled_on.at(12, 0, 0, 0);
        journal.member.enrolled_at = noon.to_zoned(place.zone.clone()).unwrap().timestamp();
        journal.member.last_recorded_at = at("2000-01-01T00:00:00Z");
        let reference = |code: &&str| Reference::new(place, code, begin);
        Self {
            journal,
            place: place.clone(),
            references: codes.iter().map(reference).collect(),
            number: 1,
        }
    }

    pub(super) fn today(&self, now: Timestamp) -> Date {
        self.place.date(now)
    }

    pub(super) fn purchase(&mut self, occurred_at: Timestamp, money: i64) -> Command {
        self.number += 1;
        let receipt = receipt(json!({"occurred_at": occurred_at, "member": {"card": "1"},
            "lines": [{"amount": money}]}));
        Command::Purchase(RecordPurchase {
            seed: seed(self.number),
            receipt,
            quote: false,
        })
    }

    fn decide(&mut self, command: &Command, now: Timestamp) -> Result<Decision, Refusal> {
        let decision = self.journal.decide(command, now);
        assert_eq!(decision, self.journal.decide(command, now), "decided twice");
        if let Ok(decision) = &decision {
            self.journal.record(decision);
        }
        decision
    }

    /// Records a receipt in the program and the references; each rank that judged it must agree.
    pub(super) fn buy(&mut self, occurred_at: Timestamp, money: i64, now: Timestamp) {
        let command = self.purchase(occurred_at, money);
        let decision = self.decide(&command, now).unwrap();
        self.told(&decision, occurred_at, money);
    }

    /// Lets the references do what the program did.
    pub(super) fn follow(&mut self, command: &Command, decision: &Decision) {
        match command {
            Command::Purchase(purchase) => {
                let receipt = &purchase.receipt;
                let money = receipt.lines[0].value().unwrap().minor();
                self.told(decision, receipt.occurred_at, money);
            }
            Command::ReviewRanks(review) => self.advance(review.until),
            _ => panic!("a batch has receipts and reviews"),
        }
    }

    fn told(&mut self, decision: &Decision, occurred_at: Timestamp, money: i64) {
        let Outcome::Purchase(outcome) = &decision.outcome else {
            panic!("a receipt is answered as a purchase");
        };
        let references = self.references.iter_mut();
        let mut judged: Vec<String> = references
            .filter_map(|reference| reference.buy(occurred_at, money))
            .collect();
        judged.sort();
        assert_eq!(judged_by(outcome), judged, "the rank of {occurred_at}");
    }

    /// Does reviews up to and with a date.
    pub(super) fn review(&mut self, until: Date, now: Timestamp) {
        self.decide(&Command::ReviewRanks(ReviewRanks { until }), now)
            .unwrap();
        self.advance(until);
    }

    /// The nightly job: day by day, and only where the day can change something for this member.
    pub(super) fn nights(&mut self, until: Date, now: Timestamp) {
        let first = self.journal.member.ranks.reviewed_on;
        let mut day = first.map_or(until, |first| first + 1.day());
        while day <= until {
            if first.is_none() || self.is_due(day) {
                self.review(day, now);
            }
            self.advance(day);
            self.journal.member.ranks.reviewed_on = Some(day);
            day += 1.day();
        }
    }

    /// Says that the job was here up to a date, before anything was recorded.
    pub(super) fn nights_from(&mut self, date: Date) {
        self.advance(date);
        self.journal.member.ranks.reviewed_on = Some(date);
    }

    pub(super) fn advance(&mut self, until: Date) {
        for reference in &mut self.references {
            reference.advance(until);
        }
    }

    fn is_due(&self, day: Date) -> bool {
        let states = self.journal.member.ranks.ladders.values();
        let is_over = |until: Option<Date>| until.is_some_and(|until| until < day);
        let mut special = states.map(|state| {
            let manual = state.manual.as_ref();
            state.is_late || manual.is_some_and(|manual| is_over(manual.until))
        });
        let starts = self.place.starts(day);
        let catalog = &self.journal.catalog;
        let version = catalog.version_at(starts);
        let is_new = self.place.era_on(day) != self.place.era_on(day - 1.day());
        let looks = version.is_some_and(|version| {
            let mut ladders = version.program.ladders().iter();
            ladders.any(|ladder| ladder.looks_at_someone_on(day, is_new))
        });
        looks || special.any(|special| special)
    }

    pub(super) fn set(&mut self, code: Option<&str>, until: Option<Date>, now: Timestamp) {
        let command = Command::SetRank(SetRank {
            ladder: Some("main".to_owned()),
            code: code.map(str::to_owned),
            until,
            reason: None,
        });
        let is_set = self.references[0].set(now, code, until);
        if is_set {
            self.advance(self.today(now));
        }
        let decided = self.decide(&command, now);
        assert_eq!(decided.is_ok(), is_set, "{code:?} {decided:?}");
    }

    pub(super) fn act(&mut self, deed: &Deed, now: Timestamp) {
        let today = self.today(now);
        match deed {
            Deed::Night => self.nights(today, now),
            Deed::Buy { money, .. } => {
                self.buy(deed.occurred_at(now), *money, now);
            }
            Deed::Set { step, days } => {
                let code = step.and_then(|step| {
                    let era = self.place.eras.iter().rfind(|era| era.from <= now)?;
                    let steps = &era.ladders.first()?.steps;
                    Some(steps[step % steps.len()].code.clone())
                });
                let until = days.map(|days| today + days.days());
                self.set(code.as_deref(), until, now);
            }
        }
        self.check();
    }

    /// Both know the same changes.
    pub(super) fn check(&self) {
        for reference in &self.references {
            let changes = self.journal.changes.iter();
            let found: Vec<Change> = changes
                .filter(|change| change.ladder == reference.ladder() && change.is_seen())
                .zip(1..)
                .map(|(change, number)| Change::of(change).counted(number))
                .collect();
            assert_eq!(found, reference.changes, "{}", reference.ladder());
        }
    }

    /// What is stored follows from the receipts and the ranks set by hand, reviewed up to `now`.
    pub(super) fn check_replay(&self, now: Timestamp) {
        let member = &self.journal.member;
        let mut stored = self.journal.changes.clone();
        stored.sort_by_key(|change| (change.ladder.clone(), change.number));
        let recorded = Recorded {
            member: member.member,
            enrolled_at: member.enrolled_at,
            receipts: self.journal.receipts.clone(),
            returns: Vec::new(),
            changes: stored.clone(),
            reviewed_on: Some(self.today(now)),
        };
        let mut replayed = recorded.replayed(&self.journal.catalog).unwrap();
        replayed.sort_by_key(|change| (change.ladder.clone(), change.number));
        let told = |changes: &[RankChange]| changes.iter().map(Change::of).collect::<Vec<_>>();
        assert_eq!(told(&replayed), told(&stored), "walked once more");
    }

    pub(super) fn changes(&self) -> Vec<Change> {
        self.journal.changes.iter().map(Change::of).collect()
    }
}

impl Deed {
    pub(super) fn occurred_at(&self, now: Timestamp) -> Timestamp {
        match self {
            Self::Buy {
                days_late,
                hours_late,
                ..
            } => now - (24 * days_late + hours_late).hours(),
            Self::Night | Self::Set { .. } => now,
        }
    }

    pub(super) fn is_late(&self) -> bool {
        matches!(self, Self::Buy { days_late, hours_late, .. } if days_late + hours_late > 0)
    }
}

/// The steps whose bonus asks in vain only for more money.
fn judged_by(outcome: &PurchaseOutcome) -> Vec<String> {
    let explained = outcome.explanation.iter();
    let asked = explained.filter(|explained| explained.reason == Some(Reason::BelowMinimum));
    let mut codes: Vec<String> = asked
        .filter_map(|explained| explained.rule.strip_prefix("asks-"))
        .map(str::to_owned)
        .collect();
    codes.sort();
    codes
}
