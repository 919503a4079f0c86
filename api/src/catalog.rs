//! What a tenant has configured, as one snapshot: settings, stores and program versions. A
//! snapshot is used only while the revision in the database, read in the same transaction, is its own.

use std::collections::HashMap;
use std::sync::Arc;

use diesel::sql_types::{
    BigInt, Bool, Date, Integer, Nullable, Text, Time, Timestamptz, Uuid as SqlUuid,
};
use domain::amount::{Decimal4, Points};
use domain::calendar::EarlierCutover;
use domain::catalog::{Catalog, Store, Version};
use domain::id::StoreId;
use domain::program::Program;
use domain::rounding::Rounding;
use domain::settings::{PointsPaidAs, Settings};
use jiff::Timestamp;
use jiff::civil;
use jiff::tz::TimeZone;
use moka::future::Cache;
use uuid::Uuid;

use crate::db::time::{SqlDate, SqlInstant, SqlTime, maybe_from};
use crate::db::{DbError, TenantConn, TenantNumber};
use crate::statement;

/// Tenants whose snapshot a node keeps.
const MAX_SNAPSHOTS: u64 = 10_000;

statement! {
    /// The revision of the tenant's configuration, the database's time, and the clock of a sandbox
    /// tenant that has one. Read right after the lock.
    tenant CatalogHead = "select catalog_revision, clock_timestamp(), test_clock, ranks_began_on, ranks_reviewed_on,
            webhooks_since is not null, test_clock_moves
        from tenant_keys where tenant_id = $1";
    { tenant: i64 => BigInt }
    -> { i64 => BigInt, SqlInstant => Timestamptz, Option<SqlInstant> => Nullable<Timestamptz>,
         Option<SqlDate> => Nullable<Date>, Option<SqlDate> => Nullable<Date>, bool => Bool, i64 => BigInt }
}

statement! {
    /// Note that stores, settings or program changed; in the transaction of the change.
    tenant BumpRevision = "update tenant_keys set catalog_revision = catalog_revision + 1 where tenant_id = $1";
    { tenant: i64 => BigInt }
}

statement! {
    /// The settings of one tenant.
    control TenantSettings = "select currency, time_zone, business_day_cutover, prices_include_tax,
            default_tax_percent, tax_rounding, points_paid_as, receipt_max_age_days,
            receipt_max_future_minutes, earn_before_enrolment, earlier_cutovers::text, two_person_above
        from tenants where id = $1";
    { tenant: i64 => BigInt }
    -> { String => Text, String => Text, SqlTime => Time, bool => Bool, i64 => BigInt, String => Text,
         String => Text, Option<i32> => Nullable<Integer>, i32 => Integer, bool => Bool, String => Text, Option<i64> => Nullable<BigInt> }
}

statement! {
    /// Every store of the tenant.
    tenant AllStores = "select id, code, time_zone from stores where tenant_id = $1";
    { tenant: i64 => BigInt }
    -> { Uuid => SqlUuid, String => Text, Option<String> => Nullable<Text> }
}

statement! {
    /// Every published version, in the order in which they count.
    tenant AllVersions = "select version, effective_from, document::text from program_versions
        where tenant_id = $1 order by effective_from, version";
    { tenant: i64 => BigInt }
    -> { i32 => Integer, SqlInstant => Timestamptz, String => Text }
}

/// The snapshots of this node.
#[derive(Clone)]
pub struct Catalogs {
    snapshots: Cache<TenantNumber, Arc<Catalog>>,
}

impl std::fmt::Debug for Catalogs {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Catalogs")
    }
}

impl Default for Catalogs {
    fn default() -> Self {
        Self {
            snapshots: Cache::new(MAX_SNAPSHOTS),
        }
    }
}

impl Catalogs {
    /// The tenant's present configuration, and the ledger's time.
    pub async fn for_transaction(
        &self,
        tx: &TenantConn,
    ) -> Result<(Arc<Catalog>, Timestamp), DbError> {
        let head = head(tx).await?;
        Ok((self.at_revision(tx, head.revision).await?, head.now))
    }

    /// The snapshot of `revision`, which the caller read in this transaction.
    pub async fn at_revision(
        &self,
        tx: &TenantConn,
        revision: i64,
    ) -> Result<Arc<Catalog>, DbError> {
        if let Some(known) = self.snapshots.get(&tx.tenant()).await
            && known.revision == revision
        {
            return Ok(known);
        }
        let fresh = Arc::new(load(tx, revision).await?);
        self.snapshots.insert(tx.tenant(), Arc::clone(&fresh)).await;
        Ok(fresh)
    }

    /// The snapshot that this node has, which may be old: good for guesses that are checked later.
    pub async fn guess(&self, tenant: TenantNumber) -> Option<Arc<Catalog>> {
        self.snapshots.get(&tenant).await
    }
}

