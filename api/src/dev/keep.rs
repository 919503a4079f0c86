//! What survives between two starts beside the data: keys, each in a file that only its user may read.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::DevError;
use crate::clock;

const KEY_BYTES: usize = 32;

/// The demo tenant as it was made, with keys that the service itself can't show a second time.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct DemoKeys {
    /// The tenant's public id.
    pub(super) tenant: String,
    /// All scopes, real tenant.
    pub(super) live_key: String,
    /// All scopes, sandbox twin.
    pub(super) test_key: String,
    /// Whether every receipt is in. Until then each start goes on with the rest.
    pub(super) is_loaded: bool,
}

/// The secret kept in `folder` under `name`, made at the first start. A given one is used and not kept.
pub(super) fn secret(
    folder: &Path,
    name: &str,
    given: Option<&SecretString>,
) -> Result<SecretString, DevError> {
    if let Some(given) = given {
        return Ok(given.clone());
    }
    let path = folder.join(name);
    match fs::read_to_string(&path) {
        Ok(kept) if !kept.trim().is_empty() => return Ok(kept.trim().to_owned().into()),
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(DevError::folder(&path, error));
        }
        _ => {}
    }
    let mut bytes = [0; KEY_BYTES];
    clock::fill_random(&mut bytes)
        .map_err(|cause| DevError::folder(&path, io::Error::other(cause)))?;
    let fresh: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let fresh = SecretString::from(fresh);
    write_private(&path, fresh.expose_secret())?;
    Ok(fresh)
}

/// The demo tenant of an earlier start, if there was one.
pub(super) fn demo_keys(folder: &Path) -> Result<Option<DemoKeys>, DevError> {
    let path = demo_file(folder);
    match fs::read(&path) {
        Ok(text) => serde_json::from_slice(&text)
            .map(Some)
            .map_err(|error| DevError::folder(&path, error.into())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(DevError::folder(&path, error)),
    }
}

/// Keeps the demo tenant for the next start.
pub(super) fn keep_demo_keys(folder: &Path, keys: &DemoKeys) -> Result<(), DevError> {
    let path = demo_file(folder);
    let text = serde_json::to_string_pretty(keys)
        .map_err(|error| DevError::folder(&path, error.into()))?;
    write_private(&path, &text)
}

fn demo_file(folder: &Path) -> PathBuf {
    folder.join("demo-keys.json")
}

/// Whole or not at all, so that a crash in between never leaves half a key.
fn write_private(path: &Path, text: &str) -> Result<(), DevError> {
    let draft = path.with_extension("new");
    let write = || {
        let mut options = OpenOptions::new();
        let mut file = options
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(&draft)?;
        writeln!(file, "{text}")?;
        file.sync_all()?;
        fs::rename(&draft, path)
    };
    write().map_err(|cause| DevError::folder(path, cause))
}

#[cfg(test)]
mod tests;
