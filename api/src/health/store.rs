//! Whether the database takes writes.

use diesel::sql_types::Bool;

use crate::db::{ControlConn, DbError};
use crate::statement;

statement! {
    /// False on a standby and on a server that was set to read only.
    control Writable = "select not pg_is_in_recovery() and current_setting('default_transaction_read_only') = 'off'";
    {}
    -> { bool => Bool }
}

pub(super) async fn is_writable(on: &ControlConn) -> Result<bool, DbError> {
    let rows = Writable {}.all(on).await?;
    Ok(rows.first().is_some_and(|(is_writable,)| *is_writable))
}
