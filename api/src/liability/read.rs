//! The points that all members together had at an instant, and where they came from and went.

use actix_web::HttpResponse;
use actix_web::web::Data;
use domain::amount::Points;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::as_of::AsOf;
use crate::auth::Caller;
use crate::auth::scope::AnalyticsRead;
use crate::ledger_sums::{self, WalletSums};
use crate::page::Query;
use crate::problem::{Problem, Problems};

/// The moment that is looked at.
#[derive(Debug, Clone, Copy, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LiabilityQuery {
    /// A business date, whose end is meant, or an instant of the past; now when left out.
    #[serde(default)]
    #[param(value_type = Option<String>, example = "2026-11-30")]
    as_of: Option<AsOf>,
}

/// What the tenant owes its members.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Liability {
    /// Everything that was recorded until then counts.
    as_of: Timestamp,
    /// By wallet, in the order of their codes; those that were never used are left out.
    wallets: Vec<WalletLiability>,
}

/// One wallet of all members together, in points.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WalletLiability {
    /// Code of the wallet.
    wallet: String,
    /// Given by rules, less what was taken back.
    issued: Points,
    /// Spent, less what was given back.
    redeemed: Points,
    /// Ended by time.
    expired: Points,
    /// Given by hand, less what was taken by hand.
    adjusted: Points,
    /// Donated.
    donated: Points,
    /// Passed on from member to member, which changes nothing of the rest.
    transferred: Points,
    /// What members have.
    outstanding: Outstanding,
}

/// What members have: `issued` - `redeemed` - `expired` + `adjusted` - `donated` = `total`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Outstanding {
    /// Recorded as spendable. Points whose time is over count until their sweep, right after the cut-over.
    available: Points,
    /// Granted but not active yet.
    pending: Points,
    /// Held by reservations.
    reserved: Points,
    /// Owed by members.
    deficit: Points,
    /// `available` + `pending` + `reserved` - `deficit`.
    total: Points,
}

/// Read the tenant's liability at a moment.
///
/// By the time of recording, so that a report of a past moment never changes. However large the ledger is, only what was
/// recorded since the last moment with sums is added up; a worker writes these down within minutes.
#[utoipa::path(
    get,
    path = "/v1/liability",
    operation_id = "get_liability",
    tag = "analytics",
    params(LiabilityQuery),
    responses((status = 200, description = "The liability by wallet", body = Liability), Problems),
    extensions(("x-scopes" = json!(["analytics:read"])))
)]
pub(crate) async fn read_liability(
    app: Data<App>,
    caller: Caller<AnalyticsRead>,
    Query(LiabilityQuery { as_of }): Query<LiabilityQuery>,
) -> Result<HttpResponse, Problem> {
    let (db, catalogs, tenant) = (app.db.clone(), app.catalogs.clone(), caller.tenant);
    let read = app.db.run(async move {
        let tx = db.snapshot(tenant).await?;
        let (catalog, now) = catalogs.for_transaction(&tx).await?;
        let until = match as_of {
            Some(as_of) => as_of.until(&catalog.settings, now)?,
            None => now,
        };
        let rows = ledger_sums::at(&tx, until).await?;
        tx.commit().await?;
        let wallets = rows.into_iter().map(wallet).collect();
        Ok::<_, Problem>(Liability {
            as_of: until,
            wallets,
        })
    });
    Ok(HttpResponse::Ok().json(read.await??))
}

fn wallet(row: WalletSums) -> WalletLiability {
    let (
        wallet,
        issued,
        redeemed,
        expired,
        adjusted,
        donated,
        transferred,
        available,
        pending,
        reserved,
        deficit,
    ) = row;
    let total = available
        .saturating_add(pending)
        .saturating_add(reserved)
        .saturating_sub(deficit);
    WalletLiability {
        wallet,
        issued: Points::new(issued),
        redeemed: Points::new(redeemed),
        expired: Points::new(expired),
        adjusted: Points::new(adjusted),
        donated: Points::new(donated),
        transferred: Points::new(transferred),
        outstanding: Outstanding {
            available: Points::new(available),
            pending: Points::new(pending),
            reserved: Points::new(reserved),
            deficit: Points::new(deficit),
            total: Points::new(total),
        },
    }
}
