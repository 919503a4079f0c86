//! The statements of the hot path: fixed text, set-based, each naming the tenant as `$1`.
//! Inserts select from the anchor row, so that without the tenant set they write nothing. Many columns
//! are unnested side by side in a select: as a table, each is first put away by itself and read again.

use diesel::sql_types::{
    Array, BigInt, Date, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid,
};
use uuid::Uuid;

use crate::db::place::{Place, Tid};
use crate::db::time::{SqlDate, SqlInstant};
use crate::statement;

/// Members with their ledgers as far as a decision asks for them: all of it stands in one row.
macro_rules! ledgers_of {
    ($lock:literal) => {
        concat!(
            "select ctid, member_id, version, last_recorded_at, last_day,
                array[day_spend, day_gross_spend, day_visits, day_points_earned], status, enrolled_at, wallets, available,
                pending, reserved, deficit, next_expiries
            from member_ledgers where tenant_id = $1 and member_id = any($2)",
            $lock
        )
    };
}

statement! {
    /// Lock the members of a batch in ascending order, so that two nodes can't wait for each other.
    tenant LockMembers = ledgers_of!(" order by member_id for no key update");
    { tenant: i64 => BigInt, members: Vec<Uuid> => Array<SqlUuid> }
    -> { Place => Tid, Uuid => SqlUuid, i64 => BigInt, SqlInstant => Timestamptz, Option<SqlDate> => Nullable<Date>,
         Vec<i64> => Array<BigInt>, String => Text, SqlInstant => Timestamptz, Vec<String> => Array<Text>,
         Vec<i64> => Array<BigInt>, Vec<i64> => Array<BigInt>, Vec<i64> => Array<BigInt>, Vec<i64> => Array<BigInt>,
         Vec<Option<SqlInstant>> => Array<Nullable<Timestamptz>> }
}

statement! {
    /// The same without the lock, for a quote.
    tenant ReadMembers = ledgers_of!("");
    { tenant: i64 => BigInt, members: Vec<Uuid> => Array<SqlUuid> }
    -> { Place => Tid, Uuid => SqlUuid, i64 => BigInt, SqlInstant => Timestamptz, Option<SqlDate> => Nullable<Date>,
         Vec<i64> => Array<BigInt>, String => Text, SqlInstant => Timestamptz, Vec<String> => Array<Text>,
         Vec<i64> => Array<BigInt>, Vec<i64> => Array<BigInt>, Vec<i64> => Array<BigInt>, Vec<i64> => Array<BigInt>,
         Vec<Option<SqlInstant>> => Array<Nullable<Timestamptz>> }
}

statement! {
    /// The open lots of the members that need them, cancelled ones too: an event that comes too
    /// late must be told.
    tenant OpenLots = "select member_id, id, wallet, granted, remaining, activates_at,
            nullif(expires_at, 'infinity'), occurred_at, transaction_id, rule, program_version,
            nullif(pending_until, 'infinity'), awaits
        from lots where tenant_id = $1 and member_id = any($2) and (remaining > 0 or pending_until is not null)";
    { tenant: i64 => BigInt, members: Vec<Uuid> => Array<SqlUuid> }
    -> { Uuid => SqlUuid, Uuid => SqlUuid, String => Text, i64 => BigInt, i64 => BigInt,
         Option<SqlInstant> => Nullable<Timestamptz>, Option<SqlInstant> => Nullable<Timestamptz>,
         SqlInstant => Timestamptz, Uuid => SqlUuid, String => Text, i32 => Integer,
         Option<SqlInstant> => Nullable<Timestamptz>, Option<String> => Nullable<Text> }
}

statement! {
    /// Receipts that were recorded before under the same till identities.
    tenant KnownReceipts = "select till_identity, content_hash, outcome from purchases
        where tenant_id = $1 and till_identity = any($2)";
    { tenant: i64 => BigInt, identities: Vec<Uuid> => Array<SqlUuid> }
    -> { Uuid => SqlUuid, Uuid => SqlUuid, String => Text }
}

statement! {
    /// Redemptions that were made before under the same references.
    tenant KnownReferences = "select reference, content_hash, outcome from redemptions
        where tenant_id = $1 and reference = any($2)";
    { tenant: i64 => BigInt, references: Vec<Uuid> => Array<SqlUuid> }
    -> { Uuid => SqlUuid, Uuid => SqlUuid, String => Text }
}

