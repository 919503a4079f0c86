//! The one program: `tamaru serve` serves, the other commands prepare and look after what it needs.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use api::catalog::Catalogs;
use api::config::{self, Arguments, ConfigError};
use api::db::{Db, DbError, migrate, roles};
use api::dev::{self, DevError};
use api::jobs::Deliverer;
use api::outbound::Allowed;
use api::secrets::{BadMasterKey, MIN_MASTER_KEY_CHARACTERS, Secrets};
use api::server::{self, ServerError};
use api::services::{self, ServicesError};
use api::tenants::{self, BackupError, TableError};
use api::{jobs, telemetry, verify};
use clap::{Parser, Subcommand};
use domain::id::TenantId;
use secrecy::{ExposeSecret, SecretString};
use tokio::runtime::Handle;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Work on the database, but for the ledger's writers, takes half the cores at most: HTTP and the database itself need the
/// others.
const CORES_PER_WORK_THREAD: usize = 2;
/// Jobs go tenant by tenant, and share out the members of a large one.
const JOB_CONNECTIONS: usize = 6;

#[derive(Debug, Parser)]
#[command(
    name = "tamaru",
    version,
    about = "A point-program service for many retailers"
)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API until SIGTERM or Ctrl-C.
    Serve(Arguments),
    /// Run the jobs that need no caller until SIGTERM or Ctrl-C; any number may run at once.
    Work(WorkArguments),
    /// Create the database roles, bring the schema up to date, and print the service's `DATABASE_URL`.
    Migrate(MigrateArguments),
    /// Everything on this machine: servers, schema, a demo tenant, the API.
    Dev(DevArguments),
    /// Hold a private PostgreSQL and Redis until standard input closes.
    Services(ServicesArguments),
    /// Look at the tenants, and clean up behind those that are gone.
    Tenants {
        #[command(subcommand)]
        command: TenantsCommand,
    },
    /// Prove the books of every tenant; exits 1 on a violation.
    Verify(OwnerArguments),
    /// Print the OpenAPI document.
    Openapi,
}

#[derive(Debug, Subcommand)]
enum TenantsCommand {
    /// Print every live tenant: id, status, currency, zone, name.
    List(DatabaseArguments),
    /// Take everything of deleted tenants out of the database, for good.
    Purge(OwnerArguments),
    /// Write a tenant with its sandbox into a new file, as it is at one moment.
    Backup(BackupArguments),
    /// Bring a tenant back into a database that does not have it, all or nothing.
    Restore(RestoreArguments),
}

#[derive(Debug, clap::Args)]
struct BackupArguments {
    /// The tenant's id.
    tenant: TenantId,
    #[command(flatten)]
    file: RestoreArguments,
}

#[derive(Debug, clap::Args)]
struct RestoreArguments {
    /// The backup.
    #[arg(long)]
    file: PathBuf,
    #[command(flatten)]
    owner: OwnerArguments,
    /// The one of the service: the data of tenants is sealed under it, and so is the backup.
    #[arg(long, env = "TAMARU_MASTER_KEY", hide_env_values = true)]
    master_key: Option<String>,
}

#[derive(Debug, clap::Args)]
struct DatabaseArguments {
    /// The service's own database role, e.g. `postgres://tamaru_app:secret@db/tamaru`.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
}

#[derive(Debug, clap::Args)]
struct WorkArguments {
    /// The service's own database role, e.g. `postgres://tamaru_app:secret@db/tamaru`.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
    /// The same as the servers'; without it everything is done but webhooks, which are signed by secrets derived from it.
    #[arg(long, env = "TAMARU_MASTER_KEY", hide_env_values = true)]
    master_key: Option<String>,
    /// `host:port` of receivers that webhooks may reach over plain HTTP and on private addresses, with commas.
    #[arg(long, env = "TAMARU_WEBHOOK_ALLOW")]
    webhook_allow: Option<String>,
}

#[derive(Debug, clap::Args)]
struct OwnerArguments {
    /// An administrator's or the owner's role, e.g. `postgres://postgres:secret@db/tamaru`.
    #[arg(long, env = "DATABASE_OWNER_URL", hide_env_values = true)]
    database_owner_url: Option<String>,
}

#[derive(Debug, clap::Args)]
struct MigrateArguments {
    #[command(flatten)]
    owner: OwnerArguments,
    /// The passwords of both roles are derived from it; at least 32 characters.
    #[arg(long, env = "TAMARU_MASTER_KEY", hide_env_values = true)]
    master_key: Option<String>,
}

