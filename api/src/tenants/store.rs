//! Rows of tenants. The table is a control table: it is read before a tenant is known.

use diesel::sql_types::{
    BigInt, Bool, Integer, Nullable, Text, Time, Timestamptz, Uuid as SqlUuid,
};
use domain::amount::{Decimal4, Points};
use domain::id::TenantId;
use domain::settings::PointsPaidAs;
use uuid::Uuid;

use crate::catalog;
use crate::db::tenant::OnControl;
use crate::db::time::{SqlInstant, SqlTime};
use crate::db::{DbError, TenantConn};
use crate::statement;

use super::{
    AdjustmentSettings, TaxRounding, Tenant, TenantLimits, TenantSettings, TenantStatus, settings,
};

statement! {
    /// Add a tenant. Its number is the database's.
    control InsertTenant = "insert into tenants (public_id, sandbox_of, name, currency, time_zone, business_day_cutover,
            prices_include_tax, default_tax_percent, tax_rounding, points_paid_as, receipt_max_age_days,
            receipt_max_future_minutes, earn_before_enrolment, requests_per_second, two_person_above, created_at,
            changed_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, now(), now())
        returning id, created_at";
    { public_id: Uuid => SqlUuid, sandbox_of: Option<i64> => Nullable<BigInt>, name: String => Text, currency: String => Text,
      time_zone: String => Text, cutover: SqlTime => Time, prices_include_tax: bool => Bool, default_tax_percent: i64 => BigInt,
      tax_rounding: &'static str => Text, points_paid_as: &'static str => Text, receipt_max_age_days: Option<i32> => Nullable<Integer>,
      receipt_max_future_minutes: i32 => Integer, earn_before_enrolment: bool => Bool, requests_per_second: Option<i32> => Nullable<Integer>,
      two_person_above: Option<i64> => Nullable<BigInt> }
    -> { i64 => BigInt, SqlInstant => Timestamptz }
}

statement! {
    /// The anchor of a new tenant's data.
    tenant InsertAnchor = "insert into tenant_keys (tenant_id) values ($1)";
    { tenant: i64 => BigInt }
}

statement! {
    /// Change what a tenant says about itself.
    control UpdateTenant = "update tenants set name = $2, currency = $3, time_zone = $4, business_day_cutover = $5,
            prices_include_tax = $6, default_tax_percent = $7, tax_rounding = $8, points_paid_as = $9, receipt_max_age_days = $10,
            receipt_max_future_minutes = $11, earn_before_enrolment = $12, requests_per_second = $13, earlier_cutovers = $14::json,
            two_person_above = $15,
            revision = revision + 1, changed_at = now()
        where id = $1";
    { number: i64 => BigInt, name: String => Text, currency: String => Text, time_zone: String => Text, cutover: SqlTime => Time,
      prices_include_tax: bool => Bool, default_tax_percent: i64 => BigInt, tax_rounding: &'static str => Text,
      points_paid_as: &'static str => Text, receipt_max_age_days: Option<i32> => Nullable<Integer>,
      receipt_max_future_minutes: i32 => Integer, earn_before_enrolment: bool => Bool, requests_per_second: Option<i32> => Nullable<Integer>,
      earlier_cutovers: String => Text, two_person_above: Option<i64> => Nullable<BigInt> }
}

/// The columns of [`TenantRow`], once for every statement that reads one.
macro_rules! tenant_rows {
    ($condition:literal) => {
        concat!(
            "select t.id, t.public_id, live.public_id, t.name, t.currency, t.time_zone, t.business_day_cutover,
                t.prices_include_tax, t.default_tax_percent, t.tax_rounding, t.points_paid_as, t.receipt_max_age_days,
                t.receipt_max_future_minutes, t.earn_before_enrolment, t.requests_per_second, t.status = 'suspended',
                t.created_at, t.revision, t.two_person_above
            from tenants t left join tenants live on live.id = t.sandbox_of ",
            $condition
        )
    };
}

