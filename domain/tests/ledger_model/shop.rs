//! The door of the domain with a small store behind it: facts are loaded from what was recorded, as the service does it.

use crate::model::{Answer, DAY, Shown, Told};
use crate::rows::{Member, member};
use crate::steps::{Goods, Job, MEMBERS, Rules, Step};
use crate::walk::Ledger;
use domain::amount::{Amount, Points};
use domain::catalog::{Catalog, Store, Version};
use domain::decide::{
    ChangeRedemption, Command, Decision, Facts, Outcome, RecordPurchase, RecordedPurchase,
    RedeemPoints, RedemptionChange, RedemptionOutcome, ReturnGoods, ReturnLine, ReturnedGoods,
    Sweep, decide,
};
use domain::history::Budgets;
use domain::id::StoreId;
use domain::ledger::Transaction;
use domain::lot::Lot;
use domain::program::Program;
use domain::receipt::{Quantity, Receipt};
use domain::settings::Settings;
use domain::trail::Trail;
use jiff::civil::time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// Something that later commands take up again.
struct Kept<T> {
    member: usize,
    recorded: T,
    trail: Trail,
}

pub(crate) struct Shop {
    catalog: Catalog,
    now: i64,
    members: Vec<Member>,
    purchases: Vec<Kept<Arc<RecordedPurchase>>>,
    redemptions: Vec<Kept<RedemptionOutcome>>,
    commands: u128,
}

/// Whose trail a command goes on.
#[derive(Debug, Clone, Copy)]
enum Subject {
    None,
    Purchase(usize),
    Redemption(usize),
}

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

