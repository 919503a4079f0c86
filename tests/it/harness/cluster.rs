//! A private PostgreSQL and Redis, migrated, with nothing left behind: the servers end with this process, and a small
//! shell that outlives it by a moment removes their folder.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use api::config::Config;
use api::db::migrate::prepare;
use api::secrets::Secrets;
use api::services::{self, Options, Services};
use secrecy::{ExposeSecret, SecretString};
use tokio_postgres::{Client, NoTls};

use super::runtime;

pub(crate) const OPERATOR_KEY: &str = "operator-key-of-the-integration-tests-only";
pub(crate) const MASTER_KEY: &str = "master-key-of-the-integration-tests-and-of-nothing-else";

/// Waits for the end of standard input, which is the end of the tests, then for the servers, then cleans up.
const SWEEPER: &str = r#"
while read -r _; do :; done
for _ in 1 2 3 4 5 6 7 8 9 10; do
    sleep 0.5
    rm -rf -- "$1" 2>/dev/null && break
done
"#;

/// Two servers and the URLs of the roles on one migrated database.
pub(crate) struct Cluster {
    /// Kills, pauses and restarts the servers where they are private.
    pub(crate) services: Arc<Services>,
    /// The superuser's URL, for what only an administrator may look at.
    pub(crate) administrator_url: String,
    /// The service's own role.
    pub(crate) service_url: String,
    pub(crate) redis_url: String,
}

impl Cluster {
    /// The cluster of the whole test process: private, or a database of its own on `DATABASE_URL`.
    pub(crate) fn shared() -> Self {
        let given = |name| std::env::var(name).ok().filter(|url| !url.is_empty());
        Self::start(Options {
            postgres_url: given("DATABASE_URL"),
            redis_url: given("REDIS_URL"),
        })
    }

    /// A private cluster for one test that kills or freezes it.
    pub(crate) fn own() -> Self {
        Self::start(Options::default())
    }

    /// Another database on the same servers, migrated like this one.
    pub(crate) async fn beside(&self, name: &str) -> Self {
        let url = self.scratch(name).await;
        Self {
            services: self.services.clone(),
            service_url: migrated(url.clone()).await,
            administrator_url: url,
            redis_url: self.redis_url.clone(),
        }
    }

    fn start(options: Options) -> Self {
        let services = services::start(&folder(), &options).unwrap();
        let (administrator_url, service_url) = runtime().block_on(async {
            let url = own_database(&services, &options).await;
            (url.clone(), migrated(url).await)
        });
        Self {
            administrator_url,
            service_url,
            redis_url: services.redis_url().to_owned(),
            services: Arc::new(services),
        }
    }

    /// What a node on this cluster needs; the port is free to choose.
    pub(crate) fn config(&self) -> Config {
        Config {
            listen: ([127, 0, 0, 1], 0).into(),
            database_url: self.service_url.clone().into(),
            redis_url: Some(self.redis_url.clone().into()),
            operator_key: OPERATOR_KEY.into(),
            master_key: MASTER_KEY.into(),
            writers: 4,
            pool_size: 16,
            rate_limit: 0,
            webhook_allow: api::config::webhook_allow(Some(&super::receiver::allowed())).unwrap(),
            trusted_proxies: Vec::new(),
            folder: None,
        }
    }

    /// A connection that passes every row-level policy: the owner's role of the administrator.
    pub(crate) async fn owner(&self) -> Client {
        let client = connect(&self.administrator_url).await;
        client.batch_execute("set role tamaru_owner").await.unwrap();
        client
    }

    /// A connection as the superuser.
    pub(crate) async fn administrator(&self) -> Client {
        connect(&self.administrator_url).await
    }

    /// A connection as the service's own role, without any tenant set.
    pub(crate) async fn service(&self) -> Client {
        connect(&self.service_url).await
    }

    /// An empty database on the same server, and the administrator's URL of it.
    pub(crate) async fn scratch(&self, name: &str) -> String {
        let administrator = self.administrator().await;
        let name = format!("{name}_{}", std::process::id());
        let make = format!("create database {name}");
        administrator.batch_execute(&make).await.unwrap();
        with_database(&self.administrator_url, &name)
    }

    /// Removes a database that [`Self::scratch`] made.
    pub(crate) async fn drop_scratch(&self, name: &str) {
        let remove = format!("drop database {name}_{} with (force)", std::process::id());
        let administrator = self.administrator().await;
        administrator.batch_execute(&remove).await.unwrap();
    }
}

/// Connects; the connection runs on the shared runtime until the client is dropped.
pub(crate) async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    runtime().spawn(connection);
    client
}

/// Brings a database to the present schema; the URL of the service's own role.
async fn migrated(url: String) -> String {
    // The migrations block in place, which only a task of the runtime may.
    let prepared = runtime().spawn(async move {
        let secrets = Secrets::new(MASTER_KEY.into()).unwrap();
        prepare(&url.into(), &secrets).await.unwrap()
    });
    url_text(prepared.await.unwrap())
}

/// Only this harness may look into a secret, and only into its own.
fn url_text(url: SecretString) -> String {
    url.expose_secret().to_owned()
}

async fn own_database(services: &Services, options: &Options) -> String {
    let url = services.postgres_url();
    if options.postgres_url.is_none() {
        return url.to_owned();
    }
    let name = format!("tamaru_it_{}", std::process::id());
    let administrator = connect(url).await;
    for text in [
        format!("drop database if exists {name} with (force)"),
        format!("create database {name}"),
    ] {
        administrator.batch_execute(&text).await.unwrap();
    }
    with_database(url, &name)
}

fn with_database(url: &str, name: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap();
    let (place, query) = match rest.split_once('?') {
        Some((place, query)) => (place, format!("?{query}")),
        None => (rest, String::new()),
    };
    let authority = place.split('/').next().unwrap();
    format!("{scheme}://{authority}/{name}{query}")
}

/// Where every user may go, as the servers' user must reach it; removed soon after this process has ended.
fn folder() -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("tamaru-it-{}-{number}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let sweeper = Command::new("/bin/sh")
        .args(["-c", SWEEPER, "sh"])
        .arg(&folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // The pipe closes when this process ends, however it ends.
    std::mem::forget(sweeper);
    folder
}
