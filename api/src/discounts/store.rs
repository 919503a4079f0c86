//! The statements behind a member's discounts.

use diesel::sql_types::{BigInt, Date, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

use crate::db::time::{SqlDate, SqlInstant};
use crate::statement;

statement! {
    /// When the member enrolled, and how far its ledger has come.
    tenant MemberHead = "select m.enrolled_at, l.version, l.last_recorded_at
        from members m join member_ledgers l on l.tenant_id = $1 and l.member_id = m.id
        where m.tenant_id = $1 and m.id = $2";
    { tenant: i64 => BigInt, member: Uuid => SqlUuid }
    -> { SqlInstant => Timestamptz, i64 => BigInt, SqlInstant => Timestamptz }
}

statement! {
    /// What the member bought, by business date.
    tenant DaysOf = "select business_date, spend, gross_spend, visits, points_earned from member_days
        where tenant_id = $1 and member_id = $2 and business_date is not null order by business_date";
    { tenant: i64 => BigInt, member: Uuid => SqlUuid }
    -> { SqlDate => Date, i64 => BigInt, i64 => BigInt, i64 => BigInt, i64 => BigInt }
}
