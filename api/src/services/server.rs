//! One server process that can't outlive this one: a shell holds it and stops it when the pipe from here closes.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::ServicesError;
use super::leftover::{self, Footprint};

/// The shell that holds a server. Its standard input is the pipe: at its end the server gets `$1`, its signal for a
/// gentle stop. `read` is a builtin, so that no further process stays when the server ends by itself.
const HOLDER: &str = r#"
signal=$1; shift
exec 3<&0
"$@" 3<&- </dev/null &
server=$!
( read -r _ <&3; kill -s "$signal" "$server" ) 2>/dev/null &
watch=$!
exec 3<&-
wait "$server"
status=$?
kill "$watch" 2>/dev/null
exit "$status"
"#;

/// How long a server may take to answer, crash recovery included.
const START_TIMEOUT: Duration = Duration::from_secs(180);
/// How long a gentle stop may take before the server is ended the hard way; it recovers at its next start.
const STOP_TIMEOUT: Duration = Duration::from_secs(30);
/// Another process may take a port between the look and the start.
const PORT_TRIES: usize = 3;
const FIRST_PORT: u16 = 15_000;
const LAST_PORT: u16 = 32_000;
const POLL: Duration = Duration::from_millis(20);
/// A log that grew beyond this is begun anew at the next start.
const LOG_MAX_BYTES: u64 = 16 * 1024 * 1024;

/// What makes one server: its command, its place, and how to see that it answers.
pub(super) struct Recipe {
    /// As people call it.
    pub(super) name: &'static str,
    /// The program and its arguments.
    pub(super) command: Vec<OsString>,
    /// The signal for a gentle stop, as `kill -s` names it.
    pub(super) stop_signal: &'static str,
    /// The folder of all the services.
    pub(super) base: PathBuf,
    /// Where it writes its process id and from which folder it runs.
    pub(super) footprint: Footprint,
    /// Where its output goes.
    pub(super) log: PathBuf,
    /// Where its libraries are, when they came with it.
    pub(super) libraries: Option<PathBuf>,
    /// Whether it answers now.
    pub(super) answers: Box<dyn Fn() -> bool + Send>,
}

/// A server and the shell that holds it.
pub(super) struct Server {
    recipe: Recipe,
    holder: Option<Child>,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Server")
            .field("name", &self.recipe.name)
            .field("holder", &self.holder.as_ref().map(Child::id))
            .finish_non_exhaustive()
    }
}

impl Server {
    /// Starts the server and waits until it answers.
    pub(super) fn start(recipe: Recipe) -> Result<Self, ServicesError> {
        let mut server = Self {
            recipe,
            holder: None,
        };
        server.launch()?;
        Ok(server)
    }

    /// The process id of the server itself, not of its holder.
    pub(super) fn pid(&self) -> Option<i32> {
        self.recipe.footprint.live_pid()
    }

    /// Closes the pipe; the holder sends the gentle signal.
    pub(super) fn ask_to_stop(&mut self) {
        if let Some(holder) = &mut self.holder {
            drop(holder.stdin.take());
        }
    }

    /// Stops the server and waits until it is gone.
    pub(super) fn stop(&mut self) -> Result<(), ServicesError> {
        self.ask_to_stop();
        if let Some(mut holder) = self.holder.take() {
            let ended = ended_within(&mut holder, STOP_TIMEOUT);
            if !ended {
                tracing::warn!("{} stops too slowly and is killed", self.recipe.name);
                self.recipe.footprint.kill_tree();
                // The holder ends with the server it waits for.
                drop(holder.wait());
            }
        }
        leftover::end(self.recipe.name, &self.recipe.footprint)
    }

    /// Kills the server and its children, and waits until they are gone.
    pub(super) fn kill(&mut self) -> Result<(), ServicesError> {
        self.recipe.footprint.kill_tree();
        if let Some(mut holder) = self.holder.take() {
            drop(holder.wait());
        }
        leftover::end(self.recipe.name, &self.recipe.footprint)
    }

    /// Stops the server if it runs and starts it again on the same port.
    pub(super) fn restart(&mut self) -> Result<(), ServicesError> {
        self.stop()?;
        self.launch()
    }

    /// Starts the server again when it is gone; true when it was.
    pub(super) fn start_if_dead(&mut self) -> Result<bool, ServicesError> {
        let alive = match &mut self.holder {
            Some(holder) => holder.try_wait().ok().flatten().is_none(),
            None => false,
        };
        if alive {
            return Ok(false);
        }
        self.restart()?;
        Ok(true)
    }

    /// Freezes the server and its children.
    pub(super) fn pause(&self) -> Result<(), ServicesError> {
        self.recipe.footprint.signal_tree(Signal::SIGSTOP);
        Ok(())
    }

    /// Lets the server and its children go on.
    pub(super) fn resume(&self) -> Result<(), ServicesError> {
        self.recipe.footprint.signal_tree(Signal::SIGCONT);
        Ok(())
    }

