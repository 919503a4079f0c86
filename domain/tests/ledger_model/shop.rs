//! The door of the domain with a small store behind it: facts are loaded from what was recorded, as the service does it.

use crate::answer::{Answer, Shown, Told};
use crate::model::DAY;
use crate::rows::{Member, member};
use crate::rules::Rules;
use crate::steps::{Goods, MEMBERS, Step};
use crate::walk::Ledger;
use domain::amount::{Amount, Points};
use domain::catalog::{Catalog, Store, Version};
use domain::decide::{
    AdjustmentOutcome, Command, Decision, Facts, Outcome, RecordPurchase, RecordedPurchase,
    RedemptionChange, RedemptionOutcome, ReturnGoods, ReturnLine, ReturnedGoods, decide,
};
use domain::history::Budgets;
use domain::id::StoreId;
use domain::ledger::{Balance, Transaction};
use domain::lot::Lot;
use domain::program::Program;
use domain::receipt::{Quantity, Receipt};
use domain::settings::Settings;
use domain::trail::Trail;
use jiff::Timestamp;
use jiff::civil::time;
use jiff::tz::TimeZone;
use serde_json::json;
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// Something that later commands take up again.
pub(crate) struct Kept<T> {
    /// None for a receipt that nobody claimed yet.
    pub(crate) member: Option<usize>,
    pub(crate) recorded: T,
    pub(crate) trail: Trail,
}

/// Whose points moved, and what was told.
pub(crate) type Done = Result<(Option<usize>, Vec<i64>), String>;

pub(crate) struct Shop {
    pub(crate) catalog: Catalog,
    pub(crate) now: i64,
    pub(crate) members: Vec<Member>,
    pub(crate) purchases: Vec<Kept<Arc<RecordedPurchase>>>,
    pub(crate) redemptions: Vec<Kept<RedemptionOutcome>>,
    pub(crate) adjustments: Vec<Kept<AdjustmentOutcome>>,
    commands: u128,
}

/// Whose trail a command goes on.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Subject {
    None,
    Purchase(usize),
    Redemption(usize),
    Adjustment(usize),
}

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

fn catalog(rules: Rules) -> Catalog {
    let settings = Settings {
        time_zone: TimeZone::get("Asia/Tokyo").unwrap(),
        cutover: time(5, 0, 0, 0),
        two_person_above: rules.two_hands_above.map(Points::new),
        ..Settings::default()
    };
    let store = Store {
        id: StoreId::from_uuid(Uuid::from_u128(7)),
        code: "shibuya".to_owned(),
        time_zone: None,
    };
    let version = Version {
        number: 1,
        effective_from: at(0),
        program: Arc::new(Program::load(&rules.document()).unwrap()),
    };
    Catalog {
        revision: 1,
        settings,
        stores: HashMap::from([(store.code.clone(), store)]),
        versions: vec![version],
    }
}

impl Shop {
    pub(crate) fn of(rules: Rules, now: i64) -> Self {
        Self {
            catalog: catalog(rules),
            now,
            members: (0..MEMBERS).map(|number| member(number, now)).collect(),
            purchases: Vec::new(),
            redemptions: Vec::new(),
            adjustments: Vec::new(),
            commands: 0,
        }
    }

    pub(crate) fn seed(&mut self) -> Uuid {
        self.commands += 1;
        Uuid::from_u128(0x0199_0000_0000_7000_8000_0000_0000_0000 | (self.commands << 16))
    }

    /// Decides twice, which must be the same, and records.
    pub(crate) fn act(
        &mut self,
        member: Option<usize>,
        subject: Subject,
        command: &Command,
    ) -> Result<Decision, String> {
        let trail = match subject {
            Subject::None => None,
            Subject::Purchase(place) => Some(&self.purchases[place].trail),
            Subject::Redemption(place) => Some(&self.redemptions[place].trail),
            Subject::Adjustment(place) => Some(&self.adjustments[place].trail),
        };
        let loaded = member.map(|member| self.members[member].load(trail));
        let budgets = Budgets::default();
        let facts = Facts {
            member: loaded.as_ref(),
            budgets: &budgets,
            trail,
        };
        let decided = decide(&self.catalog, facts, command, at(self.now));
        if decided != decide(&self.catalog, facts, command, at(self.now)) {
            return Err("the same is decided in two ways".to_owned());
        }
        let decision = decided.map_err(|refusal| refusal.code().to_owned())?;
        if let (Some(member), Some(loaded)) = (member, &loaded) {
            self.members[member].record(loaded, &decision)?;
        }
        match subject {
            Subject::None => {}
            Subject::Purchase(place) => self.purchases[place].trail.note(&decision),
            Subject::Redemption(place) if decision.transaction.is_some() => {
                self.redemptions[place].trail.note(&decision);
            }
            Subject::Redemption(_) => {}
            Subject::Adjustment(place) => self.adjustments[place].trail.note(&decision),
        }
        if let (Some(member), Some(made)) = (member, &decision.transaction) {
            self.note_lost(made);
            self.check_told(member, made.version, &decision.outcome)?;
        }
        Ok(decision)
    }

