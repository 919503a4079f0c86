//! One connection to Postgres that knows whether it may be used again.

use std::any::TypeId;
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use secrecy::{ExposeSecret, SecretString};
use tokio::runtime::Handle;
use tokio_postgres::NoTls;

use crate::config::{CONNECT_TIMEOUT, STATEMENT_TIMEOUT};

use super::DbError;

/// A dead peer is noticed after this long even in the middle of a statement.
const TCP_USER_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(10);

/// A node that stops in the middle of a transaction keeps its locks from others no longer than this.
const IDLE_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(15);

/// Transactions after which plans are made anew.
const RENEWAL: u64 = 2_048;
const RENEW: &str = "discard plans";

/// A connection; not usable any more once it was left inside a transaction.
pub struct Session {
    connection: Arc<AsyncPgConnection>,
    in_transaction: Arc<AtomicBool>,
    /// Transactions so far.
    begun: AtomicU64,
    /// Statements that ran here, so that they are prepared.
    prepared: Mutex<HashSet<TypeId>>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Session")
            .field("in_transaction", &self.is_in_transaction())
            .finish_non_exhaustive()
    }
}

impl Session {
    /// Connect. Plans are generic: the statements are few and fixed, planning each time costs
    /// more than it gains.
    pub async fn open(url: &SecretString) -> Result<Self, DbError> {
        Self::open_with(url, "").await
    }

    /// Connect for the hot path, whose every statement finds its rows by key. Postgres is told that looking for a row costs
    /// next to nothing and going through rows a lot: of tables that were just filled it believes that a tenant has a few
    /// rows, and would read them all for each receipt.
    pub async fn open_for_writes(url: &SecretString) -> Result<Self, DbError> {
        let by_key = " -c enable_seqscan=off -c enable_bitmapscan=off -c enable_material=off \
                      -c enable_hashjoin=off -c enable_mergejoin=off \
                      -c random_page_cost=0.1 -c cpu_tuple_cost=1";
        Self::open_with(url, by_key).await
    }

    async fn open_with(url: &SecretString, planning: &str) -> Result<Self, DbError> {
        let mut config: tokio_postgres::Config = url
            .expose_secret()
            .parse()
            .map_err(|error: tokio_postgres::Error| DbError::Unavailable(error.to_string()))?;
        let options = format!(
            "-c plan_cache_mode=force_generic_plan -c statement_timeout={} -c idle_in_transaction_session_timeout={}{planning}",
            STATEMENT_TIMEOUT.as_millis(),
            IDLE_TIMEOUT.as_millis()
        );
        config
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_user_timeout(TCP_USER_TIMEOUT)
            .application_name("tamaru")
            .options(&options);
        let (client, connection) = config
            .connect(NoTls)
            .await
            .map_err(|error| DbError::Unavailable(error.to_string()))?;
        let connection = AsyncPgConnection::try_from_client_and_connection(client, connection)
            .await
            .map_err(|error| DbError::Unavailable(error.to_string()))?;
        Ok(Self {
            connection: Arc::new(connection),
            in_transaction: Arc::default(),
            begun: AtomicU64::new(0),
            prepared: Mutex::default(),
        })
    }

    /// Whether the next transaction may use it.
    pub fn is_usable(&self) -> bool {
        !self.is_in_transaction()
    }

    fn is_in_transaction(&self) -> bool {
        self.in_transaction.load(Ordering::Acquire)
    }

    /// Let go of what a transaction that nobody will end has locked, while the session lies in the pool. It is usable
    /// again when the rollback is seen; taken before that it is refused and closed.
    pub(super) fn abandon(&self) {
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let (connection, in_transaction) = (self.connection.clone(), self.in_transaction.clone());
        runtime.spawn(async move {
            let rollback = async { (&*connection).batch_execute("rollback").await };
            if let Ok(Ok(())) = tokio::time::timeout(STATEMENT_TIMEOUT, rollback).await {
                in_transaction.store(false, Ordering::Release);
            }
        });
    }

    /// For statements, which run on a shared reference so that several can be in flight.
    pub(crate) fn connection(&self) -> &AsyncPgConnection {
        &self.connection
    }

    pub(super) async fn begin(&mut self, head: &str) -> Result<(), DbError> {
        self.announce()?;
        if self.renews_plans() {
            self.say(RENEW).await?;
        }
        self.say(head).await
    }

    /// Send the first words of an announced transaction in one message, so that statements may follow at once.
    pub(super) async fn say_first(&self, head: &str) -> Result<(), DbError> {
        if self.renews_plans() {
            return self.say(&format!("{RENEW}; {head}")).await;
        }
        self.say(head).await
    }

    /// Plans are kept as they are made, and made while a table was small they are wrong when it has grown: a join begins
    /// at the wrong end. So they are made anew whenever the session has done twice as much, later from time to time.
    fn renews_plans(&self) -> bool {
        let begun = self.begun.fetch_add(1, Ordering::Relaxed);
        begun.is_power_of_two() || (begun > 0 && begun.is_multiple_of(RENEWAL))
    }

    /// From here on the session is inside a transaction, also if its first words never arrive.
    pub(super) fn announce(&mut self) -> Result<(), DbError> {
        if self.is_in_transaction() {
            return Err(DbError::Broken(
                "the session was left inside a transaction".into(),
            ));
        }
        self.in_transaction.store(true, Ordering::Release);
        Ok(())
    }

    /// Send text that is no statement; on a shared reference, so that statements may follow at once.
    pub(super) async fn say(&self, text: &str) -> Result<(), DbError> {
        Ok((&*self.connection).batch_execute(text).await?)
    }

    /// Whether a statement is prepared here, so that others may be sent behind it without waiting.
    pub(super) fn has_prepared(&self, statement: TypeId) -> bool {
        let prepared = self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
        prepared.contains(&statement)
    }

    /// Note that a statement ran here.
    pub(super) fn note_prepared(&self, statement: TypeId) {
        let mut prepared = self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
        prepared.insert(statement);
    }

    /// From here on the outcome is unknown until the answer comes.
    pub(super) async fn commit(&mut self) -> Result<(), DbError> {
        match (&*self.connection).batch_execute("commit").await {
            Ok(()) => {
                self.in_transaction.store(false, Ordering::Release);
                Ok(())
            }
            Err(error) => Err(DbError::OutcomeUnknown(error.to_string())),
        }
    }

    pub(super) async fn rollback(&mut self) -> Result<(), DbError> {
        (&*self.connection).batch_execute("rollback").await?;
        self.in_transaction.store(false, Ordering::Release);
        Ok(())
    }
}
