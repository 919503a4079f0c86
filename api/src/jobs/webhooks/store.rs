//! Statements of deliveries. Everything goes by the database's time, whatever a tenant's clock says.

use diesel::sql_types::{
    Array, BigInt, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid,
};
use uuid::Uuid;

use crate::db::time::SqlInstant;
use crate::statement;

statement! {
    /// Tenants with an enabled endpoint; none that was deleted.
    control TenantsWithWebhooks = "select id from tenants where has_webhooks and status <> 'deleted' order by id";
    {}
    -> { i64 => BigInt }
}

statement! {
    /// Events that were not shared out yet, in the order in which they were made; another worker's are passed over.
    tenant WaitingEvents = "select id from outbox where tenant_id = $1 and not is_dispatched
        order by id limit $2 for no key update skip locked";
    { tenant: i64 => BigInt, limit: i64 => BigInt }
    -> { Uuid => SqlUuid }
}

statement! {
    /// A delivery of each event for each endpoint that wants to hear of it.
    tenant Dispatch = "insert into webhook_deliveries (tenant_id, endpoint_id, event_id, status, next_attempt_at)
        select k.tenant_id, e.id, o.id, 'pending', o.written_at
        from tenant_keys k
        join webhook_endpoints e on e.tenant_id = $1 and e.is_enabled and e.deleted_at is null
        join outbox o on o.tenant_id = $1 and o.id = any ($2) and (cardinality(e.events) = 0 or o.type = any (e.events))
        where k.tenant_id = $1
        on conflict (tenant_id, endpoint_id, event_id) do nothing";
    { tenant: i64 => BigInt, events: Vec<Uuid> => Array<SqlUuid> }
}

statement! {
    /// They were shared out.
    tenant MarkDispatched = "update outbox set is_dispatched = true where tenant_id = $1 and id = any ($2)";
    { tenant: i64 => BigInt, events: Vec<Uuid> => Array<SqlUuid> }
}

statement! {
    /// Take endpoints that have something due and are nobody's.
    tenant ClaimEndpoints = "update webhook_endpoints set leased_until = now() + interval '60 seconds'
        where tenant_id = $1 and id in (
            select e.id from webhook_endpoints e
            where e.tenant_id = $1 and e.is_enabled and e.deleted_at is null
              and (e.leased_until is null or e.leased_until < now())
              and (e.paused_until is null or e.paused_until <= now())
              and exists (select 1 from webhook_deliveries d where d.tenant_id = $1 and d.endpoint_id = e.id
                  and d.status = 'pending' and d.next_attempt_at <= now())
            limit $2 for no key update skip locked)
        returning id";
    { tenant: i64 => BigInt, limit: i64 => BigInt }
    -> { Uuid => SqlUuid }
}

statement! {
    /// Keep an endpoint for another while, and what is needed to serve it; nothing once it is disabled or gone.
    tenant KeepEndpoint = "update webhook_endpoints set leased_until = now() + interval '60 seconds'
        where tenant_id = $1 and id = $2 and is_enabled and deleted_at is null
        returning url, secret_number, previous_secret_until > now(), failures";
    { tenant: i64 => BigInt, endpoint: Uuid => SqlUuid }
    -> { String => Text, i32 => Integer, Option<bool> => Nullable<Bool>, i32 => Integer }
}

statement! {
    /// What is due at an endpoint.
    tenant DueDeliveries = "select d.event_id, d.attempts, o.type, o.recorded_at, o.data
        from webhook_deliveries d join outbox o on o.tenant_id = $1 and o.id = d.event_id
        where d.tenant_id = $1 and d.endpoint_id = $2 and d.status = 'pending' and d.next_attempt_at <= now()
        order by d.next_attempt_at, d.event_id limit $3";
    { tenant: i64 => BigInt, endpoint: Uuid => SqlUuid, limit: i64 => BigInt }
    -> { Uuid => SqlUuid, i32 => Integer, String => Text, SqlInstant => Timestamptz, String => Text }
}

