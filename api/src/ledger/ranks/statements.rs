//! The statements of ranks.

use diesel::sql_types::{
    Array, BigInt, Bool, Date, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid,
};
use uuid::Uuid;

use crate::db::time::{SqlDate, SqlInstant};
use crate::statement;

statement! {
    /// Where members stand on ladders.
    tenant RanksOf = "select member_id, ladder, earned, earned_on, manual, manual_until, since, changes, reviewed_on, is_late
        from ranks where tenant_id = $1 and member_id = any($2)";
    { tenant: i64 => BigInt, members: Vec<Uuid> => Array<SqlUuid> }
    -> { Uuid => SqlUuid, String => Text, Option<String> => Nullable<Text>, Option<SqlDate> => Nullable<Date>,
         Option<String> => Nullable<Text>, Option<SqlDate> => Nullable<Date>, Option<SqlInstant> => Nullable<Timestamptz>,
         i32 => Integer, Option<SqlDate> => Nullable<Date>, bool => Bool }
}

statement! {
    /// The same of all members of a range.
    tenant RanksBetween = "select member_id, ladder, earned, earned_on, manual, manual_until, since, changes, reviewed_on, is_late
        from ranks where tenant_id = $1 and member_id > $2 and member_id <= $3";
    { tenant: i64 => BigInt, after: Uuid => SqlUuid, until: Uuid => SqlUuid }
    -> { Uuid => SqlUuid, String => Text, Option<String> => Nullable<Text>, Option<SqlDate> => Nullable<Date>,
         Option<String> => Nullable<Text>, Option<SqlDate> => Nullable<Date>, Option<SqlInstant> => Nullable<Timestamptz>,
         i32 => Integer, Option<SqlDate> => Nullable<Date>, bool => Bool }
}

statement! {
    /// Every change of the ranks of members, in order.
    tenant PastRanksOf = "select member_id, ladder, effective_at, code from rank_changes
        where tenant_id = $1 and member_id = any($2) order by member_id, ladder, number";
    { tenant: i64 => BigInt, members: Vec<Uuid> => Array<SqlUuid> }
    -> { Uuid => SqlUuid, String => Text, SqlInstant => Timestamptz, Option<String> => Nullable<Text> }
}

statement! {
    /// What was recorded of members day by day, each over its own dates, and looked up by key (`offset 0`).
    tenant DaysOf = "select d.member_id, d.business_date, d.spend, d.gross_spend, d.visits, d.points_earned
        from (select * from unnest($2, $3, $4) as t (member_id, first, last)) u
        cross join lateral (select * from member_days d where d.tenant_id = $1 and d.member_id = u.member_id
            and d.business_date between coalesce(u.first, '-infinity') and u.last offset 0) d";
    { tenant: i64 => BigInt, member: Vec<Uuid> => Array<SqlUuid>, from: Vec<Option<SqlDate>> => Array<Nullable<Date>>,
      to: Vec<SqlDate> => Array<Date> }
    -> { Uuid => SqlUuid, SqlDate => Date, i64 => BigInt, i64 => BigInt, i64 => BigInt, i64 => BigInt }
}

statement! {
    /// What was recorded of all members of a range day by day, over the same dates.
    tenant DaysBetween = "select member_id, business_date, spend, gross_spend, visits, points_earned from member_days
        where tenant_id = $1 and member_id > $2 and member_id <= $3
          and business_date between coalesce($4, '-infinity') and $5";
    { tenant: i64 => BigInt, after: Uuid => SqlUuid, until: Uuid => SqlUuid, from: Option<SqlDate> => Nullable<Date>,
      to: SqlDate => Date }
    -> { Uuid => SqlUuid, SqlDate => Date, i64 => BigInt, i64 => BigInt, i64 => BigInt, i64 => BigInt }
}