statement! {
    /// One row per redemption outside a receipt.
    tenant InsertRedemptions = "insert into redemptions (tenant_id, id, member_id, reference, content_hash, occurred_at,
            recorded_at, actor, outcome)
        select k.tenant_id, u.id, u.member_id, u.reference, u.content_hash, u.occurred_at, u.recorded_at, u.actor,
            u.outcome
        from tenant_keys k, (select unnest($2), unnest($3), unnest($4), unnest($5), unnest($6), unnest($7),
            unnest($8), unnest($9)) as u
            (id, member_id, reference, content_hash, occurred_at, recorded_at, actor, outcome)
        where k.tenant_id = $1";
    { tenant: i64 => BigInt, id: Vec<Uuid> => Array<SqlUuid>, member: Vec<Uuid> => Array<SqlUuid>,
      reference: Vec<Option<Uuid>> => Array<Nullable<SqlUuid>>, content: Vec<Uuid> => Array<SqlUuid>,
      occurred_at: Vec<SqlInstant> => Array<Timestamptz>, recorded_at: Vec<SqlInstant> => Array<Timestamptz>,
      actor: Vec<Uuid> => Array<SqlUuid>, outcome: Vec<String> => Array<Text> }
}

statement! {
    /// Lots that were activated, cancelled or kept alive, as they are afterwards; apart from those
    /// that were only spent from, since the end of a lot is part of its key.
    tenant MoveLots = "update lots set remaining = u.remaining, expires_at = coalesce(u.expires_at, 'infinity'),
            activates_at = u.activates_at, pending_until = case when u.awaits is null then u.pending_until
                else coalesce(u.pending_until, 'infinity') end, awaits = u.awaits
        from (select unnest($2), unnest($3), unnest($4), unnest($5), unnest($6), unnest($7), unnest($8), unnest($9)) as u
            (member_id, expired_at, id, remaining, expires_at, activates_at, pending_until, awaits)
        where lots.tenant_id = $1 and lots.member_id = u.member_id
          and lots.expires_at = coalesce(u.expired_at, 'infinity') and lots.id = u.id";
    { tenant: i64 => BigInt, member: Vec<Uuid> => Array<SqlUuid>,
      expired_at: Vec<Option<SqlInstant>> => Array<Nullable<Timestamptz>>, id: Vec<Uuid> => Array<SqlUuid>,
      remaining: Vec<i64> => Array<BigInt>, expires_at: Vec<Option<SqlInstant>> => Array<Nullable<Timestamptz>>,
      activates_at: Vec<Option<SqlInstant>> => Array<Nullable<Timestamptz>>,
      pending_until: Vec<Option<SqlInstant>> => Array<Nullable<Timestamptz>>,
      awaits: Vec<Option<String>> => Array<Nullable<Text>> }
}

statement! {
    /// One row per event of a purchase.
    tenant InsertEvents = "insert into purchase_events (tenant_id, id, purchase_id, member_id, event, occurred_at,
            recorded_at, actor, outcome)
        select k.tenant_id, u.id, u.purchase_id, u.member_id, u.event, u.occurred_at, u.recorded_at, u.actor,
            u.outcome
        from tenant_keys k, (select unnest($2), unnest($3), unnest($4), unnest($5), unnest($6), unnest($7),
            unnest($8), unnest($9)) as u
            (id, purchase_id, member_id, event, occurred_at, recorded_at, actor, outcome)
        where k.tenant_id = $1";
    { tenant: i64 => BigInt, id: Vec<Uuid> => Array<SqlUuid>, purchase: Vec<Uuid> => Array<SqlUuid>,
      member: Vec<Uuid> => Array<SqlUuid>, event: Vec<String> => Array<Text>,
      occurred_at: Vec<SqlInstant> => Array<Timestamptz>, recorded_at: Vec<SqlInstant> => Array<Timestamptz>,
      actor: Vec<Uuid> => Array<SqlUuid>, outcome: Vec<String> => Array<Text> }
}

statement! {
    /// What is added to the counters of business dates before the latest of each member.
    tenant AddDays = "insert into earlier_days (tenant_id, member_id, business_date, spend, gross_spend, visits,
            points_earned)
        select k.tenant_id, u.* from tenant_keys k, (select unnest($2), unnest($3), unnest($4), unnest($5), unnest($6),
            unnest($7)) as u (member_id, business_date, spend, gross_spend, visits, points_earned)
        where k.tenant_id = $1
        on conflict (tenant_id, member_id, business_date) do update set
            spend = earlier_days.spend + excluded.spend,
            gross_spend = earlier_days.gross_spend + excluded.gross_spend,
            visits = earlier_days.visits + excluded.visits,
            points_earned = earlier_days.points_earned + excluded.points_earned";
    { tenant: i64 => BigInt, member: Vec<Uuid> => Array<SqlUuid>, business_date: Vec<SqlDate> => Array<Date>,
      spend: Vec<i64> => Array<BigInt>, gross_spend: Vec<i64> => Array<BigInt>, visits: Vec<i64> => Array<BigInt>,
      points_earned: Vec<i64> => Array<BigInt> }
}

