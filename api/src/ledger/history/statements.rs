//! One statement per kind of fact, however many members and ranges are asked for.

use diesel::sql_types::{Array, BigInt, Binary, Date, Integer, Nullable, Text, Uuid as SqlUuid};
use uuid::Uuid;

use crate::db::time::SqlDate;
use crate::statement;

statement! {
    /// Counters of members over ranges of business dates; a range without any has no row. The days of each are looked up
    /// by key, which `offset 0` makes sure of: as a join, days would be read for the whole tenant.
    tenant CountersOf = "select u.place, sum(d.spend)::bigint, sum(d.gross_spend)::bigint, sum(d.visits)::bigint,
            sum(d.points_earned)::bigint, max(d.business_date) filter (where d.visits > 0)
        from (select * from unnest($2, $3, $4, $5) as t (place, member_id, first, last)) u
        cross join lateral (select * from member_days d where d.tenant_id = $1 and d.member_id = u.member_id
            and d.business_date between coalesce(u.first, '-infinity') and u.last offset 0) d
        group by u.place";
    { tenant: i64 => BigInt, place: Vec<i32> => Array<Integer>, member: Vec<Uuid> => Array<SqlUuid>,
      from: Vec<Option<SqlDate>> => Array<Nullable<Date>>, to: Vec<SqlDate> => Array<Date> }
    -> { i32 => Integer, i64 => BigInt, i64 => BigInt, i64 => BigInt, i64 => BigInt, Option<SqlDate> => Nullable<Date> }
}

statement! {
    /// What codes with limits granted to members over ranges of business dates.
    tenant UsesOf = "select u.place, sum(r.points)::bigint, sum(r.times)::bigint
        from (select * from unnest($2, $3, $4, $5, $6) as t (place, member_id, code, first, last)) u
        join rule_uses r on r.tenant_id = $1 and r.member_id = u.member_id and r.code = u.code
            and r.business_date between coalesce(u.first, '-infinity') and u.last
        group by u.place";
    { tenant: i64 => BigInt, place: Vec<i32> => Array<Integer>, member: Vec<Uuid> => Array<SqlUuid>,
      code: Vec<String> => Array<Text>, from: Vec<Option<SqlDate>> => Array<Nullable<Date>>,
      to: Vec<SqlDate> => Array<Date> }
    -> { i32 => Integer, i64 => BigInt, i64 => BigInt }
}

statement! {
    /// Lock what campaigns granted, in order of the code, so that two nodes can't wait for each other.
    tenant LockBudgets = "select code, points, times from budgets
        where tenant_id = $1 and code = any($2) order by code for no key update";
    { tenant: i64 => BigInt, codes: Vec<String> => Array<Text> }
    -> { String => Text, i64 => BigInt, i64 => BigInt }
}

statement! {
    /// The same without the lock, for a quote.
    tenant ReadBudgets = "select code, points, times from budgets where tenant_id = $1 and code = any($2)";
    { tenant: i64 => BigInt, codes: Vec<String> => Array<Text> }
    -> { String => Text, i64 => BigInt, i64 => BigInt }
}

statement! {
    /// Who members are, still sealed; without a profile after it was erased.
    tenant PeopleOf = "select m.id, m.attributes::text, p.wrapped_key, p.sealed
        from members m left join member_profiles p on p.tenant_id = $1 and p.member_id = m.id
        where m.tenant_id = $1 and m.id = any($2)";
    { tenant: i64 => BigInt, members: Vec<Uuid> => Array<SqlUuid> }
    -> { Uuid => SqlUuid, String => Text, Option<Vec<u8>> => Nullable<Binary>, Option<Vec<u8>> => Nullable<Binary> }
}
