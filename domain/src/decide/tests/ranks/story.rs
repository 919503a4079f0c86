//! A member's story in words, told to the program line by line, and the changes of its ranks in
//! words: what a table of facts is made of.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "a test states dates plainly; an overflow fails it"
)]

use crate::catalog::Catalog;
use crate::decide::tests::journal::Journal;
use crate::decide::tests::{at, catalog, receipt, seed, version};
use crate::decide::{
    Command, Decision, Outcome, PurchaseOutcome, RecordPurchase, ReviewRanks, SetRank,
};
use crate::program::Program;
use crate::rank::{Cause, RankChange};
use jiff::civil::{Date, DateTime};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// One member of Tokyo, enrolled on 1 January 2026, until a test says otherwise.
#[derive(Debug, Clone)]
pub(crate) struct Story {
    pub(crate) journal: Journal,
    number: u128,
}

/// A point for every 100, and these ladders.
pub(crate) fn with_ranks(ranks: Value) -> Value {
    let mut program = crate::decide::tests::base_program();
    program["ranks"] = ranks;
    program
}

/// The ladder `main`: bronze for everybody, silver from 1,000 and gold from 2,000 of spend in ten
/// days, with these fields.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a table row reads better without a borrow"
)]
pub(crate) fn main_ladder(fields: Value) -> Value {
    let mut ladder = json!({"code": "main", "window": {"type": "rolling_days", "days": 10},
        "steps": [{"code": "bronze", "from": 0}, {"code": "silver", "from": 1_000},
            {"code": "gold", "from": 2_000}]});
    for (key, value) in fields.as_object().unwrap() {
        ladder[key] = value.clone();
    }
    ladder
}

impl Story {
    pub(crate) fn of(program: &Value) -> Self {
        Self::in_catalog(catalog(program))
    }

    pub(crate) fn in_catalog(catalog: Catalog) -> Self {
        let mut journal = Journal::new(catalog);
        journal.member.last_recorded_at = at("2000-01-01T00:00:00Z");
        Self { journal, number: 1 }
    }

    /// The same member under more versions of the program.
    pub(crate) fn and_from(mut self, from: &str, program: &Value) -> Self {
        let from = self.instant(from).to_string();
        let versions = &mut self.journal.catalog.versions;
        let number = versions.last().unwrap().number + 1;
        versions.push(version(number, &from, Program::load(program).unwrap()));
        self
    }

    pub(crate) fn enrolled(mut self, on: &str) -> Self {
        self.journal.member.enrolled_at = self.instant(on);
        self
    }

    /// `01-31` or `2028-02-29 14:30` on the wall of the tenant; noon unless it says otherwise.
    pub(crate) fn instant(&self, text: &str) -> Timestamp {
        let (date, time) = text.split_once(' ').unwrap_or((text, "12:00"));
        let local: DateTime = format!("{}T{time}", full(date)).parse().unwrap();
        let zone = self.journal.catalog.settings.time_zone.clone();
        local.to_zoned(zone).unwrap().timestamp()
    }

    pub(crate) fn decide(&mut self, command: &Command, now: Timestamp) -> Decision {
        let decision = self.journal.decide(command, now).unwrap();
        self.journal.record(&decision);
        decision
    }

    /// A receipt with these parts, recorded at a time.
    pub(crate) fn command(&mut self, parts: Value, quote: bool) -> Command {
        self.number += 1;
        Command::Purchase(RecordPurchase {
            seed: seed(self.number),
            receipt: receipt(parts),
            quote,
        })
    }

    pub(crate) fn buys(&mut self, when: &str, amount: i64) -> PurchaseOutcome {
        let occurred_at = self.instant(when);
        self.buys_at(occurred_at, amount, occurred_at)
    }

    pub(crate) fn buys_at(
        &mut self,
        occurred_at: Timestamp,
        amount: i64,
        now: Timestamp,
    ) -> PurchaseOutcome {
        let parts = json!({"occurred_at": occurred_at, "lines": [{"amount": amount}]});
        let command = self.command(parts, false);
        bought(self.decide(&command, now))
    }

