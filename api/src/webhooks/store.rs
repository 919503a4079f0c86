//! Rows of endpoints and their deliveries.

use diesel::sql_types::{
    Array, BigInt, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid,
};
use domain::id::{EventId, WebhookEndpointId};
use jiff::Timestamp;
use uuid::Uuid;

use crate::db::time::{SqlInstant, maybe_from};
use crate::db::{DbError, TenantConn};
use crate::outbox::EventType;
use crate::statement;

use super::WebhookEndpoint;
use super::deliveries::{Delivery, DeliveryStatus};

type EndpointRow = (
    Uuid,
    String,
    Vec<String>,
    Option<String>,
    bool,
    SqlInstant,
    Option<SqlInstant>,
    Option<String>,
    Option<SqlInstant>,
    Option<SqlInstant>,
    i32,
);

statement! {
    /// Add an endpoint. Nothing is added without the tenant's anchor.
    tenant InsertEndpoint = "insert into webhook_endpoints (tenant_id, id, url, events, description, created_at)
        select k.tenant_id, $2, $3, $4, $5, now() from tenant_keys k where k.tenant_id = $1";
    { tenant: i64 => BigInt, id: Uuid => SqlUuid, url: String => Text, events: Vec<&'static str> => Array<Text>,
      description: Option<String> => Nullable<Text> }
}

statement! {
    /// How many endpoints the tenant has.
    tenant CountEndpoints = "select count(*) from webhook_endpoints where tenant_id = $1 and deleted_at is null";
    { tenant: i64 => BigInt }
    -> { i64 => BigInt }
}

statement! {
    /// Endpoints after an id, in the order in which they were made.
    tenant EndpointsAfter = "select id, url, events, description, is_enabled, created_at, disabled_at, disabled_reason,
            failing_since, previous_secret_until, secret_number
        from webhook_endpoints where tenant_id = $1 and id > $2 and deleted_at is null order by id limit $3";
    { tenant: i64 => BigInt, after: Uuid => SqlUuid, limit: i64 => BigInt }
    -> { Uuid => SqlUuid, String => Text, Vec<String> => Array<Text>, Option<String> => Nullable<Text>, bool => Bool,
         SqlInstant => Timestamptz, Option<SqlInstant> => Nullable<Timestamptz>, Option<String> => Nullable<Text>,
         Option<SqlInstant> => Nullable<Timestamptz>, Option<SqlInstant> => Nullable<Timestamptz>, i32 => Integer }
}

statement! {
    /// One endpoint.
    tenant EndpointById = "select id, url, events, description, is_enabled, created_at, disabled_at, disabled_reason,
            failing_since, previous_secret_until, secret_number
        from webhook_endpoints where tenant_id = $1 and id = $2 and deleted_at is null";
    { tenant: i64 => BigInt, id: Uuid => SqlUuid }
    -> { Uuid => SqlUuid, String => Text, Vec<String> => Array<Text>, Option<String> => Nullable<Text>, bool => Bool,
         SqlInstant => Timestamptz, Option<SqlInstant> => Nullable<Timestamptz>, Option<String> => Nullable<Text>,
         Option<SqlInstant> => Nullable<Timestamptz>, Option<SqlInstant> => Nullable<Timestamptz>, i32 => Integer }
}

statement! {
    /// Take an endpoint away; its deliveries go with it later.
    tenant DeleteEndpoint = "update webhook_endpoints set deleted_at = now(), is_enabled = false
        where tenant_id = $1 and id = $2 and deleted_at is null";
    { tenant: i64 => BigInt, id: Uuid => SqlUuid }
}

statement! {
    /// Send events there again, from now on and what still waits.
    tenant EnableEndpoint = "update webhook_endpoints set is_enabled = true, disabled_at = null, disabled_reason = null,
            failing_since = null, failures = 0, paused_until = null
        where tenant_id = $1 and id = $2 and deleted_at is null";
    { tenant: i64 => BigInt, id: Uuid => SqlUuid }
}