statement! {
    /// What is left of lots that were spent from.
    tenant UpdateLots = "update lots set remaining = u.remaining
        from (select unnest($2), unnest($3), unnest($4), unnest($5)) as u (member_id, expires_at, id, remaining)
        where lots.tenant_id = $1 and lots.member_id = u.member_id
          and lots.expires_at = coalesce(u.expires_at, 'infinity') and lots.id = u.id";
    { tenant: i64 => BigInt, member: Vec<Uuid> => Array<SqlUuid>,
      expires_at: Vec<Option<SqlInstant>> => Array<Nullable<Timestamptz>>, id: Vec<Uuid> => Array<SqlUuid>,
      remaining: Vec<i64> => Array<BigInt> }
}

statement! {
    /// Members with points whose day has come.
    tenant ActivationsDue = "select distinct d.member_id from (
            select member_id from lots
            where tenant_id = $1 and pending_until <= $2 and pending_until < 'infinity' and awaits is null
            order by pending_until limit $3) d";
    { tenant: i64 => BigInt, until: SqlInstant => Timestamptz, limit: i64 => BigInt }
    -> { Uuid => SqlUuid }
}

statement! {
    /// Members with points whose time is over, or that waited too long for their event.
    tenant ExpiriesDue = "(select member_id from member_ledgers
            where tenant_id = $1 and next_expires_at <= $2 and next_expires_at < 'infinity'
            order by next_expires_at limit $3)
        union (select member_id from lots
            where tenant_id = $1 and pending_until <= $2 and pending_until < 'infinity' and awaits is not null
            order by pending_until limit $3)";
    { tenant: i64 => BigInt, until: SqlInstant => Timestamptz, limit: i64 => BigInt }
    -> { Uuid => SqlUuid }
}

statement! {
    /// When the points of wallets really end that said too early a time.
    tenant LookForNextExpiry = "update member_ledgers set next_expires_at = n.earliest, next_expiries = n.expiries
        from (
            select m.member_id, coalesce(min(e.expires_at), 'infinity') as earliest,
                array_agg(e.expires_at order by w.place) as expiries
            from member_ledgers m
            cross join lateral unnest(m.wallets) with ordinality as w (wallet, place)
            left join lateral (
                select nullif(min(l.expires_at), 'infinity') as expires_at from lots l
                where l.tenant_id = $1 and l.member_id = m.member_id and l.wallet = w.wallet and l.remaining > 0
            ) e on true
            where m.tenant_id = $1 and m.member_id = any($2) and m.next_expires_at <= $3
            group by m.member_id
        ) n
        where member_ledgers.tenant_id = $1 and member_ledgers.member_id = n.member_id and n.earliest > $3";
    { tenant: i64 => BigInt, members: Vec<Uuid> => Array<SqlUuid>, until: SqlInstant => Timestamptz }
}

statement! {
    /// One row per operation. No conflict clause: who comes second to a subject must look again.
    tenant InsertOperations = "insert into operations (tenant_id, id, kind, subject, number, member_id, version, counterpart_id,
            counterpart_version, occurred_at, recorded_at, actor, outcome)
        select k.tenant_id, u.* from tenant_keys k, (select unnest($2), unnest($3), unnest($4), unnest($5),
            unnest($6), unnest($7), unnest($8), unnest($9), unnest($10), unnest($11), unnest($12), unnest($13)) as u
            (id, kind, subject, number, member_id, version, counterpart_id, counterpart_version, occurred_at, recorded_at,
             actor, outcome)
        where k.tenant_id = $1";
    { tenant: i64 => BigInt, id: Vec<Uuid> => Array<SqlUuid>, kind: Vec<&'static str> => Array<Text>,
      subject: Vec<Option<Uuid>> => Array<Nullable<SqlUuid>>, number: Vec<Option<i32>> => Array<Nullable<Integer>>,
      member: Vec<Option<Uuid>> => Array<Nullable<SqlUuid>>, version: Vec<Option<i64>> => Array<Nullable<BigInt>>,
      counterpart: Vec<Option<Uuid>> => Array<Nullable<SqlUuid>>,
      counterpart_version: Vec<Option<i64>> => Array<Nullable<BigInt>>,
      occurred_at: Vec<SqlInstant> => Array<Timestamptz>, recorded_at: Vec<SqlInstant> => Array<Timestamptz>,
      actor: Vec<Uuid> => Array<SqlUuid>, outcome: Vec<String> => Array<Text> }
}
