//! Rows of the audit log.

use diesel::sql_types::{BigInt, Binary, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

use crate::db::time::SqlInstant;
use crate::statement;

statement! {
    /// The end of the tenant's chain, and the time; nobody else adds to it until the transaction ends.
    tenant ExtendChain = "insert into audit_heads (tenant_id, number, hash)
        select k.tenant_id, 0, $2 from tenant_keys k where k.tenant_id = $1
        on conflict (tenant_id) do update set number = audit_heads.number
        returning number, hash, now()";
    { tenant: i64 => BigInt, first: Vec<u8> => Binary }
    -> { i64 => BigInt, Vec<u8> => Binary, SqlInstant => Timestamptz }
}

statement! {
    /// One more entry.
    tenant InsertEntry = "insert into audit_log
            (tenant_id, number, recorded_at, action, subject, actor, api_key, partner, before, after, previous_hash, hash)
        select k.tenant_id, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12 from tenant_keys k where k.tenant_id = $1";
    {
        tenant: i64 => BigInt, number: i64 => BigInt, recorded_at: SqlInstant => Timestamptz, action: String => Text,
        subject: String => Text, actor: String => Text, key: Option<Uuid> => Nullable<SqlUuid>,
        partner: Option<String> => Nullable<Text>, before: Option<String> => Nullable<Text>,
        after: Option<String> => Nullable<Text>, previous: Vec<u8> => Binary, hash: Vec<u8> => Binary,
    }
}

statement! {
    /// The chain ends there now.
    tenant MoveHead = "update audit_heads set number = $2, hash = $3 where tenant_id = $1";
    { tenant: i64 => BigInt, number: i64 => BigInt, hash: Vec<u8> => Binary }
}
