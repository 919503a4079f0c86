//! The statements behind balances, expirations and the statement of a member.

use diesel::sql_types::{
    Array, BigInt, Bool, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid,
};
use uuid::Uuid;

use crate::db::time::SqlInstant;
use crate::statement;

statement! {
    /// Version and wallets of a member in one statement, so that both are of the same moment. A lot
    /// that is over is taken off, swept or not; the next expiry lies after the moment of reading.
    tenant MemberWallets = "select k.catalog_revision, k.test_clock_moves, n.at, l.version, l.last_recorded_at,
            w.wallet, w.available - coalesce(o.points, 0)::bigint, w.pending, w.reserved, w.deficit,
            nullif(case when w.next_expires_at <= n.at then o.next_expires_at else w.next_expires_at end, 'infinity')
        from members m
        join tenant_keys k on k.tenant_id = $1
        join member_ledgers l on l.tenant_id = $1 and l.member_id = m.id
        cross join lateral (select greatest(coalesce(k.test_clock, statement_timestamp()),
            l.last_recorded_at) as at) n
        left join lateral unnest(l.wallets, l.available, l.pending, l.reserved, l.deficit, l.next_expiries)
            as w (wallet, available, pending, reserved, deficit, next_expires_at) on true
        left join lateral (
            select sum(t.remaining) filter (where t.expires_at <= n.at) as points,
                min(t.expires_at) filter (where t.expires_at > n.at) as next_expires_at
            from lots t
            where t.tenant_id = $1 and t.member_id = m.id and t.wallet = w.wallet and t.remaining > 0
                and t.pending_until is null and w.next_expires_at <= n.at
        ) o on true
        where m.tenant_id = $1 and m.id = $2";
    { tenant: i64 => BigInt, member: Uuid => SqlUuid }
    -> {
        i64 => BigInt, i64 => BigInt, SqlInstant => Timestamptz, i64 => BigInt, SqlInstant => Timestamptz,
        Option<String> => Nullable<Text>, Option<i64> => Nullable<BigInt>, Option<i64> => Nullable<BigInt>,
        Option<i64> => Nullable<BigInt>, Option<i64> => Nullable<BigInt>, Option<SqlInstant> => Nullable<Timestamptz>,
    }
}

statement! {
    /// How often the clock of a sandbox tenant was moved.
    tenant ClockMoves = "select test_clock_moves from tenant_keys where tenant_id = $1";
    { tenant: i64 => BigInt }
    -> { i64 => BigInt }
}

statement! {
    /// The member's version at an instant.
    tenant VersionAt = "select coalesce(max(version), 0) from ledger_transactions
        where tenant_id = $1 and member_id = $2 and recorded_at <= $3";
    { tenant: i64 => BigInt, member: Uuid => SqlUuid, until: SqlInstant => Timestamptz }
    -> { i64 => BigInt }
}

statement! {
    /// What the moves up to a version left in each wallet. Lots that were over at the instant are taken off what was
    /// available, swept or not; a lot's end only ever moves while it is not over.
    tenant WalletsAt = "select r.wallet,
            (sum(case when r.credit = 1 then r.points when r.debit = 1 then -r.points else 0 end)
                - coalesce(sum(case when l.expires_at > $4 or l.id is null then 0
                    when r.credit = 1 then r.points when r.debit = 1 then -r.points else 0 end), 0))::bigint,
            sum(case when r.credit = 2 then r.points when r.debit = 2 then -r.points else 0 end)::bigint,
            sum(case when r.credit = 3 then r.points when r.debit = 3 then -r.points else 0 end)::bigint,
            sum(case when r.debit = 4 then r.points when r.credit = 4 then -r.points else 0 end)::bigint
        from ledger_transfers r
        left join lots l on l.tenant_id = $1 and l.member_id = $2 and l.id = r.lot_id
        where r.tenant_id = $1 and r.member_id = $2 and r.version <= $3
        group by r.wallet";
    { tenant: i64 => BigInt, member: Uuid => SqlUuid, version: i64 => BigInt, until: SqlInstant => Timestamptz }
    -> { String => Text, i64 => BigInt, i64 => BigInt, i64 => BigInt, i64 => BigInt }
}

