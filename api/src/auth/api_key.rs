//! The form of an API key: `tmr_live_<id>_<secret><check>`. The check at the end tells a typo or a
//! found key from a stranger's text without a look-up.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use domain::id::ApiKeyId;

use crate::clock::{NoRandomness, fill_random};

/// Base32 without letters that look like digits, as in ids.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// 200 random bits.
const SECRET_BYTES: usize = 25;
const SECRET_CHARACTERS: usize = 40;
const CHECK_CHARACTERS: usize = 7;
const ID_CHARACTERS: usize = 26;
const SALT_BYTES: usize = 16;

/// Memory of one hash in KiB.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Compared with for keys that don't exist, so that they take as long as those that do.
const NOBODYS_HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5bm9ib2R5bm8$Zk3hnZ1lJvWk6kFyYx0lq0pWmVQmC1lZ9P4yX0k0c3E";

/// Whether a key acts on real data or on the sandbox twin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Real data.
    Live,
    /// The sandbox twin.
    Test,
    /// A partner's, which acts on nothing by itself.
    Partner,
}

impl Mode {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Live => "tmr_live_",
            Self::Test => "tmr_test_",
            Self::Partner => "tmr_partner_",
        }
    }
}

/// A key in the right form whose check is right; nothing is known of it yet.
#[derive(Clone)]
pub(crate) struct PresentedKey {
    id: ApiKeyId,
    text: String,
}

impl PresentedKey {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let rest = [Mode::Live, Mode::Test, Mode::Partner]
            .iter()
            .find_map(|mode| text.strip_prefix(mode.prefix()))?;
        let (id, secret) = rest.split_once('_')?;
        let is_form_right = id.len() == ID_CHARACTERS
            && secret.len() == SECRET_CHARACTERS.checked_add(CHECK_CHARACTERS)?
            && secret.bytes().all(|byte| ALPHABET.contains(&byte));
        if !is_form_right {
            return None;
        }
        let (body, check) = text.split_at_checked(text.len().checked_sub(CHECK_CHARACTERS)?)?;
        if checksum(body) != check {
            return None;
        }
        let id = format!("{}{id}", ApiKeyId::PREFIX).parse().ok()?;
        Some(Self {
            id,
            text: text.to_owned(),
        })
    }

    pub(crate) const fn id(&self) -> ApiKeyId {
        self.id
    }

    /// Slow by intent. Without a hash it takes as long and never matches.
    pub(crate) fn matches(&self, hash: Option<&str>) -> bool {
        let Ok(expected) = PasswordHash::new(hash.unwrap_or(NOBODYS_HASH)) else {
            return false;
        };
        let is_right = Argon2::default()
            .verify_password(self.text.as_bytes(), &expected)
            .is_ok();
        is_right && hash.is_some()
    }
}

/// A key that nobody has seen yet; shown once.
pub(crate) fn generate(mode: Mode, id: ApiKeyId) -> Result<String, NoRandomness> {
    let mut secret = [0; SECRET_BYTES];
    fill_random(&mut secret)?;
    let id = id.to_string();
    let id = id.strip_prefix(ApiKeyId::PREFIX).unwrap_or(&id);
    let body = format!("{}{id}_{}", mode.prefix(), base32(&secret));
    let check = checksum(&body);
    Ok(format!("{body}{check}"))
}

/// The last characters, by which people tell keys apart.
pub(crate) fn last_four(key: &str) -> String {
    let start = key.len().saturating_sub(4);
    key.get(start..).unwrap_or_default().to_owned()
}

/// Why a key could not be hashed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HashFailure {
    #[error("the hash could not be computed: {0}")]
    Hash(String),
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
}

/// The hash that is stored: argon2id over the whole key.
pub(crate) fn hash(key: &str) -> Result<String, HashFailure> {
    let failed = |error: &dyn std::fmt::Display| HashFailure::Hash(error.to_string());
    let mut salt = [0; SALT_BYTES];
    fill_random(&mut salt)?;
    let parameters =
        Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|error| failed(&error))?;
    let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters);
    let hash: PasswordHash = hasher
        .hash_password_with_salt(key.as_bytes(), &salt)
        .map_err(|error| failed(&error))?;
    Ok(hash.to_string())
}

fn checksum(body: &str) -> String {
    let crc = crc32fast::hash(body.as_bytes());
    let mut bits = u64::from(crc);
    let mut characters = [b'0'; CHECK_CHARACTERS];
    for character in characters.iter_mut().rev() {
        *character = symbol(bits & 31);
        bits >>= 5;
    }
    String::from_utf8_lossy(&characters).into_owned()
}

/// Five bytes are eight characters; the secret is a multiple of five bytes.
fn base32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(SECRET_CHARACTERS);
    for chunk in bytes.chunks(5) {
        let bits = chunk
            .iter()
            .fold(0_u64, |bits, byte| (bits << 8) | u64::from(*byte));
        for shift in [35, 30, 25, 20, 15, 10, 5, 0] {
            text.push(char::from(symbol((bits >> shift) & 31)));
        }
    }
    text
}

fn symbol(five_bits: u64) -> u8 {
    usize::try_from(five_bits)
        .ok()
        .and_then(|index| ALPHABET.get(index).copied())
        .unwrap_or(b'0')
}

#[cfg(test)]
mod tests;
