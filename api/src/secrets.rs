//! Every secret of the service is derived from one master key, so that there is one thing to keep safe.

use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use secrecy::{ExposeSecret, SecretString};

/// Shortest master key that is accepted, in characters.
pub const MIN_MASTER_KEY_CHARACTERS: usize = 32;

/// What a derived secret is for; each purpose has its own, so that none stands in for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Hashes by which cards, phones and e-mails of one tenant are found.
    LookUp,
    /// Wraps the data keys of one tenant's members.
    PersonalData,
    /// Signs list cursors.
    Cursor,
    /// From which the signing secrets of one tenant's webhook endpoints are made.
    Webhooks,
    /// Seals the private keys that sign tokens.
    TokenKeys,
    /// By which a backup of one tenant tells under which master key it was taken; it stands in the file.
    BackupMark,
    /// Seals a backup of one tenant.
    BackupSeal,
    /// The password of the role that owns the tables.
    OwnerPassword,
    /// The password of the service's role.
    ServicePassword,
}

impl Purpose {
    const fn label(self) -> &'static str {
        match self {
            Self::LookUp => "tamaru/look-up/1",
            Self::PersonalData => "tamaru/personal-data/1",
            Self::Webhooks => "tamaru/webhooks/1",
            Self::Cursor => "tamaru/cursor/1",
            Self::TokenKeys => "tamaru/token-keys/1",
            Self::BackupMark => "tamaru/backup-mark/1",
            Self::BackupSeal => "tamaru/backup-seal/1",
            Self::OwnerPassword => "tamaru/owner-password/1",
            Self::ServicePassword => "tamaru/service-password/1",
        }
    }
}

/// Derives secrets from the master key.
#[derive(Clone)]
pub struct Secrets {
    master: SecretString,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Secrets")
    }
}

/// The master key can't be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadMasterKey {
    /// Too short to be a secret.
    #[error(
        "TAMARU_MASTER_KEY must have at least 32 characters, e.g. the output of `openssl rand -hex 32`"
    )]
    TooShort,
    /// The derivation failed.
    #[error("a secret could not be derived from the master key")]
    Derivation,
}

struct ThirtyTwo;

impl KeyType for ThirtyTwo {
    fn len(&self) -> usize {
        32
    }
}

impl Secrets {
    /// Accept a master key.
    pub fn new(master: SecretString) -> Result<Self, BadMasterKey> {
        if master.expose_secret().chars().count() < MIN_MASTER_KEY_CHARACTERS {
            return Err(BadMasterKey::TooShort);
        }
        Ok(Self { master })
    }

    /// The secret for a purpose, of one tenant where the purpose is a tenant's.
    pub fn derive(&self, purpose: Purpose, tenant: Option<i64>) -> Result<[u8; 32], BadMasterKey> {
        let tenant = tenant.map(|number| number.to_string()).unwrap_or_default();
        let mut key = [0; 32];
        Salt::new(HKDF_SHA256, b"tamaru")
            .extract(self.master.expose_secret().as_bytes())
            .expand(
                &[purpose.label().as_bytes(), b"/", tenant.as_bytes()],
                ThirtyTwo,
            )
            .and_then(|output| output.fill(&mut key))
            .map_err(|_unspecified| BadMasterKey::Derivation)?;
        Ok(key)
    }
}

#[cfg(test)]
mod tests;