statement! {
    /// The next secret counts; the one before does too, for so many seconds.
    tenant RotateSecret = "update webhook_endpoints set secret_number = secret_number + 1,
            previous_secret_until = now() + make_interval(secs => $3)
        where tenant_id = $1 and id = $2 and deleted_at is null";
    { tenant: i64 => BigInt, id: Uuid => SqlUuid, grace_seconds: i32 => Integer }
}

statement! {
    /// Deliveries of an endpoint before an event, latest first; all of them, or those of one status.
    tenant DeliveriesBefore = "select d.event_id, o.type, d.status, d.attempts, d.next_attempt_at, d.last_attempt_at,
            d.response_status, d.response_body, d.error
        from webhook_deliveries d join outbox o on o.tenant_id = $1 and o.id = d.event_id
        where d.tenant_id = $1 and d.endpoint_id = $2 and d.event_id < $3 and ($4::text is null or d.status = $4)
        order by d.event_id desc limit $5";
    { tenant: i64 => BigInt, endpoint: Uuid => SqlUuid, before: Uuid => SqlUuid,
      status: Option<&'static str> => Nullable<Text>, limit: i64 => BigInt }
    -> { Uuid => SqlUuid, String => Text, String => Text, i32 => Integer, SqlInstant => Timestamptz,
         Option<SqlInstant> => Nullable<Timestamptz>, Option<i32> => Nullable<Integer>,
         Option<String> => Nullable<Text>, Option<String> => Nullable<Text> }
}

fn endpoint(row: EndpointRow) -> WebhookEndpoint {
    let (id, url, events, description, is_enabled, created_at, disabled, reason, failing, until, n) =
        row;
    let known = events.iter().filter_map(|text| EventType::named(text));
    WebhookEndpoint {
        id: WebhookEndpointId::from_uuid(id),
        url,
        events: known.collect(),
        description,
        is_enabled,
        created_at: created_at.into(),
        disabled_at: maybe_from(disabled),
        disabled_reason: reason,
        failing_since: maybe_from(failing),
        previous_secret_until: maybe_from(until),
        secret_number: n,
    }
}

pub(super) async fn count(tx: &TenantConn) -> Result<i64, DbError> {
    let tenant = tx.number();
    let rows = CountEndpoints { tenant }.all(tx).await?;
    Ok(rows.first().map_or(0, |(count,)| *count))
}

pub(super) async fn after(
    tx: &TenantConn,
    after: Uuid,
    limit: i64,
) -> Result<Vec<WebhookEndpoint>, DbError> {
    let tenant = tx.number();
    let page = EndpointsAfter {
        tenant,
        after,
        limit,
    };
    Ok(page.all(tx).await?.into_iter().map(endpoint).collect())
}

pub(super) async fn by_id(
    tx: &TenantConn,
    id: WebhookEndpointId,
) -> Result<Option<WebhookEndpoint>, DbError> {
    let (tenant, id) = (tx.number(), id.uuid());
    let found = EndpointById { tenant, id }.all(tx).await?.pop();
    Ok(found.map(endpoint))
}

pub(super) async fn deliveries_before(
    tx: &TenantConn,
    endpoint: WebhookEndpointId,
    (before, limit): (Uuid, i64),
    status: Option<DeliveryStatus>,
) -> Result<Vec<Delivery>, DbError> {
    let page = DeliveriesBefore {
        tenant: tx.number(),
        endpoint: endpoint.uuid(),
        before,
        status: status.map(DeliveryStatus::as_str),
        limit,
    };
    let rows = page.all(tx).await?.into_iter();
    let delivery = |(event, kind, status, attempts, next, last, code, body, error)| {
        let kind: String = kind;
        let status: String = status;
        let status = DeliveryStatus::named(&status);
        let next: SqlInstant = next;
        Delivery {
            event_id: EventId::from_uuid(event),
            r#type: kind,
            status,
            attempts,
            next_attempt_at: (status == DeliveryStatus::Pending).then(|| Timestamp::from(next)),
            last_attempt_at: maybe_from(last),
            response_status: code,
            response_body: body,
            error,
        }
    };
    Ok(rows.map(delivery).collect())
}
