//! `loadtest check-data`: real receipts through the API of a service of its own, compared receipt by
//! receipt with results that were computed elsewhere.

use std::path::PathBuf;

use crate::{
    failure::Failure,
    private::{PrivateOptions, on_private_stack},
    stack::{Settings, Stack},
    terminal::{note, say, say_all},
};

mod caller;
mod data_set;
mod lots;
mod points;
mod programs;
mod ranks;
mod shop;

use data_set::DataSet;
use points::Reading;

/// Receipts that differ, as far as they are shown.
const SHOWN: usize = 5;
/// The set on which ladders are tried.
const RANKED: Origin = CJ;
/// The sets, as their folders are called.
const SETS: [Origin; 2] = [CJ, CDNOW];
const CJ: Origin = Origin {
    name: "cj",
    time_zone: "America/New_York",
    lots: [
        lots::Habit {
            hold: 1_000,
            spend: 500,
        },
        lots::Habit {
            hold: 200,
            spend: 100,
        },
    ],
};
const CDNOW: Origin = Origin {
    name: "cdnow",
    time_zone: "UTC",
    lots: [
        lots::Habit {
            hold: 1_000,
            spend: 500,
        },
        lots::Habit {
            hold: 50,
            spend: 25,
        },
    ],
};

/// Where receipts come from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin {
    name: &'static str,
    time_zone: &'static str,
    lots: [lots::Habit; 2],
}

/// Replay real receipts and compare every one with the reference
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct CheckDataOptions {
    /// Folder with the sets of receipts and their references
    #[arg(long, env = "TAMARU_DATA_DIR")]
    data_dir: PathBuf,
    #[command(flatten)]
    private: PrivateOptions,
    /// Only checks whose name contains this, like `cj r2b` or `lots`
    #[arg(long, default_value = "")]
    only: String,
}

/// One line of the result.
#[derive(Debug)]
pub(crate) struct Verdict {
    name: String,
    compared: usize,
    expected: i64,
    found: i64,
    /// In words, one per difference.
    differences: Vec<String>,
}

/// Does it all; true when nothing differs.
pub(crate) async fn check_data(options: &CheckDataOptions) -> Result<bool, Failure> {
    on_private_stack(&options.private, Settings::default(), async |stack| {
        let verdicts = Box::pin(replay(options, stack)).await?;
        note("Checking the ledger from inside")?;
        let is_clean = stack.verify().await?;
        say(&format!(
            "ledger from inside: {}",
            if is_clean { "clean" } else { "NOT CLEAN" }
        ))?;
        let mut verdicts = verdicts.iter();
        Ok(is_clean && verdicts.all(|verdict| verdict.differences.is_empty()))
    })
    .await
}

async fn replay(options: &CheckDataOptions, stack: &Stack) -> Result<Vec<Verdict>, Failure> {
    let mut verdicts = Vec::new();
    say(&format!(
        "{:<28} {:>9} {:>12} {:>12}  verdict",
        "check", "compared", "expected", "found"
    ))?;
    for origin in SETS {
        let mut data = None;
        for reading in Reading::ALL {
            let name = format!("{} {}", origin.name, reading.name());
            if name.contains(&options.only) {
                let data = DataSet::once(&mut data, &options.data_dir, origin)?;
                let verdict = points::check(stack, data, reading, name).await?;
                verdicts.push(shown(verdict)?);
            }
        }
        for (reading, habit) in lots::habits(origin) {
            let name = format!("{} lots {} {habit}", origin.name, reading.name());
            if name.contains(&options.only) {
                let data = DataSet::once(&mut data, &options.data_dir, origin)?;
                let verdict = lots::check(stack, data, (reading, habit), name).await?;
                verdicts.push(shown(verdict)?);
            }
        }
    }
    for number in 1..=ranks::PROGRAMS {
        let name = format!("{} ranks {number}", RANKED.name);
        if name.contains(&options.only) {
            let mut data = None;
            let data = DataSet::once(&mut data, &options.data_dir, RANKED)?;
            verdicts.push(shown(ranks::check(stack, data, (number, name)).await?)?);
        }
    }
    if verdicts.is_empty() {
        return Err(Failure::other("no check has such a name"));
    }
    Ok(verdicts)
}

fn shown(verdict: Verdict) -> Result<Verdict, Failure> {
    let words = match verdict.differences.len() {
        0 => "equal".to_owned(),
        count => format!("{count} DIFFER"),
    };
    say(&format!(
        "{:<28} {:>9} {:>12} {:>12}  {words}",
        verdict.name, verdict.compared, verdict.expected, verdict.found
    ))?;
    let first: Vec<String> = verdict
        .differences
        .iter()
        .take(SHOWN)
        .map(|line| format!("    {line}"))
        .collect();
    say_all(&first)?;
    Ok(verdict)
}