    pub(crate) fn note_lost(&mut self, made: &Transaction) {
        let all = self.purchases.iter_mut();
        all.for_each(|bought| bought.trail.note_lost(made));
    }

    /// The answer shows what a look afterwards shows.
    fn check_told(&self, member: usize, version: i64, outcome: &Outcome) -> Result<(), String> {
        let (balances, told) = match outcome {
            Outcome::Purchase(made) | Outcome::Claim(made) => (&made.balances, made.version),
            Outcome::Return(made) => (&made.balances, made.version),
            Outcome::Redemption(made) => (&made.balances, Some(made.version)),
            Outcome::Adjustment(made) => (&made.balances, Some(made.version)),
            Outcome::AdjustmentReviewed(reviewed) => {
                let made = &reviewed.adjustment;
                (&made.balances, Some(made.version))
            }
            Outcome::Event(made) => (&made.balances, Some(made.version)),
            Outcome::RedemptionChanged(changed) => (
                &changed.redemption.balances,
                Some(changed.redemption.version),
            ),
            _ => return Ok(()),
        };
        self.check_seen(member, (told, balances), version)
    }

    /// What was told of a member is what is seen.
    pub(crate) fn check_seen(
        &self,
        member: usize,
        (told, balances): (Option<i64>, &[Balance]),
        version: i64,
    ) -> Result<(), String> {
        let loaded = self.members[member].load(None);
        let seen = loaded.balances(&self.catalog, at(self.now)).unwrap();
        if (balances, told) == (&seen, Some(version)) {
            return Ok(());
        }
        Err(format!(
            "told {told:?} {balances:?}, seen {version} {seen:?}"
        ))
    }

    fn buy(&mut self, member: Option<usize>, parts: (&[(i64, i64)], Option<i64>, i64)) -> Done {
        let (lines, pay, days_ago) = parts;
        let line = |line: &(i64, i64)| json!({"quantity": line.0, "amount": line.1});
        let pay = pay.map(|points| json!({"wallet": "points", "points": points}));
        let occurred_at = at(self.now - days_ago * DAY);
        let receipt = json!({
            "store": "shibuya", "receipt_number": "1", "occurred_at": occurred_at.to_string(),
            "lines": lines.iter().map(line).collect::<Vec<_>>(), "redeem": Vec::from_iter(pay),
        });
        let receipt: Receipt = serde_json::from_value(receipt).unwrap();
        let command = Command::Purchase(RecordPurchase {
            seed: self.seed(),
            receipt: receipt.clone(),
            quote: false,
        });
        let decision = self.act(member, Subject::None, &command)?;
        let Outcome::Purchase(outcome) = decision.outcome else {
            return Err("another answer than that of a purchase".to_owned());
        };
        // As it is stored and read again.
        let text = serde_json::to_string(&outcome).unwrap();
        let outcome: domain::decide::PurchaseOutcome = serde_json::from_str(&text).unwrap();
        let earned = outcome.earned.iter().map(|part| part.points.get()).sum();
        let paid = outcome.redeemed.iter().map(|part| part.points.get()).sum();
        let made = decision.transaction;
        let mut trail = made.as_deref().map(trail_of).unwrap_or_default();
        if let Some(made) = &made {
            // A lot that is over on arrival has lost its points already.
            trail.note_lost(made);
        }
        self.purchases.push(Kept {
            member,
            recorded: Arc::new(RecordedPurchase { receipt, outcome }),
            trail,
        });
        Ok((member, vec![earned, paid]))
    }

