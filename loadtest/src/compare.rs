//! `loadtest compare`: the server and the yardstick in alternating rounds of one run, so that a
//! busy machine slows all of them alike.

use std::{path::PathBuf, sync::Arc};

use serde::Serialize;

use crate::{
    failure::Failure,
    judge::Kind,
    options::{ReportOptions, Target, write_report},
    pgbench::{WALLETS_MAX, Yardstick, YardstickOptions},
    terminal::{note, say, say_all},
    traffic::{Mix, TrafficOptions, drive},
    world::{self, World, WorldOptions},
};

/// Scripts of the yardstick and their names in the table.
const SCRIPTS: [(&str, &str); 2] = [
    ("earn_naive", "earn_naive.sql"),
    ("earn_func", "earn_func.sql"),
];

/// Measure a running server against pgbench on the same database server
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct CompareOptions {
    #[command(flatten)]
    pub(crate) target: Target,
    #[command(flatten)]
    pub(crate) world: WorldOptions,
    #[command(flatten)]
    pub(crate) rounds: RoundOptions,
    /// Database for the yardstick, on the server's own PostgreSQL; its tables get a schema of their own
    #[arg(long, env = "YARDSTICK_DATABASE_URL", hide_env_values = true)]
    pub(crate) yardstick_database: String,
    #[command(flatten)]
    pub(crate) report: ReportOptions,
}

/// How often and how long each contender runs.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct RoundOptions {
    /// Rounds; every contender runs once in each
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) rounds: u32,
    /// Length of each measurement in seconds
    #[arg(long = "round-seconds", default_value_t = 10)]
    pub(crate) round_seconds: u64,
    /// Connections to the server
    #[arg(long = "round-clients", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    pub(crate) round_clients: u32,
    /// Connections of pgbench; the best of them counts in each round
    #[arg(long, value_delimiter = ',', default_value = "8,32,64")]
    pub(crate) yardstick_clients: Vec<u32>,
    /// Wallets that the yardstick moves points in, of its million [default: as many as --members]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) yardstick_members: Option<u32>,
    /// Seconds that every contender runs uncounted before the first round
    #[arg(long, default_value_t = 5)]
    pub(crate) round_warmup: u64,
    /// Folder of the yardstick's scripts
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/yardstick"))]
    pub(crate) yardstick: PathBuf,
    /// pgbench, when it is neither on the path nor where Debian keeps it
    #[arg(long)]
    pub(crate) pgbench: Option<PathBuf>,
}

#[derive(Debug, Serialize)]
struct Round {
    purchases_per_second: f64,
    /// By script and number of clients.
    yardstick: Vec<Measurement>,
}

#[derive(Debug, Clone, Serialize)]
struct Measurement {
    script: &'static str,
    clients: u32,
    per_second: f64,
}

