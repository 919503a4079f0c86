use std::collections::{BTreeMap, HashSet, VecDeque};
use std::time::{Duration, Instant};

use proptest::prelude::{Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};

use super::{Batch, Batcher, Limits, Waits};
use crate::db::TenantNumber;

const LIMITS: Limits = Limits {
    batch: 3,
    queued: 8,
    wait: Duration::from_secs(1),
    in_flight: 2,
    beside: 2,
};

/// Numbers from here on stand in a line.
const IN_LINE: u32 = 1_000;

impl Waits for u32 {
    fn is_in_line(&self) -> bool {
        *self >= IN_LINE
    }
}

fn filled(items: &[(i64, u32)]) -> (Batcher<u32>, Instant) {
    let now = Instant::now();
    let mut batcher = Batcher::new(LIMITS);
    for (tenant, item) in items {
        batcher.push(TenantNumber(*tenant), *item, now).unwrap();
    }
    (batcher, now)
}

fn batch(tenant: i64, items: &[u32]) -> Option<Batch<u32>> {
    Some(Batch {
        tenant: TenantNumber(tenant),
        items: items.to_vec(),
    })
}

#[test]
fn a_batch_holds_at_most_its_maximum_in_order_of_arrival() {
    let (mut batcher, _) = filled(&[(1, 10), (1, 11), (1, 12), (1, 13)]);
    assert_eq!(batcher.next_batch(), batch(1, &[10, 11, 12]));
    assert_eq!(batcher.next_batch(), None, "too few for a second one");
    batcher.finished(TenantNumber(1));
    assert_eq!(batcher.next_batch(), batch(1, &[13]));
}

/// The same with as many writers.
fn with_writers(in_flight: usize, items: &[(i64, u32)]) -> Batcher<u32> {
    let mut batcher = Batcher::new(Limits {
        in_flight,
        ..LIMITS
    });
    for (tenant, item) in items {
        let pushed = batcher.push(TenantNumber(*tenant), *item, Instant::now());
        pushed.unwrap();
    }
    batcher
}

#[test]
fn a_second_batch_of_a_tenant_goes_beside_the_first_where_enough_wait() {
    let mut batcher = with_writers(4, &[(1, 0), (1, 1), (1, 2), (1, 3), (1, 4), (1, 5)]);
    assert_eq!(batcher.next_batch(), batch(1, &[0, 1, 2]));
    assert_eq!(batcher.next_batch(), batch(1, &[3, 4, 5]));
    for item in [6, 7] {
        batcher.push(TenantNumber(1), item, Instant::now()).unwrap();
    }
    assert_eq!(batcher.next_batch(), None, "never a third one");
    batcher.finished(TenantNumber(1));
    assert_eq!(batcher.next_batch(), batch(1, &[6, 7]));
    batcher.finished(TenantNumber(1));
    batcher.finished(TenantNumber(1));
    assert!(batcher.is_idle());
}

#[test]
fn the_last_place_is_kept_for_a_tenant_that_has_none() {
    let mut batcher = with_writers(2, &[(1, 0), (1, 1), (1, 2), (1, 3), (1, 4), (1, 5)]);
    assert_eq!(batcher.next_batch(), batch(1, &[0, 1, 2]));
    assert_eq!(batcher.next_batch(), None);
    batcher.push(TenantNumber(2), 20, Instant::now()).unwrap();
    assert_eq!(batcher.next_batch(), batch(2, &[20]));
}

/// Six of the first tenant, more than go together.
const FLOOD: [(i64, u32); 6] = [(1, 0), (1, 1), (1, 2), (1, 3), (1, 4), (1, 5)];

#[test]
fn a_flood_has_one_place_while_somebody_else_is_busy() {
    let mut batcher = with_writers(4, &FLOOD);
    batcher.push(TenantNumber(2), 20, Instant::now()).unwrap();
    assert_eq!(batcher.next_batch(), batch(1, &[0, 1, 2]));
    assert_eq!(batcher.next_batch(), batch(2, &[20]));
    assert_eq!(batcher.next_batch(), None, "somebody else is in flight");
    batcher.finished(TenantNumber(2));
    assert_eq!(batcher.next_batch(), batch(1, &[3, 4, 5]), "alone again");
}

#[test]
fn somebody_else_goes_at_once_whatever_one_tenant_has_in_flight_and_waiting() {
    for writers in 2..=4 {
        let mut batcher = with_writers(writers, &FLOOD);
        while batcher.next_batch().is_some() {}
        for item in [6, 7] {
            batcher.push(TenantNumber(1), item, Instant::now()).unwrap();
        }
        batcher.push(TenantNumber(2), 20, Instant::now()).unwrap();
        assert_eq!(batcher.next_batch(), batch(2, &[20]), "{writers}");
    }
}

