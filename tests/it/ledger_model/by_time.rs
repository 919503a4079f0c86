//! What time does to the model.

use super::model::{DAY, DAY_BEGINS_BEFORE, Model, Redemption, State, Waits, begins};
use super::steps::Job;

/// The end of the business day; an instant that begins one is its own.
fn cutover(instant: i64) -> i64 {
    begins((instant + DAY_BEGINS_BEFORE + DAY - 1).div_euclid(DAY))
}

impl Model {
    /// Moves the clock and does what is due, in the order of time: held points come back on the instant, everything
    /// else is done at the next cut-over.
    pub(crate) fn pass(&mut self, seconds: i64) {
        let until = self.now + seconds;
        loop {
            let [points, held] = self.next_due();
            let points = points.filter(|due| *due <= until);
            let day = points.map_or(until, |due| cutover(due).min(until).max(self.now));
            if let Some(till) = held.filter(|till| *till <= day) {
                self.now = self.now.max(till);
                (0..self.members.len()).for_each(|member| self.sweep(member, Job::Lapse));
                continue;
            }
            if points.is_none() {
                break;
            }
            self.now = day;
            for job in [Job::Activate, Job::Expire] {
                (0..self.members.len()).for_each(|member| self.sweep(member, job));
            }
        }
        self.now = until;
    }

    pub(crate) fn sweep(&mut self, member: usize, job: Job) {
        if job == Job::Lapse {
            return self.lapse(member);
        }
        let due_at = |lot: usize| match (job, self.lots[lot].waits) {
            (Job::Activate, Some(Waits::Until(at))) => Some(at),
            (Job::Expire, Some(Waits::Delivery(late))) => late,
            (Job::Expire, None) => self.lots[lot].ends,
            _ => None,
        };
        let mut due: Vec<(i64, usize, usize)> = Vec::new();
        for id in 0..self.lots.len() {
            let lot = &self.lots[id];
            if lot.member == member && lot.rem > 0 {
                let at = due_at(id).filter(|at| *at <= self.now);
                due.extend(at.map(|at| (at, lot.made, id)));
            }
        }
        due.sort_unstable();
        self.members[member].version += i64::from(!due.is_empty());
        for (_, _, id) in due {
            let rem = self.lots[id].rem;
            if job == Job::Expire {
                self.cancel(id);
                continue;
            }
            self.lots[id].waits = None;
            self.lots[id].rem = self.repay(member, rem);
            if self.is_over(id) {
                self.cancel(id);
            }
        }
    }

    /// Nothing of it is there any more, and nothing will be.
    pub(crate) fn cancel(&mut self, lot: usize) {
        self.lose(lot, self.lots[lot].rem);
        self.lots[lot].rem = 0;
        if let Some(Waits::Delivery(late)) = &mut self.lots[lot].waits {
            *late = None;
        }
    }

    fn lapse(&mut self, member: usize) {
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
