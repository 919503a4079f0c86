//! How a member stands on every ladder, and what comes next.

use actix_web::web::{Data, Json, Path};
use domain::id::MemberId;
use domain::member::MemberFacts;
use domain::rank::{LadderOutlook, Wanted};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::Caller;
use crate::auth::scope::MembersRead;
use crate::ledger::{Ranked, outlook_of, ranked};
use crate::problem::{Problem, Problems};

/// A member's ranks.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MemberRanks {
    /// Whose.
    member_id: MemberId,
    /// The member's version that they belong to.
    #[schema(example = 18)]
    version: i64,
    /// One entry for each ladder of the program in force, in its order.
    ladders: Vec<LadderRank>,
}

/// How a member stands on one ladder.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LadderRank {
    /// Code of the ladder.
    #[schema(example = "main")]
    ladder: String,
    /// Code of the step; null below the lowest.
    #[schema(example = "silver")]
    code: Option<String>,
    /// From when on.
    since: Timestamp,
    /// The last business date of the rank if nothing more is bought; null = it does not end by itself.
    valid_until: Option<Date>,
    /// Set by hand; null when spending made it.
    manual: Option<ManualRank>,
    /// What keeps the rank beyond `valid_until`; null when it does not end.
    to_keep: Option<Wanted>,
    /// What the next step asks for; null on the highest.
    to_next: Option<Wanted>,
    /// Code of the rank after the next review, by what is recorded now.
    #[schema(example = "silver")]
    projected: Option<String>,
}

/// A rank that somebody set.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ManualRank {
    /// Its last business date; null = until it is set anew.
    valid_until: Option<Date>,
}

/// Read a member's ranks.
///
/// With what keeps each rank, what the next one takes, and the rank that the next review would give.
#[utoipa::path(
    get,
    path = "/v1/members/{id}/rank",
    operation_id = "get_rank",
    tag = "ranks",
    params(("id" = MemberId, Path, description = "Id of the member")),
    responses((status = 200, description = "How the member stands", body = MemberRanks), Problems),
    extensions(("x-scopes" = json!(["members:read"])))
)]
pub(crate) async fn read_rank(
    app: Data<App>,
    caller: Caller<MembersRead>,
    path: Path<String>,
) -> Result<Json<MemberRanks>, Problem> {
    let member: MemberId = path.parse().map_err(|_unknown| Problem::not_found())?;
    let (db, catalogs, tenant) = (app.db.clone(), app.catalogs.clone(), caller.tenant);
    let ranked = app
        .db
        .run(async move {
            let tx = db.snapshot(tenant).await?;
            let ranked = ranked(&tx, &catalogs, member).await?;
            tx.commit().await?;
            Ok::<_, Problem>(ranked)
        })
        .await??;
    answer(&ranked.ok_or_else(Problem::not_found)?)
}

/// The answer of reading and of setting.
pub(super) fn answer(ranked: &Ranked) -> Result<Json<MemberRanks>, Problem> {
    let facts = &ranked.facts;
    let ladders = outlook_of(ranked)?;
    Ok(Json(MemberRanks {
        member_id: facts.member,
        version: facts.version,
        ladders: ladders
            .into_iter()
            .map(|outlook| LadderRank::of(outlook, facts))
            .collect(),
    }))
}

impl LadderRank {
    fn of(outlook: LadderOutlook, facts: &MemberFacts) -> Self {
        Self {
            ladder: outlook.ladder,
            code: outlook.code,
            since: outlook.since.unwrap_or(facts.enrolled_at),
            valid_until: outlook.valid_until,
            manual: outlook.manual.map(|manual| ManualRank {
                valid_until: manual.until,
            }),
            to_keep: outlook.to_keep,
            to_next: outlook.to_next,
            projected: outlook.projected,
        }
    }
}