type TenantRow = (
    i64,
    Uuid,
    Option<Uuid>,
    String,
    String,
    String,
    SqlTime,
    bool,
    i64,
    String,
    String,
    Option<i32>,
    i32,
    bool,
    Option<i32>,
    bool,
    SqlInstant,
    i64,
    Option<i64>,
);

statement! {
    /// A tenant by its public id.
    control TenantById = tenant_rows!("where t.public_id = $1 and t.status <> 'deleted'");
    { id: Uuid => SqlUuid }
    -> { i64 => BigInt, Uuid => SqlUuid, Option<Uuid> => Nullable<SqlUuid>, String => Text, String => Text, String => Text,
         SqlTime => Time, bool => Bool, i64 => BigInt, String => Text, String => Text, Option<i32> => Nullable<Integer>,
         i32 => Integer, bool => Bool, Option<i32> => Nullable<Integer>, bool => Bool, SqlInstant => Timestamptz, i64 => BigInt,
         Option<i64> => Nullable<BigInt> }
}

statement! {
    /// The same, kept from changing until the transaction ends.
    control LockedTenantById = tenant_rows!("where t.public_id = $1 and t.status <> 'deleted' for no key update of t");
    { id: Uuid => SqlUuid }
    -> { i64 => BigInt, Uuid => SqlUuid, Option<Uuid> => Nullable<SqlUuid>, String => Text, String => Text, String => Text,
         SqlTime => Time, bool => Bool, i64 => BigInt, String => Text, String => Text, Option<i32> => Nullable<Integer>,
         i32 => Integer, bool => Bool, Option<i32> => Nullable<Integer>, bool => Bool, SqlInstant => Timestamptz, i64 => BigInt,
         Option<i64> => Nullable<BigInt> }
}

statement! {
    /// Live tenants in the order in which they were made.
    control LiveTenants = tenant_rows!("where t.sandbox_of is null and t.status <> 'deleted' and t.id > $1 order by t.id limit $2");
    { after: i64 => BigInt, limit: i64 => BigInt }
    -> { i64 => BigInt, Uuid => SqlUuid, Option<Uuid> => Nullable<SqlUuid>, String => Text, String => Text, String => Text,
         SqlTime => Time, bool => Bool, i64 => BigInt, String => Text, String => Text, Option<i32> => Nullable<Integer>,
         i32 => Integer, bool => Bool, Option<i32> => Nullable<Integer>, bool => Bool, SqlInstant => Timestamptz, i64 => BigInt,
         Option<i64> => Nullable<BigInt> }
}

