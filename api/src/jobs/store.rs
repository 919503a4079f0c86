//! The jobs' statements.

use diesel::sql_types::{BigInt, Timestamptz};

use crate::db::time::SqlInstant;
use crate::statement;

statement! {
    /// The number of every tenant.
    control EveryTenant = "select id from tenants order by id";
    {}
    -> { i64 => BigInt }
}

statement! {
    /// Some of the keys that are older than they need to be kept.
    tenant PurgeKeys = "delete from idempotency_keys where tenant_id = $1 and key in (
            select key from idempotency_keys where tenant_id = $1 and recorded_at < $2 limit $3)";
    { tenant: i64 => BigInt, before: SqlInstant => Timestamptz, limit: i64 => BigInt }
}
