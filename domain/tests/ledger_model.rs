//! Long random walks over the door of the domain, side by side with a model of the ledger that was written on its own.
//!
//! `TAMARU_MODEL_STEPS=1000000 TAMARU_MODEL_SEED=1` make it walk farther, or from elsewhere.

#[cfg(test)]
#[path = "../../tests/it/ledger_model/answer.rs"]
mod answer;
#[cfg(test)]
#[path = "ledger_model/by_hand.rs"]
mod by_hand;
#[cfg(test)]
#[path = "../../tests/it/ledger_model/by_time.rs"]
mod by_time;
#[cfg(test)]
#[path = "../../tests/it/ledger_model/choice.rs"]
mod choice;
#[cfg(test)]
#[path = "../../tests/it/ledger_model/corrections.rs"]
mod corrections;
#[cfg(test)]
#[path = "../../tests/it/ledger_model/goods.rs"]
mod goods;
#[cfg(test)]
#[path = "ledger_model/held.rs"]
mod held;
#[cfg(test)]
#[path = "../../tests/it/ledger_model/model.rs"]
mod model;
#[cfg(test)]
#[path = "../../tests/it/ledger_model/operations.rs"]
mod operations;
#[cfg(test)]
#[path = "ledger_model/rows.rs"]
mod rows;
#[cfg(test)]
#[path = "../../tests/it/ledger_model/rules.rs"]
mod rules;
#[cfg(test)]
#[path = "ledger_model/shop.rs"]
mod shop;
#[cfg(test)]
#[path = "../../tests/it/ledger_model/steps.rs"]
mod steps;
#[cfg(test)]
#[path = "../../tests/it/ledger_model/walk.rs"]
mod walk;

use rules::Rules;
use shop::Shop;
use steps::{MEMBERS, Step};
use walk::{Parted, begin, number, take, walk};

/// Steps of one walk: its lots and receipts stay few, so that they meet each other.
const LENGTH: usize = 120;

/// 21 November 2026, 10:00 in Tokyo.
const START: i64 = 1_795_222_800;
const STEPS: u64 = 12_000;

/// Whether steps still part the domain from the model.
fn parts(rules: Rules, steps: &[Step]) -> bool {
    let mut model = model::Model::new(rules, MEMBERS, START);
    let mut shop = Shop::of(rules, START);
    let mut steps = steps.iter().enumerate();
    steps.any(|(number, step)| take(&mut model, &mut shop, step, number).is_err())
}

/// Leaves out what is not needed to part them.
fn shrink(rules: Rules, mut steps: Vec<Step>) -> Vec<Step> {
    loop {
        let before = steps.len();
        for place in (0..before).rev() {
            let mut fewer = steps.clone();
            fewer.remove(place);
            if parts(rules, &fewer) {
                steps = fewer;
            }
        }
        if steps.len() == before {
            return steps;
        }
    }
}

#[test]
fn the_ledger_does_what_the_model_does() {
    let steps = number("TAMARU_MODEL_STEPS", STEPS);
    let first = number("TAMARU_MODEL_SEED", 1);
    let length = u64::try_from(LENGTH).unwrap();
    let last = first + steps.div_ceil(length);
    let walks = |turn: u64| {
        for seed in (first..last).filter(|seed| seed % 2 == turn) {
            let (rules, _) = begin(seed);
            let way = walk(seed, LENGTH, START, &mut Shop::of(rules, START));
            let Err(Parted { steps, what }) = way else {
                continue;
            };
            let until = steps.len();
            let least = shrink(rules, steps);
            panic!(
                "seed {seed}, step {until}: {what}\n{rules:?}\nshrunk to {}: {least:#?}",
                least.len()
            );
        }
    };
    std::thread::scope(|scope| {
        let other = scope.spawn(|| walks(1));
        walks(0);
        if let Err(parted) = other.join() {
            std::panic::resume_unwind(parted);
        }
    });
}
