//! The statements of ranks for readers.

use diesel::sql_types::{
    BigInt, Bool, Date, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid,
};
use uuid::Uuid;

use crate::db::time::{SqlDate, SqlInstant};
use crate::statement;

statement! {
    /// Changes of a member's ranks, the newest first; without steps that spending made beneath a rank that somebody set.
    tenant RankChangesOf = "select ladder, number, code, previous, effective_at, recorded_at, cause, purchase_id, until,
            reason, numbers, program_version
        from rank_changes
        where tenant_id = $1 and member_id = $2 and (recorded_at, ladder, number) < ($3, $4, $5)
            and (code is distinct from previous or cause in ('manual', 'manual_taken_back'))
        order by recorded_at desc, ladder desc, number desc limit $6";
    { tenant: i64 => BigInt, member: Uuid => SqlUuid, before: SqlInstant => Timestamptz, ladder: String => Text,
      number: i32 => Integer, limit: i64 => BigInt }
    -> { String => Text, i32 => Integer, Option<String> => Nullable<Text>, Option<String> => Nullable<Text>,
         SqlInstant => Timestamptz, SqlInstant => Timestamptz, String => Text, Option<Uuid> => Nullable<SqlUuid>,
         Option<SqlDate> => Nullable<Date>, Option<String> => Nullable<Text>, String => Text, i32 => Integer }
}

statement! {
    /// Whether the tenant has this member.
    tenant HasMember = "select true from members where tenant_id = $1 and id = $2";
    { tenant: i64 => BigInt, member: Uuid => SqlUuid }
    -> { bool => Bool }
}
