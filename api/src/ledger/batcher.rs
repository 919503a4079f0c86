//! Which commands go to the database together, and when: a pure state machine, so that every
//! order of events can be tried. Tenants take turns; whatever waits while a batch of its tenant is in flight goes in
//! the next one. A second one goes beside it where many wait whose order nobody asked for and no other tenant is busy:
//! while the database works on the one, the other is decided. The rows that both need are locked there, as between two
//! nodes.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use crate::db::TenantNumber;

/// The maxima of one node.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Commands in one batch.
    pub(crate) batch: usize,
    /// Commands waiting in all queues.
    pub(crate) queued: usize,
    /// A command that waited longer is given back.
    pub(crate) wait: Duration,
    /// Batches in flight. The last place is kept for a tenant that has none.
    pub(crate) in_flight: usize,
    /// As many must wait before a tenant gets a second batch: below that two small ones cost more than they gain.
    pub(crate) beside: usize,
}

/// What can wait here.
pub(crate) trait Waits {
    /// It must not overtake another command of its tenant, nor be overtaken.
    fn is_in_line(&self) -> bool;
}

/// Batches that a tenant has in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flight {
    /// One, whose order matters.
    InLine,
    /// One that another may go beside.
    One,
    Two,
}

/// Commands of one tenant that go together, in the order of their arrival.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Batch<T> {
    pub(crate) tenant: TenantNumber,
    pub(crate) items: Vec<T>,
}

#[derive(Debug)]
struct Waiting<T> {
    item: T,
    since: Instant,
}

/// Queues per tenant, and whose turn it is.
#[derive(Debug)]
pub(crate) struct Batcher<T> {
    limits: Limits,
    queues: HashMap<TenantNumber, VecDeque<Waiting<T>>>,
    /// Tenants with something waiting, in order of their turn.
    turns: VecDeque<TenantNumber>,
    in_flight: HashMap<TenantNumber, Flight>,
    queued: usize,
}

impl<T: Waits> Batcher<T> {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            queues: HashMap::new(),
            turns: VecDeque::new(),
            in_flight: HashMap::new(),
            queued: 0,
        }
    }

    /// Let a command wait for its turn. When too many wait already, one is given back: this one,
    /// or the latest of the longest queue if this tenant has less than its share, so that a flood
    /// turns away only itself.
    pub(crate) fn push(&mut self, tenant: TenantNumber, item: T, now: Instant) -> Result<(), T> {
        if self.queued < self.limits.queued {
            self.enqueue(tenant, item, now);
            return Ok(());
        }
        let own = self.queues.get(&tenant).map_or(0, VecDeque::len);
        let shares = self.queues.len().max(1);
        if own >= self.limits.queued.div_euclid(shares) {
            return Err(item);
        }
        let longest = self.queues.values_mut().max_by_key(|queue| queue.len());
        let longest = longest.filter(|queue| queue.len() > own.saturating_add(1));
        let Some(latest) = longest.and_then(VecDeque::pop_back) else {
            return Err(item);
        };
        self.queued = self.queued.saturating_sub(1);
        self.enqueue(tenant, item, now);
        Err(latest.item)
    }

    fn enqueue(&mut self, tenant: TenantNumber, item: T, now: Instant) {
        let queue = self.queues.entry(tenant).or_default();
        if queue.is_empty() {
            self.turns.push_back(tenant);
        }
        queue.push_back(Waiting { item, since: now });
        self.queued = self.queued.saturating_add(1);
    }

    /// Whether there is a next batch to send.
    pub(crate) fn is_ready(&self) -> bool {
        self.turn().is_some()
    }

    /// The place of the tenant whose turn it is, if a place is free and something waits that may go.
    fn turn(&self) -> Option<usize> {
        let places = self.limits.in_flight.saturating_sub(self.batches());
        if places == 0 {
            return None;
        }
        // Few are passed over, since few have something in flight.
        let mut turns = self.turns.iter();
        turns.position(|tenant| self.may_go(*tenant, places))
    }

    /// The next batch to send.
    pub(crate) fn next_batch(&mut self) -> Option<Batch<T>> {
        let turn = self.turn()?;
        let tenant = self.turns.remove(turn)?;
        let queue = self.queues.get_mut(&tenant)?;
        let size = queue.len().min(self.limits.batch);
        let items: Vec<T> = queue.drain(..size).map(|waiting| waiting.item).collect();
        if queue.is_empty() {
            self.queues.remove(&tenant);
        } else {
            self.turns.push_back(tenant);
        }
        self.queued = self.queued.saturating_sub(items.len());
        let flight = match self.in_flight.get(&tenant) {
            Some(_) => Flight::Two,
            None if items.iter().any(Waits::is_in_line) => Flight::InLine,
            None => Flight::One,
        };
        self.in_flight.insert(tenant, flight);
        Some(Batch { tenant, items })
    }

    /// Batches in flight, of all tenants.
    fn batches(&self) -> usize {
        let batches = |flight: &Flight| match flight {
            Flight::InLine | Flight::One => 1,
            Flight::Two => 2,
        };
        self.in_flight.values().map(batches).sum()
    }

    fn may_go(&self, tenant: TenantNumber, places: usize) -> bool {
        match self.in_flight.get(&tenant) {
            None => true,
            Some(Flight::One) if places > 1 && self.is_alone() => {
                self.queues.get(&tenant).is_some_and(|queue| {
                    let mut next = queue.iter().take(self.limits.batch);
                    queue.len() >= self.limits.beside
                        && !next.any(|waiting| waiting.item.is_in_line())
                })
            }
            Some(_) => false,
        }
    }

    /// One tenant alone is busy. Where others are, the cores have work, and a second batch of one would only make them wait.
    fn is_alone(&self) -> bool {
        self.in_flight.len() == 1 && self.turns.len() == 1
    }

    /// A batch has its answers.
    pub(crate) fn finished(&mut self, tenant: TenantNumber) {
        if self.in_flight.remove(&tenant) == Some(Flight::Two) {
            self.in_flight.insert(tenant, Flight::One);
        }
    }

    /// Take out what waited too long.
    pub(crate) fn overdue(&mut self, now: Instant) -> Vec<T> {
        let wait = self.limits.wait;
        let mut overdue = Vec::new();
        for queue in self.queues.values_mut() {
            while queue
                .front()
                .is_some_and(|first| now.duration_since(first.since) > wait)
            {
                overdue.extend(queue.pop_front().map(|waiting| waiting.item));
            }
        }
        self.queued = self.queued.saturating_sub(overdue.len());
        let queues = &self.queues;
        self.turns
            .retain(|tenant| queues.get(tenant).is_some_and(|queue| !queue.is_empty()));
        self.queues.retain(|_, queue| !queue.is_empty());
        overdue
    }

    /// Commands waiting in all queues.
    pub(crate) const fn queued(&self) -> usize {
        self.queued
    }

    /// Nothing waits and nothing is in flight.
    pub(crate) fn is_idle(&self) -> bool {
        self.queued == 0 && self.in_flight.is_empty()
    }
}

#[cfg(test)]
mod tests;
