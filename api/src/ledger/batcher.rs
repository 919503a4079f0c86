//! Which commands go to the database together, and when: a pure state machine, so that every
//! order of events can be tried. Tenants take turns; one batch of a tenant is in flight at a time;
//! whatever waits meanwhile goes in the next one.

use std::collections::{HashMap, HashSet, VecDeque};
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
    /// Batches in flight, each of another tenant.
    pub(crate) in_flight: usize,
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
    /// Tenants with something waiting and nothing in flight, in order of their turn.
    turns: VecDeque<TenantNumber>,
    in_flight: HashSet<TenantNumber>,
    queued: usize,
}

impl<T> Batcher<T> {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            queues: HashMap::new(),
            turns: VecDeque::new(),
            in_flight: HashSet::new(),
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
        if queue.is_empty() && !self.in_flight.contains(&tenant) {
            self.turns.push_back(tenant);
        }
        queue.push_back(Waiting { item, since: now });
        self.queued = self.queued.saturating_add(1);
    }

    /// The next batch to send, if a place is free and something waits.
    pub(crate) fn next_batch(&mut self) -> Option<Batch<T>> {
        if self.in_flight.len() >= self.limits.in_flight {
            return None;
        }
        let tenant = self.turns.pop_front()?;
        let queue = self.queues.get_mut(&tenant)?;
        let size = queue.len().min(self.limits.batch);
        let items: Vec<T> = queue.drain(..size).map(|waiting| waiting.item).collect();
        self.queued = self.queued.saturating_sub(items.len());
        self.in_flight.insert(tenant);
        Some(Batch { tenant, items })
    }

    /// A batch has its answers: its tenant may have another turn, after the others.
    pub(crate) fn finished(&mut self, tenant: TenantNumber) {
        if !self.in_flight.remove(&tenant) {
            return;
        }
        match self.queues.get(&tenant) {
            Some(queue) if !queue.is_empty() => self.turns.push_back(tenant),
            _ => {
                self.queues.remove(&tenant);
            }
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
        let in_flight = &self.in_flight;
        self.queues
            .retain(|tenant, queue| !queue.is_empty() || in_flight.contains(tenant));
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
