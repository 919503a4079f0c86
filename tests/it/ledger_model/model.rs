//! What the point ledger of one tenant must do, written a second time: plain sums over plain lists, slow and
//! short, without a line of the product's rules. One wallet, one point per 100.
//!
//! A further operation is a variant of `Step`, an arm of `Model::perform` and one in each driver.

use super::answer::{Answer, Shown, no, told};
use super::corrections::Adjustment;
use super::goods::Purchase;
use super::rules::Rules;
use super::steps::Step;

/// Seconds of a day.
pub(crate) const DAY: i64 = 86_400;
/// Business days begin so long before midnight UTC: 05:00 in Tokyo.
pub(crate) const DAY_BEGINS_BEFORE: i64 = 4 * 3_600;

/// What points wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waits {
    /// An instant.
    Until(i64),
    /// The delivery of their goods; from an instant on it is too late.
    Delivery(Option<i64>),
}

#[derive(Debug, Clone)]
pub(crate) struct Lot {
    pub(crate) member: usize,
    /// Whose goods earned it.
    pub(crate) purchase: Option<usize>,
    /// The place of what made it among everything that was made.
    pub(crate) made: usize,
    pub(crate) rem: i64,
    pub(crate) waits: Option<Waits>,
    pub(crate) ends: Option<i64>,
    pub(crate) occurred: i64,
    /// What of it was over before anybody used it.
    pub(crate) lost: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Reserved,
    Captured,
    Released,
    Reversed,
}

#[derive(Debug, Clone)]
pub(crate) struct Redemption {
    pub(crate) member: usize,
    pub(crate) state: State,
    pub(crate) till: i64,
    pub(crate) taken: Vec<(usize, i64)>,
}

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Member {
    pub(crate) version: i64,
    pub(crate) owed: i64,
    pub(crate) sums: [i64; 5],
}

#[derive(Debug, Clone)]
pub(crate) struct Model {
    pub(crate) rules: Rules,
    pub(crate) now: i64,
    pub(crate) members: Vec<Member>,
    pub(crate) lots: Vec<Lot>,
    pub(crate) purchases: Vec<Purchase>,
    pub(crate) redemptions: Vec<Redemption>,
    pub(crate) adjustments: Vec<Adjustment>,
    /// Steps with a key whose answer is remembered, with that answer.
    pub(crate) log: Vec<(usize, Step, Answer)>,
    /// How much was made.
    pub(crate) made: usize,
}

/// The first instant of a business day, counted from 1970.
pub(crate) fn begins(day: i64) -> i64 {
    day * DAY - DAY_BEGINS_BEFORE
}

impl Model {
    pub(crate) fn new(rules: Rules, members: usize, now: i64) -> Self {
        let members = vec![Member::default(); members];
        Self {
            rules,
            now,
            members,
            lots: Vec::new(),
            purchases: Vec::new(),
            redemptions: Vec::new(),
            adjustments: Vec::new(),
            log: Vec::new(),
            made: 0,
        }
    }

    /// Whether its time is over, or that of waiting for its event.
    pub(crate) fn is_over(&self, lot: usize) -> bool {
        let lot = &self.lots[lot];
        let too_late = match lot.waits {
            Some(Waits::Delivery(late)) => late,
            _ => None,
        };
        [lot.ends, too_late]
            .iter()
            .flatten()
            .any(|end| *end <= self.now)
    }

    /// Whether something of a purchase waits for its delivery.
    pub(crate) fn waits_for_delivery(&self, bought: &Purchase) -> bool {
        let mut lots = self.lots.iter();
        lots.any(|lot| {
            lot.purchase.is_some()
                && lot.made == bought.made
                && matches!(lot.waits, Some(Waits::Delivery(_)))
        })
    }

    /// Lots of a member that hold something and are not over, in the order of spending.
    pub(crate) fn live(&self, member: usize) -> Vec<usize> {
        let mine = |lot: &usize| {
            self.lots[*lot].member == member && self.lots[*lot].rem > 0 && !self.is_over(*lot)
        };
        let mut live: Vec<usize> = (0..self.lots.len()).filter(mine).collect();
        live.sort_by_key(|id| {
            (
                self.lots[*id].ends.unwrap_or(i64::MAX),
                self.lots[*id].occurred,
                self.lots[*id].made,
                *id,
            )
        });
        live
    }

