//! Rows of keys that sign tokens; the service's own, of no tenant.

use diesel::sql_types::{Binary, Text, Timestamptz};
use jiff::Timestamp;

use crate::db::DbError;
use crate::db::tenant::OnControl;
use crate::db::time::SqlInstant;
use crate::statement;

statement! {
    /// Every key, newest first.
    control AllSigningKeys = "select kid, public_key, sealed_key, created_at from signing_keys order by created_at desc, kid desc limit 24";
    {}
    -> { String => Text, Vec<u8> => Binary, Vec<u8> => Binary, SqlInstant => Timestamptz }
}

statement! {
    /// Keep a new key.
    control InsertSigningKey = "insert into signing_keys (kid, public_key, sealed_key, created_at) values ($1, $2, $3, now())";
    { kid: String => Text, public_key: Vec<u8> => Binary, sealed_key: Vec<u8> => Binary }
}

/// One key as it is stored.
pub(super) struct Row {
    pub(super) kid: String,
    pub(super) public_key: Vec<u8>,
    pub(super) sealed_key: Vec<u8>,
    pub(super) created_at: Timestamp,
}

/// The keys of the last two years, newest first.
pub(super) async fn all(on: &impl OnControl) -> Result<Vec<Row>, DbError> {
    let rows = AllSigningKeys {}.all(on).await?.into_iter();
    let row = |(kid, public_key, sealed_key, created_at): (_, _, _, SqlInstant)| Row {
        kid,
        public_key,
        sealed_key,
        created_at: created_at.into(),
    };
    Ok(rows.map(row).collect())
}
