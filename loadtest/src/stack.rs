//! A whole service of our own for one run: private PostgreSQL and Redis, roles and tables, and the
//! server itself. Everything hangs on this process, so nothing outlives it.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde::Deserialize;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::{sleep, timeout},
};
use tokio_postgres::{Client, Config, NoTls};

use crate::{clock, connection::ServerAddress, failure::Failure, world::parse};

/// A first start makes a database cluster, which takes its time on a busy machine.
const SERVICES_START_LIMIT: Duration = Duration::from_secs(120);
const SERVER_START_LIMIT: Duration = Duration::from_secs(30);
const STOP_LIMIT: Duration = Duration::from_secs(30);
/// The role that serves, by which its URL is known among what `migrate` prints.
const SERVICE_ROLE: &str = "tamaru_app";
/// The database of the comparison, beside the service's own.
const YARDSTICK_DATABASE: &str = "yardstick";

/// How the server is to be.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    /// Requests that a tenant may send per second; none: without a limit, which would be measured instead of the server.
    pub(crate) rate_limit: Option<u32>,
    /// `host:port` of a receiver of webhooks on this machine.
    pub(crate) webhook_allow: Option<String>,
}

/// Everything that was started.
#[derive(Debug)]
pub(crate) struct Stack {
    program: PathBuf,
    folder: PathBuf,
    settings: Settings,
    services: Child,
    server: Option<Child>,
    urls: Urls,
    master_key: String,
    /// The key that may create tenants.
    pub(crate) operator_key: String,
    /// Where the server listens.
    pub(crate) url: ServerAddress,
    listen: String,
    service_url: String,
}

#[derive(Debug, Clone, Deserialize)]
struct Urls {
    postgres_url: String,
    redis_url: String,
}

impl Stack {
    /// Where everything lies.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Starts the private services, migrates, and starts the server.
    pub(crate) async fn start(
        program: &Path,
        folder: &Path,
        settings: Settings,
    ) -> Result<Self, Failure> {
        let mut services = Command::new(program)
            .arg("services")
            .arg("--dir")
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(Failure::io(format!("starting {}", program.display())))?;
        let urls = timeout(SERVICES_START_LIMIT, read_urls(&mut services)).await;
        let urls = urls.map_err(|_late| Failure::other("the private services took too long"))??;
        let listen = free_address()?;
        let url = format!("http://{listen}");
        let mut stack = Self {
            program: program.to_path_buf(),
            folder: folder.to_path_buf(),
            settings,
            services,
            server: None,
            urls,
            master_key: clock::secret(),
            operator_key: clock::secret(),
            url: url.parse().map_err(Failure::Other)?,
            listen,
            service_url: String::new(),
        };
        stack.service_url = stack.migrate().await?;
        stack.serve().await?;
        Ok(stack)
    }

    /// Process of the server.
    pub(crate) fn server_pid(&self) -> Option<u32> {
        self.server.as_ref().and_then(Child::id)
    }

    /// A command of the service's own program, with the administrator's database.
    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(name).stdin(Stdio::null()).kill_on_drop(true);
        command.env_remove("DATABASE_URL");
        command.env("DATABASE_OWNER_URL", &self.urls.postgres_url);
        command.env("REDIS_URL", &self.urls.redis_url);
        command.env("TAMARU_MASTER_KEY", &self.master_key);
        command.env("TAMARU_OPERATOR_KEY", &self.operator_key);
        if let Some(allowed) = &self.settings.webhook_allow {
            command.env("TAMARU_WEBHOOK_ALLOW", allowed);
        }
        command
    }

    /// Makes roles and tables; the service's URL is among what it prints.
    async fn migrate(&self) -> Result<String, Failure> {
        let output = self.command("migrate").output().await;
        let output = output.map_err(Failure::io("running migrate"))?;
        let text = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() {
            let error = String::from_utf8_lossy(&output.stderr);
            return Err(Failure::other(format!("migrate failed: {text}{error}")));
        }
        service_url(&text).ok_or_else(|| {
            Failure::other(format!("migrate printed no URL of {SERVICE_ROLE}: {text}"))
        })
    }

    async fn serve(&mut self) -> Result<(), Failure> {
        let log_path = self.folder.join("server.log");
        let opening = || Failure::io(format!("opening {}", log_path.display()));
        let log = fs::File::create(&log_path).map_err(opening())?;
        let errors = log.try_clone().map_err(opening())?;
        let mut command = self.command("serve");
        command.env_remove("DATABASE_OWNER_URL");
        command.env("DATABASE_URL", &self.service_url);
        command.env("TAMARU_LISTEN", &self.listen);
        let limit = self.settings.rate_limit.unwrap_or_default();
        command.env("TAMARU_RATE_LIMIT", limit.to_string());
        let server = command.stdout(log).stderr(errors).spawn();
        let server = self
            .server
            .insert(server.map_err(Failure::io("starting the server"))?);
        let began = Instant::now();
        while began.elapsed() < SERVER_START_LIMIT {
            if self.url.answers("/readyz").await {
                return Ok(());
            }
            let ended = server
                .try_wait()
                .map_err(Failure::io("watching the server"))?;
            if ended.is_some() {
                break;
            }
            sleep(Duration::from_millis(100)).await;
        }
        let log = fs::read_to_string(&log_path).unwrap_or_default();
        Err(Failure::other(format!(
            "the server did not get ready:\n{log}"
        )))
    }

    /// A worker beside the server, which does what is due without a caller.
    pub(crate) fn work(&self) -> Result<Child, Failure> {
        let mut command = self.command("work");
        command.env_remove("DATABASE_OWNER_URL");
        command.env("DATABASE_URL", &self.service_url);
        command.env("TAMARU_LOG", "warn");
        command.spawn().map_err(Failure::io("starting the worker"))
    }

    /// The administrator's way into the service's database.
    pub(crate) async fn administrator(&self) -> Result<Client, Failure> {
        let administrator: Config = self.urls.postgres_url.parse()?;
        let (client, connection) = administrator.connect(NoTls).await?;
        // It ends when the client is dropped, and what went wrong shows at the client.
        tokio::spawn(connection);
        Ok(client)
    }

    /// Makes an empty database for the yardstick on the same server and returns its URL.
    pub(crate) async fn make_yardstick_database(&self) -> Result<String, Failure> {
        let administrator: Config = self.urls.postgres_url.parse()?;
        let (client, connection) = administrator.connect(NoTls).await?;
        let driver = tokio::spawn(connection);
        let made = format!("create database {YARDSTICK_DATABASE}");
        client.batch_execute(&made).await?;
        drop(client);
        let driven = driver
            .await
            .map_err(|error| Failure::other(error.to_string()))?;
        driven?;
        replace_database(&self.urls.postgres_url, YARDSTICK_DATABASE)
            .ok_or_else(|| Failure::other("the private PostgreSQL has an unusual URL"))
    }

    /// The service's own check of its ledger; true when it found nothing.
    pub(crate) async fn verify(&self) -> Result<bool, Failure> {
        let status = self.command("verify").status().await;
        Ok(status.map_err(Failure::io("running verify"))?.success())
    }

    /// Stops the server, then the services.
    pub(crate) async fn stop(mut self) -> Result<(), Failure> {
        if let Some(mut server) = self.server.take() {
            terminate(&server)?;
            wait(&mut server, "the server").await?;
        }
        drop(self.services.stdin.take());
        wait(&mut self.services, "the private services").await
    }
}

