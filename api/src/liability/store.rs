//! The sums of a tenant's ledger.

use diesel::sql_types::{BigInt, Text, Timestamptz};

use crate::db::time::SqlInstant;
use crate::statement;

statement! {
    /// Every account of every wallet, from all that was recorded until an instant.
    tenant Accounts = "select r.wallet,
            sum(case when r.debit = 11 then r.points when r.credit = 11 then -r.points else 0 end)::bigint,
            sum(case when r.credit = 12 then r.points when r.debit = 12 then -r.points else 0 end)::bigint,
            sum(case when r.credit = 13 then r.points when r.debit = 13 then -r.points else 0 end)::bigint,
            sum(case when r.debit = 14 then r.points when r.credit = 14 then -r.points else 0 end)::bigint,
            sum(case when r.credit = 15 then r.points when r.debit = 15 then -r.points else 0 end)::bigint,
            sum(case when r.credit = 16 then r.points else 0 end)::bigint,
            sum(case when r.credit = 1 then r.points when r.debit = 1 then -r.points else 0 end)::bigint,
            sum(case when r.credit = 2 then r.points when r.debit = 2 then -r.points else 0 end)::bigint,
            sum(case when r.credit = 3 then r.points when r.debit = 3 then -r.points else 0 end)::bigint,
            sum(case when r.debit = 4 then r.points when r.credit = 4 then -r.points else 0 end)::bigint
        from ledger_transactions t
        join ledger_transfers r on r.tenant_id = $1 and r.member_id = t.member_id and r.version = t.version
        where t.tenant_id = $1 and t.recorded_at <= $2
        group by r.wallet order by r.wallet";
    { tenant: i64 => BigInt, until: SqlInstant => Timestamptz }
    -> { String => Text, i64 => BigInt, i64 => BigInt, i64 => BigInt, i64 => BigInt, i64 => BigInt, i64 => BigInt,
         i64 => BigInt, i64 => BigInt, i64 => BigInt, i64 => BigInt }
}
