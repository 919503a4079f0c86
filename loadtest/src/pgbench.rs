//! The yardstick: pgbench on scripts that a good engineer would write by hand, which only move
//! points: no HTTP, no rules, no receipt.

use std::{env, path::PathBuf};

use tokio::process::Command;
use tokio_postgres::{Config, NoTls, config::Host};

use crate::{failure::Failure, terminal::note};

/// The scripts' own schema: nothing else in the database is touched.
const SCHEMA: &str = "yardstick";
/// Files that prepare the database, in their order.
const PREPARATION: [&str; 2] = ["00_schema.sql", "01_seed.sql"];

/// Wallets that the preparation makes.
pub(crate) const WALLETS_MAX: u32 = 1_000_000;

/// What to run and how widely.
#[derive(Debug)]
pub(crate) struct YardstickOptions {
    /// Folder of the scripts.
    pub(crate) scripts: PathBuf,
    /// pgbench, when it is not to be looked for.
    pub(crate) program: Option<PathBuf>,
    /// Wallets that are used, at most `WALLETS_MAX`.
    pub(crate) wallets: u32,
}

/// A prepared database and the program that drives it.
#[derive(Debug)]
pub(crate) struct Yardstick {
    program: PathBuf,
    scripts: PathBuf,
    wallets: u32,
    database: Config,
}

impl Yardstick {
    /// Finds pgbench and prepares the database unless an earlier run already has.
    pub(crate) async fn prepare(url: &str, options: YardstickOptions) -> Result<Self, Failure> {
        let program = options.program.map_or_else(find, Ok)?;
        let database: Config = url
            .parse()
            .map_err(|error| Failure::other(format!("--yardstick-database: {error}")))?;
        let yardstick = Self {
            program,
            scripts: options.scripts,
            wallets: options.wallets,
            database,
        };
        yardstick.seed().await?;
        Ok(yardstick)
    }

    async fn seed(&self) -> Result<(), Failure> {
        let (client, connection) = self.database.connect(NoTls).await?;
        let driver = tokio::spawn(connection);
        let seeded = "select 1 from pg_namespace where nspname = $1";
        if client.query_opt(seeded, &[&SCHEMA]).await?.is_none() {
            note("Preparing the yardstick: a million wallets, about half a minute")?;
            let mut script =
                format!("create schema {SCHEMA}; set local search_path to {SCHEMA};\n");
            for name in PREPARATION {
                let file_path = self.scripts.join(name);
                let text = std::fs::read_to_string(&file_path);
                let what = format!("reading {}", file_path.display());
                script.push_str(&text.map_err(Failure::io(what))?);
            }
            // One simple query is one transaction: a preparation cut short leaves nothing behind.
            client.batch_execute(&script).await?;
            client.batch_execute("vacuum analyze").await?;
        }
        client.batch_execute("checkpoint").await?;
        drop(client);
        let driven = driver
            .await
            .map_err(|error| Failure::other(error.to_string()))?;
        driven.map_err(Failure::from)
    }

    /// Transactions per second of one script.
    pub(crate) async fn measure(
        &self,
        script: &str,
        clients: u32,
        seconds: u64,
    ) -> Result<f64, Failure> {
        let mut command = Command::new(&self.program);
        let threads = clients.min(2).to_string();
        command.args(["-n", "-M", "prepared", "-j", &threads]);
        command.args(["-c", &clients.to_string(), "-T", &seconds.to_string()]);
        command.args(["-D", &format!("members={}", self.wallets)]);
        command.arg("-f").arg(self.scripts.join(script));
        command.env("PGOPTIONS", format!("-c search_path={SCHEMA}"));
        self.name_database(&mut command)?;
        let what = format!("starting {}", self.program.display());
        let output = command
            .kill_on_drop(true)
            .output()
            .await
            .map_err(Failure::io(what))?;
        let text = String::from_utf8_lossy(&output.stdout);
        rate_in(&text).ok_or_else(|| {
            let error = String::from_utf8_lossy(&output.stderr);
            Failure::other(format!("pgbench gave no rate: {text}{error}"))
        })
    }

    /// By environment: a password in the arguments would stand in the list of processes.
    fn name_database(&self, command: &mut Command) -> Result<(), Failure> {
        let host = match self.database.get_hosts().first() {
            Some(Host::Tcp(host)) => host.clone(),
            Some(Host::Unix(folder)) => folder.to_string_lossy().into_owned(),
            None => return Err(Failure::other("--yardstick-database names no host")),
        };
        command.env("PGHOST", host);
        let port = self.database.get_ports().first().copied().unwrap_or(5_432);
        command.env("PGPORT", port.to_string());
        if let Some(user) = self.database.get_user() {
            command.env("PGUSER", user);
        }
        if let Some(name) = self.database.get_dbname() {
            command.env("PGDATABASE", name);
        }
        if let Some(password) = self.database.get_password() {
            command.env("PGPASSWORD", String::from_utf8_lossy(password).as_ref());
        }
        Ok(())
    }
}

/// On the path, else where Debian keeps it, the newest version first.
fn find() -> Result<PathBuf, Failure> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = env::split_paths(&path).collect();
    if let Ok(versions) = std::fs::read_dir("/usr/lib/postgresql") {
        let mut versions: Vec<PathBuf> = versions.flatten().map(|entry| entry.path()).collect();
        versions.sort();
        folders.extend(
            versions
                .into_iter()
                .rev()
                .map(|version| version.join("bin")),
        );
    }
    let found = folders.into_iter().map(|folder| folder.join("pgbench"));
    found.into_iter().find(|program| program.is_file()).ok_or_else(|| {
        Failure::other(
            "pgbench was not found. It comes with PostgreSQL: run `apt-get install postgresql`, \
             or name it with --pgbench. Everything but the comparison works without it.",
        )
    })
}

fn rate_in(output: &str) -> Option<f64> {
    let line = output
        .lines()
        .find_map(|line| line.strip_prefix("tps = "))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::rate_in;

    #[test]
    fn the_rate_is_read_from_what_pgbench_prints() {
        let output = "latency average = 1.2 ms\ntps = 4150.25 (without initial connection time)\n";
        assert_eq!(rate_in(output), Some(4150.25));
        assert_eq!(rate_in("pgbench: error"), None);
    }
}
