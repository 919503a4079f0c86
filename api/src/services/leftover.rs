//! Finds and ends a server that belongs to one folder, and no other: a process counts as ours only while it bears the
//! server's name and its working directory is that very folder.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::ServicesError;
use super::place::Owner;

/// How long a leftover may take for each of the three ways to end it.
const PATIENCE: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(20);

/// How a running server is recognised.
#[derive(Debug, Clone)]
pub(super) struct Footprint {
    /// The folder it runs in (its working directory), without symbolic links.
    pub(super) home: PathBuf,
    /// The file whose first line is its process id.
    pub(super) pid_file: PathBuf,
    /// The names its processes may bear.
    pub(super) programs: &'static [&'static str],
    /// The user it runs as, when not this one.
    pub(super) owner: Option<Owner>,
    /// The signals that end it, gentlest first.
    pub(super) endings: [Signal; 2],
}

impl Footprint {
    /// The process id of the server, if it is alive and really runs in this folder.
    pub(super) fn live_pid(&self) -> Option<i32> {
        let text = fs::read_to_string(&self.pid_file).ok()?;
        let pid: i32 = text.lines().next()?.trim().parse().ok()?;
        self.is_ours(pid).then_some(pid)
    }

    /// Kills the server and all its children at once.
    pub(super) fn kill_tree(&self) {
        self.signal_tree(Signal::SIGKILL);
    }

    /// Sends a signal to the server and to all its children. The server goes first, so that it starts no new ones.
    pub(super) fn signal_tree(&self, signal: Signal) {
        let Some(pid) = self.live_pid() else { return };
        let children = children_of(pid);
        send(pid, signal);
        for child in children.into_iter().chain(children_of(pid)) {
            send(child, signal);
        }
    }

    fn is_ours(&self, pid: i32) -> bool {
        let Ok(name) = fs::read_to_string(format!("/proc/{pid}/comm")) else {
            return false;
        };
        self.programs.contains(&name.trim())
            && self
                .working_directory(pid)
                .is_some_and(|cwd| cwd == self.home)
    }

    fn working_directory(&self, pid: i32) -> Option<PathBuf> {
        let link = format!("/proc/{pid}/cwd");
        match (fs::read_link(&link), &self.owner) {
            (Ok(cwd), _) => Some(cwd),
            // In a container root may be denied the look that the server's own user is allowed.
            (Err(error), Some(owner)) if error.kind() == ErrorKind::PermissionDenied => {
                let answer = Command::new("readlink")
                    .arg(&link)
                    .uid(owner.uid)
                    .gid(owner.gid)
                    .output();
                let text = String::from_utf8(answer.ok()?.stdout).ok()?;
                Some(PathBuf::from(text.trim_end_matches('\n')))
            }
            _ => None,
        }
    }

    /// Every process that runs in this folder: after a kill -9 of the parent, its children.
    fn residents(&self) -> Vec<i32> {
        all_processes().filter(|pid| self.is_ours(*pid)).collect()
    }
}

/// Ends the server of this footprint, and children that outlived it. Fine when there is none.
pub(super) fn end(name: &'static str, footprint: &Footprint) -> Result<(), ServicesError> {
    if let Some(pid) = footprint.live_pid() {
        tracing::debug!("ending {name} (process {pid})");
        for signal in footprint.endings {
            // A frozen server hears nothing until it goes on.
            footprint.signal_tree(Signal::SIGCONT);
            send(pid, signal);
            if gone_within(footprint, PATIENCE) {
                break;
            }
        }
    }
    for pid in footprint.residents() {
        send(pid, Signal::SIGKILL);
    }
    if gone_within(footprint, PATIENCE) {
        return Ok(());
    }
    match footprint.residents().first() {
        Some(pid) => Err(ServicesError::DidNotStop { name, pid: *pid }),
        None => Ok(()),
    }
}

fn gone_within(footprint: &Footprint, limit: Duration) -> bool {
    let begun = Instant::now();
    while !footprint.residents().is_empty() {
        if begun.elapsed() > limit {
            return false;
        }
        thread::sleep(POLL);
    }
    true
}

fn send(pid: i32, signal: Signal) {
    if let Err(errno) = kill(Pid::from_raw(pid), signal) {
        tracing::debug!("process {pid} could not be signalled: {errno}");
    }
}

fn all_processes() -> impl Iterator<Item = i32> {
    fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
}

fn children_of(parent: i32) -> Vec<i32> {
    all_processes()
        .filter(|pid| parent_of(*pid) == Some(parent))
        .collect()
}

/// The parent of a process.
pub(super) fn parent_of(pid: i32) -> Option<i32> {
    // "4711 (name that may hold anything) S 4710 …"
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, after_name) = stat.rsplit_once(')')?;
    after_name.split_whitespace().nth(1)?.parse().ok()
}
