//! `loadtest run`: set up, drive, report.

use std::{path::PathBuf, process, sync::Arc, time::Instant};

use serde::Serialize;

use crate::{
    failure::Failure,
    journal::JournalWriter,
    options::{ReportOptions, Target, write_report},
    process::{Usage, usage},
    tally::TallyReport,
    terminal::{note, say, say_all},
    traffic::{TrafficOptions, drive},
    world::{self, WorldOptions},
};

/// Drive a running server
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct RunOptions {
    #[command(flatten)]
    pub(crate) target: Target,
    #[command(flatten)]
    pub(crate) world: WorldOptions,
    #[command(flatten)]
    pub(crate) traffic: TrafficOptions,
    /// Keep an account of every acknowledged write, for `verify` (holds the tenants' keys)
    #[arg(long)]
    pub(crate) journal: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) report: ReportOptions,
}

#[derive(Debug, Serialize)]
struct RunReport<'a> {
    clients: u32,
    tenants: u32,
    members: u32,
    rate_wanted: Option<f64>,
    setup_seconds: f64,
    #[serde(flatten)]
    tally: &'a TallyReport,
    generator: Option<Usage>,
    server: Option<Usage>,
}

/// Runs it; true when every call got a right answer.
pub(crate) async fn run(options: &RunOptions) -> Result<bool, Failure> {
    let target = &options.target;
    let began = Instant::now();
    note(&format!(
        "Making {} tenant(s) with {} members",
        options.world.tenants, options.world.members
    ))?;
    let world = world::make(&target.url, &target.operator_key, &options.world).await?;
    let setup_seconds = began.elapsed().as_secs_f64();
    let world = Arc::new(world);
    let journal = match &options.journal {
        Some(file_path) => Some(Arc::new(JournalWriter::create(file_path, &world)?)),
        None => None,
    };
    note(&format!(
        "Ready after {setup_seconds:.1} s; {} clients for {} + {} s",
        options.traffic.clients, options.traffic.warmup, options.traffic.seconds
    ))?;
    let server_before = target.server_pid.and_then(usage);
    let generator_before = usage(process::id());
    let tally = drive(&target.url, &world, &options.traffic, journal.as_ref()).await?;
    let report = RunReport {
        clients: options.traffic.clients,
        tenants: options.world.tenants,
        members: options.world.members,
        rate_wanted: options.traffic.rate,
        setup_seconds,
        tally: &tally,
        generator: used_since(generator_before, usage(process::id())),
        server: used_since(server_before, target.server_pid.and_then(usage)),
    };
    if let Some(journal) = journal.and_then(Arc::into_inner) {
        journal.finish()?;
    }
    say_all(&tally.table())?;
    say_usage("generator", report.generator)?;
    say_usage("server", report.server)?;
    if let Some(file_path) = &options.report.report {
        write_report(file_path, &report)?;
    }
    Ok(tally.is_clean())
}

fn used_since(before: Option<Usage>, after: Option<Usage>) -> Option<Usage> {
    let (before, after) = before.zip(after)?;
    Some(Usage {
        processor_seconds: after.processor_seconds - before.processor_seconds,
        memory_peak_kib: after.memory_peak_kib,
    })
}

fn say_usage(who: &str, usage: Option<Usage>) -> Result<(), Failure> {
    let Some(usage) = usage else {
        return Ok(());
    };
    say(&format!(
        "{who}: {:.1} s of processor time, at most {} MiB",
        usage.processor_seconds,
        usage.memory_peak_kib.div_euclid(1_024)
    ))
}