#[test]
fn others_wait_for_one_batch_of_a_flood_at_most() {
    let mut batcher = Batcher::new(Limits {
        in_flight: 3,
        queued: 1_000,
        ..LIMITS
    });
    let mut flying = VecDeque::new();
    for round in 0..50_u32 {
        for item in 0..5 {
            batcher.push(TenantNumber(1), item, Instant::now()).unwrap();
        }
        let other = TenantNumber(2 + i64::from(round % 4));
        batcher.push(other, round, Instant::now()).unwrap();
        let mut ahead = 0;
        loop {
            let Some(batch) = batcher.next_batch() else {
                batcher.finished(flying.pop_front().unwrap());
                continue;
            };
            flying.push_back(batch.tenant);
            if batch.tenant == other {
                break;
            }
            ahead += u32::from(batch.tenant == TenantNumber(1));
        }
        assert!(ahead <= 1, "{round}: {ahead} batches were ahead");
    }
}

#[test]
fn what_stands_in_a_line_has_nothing_beside_it() {
    let line = [
        (1, IN_LINE),
        (1, IN_LINE + 1),
        (1, IN_LINE + 2),
        (1, 3),
        (1, 4),
    ];
    let mut batcher = with_writers(4, &line);
    let first = batch(1, &[IN_LINE, IN_LINE + 1, IN_LINE + 2]);
    assert_eq!(batcher.next_batch(), first);
    assert_eq!(batcher.next_batch(), None, "it may not be overtaken");
    let mut batcher = with_writers(4, &[(1, 0), (1, 1), (1, 2), (1, 3), (1, IN_LINE)]);
    assert_eq!(batcher.next_batch(), batch(1, &[0, 1, 2]));
    assert_eq!(batcher.next_batch(), None, "it may not overtake");
    batcher.finished(TenantNumber(1));
    assert_eq!(batcher.next_batch(), batch(1, &[3, IN_LINE]));
}

#[test]
fn a_flood_of_one_tenant_waits_for_the_others_turn() {
    let (mut batcher, _) = filled(&[(1, 10), (1, 11), (1, 12), (1, 13), (2, 20), (3, 30)]);
    assert_eq!(batcher.next_batch(), batch(1, &[10, 11, 12]));
    batcher.finished(TenantNumber(1));
    assert_eq!(batcher.next_batch(), batch(2, &[20]));
    assert_eq!(batcher.next_batch(), batch(3, &[30]));
    batcher.finished(TenantNumber(2));
    assert_eq!(batcher.next_batch(), batch(1, &[13]));
}

#[test]
fn no_more_batches_are_in_flight_than_there_are_writers() {
    let (mut batcher, _) = filled(&[(1, 10), (2, 20), (3, 30)]);
    assert_eq!(batcher.next_batch(), batch(1, &[10]));
    assert_eq!(batcher.next_batch(), batch(2, &[20]));
    assert_eq!(batcher.next_batch(), None);
    batcher.finished(TenantNumber(2));
    assert_eq!(batcher.next_batch(), batch(3, &[30]));
}

#[test]
fn the_queue_takes_its_maximum_and_not_one_more() {
    let (mut batcher, now) = filled(&[(1, 0), (1, 1), (1, 2), (1, 3), (2, 4), (2, 5), (2, 6)]);
    assert_eq!(batcher.push(TenantNumber(1), 7, now), Ok(()));
    assert_eq!(batcher.push(TenantNumber(1), 8, now), Err(8));
    assert_eq!(batcher.queued(), 8);
}

#[test]
fn a_full_queue_turns_away_the_flood_and_not_the_others() {
    let flood: Vec<(i64, u32)> = (0..8).map(|item| (1, item)).collect();
    let (mut batcher, now) = filled(&flood);
    assert_eq!(batcher.push(TenantNumber(2), 20, now), Err(7));
    assert_eq!(batcher.push(TenantNumber(2), 21, now), Err(6));
    assert_eq!(batcher.push(TenantNumber(1), 8, now), Err(8));
    assert_eq!(batcher.push(TenantNumber(2), 22, now), Err(5));
    assert_eq!(batcher.push(TenantNumber(2), 23, now), Err(4));
    assert_eq!(
        batcher.push(TenantNumber(2), 24, now),
        Err(24),
        "its share is full"
    );
    assert_eq!(batcher.next_batch(), batch(1, &[0, 1, 2]));
    assert_eq!(batcher.next_batch(), batch(2, &[20, 21, 22]));
    assert_eq!(batcher.queued(), 2);
}