statement! {
    /// The member and version of a transaction, found by what made it ($3), by the transfer whose receiver's it is ($4), or
    /// among those that time alone made.
    tenant FindTransaction = "select t.member_id, t.version from (
            select member_id, (outcome::json ->> 'version')::bigint as version
                from purchases where tenant_id = $1 and id = $3 and member_id is not null
            union all select member_id, (outcome::json ->> 'version')::bigint
                from redemptions where tenant_id = $1 and id = $3
            union all select member_id, (outcome::json ->> 'version')::bigint
                from purchase_events where tenant_id = $1 and id = $3
            union all select member_id, version
                from operations where tenant_id = $1 and id = $3 and member_id is not null
            union all select counterpart_id, counterpart_version
                from operations where tenant_id = $1 and id = $4 and counterpart_id is not null
            union all select member_id, version
                from ledger_transactions where tenant_id = $1 and id = $2 and subject is null
        ) made
        join ledger_transactions t on t.tenant_id = $1 and t.member_id = made.member_id and t.version = made.version
        where t.id = $2";
    { tenant: i64 => BigInt, id: Uuid => SqlUuid, maker: Uuid => SqlUuid, transfer: Uuid => SqlUuid }
    -> { Uuid => SqlUuid, i64 => BigInt }
}

statement! {
    /// Whether the tenant has the member.
    tenant MemberIsThere = "select exists (select 1 from members where tenant_id = $1 and id = $2)";
    { tenant: i64 => BigInt, member: Uuid => SqlUuid }
    -> { bool => Bool }
}

statement! {
    /// Open lots that will expire, the soonest first, after a place in that order.
    tenant LotsToExpire = "select id, wallet, remaining, expires_at, occurred_at, rule from lots
        where tenant_id = $1 and member_id = $2 and (expires_at, id) > ($3, $4)
            and expires_at > (select coalesce(test_clock, statement_timestamp()) from tenant_keys where tenant_id = $1)
            and expires_at < 'infinity' and remaining > 0
        order by expires_at, id limit $5";
    {
        tenant: i64 => BigInt, member: Uuid => SqlUuid, after: SqlInstant => Timestamptz,
        after_lot: Uuid => SqlUuid, limit: i64 => BigInt,
    }
    -> {
        Uuid => SqlUuid, String => Text, i64 => BigInt, SqlInstant => Timestamptz,
        SqlInstant => Timestamptz, String => Text,
    }
}

/// Transactions of a member before a version, the newest first. What they belong to is looked up one by one, by plain
/// columns: behind row-level security an expression such as `coalesce` finds no index, and reads all receipts.
macro_rules! transactions_before {
    ($condition:literal) => {
        concat!(
            "select f.version, f.id, f.kind, f.occurred_at, f.recorded_at, f.purchase, f.redemption, f.reason, f.corrects
            from (select t.version, t.id, t.kind, t.occurred_at, t.recorded_at,
                coalesce(
                    (select p.id from purchases p where p.tenant_id = $1 and p.id = t.subject),
                    (select p.id from operations o join purchases p on p.tenant_id = $1 and p.id = o.subject
                        where o.tenant_id = $1 and o.id = t.subject),
                    (select e.purchase_id from purchase_events e where e.tenant_id = $1 and e.id = t.subject)) as purchase,
                coalesce(
                    (select r.id from redemptions r where r.tenant_id = $1 and r.id = t.subject),
                    (select r.id from operations o join redemptions r on r.tenant_id = $1 and r.id = o.subject
                        where o.tenant_id = $1 and o.id = t.subject)) as redemption,
                t.reason, t.corrects
            from ledger_transactions t
            where t.tenant_id = $1 and t.member_id = $2 and t.version < $3) f",
            $condition,
            " order by f.version desc limit $4"
        )
    };
}