statement! {
    /// No conflict clause: the members are locked, and who has a row is known.
    tenant InsertRanks = "insert into ranks (tenant_id, member_id, ladder, earned, earned_on, manual, manual_until, since,
            changes, reviewed_on, is_late)
        select k.tenant_id, u.* from tenant_keys k, (select unnest($2), unnest($3), unnest($4), unnest($5), unnest($6),
            unnest($7), unnest($8), unnest($9), unnest($10), unnest($11)) as u
            (member_id, ladder, earned, earned_on, manual, manual_until, since, changes, reviewed_on, is_late)
        where k.tenant_id = $1";
    { tenant: i64 => BigInt, member: Vec<Uuid> => Array<SqlUuid>, ladder: Vec<String> => Array<Text>,
      earned: Vec<Option<String>> => Array<Nullable<Text>>, earned_on: Vec<Option<SqlDate>> => Array<Nullable<Date>>,
      manual: Vec<Option<String>> => Array<Nullable<Text>>, manual_until: Vec<Option<SqlDate>> => Array<Nullable<Date>>,
      since: Vec<Option<SqlInstant>> => Array<Nullable<Timestamptz>>, changes: Vec<i32> => Array<Integer>,
      reviewed_on: Vec<Option<SqlDate>> => Array<Nullable<Date>>, is_late: Vec<bool> => Array<Bool> }
}

statement! {
    /// The other ladders as they are afterwards.
    tenant UpdateRanks = "update ranks set earned = u.earned, earned_on = u.earned_on, manual = u.manual,
            manual_until = u.manual_until, since = u.since, changes = u.changes, reviewed_on = u.reviewed_on,
            is_late = u.is_late
        from (select unnest($2), unnest($3), unnest($4), unnest($5), unnest($6), unnest($7), unnest($8), unnest($9),
            unnest($10), unnest($11)) as u
            (member_id, ladder, earned, earned_on, manual, manual_until, since, changes, reviewed_on, is_late)
        where ranks.tenant_id = $1 and ranks.member_id = u.member_id and ranks.ladder = u.ladder";
    { tenant: i64 => BigInt, member: Vec<Uuid> => Array<SqlUuid>, ladder: Vec<String> => Array<Text>,
      earned: Vec<Option<String>> => Array<Nullable<Text>>, earned_on: Vec<Option<SqlDate>> => Array<Nullable<Date>>,
      manual: Vec<Option<String>> => Array<Nullable<Text>>, manual_until: Vec<Option<SqlDate>> => Array<Nullable<Date>>,
      since: Vec<Option<SqlInstant>> => Array<Nullable<Timestamptz>>, changes: Vec<i32> => Array<Integer>,
      reviewed_on: Vec<Option<SqlDate>> => Array<Nullable<Date>>, is_late: Vec<bool> => Array<Bool> }
}

statement! {
    /// One row per change.
    tenant InsertRankChanges = "insert into rank_changes (tenant_id, member_id, ladder, number, code, previous,
            effective_at, recorded_at, cause, purchase_id, until, reason, numbers, program_version, version, actor)
        select k.tenant_id, u.* from tenant_keys k, (select unnest($2), unnest($3), unnest($4), unnest($5), unnest($6),
            unnest($7), unnest($8), unnest($9), unnest($10), unnest($11), unnest($12), unnest($13), unnest($14),
            unnest($15), unnest($16)) as u
            (member_id, ladder, number, code, previous, effective_at, recorded_at, cause, purchase_id, until, reason,
             numbers, program_version, version, actor)
        where k.tenant_id = $1";
    { tenant: i64 => BigInt, member: Vec<Uuid> => Array<SqlUuid>, ladder: Vec<String> => Array<Text>,
      number: Vec<i32> => Array<Integer>, code: Vec<Option<String>> => Array<Nullable<Text>>,
      previous: Vec<Option<String>> => Array<Nullable<Text>>, effective_at: Vec<SqlInstant> => Array<Timestamptz>,
      recorded_at: Vec<SqlInstant> => Array<Timestamptz>, cause: Vec<&'static str> => Array<Text>,
      purchase: Vec<Option<Uuid>> => Array<Nullable<SqlUuid>>, until: Vec<Option<SqlDate>> => Array<Nullable<Date>>,
      reason: Vec<Option<String>> => Array<Nullable<Text>>, numbers: Vec<String> => Array<Text>,
      program_version: Vec<i32> => Array<Integer>, version: Vec<i64> => Array<BigInt>,
      actor: Vec<Uuid> => Array<SqlUuid> }
}