fn catalog(rules: Rules) -> Catalog {
    let settings = Settings {
        time_zone: TimeZone::get("Asia/Tokyo").unwrap(),
        cutover: time(5, 0, 0, 0),
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
            commands: 0,
        }
    }

    fn seed(&mut self) -> Uuid {
        self.commands += 1;
        Uuid::from_u128(0x0199_0000_0000_7000_8000_0000_0000_0000 | (self.commands << 16))
    }

    /// Decides twice, which must be the same, and records.
    fn act(
        &mut self,
        member: usize,
        subject: Subject,
        command: &Command,
    ) -> Result<Decision, String> {
        let trail = match subject {
            Subject::None => None,
            Subject::Purchase(place) => Some(&self.purchases[place].trail),
            Subject::Redemption(place) => Some(&self.redemptions[place].trail),
        };
        let loaded = self.members[member].load(trail);
        let budgets = Budgets::default();
        let facts = Facts {
            member: Some(&loaded),
            budgets: &budgets,
            trail,
        };
        let decided = decide(&self.catalog, facts, command, at(self.now));
        if decided != decide(&self.catalog, facts, command, at(self.now)) {
            return Err("the same is decided in two ways".to_owned());
        }
        let decision = decided.map_err(|refusal| refusal.code().to_owned())?;
        self.members[member].record(&loaded, &decision)?;
        match subject {
            Subject::None => {}
            Subject::Purchase(place) => self.purchases[place].trail.note(&decision),
            Subject::Redemption(place) if decision.transaction.is_some() => {
                self.redemptions[place].trail.note(&decision);
            }
            Subject::Redemption(_) => {}
        }
        if let Some(made) = &decision.transaction {
            let all = self.purchases.iter_mut();
            all.for_each(|bought| bought.trail.note_lost(made));
            self.check_told(member, made.version, &decision.outcome)?;
        }
        Ok(decision)
    }

    /// The answer shows what a look afterwards shows.
    fn check_told(&self, member: usize, version: i64, outcome: &Outcome) -> Result<(), String> {
        let (balances, told) = match outcome {
            Outcome::Purchase(made) => (&made.balances, made.version),
            Outcome::Return(made) => (&made.balances, made.version),
            Outcome::Redemption(made) => (&made.balances, Some(made.version)),
            Outcome::RedemptionChanged(changed) => (
                &changed.redemption.balances,
                Some(changed.redemption.version),
            ),
            _ => return Ok(()),
        };
        let loaded = self.members[member].load(None);
        let seen = loaded.balances(&self.catalog, at(self.now)).unwrap();
        if (balances, told) == (&seen, Some(version)) {
            return Ok(());
        }
        Err(format!(
            "told {told:?} {balances:?}, seen {version} {seen:?}"
        ))
    }

    fn buy(
        &mut self,
        member: usize,
        parts: (&[(i64, i64)], Option<i64>, i64),
    ) -> Result<Vec<i64>, String> {
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
        let made = decision.transaction.unwrap();
        let mut trail = trail_of(&made);
        // A lot that is over on arrival has lost its points already.
        trail.note_lost(&made);
        self.purchases.push(Kept {
            member,
            recorded: Arc::new(RecordedPurchase { receipt, outcome }),
            trail,
        });
        Ok(vec![earned, paid])
    }

    fn give_back(&mut self, place: usize, goods: &Goods) -> Result<(usize, Vec<i64>), String> {
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

    fn redeem(
        &mut self,
        member: usize,
        points: i64,
        hold: Option<i64>,
    ) -> Result<Vec<i64>, String> {
        let command = Command::Redeem(RedeemPoints {
            seed: self.seed(),
            wallet: "points".to_owned(),
            points: Points::new(points),
            hold: hold.map(SignedDuration::from_secs),
            reference: None,
            store: None,
            occurred_at: None,
        });
        let decision = self.act(member, Subject::None, &command)?;
        let Outcome::Redemption(recorded) = decision.outcome else {
            return Err("another answer than that of a redemption".to_owned());
        };
        let points = recorded.points.get();
        self.redemptions.push(Kept {
            member,
            recorded,
            trail: trail_of(&decision.transaction.unwrap()),
        });
        Ok(vec![points])
    }

    fn change(
        &mut self,
        place: usize,
        change: RedemptionChange,
    ) -> Result<(usize, Vec<i64>), String> {
        let seed = self.seed();
        let kept = self.redemptions.get(place).ok_or("not_found")?;
        let member = kept.member;
        let command = Command::ChangeRedemption(Box::new(ChangeRedemption {
            seed,
            redemption: kept.recorded.clone(),
            change,
            occurred_at: None,
        }));
        let decision = self.act(member, Subject::Redemption(place), &command)?;
        match decision.outcome {
            Outcome::RedemptionChanged(changed) => {
                Ok((member, vec![changed.redemption.points.get()]))
            }
            _ => Ok((member, Vec::new())),
        }
    }

    fn sweep(&mut self, member: usize, job: Job) -> Result<Vec<i64>, String> {
        if job == Job::Lapse {
            // As the job does it: those first that were over first.
            let mine = |place: &usize| self.redemptions[*place].member == member;
            let mut places: Vec<usize> = (0..self.redemptions.len()).filter(mine).collect();
            places.sort_by_key(|place| self.redemptions[*place].recorded.expires_at);
            for place in places {
                self.change(place, RedemptionChange::Lapse)?;
            }
            return Ok(Vec::new());
        }
        let sweep = Sweep { seed: self.seed() };
        let command = match job {
            Job::Activate => Command::Activate(sweep),
            _ => Command::Expire(sweep),
        };
        self.act(member, Subject::None, &command)?;
        Ok(Vec::new())
    }
}

fn trail_of(made: &Transaction) -> Trail {
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
            } => (*member, self.buy(*member, (lines, *pay, *days_ago))?),
            Step::GiveBack { purchase, goods } => self.give_back(*purchase, goods)?,
            Step::Redeem {
                member,
                points,
                hold,
            } => (*member, self.redeem(*member, *points, *hold)?),
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
                (0, Vec::new())
            }
            Step::Sweep { member, job } => (*member, self.sweep(*member, *job)?),
            Step::Look { member } => (*member, Vec::new()),
            Step::Replay { .. } | Step::Clash { .. } => (0, Vec::new()),
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