    pub(crate) fn available(&self, member: usize) -> i64 {
        let live = self
            .live(member)
            .into_iter()
            .filter(|lot| self.lots[*lot].waits.is_none());
        live.map(|lot| self.lots[lot].rem).sum()
    }

    pub(crate) fn shown(&self, member: usize) -> Shown {
        let mine = || self.lots.iter().filter(|lot| lot.member == member);
        let held = self
            .redemptions
            .iter()
            .filter(|made| made.member == member && made.state == State::Reserved);
        let reserved = held.flat_map(|made| &made.taken).map(|part| part.1).sum();
        let Member {
            version,
            owed,
            sums,
        } = self.members[member];
        let waits = mine().filter(|lot| lot.waits.is_some());
        let balance = [
            self.available(member),
            waits.map(|lot| lot.rem).sum(),
            reserved,
            owed,
        ];
        // Whatever happened, every point is somewhere, and nobody owes who has something to spend.
        let held: i64 = mine().map(|lot| lot.rem).sum();
        assert_eq!(
            sums[0] + sums[3] + sums[4],
            held + reserved + sums[1] + sums[2] - owed,
            "a point was lost or made"
        );
        assert!(
            balance.iter().all(|sum| *sum >= 0) && (owed == 0 || balance[0] == 0),
            "{balance:?}"
        );
        let mut lots: Vec<usize> = (0..self.lots.len()).collect();
        lots.retain(|lot| self.lots[*lot].member == member && self.lots[*lot].rem > 0);
        lots.retain(|lot| self.lots[*lot].ends.is_none_or(|ends| ends > self.now));
        lots.sort_by_key(|lot| {
            let ends = self.lots[*lot].ends.unwrap_or(i64::MAX);
            (ends, self.lots[*lot].made, *lot)
        });
        let lots = lots
            .into_iter()
            .map(|lot| &self.lots[lot])
            .map(|lot| (lot.ends, lot.rem, lot.waits.is_some()))
            .collect();
        Shown {
            version,
            balance,
            lots,
            sums: Some(sums),
        }
    }

    /// On whom a step acts; the first member where nobody has what it names.
    pub(crate) fn members_of(&self, step: &Step) -> Vec<usize> {
        let of_redemption = |place: &usize| {
            let made = self.redemptions.get(*place);
            vec![made.map_or(0, |made| made.member)]
        };
        match step {
            Step::Buy { member, .. } => Vec::from_iter(*member),
            Step::Redeem { member, .. }
            | Step::Sweep { member, .. }
            | Step::Adjust { member, .. }
            | Step::Claim { member, .. }
            | Step::Look { member } => vec![*member],
            Step::Transfer { from, to, .. } => vec![*from, *to],
            Step::Review { adjustment, .. } => {
                let made = self.adjustments.get(*adjustment);
                vec![made.map_or(0, |made| made.member)]
            }
            Step::GiveBack { purchase, .. } | Step::Event { purchase, .. } => {
                let made = self.purchases.get(*purchase);
                made.map_or(vec![0], |made| Vec::from_iter(made.member))
            }
            Step::Capture { redemption, .. } => of_redemption(redemption),
            Step::Release { redemption } | Step::Reverse { redemption } => {
                of_redemption(redemption)
            }
            Step::Clock { .. } | Step::Replay { .. } | Step::Clash { .. } => vec![0],
        }
    }

    /// The next instant at which time does something to points, and the one at which it gives held ones back.
    pub(crate) fn next_due(&self) -> [Option<i64>; 2] {
        let lots = self.lots.iter().filter(|lot| lot.rem > 0);
        let lots = lots.filter_map(|lot| match lot.waits {
            None => lot.ends,
            Some(Waits::Until(at)) => Some(at),
            Some(Waits::Delivery(late)) => late,
        });
        let held = self
            .redemptions
            .iter()
            .filter(|made| made.state == State::Reserved);
        [lots.min(), held.map(|made| made.till).min()]
    }

