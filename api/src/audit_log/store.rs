//! Rows of the log for those who read it.

use diesel::sql_types::{BigInt, Binary, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use domain::id::ApiKeyId;
use uuid::Uuid;

use crate::db::time::SqlInstant;
use crate::db::{DbError, TenantConn};
use crate::statement;

use super::AuditEntry;

type EntryRow = (
    i64,
    SqlInstant,
    String,
    String,
    String,
    Option<Uuid>,
    Option<String>,
    Option<String>,
    Option<String>,
    Vec<u8>,
);

statement! {
    /// Entries before a number, latest first; all of them, or some.
    tenant EntriesBefore = "select number, recorded_at, action, subject, actor, api_key, partner, before, after, hash
        from audit_log
        where tenant_id = $1 and number < $2 and ($3::text is null or action = $3)
          and ($4::timestamptz is null or recorded_at >= $4) and ($5::timestamptz is null or recorded_at < $5)
        order by number desc limit $6";
    { tenant: i64 => BigInt, before: i64 => BigInt, action: Option<String> => Nullable<Text>,
      from: Option<SqlInstant> => Nullable<Timestamptz>, to: Option<SqlInstant> => Nullable<Timestamptz>,
      limit: i64 => BigInt }
    -> { i64 => BigInt, SqlInstant => Timestamptz, String => Text, String => Text, String => Text,
         Option<Uuid> => Nullable<SqlUuid>, Option<String> => Nullable<Text>, Option<String> => Nullable<Text>,
         Option<String> => Nullable<Text>, Vec<u8> => Binary }
}

fn entry(row: EntryRow) -> Result<AuditEntry, DbError> {
    let (number, recorded_at, action, subject, actor, key, partner, before, after, hash) = row;
    let side = |text: Option<String>| {
        let read = text.map(|text| serde_json::from_str(&text)).transpose();
        read.map_err(|error| DbError::Failed(error.to_string()))
    };
    Ok(AuditEntry {
        number,
        recorded_at: recorded_at.into(),
        action,
        subject,
        actor,
        api_key_id: key.map(ApiKeyId::from_uuid),
        partner,
        before: side(before)?,
        after: side(after)?,
        hash: hash.iter().map(|byte| format!("{byte:02x}")).collect(),
    })
}

pub(super) async fn before(
    tx: &TenantConn,
    page: EntriesBefore,
) -> Result<Vec<AuditEntry>, DbError> {
    page.all(tx).await?.into_iter().map(entry).collect()
}