    fn give_back(&mut self, place: usize, goods: &Goods) -> Done {
        let seed = self.seed();
        let kept = self.purchases.get(place).ok_or("not_found")?;
        let member = kept.member;
        let command = Command::Return(Box::new(ReturnGoods {
            seed,
            purchase: kept.recorded.clone(),
            goods: match goods {
                Goods::All => ReturnedGoods::Void,
                Goods::Worth(amount) => ReturnedGoods::Amount(Amount::new(*amount)),
                Goods::Line(line, pieces, worth) => ReturnedGoods::Lines(vec![ReturnLine {
                    line: *line,
                    quantity: pieces.and_then(Quantity::pieces),
                    amount: worth.map(Amount::new),
                }]),
            },
            occurred_at: None,
            reason: None,
        }));
        let decision = self.act(member, Subject::Purchase(place), &command)?;
        let Outcome::Return(outcome) = decision.outcome else {
            return Err("another answer than that of a return".to_owned());
        };
        let clawed = outcome.clawed_back.first();
        let clawed = clawed.map_or([Points::ZERO; 3], |back| {
            [back.points, back.wanted, back.expired]
        });
        let restored = outcome.restored.first();
        let restored = restored.map_or([Points::ZERO; 2], |back| [back.points, back.expired]);
        let mut numbers: Vec<i64> = clawed
            .iter()
            .chain(&restored)
            .map(|points| points.get())
            .collect();
        numbers.extend([
            outcome.refunded.amount.minor(),
            outcome.refunded.points.get(),
        ]);
        Ok((member, numbers))
    }
}

pub(crate) fn trail_of(made: &Transaction) -> Trail {
    Trail {
        moves: made.transfers.clone(),
        ..Trail::default()
    }
}

impl Ledger for Shop {
    const IS_KEYED: bool = false;

    fn run(&mut self, step: &Step, _number: usize) -> Answer {
        let all = RedemptionChange::Capture { points: None };
        let (member, numbers) = match step {
            Step::Buy {
                member,
                lines,
                pay,
                days_ago,
            } => self.buy(*member, (lines, *pay, *days_ago))?,
            Step::GiveBack { purchase, goods } => self.give_back(*purchase, goods)?,
            Step::Redeem {
                member,
                points,
                hold,
            } => self.redeem(*member, *points, *hold)?,
            Step::Claim { purchase, member } => self.claim(*purchase, *member)?,
            Step::Adjust {
                hand,
                member,
                points,
                starts,
                ends,
            } => self.adjust(*hand, *member, *points, (*starts, *ends))?,
            Step::Review {
                adjustment,
                hand,
                approves,
            } => self.review(*adjustment, *hand, *approves)?,
            Step::Transfer { from, to, points } => self.transfer((*from, *to), *points)?,
            Step::Event { purchase, what } => self.event(*purchase, what)?,
            Step::Capture {
                redemption,
                points: None,
            } => self.change(*redemption, all)?,
            Step::Capture { redemption, points } => {
                let points = points.map(Points::new);
                self.change(*redemption, RedemptionChange::Capture { points })?
            }
            Step::Release { redemption } => self.change(*redemption, RedemptionChange::Release)?,
            Step::Reverse { redemption } => self.change(*redemption, RedemptionChange::Reverse)?,
            Step::Clock { seconds } => {
                self.now += seconds;
                (Some(0), Vec::new())
            }
            Step::Sweep { member, job } => (Some(*member), self.sweep(*member, *job)?),
            Step::Look { member } => (Some(*member), Vec::new()),
            Step::Replay { .. } | Step::Clash { .. } => (Some(0), Vec::new()),
        };
        Ok(Told { member, numbers })
    }

    fn shown(&mut self, member: usize) -> Result<Shown, String> {
        let rows = &self.members[member];
        let balances = rows
            .load(None)
            .balances(&self.catalog, at(self.now))
            .unwrap();
        let seen = &balances[0];
        let balance = [seen.available, seen.pending, seen.reserved, seen.deficit];
        let now = at(self.now);
        let live = rows
            .lots
            .iter()
            .filter(|lot| !lot.remaining.is_zero() && !lot.is_expired(now));
        let mut live: Vec<&Lot> = live.collect();
        live.sort_by_key(|lot| (lot.expires_at.is_none(), lot.expires_at, lot.id));
        let lot = |lot: &&Lot| {
            let ends = lot.expires_at.map(Timestamp::as_second);
            (ends, lot.remaining.get(), lot.pending.is_some())
        };
        Ok(Shown {
            version: rows.facts.version,
            balance: balance.map(Points::get),
            lots: live.iter().map(lot).collect(),
            sums: Some(rows.sums),
        })
    }
}
