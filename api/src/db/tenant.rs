//! The only way to a tenant's data: a transaction that names its tenant in its first words.

use std::any::TypeId;
use std::ops::{Deref, DerefMut};

use deadpool::managed::Object;
use diesel_async::AsyncPgConnection;

use diesel::sql_types::Text;

use super::{DbError, Session, Sessions};
use crate::statement;

/// The internal number of a tenant; the public id stands in `tenants`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TenantNumber(pub i64);

/// Where the session came from, and where it goes back to.
#[derive(Debug)]
pub enum SessionSource {
    /// Back to the pool.
    Pooled(Lease),
    /// A writer's own.
    Own(Box<Session>),
}

/// A session of the pool. Where its transaction was left open, for example by a refusal, that is rolled back at once:
/// lying in the pool it would keep its locks until somebody takes it.
#[derive(Debug)]
pub struct Lease(Box<Object<Sessions>>);

impl Drop for Lease {
    fn drop(&mut self) {
        if !self.0.is_usable() {
            self.0.abandon();
        }
    }
}

impl From<Object<Sessions>> for SessionSource {
    fn from(session: Object<Sessions>) -> Self {
        Self::Pooled(Lease(Box::new(session)))
    }
}

impl From<Box<Session>> for SessionSource {
    fn from(session: Box<Session>) -> Self {
        Self::Own(session)
    }
}

impl Deref for SessionSource {
    type Target = Session;

    fn deref(&self) -> &Session {
        match self {
            Self::Pooled(lease) => &lease.0,
            Self::Own(session) => session,
        }
    }
}

impl DerefMut for SessionSource {
    fn deref_mut(&mut self) -> &mut Session {
        match self {
            Self::Pooled(lease) => &mut lease.0,
            Self::Own(session) => session,
        }
    }
}

/// An open transaction of one tenant. Dropped without commit or rollback it is rolled back; its connection is used again
/// only when that was seen.
#[derive(Debug)]
pub struct TenantConn {
    session: SessionSource,
    tenant: TenantNumber,
}

impl TenantConn {
    /// Begin, and name the tenant in the same words: nothing can come between.
    pub async fn open(mut session: SessionSource, tenant: TenantNumber) -> Result<Self, DbError> {
        let TenantNumber(number) = tenant;
        session
            .begin(&format!("begin; set local app.tenant_id = '{number}'"))
            .await?;
        Ok(Self { session, tenant })
    }

    /// Take the session for a transaction whose first words are sent by [`Self::begin`], together with what follows them.
    pub(crate) fn announce(
        mut session: SessionSource,
        tenant: TenantNumber,
    ) -> Result<Self, DbError> {
        session.announce()?;
        Ok(Self { session, tenant })
    }

    /// The first words of an announced transaction. Until they are sent no statement may be.
    pub(crate) async fn begin(&self) -> Result<(), DbError> {
        let TenantNumber(number) = self.tenant;
        let head = format!("begin; set local app.tenant_id = '{number}'");
        self.session.say_first(&head).await
    }

    /// Whether `S` is prepared on this connection. Nothing may be sent behind a statement that is
    /// not: its `prepare` would wait while later words overtake it.
    pub(crate) fn has_prepared<S: 'static>(&self) -> bool {
        self.session.has_prepared(TypeId::of::<S>())
    }

    /// Note that `S` ran on this connection.
    pub(crate) fn note_prepared<S: 'static>(&self) {
        self.session.note_prepared(TypeId::of::<S>());
    }

    /// Begin a transaction that reads one moment and writes nothing: what it reads together was true together.
    pub async fn open_snapshot(
        mut session: SessionSource,
        tenant: TenantNumber,
    ) -> Result<Self, DbError> {
        let TenantNumber(number) = tenant;
        let head = format!(
            "begin isolation level repeatable read read only; set local app.tenant_id = '{number}'"
        );
        session.begin(&head).await?;
        Ok(Self { session, tenant })
    }

    /// Plan what follows for the values that are asked for, and by keys: how much of a ledger a span of time is differs
    /// from everything to nothing.
    pub(crate) async fn plan_for_values(&self) -> Result<(), DbError> {
        let wishes =
            "set local plan_cache_mode = force_custom_plan; set local random_page_cost = 0.1";
        self.session.say(wishes).await
    }

    /// Whose transaction this is.
    pub const fn tenant(&self) -> TenantNumber {
        self.tenant
    }

    /// The number that every statement names as `$1`.
    pub const fn number(&self) -> i64 {
        self.tenant.0
    }

    /// Commit; the session comes back for its owner.
    pub async fn commit(mut self) -> Result<SessionSource, DbError> {
        self.session.commit().await?;
        Ok(self.session)
    }

    /// Go on in the same transaction without a tenant, for what makes twins at once.
    pub async fn into_control(self) -> Result<ControlConn, DbError> {
        self.session.say("set local app.tenant_id = ''").await?;
        Ok(ControlConn {
            session: self.session,
        })
    }

    /// Undo everything; the session comes back for its owner.
    pub async fn rollback(mut self) -> Result<SessionSource, DbError> {
        self.session.rollback().await?;
        Ok(self.session)
    }
}

