//! What callers and time do to the model.

use super::answer::{Answer, Told, no, told};
use super::goods::{Line, Purchase};
use super::model::{DAY, Model, Redemption, State};
use super::rules::Shortage;
use super::steps::Goods;

impl Model {
    pub(crate) fn buy(
        &mut self,
        member: Option<usize>,
        lines: &[(i64, i64)],
        pay: Option<i64>,
        days_ago: i64,
    ) -> Answer {
        let (worth, occurred) = (
            lines.iter().map(|line| line.1).sum::<i64>(),
            self.now - days_ago * DAY,
        );
        let available = member.map_or(0, |member| self.available(member));
        let paid = match pay {
            Some(wish) if self.rules.clamps => wish.min(worth).min(available),
            Some(wish) if wish > available => return no("insufficient_points"),
            Some(wish) if wish > worth => return no("over_maximum"),
            wish => wish.unwrap_or(0),
        };
        let spent = member.map_or(Ok(Vec::new()), |member| self.take(member, paid))?;
        self.made += 1;
        let line = |line: &(i64, i64)| Line {
            pieces: line.0,
            price: line.1,
            cheaper: 0,
            back: 0,
        };
        let lines = lines.iter().map(line).collect();
        self.purchases.push(Purchase {
            member: None,
            occurred,
            made: self.made,
            lines,
            is_void: false,
            granted: 0,
            earns: 0,
            paid,
            total: worth - paid,
            earned_by: worth,
            refunded: 0,
            counted_lost: 0,
            spent,
        });
        let Some(member) = member else {
            let numbers = vec![0, 0];
            return Ok(Told {
                member: None,
                numbers,
            });
        };
        self.members[member].sums[1] += paid;
        let granted = self.earn(self.purchases.len() - 1, member, worth - paid);
        told(member, vec![granted, paid])
    }

    pub(crate) fn give_back(&mut self, id: usize, goods: &Goods) -> Answer {
        let Some(mut bought) = self.purchases.get(id).cloned() else {
            return no("not_found");
        };
        let is_void = *goods == Goods::All;
        if bought.is_void || bought.is_gone() {
            return no(if bought.is_void || is_void {
                "invalid_state"
            } else {
                "over_returned"
            });
        }
        bought.is_void = is_void;
        bought.give(goods)?;
        let (kept, all) = (
            bought.worth(),
            bought.lines.iter().map(|line| line.price).sum::<i64>(),
        );
        let first_paid: i64 = all - bought.total;
        let share = |of: i64, all: i64| if all == kept { of } else { of * kept / all };
        let (earns, paid, total) = match (bought.is_gone(), self.rules.prorates) {
            (true, _) => (0, 0, 0),
            (false, true) => (
                share(bought.earns, bought.earned_by),
                share(first_paid, all),
                kept - share(first_paid, all),
            ),
            (false, false) => (
                (kept - first_paid).max(0) / 100,
                first_paid.min(kept),
                (kept - first_paid).max(0),
            ),
        };
        let refund = (bought.total - total - bought.refunded).max(0);
        bought.refunded += refund;
        let mut numbers = [0_i64; 7];
        if let Some(member) = bought.member {
            self.restore_paid(member, &mut bought, paid, &mut numbers);
            self.claw_back((id, member), &mut bought, earns, &mut numbers)?;
            self.members[member].version += 1;
        }
        (numbers[5], numbers[6]) = (refund, numbers[3]);
        let (member, numbers) = (bought.member, numbers.to_vec());
        self.purchases[id] = bought;
        Ok(Told { member, numbers })
    }

    fn restore_paid(
        &mut self,
        member: usize,
        bought: &mut Purchase,
        paid: i64,
        numbers: &mut [i64; 7],
    ) {
        let mut back = (bought.paid - paid).max(0);
        bought.paid -= back;
        self.members[member].sums[1] -= back;
        for (lot, taken) in &mut bought.spent {
            let part = back.min(*taken);
            *taken -= part;
            back -= part;
            let (live, over) = self.restore(*lot, part);
            numbers[3] += live;
            numbers[4] += over;
        }
    }

    fn claw_back(
        &mut self,
        (id, member): (usize, usize),
        bought: &mut Purchase,
        earns: i64,
        numbers: &mut [i64; 7],
    ) -> Result<(), String> {
        let wanted = (bought.granted - earns).max(0);
        bought.granted -= wanted;
        let own = (0..self.lots.len()).filter(|lot| self.lots[*lot].purchase == Some(id));
        let (over, live): (Vec<usize>, Vec<usize>) = own.partition(|lot| self.is_over(*lot));
        let left: i64 = live.iter().map(|lot| self.lots[*lot].rem).sum();
        let lost: i64 = live.iter().map(|lot| self.lots[*lot].lost).sum::<i64>()
            + over
                .iter()
                .map(|lot| self.lots[*lot].lost + self.lots[*lot].rem)
                .sum::<i64>();
        // What ended with its lot was taken by time, and is not taken a second time.
        let expired = (lost - bought.counted_lost).min(wanted - left).max(0);
        bought.counted_lost += expired;
        let mut order = self.live(member);
        order.sort_by_key(|lot| {
            (
                self.lots[*lot].purchase != Some(id),
                self.lots[*lot].waits.is_none(),
            )
        });
        let taken: i64 = self
            .empty(order, wanted - expired)
            .iter()
            .map(|part| part.1)
            .sum();
        let short = wanted - expired - taken;
        if short > 0 && self.rules.shortage == Shortage::Refuse {
            return no("insufficient_points");
        }
        let owed = if self.rules.shortage == Shortage::Negative {
            short
        } else {
            0
        };
        let of = &mut self.members[member];
        of.owed += owed;
        of.sums[0] -= taken + owed;
        (numbers[0], numbers[1], numbers[2]) = (taken + owed, wanted, expired);
        Ok(())
    }

    pub(crate) fn redeem(&mut self, member: usize, points: i64, hold: Option<i64>) -> Answer {
        // A hold is exact; what is taken at once goes down to what is there, but not to nothing.
        let points = match (self.rules.clamps, hold) {
            (true, None) => points.min(self.available(member)),
            _ => points,
        };
        if points == 0 {
            return no("insufficient_points");
        }
        let taken = self.take(member, points)?;
        let state = if hold.is_some() {
            State::Reserved
        } else {
            State::Captured
        };
        self.members[member].version += 1;
        self.members[member].sums[1] += if hold.is_some() { 0 } else { points };
        self.redemptions.push(Redemption {
            member,
            state,
            till: self.now + hold.unwrap_or(0),
            taken,
        });
        told(member, vec![points])
    }

    pub(crate) fn change(&mut self, id: usize, to: State, points: Option<i64>) -> Answer {
        let Some(made) = self.redemptions.get(id).cloned() else {
            return no("not_found");
        };
        let from = if to == State::Reversed {
            State::Captured
        } else {
            State::Reserved
        };
        if made.state != from || (from == State::Reserved && made.till <= self.now) {
            return no("invalid_state");
        }
        let held: i64 = made.taken.iter().map(|part| part.1).sum();
        let kept = if to == State::Captured {
            points.unwrap_or(held)
        } else {
            0
        };
        if kept > held {
            return no("validation_failed");
        }
        self.end(id, to, kept);
        let moved = if to == State::Captured { kept } else { held };
        told(made.member, vec![moved])
    }
}
