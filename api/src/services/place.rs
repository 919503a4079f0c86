//! Where the private servers live and as whom: PostgreSQL refuses root, and its user must be able to reach its data.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::unistd::{User, geteuid};
use sha2::{Digest, Sha256};

use super::ServicesError;

/// Where data goes when the servers' user can't reach the project's folder.
const FAR_FOLDER: &str = "/var/tmp";
/// Names the folder that is used instead of the one beside it.
const POINTER_FILE: &str = "services-are-in";
const SECRET_BYTES: usize = 24;

/// The user the servers run as when this process is root.
#[derive(Debug, Clone, Copy)]
pub(super) struct Owner {
    pub(super) uid: u32,
    pub(super) gid: u32,
}

/// The folder of the services, held by this process alone.
#[derive(Debug)]
pub(super) struct Place {
    base: PathBuf,
    project: PathBuf,
    owner: Option<Owner>,
    /// Held for as long as the services run; the system frees it when this process ends, however it ends.
    _lock: File,
}

impl Place {
    /// Opens and locks the folder of the services under `dir`.
    pub(super) fn open(dir: &Path) -> Result<Self, ServicesError> {
        fs::create_dir_all(dir).map_err(|cause| ServicesError::disk("making", dir, cause))?;
        let project =
            fs::canonicalize(dir).map_err(|cause| ServicesError::disk("opening", dir, cause))?;
        let lock = lock(&project)?;
        let owner = owner();
        let base = match owner {
            Some(owner) if !reachable(&project, owner) => far_folder(&project),
            _ => project.join("services"),
        };
        let place = Self {
            base,
            project,
            owner,
            _lock: lock,
        };
        place.make_private_folder(&place.base)?;
        if !place.base.starts_with(&place.project) {
            place.leave_pointer()?;
        }
        Ok(place)
    }

    /// The folder that holds data and logs.
    pub(super) fn base(&self) -> &Path {
        &self.base
    }

    /// The folder the caller named, where deposited server programs are looked for.
    pub(super) fn project(&self) -> &Path {
        &self.project
    }

    /// The user the servers run as, when not this one.
    pub(super) fn owner(&self) -> Option<Owner> {
        self.owner
    }

    /// Makes a folder that only the servers' user may enter; fine when it is there already and belongs to that user.
    pub(super) fn make_private_folder(&self, path: &Path) -> Result<(), ServicesError> {
        let failed = |cause| ServicesError::disk("making", path, cause);
        match DirBuilder::new().mode(0o700).create(path) {
            Ok(()) => self.give(path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                // Somebody else may have put a folder or a link of this name into a shared place.
                let found = fs::symlink_metadata(path).map_err(failed)?;
                let wanted = self.owner.map_or(geteuid().as_raw(), |owner| owner.uid);
                // Root may have made it just before it was given away.
                let is_ours = found.uid() == wanted || (self.owner.is_some() && found.uid() == 0);
                if !found.is_dir() || !is_ours {
                    return Err(failed(io::Error::other("it belongs to another user")));
                }
                self.give(path)
            }
            Err(error) => Err(failed(error)),
        }
    }

    /// Writes a file that only the servers' user may read, whole or not at all.
    pub(super) fn write_private(&self, path: &Path, text: &str) -> Result<(), ServicesError> {
        let failed = |cause| ServicesError::disk("writing", path, cause);
        let draft = path.with_extension("new");
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(&draft)
            .map_err(failed)?;
        file.write_all(text.as_bytes())
            .and_then(|()| file.sync_all())
            .map_err(failed)?;
        self.give(&draft)?;
        fs::rename(&draft, path).map_err(failed)
    }

    /// The password of both servers, made at the first start.
    pub(super) fn secret(&self) -> Result<String, ServicesError> {
        let path = self.secret_file();
        if let Ok(secret) = fs::read_to_string(&path) {
            return Ok(secret.trim().to_owned());
        }
        let secret = fresh_secret().map_err(|cause| {
            ServicesError::disk("reading randomness from", Path::new("/dev/urandom"), cause)
        })?;
        self.write_private(&path, &secret)?;
        Ok(secret)
    }

    /// Where the password is kept.
    pub(super) fn secret_file(&self) -> PathBuf {
        self.base.join("password")
    }

    fn give(&self, path: &Path) -> Result<(), ServicesError> {
        let Some(owner) = self.owner else {
            return Ok(());
        };
        chown(path, Some(owner.uid), Some(owner.gid))
            .map_err(|cause| ServicesError::disk("giving away", path, cause))
    }

    fn leave_pointer(&self) -> Result<(), ServicesError> {
        let pointer = self.project.join(POINTER_FILE);
        fs::write(&pointer, format!("{}\n", self.base.display()))
            .map_err(|cause| ServicesError::disk("writing", &pointer, cause))
    }
}

fn lock(project: &Path) -> Result<File, ServicesError> {
    let path = project.join("services.lock");
    let failed = |cause| ServicesError::disk("locking", &path, cause);
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(ServicesError::Busy {
            folder: project.display().to_string(),
        }),
        Err(TryLockError::Error(cause)) => Err(failed(cause)),
    }
}

fn owner() -> Option<Owner> {
    if !geteuid().is_root() {
        return None;
    }
    ["postgres", "nobody"]
        .into_iter()
        .find_map(|name| User::from_name(name).ok().flatten())
        .map(|user| Owner {
            uid: user.uid.as_raw(),
            gid: user.gid.as_raw(),
        })
}

/// Whether `owner` can walk to `folder`. Asking the system covers every kind of permission.
fn reachable(folder: &Path, owner: Owner) -> bool {
    Command::new("/bin/sh")
        .args(["-c", "cd -- \"$1\"", "sh"])
        .arg(folder)
        .current_dir("/")
        .uid(owner.uid)
        .gid(owner.gid)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn far_folder(project: &Path) -> PathBuf {
    let digest = Sha256::digest(project.as_os_str().as_encoded_bytes());
    let name: String = digest
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Path::new(FAR_FOLDER).join(format!("tamaru-{name}"))
}

fn fresh_secret() -> io::Result<String> {
    let mut bytes = [0_u8; SECRET_BYTES];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