    fn launch(&mut self) -> Result<(), ServicesError> {
        leftover::end(self.recipe.name, &self.recipe.footprint)?;
        let mut holder = self.spawn_holder()?;
        let begun = Instant::now();
        loop {
            if let Some(status) = holder.try_wait().ok().flatten() {
                return Err(self.did_not_start(format!("it ended at once ({status})")));
            }
            if (self.recipe.answers)() {
                self.holder = Some(holder);
                return Ok(());
            }
            if begun.elapsed() > START_TIMEOUT {
                self.holder = Some(holder);
                self.stop()?;
                let limit = START_TIMEOUT.as_secs();
                return Err(self.did_not_start(format!("no answer within {limit} s")));
            }
            thread::sleep(POLL);
        }
    }

    fn spawn_holder(&self) -> Result<Child, ServicesError> {
        let recipe = &self.recipe;
        let log = open_log(&recipe.log)?;
        let error_log = log
            .try_clone()
            .map_err(|cause| ServicesError::disk("opening", &recipe.log, cause))?;
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", HOLDER, "tamaru-services", recipe.stop_signal])
            .args(&recipe.command)
            .current_dir(&recipe.base)
            // A group of its own: Ctrl-C in the terminal is for the API, which stops the servers last.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(log)
            .stderr(error_log);
        if let Some(owner) = &recipe.footprint.owner {
            command.uid(owner.uid).gid(owner.gid);
        }
        if let Some(libraries) = &recipe.libraries {
            command.env("LD_LIBRARY_PATH", libraries);
        }
        // Inherited settings of the caller's own clients must not reach the private servers.
        command
            .env_remove("PGDATA")
            .env_remove("PGPORT")
            .env_remove("PGOPTIONS");
        command
            .spawn()
            .map_err(|cause| self.did_not_start(cause.to_string()))
    }

    fn did_not_start(&self, what: String) -> ServicesError {
        let tail = log_tail(&self.recipe.log);
        let reason = if tail.is_empty() {
            what
        } else {
            format!("{what}; it said: {tail}")
        };
        ServicesError::DidNotStart {
            name: self.recipe.name,
            reason,
            log: self.recipe.log.display().to_string(),
        }
    }
}

/// Starts what `recipe` makes on a free port of this machine, trying further ports when another process is quicker.
pub(super) fn on_free_port(
    secret: &str,
    recipe: impl Fn(u16) -> Recipe,
) -> Result<(Server, u16), ServicesError> {
    // Leftovers first: one may still hold its port and its folder.
    let name = recipe(0).name;
    leftover::end(name, &recipe(0).footprint)?;
    let mut last = None;
    for port in free_ports(secret).take(PORT_TRIES) {
        match Server::start(recipe(port)) {
            Ok(server) => return Ok((server, port)),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(|| ServicesError::DidNotStart {
        name,
        reason: "no free port on 127.0.0.1".to_owned(),
        log: "empty".to_owned(),
    }))
}

/// Free ports below the range from which the system serves outgoing connections: a server that is down for a moment
/// would else find its port taken by one of its own clients. Every folder begins at its own port, given by its secret,
/// so that a new server of one folder does not take the port of a stopped one of another.
fn free_ports(secret: &str) -> impl Iterator<Item = u16> {
    let spread = LAST_PORT - FIRST_PORT;
    let digits = secret
        .get(..8)
        .and_then(|digits| u32::from_str_radix(digits, 16).ok());
    let offset = digits.map_or(0, |number| number % u32::from(spread));
    let first = FIRST_PORT + u16::try_from(offset).unwrap_or(0);
    (first..LAST_PORT)
        .chain(FIRST_PORT..first)
        .filter(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
}

fn ended_within(holder: &mut Child, limit: Duration) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < limit {
        if !matches!(holder.try_wait(), Ok(None)) {
            return true;
        }
        thread::sleep(POLL);
    }
    false
}

/// Opens a log to append to; one that grew too long is begun anew.
pub(super) fn open_log(path: &PathBuf) -> Result<File, ServicesError> {
    let failed = |cause| ServicesError::disk("opening", path, cause);
    let log = OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .map_err(failed)?;
    if log.metadata().map_err(failed)?.len() > LOG_MAX_BYTES {
        log.set_len(0).map_err(failed)?;
    }
    Ok(log)
}

/// The last lines of a log, for an error message.
pub(super) fn log_tail(path: &PathBuf) -> String {
    const TAIL_BYTES: u64 = 600;
    let mut text = Vec::new();
    if let Ok(mut file) = File::open(path) {
        let length = file.metadata().map(|data| data.len()).unwrap_or(0);
        let moved = file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)));
        if moved.and_then(|_| file.read_to_end(&mut text)).is_err() {
            return String::new();
        }
    }
    String::from_utf8_lossy(&text).trim().to_owned()
}
