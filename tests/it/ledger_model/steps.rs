//! What may be done to the ledger, and which of it is tried next: four of five times on something that is there and
//! stands so that it can be done, because a walk among ids that nobody has proves nothing.

use serde_json::{Value, json};

use super::goods::{Line, Purchase};
use super::model::{DAY, Model, Redemption, State};

/// How many members share the tenant.
pub(crate) const MEMBERS: usize = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shortage {
    Negative,
    Clamp,
    Refuse,
}

/// The program of a walk.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    /// Days that points live after the one on which they become spendable; none = for ever.
    pub(crate) lives: Option<i64>,
    /// Days that points wait.
    pub(crate) waits: i64,
    pub(crate) shortage: Shortage,
    /// Whether a wish for more than may be paid is cut.
    pub(crate) clamps: bool,
    /// Whether returns go by share instead of judging anew.
    pub(crate) prorates: bool,
}

/// What comes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Goods {
    /// A line: so many pieces, so much money's worth, or all of it.
    Line(usize, Option<i64>, Option<i64>),
    /// So much money's worth.
    Worth(i64),
    /// The receipt is undone.
    All,
}

/// What time does when somebody looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Job {
    Activate,
    Expire,
    Lapse,
}

/// One operation. Members, purchases and redemptions are named by their place in the order of making.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Buy {
        member: usize,
        /// Pieces and price.
        lines: Vec<(i64, i64)>,
        pay: Option<i64>,
        days_ago: i64,
    },
    GiveBack {
        purchase: usize,
        goods: Goods,
    },
    Redeem {
        member: usize,
        points: i64,
        /// Seconds that they are held; none = taken at once.
        hold: Option<i64>,
    },
    Capture {
        redemption: usize,
        points: Option<i64>,
    },
    Release {
        redemption: usize,
    },
    Reverse {
        redemption: usize,
    },
    /// Time passes; nothing else happens, or the jobs run on their time, as the ledger under test has it.
    Clock {
        seconds: i64,
    },
    Sweep {
        member: usize,
        job: Job,
    },
    /// A balance is read, and with it kept where balances are kept.
    Look {
        member: usize,
    },
    /// An earlier step once more, with its key.
    Replay {
        of: usize,
    },
    /// Another step with the key of an earlier one.
    Clash {
        of: usize,
    },
}

impl Step {
    pub(crate) fn has_key(&self) -> bool {
        match self {
            Self::Buy { .. } | Self::GiveBack { .. } | Self::Redeem { .. } => true,
            Self::Capture { .. } | Self::Release { .. } | Self::Reverse { .. } => true,
            Self::Clock { .. } | Self::Sweep { .. } | Self::Look { .. } => false,
            Self::Replay { .. } | Self::Clash { .. } => false,
        }
    }

    /// The same with something else in it.
    pub(crate) fn other(&self) -> Self {
        let mut other = self.clone();
        match &mut other {
            Self::Buy { lines, .. } => lines[0].1 += 100,
            Self::Redeem { points, .. } => *points += 1,
            Self::GiveBack { goods, .. } if *goods == Goods::Worth(1) => *goods = Goods::Worth(2),
            Self::GiveBack { goods, .. } => *goods = Goods::Worth(1),
            Self::Capture { points, .. } => *points = Some(points.unwrap_or(0) + 1),
            Self::Release { redemption } => {
                let redemption = *redemption;
                other = Self::Reverse { redemption };
            }
            Self::Reverse { redemption } => {
                let redemption = *redemption;
                other = Self::Release { redemption };
            }
            _ => {}
        }
        other
    }
}

