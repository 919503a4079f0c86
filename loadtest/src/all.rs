//! `loadtest all`: a service of its own, the load, the proof, the comparison, in one command.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    compare::{CompareOptions, RoundOptions, compare},
    failure::Failure,
    options::{ReportOptions, Target},
    private::{PrivateOptions, on_private_stack},
    run::{RunOptions, run},
    stack::{Settings, Stack},
    terminal::{note, say},
    traffic::TrafficOptions,
    verify::{VerifyOptions, verify},
    world::WorldOptions,
};

/// Start a private service, load it, verify the ledger, compare with pgbench, stop everything
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct AllOptions {
    #[command(flatten)]
    private: PrivateOptions,
    /// Leave out the comparison with pgbench
    #[arg(long)]
    no_compare: bool,
    /// Write `run.json`, `verify.json` and `compare.json` into this folder
    #[arg(long)]
    reports: Option<PathBuf>,
    #[command(flatten)]
    world: WorldOptions,
    #[command(flatten)]
    traffic: TrafficOptions,
    #[command(flatten)]
    rounds: RoundOptions,
}

/// Does it all; true when every part was clean.
pub(crate) async fn all(options: &AllOptions) -> Result<bool, Failure> {
    if let Some(reports) = &options.reports {
        let making = Failure::io(format!("making {}", reports.display()));
        fs::create_dir_all(reports).map_err(making)?;
    }
    on_private_stack(&options.private, Settings::default(), async |stack| {
        Box::pin(load_and_prove(options, stack, stack.folder())).await
    })
    .await
}

async fn load_and_prove(
    options: &AllOptions,
    stack: &Stack,
    folder: &Path,
) -> Result<bool, Failure> {
    let target = Target {
        url: stack.url.clone(),
        operator_key: stack.operator_key.clone(),
        server_pid: stack.server_pid(),
    };
    let journal = folder.join("journal");
    let report = |name: &str| ReportOptions {
        report: options.reports.as_ref().map(|reports| reports.join(name)),
    };
    let load = RunOptions {
        target: target.clone(),
        world: options.world.clone(),
        traffic: options.traffic.clone(),
        journal: Some(journal.clone()),
        report: report("run.json"),
    };
    let runs_clean = Box::pin(run(&load)).await?;
    note("Reading the ledger back through the API")?;
    let proof = VerifyOptions {
        url: target.url.clone(),
        journal,
        readers: 16,
        report: report("verify.json"),
    };
    let reads_back_clean = Box::pin(verify(&proof)).await?;
    let mut compares_clean = None;
    if !options.no_compare {
        let comparison = CompareOptions {
            target,
            world: options.world.clone(),
            rounds: options.rounds.clone(),
            yardstick_database: stack.make_yardstick_database().await?,
            report: report("compare.json"),
        };
        compares_clean = Some(Box::pin(compare(&comparison)).await?);
    }
    note("Checking the ledger from inside")?;
    let ledger_is_clean = stack.verify().await?;
    let parts = [
        ("load", Some(runs_clean)),
        ("ledger against the journal", Some(reads_back_clean)),
        ("comparison", compares_clean),
        ("ledger from inside", Some(ledger_is_clean)),
    ];
    for (name, is_clean) in parts {
        let verdict = match is_clean {
            Some(true) => "clean",
            Some(false) => "NOT CLEAN",
            None => "left out",
        };
        say(&format!("{name}: {verdict}"))?;
    }
    Ok(parts.iter().all(|(_, is_clean)| *is_clean != Some(false)))
}