statement! {
    /// What became of messages.
    tenant RecordDeliveries = "update webhook_deliveries d set status = u.status, attempts = u.attempts,
            next_attempt_at = now() + u.delay * interval '1 second', last_attempt_at = now(),
            response_status = u.response_status, response_body = u.response_body, error = u.error
        from unnest($3, $4, $5, $6, $7, $8, $9)
            u (event_id, status, attempts, delay, response_status, response_body, error)
        where d.tenant_id = $1 and d.endpoint_id = $2 and d.event_id = u.event_id";
    {
        tenant: i64 => BigInt, endpoint: Uuid => SqlUuid, event: Vec<Uuid> => Array<SqlUuid>,
        status: Vec<&'static str> => Array<Text>, attempts: Vec<i32> => Array<Integer>, delay: Vec<i64> => Array<BigInt>,
        response_status: Vec<Option<i32>> => Array<Nullable<Integer>>,
        response_body: Vec<Option<String>> => Array<Nullable<Text>>, error: Vec<Option<String>> => Array<Nullable<Text>>,
    }
}

statement! {
    /// Something arrived.
    tenant NoteSuccess = "update webhook_endpoints set failing_since = null, failures = 0, paused_until = null
        where tenant_id = $1 and id = $2 and failures > 0";
    { tenant: i64 => BigInt, endpoint: Uuid => SqlUuid }
}

statement! {
    /// Nothing arrived; whether that goes on for five days.
    tenant NoteFailure = "update webhook_endpoints set failing_since = coalesce(failing_since, now()),
            failures = failures + 1, paused_until = now() + $3 * interval '1 second', leased_until = null
        where tenant_id = $1 and id = $2
        returning failing_since <= now() - interval '5 days'";
    { tenant: i64 => BigInt, endpoint: Uuid => SqlUuid, pause: i64 => BigInt }
    -> { bool => Bool }
}

statement! {
    /// Switch an endpoint off.
    tenant DisableEndpoint = "update webhook_endpoints set is_enabled = false, disabled_at = now(), disabled_reason = $3
        where tenant_id = $1 and id = $2 and is_enabled and deleted_at is null";
    { tenant: i64 => BigInt, endpoint: Uuid => SqlUuid, reason: &'static str => Text }
}

statement! {
    /// Leave an endpoint to whoever comes next.
    tenant ReleaseEndpoint = "update webhook_endpoints set leased_until = null where tenant_id = $1 and id = $2";
    { tenant: i64 => BigInt, endpoint: Uuid => SqlUuid }
}

statement! {
    /// Some deliveries to endpoints that were taken away.
    tenant PurgeDeliveriesOfGone = "delete from webhook_deliveries where tenant_id = $1 and (endpoint_id, event_id) in (
            select d.endpoint_id, d.event_id from webhook_deliveries d
            join webhook_endpoints e on e.tenant_id = $1 and e.id = d.endpoint_id
            where d.tenant_id = $1 and e.deleted_at is not null limit $2)";
    { tenant: i64 => BigInt, limit: i64 => BigInt }
}

statement! {
    /// Endpoints that were taken away, once their deliveries are gone.
    tenant PurgeGoneEndpoints = "delete from webhook_endpoints where tenant_id = $1 and deleted_at is not null
        and not exists (select 1 from webhook_deliveries d where d.tenant_id = $1 and d.endpoint_id = webhook_endpoints.id)";
    { tenant: i64 => BigInt }
}

statement! {
    /// Some deliveries of events that are older than they need to be kept.
    tenant PurgeOldDeliveries = "delete from webhook_deliveries where tenant_id = $1 and event_id in (
            select id from outbox where tenant_id = $1 and id < $2 order by id limit $3)";
    { tenant: i64 => BigInt, before: Uuid => SqlUuid, limit: i64 => BigInt }
}

statement! {
    /// The same events.
    tenant PurgeOldEvents = "delete from outbox where tenant_id = $1 and id in (
            select id from outbox where tenant_id = $1 and id < $2 order by id limit $3)";
    { tenant: i64 => BigInt, before: Uuid => SqlUuid, limit: i64 => BigInt }
}