/// What every batch reads of its tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    /// The revision of the tenant's configuration.
    pub(crate) revision: i64,
    /// The tenant's time, which is that of its ledger: its own clock or the database's.
    pub(crate) now: Timestamp,
    /// The database's time, which counts for keys whatever the tenant's clock says.
    pub(crate) database_now: Timestamp,
    /// The business date whose reviews of ranks have begun.
    pub(crate) ranks_began_on: Option<civil::Date>,
    /// The last business date whose reviews of ranks are done for every member.
    pub(crate) ranks_reviewed_on: Option<civil::Date>,
    /// Whether somebody wants to hear of events.
    pub(crate) has_webhooks: bool,
    /// How often the clock of a sandbox tenant was moved.
    pub(crate) clock_moves: i64,
}

/// The revision of the tenant's configuration and the ledger's time.
pub(crate) async fn head(tx: &TenantConn) -> Result<Head, DbError> {
    let head = anchored(tx).await?;
    head.ok_or_else(|| DbError::Failed("the tenant has no anchor row".into()))
}

/// The same of a tenant that may have no anchor row.
pub(crate) async fn anchored(tx: &TenantConn) -> Result<Option<Head>, DbError> {
    let row = CatalogHead {
        tenant: tx.number(),
    }
    .all(tx)
    .await?
    .pop();
    let Some((revision, database_now, test_clock, began_on, reviewed_on, has_webhooks, moves)) =
        row
    else {
        return Ok(None);
    };
    let database_now = database_now.into();
    Ok(Some(Head {
        revision,
        now: maybe_from(test_clock).unwrap_or(database_now),
        database_now,
        ranks_began_on: began_on.map(civil::Date::from),
        ranks_reviewed_on: reviewed_on.map(civil::Date::from),
        has_webhooks,
        clock_moves: moves,
    }))
}

async fn load(tx: &TenantConn, revision: i64) -> Result<Catalog, DbError> {
    let tenant = tx.number();
    let settings = settings(tx).await?;
    let mut stores = HashMap::new();
    for (id, code, zone) in (AllStores { tenant }).all(tx).await? {
        let time_zone = zone.as_deref().map(time_zone).transpose()?;
        stores.insert(
            code.clone(),
            Store {
                id: StoreId::from_uuid(id),
                code,
                time_zone,
            },
        );
    }
    let mut versions = Vec::new();
    for (number, effective_from, document) in (AllVersions { tenant }).all(tx).await? {
        let program = Arc::new(program(number, &document)?);
        versions.push(Version {
            number,
            effective_from: effective_from.into(),
            program,
        });
    }
    Ok(Catalog {
        revision,
        settings,
        stores,
        versions,
    })
}

fn program(number: i32, document: &str) -> Result<Program, DbError> {
    let unreadable = |cause: String| DbError::Failed(format!("program version {number}: {cause}"));
    let document = serde_json::from_str(document).map_err(|error| unreadable(error.to_string()))?;
    Program::load(&document).map_err(|faults| unreadable(format!("{faults:?}")))
}

/// The stored cut-overs of before.
pub(crate) fn earlier_cutovers(text: &str) -> Result<Vec<EarlierCutover>, DbError> {
    serde_json::from_str(text).map_err(|error| DbError::Failed(error.to_string()))
}

/// The settings as they are in this transaction.
pub(crate) async fn settings(tx: &TenantConn) -> Result<Settings, DbError> {
    let row = TenantSettings {
        tenant: tx.number(),
    }
    .all(tx)
    .await?
    .pop();
    let Some((
        currency,
        zone,
        cutover,
        includes_tax,
        tax,
        tax_rounding,
        paid_as,
        age,
        future,
        early,
        earlier,
        two_person_above,
    )) = row
    else {
        return Err(DbError::Failed("the tenant is gone".into()));
    };
    Ok(Settings {
        currency,
        time_zone: time_zone(&zone)?,
        cutover: cutover.into(),
        earlier_cutovers: earlier_cutovers(&earlier)?,
        prices_include_tax: includes_tax,
        default_tax_percent: Decimal4::from_units(tax),
        tax_rounding: match tax_rounding.as_str() {
            "half_up" => Rounding::HalfUp,
            "ceil" => Rounding::Ceil,
            _ => Rounding::Floor,
        },
        points_paid_as: match paid_as.as_str() {
            "discount" => PointsPaidAs::Discount,
            _ => PointsPaidAs::Tender,
        },
        receipt_max_age_days: age.and_then(|days| u32::try_from(days).ok()),
        two_person_above: two_person_above.map(Points::new),
        receipt_max_future_minutes: u32::try_from(future).unwrap_or(0),
        earn_before_enrolment: early,
    })
}

fn time_zone(name: &str) -> Result<TimeZone, DbError> {
    TimeZone::get(name).map_err(|error| DbError::Failed(error.to_string()))
}
