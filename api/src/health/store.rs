//! Whether the database takes writes, and what was found in the books.

use diesel::sql_types::{BigInt, Bool, Text};

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

statement! {
    /// By invariant: what speaks against it, and for how many seconds nobody looked at the tenant that waited longest.
    control BookChecks = "select invariant, sum(violations)::bigint,
            extract(epoch from clock_timestamp() - min(checked_at))::bigint
        from book_checks join tenants t on t.id = book_checks.tenant_id and t.status <> 'deleted'
        group by invariant order by invariant";
    {}
    -> { String => Text, i64 => BigInt, i64 => BigInt }
}

/// What was found in the books, by invariant.
pub(super) async fn found_in_books(on: &ControlConn) -> Result<Vec<(String, i64, i64)>, DbError> {
    BookChecks {}.all(on).await
}
