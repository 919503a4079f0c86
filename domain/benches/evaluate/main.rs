//! How many receipts a second one core decides: twenty rules, ten lines, a member with a history.
//! `cargo bench -p domain` measures; `-- --once` decides every receipt a single time, for tools
//! that count instructions.

use domain::decide::Outcome;
use market::Market;
use mimalloc::MiMalloc;
use std::error::Error;
use std::io::{Write, stdout};
use std::time::{Duration, Instant};

mod market;
mod program;

/// The service's own.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

const RECEIPTS: u32 = 2_048;
/// Odd, so that one of them is the median.
const ROUNDS: usize = 9;
const ROUND: Duration = Duration::from_secs(1);

fn main() -> Result<(), Box<dyn Error>> {
    let market = Market::open(RECEIPTS)?;
    let expected = sum(&market)?;
    let mut out = stdout().lock();
    if std::env::args().any(|argument| argument == "--once") {
        writeln!(out, "{RECEIPTS} receipts: {expected:?}")?;
        return Ok(());
    }
    let mut rates = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let (mut receipts, started_at) = (0_u64, Instant::now());
        while started_at.elapsed() < ROUND {
            if sum(&market)? != expected {
                return Err("the same receipts came to something else".into());
            }
            receipts = receipts.saturating_add(u64::from(RECEIPTS));
        }
        let elapsed = u64::try_from(started_at.elapsed().as_micros())?;
        rates.push(receipts.saturating_mul(1_000_000).div_euclid(elapsed));
    }
    rates.sort_unstable();
    let rate = |place: usize| rates.get(place).copied().unwrap_or_default();
    writeln!(
        out,
        "{} receipts/s ({}..{}), {RECEIPTS} receipts: {expected:?}",
        rate(ROUNDS.div_euclid(2)),
        rate(0),
        rate(ROUNDS.saturating_sub(1)),
    )?;
    Ok(())
}

/// What all receipts together came to, so that no part of the work can be left out.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sum {
    points: i64,
    tax: i64,
    discount: i64,
    /// Receipts that lift a member to a higher rank.
    lifted: usize,
    fired: usize,
    explained: usize,
}

/// Kept apart, so that tools can tell it from what prepares it.
#[inline(never)]
fn sum(market: &Market) -> Result<Sum, Box<dyn Error>> {
    let mut sum = Sum::default();
    for case in &market.cases {
        let Outcome::Purchase(outcome) = market.decide(case)?.outcome else {
            return Err("a receipt was answered as something else".into());
        };
        for earned in &outcome.earned {
            sum.points = sum.points.wrapping_add(earned.points.get());
        }
        for part in &outcome.amounts.tax {
            sum.tax = sum.tax.wrapping_add(part.tax.minor());
        }
        let discount = outcome.amounts.discount.minor();
        sum.discount = sum.discount.wrapping_add(discount);
        let lifted = outcome.ranks.iter().filter(|rank| rank.changed);
        sum.lifted = sum.lifted.wrapping_add(lifted.count());
        sum.fired = sum.fired.wrapping_add(outcome.earned.len());
        sum.explained = sum.explained.wrapping_add(outcome.explanation.len());
    }
    Ok(sum)
}
