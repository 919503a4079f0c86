//! The sums' statements.

use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamptz};

use crate::db::time::SqlInstant;
use crate::statement;

statement! {
    /// The database's time and the number of this transaction; nothing for a tenant with a clock of its own.
    tenant Frontier = "select clock_timestamp(), pg_current_xact_id()::text::bigint
        from tenant_keys where tenant_id = $1 and test_clock is null";
    { tenant: i64 => BigInt }
    -> { SqlInstant => Timestamptz, i64 => BigInt }
}

statement! {
    /// Whether every transaction has ended that wrote before the one with this number.
    tenant HaveEnded = "select pg_snapshot_xmin(pg_current_snapshot())::text::bigint > $2 from tenant_keys where tenant_id = $1";
    { tenant: i64 => BigInt, began: i64 => BigInt }
    -> { bool => Bool }
}

statement! {
    /// The last moment until an instant that sums are known of. They count for nothing once the tenant has a clock of
    /// its own.
    tenant LastMoment = "select s.until from ledger_sums s
        where s.tenant_id = $1 and s.until <= $2
          and exists (select 1 from tenant_keys k where k.tenant_id = $1 and k.test_clock is null)
        order by s.until desc limit 1";
    { tenant: i64 => BigInt, until: SqlInstant => Timestamptz }
    -> { SqlInstant => Timestamptz }
}

statement! {
    /// How many transactions were recorded in a span, counted up to a limit.
    tenant RecordedWithin = "select count(*) from (
            select 1 from ledger_transactions t
            where t.tenant_id = $1 and ($2 is null or t.recorded_at >= $2) and t.recorded_at < $3
            limit $4) as found";
    { tenant: i64 => BigInt, from: Option<SqlInstant> => Nullable<Timestamptz>, until: SqlInstant => Timestamptz,
      limit: i64 => BigInt }
    -> { i64 => BigInt }
}

statement! {
    /// Write down the sums at a moment: those at the one before and the moves since. Another worker may have done it, and
    /// the one before may be gone, so that there is nothing to build on; before the first move it never had any.
    tenant CloseMoment = "insert into ledger_sums (tenant_id, until, wallet, debit, credit, points)
        select k.tenant_id, $3, m.wallet, m.debit, m.credit, m.points
        from tenant_keys k cross join (
            select r.wallet, r.debit, r.credit, sum(r.points)::bigint as points from (
                select s.wallet, s.debit, s.credit, s.points from ledger_sums s where s.tenant_id = $1 and s.until = $2
                union all
                select unnest(t.wallets), unnest(t.debits), unnest(t.credits), unnest(t.points) from ledger_transactions t
                where t.tenant_id = $1 and ($2 is null or t.recorded_at >= $2) and t.recorded_at < $3
            ) r group by r.wallet, r.debit, r.credit
        ) m
        where k.tenant_id = $1 and k.test_clock is null
          and ($2 is null or exists (select 1 from ledger_sums b where b.tenant_id = $1 and b.until = $2)
            or not exists (select 1 from ledger_transactions t
                where t.tenant_id = $1 and t.recorded_at < $2 and cardinality(t.points) > 0))
        on conflict (tenant_id, until, wallet, debit, credit) do nothing";
    { tenant: i64 => BigInt, from: Option<SqlInstant> => Nullable<Timestamptz>, until: SqlInstant => Timestamptz }
}

statement! {
    /// Every account of every wallet, from all that was recorded until an instant: the sums at a moment before it, if one
    /// is known, and the moves since.
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
        from (
            select s.wallet, s.debit, s.credit, s.points from ledger_sums s where s.tenant_id = $1 and s.until = $2
            union all
            select m.wallet, m.debit, m.credit, sum(m.points) from (
                select unnest(t.wallets) as wallet, unnest(t.debits) as debit, unnest(t.credits) as credit,
                    unnest(t.points) as points
                from ledger_transactions t
                where t.tenant_id = $1 and ($2 is null or t.recorded_at >= $2) and t.recorded_at <= $3
            ) m group by m.wallet, m.debit, m.credit
        ) r group by r.wallet order by r.wallet";
    { tenant: i64 => BigInt, from: Option<SqlInstant> => Nullable<Timestamptz>, until: SqlInstant => Timestamptz }
    -> { String => Text, i64 => BigInt, i64 => BigInt, i64 => BigInt, i64 => BigInt, i64 => BigInt, i64 => BigInt,
         i64 => BigInt, i64 => BigInt, i64 => BigInt, i64 => BigInt }
}
