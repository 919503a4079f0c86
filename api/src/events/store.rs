//! Rows of events for those who list them.

use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use domain::id::{EventId, MemberId};
use uuid::Uuid;

use crate::db::time::SqlInstant;
use crate::db::{DbError, TenantConn};
use crate::statement;

use super::Event;

statement! {
    /// Events before one, latest first; all of them, or those of one type.
    tenant EventsBefore = "select id, type, recorded_at, member_id, data from outbox
        where tenant_id = $1 and id < $2 and ($3::text is null or type = $3) order by id desc limit $4";
    { tenant: i64 => BigInt, before: Uuid => SqlUuid, kind: Option<&'static str> => Nullable<Text>, limit: i64 => BigInt }
    -> { Uuid => SqlUuid, String => Text, SqlInstant => Timestamptz, Option<Uuid> => Nullable<SqlUuid>, String => Text }
}

statement! {
    /// Whether the tenant has the event.
    tenant HasEvent = "select true from outbox where tenant_id = $1 and id = $2";
    { tenant: i64 => BigInt, event: Uuid => SqlUuid }
    -> { bool => Bool }
}

statement! {
    /// Send an event once more to every enabled endpoint that wants to hear of it.
    tenant Redeliver = "insert into webhook_deliveries (tenant_id, endpoint_id, event_id, status, next_attempt_at)
        select k.tenant_id, e.id, o.id, 'pending', now()
        from tenant_keys k
        join webhook_endpoints e on e.tenant_id = $1 and e.is_enabled and e.deleted_at is null
        join outbox o on o.tenant_id = $1 and o.id = $2 and (cardinality(e.events) = 0 or o.type = any (e.events))
        where k.tenant_id = $1
        on conflict (tenant_id, endpoint_id, event_id) do update
            set status = 'pending', attempts = 0, next_attempt_at = now()";
    { tenant: i64 => BigInt, event: Uuid => SqlUuid }
}

pub(super) async fn before(
    tx: &TenantConn,
    before: Uuid,
    kind: Option<&'static str>,
    limit: i64,
) -> Result<Vec<Event>, DbError> {
    let page = EventsBefore {
        tenant: tx.number(),
        before,
        kind,
        limit,
    };
    let rows = page.all(tx).await?.into_iter();
    let event =
        |(id, kind, recorded_at, member, data): (_, _, SqlInstant, Option<Uuid>, String)| {
            let data = serde_json::from_str(&data);
            Ok(Event {
                id: EventId::from_uuid(id),
                r#type: kind,
                timestamp: recorded_at.into(),
                member_id: member.map(MemberId::from_uuid),
                data: data.map_err(|error| DbError::Failed(error.to_string()))?,
            })
        };
    rows.map(event).collect()
}

pub(super) async fn has(tx: &TenantConn, event: EventId) -> Result<bool, DbError> {
    let (tenant, event) = (tx.number(), event.uuid());
    Ok(!HasEvent { tenant, event }.all(tx).await?.is_empty())
}