#[derive(Debug, clap::Args)]
struct ServicesArguments {
    /// Where the servers keep their data.
    #[arg(long, default_value = ".tamaru")]
    dir: PathBuf,
}

#[derive(Debug, clap::Args)]
struct DevArguments {
    /// Where servers, keys and logs are kept.
    #[arg(long, default_value = ".tamaru")]
    dir: PathBuf,
    /// Where to listen; port 8080 of this machine or a free one when left out.
    #[arg(long, env = "TAMARU_LISTEN")]
    listen: Option<SocketAddr>,
    /// An administrator's URL of a PostgreSQL to use instead of a private one.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
    /// A Redis to use instead of a private one.
    #[arg(long, env = "REDIS_URL", hide_env_values = true)]
    redis_url: Option<String>,
    /// Used instead of the one kept in the folder.
    #[arg(long, env = "TAMARU_OPERATOR_KEY", hide_env_values = true)]
    operator_key: Option<String>,
    /// Used instead of the one kept in the folder.
    #[arg(long, env = "TAMARU_MASTER_KEY", hide_env_values = true)]
    master_key: Option<String>,
}

/// Why a command ended early; each says what to do.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    MasterKey(#[from] BadMasterKey),
    #[error(transparent)]
    Database(#[from] DbError),
    #[error(transparent)]
    Server(#[from] ServerError),
    #[error(transparent)]
    Dev(#[from] DevError),
    #[error(transparent)]
    Services(#[from] ServicesError),
    #[error(transparent)]
    Tenants(#[from] TableError),
    #[error(transparent)]
    Backup(#[from] BackupError),
    #[error("standard output or a signal could not be used: {0}")]
    System(#[from] std::io::Error),
    #[error("the OpenAPI document could not be written: {0}")]
    Document(#[from] serde_json::Error),
    #[error("the work ended early: {0}")]
    Ended(#[from] tokio::task::JoinError),
}

fn main() -> ExitCode {
    let command = CommandLine::parse().command;
    match run(command) {
        Ok(code) => code,
        Err(failure) => {
            let told = writeln!(std::io::stderr(), "tamaru: {failure}");
            ExitCode::from(if told.is_ok() { 1 } else { 2 })
        }
    }
}

fn run(command: Command) -> Result<ExitCode, Failure> {
    if matches!(command, Command::Openapi) {
        write!(std::io::stdout(), "{}", api::openapi::text()?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(cores.div_euclid(CORES_PER_WORK_THREAD).max(1))
        .enable_all()
        .thread_name("tamaru-work")
        .build()?;
    let handle = runtime.handle().clone();
    // In a task, since the migrations block in place, which only tasks of the runtime may.
    let task = runtime.spawn(perform(command, handle));
    runtime.block_on(task)?
}

async fn perform(command: Command, runtime: Handle) -> Result<ExitCode, Failure> {
    match command {
        Command::Serve(arguments) => Box::pin(serve(arguments, runtime)).await?,
        Command::Work(arguments) => work(arguments, runtime).await?,
        Command::Migrate(arguments) => Box::pin(migrate_now(arguments)).await?,
        Command::Dev(arguments) => Box::pin(dev::run(arguments.into_options())).await?,
        Command::Services(arguments) => services::hold(&arguments.dir).await?,
        Command::Tenants {
            command: TenantsCommand::List(arguments),
        } => Box::pin(list_tenants(arguments)).await?,
        Command::Tenants {
            command: TenantsCommand::Purge(arguments),
        } => Box::pin(tenants::purge(&arguments.url()?)).await?,
        Command::Tenants {
            command: TenantsCommand::Backup(arguments),
        } => Box::pin(back_up(arguments)).await?,
        Command::Tenants {
            command: TenantsCommand::Restore(arguments),
        } => Box::pin(restore(arguments)).await?,
        Command::Verify(arguments) => return prove(arguments).await,
        Command::Openapi => {}
    }
    Ok(ExitCode::SUCCESS)
}

impl DevArguments {
    fn into_options(self) -> dev::Options {
        let given = |text: Option<String>| text.filter(|text| !text.is_empty());
        dev::Options {
            folder: self.dir,
            listen: self.listen,
            database_url: given(self.database_url),
            redis_url: given(self.redis_url),
            operator_key: given(self.operator_key).map(SecretString::from),
            master_key: given(self.master_key).map(SecretString::from),
        }
    }
}

async fn serve(arguments: Arguments, runtime: Handle) -> Result<(), Failure> {
    telemetry::start_logging();
    let server = server::run(arguments.into_config()?, runtime).await?;
    asked_to_stop().await?;
    server.stop().await;
    Ok(())
}

async fn work(arguments: WorkArguments, runtime: Handle) -> Result<(), Failure> {
    telemetry::start_logging();
    let url = config::database_url(arguments.database_url)?;
    let db = Db::new(&url, JOB_CONNECTIONS, runtime)?;
    let control = db.control().await?;
    roles::refuse_powerful(&control).await?;
    control.commit().await?;
    let master = arguments.master_key.filter(|given| !given.is_empty());
    let allowed = config::webhook_allow(arguments.webhook_allow.as_deref())?;
    if let Some(deliverer) = deliverer(db.clone(), master, allowed)? {
        tokio::spawn(deliverer.run());
    }
    tokio::spawn(jobs::watch_books(db.clone()));
    tokio::spawn(jobs::keep_sums(db.clone()));
    tokio::select! {
        () = jobs::run(db, Catalogs::default()) => Ok(()),
        asked = asked_to_stop() => Ok(asked?),
    }
}

/// Delivers webhooks, where the master key is given.
fn deliverer(
    db: Db,
    master: Option<String>,
    allowed: Allowed,
) -> Result<Option<Deliverer>, Failure> {
    if master.is_none() {
        tracing::warn!("webhooks are not delivered by this worker: TAMARU_MASTER_KEY is not set");
        return Ok(None);
    }
    let master = config::secret("TAMARU_MASTER_KEY", master, MIN_MASTER_KEY_CHARACTERS)?;
    Ok(Some(Deliverer::new(db, Secrets::new(master)?, allowed)?))
}

async fn asked_to_stop() -> std::io::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        interrupted = tokio::signal::ctrl_c() => interrupted,
    }
}

async fn migrate_now(arguments: MigrateArguments) -> Result<(), Failure> {
    let url = arguments.owner.url()?;
    let service_url = migrate::prepare(&url, &master(arguments.master_key)?).await?;
    let mut out = std::io::stdout();
    writeln!(out, "DATABASE_URL={}", service_url.expose_secret())?;
    Ok(())
}

async fn list_tenants(arguments: DatabaseArguments) -> Result<(), Failure> {
    let url = config::database_url(arguments.database_url)?;
    Ok(tenants::write_table(&url, &mut std::io::stdout()).await?)
}

async fn back_up(BackupArguments { tenant, file }: BackupArguments) -> Result<(), Failure> {
    let (url, secrets) = (file.owner.url()?, master(file.master_key)?);
    let done = tenants::backup(&url, &secrets, tenant, &file.file).await?;
    let (rows, taken_at) = (done.rows, done.taken_at);
    writeln!(
        std::io::stdout(),
        "{tenant}: {rows} rows as of {taken_at} in {}",
        file.file.display()
    )?;
    Ok(())
}

async fn restore(arguments: RestoreArguments) -> Result<(), Failure> {
    let (url, secrets) = (arguments.owner.url()?, master(arguments.master_key)?);
    let done = tenants::restore(&url, &secrets, &arguments.file).await?;
    let (tenant, rows, taken_at) = (done.tenant, done.rows, done.taken_at);
    writeln!(
        std::io::stdout(),
        "{tenant}: {rows} rows as of {taken_at}. Now prove the books with `tamaru verify`, and repeat what was done \
         since then: members who were erased and keys that were revoked are as they were."
    )?;
    Ok(())
}

fn master(given: Option<String>) -> Result<Secrets, Failure> {
    let master = config::secret("TAMARU_MASTER_KEY", given, MIN_MASTER_KEY_CHARACTERS)?;
    Ok(Secrets::new(master)?)
}

async fn prove(arguments: OwnerArguments) -> Result<ExitCode, Failure> {
    let findings = Box::pin(verify::verify(&arguments.url()?)).await?;
    verify::write_table(&findings, &mut std::io::stdout())?;
    Ok(if verify::is_clean(&findings) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

impl OwnerArguments {
    fn url(self) -> Result<SecretString, ConfigError> {
        self.database_owner_url
            .filter(|url| !url.is_empty())
            .map(SecretString::from)
            .ok_or(ConfigError::Missing {
                name: "DATABASE_OWNER_URL",
                example: "postgres://postgres:secret@127.0.0.1:5432/tamaru",
            })
    }
}
