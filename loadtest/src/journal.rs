//! The run's own account of what was acknowledged, on disk: without it nobody could tell later
//! whether the ledger lost or doubled anything.
//!
//! A text file of space-separated fields. It starts with the tenants (with their keys, hence mode
//! 0600) and members, then holds one line for each acknowledged write.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, BufWriter, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, Sender, channel},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use crate::{clock, failure::Failure, judge::Accepted, world::World};

/// Lines joined in one flush to the disk at most.
const GROUP_MAX: usize = 4_096;

/// How long a group gathers: syncing each line alone would take the disk from the server.
const GROUP_GATHERS: Duration = Duration::from_millis(5);

/// A write that the server acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Acknowledged {
    /// Position of the member in the world.
    pub(crate) member: usize,
    /// Ledger version that the answer showed.
    pub(crate) version: u64,
    /// Signed change of points.
    pub(crate) points: i64,
    /// Available points after it.
    pub(crate) available: i64,
    /// Microseconds from the start of the journal to the first sending.
    pub(crate) sent_micros: u64,
    /// Microseconds from the start of the journal to the answer.
    pub(crate) answered_micros: u64,
    /// Idempotency key.
    pub(crate) key: String,
}

/// A write without an answer when the run gave up; `verify` asks again with the same key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unknown {
    /// Position of the member in the world.
    pub(crate) member: usize,
    /// Signed change of points, should it have been done.
    pub(crate) points: i64,
    /// Microseconds from the start of the journal to the first sending.
    pub(crate) sent_micros: u64,
    /// Idempotency key.
    pub(crate) key: String,
    /// Path of the call.
    pub(crate) path: String,
    /// Body of the call.
    pub(crate) body: String,
}

/// A whole journal read back.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    /// Id and key of each tenant.
    pub(crate) tenants: Vec<(String, String)>,
    /// Tenant and id of each member.
    pub(crate) members: Vec<(usize, String)>,
    /// Acknowledged writes in the order of the file.
    pub(crate) acknowledged: Vec<Acknowledged>,
    /// Writes whose outcome is unknown.
    pub(crate) unknown: Vec<Unknown>,
}

/// Hands lines to a thread that writes and syncs them in groups.
#[derive(Debug)]
pub(crate) struct JournalWriter {
    started_at: Instant,
    lines: Sender<String>,
    writer: JoinHandle<io::Result<()>>,
}

impl JournalWriter {
    /// Starts a journal about `world` in a new file.
    pub(crate) fn create(file_path: &Path, world: &World) -> Result<Self, Failure> {
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(file_path)
            .map_err(Failure::io(format!(
                "opening the journal {}",
                file_path.display()
            )))?;
        let mut file = BufWriter::new(file);
        write_world(&mut file, world).map_err(Failure::io("writing the journal"))?;
        let (lines, received) = channel();
        let writer = thread::spawn(move || write_groups(file, &received));
        Ok(Self {
            started_at: Instant::now(),
            lines,
            writer,
        })
    }

    /// Microseconds from the start of the journal to `instant`.
    pub(crate) fn micros(&self, instant: Instant) -> u64 {
        clock::micros_between(self.started_at, instant)
    }

    /// Records an acknowledged write.
    pub(crate) fn acknowledged(&self, line: &Acknowledged) {
        self.push(format!(
            "ack {} {} {} {} {} {} {}\n",
            line.member,
            line.version,
            line.points,
            line.available,
            line.sent_micros,
            line.answered_micros,
            line.key
        ));
    }

    /// Records a write that was given up without an answer.
    pub(crate) fn unknown(&self, line: &Unknown) {
        let Unknown {
            member,
            points,
            sent_micros,
            key,
            path,
            body,
        } = line;
        self.push(format!(
            "unknown {member} {points} {sent_micros} {key} {path} {body}\n"
        ));
    }

