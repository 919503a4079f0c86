//! Rows of grants; always by tenant, since the table is a control table.

use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use domain::id::{PartnerGrantId, PartnerId};
use uuid::Uuid;

use crate::auth::scope::Scopes;
use crate::db::tenant::OnControl;
use crate::db::time::{SqlInstant, maybe_from};
use crate::db::{DbError, TenantNumber};
use crate::statement;

use super::PartnerGrant;

statement! {
    /// Keep a new grant; nothing where the partner has one that counts.
    control InsertGrant = "insert into partner_grants (id, tenant_id, partner_id, scopes, stores, created_at, created_by, changed_at)
        values ($1, $2, $3, $4, $5, now(), $6, now())
        on conflict (tenant_id, partner_id) where revoked_at is null do nothing";
    { id: Uuid => SqlUuid, tenant: i64 => BigInt, partner: Uuid => SqlUuid, scopes: Vec<String> => Array<Text>,
      stores: Option<Vec<String>> => Nullable<Array<Text>>, created_by: Uuid => SqlUuid }
}

/// The columns of [`GrantRow`].
macro_rules! grant_rows {
    ($condition:literal) => {
        concat!(
            "select g.id, g.partner_id, p.name, g.scopes, g.stores, g.created_at, g.revoked_at
            from partner_grants g join partners p on p.id = g.partner_id where g.tenant_id = $1 and ",
            $condition
        )
    };
}

statement! {
    /// One grant of a tenant.
    control GrantOfTenant = grant_rows!("g.id = $2");
    { tenant: i64 => BigInt, id: Uuid => SqlUuid }
    -> { Uuid => SqlUuid, Uuid => SqlUuid, String => Text, Vec<String> => Array<Text>,
         Option<Vec<String>> => Nullable<Array<Text>>, SqlInstant => Timestamptz, Option<SqlInstant> => Nullable<Timestamptz> }
}

statement! {
    /// Grants of a tenant after an id.
    control GrantsAfter = grant_rows!("g.id > $2 order by g.id limit $3");
    { tenant: i64 => BigInt, after: Uuid => SqlUuid, limit: i64 => BigInt }
    -> { Uuid => SqlUuid, Uuid => SqlUuid, String => Text, Vec<String> => Array<Text>,
         Option<Vec<String>> => Nullable<Array<Text>>, SqlInstant => Timestamptz, Option<SqlInstant> => Nullable<Timestamptz> }
}

statement! {
    /// How many grants of a tenant count.
    control CountPresent = "select count(*) from partner_grants where tenant_id = $1 and revoked_at is null";
    { tenant: i64 => BigInt }
    -> { i64 => BigInt }
}

statement! {
    /// A partner that was not ended.
    control PresentPartner = "select id from partners where id = $1 and revoked_at is null";
    { id: Uuid => SqlUuid }
    -> { Uuid => SqlUuid }
}

statement! {
    /// End a grant at once.
    control RevokeGrant = "update partner_grants set revoked_at = now(), changed_at = now()
        where tenant_id = $1 and id = $2 and revoked_at is null";
    { tenant: i64 => BigInt, id: Uuid => SqlUuid }
}

type GrantRow = (
    Uuid,
    Uuid,
    String,
    Vec<String>,
    Option<Vec<String>>,
    SqlInstant,
    Option<SqlInstant>,
);

fn grant(row: GrantRow) -> PartnerGrant {
    let (id, partner, partner_name, scopes, stores, created_at, revoked_at) = row;
    PartnerGrant {
        id: PartnerGrantId::from_uuid(id),
        partner: PartnerId::from_uuid(partner),
        partner_name,
        scopes: Scopes::from_names(&scopes).to_vec(),
        stores,
        created_at: created_at.into(),
        revoked_at: maybe_from(revoked_at),
    }
}

pub(super) async fn is_partner(on: &impl OnControl, id: PartnerId) -> Result<bool, DbError> {
    let found = PresentPartner { id: id.uuid() }.all(on).await?;
    Ok(!found.is_empty())
}

pub(super) async fn count_present(
    on: &impl OnControl,
    TenantNumber(tenant): TenantNumber,
) -> Result<i64, DbError> {
    let rows = CountPresent { tenant }.all(on).await?;
    Ok(rows.first().map_or(0, |(count,)| *count))
}

pub(super) async fn one(
    on: &impl OnControl,
    TenantNumber(tenant): TenantNumber,
    id: PartnerGrantId,
) -> Result<Option<PartnerGrant>, DbError> {
    let id = id.uuid();
    Ok(GrantOfTenant { tenant, id }.all(on).await?.pop().map(grant))
}

pub(super) async fn after(
    on: &impl OnControl,
    TenantNumber(tenant): TenantNumber,
    after: Uuid,
    limit: i64,
) -> Result<Vec<PartnerGrant>, DbError> {
    let page = GrantsAfter {
        tenant,
        after,
        limit,
    };
    Ok(page.all(on).await?.into_iter().map(grant).collect())
}

/// End it; whether it counted until now.
pub(super) async fn revoke(
    on: &impl OnControl,
    TenantNumber(tenant): TenantNumber,
    id: PartnerGrantId,
) -> Result<bool, DbError> {
    let id = id.uuid();
    Ok(RevokeGrant { tenant, id }.run(on).await? == 1)
}
