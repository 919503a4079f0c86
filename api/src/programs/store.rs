//! Drafts and versions as they are stored: documents are text, given back as they came.

use diesel::sql_types::{BigInt, Integer, Text, Timestamptz, Uuid as SqlUuid};
use domain::id::ApiKeyId;
use jiff::Timestamp;
use uuid::Uuid;

use crate::db::time::SqlInstant;
use crate::db::{ControlConn, DbError, TenantConn, TenantNumber};
use crate::statement;

use super::ProgramVersion;

type VersionRow = (i32, SqlInstant, SqlInstant, Uuid);
type FullRow = (i32, SqlInstant, SqlInstant, Uuid, String);

statement! {
    /// The version that begins at an instant.
    tenant VersionBeginsAt = "select version from program_versions where tenant_id = $1 and effective_from = $2 limit 1";
    { tenant: i64 => BigInt, at: SqlInstant => Timestamptz }
    -> { i32 => Integer }
}

statement! {
    /// The tenant's draft.
    tenant Draft = "select revision, document::text from program_drafts where tenant_id = $1";
    { tenant: i64 => BigInt }
    -> { i64 => BigInt, String => Text }
}

statement! {
    /// The same, kept from changing until the transaction ends.
    tenant LockedDraft = "select revision, document::text from program_drafts where tenant_id = $1 for no key update";
    { tenant: i64 => BigInt }
    -> { i64 => BigInt, String => Text }
}

statement! {
    /// The first draft of a tenant. Two at once: one gets a duplicate.
    tenant InsertDraft = "insert into program_drafts (tenant_id, document, revision, changed_at)
        select k.tenant_id, $2::json, 1, now() from tenant_keys k where k.tenant_id = $1";
    { tenant: i64 => BigInt, document: String => Text }
}

statement! {
    /// A later draft.
    tenant UpdateDraft = "update program_drafts set document = $2::json, revision = revision + 1, changed_at = now()
        where tenant_id = $1";
    { tenant: i64 => BigInt, document: String => Text }
}

statement! {
    /// The highest version so far.
    tenant LastVersion = "select coalesce(max(version), 0) from program_versions where tenant_id = $1";
    { tenant: i64 => BigInt }
    -> { i32 => Integer }
}

statement! {
    /// Add a version; versions never change.
    tenant InsertVersion = "insert into program_versions (tenant_id, version, document, effective_from, published_at, published_by)
        select k.tenant_id, $2, $3::json, $4, $5, $6 from tenant_keys k where k.tenant_id = $1";
    { tenant: i64 => BigInt, version: i32 => Integer, document: String => Text, effective_from: SqlInstant => Timestamptz,
      published_at: SqlInstant => Timestamptz, published_by: Uuid => SqlUuid }
}

statement! {
    /// Whether anything is recorded at or after an instant. Ids carry the time at which they were made, and a receipt
    /// is only so far ahead of that, so ids below `$3` need no look.
    tenant RecordedSince = "select exists (select 1 from purchases where tenant_id = $1 and occurred_at >= $2 and id >= $3)
            or exists (select 1 from redemptions where tenant_id = $1 and occurred_at >= $2 and id >= $3)";
    { tenant: i64 => BigInt, since: SqlInstant => Timestamptz, first_id: Uuid => SqlUuid }
    -> { bool => diesel::sql_types::Bool }
}

statement! {
    /// Versions below a number, newest first.
    tenant VersionsBefore = "select version, effective_from, published_at, published_by from program_versions
        where tenant_id = $1 and version < $2 order by version desc limit $3";
    { tenant: i64 => BigInt, before: i32 => Integer, limit: i64 => BigInt }
    -> { i32 => Integer, SqlInstant => Timestamptz, SqlInstant => Timestamptz, Uuid => SqlUuid }
}

statement! {
    /// One version with its document.
    tenant VersionByNumber = "select version, effective_from, published_at, published_by, document::text from program_versions
        where tenant_id = $1 and version = $2";
    { tenant: i64 => BigInt, version: i32 => Integer }
    -> { i32 => Integer, SqlInstant => Timestamptz, SqlInstant => Timestamptz, Uuid => SqlUuid, String => Text }
}

statement! {
    /// The version in force now.
    tenant VersionInForce = "select version, effective_from, published_at, published_by, document::text from program_versions
        where tenant_id = $1 and effective_from <= (
            select coalesce(test_clock, clock_timestamp()) from tenant_keys where tenant_id = $1)
        order by effective_from desc, version desc limit 1";
    { tenant: i64 => BigInt }
    -> { i32 => Integer, SqlInstant => Timestamptz, SqlInstant => Timestamptz, Uuid => SqlUuid, String => Text }
}

