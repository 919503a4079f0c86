//! Rows of partners; a control table, since partners belong to no tenant.

use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use domain::id::PartnerId;
use jiff::Timestamp;
use uuid::Uuid;

use crate::db::DbError;
use crate::db::tenant::OnControl;
use crate::db::time::{SqlInstant, maybe_from};
use crate::statement;

use super::Partner;

statement! {
    /// Keep a new partner.
    control InsertPartner = "insert into partners (id, name, key_id, secret_hash, last_four, created_at, changed_at)
        values ($1, $2, $3, $4, $5, now(), now()) returning created_at";
    { id: Uuid => SqlUuid, name: String => Text, key: Uuid => SqlUuid, secret_hash: String => Text, last_four: String => Text }
    -> { SqlInstant => Timestamptz }
}

statement! {
    /// Partners after an id.
    control PartnersAfter = "select id, name, last_four, created_at, revoked_at from partners where id > $1 order by id limit $2";
    { after: Uuid => SqlUuid, limit: i64 => BigInt }
    -> { Uuid => SqlUuid, String => Text, String => Text, SqlInstant => Timestamptz, Option<SqlInstant> => Nullable<Timestamptz> }
}

statement! {
    /// End a partner at once; the first end stays.
    control RevokePartner = "update partners set revoked_at = coalesce(revoked_at, now()), changed_at = now() where id = $1
        returning id, name, last_four, created_at, revoked_at";
    { id: Uuid => SqlUuid }
    -> { Uuid => SqlUuid, String => Text, String => Text, SqlInstant => Timestamptz, Option<SqlInstant> => Nullable<Timestamptz> }
}

statement! {
    /// A partner, which nobody else changes meanwhile.
    control LockedPartner = "select id, name, last_four, created_at, revoked_at from partners where id = $1 for no key update";
    { id: Uuid => SqlUuid }
    -> { Uuid => SqlUuid, String => Text, String => Text, SqlInstant => Timestamptz, Option<SqlInstant> => Nullable<Timestamptz> }
}

statement! {
    /// Keep the present key of a partner until it ends.
    control KeepReplacedKey = "insert into replaced_partner_keys (id, partner_id, secret_hash, ends_at)
        select key_id, id, secret_hash, $2 from partners where id = $1";
    { id: Uuid => SqlUuid, ends_at: SqlInstant => Timestamptz }
}

statement! {
    /// Let no key that was replaced before outlive the one that is replaced now.
    control EndEarlierKeys = "update replaced_partner_keys set ends_at = least(ends_at, $2) where partner_id = $1";
    { id: Uuid => SqlUuid, ends_at: SqlInstant => Timestamptz }
}

statement! {
    /// Give a partner another key.
    control ReplaceKey = "update partners set key_id = $2, secret_hash = $3, last_four = $4, changed_at = now() where id = $1
        returning id, name, last_four, created_at, revoked_at";
    { id: Uuid => SqlUuid, key: Uuid => SqlUuid, secret_hash: String => Text, last_four: String => Text }
    -> { Uuid => SqlUuid, String => Text, String => Text, SqlInstant => Timestamptz, Option<SqlInstant> => Nullable<Timestamptz> }
}

type PartnerRow = (Uuid, String, String, SqlInstant, Option<SqlInstant>);

fn partner((id, name, last_four, created_at, revoked_at): PartnerRow) -> Partner {
    Partner {
        id: PartnerId::from_uuid(id),
        name,
        last_four,
        created_at: created_at.into(),
        revoked_at: maybe_from(revoked_at),
    }
}

/// Keep a new partner; when it was made.
pub(super) async fn insert(
    on: &impl OnControl,
    insert: InsertPartner,
) -> Result<Timestamp, DbError> {
    let row = insert.all(on).await?.pop();
    let (created_at,) = row.ok_or_else(|| DbError::Failed("no partner was added".into()))?;
    Ok(created_at.into())
}

pub(super) async fn after(
    on: &impl OnControl,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Partner>, DbError> {
    let page = PartnersAfter { after, limit };
    Ok(page.all(on).await?.into_iter().map(partner).collect())
}

pub(super) async fn revoke(on: &impl OnControl, id: PartnerId) -> Result<Option<Partner>, DbError> {
    let rows = RevokePartner { id: id.uuid() }.all(on).await?;
    Ok(rows.into_iter().next().map(partner))
}

/// The partner as it is, locked until the transaction ends.
pub(super) async fn locked(on: &impl OnControl, id: PartnerId) -> Result<Option<Partner>, DbError> {
    let rows = LockedPartner { id: id.uuid() }.all(on).await?;
    Ok(rows.into_iter().next().map(partner))
}

/// Give a partner that is there another key; those before stay good until `ends_at` at the latest.
pub(super) async fn replace(
    on: &impl OnControl,
    replace: ReplaceKey,
    ends_at: Timestamp,
) -> Result<Partner, DbError> {
    let keep = KeepReplacedKey {
        id: replace.id,
        ends_at: ends_at.into(),
    };
    keep.run(on).await?;
    let end = EndEarlierKeys {
        id: replace.id,
        ends_at: ends_at.into(),
    };
    end.run(on).await?;
    let row = replace.all(on).await?.pop();
    row.map(partner)
        .ok_or_else(|| DbError::Failed("no partner was given a key".into()))
}
