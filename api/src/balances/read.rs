//! A member's balances: from the hot copy when it may be believed, else from the ledger.

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use domain::amount::Points;
use domain::fault::FaultCode;
use domain::history::History;
use domain::id::MemberId;
use domain::ledger::Balance;
use domain::member::{MemberFacts, MemberStatus, WalletFacts};
use domain::rank::RankFacts;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::past;
use super::store::{ClockMoves, MemberWallets};
use crate::app::App;
use crate::as_of::AsOf;
use crate::auth::Caller;
use crate::auth::scope::MembersRead;
use crate::balances_cache::HotBalances;
use crate::catalog::Catalogs;
use crate::clock;
use crate::db::time::maybe_from;
use crate::db::{DbError, TenantConn, TenantNumber};
use crate::ledger::balances_of;
use crate::page::Query;
use crate::problem::{Problem, Problems};

/// Names where the answer came from.
const SOURCE_HEADER: &str = "X-Balance-Source";

/// How old the answer may be.
#[derive(Debug, Clone, Copy, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct BalancesQuery {
    /// The version of an answer that the caller has seen: nothing older is returned.
    #[param(example = 18)]
    min_version: Option<u64>,
    /// A business date, at whose end, or an instant of the past, at which the balances are told; from the
    /// ledger. Not together with `min_version`.
    #[serde(default)]
    #[param(value_type = Option<String>, example = "2026-11-21")]
    as_of: Option<AsOf>,
}

/// What a member has.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct MemberBalances {
    /// Whose.
    member_id: MemberId,
    /// The member's version that they belong to.
    #[schema(example = 18)]
    version: i64,
    /// When they were true.
    as_of: Timestamp,
    /// Every wallet of the program in force, also at 0, then others that the member holds.
    wallets: Vec<Balance>,
}

/// Read a member's balances.
///
/// Answered from a hot copy that is at most seconds old, or from the ledger; `X-Balance-Source` says which.
#[utoipa::path(
    get,
    path = "/v1/members/{id}/balances",
    operation_id = "get_balances",
    tag = "balances",
    params(("id" = MemberId, Path, description = "Id of the member"), BalancesQuery),
    responses(
        (status = 200, description = "What the member has", body = MemberBalances,
            headers(("X-Balance-Source" = String, description = "`cache` or `ledger`"))),
        Problems,
    ),
    extensions(("x-scopes" = json!(["members:read"])))
)]
pub(crate) async fn read_balances(
    app: Data<App>,
    caller: Caller<MembersRead>,
    path: Path<String>,
    Query(BalancesQuery { min_version, as_of }): Query<BalancesQuery>,
) -> Result<HttpResponse, Problem> {
    let member: MemberId = path.parse().map_err(|_unknown| Problem::not_found())?;
    if let Some(as_of) = as_of {
        if min_version.is_some() {
            let detail = "as_of and min_version can't be asked for together.";
            return Err(Problem::parameter(
                "min_version",
                FaultCode::InvalidValue,
                detail,
            ));
        }
        let past = past::read(&app, caller.tenant, member, as_of).await?;
        return Ok(answer(member, past, "ledger"));
    }
    let min_version = i64::try_from(min_version.unwrap_or(0)).unwrap_or(i64::MAX);
    let hot = app
        .balances
        .get(caller.tenant, member, min_version, clock::now())
        .await;
    if let Some(hot) = hot
        && (!caller.is_test || hot.clock_moves == clock_moves(&app, caller.tenant).await?)
    {
        return Ok(answer(member, hot, "cache"));
    }
    let (db, catalogs, cache) = (app.db.clone(), app.catalogs.clone(), app.balances.clone());
    let tenant = caller.tenant;
    let hot = app
        .db
        .run(async move {
            let is_wanted = cache.want(tenant, member).await;
            let tx = db.snapshot(tenant).await?;
            let hot = read(&tx, &catalogs, member).await?;
            tx.commit().await?;
            if is_wanted && let Some(hot) = &hot {
                cache.put(tenant, &[(member, hot.clone())]).await;
            }
            Ok::<_, DbError>(hot)
        })
        .await??;
    let hot = hot.ok_or_else(Problem::not_found)?;
    Ok(answer(member, hot, "ledger"))
}

/// How often the clock of a sandbox tenant was moved: a copy of before the last time may come late to Redis, and what it
/// tells is over.
async fn clock_moves(app: &App, tenant: TenantNumber) -> Result<i64, Problem> {
    let db = app.db.clone();
    let moves = app.db.run(async move {
        let tx = db.snapshot(tenant).await?;
        let moves = ClockMoves {
            tenant: tx.number(),
        };
        let moves = moves.all(&tx).await?.pop();
        tx.commit().await?;
        Ok::<_, DbError>(moves.map_or(0, |(moves,)| moves))
    });
    Ok(moves.await??)
}

fn answer(member: MemberId, hot: HotBalances, source: &'static str) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((SOURCE_HEADER, source))
        .json(MemberBalances {
            member_id: member,
            version: hot.version,
            as_of: hot.as_of,
            wallets: hot.wallets,
        })
}

/// The ledger's own numbers; none when the tenant has no such member.
async fn read(
    tx: &TenantConn,
    catalogs: &Catalogs,
    member: MemberId,
) -> Result<Option<HotBalances>, DbError> {
    let rows = MemberWallets {
        tenant: tx.number(),
        member: member.uuid(),
    }
    .all(tx)
    .await?;
    let Some(head) = rows.first() else {
        return Ok(None);
    };
    let (revision, clock_moves, as_of) = (head.0, head.1, Timestamp::from(head.2));
    // What a member has does not depend on status and enrolment, so they are not read.
    let mut facts = MemberFacts {
        member,
        status: MemberStatus::Active,
        version: head.3,
        last_recorded_at: head.4.into(),
        enrolled_at: as_of,
        wallets: BTreeMap::new(),
        recalled: std::collections::BTreeSet::new(),
        history: History::default(),
        ranks: RankFacts::default(),
    };
    for (.., wallet, available, pending, reserved, deficit, next_expires_at) in rows {
        let Some(wallet) = wallet else {
            continue;
        };
        let points = |column: Option<i64>| Points::new(column.unwrap_or(0));
        let wallet_facts = WalletFacts {
            available: points(available),
            pending: points(pending),
            reserved: points(reserved),
            deficit: points(deficit),
            next_expires_at: maybe_from(next_expires_at),
            lots: None,
        };
        facts.wallets.insert(wallet, wallet_facts);
    }
    let catalog = catalogs.at_revision(tx, revision).await?;
    let (wallets, good_until) = balances_of(&facts, &catalog, as_of)?;
    Ok(Some(HotBalances {
        version: facts.version,
        as_of,
        clock_moves,
        good_until,
        wallets,
    }))
}
