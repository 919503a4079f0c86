//! The statements of reviews.

use diesel::sql_types::{Array, BigInt, Bool, Date, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

use crate::db::time::{SqlDate, SqlInstant};
use crate::statement;

statement! {
    /// Lock members in ascending order, with what reviews look at.
    tenant LockForReview = "select member_id, version, last_recorded_at, status, enrolled_at from member_ledgers
        where tenant_id = $1 and member_id = any($2)
        order by member_id for no key update";
    { tenant: i64 => BigInt, members: Vec<Uuid> => Array<SqlUuid> }
    -> { Uuid => SqlUuid, i64 => BigInt, SqlInstant => Timestamptz, String => Text, SqlInstant => Timestamptz }
}

statement! {
    /// The same with all members of a range.
    tenant LockBetween = "select member_id, version, last_recorded_at, status, enrolled_at from member_ledgers
        where tenant_id = $1 and member_id > $2 and member_id <= $3
        order by member_id for no key update";
    { tenant: i64 => BigInt, after: Uuid => SqlUuid, until: Uuid => SqlUuid }
    -> { Uuid => SqlUuid, i64 => BigInt, SqlInstant => Timestamptz, String => Text, SqlInstant => Timestamptz }
}

statement! {
    /// Note that the reviews of a date begin; the number of this transaction.
    tenant BeginReview = "update tenant_keys set ranks_began_on = greatest(ranks_began_on, $2) where tenant_id = $1
        returning pg_current_xact_id()::text::bigint";
    { tenant: i64 => BigInt, date: SqlDate => Date }
    -> { i64 => BigInt }
}

statement! {
    /// Whether every transaction has ended that wrote before the one with this number.
    tenant IsAlone = "select pg_snapshot_xmin(pg_current_snapshot())::text::bigint > $2 from tenant_keys where tenant_id = $1";
    { tenant: i64 => BigInt, began: i64 => BigInt }
    -> { bool => Bool }
}

statement! {
    /// Note that the reviews up to a date are done for everybody.
    tenant FinishReview = "update tenant_keys set ranks_reviewed_on = $2
        where tenant_id = $1 and (ranks_reviewed_on is null or ranks_reviewed_on < $2)";
    { tenant: i64 => BigInt, date: SqlDate => Date }
}

statement! {
    /// The last member of a range of so many and one.
    tenant EndOfRange = "select member_id from member_ledgers where tenant_id = $1 and member_id > $2
        order by member_id offset $3 limit 1";
    { tenant: i64 => BigInt, after: Uuid => SqlUuid, skipped: i64 => BigInt }
    -> { Uuid => SqlUuid }
}

statement! {
    /// The members of a range for whom something was recorded, or who have a rank.
    tenant MembersIn = "select l.member_id from member_ledgers l
        where l.tenant_id = $1 and l.member_id > $2 and l.member_id <= $3
          and (l.last_day is not null
            or exists (select 1 from ranks r where r.tenant_id = $1 and r.member_id = l.member_id))
        order by l.member_id";
    { tenant: i64 => BigInt, after: Uuid => SqlUuid, until: Uuid => SqlUuid }
    -> { Uuid => SqlUuid }
}

statement! {
    /// Counters of the members of a range over some dates.
    tenant SumsIn = "select member_id, sum(spend)::bigint, sum(gross_spend)::bigint, sum(visits)::bigint,
            sum(points_earned)::bigint
        from member_days where tenant_id = $1 and member_id > $2 and member_id <= $3
          and business_date between coalesce($4, '-infinity') and $5
        group by member_id";
    { tenant: i64 => BigInt, after: Uuid => SqlUuid, until: Uuid => SqlUuid, from: Option<SqlDate> => Nullable<Date>,
      to: SqlDate => Date }
    -> { Uuid => SqlUuid, i64 => BigInt, i64 => BigInt, i64 => BigInt, i64 => BigInt }
}

statement! {
    /// The steps that spending made of the members of a range.
    tenant RanksIn = "select member_id, ladder, earned from ranks
        where tenant_id = $1 and member_id > $2 and member_id <= $3";
    { tenant: i64 => BigInt, after: Uuid => SqlUuid, until: Uuid => SqlUuid }
    -> { Uuid => SqlUuid, String => Text, Option<String> => Nullable<Text> }
}

statement! {
    /// Members whose ranks must be looked at whatever their counters say.
    tenant RanksToLookAt = "select distinct member_id from ranks
        where tenant_id = $1 and member_id > $2 and (is_late or manual_until is not null)
          and (is_late or manual_until < $3)
        order by member_id limit $4";
    { tenant: i64 => BigInt, after: Uuid => SqlUuid, date: SqlDate => Date, limit: i64 => BigInt }
    -> { Uuid => SqlUuid }
}
