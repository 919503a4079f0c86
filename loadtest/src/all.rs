//! `loadtest all`: a service of its own, the load, the proof, the comparison, in one command.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process,
    time::Duration,
};

use crate::{
    compare::{CompareOptions, RoundOptions, compare},
    failure::Failure,
    options::{ReportOptions, Target},
    run::{RunOptions, run},
    stack::Stack,
    terminal::{note, say},
    traffic::TrafficOptions,
    verify::{VerifyOptions, verify},
    world::WorldOptions,
};

/// What servers that lost their keeper need to stop.
const SERVERS_LEAVE: Duration = Duration::from_secs(2);

/// Start a private service, load it, verify the ledger, compare with pgbench, stop everything
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct AllOptions {
    /// The service's program [default: `tamaru` beside this one]
    #[arg(long)]
    server: Option<PathBuf>,
    /// Folder of the private services; must not exist yet [default: one in the system's temporary folder]
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Leave the folder behind
    #[arg(long)]
    keep: bool,
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
    let program = match &options.server {
        Some(program) => program.clone(),
        None => beside_this_program()?,
    };
    let folder = match &options.dir {
        Some(folder) => folder.clone(),
        None => env::temp_dir().join(format!("tamaru-load-{}", process::id())),
    };
    fs::create_dir(&folder).map_err(Failure::io(format!("making {}", folder.display())))?;
    if let Some(reports) = &options.reports {
        let making = Failure::io(format!("making {}", reports.display()));
        fs::create_dir_all(reports).map_err(making)?;
    }
    note(&format!(
        "Starting the private services in {}",
        folder.display()
    ))?;
    let outcome = tokio::select! {
        outcome = with_stack(options, &program, &folder) => outcome,
        _ = tokio::signal::ctrl_c() => Err(Failure::other("interrupted")),
    };
    if !options.keep {
        remove(&folder, outcome.is_ok()).await?;
    }
    outcome
}

/// After a failure the private servers may still be on their way out of the folder, and the failure
/// is the news.
pub(crate) async fn remove(folder: &Path, must_succeed: bool) -> Result<(), Failure> {
    if !must_succeed {
        tokio::time::sleep(SERVERS_LEAVE).await;
    }
    let removed = fs::remove_dir_all(folder);
    if must_succeed {
        return removed.map_err(Failure::io(format!("removing {}", folder.display())));
    }
    Ok(())
}

async fn with_stack(options: &AllOptions, program: &Path, folder: &Path) -> Result<bool, Failure> {
    let stack = Stack::start(program, folder).await?;
    let outcome = Box::pin(load_and_prove(options, &stack, folder)).await;
    stack.stop().await?;
    outcome
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

/// Both programs come from the same build, so the other one is expected next to this one.
pub(crate) fn beside_this_program() -> Result<PathBuf, Failure> {
    let this = env::current_exe().map_err(Failure::io("finding this program"))?;
    let program = this.with_file_name("tamaru");
    if program.is_file() {
        return Ok(program);
    }
    Err(Failure::other(format!(
        "{} was not found: build it with `cargo build --release`, or name it with --server",
        program.display()
    )))
}
