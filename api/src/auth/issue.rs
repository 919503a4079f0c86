//! Makes keys: the text that is shown once, and the row that is kept.

use domain::id::ApiKeyId;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::clock;
use crate::db::tenant::OnControl;
use crate::db::time::maybe;
use crate::db::{DbError, TenantNumber};
use crate::problem::Problem;

use super::KeyRing;
use super::api_key::{Mode, generate, last_four};
use super::restrictions::Restrictions;
use super::scope::{Scope, Scopes};
use super::store::InsertKey;

/// A key that was just made. The secret is shown this once and can't be read again.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct IssuedKey {
    /// Its id, by which it is listed and revoked.
    pub(crate) id: ApiKeyId,
    /// What goes into `Authorization: Bearer`.
    pub(crate) secret: String,
    /// What it may do.
    pub(crate) scopes: Vec<Scope>,
}

/// What a key is for.
#[derive(Debug, Clone)]
pub(crate) struct KeyTerms {
    pub(crate) mode: Mode,
    pub(crate) name: String,
    pub(crate) scopes: Scopes,
    pub(crate) restrictions: Restrictions,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) created_by: Option<ApiKeyId>,
    /// The key that this one takes over from.
    pub(crate) replaces: Option<ApiKeyId>,
}

/// A key that is not stored yet.
#[derive(Debug, Clone)]
pub(crate) struct UnstoredKey {
    pub(crate) issued: IssuedKey,
    pub(crate) terms: KeyTerms,
    secret_hash: String,
}

impl UnstoredKey {
    /// Make and hash a key; slow, so outside of any transaction.
    pub(crate) async fn make(ring: &KeyRing, terms: KeyTerms) -> Result<Self, Problem> {
        let id = ApiKeyId::from_uuid(clock::new_id());
        let secret = generate(terms.mode, id).map_err(|error| Problem::internal(&error))?;
        let secret_hash = ring.hash(secret.clone()).await?;
        Ok(Self {
            issued: IssuedKey {
                id,
                secret,
                scopes: terms.scopes.to_vec(),
            },
            terms,
            secret_hash,
        })
    }

    /// The last characters of the secret, by which people tell keys apart.
    pub(crate) fn last_four(&self) -> String {
        last_four(&self.issued.secret)
    }

    /// Keep it, for one tenant; when it was made.
    pub(crate) async fn store(
        &self,
        on: &impl OnControl,
        TenantNumber(tenant): TenantNumber,
    ) -> Result<Timestamp, DbError> {
        let restrictions = serde_json::to_string(&self.terms.restrictions)
            .map_err(|error| DbError::Failed(error.to_string()))?;
        let insert = InsertKey {
            restrictions,
            id: self.issued.id.uuid(),
            tenant,
            name: self.terms.name.clone(),
            secret_hash: self.secret_hash.clone(),
            last_four: last_four(&self.issued.secret),
            scopes: self.terms.scopes.names(),
            created_by: self.terms.created_by.map(ApiKeyId::uuid),
            expires_at: maybe(self.terms.expires_at),
            replaces: self.terms.replaces.map(ApiKeyId::uuid),
        };
        let row = insert.all(on).await?.pop();
        let (created_at,) = row.ok_or_else(|| DbError::Failed("no key was added".into()))?;
        Ok(created_at.into())
    }
}
