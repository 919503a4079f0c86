//! The keys that sign tokens. They live in the database, the private part sealed, so that every node
//! signs and verifies with the same ones, and they are replaced before anybody has to think of it.

mod schedule;
mod store;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jsonwebtoken::{DecodingKey, EncodingKey};
use serde::Serialize;
use tokio::sync::Mutex;
use utoipa::ToSchema;

use crate::clock;
use crate::db::{Db, DbError};
use crate::problem::Problem;
use crate::vault::Vault;

use super::token::{self, Claims};

/// How old the known keys may be before they are read again.
const REREAD_AFTER: Duration = Duration::from_secs(60);

/// One key, public and, where it can be opened, private.
struct SigningKey {
    kid: String,
    public: Vec<u8>,
    verifies: DecodingKey,
    signs: Option<EncodingKey>,
    made_at: Timestamp,
}

#[derive(Default)]
struct KeySet {
    /// Newest first.
    keys: Vec<SigningKey>,
    read_at: Option<Instant>,
}

/// A public key as RFC 7517 and 8037 write it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct PublicKey {
    /// `OKP`.
    pub(crate) kty: &'static str,
    /// `Ed25519`.
    pub(crate) crv: &'static str,
    /// The key's id, as in the header of tokens.
    pub(crate) kid: String,
    /// `EdDSA`.
    pub(crate) alg: &'static str,
    /// `sig`.
    #[serde(rename = "use")]
    pub(crate) usage: &'static str,
    /// The public key, base64url.
    pub(crate) x: String,
}

/// Signs and verifies tokens with the keys of this service.
pub(crate) struct SigningKeys {
    db: Db,
    vault: Vault,
    set: RwLock<Arc<KeySet>>,
    reading: Mutex<()>,
}

impl SigningKeys {
    pub(super) fn new(db: Db, vault: Vault) -> Self {
        Self {
            db,
            vault,
            set: RwLock::default(),
            reading: Mutex::new(()),
        }
    }

    /// A signed token.
    pub(super) async fn sign(&self, claims: &Claims, now: Timestamp) -> Result<String, Problem> {
        let set = self.present(now).await?;
        let able: Vec<&SigningKey> = set.keys.iter().filter(|key| key.signs.is_some()).collect();
        let made: Vec<Timestamp> = able.iter().map(|key| key.made_at).collect();
        let chosen = schedule::signer(&made, now).and_then(|index| able.get(index));
        let Some(SigningKey {
            kid,
            signs: Some(key),
            ..
        }) = chosen
        else {
            return Err(Problem::internal(&"there is no key to sign tokens with"));
        };
        token::sign(claims, kid, key).map_err(|error| Problem::internal(&error))
    }

    /// The claims of a token that is good at `now`, or `None`.
    pub(super) async fn verify(
        &self,
        token: &str,
        now: Timestamp,
    ) -> Result<Option<Claims>, Problem> {
        let Ok(kid) = token::key_id(token) else {
            return Ok(None);
        };
        let mut set = self.known();
        if !set.accepts(&kid, now) {
            // Another node may have made it a moment ago.
            self.read_after(Instant::now()).await?;
            set = self.known();
        }
        let key = set.keys.iter().find(|key| key.kid == kid);
        let key = key.filter(|_| set.accepts(&kid, now));
        Ok(key.and_then(|key| token::verify(token, &key.verifies, now).ok()))
    }

    /// What anybody needs to verify tokens, newest first.
    pub(super) async fn public(&self, now: Timestamp) -> Result<Vec<PublicKey>, Problem> {
        let set = self.present(now).await?;
        let listed = set.keys.iter().filter(|key| set.accepts(&key.kid, now));
        let public = listed.map(|key| PublicKey {
            kty: "OKP",
            crv: "Ed25519",
            kid: key.kid.clone(),
            alg: "EdDSA",
            usage: "sig",
            x: URL_SAFE_NO_PAD.encode(&key.public),
        });
        Ok(public.collect())
    }

    fn known(&self) -> Arc<KeySet> {
        let set = self.set.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&set)
    }

    /// The keys, read of late, with a fresh one among them.
    async fn present(&self, now: Timestamp) -> Result<Arc<KeySet>, Problem> {
        let set = self.known();
        let is_old = set.read_at.is_none_or(|at| at.elapsed() > REREAD_AFTER);
        if is_old {
            self.read_after(Instant::now()).await?;
        }
        let set = self.known();
        let newest = set.keys.iter().filter(|key| key.signs.is_some());
        if !schedule::is_due(newest.map(|key| key.made_at).max(), now) {
            return Ok(set);
        }
        self.make().await?;
        self.read_after(Instant::now()).await?;
        Ok(self.known())
    }

    /// Read the keys, unless somebody began to after `asked`: however many wait, one reads.
    async fn read_after(&self, asked: Instant) -> Result<(), Problem> {
        let _turn = self.reading.lock().await;
        if self.known().read_at.is_some_and(|at| at >= asked) {
            return Ok(());
        }
        let (began, db) = (Instant::now(), self.db.clone());
        let rows = self.db.run(async move {
            let control = db.control().await?;
            let rows = store::all(&control).await?;
            control.commit().await?;
            Ok::<_, DbError>(rows)
        });
        let keys = rows.await??.into_iter().map(|row| self.opened(row));
        let set = KeySet {
            keys: keys.collect(),
            read_at: Some(began),
        };
        *self.set.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(set);
        Ok(())
    }

    fn opened(&self, row: store::Row) -> SigningKey {
        let private = self.vault.open_own(&row.kid, &row.sealed_key);
        if private.is_err() {
            tracing::warn!(
                key.id = row.kid,
                "a key that signs tokens does not open: was the master key changed?"
            );
        }
        SigningKey {
            verifies: DecodingKey::from_ed_der(&row.public_key),
            signs: private.ok().map(|der| EncodingKey::from_ed_der(&der)),
            public: row.public_key,
            kid: row.kid,
            made_at: row.created_at,
        }
    }

    /// Make a key; other nodes may do the same at the same time, which does no harm.
    async fn make(&self) -> Result<(), Problem> {
        let failed = |cause: &dyn std::fmt::Display| Problem::internal(cause);
        let pkcs8 =
            Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|error| failed(&error))?;
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).map_err(|error| failed(&error))?;
        let kid = clock::new_id().simple().to_string();
        let sealed = self.vault.seal_own(&kid, pkcs8.as_ref());
        let insert = store::InsertSigningKey {
            public_key: pair.public_key().as_ref().to_vec(),
            sealed_key: sealed.map_err(|error| failed(&error))?,
            kid: kid.clone(),
        };
        let db = self.db.clone();
        let kept = self.db.run(async move {
            let control = db.control().await?;
            insert.run(&control).await?;
            control.commit().await?;
            Ok::<_, DbError>(())
        });
        kept.await??;
        tracing::info!(key.id = kid, "a key to sign tokens with was made");
        Ok(())
    }
}

impl KeySet {
    /// Whether tokens of this key are taken at `now`.
    fn accepts(&self, kid: &str, now: Timestamp) -> bool {
        let made: Vec<Timestamp> = self.keys.iter().map(|key| key.made_at).collect();
        let accepted = schedule::accepted(&made, now);
        let places: HashMap<&str, usize> = self
            .keys
            .iter()
            .enumerate()
            .map(|(place, key)| (key.kid.as_str(), place))
            .collect();
        places.get(kid).is_some_and(|place| *place < accepted)
    }
}
