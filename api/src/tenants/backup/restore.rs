//! The way back: all of it or nothing.

use std::path::Path;
use std::pin::pin;

use bytes::Bytes;
use futures_util::SinkExt;
use secrecy::SecretString;

use crate::db::DbError;
use crate::db::bulk::{Bulk, Table};
use crate::secrets::Secrets;

use super::file::{Part, Reader};
use super::{BackupError, BackupSummary, version};

/// What is sent to the database at once.
const PIECE_BYTES: usize = 64 * 1_024;

/// Brings a tenant back into a database that does not have it. The file is read twice: to its seal before anything is
/// written, and again with what is written, which is committed when the seal is right once more.
pub async fn restore(
    owner_url: &SecretString,
    secrets: &Secrets,
    path: &Path,
) -> Result<BackupSummary, BackupError> {
    let (reader, header) = Reader::open(path, secrets)?;
    reader.check()?;
    let bulk = Bulk::write(owner_url).await?;
    let (schema, migrations) = bulk.schema().await?;
    let (backup, database) = (
        version(&header.schema, header.migrations),
        version(&schema, migrations),
    );
    let tables = bulk.tables().await?;
    if backup != database {
        return Err(BackupError::OtherSchema { backup, database });
    }
    let public_id = header.tenant.uuid().to_string();
    if bulk.is_taken(&public_id, &header.numbers).await? {
        return Err(BackupError::Taken(header.tenant));
    }
    let (mut reader, again) = Reader::open(path, secrets)?;
    if again != header {
        return Err(BackupError::Changed);
    }
    let mut rows = 0_u64;
    let mut expected = tables.into_iter();
    loop {
        match reader.next()? {
            Part::Table(table) if expected.next().as_ref() == Some(&table) => {
                rows = rows.saturating_add(fill(&bulk, &mut reader, &table).await?);
            }
            Part::End if expected.next().is_none() => break,
            _ => return Err(BackupError::OtherSchema { backup, database }),
        }
    }
    bulk.forget_sums_ahead(&header.numbers).await?;
    bulk.commit().await?;
    Ok(BackupSummary {
        tenant: header.tenant,
        rows,
        taken_at: header.taken_at,
    })
}

/// Sends the rows of a table; how many they are.
async fn fill(bulk: &Bulk, reader: &mut Reader, table: &Table) -> Result<u64, BackupError> {
    let mut sink = pin!(bulk.fill(table).await?);
    let mut piece = Vec::with_capacity(PIECE_BYTES);
    let mut rows = 0_u64;
    loop {
        match reader.next()? {
            Part::Row(line) => {
                piece.extend_from_slice(line);
                rows = rows.saturating_add(1);
            }
            Part::EndOfTable => break,
            Part::Table(_) | Part::End => return Err(BackupError::Changed),
        }
        if piece.len() >= PIECE_BYTES {
            let sent = sink.send(Bytes::from(std::mem::take(&mut piece))).await;
            sent.map_err(DbError::from)?;
        }
    }
    sink.send(Bytes::from(piece)).await.map_err(DbError::from)?;
    let taken = sink.finish().await.map_err(DbError::from)?;
    if taken != rows {
        return Err(BackupError::Changed);
    }
    bulk.settle(table).await?;
    Ok(rows)
}