#[derive(Debug, Serialize)]
struct CompareReport {
    clients: u32,
    tenants: u32,
    round_seconds: u64,
    yardstick_members: u32,
    rounds: Vec<Round>,
    /// Median over the rounds of purchases by the script's best rate of the round.
    median_ratio: Vec<(&'static str, f64)>,
    is_clean: bool,
}

/// Compares; true when every purchase was answered rightly.
pub(crate) async fn compare(options: &CompareOptions) -> Result<bool, Failure> {
    let rounds = &options.rounds;
    let database = &options.yardstick_database;
    let wallets = rounds.yardstick_members.unwrap_or(options.world.members);
    let yardstick = YardstickOptions {
        scripts: rounds.yardstick.clone(),
        program: rounds.pgbench.clone(),
        wallets: wallets.min(WALLETS_MAX),
    };
    let yardstick = Yardstick::prepare(database, yardstick).await?;
    note("Making the members of the comparison")?;
    let target = &options.target;
    let world = world::make(&target.url, &target.operator_key, &options.world).await?;
    let world = Arc::new(world);
    let mut report = CompareReport {
        clients: rounds.round_clients,
        tenants: options.world.tenants,
        round_seconds: rounds.round_seconds,
        yardstick_members: wallets,
        rounds: Vec::new(),
        median_ratio: Vec::new(),
        is_clean: true,
    };
    if rounds.round_warmup > 0 {
        note("Warming up")?;
        measure_yardstick(&yardstick, rounds, rounds.round_warmup).await?;
        measure_server(options, &world, rounds.round_warmup).await?;
    }
    for number in 1..=rounds.rounds {
        let measured = measure_yardstick(&yardstick, rounds, rounds.round_seconds).await?;
        let (rate, is_clean) = measure_server(options, &world, rounds.round_seconds).await?;
        let round = Round {
            purchases_per_second: rate,
            yardstick: measured,
        };
        report.is_clean = report.is_clean && is_clean;
        tell_round(number, &round)?;
        report.rounds.push(round);
    }
    let ratios = SCRIPTS.map(|(name, _)| (name, median_ratio(&report.rounds, name)));
    report.median_ratio = ratios.to_vec();
    for (name, ratio) in &report.median_ratio {
        say(&format!("median: {ratio:.2} × the best of {name}"))?;
    }
    if let Some(file_path) = &options.report.report {
        write_report(file_path, &report)?;
    }
    Ok(report.is_clean)
}

async fn measure_yardstick(
    yardstick: &Yardstick,
    options: &RoundOptions,
    seconds: u64,
) -> Result<Vec<Measurement>, Failure> {
    let mut measured = Vec::new();
    for clients in &options.yardstick_clients {
        for (name, script) in SCRIPTS {
            measured.push(Measurement {
                script: name,
                clients: *clients,
                per_second: yardstick.measure(script, *clients, seconds).await?,
            });
        }
    }
    Ok(measured)
}

/// Purchases per second, and whether every answer was right.
async fn measure_server(
    options: &CompareOptions,
    world: &Arc<World>,
    seconds: u64,
) -> Result<(f64, bool), Failure> {
    let traffic = TrafficOptions {
        clients: options.rounds.round_clients,
        seconds,
        warmup: 1,
        mix: Mix::PURCHASES,
        rate: None,
        fresh_reads: false,
        timeout: 10,
        patience: 60,
        seed: seconds,
    };
    let tally = drive(&options.target.url, world, &traffic, None).await?;
    if !tally.is_clean() {
        say_all(&tally.table())?;
    }
    Ok((tally.rate(Kind::Purchase), tally.is_clean()))
}

fn tell_round(number: u32, round: &Round) -> Result<(), Failure> {
    for measurement in &round.yardstick {
        let Measurement {
            script,
            clients,
            per_second,
        } = measurement;
        say(&format!(
            "round {number}: {script:<11} {clients:>3} clients {per_second:>8.0} earns/s"
        ))?;
    }
    let ours = round.purchases_per_second;
    say(&format!(
        "round {number}: purchases through the API   {ours:>8.0}/s"
    ))?;
    for (name, _) in SCRIPTS {
        say(&format!(
            "round {number}: {:.2} × the best of {name}",
            ratio_to(round, name)
        ))?;
    }
    Ok(())
}

/// Purchases per second by the best rate of the script in the same round.
fn ratio_to(round: &Round, script: &str) -> f64 {
    let rates = round
        .yardstick
        .iter()
        .filter(|measurement| measurement.script == script);
    let best = rates
        .map(|measurement| measurement.per_second)
        .fold(0.0, f64::max);
    if best > 0.0 {
        round.purchases_per_second / best
    } else {
        0.0
    }
}

fn median_ratio(rounds: &[Round], script: &str) -> f64 {
    let mut ratios: Vec<f64> = rounds.iter().map(|round| ratio_to(round, script)).collect();
    ratios.sort_by(f64::total_cmp);
    // Of an even number the lower of the two in the middle: the claim is never the better one.
    let middle = ratios.len().saturating_sub(1).div_euclid(2);
    ratios.get(middle).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Measurement, Round, median_ratio};

    #[test]
    fn the_median_ratio_takes_the_best_of_the_script_in_each_round() {
        let round = |ours, rates: [f64; 2]| Round {
            purchases_per_second: ours,
            yardstick: Vec::from(rates.map(|per_second| Measurement {
                script: "earn_func",
                clients: 8,
                per_second,
            })),
        };
        let rounds = [
            round(10.0, [1.0, 5.0]),
            round(30.0, [10.0, 1.0]),
            round(9.0, [1.0, 1.0]),
        ];
        assert!((median_ratio(&rounds, "earn_func") - 3.0).abs() < 1e-9);
        let [first, second, _] = rounds;
        assert!((median_ratio(&[first, second], "earn_func") - 2.0).abs() < 1e-9);
        assert!(median_ratio(&[], "earn_func").abs() < 1e-9);
    }
}
