//! How points of the model come to members other than by what they buy themselves.

use super::answer::{Answer, no, told};
use super::model::{DAY, DAY_BEGINS_BEFORE, Lot, Model, Waits, begins};
use super::rules::{Activation, Shortage};

/// How an adjustment is told to stand.
pub(crate) const APPLIED: i64 = 0;
pub(crate) const WAITS: i64 = 1;
pub(crate) const REJECTED: i64 = 2;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stands {
    Applied,
    Waits,
    Rejected,
}

/// What a hand asked for.
#[derive(Debug, Clone)]
pub(crate) struct Adjustment {
    pub(crate) hand: usize,
    pub(crate) member: usize,
    points: i64,
    starts: Option<i64>,
    ends: Option<i64>,
    occurred: i64,
    pub(crate) stands: Stands,
}

/// The business day of an instant, counted from 1970.
fn day(instant: i64) -> i64 {
    (instant + DAY_BEGINS_BEFORE).div_euclid(DAY)
}

impl Model {
    /// When points end that become spendable on a day.
    fn ends(&self, starts: i64) -> Option<i64> {
        self.rules.lives.map(|days| begins(starts + days + 1))
    }

    /// The member gets what goods earn; how much.
    pub(crate) fn earn(&mut self, id: usize, member: usize, total: i64) -> i64 {
        let (granted, occurred) = (total / 100, self.purchases[id].occurred);
        let bought = &mut self.purchases[id];
        (bought.member, bought.granted, bought.earns) = (Some(member), granted, granted);
        let (waits, ends) = match self.rules.activation {
            Activation::Days(days) => {
                let starts = day(occurred) + days;
                let waits = days > 0 && begins(starts) > self.now;
                (
                    waits.then(|| Waits::Until(begins(starts))),
                    self.ends(starts),
                )
            }
            Activation::Delivery(days) => {
                let late = days.map(|days| begins(day(occurred) + days + 1));
                (Some(Waits::Delivery(late)), None)
            }
        };
        let lot = Lot {
            member,
            purchase: Some(id),
            made: self.purchases[id].made,
            rem: granted,
            waits,
            ends,
            occurred,
            lost: 0,
        };
        self.members[member].version += 1;
        self.members[member].sums[0] += granted;
        self.give(lot);
        granted
    }

    /// Opens a lot, repays what is owed from what is spendable, and ends what is over on arrival.
    fn give(&mut self, mut lot: Lot) {
        if lot.waits.is_none() {
            lot.rem = self.repay(lot.member, lot.rem);
        }
        if lot.rem == 0 {
            return;
        }
        self.lots.push(lot);
        let own = self.lots.len() - 1;
        if self.is_over(own) && !matches!(self.lots[own].waits, Some(Waits::Until(_))) {
            self.cancel(own);
        }
    }

    pub(crate) fn claim(&mut self, id: usize, member: usize) -> Answer {
        let Some(bought) = self.purchases.get(id) else {
            return no("not_found");
        };
        if bought.member.is_some() {
            return no("already_claimed");
        }
        if bought.is_void || bought.is_gone() {
            return no("invalid_state");
        }
        if day(self.now) > day(bought.occurred) + self.rules.claim_days {
            return no("late_claim_window_closed");
        }
        let worth = bought.worth();
        self.purchases[id].earned_by = worth;
        let granted = self.earn(id, member, worth);
        told(member, vec![granted, 0])
    }

    pub(crate) fn adjust(
        &mut self,
        hand: usize,
        member: usize,
        points: i64,
        (starts, ends): (Option<i64>, Option<i64>),
    ) -> Answer {
        let soonest = starts.unwrap_or(self.now).max(self.now);
        if points == 0 || ends.is_some_and(|ends| ends <= soonest) {
            return no("validation_failed");
        }
        let waits = self
            .rules
            .two_hands_above
            .is_some_and(|most| points.abs() > most);
        let asked = Adjustment {
            hand,
            member,
            points,
            starts,
            ends,
            occurred: self.now,
            stands: if waits {
                Stands::Waits
            } else {
                Stands::Applied
            },
        };
        self.adjustments.push(asked.clone());
        if waits {
            return told(member, vec![points, points, WAITS]);
        }
        self.apply(&asked)
    }

    /// Nobody approves what the same hand asked for; any may say no.
    pub(crate) fn review(&mut self, id: usize, hand: usize, approves: bool) -> Answer {
        let Some(asked) = self.adjustments.get(id).cloned() else {
            return no("not_found");
        };
        if asked.stands != Stands::Waits {
            return no("invalid_state");
        }
        if !approves {
            self.adjustments[id].stands = Stands::Rejected;
            return told(asked.member, vec![asked.points, asked.points, REJECTED]);
        }
        if asked.hand == hand {
            return no("second_person_required");
        }
        self.adjustments[id].stands = Stands::Applied;
        self.apply(&asked)
    }

    /// Moves points now that were to be given or taken when it was asked for.
    fn apply(&mut self, asked: &Adjustment) -> Answer {
        let Adjustment {
            member,
            points,
            starts,
            ends,
            occurred,
            ..
        } = *asked;
        let owed = if points > 0 {
            let starts_on = day(starts.unwrap_or(occurred));
            self.made += 1;
            self.give(Lot {
                member,
                purchase: None,
                made: self.made,
                rem: points,
                waits: starts.filter(|at| *at > self.now).map(Waits::Until),
                ends: ends.or(self.ends(starts_on)),
                occurred,
                lost: 0,
            });
            0
        } else {
            let short = (-points - self.available(member)).max(0);
            match self.rules.shortage {
                Shortage::Refuse if short > 0 => return no("insufficient_points"),
                Shortage::Negative => short,
                _ => 0,
            }
        };
        let taken = if points > 0 {
            points
        } else {
            let there = self.available(member).min(-points);
            self.take(member, there)?;
            -there - owed
        };
        let of = &mut self.members[member];
        of.owed += owed;
        of.version += 1;
        of.sums[3] += taken;
        told(member, vec![taken, points, APPLIED])
    }

    pub(crate) fn transfer(&mut self, (from, to): (usize, usize), points: i64) -> Answer {
        if from == to || points < 1 {
            return no("validation_failed");
        }
        let taken = self.take(from, points)?;
        self.made += 1;
        for (lot, points) in taken {
            self.give(Lot {
                member: to,
                purchase: None,
                made: self.made,
                rem: points,
                waits: None,
                ends: self.lots[lot].ends,
                occurred: self.now,
                lost: 0,
            });
        }
        for (member, points) in [(from, -points), (to, points)] {
            self.members[member].version += 1;
            self.members[member].sums[4] += points;
        }
        told(from, vec![points])
    }

    pub(crate) fn event(&mut self, id: usize, what: &str) -> Answer {
        let Some(bought) = self.purchases.get(id) else {
            return no("not_found");
        };
        let Some(member) = bought.member else {
            return no("invalid_state");
        };
        let waiting = (0..self.lots.len()).find(|lot| {
            let lot = &self.lots[*lot];
            lot.purchase == Some(id) && matches!(lot.waits, Some(Waits::Delivery(_)))
        });
        let mut activated = 0;
        if let Some(lot) = waiting.filter(|_| what == "delivered") {
            activated = self.lots[lot].rem;
            if activated == 0 || self.is_over(lot) {
                return no("award_cancelled");
            }
            self.lots[lot].waits = None;
            self.lots[lot].ends = self.ends(day(self.now));
            self.lots[lot].rem = self.repay(member, activated);
        }
        self.members[member].version += 1;
        told(member, vec![activated])
    }
}
