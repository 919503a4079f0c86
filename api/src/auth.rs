//! Who calls, and what for. A key is checked in full once per process; after that one SHA-256 and
//! two map look-ups decide, and a poll brings revocations and suspensions of other nodes.

pub mod address;
pub mod api_key;
mod attempts;
mod cache;
pub(crate) mod issue;
pub(crate) mod pass;
pub mod principal;
pub mod restrictions;
pub(crate) mod rotation;
pub mod scope;
pub(crate) mod signing;
pub(crate) mod store;
pub(crate) mod token;

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_web::HttpRequest;
use domain::id::ApiKeyId;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use ipnet::IpNet;
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use tokio::sync::Semaphore;

use crate::clock;
use crate::config::{CONTROL_POLL, Config};
use crate::db::{ControlConn, Db, DbError, TenantNumber};
use crate::problem::{Problem, ProblemKind};
use crate::vault::Vault;

use api_key::PresentedKey;
use attempts::Attempts;
use cache::{GrantState, Holder, KeyState, Known, TenantState};
pub use principal::{Caller, Operator, Principal};
use scope::Scopes;
use signing::SigningKeys;

/// Hashes that are computed at once; each takes 19 MiB.
const MAX_HASHES_AT_ONCE: usize = 2;
/// A node that could not look for changes for so long looks before it lets anyone in.
const MAX_STALENESS: Duration = Duration::from_secs(60);
/// Transactions that took long to commit are looked for again, in seconds.
const COMMIT_MARGIN_SECONDS: i64 = 10;

/// Checks credentials; cheap to clone.
#[derive(Clone)]
pub struct KeyRing {
    inner: Arc<Inner>,
}

struct Inner {
    db: Db,
    operator_digest: [u8; 32],
    trusted_proxies: Vec<IpNet>,
    known: Known,
    attempts: Attempts,
    signing: SigningKeys,
    hashing: Semaphore,
    /// When the last look for changes that succeeded began.
    looked_at: Mutex<Instant>,
}

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("KeyRing")
    }
}

impl KeyRing {
    /// A ring that knows no key yet.
    pub fn new(db: Db, vault: Vault, config: &Config) -> Self {
        Self {
            inner: Arc::new(Inner {
                signing: SigningKeys::new(db.clone(), vault),
                db,
                operator_digest: digest(config.operator_key.expose_secret()),
                trusted_proxies: config.trusted_proxies.clone(),
                known: Known::default(),
                attempts: Attempts::default(),
                hashing: Semaphore::new(MAX_HASHES_AT_ONCE),
                looked_at: Mutex::new(Instant::now()),
            }),
        }
    }

    /// Whether this is the operator's key.
    pub fn is_operator(&self, presented: &str) -> bool {
        digest(presented).ct_eq(&self.inner.operator_digest).into()
    }

    /// Where a request comes from; `None` where a trusted proxy did not say.
    pub(crate) fn client_of(&self, request: &HttpRequest) -> Option<IpAddr> {
        address::client_address(request, &self.inner.trusted_proxies)
    }

