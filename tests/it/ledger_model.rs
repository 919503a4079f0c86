//! The real server beside a model of the ledger that shares no rule with it: the same random steps over HTTP, each
//! answer, balance, version and list of lots compared. The domain alone walks much farther by the same code, in
//! `domain/tests/ledger_model.rs`.
//!
//! `TAMARU_MODEL_STEPS=100000 TAMARU_MODEL_SEED=1` make it walk farther, or from elsewhere.

mod answer;
mod by_time;
mod calls;
mod choice;
mod corrections;
mod goods;
mod model;
mod operations;
mod real;
mod rules;
mod steps;
mod walk;

use std::sync::atomic::{AtomicU64, Ordering};

use crate::books;
use crate::harness::{block_on, node};
use real::{Real, START};
use walk::{Parted, begin, number, walk};

const STEPS: u64 = 3_000;
/// Steps of one walk, each on a tenant of its own.
const LENGTH: u64 = 300;
/// Walks side by side.
const SIDE_BY_SIDE: u64 = 4;

/// The tenant that was walked on.
fn go(seed: u64, length: u64) -> i64 {
    let (rules, _) = begin(seed);
    let mut real = block_on(Real::of(rules));
    let length = usize::try_from(length).unwrap();
    if let Err(Parted { steps, what }) = walk(seed, length, START, &mut real) {
        let until = steps.len();
        let last = &steps[until.saturating_sub(12)..];
        panic!("seed {seed} parts at step {until}: {what}\n{rules:?}\nthe last of them: {last:#?}");
    }
    real.tenant
}

#[test]
fn the_server_does_what_the_model_does() {
    let steps = number("TAMARU_MODEL_STEPS", STEPS);
    let first = number("TAMARU_MODEL_SEED", 1);
    let next = AtomicU64::new(0);
    let lane = || {
        let mut tenants = Vec::new();
        loop {
            let done = next.fetch_add(1, Ordering::Relaxed) * LENGTH;
            if done >= steps {
                return tenants;
            }
            tenants.push(go(first + done / LENGTH, LENGTH.min(steps - done)));
        }
    };
    let tenants: Vec<i64> = std::thread::scope(|scope| {
        let lanes: Vec<_> = (0..SIDE_BY_SIDE).map(|_| scope.spawn(lane)).collect();
        let ended = lanes.into_iter().map(|lane| lane.join());
        let ended: Result<Vec<_>, _> = ended.collect();
        match ended {
            Ok(tenants) => tenants.into_iter().flatten().collect(),
            Err(parted) => std::panic::resume_unwind(parted),
        }
    });
    block_on(books::hold_all(node().cluster, &tenants));
}
