//! A backup that is not whole is none.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use domain::id::TenantId;

use super::{Part, Reader, Writer, mark};
use crate::clock;
use crate::db::bulk::Table;
use crate::secrets::Secrets;
use crate::tenants::backup::{BackupError, Header};

fn secrets(letter: &str) -> Secrets {
    Secrets::new(letter.repeat(32).into()).expect("long enough")
}

/// A file that is gone with its value.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        let name = format!("tamaru-backup-{}", clock::new_id().simple());
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        fs::remove_file(&self.0).unwrap_or_default();
    }
}

fn header() -> Header {
    Header {
        format: 1,
        schema: "20260101000001".to_owned(),
        migrations: 1,
        tenant: TenantId::from_uuid(clock::new_id()),
        numbers: vec![5, 6],
        taken_at: clock::now(),
        mark: mark(&secrets("x")).expect("a mark"),
    }
}

fn table() -> Table {
    Table {
        name: "notes".to_owned(),
        columns: vec!["tenant_id".to_owned(), "text".to_owned()],
    }
}

/// Two rows, the second of which looks like an end and a seal.
fn written(path: &Path) -> Header {
    let header = header();
    let mut writer = Writer::create(path, &secrets("x"), &header).expect("a new file");
    writer.begin(&table()).expect("room");
    writer.put(b"5\tone\n").expect("room");
    writer.put(b"seal \\\\.\n").expect("room");
    writer.end().expect("room");
    writer.finish().expect("room");
    header
}

fn read(path: &Path) -> Result<(), BackupError> {
    let (reader, _) = Reader::open(path, &secrets("x"))?;
    reader.check()
}

#[test]
fn what_was_written_is_read() {
    let file = Scratch::new();
    let header = written(&file.0);
    let mode = fs::metadata(&file.0).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let (mut reader, found) = Reader::open(&file.0, &secrets("x")).expect("a backup");
    assert_eq!(found, header);
    assert_eq!(reader.next().expect("a part"), Part::Table(table()));
    assert_eq!(reader.next().expect("a part"), Part::Row(b"5\tone\n"));
    assert_eq!(reader.next().expect("a part"), Part::Row(b"seal \\\\.\n"));
    assert_eq!(reader.next().expect("a part"), Part::EndOfTable);
    assert_eq!(reader.next().expect("a part"), Part::End);
}

#[test]
fn a_backup_that_is_cut_anywhere_is_refused() {
    let file = Scratch::new();
    written(&file.0);
    let whole = fs::read(&file.0).expect("a file");
    for length in 0..whole.len() {
        fs::write(&file.0, &whole[..length]).expect("room");
        let refused = read(&file.0).expect_err("it is cut");
        assert!(matches!(refused, BackupError::Cut), "{length}: {refused}");
    }
}

#[test]
fn a_backup_in_which_any_byte_is_another_is_refused() {
    let file = Scratch::new();
    written(&file.0);
    let whole = fs::read(&file.0).expect("a file");
    for position in 0..whole.len() {
        let mut changed = whole.clone();
        changed[position] ^= 1;
        fs::write(&file.0, &changed).expect("room");
        assert!(read(&file.0).is_err(), "{position}");
    }
    for more in [b"x".as_slice(), b"\n", b"table {}\n"] {
        fs::write(&file.0, [&whole, more].concat()).expect("room");
        let refused = read(&file.0).expect_err("something stands behind it");
        assert!(matches!(refused, BackupError::Changed), "{refused}");
    }
}

#[test]
fn a_backup_of_another_form_or_under_another_key_is_told_apart() {
    let file = Scratch::new();
    written(&file.0);
    let other = Reader::open(&file.0, &secrets("y")).err();
    assert!(matches!(other, Some(BackupError::OtherMasterKey)));
    let whole = fs::read_to_string(&file.0).expect("text");
    let newer = whole.replace("\"format\":1", "\"format\":2");
    fs::write(&file.0, newer).expect("room");
    assert!(matches!(read(&file.0), Err(BackupError::OtherFormat(2))));
    fs::write(&file.0, "PK\n").expect("room");
    assert!(matches!(read(&file.0), Err(BackupError::NotABackup)));
}

#[test]
fn half_a_backup_is_removed_and_a_file_that_is_there_is_left_alone() {
    let file = Scratch::new();
    let writer = Writer::create(&file.0, &secrets("x"), &header()).expect("a new file");
    drop(writer);
    assert!(!file.0.exists());
    fs::write(&file.0, "mine").expect("room");
    assert!(Writer::create(&file.0, &secrets("x"), &header()).is_err());
    assert_eq!(fs::read_to_string(&file.0).expect("text"), "mine");
}