    /// On whose behalf this key or token acts. Every failure gives the same answer.
    pub async fn authenticate(&self, presented: &str) -> Result<Principal, Problem> {
        self.be_current().await?;
        let Some(key) = PresentedKey::parse(presented) else {
            return Box::pin(self.admit_token(presented)).await;
        };
        let state = self.key(key, presented).await?;
        match state.holder {
            Holder::Tenant(number) => {
                let tenant = self.tenant(number).await?;
                admitted(&state, None, tenant, state.scopes)
            }
            Holder::Partner(_) if state.is_good(clock::now()) => Err(Problem::new(
                ProblemKind::NotGranted,
                "A partner's key alone acts for nobody. Get a token for a tenant from `POST /v1/oauth/token`.",
            )),
            Holder::Partner(_) => Err(invalid_credentials()),
        }
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

    /// Look for everything that changed since the last look, however long ago that was.
    pub async fn refresh(&self) -> Result<(), DbError> {
        let began = Instant::now();
        let since = began.duration_since(self.looked_at()).as_secs();
        let seconds = i64::try_from(since).unwrap_or(i64::MAX);
        let control = self.inner.db.control().await?;
        let changes =
            store::changes(&control, seconds.saturating_add(COMMIT_MARGIN_SECONDS)).await?;
        control.commit().await?;
        self.inner.known.update(changes);
        let looked_at = self.inner.looked_at.lock();
        let mut looked_at = looked_at.unwrap_or_else(PoisonError::into_inner);
        *looked_at = began.max(*looked_at);
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

    fn looked_at(&self) -> Instant {
        let looked_at = self.inner.looked_at.lock();
        *looked_at.unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known must not be older than [`MAX_STALENESS`], or a revoked key would live on at a
    /// node that is cut off.
    async fn be_current(&self) -> Result<(), Problem> {
        if self.looked_at().elapsed() < MAX_STALENESS {
            return Ok(());
        }
        let ring = self.clone();
        let looked = self.inner.db.run(async move { ring.refresh().await });
        Ok(looked.await??)
    }

    /// The state of a key whose secret is right.
    async fn key(&self, key: PresentedKey, presented: &str) -> Result<Arc<KeyState>, Problem> {
        let digest = digest(presented);
        match self.inner.known.key(&digest) {
            Some(state) => Ok(state),
            // Seldom done, and large: not to be carried along by every request.
            None => Box::pin(self.verify(key, digest)).await,
        }
    }

    async fn verify(&self, key: PresentedKey, digest: [u8; 32]) -> Result<Arc<KeyState>, Problem> {
        let id = key.id();
        self.inner.attempts.check(id, Instant::now())?;
        let _permit = self.permit().await?;
        // While it waited, others may have found it right, or wrong too often.
        if let Some(state) = self.inner.known.key(&digest) {
            return Ok(state);
        }
        self.inner.attempts.check(id, Instant::now())?;
        let hash = self
            .read(move |control| store::secret_hash(control, id).boxed())
            .await?;
        let is_right = self.blocking(move || key.matches(hash.as_deref())).await?;
        if !is_right {
            self.inner.attempts.note(id, Instant::now());
            return Err(invalid_credentials());
        }
        // Read after the slow part: what was revoked meanwhile must not be remembered as good.
        let state = self.load_key(id).await?;
        self.inner.known.remember_secret(digest, id);
        Ok(state)
    }

    async fn load_key(&self, id: ApiKeyId) -> Result<Arc<KeyState>, Problem> {
        let found = self
            .read(move |control| store::key(control, id).boxed())
            .await?;
        let state = found.ok_or_else(invalid_credentials)?;
        Ok(self.inner.known.remember_key(state))
    }

    async fn tenant(&self, number: TenantNumber) -> Result<TenantState, Problem> {
        if let Some(known) = self.inner.known.tenant(number) {
            return Ok(known);
        }
        let found = self
            .read(move |control| store::tenant(control, number).boxed())
            .await?;
        let tenant = found.ok_or_else(invalid_credentials)?;
        self.inner.known.remember_tenant(tenant);
        Ok(tenant)
    }

    /// Read from the control tables in a transaction of its own.
    async fn read<T, F>(&self, look: F) -> Result<T, DbError>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a ControlConn) -> BoxFuture<'a, Result<T, DbError>> + Send + 'static,
    {
        let db = self.inner.db.clone();
        let work = async move {
            let control = db.control().await?;
            let found = look(&control).await?;
            control.commit().await?;
            Ok(found)
        };
        self.inner.db.run(work).await.and_then(|outcome| outcome)
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

/// The caller behind a key, or behind a grant to its holder, as their states are now.
fn admitted(
    key: &KeyState,
    grant: Option<&GrantState>,
    tenant: TenantState,
    scopes: Scopes,
) -> Result<Principal, Problem> {
    if !key.is_good(clock::now()) || grant.is_some_and(|grant| grant.is_revoked) {
        return Err(invalid_credentials());
    }
    if tenant.is_suspended {
        return Err(Problem::new(
            ProblemKind::TenantSuspended,
            "The operator of the service suspended this tenant.",
        ));
    }
    let restrictions = grant.map_or(&key.restrictions, |grant| &grant.restrictions);
    Ok(Principal {
        tenant: tenant.number,
        tenant_id: tenant.id,
        key: key.id,
        lineage: key.lineage,
        expires_at: key.expires_at,
        partner: grant.map(|grant| grant.partner),
        scopes,
        restrictions: Arc::clone(restrictions),
        is_test: tenant.is_sandbox,
        requests_per_second: tenant.requests_per_second,
    })
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