    /// Lines such as `01-31 buys 500`, `03-05 learns of 500 on 03-01 18:00`, `02-01 passes`,
    /// `02-01 is set to gold until 02-28` and `02-01 is taken back`.
    pub(crate) fn goes(mut self, lines: &[&str]) -> Self {
        for line in lines {
            let words = ["buys", "learns of", "passes", "is set to", "is taken back"];
            let verb = words.into_iter().find(|word| line.contains(word)).unwrap();
            let (when, rest) = line.split_once(verb).unwrap();
            let (now, rest) = (self.instant(when.trim()), rest.trim());
            match verb {
                "buys" => {
                    self.buys_at(now, rest.parse().unwrap(), now);
                }
                "learns of" => {
                    let (amount, then) = rest.split_once(" on ").unwrap();
                    let then = self.instant(then);
                    self.buys_at(then, amount.parse().unwrap(), now);
                }
                "passes" => {
                    let until = self.journal.catalog.settings.business_date(now);
                    self.decide(&Command::ReviewRanks(ReviewRanks { until }), now);
                }
                "is set to" => {
                    let (code, until) = match rest.split_once(" until ") {
                        Some((code, until)) => (code, Some(full(until))),
                        None => (rest, None),
                    };
                    self.sets(now, Some(code), until);
                }
                _ => self.sets(now, None, None),
            }
        }
        self
    }

    fn sets(&mut self, now: Timestamp, code: Option<&str>, until: Option<Date>) {
        let ladder = self.journal.catalog.version_at(now).unwrap();
        let command = Command::SetRank(SetRank {
            ladder: Some(ladder.program.ladders()[0].code.clone()),
            code: code.map(str::to_owned),
            until,
            reason: Some("as asked".to_owned()),
        });
        self.decide(&command, now);
    }

    /// `silver 01-31 12:00 receipt` for each change, in order.
    pub(crate) fn changes(&self) -> String {
        let zone = &self.journal.catalog.settings.time_zone;
        let tell = |change: &RankChange| {
            let code = change.code.as_deref().unwrap_or("none");
            let local = zone.to_datetime(change.effective_at);
            let format = if local.year() == 2026 {
                "%m-%d %H:%M"
            } else {
                "%Y-%m-%d %H:%M"
            };
            let local = local.strftime(format);
            let cause = match change.cause {
                Cause::Receipt => "receipt",
                Cause::Review => "review",
                Cause::Manual | Cause::ManualTakenBack => "by hand",
                Cause::ManualEnded => "ended",
                Cause::Return => "return",
            };
            format!("{code} {local} {cause}")
        };
        let changes: Vec<String> = self
            .journal
            .changes
            .iter()
            .filter(|change| change.is_seen())
            .map(tell)
            .collect();
        changes.join(", ")
    }

    /// The changes do not depend on who does the reviews: neither here nor with a job every day.
    #[track_caller]
    pub(crate) fn check(self, lines: &[&str], expected: &str) {
        let told = self.clone().goes(lines);
        assert_eq!(told.changes(), expected, "{lines:?}");
        let nightly = self.goes_nightly(lines);
        assert_eq!(nightly.changes(), expected, "every night, {lines:?}");
    }

    fn goes_nightly(mut self, lines: &[&str]) -> Self {
        let mut last: Option<Timestamp> = None;
        for line in lines {
            let words: Vec<&str> = line.split(' ').take(2).collect();
            let when = if words[1].contains(':') {
                words.join(" ")
            } else {
                words[0].to_owned()
            };
            let now = self.instant(&when);
            // A receipt of the past is one only for those who went beyond it.
            let mut night = last.unwrap_or(now);
            while !line.contains("learns") && night < now {
                night = now.min(night + SignedDuration::from_hours(24));
                let until = self.journal.catalog.settings.business_date(night);
                self.decide(&Command::ReviewRanks(ReviewRanks { until }), night);
                self.journal.member.ranks.reviewed_on = Some(until);
            }
            self = self.goes(&[line]);
            last = Some(now);
        }
        self
    }
}

pub(crate) fn bought(decision: Decision) -> PurchaseOutcome {
    match decision.outcome {
        Outcome::Purchase(outcome) => *outcome,
        other => panic!("a receipt was answered as {other:?}"),
    }
}

/// A date of 2026, unless it says otherwise.
fn full(date: &str) -> Date {
    let date = date.trim();
    if date.len() == 5 {
        format!("2026-{date}").parse().unwrap()
    } else {
        date.parse().unwrap()
    }
}

/// What happens to members of one ladder.
#[track_caller]
#[expect(
    clippy::needless_pass_by_value,
    reason = "a table row reads better without a borrow"
)]
pub(crate) fn check(ladder: Value, lines: &[&str], expected: &str) {
    Story::of(&with_ranks(json!([ladder]))).check(lines, expected);
}