/// A source of numbers that are the same for the same seed (splitmix64).
#[derive(Debug, Clone)]
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end.max(1)).unwrap();
        usize::try_from(self.next() % end).unwrap()
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// From 1 to `most`.
    fn up_to(&mut self, most: i64) -> i64 {
        i64::try_from(self.below(usize::try_from(most.max(1)).unwrap())).unwrap() + 1
    }

    fn is(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

impl Rules {
    pub(crate) fn of(dice: &mut Dice) -> Self {
        Self {
            lives: dice.one(&[None, Some(1), Some(3), Some(3), Some(10)]),
            waits: dice.one(&[0, 0, 0, 1, 4]),
            shortage: dice.one(&[
                Shortage::Negative,
                Shortage::Negative,
                Shortage::Negative,
                Shortage::Clamp,
                Shortage::Refuse,
            ]),
            clamps: dice.is(30),
            prorates: dice.is(30),
        }
    }

    pub(crate) fn document(&self) -> Value {
        let expiry = match self.lives {
            None => json!({"type": "never"}),
            Some(days) => json!({"type": "after", "days": days}),
        };
        let activation = match self.waits {
            0 => json!({"type": "immediate"}),
            days => json!({"type": "after_days", "days": days}),
        };
        let shortage = match self.shortage {
            Shortage::Negative => "negative",
            Shortage::Clamp => "clamp",
            Shortage::Refuse => "refuse",
        };
        json!({
            "wallets": [{"code": "points", "expiry": expiry, "activation": activation, "on_shortage": shortage,
                "redemption": {"over": if self.clamps { "clamp" } else { "refuse" }}}],
            "earn_rules": [{"code": "base", "wallet": "points",
                "award": {"type": "per_amount", "amount": 100, "points": 1}}],
            "returns": {"mode": if self.prorates { "prorate" } else { "recompute" }},
        })
    }
}

/// The next step of a walk; `is_keyed`: the ledger knows keys and does the jobs with its clock.
pub(crate) fn next(dice: &mut Dice, model: &Model, is_keyed: bool) -> Step {
    let member = dice.below(MEMBERS);
    match dice.below(100) {
        0..24 => buy(dice, model, member),
        24..40 => give_back(dice, model),
        40..50 => redeem(dice, model, member),
        50..56 => {
            let redemption = redemption(dice, model, State::Reserved);
            let points = dice.is(60).then(|| dice.up_to(40));
            Step::Capture { redemption, points }
        }
        56..61 => {
            let redemption = redemption(dice, model, State::Reserved);
            Step::Release { redemption }
        }
        61..66 => {
            let redemption = redemption(dice, model, State::Captured);
            Step::Reverse { redemption }
        }
        66..76 => clock(dice, model),
        76..80 => Step::Look { member },
        80..100 if !is_keyed => {
            let job = dice.one(&[Job::Activate, Job::Expire, Job::Lapse]);
            Step::Sweep { member, job }
        }
        _ if model.log.is_empty() => Step::Look { member },
        number => {
            // Mostly something recent: its effects are still there to be doubled.
            let among = if dice.is(70) { 6 } else { model.log.len() };
            let back = dice.below(among);
            let of = model.log.len().saturating_sub(1 + back);
            if number < 90 {
                Step::Replay { of }
            } else {
                Step::Clash { of }
            }
        }
    }
}

fn buy(dice: &mut Dice, model: &Model, member: usize) -> Step {
    let count = dice.below(3) + 1;
    let lines = (0..count).map(|_| {
        let pieces = dice.one(&[1, 1, 2, 3]);
        let price = match dice.below(8) {
            0 => 0,
            1 => 99,
            2..5 => dice.up_to(600),
            _ => dice.up_to(6_000),
        };
        (pieces, price)
    });
    let lines = lines.collect();
    let available = model.available(member);
    let pay = dice.is(35).then(|| match dice.is(80) {
        true => dice.up_to(available.min(60)),
        false => available + dice.up_to(3),
    });
    let days_ago = if dice.is(75) {
        0
    } else {
        dice.one(&[1, 2, 4, 12])
    };
    Step::Buy {
        member,
        lines,
        pay,
        days_ago,
    }
}

fn redeem(dice: &mut Dice, model: &Model, member: usize) -> Step {
    let available = model.available(member);
    let points = match dice.below(10) {
        0 => available + 1,
        1..4 => available.max(1),
        _ => dice.up_to(available),
    };
    let hold = dice
        .is(65)
        .then(|| dice.one(&[60, 7_200, DAY, 3 * DAY, 7 * DAY]));
    Step::Redeem {
        member,
        points,
        hold,
    }
}

/// One that stands so, or any, or one that nobody made.
fn redemption(dice: &mut Dice, model: &Model, state: State) -> usize {
    let stands = |made: &Redemption| made.state == state;
    let places = places(&model.redemptions, stands);
    some(dice, &places, model.redemptions.len())
}

fn places<T>(all: &[T], is_meant: impl Fn(&T) -> bool) -> Vec<usize> {
    let meant = all.iter().enumerate().filter(|(_, one)| is_meant(one));
    meant.map(|(place, _)| place).collect()
}

fn some(dice: &mut Dice, live: &[usize], all: usize) -> usize {
    match dice.is(80) && !live.is_empty() {
        true => dice.one(live),
        false => dice.below(all + 1),
    }
}

fn give_back(dice: &mut Dice, model: &Model) -> Step {
    let open = places(&model.purchases, |bought: &Purchase| !bought.is_gone());
    let purchase = some(dice, &open, model.purchases.len());
    let Some(bought) = model.purchases.get(purchase) else {
        let goods = Goods::All;
        return Step::GiveBack { purchase, goods };
    };
    let over = i64::from(dice.is(15));
    let beyond = usize::from(dice.is(3));
    let place = dice.below(bought.lines.len() + beyond);
    let line = bought.lines.get(place);
    let left = line.map_or(1, Line::left);
    let worth = line.map_or(1, Line::worth);
    let goods = match dice.below(10) {
        0..2 => Goods::All,
        2..4 => Goods::Line(place, None, None),
        4..6 => Goods::Line(place, Some(dice.up_to(left) + over), None),
        6..8 => Goods::Line(place, None, Some(dice.up_to(worth) + over)),
        8 => Goods::Worth(bought.worth() + over + i64::from(bought.worth() + over == 0)),
        _ => Goods::Worth(dice.up_to(bought.worth())),
    };
    Step::GiveBack { purchase, goods }
}

fn clock(dice: &mut Dice, model: &Model) -> Step {
    let due = model.next_due().map_or(0, |due| due - model.now);
    let seconds = match dice.below(6) {
        // The very instant, and the one before it.
        0..2 if due > 1 => due - dice.one(&[0, 1]),
        0..3 => dice.up_to(7_200),
        3..5 => dice.up_to(DAY),
        _ => dice.up_to(4 * DAY),
    };
    Step::Clock { seconds }
}
