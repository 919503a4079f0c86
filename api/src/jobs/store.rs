//! The jobs' statements.

use diesel::sql_types::{BigInt, Bool, Date, Nullable, Text, Time, Timestamptz};

use crate::db::time::{SqlDate, SqlInstant, SqlTime};
use crate::statement;

statement! {
    /// Every tenant with what makes its business days, and the database's time.
    control EveryTenant = "select id, time_zone, business_day_cutover, earlier_cutovers::text, clock_timestamp() from tenants
        where status <> 'deleted' order by id";
    {}
    -> { i64 => BigInt, String => Text, SqlTime => Time, String => Text, SqlInstant => Timestamptz }
}

statement! {
    /// Some of the keys that are older than they need to be kept.
    tenant PurgeKeys = "delete from idempotency_keys where tenant_id = $1 and key in (
            select key from idempotency_keys where tenant_id = $1 and recorded_at < $2 limit $3)";
    { tenant: i64 => BigInt, before: SqlInstant => Timestamptz, limit: i64 => BigInt }
}

statement! {
    /// Take a job of a business day; nothing is touched when it is done or somebody has it.
    tenant TakeRun = "insert into job_runs (tenant_id, job, business_date, leased_until)
        select k.tenant_id, $2, $3, $5 from tenant_keys k where k.tenant_id = $1
        on conflict (tenant_id, job, business_date) do update set leased_until = excluded.leased_until
        where job_runs.finished_at is null and job_runs.leased_until <= $4";
    { tenant: i64 => BigInt, job: &'static str => Text, date: SqlDate => Date, now: SqlInstant => Timestamptz,
      until: SqlInstant => Timestamptz }
}

statement! {
    /// Whether a job of a business day is done.
    tenant IsFinished = "select finished_at is not null from job_runs
        where tenant_id = $1 and job = $2 and business_date = $3";
    { tenant: i64 => BigInt, job: &'static str => Text, date: SqlDate => Date }
    -> { bool => Bool }
}

statement! {
    /// Whether somebody is at another job of the tenant.
    tenant IsAtWork = "select exists (select 1 from job_runs
            where tenant_id = $1 and job <> $2 and finished_at is null and leased_until > $3)";
    { tenant: i64 => BigInt, other_than: &'static str => Text, now: SqlInstant => Timestamptz }
    -> { bool => Bool }
}

statement! {
    /// Note that a job of a business day is done.
    tenant FinishRun = "insert into job_runs (tenant_id, job, business_date, leased_until, finished_at)
        select k.tenant_id, $2, $3, $4, $4 from tenant_keys k where k.tenant_id = $1
        on conflict (tenant_id, job, business_date) do update set finished_at = excluded.finished_at";
    { tenant: i64 => BigInt, job: &'static str => Text, date: SqlDate => Date, now: SqlInstant => Timestamptz }
}

statement! {
    /// Whether some reservation is over.
    tenant IsAnyLapsed = "select exists (select 1 from reservations where tenant_id = $1 and expires_at <= $2)";
    { tenant: i64 => BigInt, until: SqlInstant => Timestamptz }
    -> { bool => Bool }
}

statement! {
    /// The next instant at which a reservation is over.
    tenant NextRelease = "select min(expires_at) from reservations where tenant_id = $1";
    { tenant: i64 => BigInt }
    -> { Option<SqlInstant> => Nullable<Timestamptz> }
}

statement! {
    /// The next instant at which time does something by itself.
    tenant NextDue = "select least(
            (select min(next_expires_at) from member_ledgers where tenant_id = $1 and next_expires_at < 'infinity'),
            (select min(pending_until) from lots where tenant_id = $1 and pending_until < 'infinity'))
        from tenant_keys where tenant_id = $1";
    { tenant: i64 => BigInt }
    -> { Option<SqlInstant> => Nullable<Timestamptz> }
}

statement! {
    /// The clock of a sandbox tenant, once it was set.
    tenant TestClock = "select test_clock from tenant_keys where tenant_id = $1";
    { tenant: i64 => BigInt }
    -> { Option<SqlInstant> => Nullable<Timestamptz> }
}

statement! {
    /// Set the clock of a sandbox tenant; never back. Copies of balances from before count for nothing from then on.
    tenant SetTestClock = "update tenant_keys
        set test_clock = greatest(test_clock, $2), test_clock_moves = test_clock_moves + 1
        where tenant_id = $1";
    { tenant: i64 => BigInt, now: SqlInstant => Timestamptz }
}
