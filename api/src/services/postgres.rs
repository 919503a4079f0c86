//! The private PostgreSQL: made once with a password, then run with full durability and settings for a write load.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::sys::signal::Signal;

use super::ServicesError;
use super::binaries::{self, PostgresPrograms};
use super::leftover::Footprint;
use super::place::Place;
use super::server::{Recipe, Server, log_tail};

const NAME: &str = "PostgreSQL";
const ADMINISTRATOR: &str = "postgres";

/// Durability stays as PostgreSQL ships it (`fsync`, `synchronous_commit` and `full_page_writes` are on, said aloud
/// here because the ledger's promise rests on them); the rest serves many small commits.
const SETTINGS: [&str; 16] = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "fsync=on",
    "synchronous_commit=on",
    "full_page_writes=on",
    "max_connections=200",
    "shared_buffers=256MB",
    "max_wal_size=4GB",
    "checkpoint_timeout=30min",
    "checkpoint_completion_target=0.9",
    "wal_buffers=16MB",
    "jit=off",
    "timezone=UTC",
    "log_timezone=UTC",
    "log_min_messages=warning",
    "password_encryption=scram-sha-256",
];

/// Starts PostgreSQL, making its data at the first start, and returns it with the administrator's URL.
pub(super) fn start(place: &Place, secret: &str) -> Result<(Server, String), ServicesError> {
    let data = place.base().join("postgres");
    let log = place.base().join("postgres.log");
    let programs = binaries::postgres(place, &data)?;
    if !data.join("PG_VERSION").exists() {
        make_data(place, &programs, &data, &log)?;
    }
    let footprint = Footprint {
        home: data.clone(),
        pid_file: data.join("postmaster.pid"),
        programs: &["postgres"],
        owner: place.owner(),
        // Fast shutdown, then immediate shutdown; both leave data that recovers.
        endings: [Signal::SIGINT, Signal::SIGQUIT],
    };
    let (server, port) = super::server::on_free_port(secret, |port| Recipe {
        name: NAME,
        command: command(&programs, &data, port),
        stop_signal: "INT",
        base: place.base().to_path_buf(),
        footprint: footprint.clone(),
        log: log.clone(),
        libraries: programs.libraries.clone(),
        answers: Box::new({
            let footprint = footprint.clone();
            move || is_ready(&footprint)
        }),
    })?;
    let url = format!("postgres://{ADMINISTRATOR}:{secret}@127.0.0.1:{port}/postgres");
    Ok((server, url))
}

fn command(programs: &PostgresPrograms, data: &Path, port: u16) -> Vec<OsString> {
    let mut command: Vec<OsString> = vec![
        programs.folder.join("postgres").into(),
        "-D".into(),
        data.into(),
        "-p".into(),
        port.to_string().into(),
    ];
    for setting in SETTINGS {
        command.push("-c".into());
        command.push(setting.into());
    }
    command
}

/// The postmaster writes its own state into the eighth line of its file, the way `pg_ctl -w` reads it. The file of a
/// killed one still says `ready`, so the process that the same text names must be the one that lives.
fn is_ready(footprint: &Footprint) -> bool {
    let state = fs::read_to_string(&footprint.pid_file).unwrap_or_default();
    footprint
        .live_pid()
        .is_some_and(|pid| says_ready(&state, pid))
}

/// Whether the state is `ready` and that of this process.
fn says_ready(state: &str, pid: i32) -> bool {
    let mut lines = state.lines().map(str::trim);
    lines.next() == Some(pid.to_string().as_str()) && lines.nth(6) == Some("ready")
}

/// Makes the data beside its final place and renames it, so that an interrupted first start leaves no half cluster.
fn make_data(
    place: &Place,
    programs: &PostgresPrograms,
    data: &Path,
    log: &PathBuf,
) -> Result<(), ServicesError> {
    let draft = place.base().join("postgres.new");
    match fs::remove_dir_all(&draft) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(cause) => return Err(ServicesError::disk("clearing", &draft, cause)),
    }
    place.make_private_folder(&draft)?;
    let output = super::server::open_log(log)?;
    let mut command = Command::new(programs.folder.join("initdb"));
    command
        .arg("--pgdata")
        .arg(&draft)
        .arg("--pwfile")
        .arg(place.secret_file())
        .args(["--username", ADMINISTRATOR, "--auth", "scram-sha-256"])
        .args(["--encoding", "UTF8", "--locale", "C"])
        .current_dir(place.base())
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .stdout(output);
    if let Some(owner) = place.owner() {
        command.uid(owner.uid).gid(owner.gid);
    }
    if let Some(libraries) = &programs.libraries {
        command.env("LD_LIBRARY_PATH", libraries);
    }
    let status = command.status();
    if !status.as_ref().is_ok_and(std::process::ExitStatus::success) {
        let what = status.map_or_else(|error| error.to_string(), |status| status.to_string());
        let reason = format!("initdb failed ({what}); it said: {}", log_tail(log));
        return Err(ServicesError::DidNotStart {
            name: NAME,
            reason,
            log: log.display().to_string(),
        });
    }
    fs::rename(&draft, data).map_err(|cause| ServicesError::disk("renaming", &draft, cause))
}

#[cfg(test)]
mod tests {
    use super::says_ready;

    #[test]
    fn what_a_killed_postmaster_wrote_is_not_believed_of_the_next() {
        let killed = "17\n/data\n1764400000\n5432\n\n127.0.0.1\n 5432001 3\nready   \n";
        assert!(says_ready(killed, 17));
        assert!(
            !says_ready(killed, 18),
            "it is read before the next one writes its own"
        );
        assert!(!says_ready(&killed.replace("ready", "starting"), 17));
        assert!(!says_ready("17\n", 17));
    }
}
