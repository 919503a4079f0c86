//! Inputs that nobody thought of, for everything that reads what strangers send: no panic, always a value or a refusal
//! that says what is wrong, and what is read reads the same when it is written again.
//!
//! The inputs are grown: what led to an answer that was not seen before is changed further. Each target takes a few
//! thousand of them; `TAMARU_FUZZ_SECONDS=600` lets it go on for ten minutes, `TAMARU_FUZZ_SEED` begins elsewhere.

mod bodies;
mod credentials;
mod dice;
mod lists;
mod mutate;
mod places;
mod programs;
mod sample;

use std::collections::HashSet;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use dice::Dice;
use mutate::mutate;

use crate::problem::Problem;

/// Inputs of one target, unless it is given a time.
const INPUTS: u64 = 3_000;
/// Inputs that are kept to be changed further.
const MAX_KEPT: usize = 4_000;

fn given(name: &str) -> Option<u64> {
    std::env::var(name)
        .ok()
        .map(|text| text.parse().expect("a number"))
}

/// Tells the input that a check fell over.
struct Told<'a>(&'a str, &'a [u8]);

impl Drop for Told<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let Self(target, input) = self;
            let told = format!("{target} fell over \"{}\"\n", input.escape_ascii());
            std::io::Write::write_all(&mut std::io::stderr(), told.as_bytes()).ok();
        }
    }
}

/// Feeds a target; `check` tells in a few words what came of an input. At least one input has to be taken and one has to
/// be refused, or the target would prove nothing.
fn feed(target: &str, seeds: Vec<Vec<u8>>, check: impl Fn(&[u8]) -> String) {
    let time = given("TAMARU_FUZZ_SECONDS").map(Duration::from_secs);
    let mut dice = Dice(given("TAMARU_FUZZ_SEED").unwrap_or(1));
    let (mut kept, mut seen) = (seeds, HashSet::new());
    for seed in &kept {
        let _told = Told(target, seed);
        seen.insert(check(seed));
    }
    let (began, mut inputs, mut taken) = (Instant::now(), 0_u64, 0_u64);
    while time.map_or(inputs < INPUTS, |time| began.elapsed() < time) {
        let input = mutate(&kept, &mut dice);
        let outcome = {
            let _told = Told(target, &input);
            check(&input)
        };
        inputs += 1;
        taken += u64::from(outcome.starts_with("taken"));
        if seen.insert(outcome) && kept.len() < MAX_KEPT {
            kept.push(input);
        }
    }
    let mut line = String::new();
    write!(
        line,
        "{target}: {inputs} inputs, {taken} taken, {} outcomes",
        seen.len()
    )
    .ok();
    let refused = seen.iter().any(|outcome| !outcome.starts_with("taken"));
    let accepted = seen.iter().any(|outcome| outcome.starts_with("taken"));
    assert!(refused && accepted, "{line}: {seen:?}");
    if time.is_some() {
        line.push('\n');
        std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes()).ok();
    }
}

/// A refusal in a few words. It has to be one: 4xx with a document that can be read, about what was sent.
fn refusal(problem: &Problem) -> String {
    let status = problem.kind.status();
    assert!((400..500).contains(&status), "{problem}");
    assert!(problem.detail.chars().count() < 2_000, "{problem}");
    let response = problem.render("fuzz");
    assert_eq!(response.status().as_u16(), status);
    let mut words = format!("refused {}", problem.kind.code());
    for fault in problem.errors.iter().take(3) {
        assert!(fault.detail.chars().count() < 2_000, "{problem}");
        let pointer: String = fault
            .pointer
            .chars()
            .filter(|c| !c.is_ascii_digit())
            .take(40)
            .collect();
        write!(words, " {pointer} {:?}", fault.code).ok();
    }
    words
}

/// The same of an outcome.
fn told<T>(outcome: &Result<T, Problem>) -> String {
    match outcome {
        Ok(_) => "taken".to_owned(),
        Err(problem) => refusal(problem),
    }
}