statement! {
    /// Stop or resume a tenant and its sandbox twin together.
    control SetStatus = "update tenants set status = $2, revision = revision + 1, changed_at = now()
        where (id = $1 or sandbox_of = $1) and status <> $2";
    { number: i64 => BigInt, status: &'static str => Text }
}

statement! {
    /// Allow a tenant's sandbox twin what the tenant is allowed.
    control LimitTwin = "update tenants set requests_per_second = $2, revision = revision + 1, changed_at = now()
        where sandbox_of = $1 and requests_per_second is distinct from $2";
    { live: i64 => BigInt, requests_per_second: Option<i32> => Nullable<Integer> }
}

statement! {
    /// Whether the tenant has recorded any purchase.
    tenant AnyPurchase = "select id from purchases where tenant_id = $1 limit 1";
    { tenant: i64 => BigInt }
    -> { Uuid => SqlUuid }
}

fn tenant(row: TenantRow) -> Result<Tenant, DbError> {
    let (
        number,
        id,
        live,
        name,
        currency,
        time_zone,
        cutover,
        prices_include_tax,
        tax,
        rounding,
        paid_as,
        age,
        future,
        early,
        limit,
        is_suspended,
        created_at,
        revision,
        two_person_above,
    ) = row;
    let unreadable =
        |what: &str| DbError::Failed(format!("tenant {number} has an unreadable {what}"));
    let cutover = jiff::civil::Time::from(cutover);
    let settings = TenantSettings {
        name,
        currency,
        time_zone,
        business_day_cutover: cutover.strftime("%H:%M").to_string(),
        prices_include_tax,
        default_tax_percent: Decimal4::from_units(tax),
        tax_rounding: match rounding.as_str() {
            "floor" => TaxRounding::Floor,
            "half_up" => TaxRounding::HalfUp,
            "ceil" => TaxRounding::Ceil,
            _ => return Err(unreadable("tax_rounding")),
        },
        points_paid_as: match paid_as.as_str() {
            "tender" => PointsPaidAs::Tender,
            "discount" => PointsPaidAs::Discount,
            _ => return Err(unreadable("points_paid_as")),
        },
        receipt_max_age_days: age.and_then(|days| u32::try_from(days).ok()),
        receipt_max_future_minutes: u32::try_from(future)
            .map_err(|_negative| unreadable("receipt_max_future_minutes"))?,
        earn_before_enrolment: early,
        adjustments: AdjustmentSettings {
            two_person_above: two_person_above.map(Points::new),
        },
    };
    Ok(Tenant {
        id: TenantId::from_uuid(id),
        settings,
        limits: TenantLimits {
            requests_per_second: limit.and_then(|limit| u32::try_from(limit).ok()),
        },
        status: if is_suspended {
            TenantStatus::Suspended
        } else {
            TenantStatus::Active
        },
        sandbox_of: live.map(TenantId::from_uuid),
        created_at: created_at.into(),
        revision,
        number,
    })
}

/// The tenant with this id.
pub(super) async fn by_id(on: &impl OnControl, id: TenantId) -> Result<Option<Tenant>, DbError> {
    let row = TenantById { id: id.uuid() }.all(on).await?.pop();
    row.map(tenant).transpose()
}

/// The tenant with this id, locked.
pub(super) async fn locked_by_id(
    on: &impl OnControl,
    id: TenantId,
) -> Result<Option<Tenant>, DbError> {
    let row = LockedTenantById { id: id.uuid() }.all(on).await?.pop();
    row.map(tenant).transpose()
}

/// Live tenants after a number.
pub(crate) async fn live_after(
    on: &impl OnControl,
    after: i64,
    limit: i64,
) -> Result<Vec<Tenant>, DbError> {
    let rows = LiveTenants { after, limit }.all(on).await?;
    rows.into_iter().map(tenant).collect()
}

/// Settings as columns; they were checked before, so nothing is lost here.
struct Columns {
    cutover: SqlTime,
    points_paid_as: &'static str,
    receipt_max_age_days: Option<i32>,
    receipt_max_future_minutes: i32,
    requests_per_second: Option<i32>,
}

fn columns(settings: &TenantSettings, limits: TenantLimits) -> Result<Columns, DbError> {
    let unchecked = |_error| DbError::Failed("a setting was written without being checked".into());
    let cutover = settings::cutover(&settings.business_day_cutover)
        .ok_or_else(|| DbError::Failed("the cut-over was written without being checked".into()))?;
    Ok(Columns {
        cutover: cutover.into(),
        points_paid_as: match settings.points_paid_as {
            PointsPaidAs::Tender => "tender",
            PointsPaidAs::Discount => "discount",
        },
        receipt_max_age_days: settings
            .receipt_max_age_days
            .map(i32::try_from)
            .transpose()
            .map_err(unchecked)?,
        receipt_max_future_minutes: i32::try_from(settings.receipt_max_future_minutes)
            .map_err(unchecked)?,
        requests_per_second: limits
            .requests_per_second
            .map(i32::try_from)
            .transpose()
            .map_err(unchecked)?,
    })
}

/// Add a tenant; its number and when it was made.
pub(super) async fn insert(
    on: &impl OnControl,
    id: TenantId,
    sandbox_of: Option<i64>,
    settings: &TenantSettings,
    limits: TenantLimits,
) -> Result<(i64, jiff::Timestamp), DbError> {
    let columns = columns(settings, limits)?;
    let insert = InsertTenant {
        public_id: id.uuid(),
        sandbox_of,
        name: settings.name.clone(),
        currency: settings.currency.clone(),
        time_zone: settings.time_zone.clone(),
        cutover: columns.cutover,
        prices_include_tax: settings.prices_include_tax,
        default_tax_percent: settings.default_tax_percent.units(),
        tax_rounding: settings.tax_rounding.as_str(),
        points_paid_as: columns.points_paid_as,
        receipt_max_age_days: columns.receipt_max_age_days,
        receipt_max_future_minutes: columns.receipt_max_future_minutes,
        earn_before_enrolment: settings.earn_before_enrolment,
        requests_per_second: columns.requests_per_second,
        two_person_above: settings.adjustments.two_person_above.map(Points::get),
    };
    let row = insert.all(on).await?.pop();
    let (number, created_at) = row.ok_or_else(|| DbError::Failed("no tenant was added".into()))?;
    Ok((number, created_at.into()))
}

/// The anchor of a new tenant's data.
pub(super) async fn insert_anchor(tx: &TenantConn) -> Result<(), DbError> {
    let anchor = InsertAnchor {
        tenant: tx.number(),
    };
    match anchor.run(tx).await? {
        1 => Ok(()),
        added => Err(DbError::Failed(format!(
            "{added} anchors were added instead of one"
        ))),
    }
}

/// Stop or resume a tenant together with its twin.
pub(super) async fn set_status(
    on: &impl OnControl,
    number: i64,
    status: TenantStatus,
) -> Result<(), DbError> {
    let status = match status {
        TenantStatus::Active => "active",
        TenantStatus::Suspended => "suspended",
        TenantStatus::Deleted => "deleted",
    };
    SetStatus { number, status }.run(on).await?;
    Ok(())
}

/// What a change of the cut-over leaves to be remembered. Before the first receipt there are no days that it could move.
async fn earlier_cutovers(tx: &TenantConn, to: SqlTime) -> Result<String, DbError> {
    if !has_purchases(tx).await? {
        return Ok("[]".to_owned());
    }
    let now = catalog::head(tx).await?.now;
    let present = catalog::settings(tx).await?;
    let earlier = present.earlier_after(to.into(), now);
    let earlier = earlier.map_err(|overflow| DbError::Failed(overflow.to_string()))?;
    serde_json::to_string(&earlier).map_err(|error| DbError::Failed(error.to_string()))
}

/// Write changed settings and limits.
pub(super) async fn update(
    tx: &TenantConn,
    settings: &TenantSettings,
    limits: TenantLimits,
) -> Result<(), DbError> {
    let columns = columns(settings, limits)?;
    let earlier = earlier_cutovers(tx, columns.cutover).await?;
    let update = UpdateTenant {
        number: tx.number(),
        name: settings.name.clone(),
        currency: settings.currency.clone(),
        time_zone: settings.time_zone.clone(),
        cutover: columns.cutover,
        prices_include_tax: settings.prices_include_tax,
        default_tax_percent: settings.default_tax_percent.units(),
        tax_rounding: settings.tax_rounding.as_str(),
        points_paid_as: columns.points_paid_as,
        receipt_max_age_days: columns.receipt_max_age_days,
        receipt_max_future_minutes: columns.receipt_max_future_minutes,
        earn_before_enrolment: settings.earn_before_enrolment,
        requests_per_second: columns.requests_per_second,
        earlier_cutovers: earlier,
        two_person_above: settings.adjustments.two_person_above.map(Points::get),
    };
    match update.run(tx).await? {
        1 => Ok(()),
        touched => Err(DbError::Failed(format!(
            "{touched} tenants were changed instead of one"
        ))),
    }
}

/// Allow the tenant's sandbox twin what the tenant is allowed, if it has one.
pub(super) async fn limit_twin(tx: &TenantConn, limits: TenantLimits) -> Result<(), DbError> {
    let limit = limits.requests_per_second;
    let limit = LimitTwin {
        live: tx.number(),
        requests_per_second: limit.and_then(|limit| i32::try_from(limit).ok()),
    };
    limit.run(tx).await?;
    Ok(())
}

/// Whether the tenant has recorded any purchase.
pub(super) async fn has_purchases(tx: &TenantConn) -> Result<bool, DbError> {
    Ok(!AnyPurchase {
        tenant: tx.number(),
    }
    .all(tx)
    .await?
    .is_empty())
}