fn terminate(child: &Child) -> Result<(), Failure> {
    let Some(process) = child.id().and_then(|id| i32::try_from(id).ok()) else {
        return Ok(());
    };
    kill(Pid::from_raw(process), Signal::SIGTERM)
        .map_err(|error| Failure::other(format!("stopping process {process}: {error}")))
}

async fn wait(child: &mut Child, who: &str) -> Result<(), Failure> {
    let Ok(ended) = timeout(STOP_LIMIT, child.wait()).await else {
        child
            .kill()
            .await
            .map_err(Failure::io(format!("killing {who}")))?;
        return Err(Failure::other(format!("{who} had to be killed")));
    };
    ended.map_err(Failure::io(format!("waiting for {who}")))?;
    Ok(())
}

async fn read_urls(services: &mut Child) -> Result<Urls, Failure> {
    let mut line = String::new();
    if let Some(output) = services.stdout.as_mut() {
        let read = BufReader::new(output).read_line(&mut line).await;
        read.map_err(Failure::io("reading from the private services"))?;
    }
    if line.is_empty() {
        return Err(Failure::other(
            "the private services did not start; see the lines above",
        ));
    }
    parse(line.as_bytes(), "what the private services said")
}

/// An address that was free a moment ago.
pub(crate) fn free_address() -> Result<String, Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(Failure::io("looking for a port"))?;
    let address = listener
        .local_addr()
        .map_err(Failure::io("looking for a port"))?;
    Ok(address.to_string())
}

fn service_url(output: &str) -> Option<String> {
    let mut words =
        output.split(|letter: char| letter.is_whitespace() || "\"'`=,".contains(letter));
    let start = format!("//{SERVICE_ROLE}:");
    let found = words.find(|word| word.starts_with("postgres") && word.contains(&start));
    found.map(str::to_owned)
}

/// The same URL with another database; options behind `?` stay.
fn replace_database(url: &str, database: &str) -> Option<String> {
    let (base, options) = url
        .split_once('?')
        .map_or((url, None), |(base, rest)| (base, Some(rest)));
    let (scheme, rest) = base.split_once("://")?;
    let (server, _old) = rest.split_once('/').unwrap_or((rest, ""));
    let options = options
        .map(|options| format!("?{options}"))
        .unwrap_or_default();
    Some(format!("{scheme}://{server}/{database}{options}"))
}

#[cfg(test)]
mod tests {
    use super::{replace_database, service_url};

    #[test]
    fn the_service_url_is_found_among_other_lines() {
        let output = "3 migrations\nDATABASE_URL=postgres://tamaru_app:x%3D@127.0.0.1:5/postgres\n";
        let expected = "postgres://tamaru_app:x%3D@127.0.0.1:5/postgres";
        assert_eq!(service_url(output).as_deref(), Some(expected));
        assert_eq!(service_url("postgres://tamaru_owner:x@h/d"), None);
    }

    #[test]
    fn only_the_database_of_a_url_is_replaced() {
        let check = |url, expected: &str| {
            assert_eq!(replace_database(url, "y").as_deref(), Some(expected));
        };
        check("postgres://u:p@h:1/d", "postgres://u:p@h:1/y");
        check(
            "postgres://u:p@h:1/d?sslmode=disable",
            "postgres://u:p@h:1/y?sslmode=disable",
        );
        check("postgresql://u:p@h:1", "postgresql://u:p@h:1/y");
    }
}