statement! {
    /// Whether any member has points in a wallet.
    tenant WalletHoldsPoints = "select exists (select 1 from member_ledgers l
        where l.tenant_id = $1 and $2 = any (l.wallets) and exists (
            select 1 from unnest(l.wallets, l.available, l.pending, l.reserved) w (wallet, available, pending, reserved)
            where w.wallet = $2 and w.available + w.pending + w.reserved > 0))";
    { tenant: i64 => BigInt, wallet: String => Text }
    -> { bool => diesel::sql_types::Bool }
}

statement! {
    /// The sandbox twin of a live tenant.
    control SandboxOf = "select id from tenants where sandbox_of = $1";
    { live: i64 => BigInt }
    -> { i64 => BigInt }
}

fn version((version, effective_from, published_at, published_by): VersionRow) -> ProgramVersion {
    ProgramVersion {
        version,
        effective_from: effective_from.into(),
        published_at: published_at.into(),
        published_by: ApiKeyId::from_uuid(published_by),
    }
}

fn full((number, from, at, by, document): FullRow) -> (ProgramVersion, String) {
    (version((number, from, at, by)), document)
}

/// The draft's revision and document, where one was saved.
pub(super) async fn draft(tx: &TenantConn) -> Result<Option<(i64, String)>, DbError> {
    let tenant = tx.number();
    Ok(Draft { tenant }.all(tx).await?.pop())
}

/// The same, locked.
pub(super) async fn locked_draft(tx: &TenantConn) -> Result<Option<(i64, String)>, DbError> {
    let tenant = tx.number();
    Ok(LockedDraft { tenant }.all(tx).await?.pop())
}

/// The number of the next version; the caller holds the tenant's anchor.
pub(super) async fn next_version(tx: &TenantConn) -> Result<i32, DbError> {
    let tenant = tx.number();
    let last = LastVersion { tenant }.all(tx).await?;
    Ok(last.first().map_or(1, |(last,)| last.saturating_add(1)))
}

/// Whether a version begins at this instant.
pub(super) async fn begins_at(tx: &TenantConn, at: Timestamp) -> Result<bool, DbError> {
    let begins = VersionBeginsAt {
        tenant: tx.number(),
        at: at.into(),
    };
    Ok(!begins.all(tx).await?.is_empty())
}

/// Whether anything is recorded at or after `since`.
pub(super) async fn is_recorded_since(
    tx: &TenantConn,
    since: Timestamp,
    first_id: Uuid,
) -> Result<bool, DbError> {
    let query = RecordedSince {
        tenant: tx.number(),
        since: since.into(),
        first_id,
    };
    Ok(query.all(tx).await?.first().is_some_and(|(is,)| *is))
}

/// Versions below a number.
pub(super) async fn versions_before(
    tx: &TenantConn,
    before: i32,
    limit: i64,
) -> Result<Vec<ProgramVersion>, DbError> {
    let page = VersionsBefore {
        tenant: tx.number(),
        before,
        limit,
    };
    Ok(page.all(tx).await?.into_iter().map(version).collect())
}

/// One version with its document.
pub(super) async fn by_number(
    tx: &TenantConn,
    version: i32,
) -> Result<Option<(ProgramVersion, String)>, DbError> {
    let tenant = tx.number();
    let rows = VersionByNumber { tenant, version }.all(tx).await?;
    Ok(rows.into_iter().next().map(full))
}

/// The version in force now.
pub(super) async fn in_force(tx: &TenantConn) -> Result<Option<(ProgramVersion, String)>, DbError> {
    let tenant = tx.number();
    Ok(VersionInForce { tenant }.all(tx).await?.pop().map(full))
}

/// Whether any member has points in a wallet.
pub(super) async fn holds_points(tx: &TenantConn, wallet: &str) -> Result<bool, DbError> {
    let query = WalletHoldsPoints {
        tenant: tx.number(),
        wallet: wallet.to_owned(),
    };
    Ok(query.all(tx).await?.first().is_some_and(|(holds,)| *holds))
}

/// The sandbox twin of a live tenant.
pub(super) async fn sandbox_of(
    control: &ControlConn,
    live: TenantNumber,
) -> Result<Option<TenantNumber>, DbError> {
    let TenantNumber(live) = live;
    let found = SandboxOf { live }.all(control).await?.pop();
    Ok(found.map(|(number,)| TenantNumber(number)))
}
