//! The same receipts under the same rules, decided by this service's domain and by zen-engine, on
//! one core and in turns, so that a busy machine slows both alike. Every receipt must come to the
//! same points by every rule.

use domain::decide::{Outcome, PurchaseOutcome};
use market::{Case, Market};
use mimalloc::MiMalloc;
use std::error::Error;
use std::io::{Write, stdout};
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};
use zen_engine::{Decision, Variable};

mod awards;
mod input;
mod jdm;
#[path = "../../../domain/benches/evaluate/market.rs"]
mod market;
#[path = "../../../domain/benches/evaluate/program.rs"]
mod program;

/// The service's own, for both.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

const RECEIPTS: u32 = 2_048;
/// Odd, so that one of them is the median.
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(1);

type Failure = Box<dyn Error>;

fn main() -> Result<(), Failure> {
    let bench = Bench::new()?;
    let tables = jdm::tables()?;
    let expressions = jdm::expressions()?;
    let compared = bench.compare(&tables)? + bench.compare(&expressions)?;
    let mut out = stdout().lock();
    writeln!(
        out,
        "{compared} times the same discounts and points by every rule"
    )?;
    let engines: [(&str, &dyn Fn() -> Result<(), Failure>); 5] = [
        ("domain", &|| bench.domain()),
        ("zen-engine, tables, input ready", &|| bench.ready(&tables)),
        ("zen-engine, tables, input from receipts", &|| {
            bench.converted(&tables)
        }),
        ("zen-engine, expressions, input ready", &|| {
            bench.ready(&expressions)
        }),
        ("zen-engine, expressions, input from receipts", &|| {
            bench.converted(&expressions)
        }),
    ];
    let mut rates = vec![Vec::with_capacity(ROUNDS); engines.len()];
    for _ in 0..ROUNDS {
        for ((_, engine), rates) in engines.iter().zip(&mut rates) {
            rates.push(rate(engine)?);
        }
    }
    let mut own = None;
    for ((name, _), rates) in engines.iter().zip(&mut rates) {
        rates.sort_unstable();
        let (least, most) = (rates.first(), rates.last());
        let (least, most) = (least.unwrap_or(&0), most.unwrap_or(&0));
        let median = rates.get(ROUNDS / 2).copied().unwrap_or(1);
        // In tenths.
        let times = own.get_or_insert(median).saturating_mul(10) / median.max(1);
        let (whole, tenths) = (times / 10, times % 10);
        writeln!(
            out,
            "{name:46} {median:>8} receipts/s ({least}..{most}), domain is {whole}.{tenths} times as fast"
        )?;
    }
    Ok(())
}

/// Receipts a second, all of them as often as fits into a round.
fn rate(engine: &dyn Fn() -> Result<(), Failure>) -> Result<u64, Failure> {
    let (mut receipts, started_at) = (0_u64, Instant::now());
    while started_at.elapsed() < ROUND {
        engine()?;
        receipts = receipts.saturating_add(u64::from(RECEIPTS));
    }
    let elapsed = u64::try_from(started_at.elapsed().as_micros())?;
    Ok(receipts.saturating_mul(1_000_000) / elapsed)
}

struct Bench {
    market: Market,
    /// What zen-engine is given of each receipt.
    inputs: Vec<Variable>,
    /// The points of all receipts.
    points: i64,
    runtime: Runtime,
}

impl Bench {
    fn new() -> Result<Self, Failure> {
        let market = Market::open(RECEIPTS)?;
        let inputs = market.cases.iter().map(input::of);
        let inputs = inputs.collect::<Result<_, _>>()?;
        let mut bench = Self {
            market,
            inputs,
            points: 0,
            runtime: Builder::new_current_thread().build()?,
        };
        for case in &bench.market.cases {
            bench.points += awards::points(&bench.outcome(case)?);
        }
        Ok(bench)
    }

    fn outcome(&self, case: &Case) -> Result<PurchaseOutcome, Failure> {
        match self.market.decide(case)?.outcome {
            Outcome::Purchase(outcome) => Ok(*outcome),
            _ => Err("a receipt was answered as something else".into()),
        }
    }

    /// Compares receipt by receipt and rule by rule; says how many receipts.
    fn compare(&self, decision: &Decision) -> Result<usize, Failure> {
        for (number, case) in self.market.cases.iter().enumerate() {
            let outcome = self.outcome(case)?;
            let input = input::of(case)?;
            let response = self.runtime.block_on(decision.evaluate(input));
            let result = response.map_err(|error| error.to_string())?.result;
            awards::compare(&outcome, &result).map_err(|why| format!("{number}: {why}"))?;
        }
        Ok(self.market.cases.len())
    }

    fn domain(&self) -> Result<(), Failure> {
        let mut points = 0;
        for case in &self.market.cases {
            points += awards::points(&self.outcome(case)?);
        }
        self.check(points)
    }

    /// With inputs that were made before.
    fn ready(&self, decision: &Decision) -> Result<(), Failure> {
        let inputs = self.inputs.iter().map(|input| Ok(input.clone()));
        self.evaluate(decision, inputs)
    }

    /// With inputs that are made of receipts and facts, as a service would have to.
    fn converted(&self, decision: &Decision) -> Result<(), Failure> {
        self.evaluate(decision, self.market.cases.iter().map(input::of))
    }

    fn evaluate(
        &self,
        decision: &Decision,
        inputs: impl Iterator<Item = Result<Variable, Failure>>,
    ) -> Result<(), Failure> {
        let points = self.runtime.block_on(async {
            let mut points = 0;
            for input in inputs {
                let response = decision.evaluate(input?).await;
                let response = response.map_err(|error| error.to_string())?;
                points += awards::points_of(&response.result)?;
            }
            Ok::<i64, Failure>(points)
        })?;
        self.check(points)
    }

    fn check(&self, points: i64) -> Result<(), Failure> {
        if points == self.points {
            Ok(())
        } else {
            Err(format!("{points} points instead of {}", self.points).into())
        }
    }
}
