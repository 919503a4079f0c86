//! Seals personal data with a key per member, which is wrapped by a key per tenant: erasing a
//! member means destroying one key, and nothing else has to be rewritten.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use uuid::Uuid;

use crate::clock;
use crate::db::TenantNumber;
use crate::secrets::{Purpose, Secrets};

/// First byte of everything sealed, so that another form can come later.
const FORMAT: u8 = 1;
const KEY_BYTES: usize = 32;
/// The field under which everything personal but the identifiers is sealed.
pub const PROFILE: &str = "profile";
/// The field under which a data key is wrapped; no field of a member has this name.
const WRAPPED_KEY: &str = "data-key";

/// It could not be sealed, or does not open: another tenant's, another member's, another field's,
/// or changed since. Which of them is nobody's business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("personal data could not be sealed or opened")]
pub struct VaultError;

/// Whose data it is; bound into everything that is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    /// The tenant.
    pub tenant: TenantNumber,
    /// The member.
    pub member: Uuid,
}

/// Owner of the service's own secrets; their key is another one, so no member's data opens with it.
const NOBODY: Owner = Owner {
    tenant: TenantNumber(0),
    member: Uuid::nil(),
};

/// Makes and unwraps the keys of members.
#[derive(Debug, Clone)]
pub struct Vault {
    secrets: Secrets,
}

/// The key of one member; it seals and opens that member's fields only.
pub struct DataKey {
    owner: Owner,
    key: LessSafeKey,
}

impl fmt::Debug for DataKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("DataKey")
            .field("owner", &self.owner)
            .finish_non_exhaustive()
    }
}

impl Vault {
    /// A vault whose tenant keys are derived from `secrets`.
    pub const fn new(secrets: Secrets) -> Self {
        Self { secrets }
    }

    /// A new key for a member, and its wrapped form for the store.
    pub fn new_key(&self, owner: Owner) -> Result<(DataKey, Vec<u8>), VaultError> {
        let mut bytes = [0; KEY_BYTES];
        clock::fill_random(&mut bytes).map_err(|_no_randomness| VaultError)?;
        let wrapped = seal(&self.tenant_key(owner)?, owner, WRAPPED_KEY, &bytes)?;
        Ok((DataKey::new(owner, &bytes)?, wrapped))
    }

    /// The key of a member from its wrapped form.
    pub fn unwrap_key(&self, owner: Owner, wrapped: &[u8]) -> Result<DataKey, VaultError> {
        let bytes = open(&self.tenant_key(owner)?, owner, WRAPPED_KEY, wrapped)?;
        DataKey::new(owner, &bytes)
    }

    /// Seal a secret of the service itself under its name.
    pub fn seal_own(&self, name: &str, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        seal(&self.own_key()?, NOBODY, name, plain)
    }

    /// Open what was sealed under this name.
    pub fn open_own(&self, name: &str, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        open(&self.own_key()?, NOBODY, name, sealed)
    }

    fn own_key(&self) -> Result<LessSafeKey, VaultError> {
        let bytes = self
            .secrets
            .derive(Purpose::TokenKeys, None)
            .map_err(|_bad_key| VaultError)?;
        key_from(&bytes)
    }

    fn tenant_key(&self, owner: Owner) -> Result<LessSafeKey, VaultError> {
        let TenantNumber(number) = owner.tenant;
        let bytes = self
            .secrets
            .derive(Purpose::PersonalData, Some(number))
            .map_err(|_bad_key| VaultError)?;
        key_from(&bytes)
    }
}

impl DataKey {
    fn new(owner: Owner, bytes: &[u8]) -> Result<Self, VaultError> {
        Ok(Self {
            owner,
            key: key_from(bytes)?,
        })
    }

    /// Seal one field. The same text never gives the same bytes twice.
    pub fn seal(&self, field: &str, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        seal(&self.key, self.owner, field, plain)
    }

    /// Open what was sealed as this field of this member.
    pub fn open(&self, field: &str, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        open(&self.key, self.owner, field, sealed)
    }
}

fn key_from(bytes: &[u8]) -> Result<LessSafeKey, VaultError> {
    UnboundKey::new(&AES_256_GCM, bytes)
        .map(LessSafeKey::new)
        .map_err(|_unspecified| VaultError)
}

/// Tenant and member have fixed lengths, so no two owners and fields give the same bytes.
fn associated(owner: Owner, field: &str) -> Aad<Vec<u8>> {
    let TenantNumber(number) = owner.tenant;
    let mut bytes = Vec::with_capacity(24_usize.saturating_add(field.len()));
    bytes.extend_from_slice(&number.to_be_bytes());
    bytes.extend_from_slice(owner.member.as_bytes());
    bytes.extend_from_slice(field.as_bytes());
    Aad::from(bytes)
}

/// Format, nonce, then the cipher text with its tag.
fn seal(key: &LessSafeKey, owner: Owner, field: &str, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
    let mut nonce = [0; NONCE_LEN];
    clock::fill_random(&mut nonce).map_err(|_no_randomness| VaultError)?;
    let mut text = plain.to_vec();
    let unique = Nonce::assume_unique_for_key(nonce);
    key.seal_in_place_append_tag(unique, associated(owner, field), &mut text)
        .map_err(|_unspecified| VaultError)?;
    let mut sealed = vec![FORMAT];
    sealed.extend_from_slice(&nonce);
    sealed.append(&mut text);
    Ok(sealed)
}

fn open(
    key: &LessSafeKey,
    owner: Owner,
    field: &str,
    sealed: &[u8],
) -> Result<Vec<u8>, VaultError> {
    let (format, rest) = sealed.split_first().ok_or(VaultError)?;
    if *format != FORMAT {
        return Err(VaultError);
    }
    let (nonce, text) = rest.split_first_chunk::<NONCE_LEN>().ok_or(VaultError)?;
    let mut text = text.to_vec();
    let plain = key
        .open_in_place(
            Nonce::assume_unique_for_key(*nonce),
            associated(owner, field),
            &mut text,
        )
        .map_err(|_unspecified| VaultError)?;
    Ok(plain.to_vec())
}

#[cfg(test)]
mod tests;