    /// Does a step. What is refused leaves everything as it was.
    pub(crate) fn run(&mut self, number: usize, step: &Step) -> Answer {
        let mut next = self.clone();
        let answer = next.perform(step);
        if answer.is_ok() {
            *self = next;
        }
        let is_remembered = |code: &String| {
            ![
                "validation_failed",
                "not_found",
                "over_maximum",
                "second_person_required",
            ]
            .contains(&code.as_str())
        };
        if step.has_key() && answer.as_ref().err().is_none_or(is_remembered) {
            self.log.push((number, step.clone(), answer.clone()));
        }
        answer
    }

    fn perform(&mut self, step: &Step) -> Answer {
        match step {
            Step::Buy {
                member,
                lines,
                pay,
                days_ago,
            } => self.buy(*member, lines, *pay, *days_ago),
            Step::GiveBack { purchase, goods } => self.give_back(*purchase, goods),
            Step::Redeem {
                member,
                points,
                hold,
            } => self.redeem(*member, *points, *hold),
            Step::Capture { redemption, points } => {
                self.change(*redemption, State::Captured, *points)
            }
            Step::Release { redemption } => self.change(*redemption, State::Released, None),
            Step::Reverse { redemption } => self.change(*redemption, State::Reversed, None),
            Step::Claim { purchase, member } => self.claim(*purchase, *member),
            Step::Adjust {
                hand,
                member,
                points,
                starts,
                ends,
            } => self.adjust(*hand, *member, *points, (*starts, *ends)),
            Step::Review {
                adjustment,
                hand,
                approves,
            } => self.review(*adjustment, *hand, *approves),
            Step::Transfer { from, to, points } => self.transfer((*from, *to), *points),
            Step::Event { purchase, what } => self.event(*purchase, what),
            Step::Clock { seconds } => {
                self.now += seconds;
                told(0, Vec::new())
            }
            Step::Sweep { member, job } => {
                self.sweep(*member, *job);
                told(*member, Vec::new())
            }
            Step::Look { member } => told(*member, Vec::new()),
            Step::Replay { of } => self.log[*of].2.clone(),
            Step::Clash { .. } => no("idempotency_key_reused"),
        }
    }

    pub(crate) fn take(&mut self, member: usize, points: i64) -> Result<Vec<(usize, i64)>, String> {
        if points > self.available(member) {
            return no("insufficient_points");
        }
        let lots = self
            .live(member)
            .into_iter()
            .filter(|lot| self.lots[*lot].waits.is_none())
            .collect();
        Ok(self.empty(lots, points))
    }

    pub(crate) fn empty(&mut self, lots: Vec<usize>, mut points: i64) -> Vec<(usize, i64)> {
        let mut taken = Vec::new();
        for id in lots {
            let part = points.min(self.lots[id].rem);
            self.lots[id].rem -= part;
            points -= part;
            taken.push((id, part));
        }
        taken.retain(|part| part.1 > 0);
        taken
    }

    pub(crate) fn repay(&mut self, member: usize, points: i64) -> i64 {
        let repaid = points.min(self.members[member].owed);
        self.members[member].owed -= repaid;
        points - repaid
    }

    pub(crate) fn lose(&mut self, lot: usize, points: i64) {
        self.lots[lot].lost += points;
        self.members[self.lots[lot].member].sums[2] += points;
    }

    /// Points come back to their lot, or are over with it; what came back and what was over.
    pub(crate) fn restore(&mut self, lot: usize, points: i64) -> (i64, i64) {
        if self.is_over(lot) {
            self.lose(lot, points);
            return (0, points);
        }
        self.lots[lot].rem += self.repay(self.lots[lot].member, points);
        (points, 0)
    }

    /// Keeps so many of its points and gives the rest back.
    pub(crate) fn end(&mut self, id: usize, to: State, mut kept: i64) {
        let Redemption {
            member,
            state,
            taken,
            ..
        } = self.redemptions[id].clone();
        let before: i64 = taken.iter().map(|part| part.1).sum();
        self.members[member].sums[1] += kept - if state == State::Captured { before } else { 0 };
        let mut left = Vec::new();
        for (lot, points) in taken {
            let part = kept.min(points);
            kept -= part;
            left.push((lot, part));
            self.restore(lot, points - part);
        }
        self.members[member].version += 1;
        self.redemptions[id].state = to;
        self.redemptions[id].taken = left;
    }
}
