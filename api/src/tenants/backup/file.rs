//! The file: lines, each of which goes into the seal at its end.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use aws_lc_rs::hmac::{Context, HMAC_SHA256, Key};

use crate::db::bulk::Table;
use crate::secrets::{Purpose, Secrets};

use super::{BackupError, FORMAT, Header};

const TITLE: &str = "tamaru tenant backup";
const TABLE: &str = "table ";
const SEAL: &str = "seal ";
/// As in `copy`: a row that is this text alone is written with another backslash before it.
const END_OF_TABLE: &[u8] = b"\\.\n";
/// The longest row that is read. A receipt with its answer has less than a megabyte.
const MAX_LINE_BYTES: u64 = 64 * 1_024 * 1_024;

/// What tells the master keys of two services apart, and says nothing else of them.
pub(super) fn mark(secrets: &Secrets) -> Result<String, BackupError> {
    Ok(hexadecimal(&secrets.derive(Purpose::BackupMark, None)?))
}

fn seal_context(secrets: &Secrets) -> Result<Context, BackupError> {
    let key = secrets.derive(Purpose::BackupSeal, None)?;
    Ok(Context::with_key(&Key::new(HMAC_SHA256, &key)))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A backup that is being written; removed again unless it is finished.
pub(super) struct Writer {
    path: PathBuf,
    output: BufWriter<File>,
    seal: Option<Context>,
}

impl Writer {
    /// A new file that only its owner reads; one that is there is left alone.
    pub(super) fn create(
        path: &Path,
        secrets: &Secrets,
        header: &Header,
    ) -> Result<Self, BackupError> {
        let seal = seal_context(secrets)?;
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(BackupError::file(path))?;
        let mut writer = Self {
            path: path.to_owned(),
            output: BufWriter::new(file),
            seal: Some(seal),
        };
        writer.put(format!("{TITLE}\n").as_bytes())?;
        writer.put_json("", header)?;
        Ok(writer)
    }

    /// The table whose rows follow.
    pub(super) fn begin(&mut self, table: &Table) -> Result<(), BackupError> {
        self.put_json(TABLE, table)
    }

    /// Rows, or parts of them, as `copy` gives them.
    pub(super) fn put(&mut self, bytes: &[u8]) -> Result<(), BackupError> {
        if let Some(seal) = &mut self.seal {
            seal.update(bytes);
        }
        let written = self.output.write_all(bytes);
        written.map_err(BackupError::file(&self.path))
    }

    /// No more rows of the table.
    pub(super) fn end(&mut self) -> Result<(), BackupError> {
        self.put(END_OF_TABLE)
    }

    /// Seals it and waits for the disk.
    pub(super) fn finish(mut self) -> Result<(), BackupError> {
        let Some(seal) = self.seal.take() else {
            return Ok(());
        };
        let line = format!("{SEAL}{}\n", hexadecimal(seal.sign().as_ref()));
        let written = self.output.write_all(line.as_bytes());
        let flushed = written.and_then(|()| self.output.flush());
        let synced = flushed.and_then(|()| self.output.get_ref().sync_all());
        if let Err(error) = synced {
            self.remove();
            return Err(BackupError::file(&self.path)(error));
        }
        Ok(())
    }

    fn put_json(&mut self, before: &str, value: &impl serde::Serialize) -> Result<(), BackupError> {
        let json = serde_json::to_string(value).map_err(std::io::Error::from);
        let json = json.map_err(BackupError::file(&self.path))?;
        self.put(format!("{before}{json}\n").as_bytes())
    }

    /// Half a backup is none.
    fn remove(&self) {
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::warn!(cause = %error, "an unfinished backup could not be removed");
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if self.seal.is_some() {
            self.remove();
        }
    }
}

/// What stands next in a backup.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// Rows of this table follow.
    Table(Table),
    /// One row, with its line's end.
    Row(&'a [u8]),
    /// No more rows of the table.
    EndOfTable,
    /// All was read, and is as it was written.
    End,
}

/// A backup that is being read.
pub(super) struct Reader {
    path: PathBuf,
    input: BufReader<File>,
    seal: Context,
    line: Vec<u8>,
    is_in_table: bool,
}

impl Reader {
    /// Opens it and looks at what it says of itself.
    pub(super) fn open(path: &Path, secrets: &Secrets) -> Result<(Self, Header), BackupError> {
        let file = File::open(path).map_err(BackupError::file(path))?;
        let mut reader = Self {
            path: path.to_owned(),
            input: BufReader::new(file),
            seal: seal_context(secrets)?,
            line: Vec::new(),
            is_in_table: false,
        };
        let is_titled = reader.next_line()? == format!("{TITLE}\n").as_bytes();
        if !is_titled {
            return Err(BackupError::NotABackup);
        }
        reader.seal_line();
        let header = reader.next_line()?;
        let not_ours = |_unreadable| BackupError::NotABackup;
        let document: serde_json::Value = serde_json::from_slice(header).map_err(not_ours)?;
        let format = document.get("format").and_then(serde_json::Value::as_u64);
        let format = format.and_then(|format| u32::try_from(format).ok());
        match format {
            Some(FORMAT) => {}
            Some(other) => return Err(BackupError::OtherFormat(other)),
            None => return Err(BackupError::NotABackup),
        }
        let header: Header = serde_json::from_value(document).map_err(not_ours)?;
        reader.seal_line();
        if header.mark != mark(secrets)? {
            return Err(BackupError::OtherMasterKey);
        }
        Ok((reader, header))
    }

    /// What stands next.
    pub(super) fn next(&mut self) -> Result<Part<'_>, BackupError> {
        self.next_line()?;
        if self.is_in_table {
            self.seal_line();
            if self.line == END_OF_TABLE {
                self.is_in_table = false;
                return Ok(Part::EndOfTable);
            }
            return Ok(Part::Row(&self.line));
        }
        if let Some(sealed) = self.line.strip_prefix(SEAL.as_bytes()) {
            return self.is_whole(sealed).map(|()| Part::End);
        }
        let table = self.line.strip_prefix(TABLE.as_bytes());
        let table = table.and_then(|json| serde_json::from_slice(json).ok());
        self.seal_line();
        self.is_in_table = true;
        table.map(Part::Table).ok_or(BackupError::Changed)
    }

    /// Reads to the end without looking at rows.
    pub(super) fn check(mut self) -> Result<(), BackupError> {
        while self.next()? != Part::End {}
        Ok(())
    }

    fn next_line(&mut self) -> Result<&[u8], BackupError> {
        self.line.clear();
        let mut part = (&mut self.input).take(MAX_LINE_BYTES);
        let read = part.read_until(b'\n', &mut self.line);
        read.map_err(BackupError::file(&self.path))?;
        if self.line.last() != Some(&b'\n') {
            let is_long = part.limit() == 0;
            return Err(if is_long {
                BackupError::Changed
            } else {
                BackupError::Cut
            });
        }
        Ok(&self.line)
    }

    fn seal_line(&mut self) {
        self.seal.update(&self.line);
    }

    /// Whether this seal is that of everything before it, and nothing stands behind it.
    fn is_whole(&self, sealed: &[u8]) -> Result<(), BackupError> {
        let seal = hexadecimal(self.seal.clone().sign().as_ref());
        let expected = format!("{seal}\n");
        let is_same =
            aws_lc_rs::constant_time::verify_slices_are_equal(expected.as_bytes(), sealed);
        if is_same.is_err() {
            return Err(BackupError::Changed);
        }
        let mut behind = [0_u8; 1];
        let mut input = self.input.get_ref();
        let unread = self.input.buffer().len();
        let more = input
            .read(&mut behind)
            .map_err(BackupError::file(&self.path))?;
        if unread > 0 || more > 0 {
            return Err(BackupError::Changed);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
