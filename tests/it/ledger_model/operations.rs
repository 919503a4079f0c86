//! What callers and time do to the model.

use super::goods::{Line, Purchase};
use super::model::{
    Answer, DAY, DAY_BEGINS_BEFORE, Lot, Model, Redemption, State, Told, begins, no,
};
use super::steps::{Goods, Job, Shortage};

impl Model {
    pub(crate) fn buy(
        &mut self,
        member: usize,
        lines: &[(i64, i64)],
        pay: Option<i64>,
        days_ago: i64,
    ) -> Answer {
        let (worth, occurred) = (
            lines.iter().map(|line| line.1).sum::<i64>(),
            self.now - days_ago * DAY,
        );
        let paid = match pay {
            Some(wish) if self.rules.clamps => wish.min(worth).min(self.available(member)),
            Some(wish) if wish > self.available(member) => return no("insufficient_points"),
            Some(wish) if wish > worth => return no("over_maximum"),
            wish => wish.unwrap_or(0),
        };
        let spent = self.take(member, paid)?;
        let (purchase, total) = (self.purchases.len(), worth - paid);
        let granted = total / 100;
        let starts = (occurred + DAY_BEGINS_BEFORE).div_euclid(DAY) + self.rules.waits;
        let due = Some(begins(starts)).filter(|due| self.rules.waits > 0 && *due > self.now);
        let rem = if due.is_some() {
            granted
        } else {
            self.repay(member, granted)
        };
        let ends = self.rules.lives.map(|days| begins(starts + days + 1));
        self.lots.push(Lot {
            member,
            purchase,
            rem,
            due,
            ends,
            occurred,
            lost: 0,
        });
        let own = self.lots.len() - 1;
        if due.is_none() && self.is_over(own) {
            self.lots[own].rem = 0;
            self.lose(own, rem);
        }
        let of = &mut self.members[member];
        of.version += 1;
        of.sums[0] += granted;
        of.sums[1] += paid;
        let line = |line: &(i64, i64)| Line {
            pieces: line.0,
            price: line.1,
            cheaper: 0,
            back: 0,
        };
        let lines = lines.iter().map(line).collect();
        self.purchases.push(Purchase {
            member,
            lines,
            is_void: false,
            granted,
            earns: granted,
            paid,
            total,
            refunded: 0,
            counted_lost: 0,
            spent,
        });
        Ok(Told {
            member,
            numbers: vec![granted, paid],
        })
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
        let share = |of: i64| if all == kept { of } else { of * kept / all };
        let (earns, paid, total) = match (bought.is_gone(), self.rules.prorates) {
            (true, _) => (0, 0, 0),
            (false, true) => (
                share(bought.earns),
                share(first_paid),
                kept - share(first_paid),
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
        self.restore_paid(&mut bought, paid, &mut numbers);
        self.claw_back(id, &mut bought, earns, &mut numbers)?;
        numbers[5] = refund;
        numbers[6] = numbers[3];
        let member = bought.member;
        self.members[member].version += 1;
        self.purchases[id] = bought;
        Ok(Told {
            member,
            numbers: numbers.to_vec(),
        })
    }

    fn restore_paid(&mut self, bought: &mut Purchase, paid: i64, numbers: &mut [i64; 7]) {
        let mut back = (bought.paid - paid).max(0);
        bought.paid -= back;
        self.members[bought.member].sums[1] -= back;
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
        id: usize,
        bought: &mut Purchase,
        earns: i64,
        numbers: &mut [i64; 7],
    ) -> Result<(), String> {
        let wanted = (bought.granted - earns).max(0);
        bought.granted -= wanted;
        let own = (0..self.lots.len()).filter(|lot| self.lots[*lot].purchase == id);
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
        let mut order = self.live(bought.member);
        order.sort_by_key(|lot| {
            (
                self.lots[*lot].purchase != id,
                self.lots[*lot].due.is_none(),
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
        let of = &mut self.members[bought.member];
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
        Ok(Told {
            member,
            numbers: vec![points],
        })
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
        Ok(Told {
            member: made.member,
            numbers: vec![if to == State::Captured { kept } else { held }],
        })
    }

    /// Moves the clock and does what is due, in the order of time.
    pub(crate) fn pass(&mut self, seconds: i64) {
        let until = self.now + seconds;
        while let Some(due) = self.next_due().filter(|due| *due <= until) {
            self.now = self.now.max(due);
            for job in [Job::Lapse, Job::Activate, Job::Expire] {
                (0..self.members.len()).for_each(|member| self.sweep(member, job));
            }
        }
        self.now = until;
    }

    pub(crate) fn sweep(&mut self, member: usize, job: Job) {
        let mut due = Vec::new();
        for (id, lot) in self
            .lots
            .iter()
            .enumerate()
            .filter(|(_, lot)| lot.member == member && lot.rem > 0)
        {
            match job {
                Job::Lapse => {}
                Job::Activate => {
                    due.extend(lot.due.filter(|at| *at <= self.now).map(|at| (at, id)));
                }
                Job::Expire if lot.due.is_none() => {
                    due.extend(lot.ends.filter(|at| *at <= self.now).map(|at| (at, id)));
                }
                Job::Expire => {}
            }
        }
        due.sort_unstable();
        self.members[member].version += i64::from(!due.is_empty());
        for (_, id) in due {
            let is_waiting = self.lots[id].due.take().is_some();
            let rem = self.lots[id].rem;
            self.lots[id].rem = if is_waiting {
                self.repay(member, rem)
            } else {
                rem
            };
            if self.is_over(id) {
                self.lose(id, self.lots[id].rem);
                self.lots[id].rem = 0;
            }
        }
        if job == Job::Lapse {
            let over = |made: &Redemption| {
                made.member == member && made.state == State::Reserved && made.till <= self.now
            };
            let mut over: Vec<(i64, usize)> = self
                .redemptions
                .iter()
                .enumerate()
                .filter(|(_, made)| over(made))
                .map(|(id, made)| (made.till, id))
                .collect();
            over.sort_unstable();
            over.into_iter()
                .for_each(|(_, id)| self.end(id, State::Released, 0));
        }
    }
}