statement! {
    /// Lets another transaction see what this one sees.
    control SnapshotName = "select pg_export_snapshot()";
    {}
    -> { String => Text }
}

/// An open transaction on the control tables, which belong to no tenant.
#[derive(Debug)]
pub struct ControlConn {
    session: SessionSource,
}

impl ControlConn {
    /// Begin without a tenant: tenant tables show nothing here.
    pub async fn open(mut session: SessionSource) -> Result<Self, DbError> {
        session.begin("begin").await?;
        Ok(Self { session })
    }

    /// Begin a read-only snapshot without a time limit, for what reads everything.
    pub async fn open_audit(mut session: SessionSource) -> Result<Self, DbError> {
        session
            .begin(
                "begin isolation level repeatable read read only; set local statement_timeout = 0; \
                 set local idle_in_transaction_session_timeout = 0",
            )
            .await?;
        Ok(Self { session })
    }

    /// The same with room for the sums of whole ledgers, for who proves all books at once; sees what another
    /// transaction sees, if there is one. Such a proof reads everything, so that looking for each row alone is never
    /// right, whatever is believed of how many rows fit together, and two of them side by side need no more helpers.
    pub async fn open_proof(
        session: SessionSource,
        snapshot: Option<&str>,
    ) -> Result<Self, DbError> {
        let conn = Self::open_audit(session).await?;
        if let Some(snapshot) = snapshot {
            let same = format!("set transaction snapshot '{snapshot}'");
            conn.session.say(&same).await?;
        }
        let room = "set local work_mem = '256MB'; set local hash_mem_multiplier = 2; \
                    set local enable_nestloop = off; set local enable_memoize = off; \
                    set local max_parallel_workers_per_gather = 0";
        conn.session.say(room).await?;
        Ok(conn)
    }

    /// The name of what this transaction sees, for another that is to see the same.
    pub async fn snapshot(&self) -> Result<String, DbError> {
        let name = (SnapshotName {}).all(self).await?.pop();
        let name = name.ok_or_else(|| DbError::Failed("a snapshot has no name".into()))?;
        Ok(name.0)
    }

    /// Begin without a time limit, for what changes very many rows.
    pub async fn open_unhurried(mut session: SessionSource) -> Result<Self, DbError> {
        session
            .begin("begin; set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0")
            .await?;
        Ok(Self { session })
    }

    /// Go on in the same transaction as one tenant, for what makes both at once.
    pub async fn into_tenant(self, tenant: TenantNumber) -> Result<TenantConn, DbError> {
        let TenantNumber(number) = tenant;
        self.session
            .say(&format!("set local app.tenant_id = '{number}'"))
            .await?;
        Ok(TenantConn {
            session: self.session,
            tenant,
        })
    }

    /// Commit.
    pub async fn commit(mut self) -> Result<(), DbError> {
        self.session.commit().await
    }
}

/// Whatever can run a statement on control tables.
pub(crate) trait OnControl: Sync {
    fn connection(&self) -> &AsyncPgConnection;
}

impl OnControl for ControlConn {
    fn connection(&self) -> &AsyncPgConnection {
        self.session.connection()
    }
}

impl OnControl for TenantConn {
    fn connection(&self) -> &AsyncPgConnection {
        self.session.connection()
    }
}