statement! {
    /// All of them.
    tenant TransactionsBefore = transactions_before!("");
    { tenant: i64 => BigInt, member: Uuid => SqlUuid, before: i64 => BigInt, limit: i64 => BigInt }
    -> {
        i64 => BigInt, Uuid => SqlUuid, String => Text, SqlInstant => Timestamptz, SqlInstant => Timestamptz,
        Option<Uuid> => Nullable<SqlUuid>, Option<Uuid> => Nullable<SqlUuid>, Option<String> => Nullable<Text>,
        Option<Uuid> => Nullable<SqlUuid>,
    }
}

statement! {
    /// Those that took place in some stores ($5), or in none.
    tenant TransactionsOfStores = transactions_before!("
            where (f.purchase is null or exists (select 1 from purchases p
                    join stores s on s.tenant_id = $1 and s.id = p.store_id
                    where p.tenant_id = $1 and p.id = f.purchase and s.code = any($5)))
                and (f.redemption is null or exists (select 1 from redemptions r
                    where r.tenant_id = $1 and r.id = f.redemption and r.outcome::json ->> 'store' = any($5)))");
    {
        tenant: i64 => BigInt, member: Uuid => SqlUuid, before: i64 => BigInt, limit: i64 => BigInt,
        stores: Vec<String> => Array<Text>,
    }
    -> {
        i64 => BigInt, Uuid => SqlUuid, String => Text, SqlInstant => Timestamptz, SqlInstant => Timestamptz,
        Option<Uuid> => Nullable<SqlUuid>, Option<Uuid> => Nullable<SqlUuid>, Option<String> => Nullable<Text>,
        Option<Uuid> => Nullable<SqlUuid>,
    }
}

statement! {
    /// The rows of transactions, in the order in which they took place.
    tenant TransfersOf = "select version, wallet, debit, credit, points, balance_after, rule, lot_id
        from ledger_transfers
        where tenant_id = $1 and member_id = $2 and version = any($3)
        order by version, position";
    { tenant: i64 => BigInt, member: Uuid => SqlUuid, versions: Vec<i64> => Array<BigInt> }
    -> {
        i64 => BigInt, String => Text, i16 => SmallInt, i16 => SmallInt, i64 => BigInt, i64 => BigInt,
        Option<String> => Nullable<Text>, Option<Uuid> => Nullable<SqlUuid>,
    }
}

statement! {
    /// What wallets held before versions that moved nothing.
    tenant BalancesBefore = "select u.version, coalesce((
            select m.balance_after from ledger_transactions t
            cross join lateral (
                select x.balance_after from unnest(t.wallets, t.balances_after) with ordinality x (wallet, balance_after, place)
                where x.wallet = u.wallet order by x.place desc limit 1) m
            where t.tenant_id = $1 and t.member_id = $2 and t.version < u.version and u.wallet = any (t.wallets)
            order by t.version desc limit 1), 0)
        from tenant_keys k, unnest($3, $4) u (version, wallet)
        where k.tenant_id = $1";
    {
        tenant: i64 => BigInt, member: Uuid => SqlUuid, versions: Vec<i64> => Array<BigInt>,
        wallets: Vec<String> => Array<Text>,
    }
    -> { i64 => BigInt, i64 => BigInt }
}

statement! {
    /// The codes of the stores of a purchase and of a redemption.
    tenant StoresOf = "select
            (select s.code from purchases p join stores s on s.tenant_id = $1 and s.id = p.store_id
                where p.tenant_id = $1 and p.id = $2),
            (select r.outcome::json ->> 'store' from redemptions r where r.tenant_id = $1 and r.id = $3)";
    { tenant: i64 => BigInt, purchase: Option<Uuid> => Nullable<SqlUuid>, redemption: Option<Uuid> => Nullable<SqlUuid> }
    -> { Option<String> => Nullable<Text>, Option<String> => Nullable<Text> }
}
