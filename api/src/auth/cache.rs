//! What this process knows of keys and tenants. A right secret stays right, so only the states
//! change; they are replaced when the poll brings them.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use domain::id::{ApiKeyId, TenantId};
use jiff::Timestamp;

use crate::db::TenantNumber;

use super::scope::Scopes;

/// Keys that are remembered; above it all are forgotten and checked again.
const MAX_KNOWN: usize = 100_000;

/// What decides whether a key with a right secret is let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyState {
    pub(crate) id: ApiKeyId,
    pub(crate) tenant: TenantNumber,
    pub(crate) scopes: Scopes,
    pub(crate) expires_at: Option<Timestamp>,
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

#[derive(Debug, Default)]
struct Maps {
    ids: HashMap<[u8; 32], ApiKeyId>,
    keys: HashMap<ApiKeyId, Arc<KeyState>>,
    tenants: HashMap<TenantNumber, TenantState>,
}

/// The keys whose secrets were checked here.
#[derive(Debug, Default)]
pub(super) struct Known {
    maps: RwLock<Maps>,
}

impl Known {
    pub(super) fn key(&self, digest: &[u8; 32]) -> Option<Arc<KeyState>> {
        let maps = self.maps.read().unwrap_or_else(PoisonError::into_inner);
        maps.keys.get(maps.ids.get(digest)?).cloned()
    }

    pub(super) fn tenant(&self, number: TenantNumber) -> Option<TenantState> {
        let maps = self.maps.read().unwrap_or_else(PoisonError::into_inner);
        maps.tenants.get(&number).copied()
    }

    pub(super) fn remember(
        &self,
        digest: [u8; 32],
        state: KeyState,
        tenant: TenantState,
    ) -> Arc<KeyState> {
        let state = Arc::new(state);
        let mut maps = self.maps.write().unwrap_or_else(PoisonError::into_inner);
        if maps.ids.len() >= MAX_KNOWN {
            *maps = Maps::default();
        }
        maps.ids.insert(digest, state.id);
        maps.keys.insert(state.id, Arc::clone(&state));
        maps.tenants.insert(tenant.number, tenant);
        state
    }

    /// Replace what is known; what is not known stays so.
    pub(super) fn update(&self, keys: Vec<KeyState>, tenants: Vec<TenantState>) {
        let mut maps = self.maps.write().unwrap_or_else(PoisonError::into_inner);
        for state in keys {
            if let Some(known) = maps.keys.get_mut(&state.id) {
                *known = Arc::new(state);
            }
        }
        for tenant in tenants {
            if let Some(known) = maps.tenants.get_mut(&tenant.number) {
                *known = tenant;
            }
        }
    }
}
