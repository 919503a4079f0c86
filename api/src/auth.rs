//! Who calls, and what for. A key is checked in full once per process; after that one SHA-256 and
//! two map look-ups decide, and a poll brings revocations and suspensions of other nodes.

pub mod api_key;
mod cache;
pub(crate) mod issue;
pub mod principal;
pub mod scope;
pub(crate) mod store;

use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use tokio::sync::Semaphore;

use crate::clock;
use crate::config::CONTROL_POLL;
use crate::db::{Db, DbError};
use crate::problem::{Problem, ProblemKind};

use api_key::PresentedKey;
use cache::{KeyState, Known};
pub use principal::{Caller, Operator, Principal};

/// Hashes that are computed at once; each takes 19 MiB.
const MAX_HASHES_AT_ONCE: usize = 2;

/// Checks credentials; cheap to clone.
#[derive(Clone)]
pub struct KeyRing {
    inner: Arc<Inner>,
}

struct Inner {
    db: Db,
    operator_digest: [u8; 32],
    known: Known,
    hashing: Semaphore,
}

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("KeyRing")
    }
}

impl KeyRing {
    /// A ring that knows no key yet.
    pub fn new(db: Db, operator_key: &SecretString) -> Self {
        Self {
            inner: Arc::new(Inner {
                db,
                operator_digest: digest(operator_key.expose_secret()),
                known: Known::default(),
                hashing: Semaphore::new(MAX_HASHES_AT_ONCE),
            }),
        }
    }

    /// Whether this is the operator's key.
    pub fn is_operator(&self, presented: &str) -> bool {
        digest(presented).ct_eq(&self.inner.operator_digest).into()
    }

    /// Whose key this is. Every failure gives the same answer.
    pub async fn authenticate(&self, presented: &str) -> Result<Principal, Problem> {
        let key = PresentedKey::parse(presented).ok_or_else(invalid_credentials)?;
        let digest = digest(presented);
        let state = match self.inner.known.key(&digest) {
            Some(state) => state,
            None => self.verify(key, digest).await?,
        };
        self.admit(&state)
    }

    /// Look for changes until the process ends, so that a revoked key and a suspended tenant stop
    /// at this node too.
    pub async fn follow_changes(self) {
        let mut ticks = tokio::time::interval(CONTROL_POLL);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Err(error) = self.refresh().await {
                tracing::debug!(cause = %error, "changed keys could not be read");
            }
        }
    }

    /// Look for changes now.
    pub async fn refresh(&self) -> Result<(), DbError> {
        let control = self.inner.db.control().await?;
        let keys = store::changed_keys(&control).await?;
        let tenants = store::changed_tenants(&control).await?;
        control.commit().await?;
        self.inner.known.update(keys, tenants);
        Ok(())
    }

    /// Look for changes now without making anyone wait; other nodes learn by their polls.
    pub fn refresh_soon(&self) {
        let ring = self.clone();
        self.inner.db.runtime().spawn(async move {
            if let Err(error) = ring.refresh().await {
                tracing::debug!(cause = %error, "changed keys could not be read");
            }
        });
    }

    /// Hash a key that was just made, off the request's thread.
    pub async fn hash(&self, key: String) -> Result<String, Problem> {
        let _permit = self.permit().await?;
        let hashed = self.blocking(move || api_key::hash(&key)).await?;
        hashed.map_err(|error| Problem::internal(&error))
    }

    async fn verify(&self, key: PresentedKey, digest: [u8; 32]) -> Result<Arc<KeyState>, Problem> {
        let _permit = self.permit().await?;
        if let Some(state) = self.inner.known.key(&digest) {
            return Ok(state);
        }
        let id = key.id();
        let db = self.inner.db.clone();
        let hash = self
            .inner
            .db
            .run(async move {
                let control = db.control().await?;
                let found = store::secret_hash(&control, id).await?;
                control.commit().await?;
                Ok::<_, DbError>(found)
            })
            .await
            .and_then(|outcome| outcome)?;
        let is_right = self.blocking(move || key.matches(hash.as_deref())).await?;
        if !is_right {
            return Err(invalid_credentials());
        }
        // Read again after the slow part: what was revoked meanwhile must not be remembered as good.
        let db = self.inner.db.clone();
        let found = self
            .inner
            .db
            .run(async move {
                let control = db.control().await?;
                let found = store::key_and_tenant(&control, id).await?;
                control.commit().await?;
                Ok::<_, DbError>(found)
            })
            .await
            .and_then(|outcome| outcome)?;
        let (state, tenant) = found.ok_or_else(invalid_credentials)?;
        Ok(self.inner.known.remember(digest, state, tenant))
    }

    fn admit(&self, state: &KeyState) -> Result<Principal, Problem> {
        let tenant = self
            .inner
            .known
            .tenant(state.tenant)
            .ok_or_else(invalid_credentials)?;
        let is_over = state.expires_at.is_some_and(|at| at <= clock::now());
        if state.is_revoked || is_over {
            return Err(invalid_credentials());
        }
        if tenant.is_suspended {
            return Err(Problem::new(
                ProblemKind::TenantSuspended,
                "The operator of the service suspended this tenant.",
            ));
        }
        Ok(Principal {
            tenant: state.tenant,
            tenant_id: tenant.id,
            key: state.id,
            scopes: state.scopes,
            is_test: tenant.is_sandbox,
            requests_per_second: tenant.requests_per_second,
        })
    }

    async fn permit(&self) -> Result<tokio::sync::SemaphorePermit<'_>, Problem> {
        let permit = self.inner.hashing.acquire().await;
        permit.map_err(|error| Problem::internal(&error))
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let task = self.inner.db.runtime().spawn_blocking(work);
        task.await.map_err(|error| Problem::internal(&error))
    }
}

/// The one answer for every credential that does not work.
pub(crate) fn invalid_credentials() -> Problem {
    Problem::new(
        ProblemKind::InvalidCredentials,
        "Send a valid key as `Authorization: Bearer <key>`.",
    )
}

fn digest(presented: &str) -> [u8; 32] {
    Sha256::digest(presented.as_bytes()).into()
}
