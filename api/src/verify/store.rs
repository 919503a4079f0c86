//! What the proofs of ranks and of audit logs read.

use diesel::sql_types::{
    BigInt, Binary, Date, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid,
};
use uuid::Uuid;

use crate::db::time::{SqlDate, SqlInstant};
use crate::statement;

statement! {
    /// Every tenant.
    control TenantNumbers = "select id from tenants order by id";
    {}
    -> { i64 => BigInt }
}

statement! {
    /// Some members with something recorded, after one of them.
    tenant MembersAfter = "select l.member_id, m.enrolled_at from member_ledgers l
            join members m on m.tenant_id = $1 and m.id = l.member_id
        where l.tenant_id = $1 and l.member_id > $2
          and (l.last_day is not null
            or exists (select 1 from rank_changes c where c.tenant_id = $1 and c.member_id = l.member_id))
        order by l.member_id limit $3";
    { tenant: i64 => BigInt, after: Uuid => SqlUuid, limit: i64 => BigInt }
    -> { Uuid => SqlUuid, SqlInstant => Timestamptz }
}

statement! {
    /// The receipts of a range of members with what they counted.
    tenant ReceiptsIn = "select t.member_id, t.version, p.id, p.occurred_at,
            (coalesce(o.outcome, p.outcome)::json -> 'counted')::text
        from ledger_transactions t left join operations o on o.tenant_id = $1 and o.id = t.subject
            join purchases p on p.tenant_id = $1 and p.id = coalesce(o.subject, t.subject)
        where t.tenant_id = $1 and t.kind in ('purchase', 'claim') and t.member_id > $2 and t.member_id <= $3
        order by t.member_id, t.version";
    { tenant: i64 => BigInt, after: Uuid => SqlUuid, until: Uuid => SqlUuid }
    -> { Uuid => SqlUuid, i64 => BigInt, Uuid => SqlUuid, SqlInstant => Timestamptz, Option<String> => Nullable<Text> }
}

statement! {
    /// Goods of a range of members that came back, with what they counted.
    tenant ReturnsIn = "select t.member_id, t.version, p.id, t.recorded_at, (p.outcome::json ->> 'program_version')::integer,
            (o.outcome::json -> 'counted')::text
        from ledger_transactions t join operations o on o.tenant_id = $1 and o.id = t.subject
            join purchases p on p.tenant_id = $1 and p.id = o.subject
        where t.tenant_id = $1 and t.kind in ('return', 'void') and t.member_id > $2 and t.member_id <= $3
        order by t.member_id, t.version";
    { tenant: i64 => BigInt, after: Uuid => SqlUuid, until: Uuid => SqlUuid }
    -> { Uuid => SqlUuid, i64 => BigInt, Uuid => SqlUuid, SqlInstant => Timestamptz, i32 => Integer,
         Option<String> => Nullable<Text> }
}

statement! {
    /// The changes of ranks of a range of members.
    tenant ChangesIn = "select member_id, ladder, number, code, previous, effective_at, cause, purchase_id, until, reason,
            numbers, program_version, version
        from rank_changes where tenant_id = $1 and member_id > $2 and member_id <= $3
        order by member_id, ladder, number";
    { tenant: i64 => BigInt, after: Uuid => SqlUuid, until: Uuid => SqlUuid }
    -> { Uuid => SqlUuid, String => Text, i32 => Integer, Option<String> => Nullable<Text>,
         Option<String> => Nullable<Text>, SqlInstant => Timestamptz, String => Text, Option<Uuid> => Nullable<SqlUuid>,
         Option<SqlDate> => Nullable<Date>, Option<String> => Nullable<Text>, String => Text, i32 => Integer, i64 => BigInt }
}

statement! {
    /// Some entries of an audit log, after one of them.
    tenant AuditEntriesAfter = "select number, recorded_at, action, subject, actor, api_key, partner, before, after,
            previous_hash, hash
        from audit_log where tenant_id = $1 and number > $2 order by number limit $3";
    { tenant: i64 => BigInt, after: i64 => BigInt, limit: i64 => BigInt }
    -> { i64 => BigInt, SqlInstant => Timestamptz, String => Text, String => Text, String => Text,
         Option<Uuid> => Nullable<SqlUuid>, Option<String> => Nullable<Text>, Option<String> => Nullable<Text>,
         Option<String> => Nullable<Text>, Vec<u8> => Binary, Vec<u8> => Binary }
}

statement! {
    /// Where an audit log ends.
    tenant AuditHead = "select number, hash from audit_heads where tenant_id = $1";
    { tenant: i64 => BigInt }
    -> { i64 => BigInt, Vec<u8> => Binary }
}