    /// Waits until everything is on disk.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        drop(self.lines);
        let written = self.writer.join();
        let written = written.map_err(|_panic| Failure::other("the journal's thread died"))?;
        written.map_err(Failure::io("writing the journal"))
    }

    /// A closed channel means that the disk refused; `finish` tells why.
    fn push(&self, line: String) {
        drop(self.lines.send(line));
    }
}

fn write_world(file: &mut impl Write, world: &World) -> io::Result<()> {
    for tenant in &world.tenants {
        writeln!(file, "tenant {} {}", tenant.id, tenant.secret)?;
    }
    for member in &world.members {
        writeln!(file, "member {} {}", member.tenant, member.id)?;
    }
    file.flush()
}

/// Lets a group gather, writes it, syncs it, and only then takes the next.
fn write_groups(mut file: BufWriter<File>, lines: &Receiver<String>) -> io::Result<()> {
    while let Ok(first) = lines.recv() {
        file.write_all(first.as_bytes())?;
        thread::sleep(GROUP_GATHERS);
        for line in lines.try_iter().take(GROUP_MAX) {
            file.write_all(line.as_bytes())?;
        }
        file.flush()?;
        file.get_ref().sync_data()?;
    }
    file.flush()?;
    file.get_ref().sync_all()
}

impl Journal {
    /// Reads a whole journal; a torn last line is left out, everything else must be readable.
    pub(crate) fn read(file_path: &PathBuf) -> Result<Self, Failure> {
        let what = || format!("reading the journal {}", file_path.display());
        let file = File::open(file_path).map_err(Failure::io(what()))?;
        let mut journal = Self::default();
        let mut file = BufReader::new(file);
        let mut line = String::new();
        let mut number = 0_u64;
        while file.read_line(&mut line).map_err(Failure::io(what()))? > 0 {
            number = number.saturating_add(1);
            let Some(whole) = line.strip_suffix('\n') else {
                break;
            };
            if journal.take(whole).is_none() {
                return Err(Failure::other(format!(
                    "{}: line {number} is damaged",
                    what()
                )));
            }
            line.clear();
        }
        Ok(journal)
    }

    fn take(&mut self, line: &str) -> Option<()> {
        let (kind, rest) = line.split_once(' ')?;
        match kind {
            "tenant" => {
                let (id, secret) = rest.split_once(' ')?;
                self.tenants.push((id.to_owned(), secret.to_owned()));
            }
            "member" => {
                let (tenant, id) = rest.split_once(' ')?;
                self.members.push((tenant.parse().ok()?, id.to_owned()));
            }
            "ack" => self.acknowledged.push(read_acknowledged(rest)?),
            "unknown" => self.unknown.push(read_unknown(rest)?),
            _ => return None,
        }
        Some(())
    }
}

fn read_acknowledged(rest: &str) -> Option<Acknowledged> {
    let mut fields = rest.split(' ');
    Some(Acknowledged {
        member: fields.next()?.parse().ok()?,
        version: fields.next()?.parse().ok()?,
        points: fields.next()?.parse().ok()?,
        available: fields.next()?.parse().ok()?,
        sent_micros: fields.next()?.parse().ok()?,
        answered_micros: fields.next()?.parse().ok()?,
        key: fields.next()?.to_owned(),
    })
}

fn read_unknown(rest: &str) -> Option<Unknown> {
    let mut fields = rest.splitn(6, ' ');
    Some(Unknown {
        member: fields.next()?.parse().ok()?,
        points: fields.next()?.parse().ok()?,
        sent_micros: fields.next()?.parse().ok()?,
        key: fields.next()?.to_owned(),
        path: fields.next()?.to_owned(),
        body: fields.next()?.to_owned(),
    })
}

impl Acknowledged {
    /// The state that the answer showed.
    pub(crate) fn accepted(&self) -> Accepted {
        Accepted {
            version: self.version,
            available: self.available,
        }
    }
}
