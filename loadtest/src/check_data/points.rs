//! The points of every receipt, in batches as an offline till sends them.

use std::collections::HashMap;

use indicatif::ProgressBar;
use serde::Deserialize;
use serde_json::json;

use super::{
    Verdict,
    caller::{Caller, Request},
    data_set::{DataSet, Sold},
    programs::{climbing, program},
    shop::{self, Side},
};
use crate::{failure::Failure, stack::Stack, world::parse};

/// Receipts of one batch, by the contract.
const MOST_RECEIPTS: usize = 1_000;
/// Bytes of one batch, a little less than the contract allows.
const MOST_BYTES: usize = 4_000_000;
const BATCH_PATH: &str = "/v1/purchases/batch";

/// The programs of the reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// A point per 100.
    R1,
    /// Bonuses on weekends and soft drinks add up.
    R2,
    /// The best bonus of each line counts.
    R2b,
    /// A discount that climbs with what was bought in 365 days; it is compared instead of points.
    R3,
}

impl Reading {
    /// In the order of the reference's columns.
    pub(crate) const ALL: [Self; 4] = [Self::R1, Self::R2, Self::R2b, Self::R3];

    /// As the reference calls it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::R1 => "r1",
            Self::R2 => "r2",
            Self::R2b => "r2b",
            Self::R3 => "r3",
        }
    }

    /// Where the reference's table has what it came to.
    const fn column(self) -> usize {
        match self {
            Self::R1 => 1,
            Self::R2 => 2,
            Self::R2b => 3,
            Self::R3 => 6,
        }
    }

    /// What is compared of a receipt.
    fn of(self, recorded: &Recorded) -> i64 {
        match self {
            Self::R1 | Self::R2 | Self::R2b => recorded.points(),
            Self::R3 => recorded.amounts.discount,
        }
    }
}

/// What is read of an answer.
#[derive(Debug, Deserialize)]
pub(crate) struct Recorded {
    earned: Vec<Award>,
    amounts: Money,
    pub(crate) balances: Vec<Balance>,
}

#[derive(Debug, Deserialize)]
struct Award {
    points: i64,
}

#[derive(Debug, Deserialize)]
struct Money {
    discount: i64,
}

/// One wallet.
#[derive(Debug, Deserialize)]
pub(crate) struct Balance {
    pub(crate) available: i64,
}

#[derive(Deserialize)]
struct Results {
    results: Vec<Answered>,
}

#[derive(Deserialize)]
struct Answered {
    status: u16,
    purchase: Option<Recorded>,
    problem: Option<serde_json::Value>,
}

impl Recorded {
    /// All that it earned.
    pub(crate) fn points(&self) -> i64 {
        let points = self.earned.iter().map(|award| award.points);
        points.fold(0_i64, i64::saturating_add)
    }
}

/// Replay the set and compare.
pub(crate) async fn check(
    stack: &Stack,
    data: &DataSet,
    reading: Reading,
    name: String,
) -> Result<Verdict, Failure> {
    let expected = expected(data, reading)?;
    let never = json!({"type": "never"});
    let program = match reading {
        Reading::R1 | Reading::R2 | Reading::R2b => program(reading, &never),
        Reading::R3 => climbing(&data.thresholds()?),
    };
    let mut shop = shop::open(stack, data, Side::Live, &program).await?;
    let members: Vec<_> = data.members.iter().collect();
    shop.enrol(&members).await?;
    let progress = ProgressBar::new(u64::try_from(data.receipts.len()).unwrap_or(0));
    let mut verdict = Verdict {
        name,
        compared: 0,
        expected: 0,
        found: 0,
        differences: Vec::new(),
    };
    let mut rest: Vec<&Sold> = data.receipts.iter().rev().collect();
    while !rest.is_empty() {
        let batch = next_batch(&mut rest);
        let recorded = record(&shop.caller, &batch).await?;
        for (sold, recorded) in batch.iter().zip(recorded) {
            let wanted = expected.get(&sold.number).copied().unwrap_or(-1);
            verdict.compare(&sold.number, wanted, reading.of(&recorded));
        }
        progress.inc(u64::try_from(batch.len()).unwrap_or(0));
    }
    progress.finish_and_clear();
    Ok(verdict)
}

impl Verdict {
    /// Count one comparison.
    pub(crate) fn compare(&mut self, what: &str, expected: i64, found: i64) {
        self.compared = self.compared.saturating_add(1);
        self.expected = self.expected.saturating_add(expected);
        self.found = self.found.saturating_add(found);
        if expected != found {
            let line = format!("{what}: expected {expected}, found {found}");
            self.differences.push(line);
        }
    }
}

fn expected(data: &DataSet, reading: Reading) -> Result<HashMap<String, i64>, Failure> {
    let column = reading.column();
    let rows = data.reference("receipts_points.csv.gz")?;
    let read = |row: String| {
        let cells: Vec<&str> = row.split(',').collect();
        let points = cells.get(column).and_then(|cell| cell.parse().ok());
        let number = cells.first().map(|number| (*number).to_owned());
        number
            .zip(points)
            .ok_or_else(|| Failure::other(format!("the reference has a row {row}")))
    };
    rows.into_iter().map(read).collect()
}

/// The next receipts that fit into one batch; `rest` stands in reverse.
fn next_batch<'a>(rest: &mut Vec<&'a Sold>) -> Vec<&'a Sold> {
    let mut batch = Vec::new();
    let mut bytes = 0_usize;
    while let Some(next) = rest.last() {
        bytes = bytes.saturating_add(next.body.len().saturating_add(1));
        if batch.len() == MOST_RECEIPTS || (bytes > MOST_BYTES && !batch.is_empty()) {
            break;
        }
        batch.extend(rest.pop());
    }
    batch
}

/// Record a batch; sent again under its key until every receipt has its answer.
pub(crate) async fn record(caller: &Caller, batch: &[&Sold]) -> Result<Vec<Recorded>, Failure> {
    let bodies: Vec<&str> = batch.iter().map(|sold| sold.body.as_str()).collect();
    let mut request = Request::post(BATCH_PATH, &json!({}));
    request.body = format!(r#"{{"purchases":[{}]}}"#, bodies.join(","));
    let first = batch.first().map(|sold| sold.number.as_str());
    let request = request.keyed(format!("batch-{}", first.unwrap_or_default()));
    loop {
        let answer = caller.ask(request.clone()).await?;
        let Results { results } = parse(&answer, "the answer to a batch")?;
        if results.iter().any(|result| result.status >= 500) {
            continue;
        }
        if results.len() != batch.len() {
            return Err(Failure::other(
                "a batch was not answered receipt by receipt",
            ));
        }
        let recorded = results.into_iter().map(|result| {
            result.purchase.ok_or_else(|| {
                Failure::other(format!("a receipt was refused: {:?}", result.problem))
            })
        });
        return recorded.collect();
    }
}
