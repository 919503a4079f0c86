//! What this process knows of keys, grants and tenants. A right secret stays right and a verified
//! token stays verified, so only the states change; they are replaced when the poll brings them.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, PoisonError, RwLock};

use domain::id::{ApiKeyId, PartnerGrantId, PartnerId, TenantId};
use jiff::Timestamp;

use crate::db::TenantNumber;

use super::restrictions::Restrictions;
use super::scope::Scopes;

/// Entries of each kind that are remembered; above it they are forgotten and checked again.
const MAX_KNOWN: usize = 100_000;

/// Whose key it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder {
    /// A tenant's; it acts on the tenant's data.
    Tenant(TenantNumber),
    /// A partner's; alone it acts on nothing.
    Partner(PartnerId),
}

/// What decides whether a key with a right secret is let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyState {
    pub(crate) id: ApiKeyId,
    /// The first of the keys that replaced each other by rotation.
    pub(crate) lineage: ApiKeyId,
    pub(crate) holder: Holder,
    pub(crate) scopes: Scopes,
    pub(crate) restrictions: Arc<Restrictions>,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) is_revoked: bool,
}

impl KeyState {
    /// Whether it works at `now`.
    pub(super) fn is_good(&self, now: Timestamp) -> bool {
        !self.is_revoked && self.expires_at.is_none_or(|at| now < at)
    }
}

/// What a tenant lets a partner do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GrantState {
    pub(crate) id: PartnerGrantId,
    pub(crate) partner: PartnerId,
    pub(crate) tenant: TenantNumber,
    pub(crate) scopes: Scopes,
    pub(crate) restrictions: Arc<Restrictions>,
    pub(crate) is_revoked: bool,
}

/// What a request needs to know of its tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TenantState {
    pub(crate) number: TenantNumber,
    pub(crate) id: TenantId,
    pub(crate) is_sandbox: bool,
    pub(crate) is_suspended: bool,
    pub(crate) requests_per_second: Option<u32>,
}

/// A token whose signature and claims were found right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pass {
    pub(crate) key: ApiKeyId,
    pub(crate) grant: Option<PartnerGrantId>,
    pub(crate) tenant: TenantId,
    pub(crate) scopes: Scopes,
    /// From then on it is looked at again.
    pub(crate) good_until: Timestamp,
}

/// Everything that changed of late.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    pub(crate) keys: Vec<KeyState>,
    pub(crate) grants: Vec<GrantState>,
    pub(crate) tenants: Vec<TenantState>,
}

#[derive(Debug, Default)]
struct Maps {
    /// By SHA-256 of the whole key.
    ids: HashMap<[u8; 32], ApiKeyId>,
    keys: HashMap<ApiKeyId, Arc<KeyState>>,
    grants: HashMap<PartnerGrantId, Arc<GrantState>>,
    tenants: HashMap<TenantNumber, TenantState>,
    /// By SHA-256 of the token.
    passes: HashMap<[u8; 32], Arc<Pass>>,
}

/// The credentials that were checked here.
#[derive(Debug, Default)]
pub(super) struct Known {
    maps: RwLock<Maps>,
}

impl Known {
    fn read<T>(&self, look: impl FnOnce(&Maps) -> T) -> T {
        look(&self.maps.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write<T>(&self, change: impl FnOnce(&mut Maps) -> T) -> T {
        let mut maps = self.maps.write().unwrap_or_else(PoisonError::into_inner);
        change(&mut maps)
    }

    /// The key whose secret has this digest.
    pub(super) fn key(&self, digest: &[u8; 32]) -> Option<Arc<KeyState>> {
        self.read(|maps| maps.keys.get(maps.ids.get(digest)?).cloned())
    }

    pub(super) fn key_by_id(&self, id: ApiKeyId) -> Option<Arc<KeyState>> {
        self.read(|maps| maps.keys.get(&id).cloned())
    }

    pub(super) fn grant(&self, id: PartnerGrantId) -> Option<Arc<GrantState>> {
        self.read(|maps| maps.grants.get(&id).cloned())
    }

    pub(super) fn tenant(&self, number: TenantNumber) -> Option<TenantState> {
        self.read(|maps| maps.tenants.get(&number).copied())
    }

    /// The token with this digest, while it need not be looked at again.
    pub(super) fn pass(&self, digest: &[u8; 32], now: Timestamp) -> Option<Arc<Pass>> {
        let pass = self.read(|maps| maps.passes.get(digest).cloned())?;
        (now < pass.good_until).then_some(pass)
    }

    /// A key whose secret was right.
    pub(super) fn remember_secret(&self, digest: [u8; 32], id: ApiKeyId) {
        self.write(|maps| {
            if maps.ids.len() >= MAX_KNOWN {
                maps.ids.clear();
            }
            maps.ids.insert(digest, id);
        });
    }

    pub(super) fn remember_key(&self, state: KeyState) -> Arc<KeyState> {
        let state = Arc::new(state);
        self.write(|maps| {
            if maps.keys.len() >= MAX_KNOWN {
                maps.keys.clear();
            }
            maps.keys.insert(state.id, Arc::clone(&state));
        });
        state
    }

    pub(super) fn remember_grant(&self, state: GrantState) -> Arc<GrantState> {
        let state = Arc::new(state);
        self.write(|maps| {
            if maps.grants.len() >= MAX_KNOWN {
                maps.grants.clear();
            }
            maps.grants.insert(state.id, Arc::clone(&state));
        });
        state
    }

    pub(super) fn remember_tenant(&self, tenant: TenantState) {
        self.write(|maps| {
            if maps.tenants.len() >= MAX_KNOWN {
                maps.tenants.clear();
            }
            maps.tenants.insert(tenant.number, tenant);
        });
    }

    pub(super) fn remember_pass(&self, digest: [u8; 32], pass: Pass, now: Timestamp) -> Arc<Pass> {
        let pass = Arc::new(pass);
        self.write(|maps| {
            if maps.passes.len() >= MAX_KNOWN {
                maps.passes.retain(|_, known| now < known.good_until);
            }
            if maps.passes.len() >= MAX_KNOWN {
                maps.passes.clear();
            }
            maps.passes.insert(digest, Arc::clone(&pass));
        });
        pass
    }

    /// Replace what is known; what is not known stays so.
    pub(super) fn update(&self, changes: Changes) {
        self.write(|maps| {
            replace(&mut maps.keys, changes.keys, |state| {
                (state.id, Arc::new(state))
            });
            replace(&mut maps.grants, changes.grants, |state| {
                (state.id, Arc::new(state))
            });
            replace(&mut maps.tenants, changes.tenants, |tenant| {
                (tenant.number, tenant)
            });
        });
    }
}

/// Put entries in the place of those with the same name.
fn replace<K: Eq + Hash, V, T>(
    map: &mut HashMap<K, V>,
    entries: Vec<T>,
    entry: impl Fn(T) -> (K, V),
) {
    for (name, value) in entries.into_iter().map(entry) {
        if let Some(known) = map.get_mut(&name) {
            *known = value;
        }
    }
}
