//! Everything that is known of one member, for the member who asks.

mod store;

use actix_web::web::{Data, Json, Path};
use domain::id::{ApiKeyId, MemberId, PurchaseId, RedemptionId, TransactionId};
use domain::ledger::{Account, Balance};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::change::{self, Tools};
use super::close::locked;
use super::document::Member;
use crate::app::App;
use crate::audit::{self, Actor, Entry};
use crate::auth::Caller;
use crate::auth::scope::MembersRead;
use crate::catalog::Catalogs;
use crate::db::TenantConn;
use crate::ledger::{balances_of, facts_of};
use crate::problem::{Problem, ProblemKind, Problems};

/// Transactions of one export, latest first; more are left out, and the export says so.
pub(crate) const MAX_EXPORTED_TRANSACTIONS: usize = 10_000;

/// Everything that is known of one member.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MemberExport {
    /// The tenant's time.
    exported_at: Timestamp,
    /// Profile, identifiers, attributes and consents.
    member: Member,
    /// When and where consents were given and taken back.
    consent_history: Vec<ConsentChange>,
    /// What the member has.
    balances: Vec<Balance>,
    /// What happened to its points, latest first.
    transactions: Vec<ExportedTransaction>,
    /// Its receipts, latest first.
    purchases: Vec<ExportedPurchase>,
    /// How it stood on ladders, latest first.
    rank_history: Vec<ExportedRank>,
    /// Whether there is nothing older than what stands here.
    is_complete: bool,
}

/// A consent that was given or taken back.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConsentChange {
    /// What was agreed to.
    #[schema(example = "newsletter")]
    consent: String,
    /// Whether; null: it is not spoken of any more.
    granted: Option<bool>,
    /// Where it was said.
    #[schema(example = "form at the till")]
    source: Option<String>,
    /// When it was recorded.
    recorded_at: Timestamp,
    /// The key that brought it.
    api_key_id: ApiKeyId,
}

/// One change of the member's points.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExportedTransaction {
    /// The transaction's id.
    id: TransactionId,
    /// What made it.
    #[schema(example = "purchase")]
    r#type: String,
    /// The member's version after it.
    version: i64,
    /// When it happened.
    occurred_at: Timestamp,
    /// When it was recorded.
    recorded_at: Timestamp,
    /// The purchase it belongs to.
    purchase_id: Option<PurchaseId>,
    /// The redemption it belongs to.
    redemption_id: Option<RedemptionId>,
    /// Why, where somebody said so.
    reason: Option<String>,
    /// What moved, in order.
    moves: Vec<ExportedMove>,
}

/// Points that moved from one account to another.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExportedMove {
    /// The wallet's code.
    wallet: String,
    /// The account that they left.
    #[schema(example = "issued")]
    from: &'static str,
    /// The account to which they went.
    #[schema(example = "available")]
    to: &'static str,
    /// How many.
    points: i64,
    /// The rule that caused it.
    rule: Option<String>,
}

/// A receipt as it was sent.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExportedPurchase {
    /// The purchase's id.
    id: PurchaseId,
    /// The business date that it counted for.
    business_date: Date,
    /// When it was recorded.
    recorded_at: Timestamp,
    /// What the till sent, with the member's id in place of its name.
    #[schema(value_type = Object)]
    receipt: Value,
}

/// One change of a rank.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExportedRank {
    /// Code of the ladder.
    ladder: String,
    /// Code of the step since then; null = below the lowest.
    code: Option<String>,
    /// Code of the step before.
    previous: Option<String>,
    /// From when on it counted.
    effective_at: Timestamp,
    /// What made it.
    cause: String,
    /// Why, where somebody said so.
    reason: Option<String>,
}

/// The name of a stored account.
fn account(code: i16) -> &'static str {
    Account::from_code(code).map_or("unknown", Account::name)
}

/// Export a member
///
/// Everything that is known of it, for the member who asks. With more than 10,000 transactions the latest stand here, and
/// `is_complete` is false. The audit log tells of it. A key for some stores may not, since it is about every store.
#[utoipa::path(
    get,
    path = "/v1/members/{id}/export",
    operation_id = "export_member",
    tag = "members",
    params(("id" = MemberId, Path, description = "Id of the member")),
    responses((status = 200, description = "Everything that is known of the member", body = MemberExport), Problems),
    extensions(("x-scopes" = json!(["members:read"])))
)]
pub(crate) async fn export_member(
    app: Data<App>,
    caller: Caller<MembersRead>,
    path: Path<String>,
) -> Result<Json<MemberExport>, Problem> {
    let member: MemberId = path.parse().map_err(|_unknown| Problem::not_found())?;
    if caller.restrictions.stores.is_some() {
        let detail = "An export is about every store; use a key without a list of stores.";
        return Err(Problem::new(ProblemKind::NotGranted, detail));
    }
    let (tenant, tools, db) = (caller.tenant, Tools::of(&app), app.db.clone());
    let (catalogs, actor) = (app.catalogs.clone(), Actor::caller(&caller));
    let exported = app
        .db
        .run(async move {
            let tx = db.tenant(tenant).await?;
            let outcome = export(&tx, &tools, &catalogs, (member, actor)).await;
            change::finish(tx, outcome).await
        })
        .await??;
    Ok(Json(exported))
}

/// Under the member's lock, so that everything in it was true together.
async fn export(
    tx: &TenantConn,
    tools: &Tools,
    catalogs: &Catalogs,
    (id, actor): (MemberId, Actor),
) -> Result<MemberExport, Problem> {
    let stored = locked(tx, tools, id).await?;
    let (catalog, now) = catalogs.for_transaction(tx).await?;
    let facts = facts_of(tx, id).await?.ok_or_else(Problem::not_found)?;
    let (balances, _good_until) = balances_of(&facts, &catalog, now)?;
    let (transactions, is_complete) = store::transactions(tx, id).await?;
    let oldest = transactions.last().map_or(0, |oldest| oldest.version);
    let export = MemberExport {
        exported_at: now,
        member: stored.into_member(),
        consent_history: store::consents(tx, id).await?,
        balances,
        transactions,
        purchases: store::purchases(tx, id, oldest).await?,
        rank_history: store::ranks(tx, id).await?,
        is_complete,
    };
    audit::record(tx, Entry::new(actor, "member.exported", &id)).await?;
    Ok(export)
}