#[test]
fn the_only_command_of_a_tenant_is_never_turned_away_for_another() {
    let singles: Vec<(i64, u32)> = (1..9).map(|tenant| (tenant, 1)).collect();
    let (mut batcher, now) = filled(&singles);
    assert_eq!(batcher.push(TenantNumber(9), 2, now), Err(2));
}

#[test]
fn a_command_is_given_back_only_after_the_longest_wait() {
    let (mut batcher, now) = filled(&[(1, 10), (2, 20)]);
    assert_eq!(batcher.overdue(now + LIMITS.wait), Vec::<u32>::new());
    let mut overdue = batcher.overdue(now + LIMITS.wait + Duration::from_millis(1));
    overdue.sort_unstable();
    assert_eq!(overdue, [10, 20]);
    assert_eq!(batcher.next_batch(), None);
    assert!(batcher.is_idle());
}

#[derive(Debug, Clone)]
enum Event {
    Push(i64, bool),
    Next,
    Finish(usize),
    Wait(u64),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => (1..5_i64, prop::bool::weighted(0.2)).prop_map(|(tenant, in_line)| Event::Push(tenant, in_line)),
        3 => any::<bool>().prop_map(|_| Event::Next),
        3 => (0..4_usize).prop_map(Event::Finish),
        1 => (0..700_u64).prop_map(Event::Wait),
    ]
}

proptest! {
    /// Whatever the order of events: every command comes out exactly once, in the order of its
    /// tenant, in a batch of its own tenant, with at most one beside it and none where the order matters or others are
    /// busy, and nothing is left behind.
    #[test]
    fn every_command_comes_out_exactly_once(
        events in prop::collection::vec(event(), 0..200), in_flight in 1..5_usize
    ) {
        let mut now = Instant::now();
        let mut batcher = Batcher::new(Limits { in_flight, ..LIMITS });
        let mut flying: Vec<(TenantNumber, bool)> = Vec::new();
        let mut accepted: BTreeMap<u32, i64> = BTreeMap::new();
        let mut seen: HashSet<u32> = HashSet::new();
        let mut latest: BTreeMap<i64, u32> = BTreeMap::new();
        let mut next_item = 0;
        let mut settle = vec![Event::Finish(0), Event::Next];
        settle.extend((0..40).flat_map(|_| [Event::Next, Event::Finish(0), Event::Finish(0)]));
        for event in events.into_iter().chain(settle) {
            match event {
                Event::Push(tenant, in_line) => {
                    next_item += 1;
                    let item = if in_line { next_item + IN_LINE } else { next_item };
                    accepted.insert(item, tenant);
                    if let Err(turned_away) = batcher.push(TenantNumber(tenant), item, now) {
                        prop_assert!(seen.insert(turned_away));
                    }
                }
                Event::Next => {
                    let is_ready = batcher.is_ready();
                    let batch = batcher.next_batch();
                    prop_assert_eq!(is_ready, batch.is_some());
                    if let Some(batch) = batch {
                        prop_assert!(!batch.items.is_empty() && batch.items.len() <= LIMITS.batch);
                        let in_line = batch.items.iter().any(Waits::is_in_line);
                        let others: Vec<bool> = flying.iter().filter(|(tenant, _)| *tenant == batch.tenant)
                            .map(|(_, in_line)| *in_line).collect();
                        prop_assert!(others.is_empty() || (others == [false] && !in_line));
                        prop_assert!(others.is_empty() || flying.len() == 1, "beside others");
                        flying.push((batch.tenant, in_line));
                        prop_assert!(flying.len() <= in_flight);
                        for item in batch.items {
                            prop_assert_eq!(accepted.get(&item), Some(&batch.tenant.0));
                            prop_assert!(seen.insert(item), "item {} came twice", item);
                            let before = latest.insert(batch.tenant.0, item);
                            prop_assert!(before.is_none_or(|before| before % IN_LINE < item % IN_LINE));
                        }
                    }
                }
                Event::Finish(index) => {
                    if !flying.is_empty() {
                        let (tenant, _) = flying.remove(index % flying.len());
                        batcher.finished(tenant);
                    }
                }
                Event::Wait(milliseconds) => {
                    now += Duration::from_millis(milliseconds);
                    for item in batcher.overdue(now) {
                        prop_assert!(seen.insert(item));
                    }
                }
            }
        }
        prop_assert_eq!(seen.len(), accepted.len());
        prop_assert!(batcher.is_idle());
    }
}
