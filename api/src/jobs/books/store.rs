//! Where findings are kept.

use diesel::sql_types::{BigInt, Text, Timestamptz};

use crate::db::time::SqlInstant;
use crate::statement;

statement! {
    /// What the last look found, in place of what the one before did.
    control KeepCheck = "insert into book_checks (tenant_id, invariant, violations, checked_at) values ($1, $2, $3, $4)
        on conflict (tenant_id, invariant) do update set violations = excluded.violations, checked_at = excluded.checked_at";
    { tenant: i64 => BigInt, invariant: &'static str => Text, violations: i64 => BigInt,
      checked_at: SqlInstant => Timestamptz }
}
