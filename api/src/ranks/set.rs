//! A rank that somebody sets, with its end.

use actix_web::web::{Data, Json, Path};
use domain::decide::SetRank;
use domain::fault::{Fault, FaultCode};
use domain::id::MemberId;
use domain::rank::LadderOutlook;
use domain::receipt::MAX_TEXT_LENGTH;
use jiff::civil::Date;
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::read::{MemberRanks, answer};
use super::store::HasMember;
use crate::app::App;
use crate::audit::{self, Actor, Entry};
use crate::auth::Caller;
use crate::auth::scope::MembersWrite;
use crate::body::{Body, check_text};
use crate::config::MAX_BODY_BYTES;
use crate::db::TenantConn;
use crate::ledger::{Ranked, outlook_of, set_rank};
use crate::problem::{Problem, Problems};

/// A rank to be set.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRank {
    /// Code of the ladder; may be left out where the program has only one.
    #[serde(default)]
    #[schema(example = "main")]
    ladder: Option<String>,
    /// Code of the step; null = as spending makes it. It must be given.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, example = "gold")]
    code: Option<Option<String>>,
    /// Its last business date; null = until it is set anew.
    #[serde(default)]
    valid_until: Option<Date>,
    /// Why, for those who look at the history.
    #[serde(default)]
    #[schema(max_length = 200, example = "match of a partner's status")]
    reason: Option<String>,
}

/// Set a member's rank by hand.
///
/// It stands until the end of `valid_until`, whatever is bought, unless spending reaches a higher step; then the rank
/// counts that spending made, which goes on living underneath. `"code": null` takes it back at once.
#[utoipa::path(
    put,
    path = "/v1/members/{id}/rank",
    operation_id = "set_rank",
    tag = "ranks",
    params(("id" = MemberId, Path, description = "Id of the member")),
    request_body(content = NewRank, description = "The rank to be set"),
    responses((status = 200, description = "How the member stands now", body = MemberRanks), Problems),
    extensions(("x-scopes" = json!(["members:write"])))
)]
pub(crate) async fn write_rank(
    app: Data<App>,
    caller: Caller<MembersWrite>,
    path: Path<String>,
    body: Body,
) -> Result<Json<MemberRanks>, Problem> {
    let member: MemberId = path.parse().map_err(|_unknown| Problem::not_found())?;
    let new: NewRank = body.json(MAX_BODY_BYTES).await?;
    check(&new).map_err(Problem::invalid)?;
    let (db, catalogs, tenant) = (app.db.clone(), app.catalogs.clone(), caller.tenant);
    let (key, actor) = (caller.key, Actor::caller(&caller));
    let ranked = app
        .db
        .run(async move {
            let tx = db.tenant(tenant).await?;
            let command = command(&tx, member, new).await?;
            let ladder = command.ladder.clone();
            let after = serde_json::json!({
                "ladder": command.ladder, "code": command.code, "valid_until": command.until,
            });
            let (before, ranked) = set_rank(&tx, &catalogs, member, (command, key)).await?;
            let before = stood(&before, ladder.as_deref())?;
            let entry = Entry::new(actor, "rank.set", &member).replaced(before, after);
            audit::record(&tx, entry).await?;
            tx.commit().await?;
            Ok::<_, Problem>(ranked)
        })
        .await??;
    answer(&ranked)
}

/// How the member stood on the ladder that is meant: the named one, or the only one.
fn stood(ranked: &Ranked, ladder: Option<&str>) -> Result<serde_json::Value, Problem> {
    let ladders = outlook_of(ranked)?;
    let is_meant = |outlook: &&LadderOutlook| ladder.is_none_or(|code| outlook.ladder == code);
    Ok(ladders.iter().find(is_meant).map_or_else(
        || serde_json::Value::Null,
        |outlook| {
            let until = outlook.manual.as_ref().and_then(|manual| manual.until);
            serde_json::json!({"ladder": outlook.ladder, "code": outlook.code, "valid_until": until})
        },
    ))
}

/// What is to be done, to a member that is there.
async fn command(tx: &TenantConn, member: MemberId, new: NewRank) -> Result<SetRank, Problem> {
    let is_there = HasMember {
        tenant: tx.number(),
        member: member.uuid(),
    };
    if is_there.all(tx).await?.is_empty() {
        return Err(Problem::not_found());
    }
    let code = new.code.ok_or_else(|| {
        let detail = "Give the code of a step, or null to let spending decide.";
        Problem::invalid(vec![Fault::new("/code", FaultCode::Required, detail)])
    })?;
    Ok(SetRank {
        ladder: new.ladder,
        code,
        until: new.valid_until,
        reason: new.reason,
    })
}

/// A field that is there, be it null.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

fn check(new: &NewRank) -> Result<(), Vec<Fault>> {
    let mut faults = Vec::new();
    let texts = [
        ("/ladder", new.ladder.as_ref()),
        ("/code", new.code.as_ref().and_then(Option::as_ref)),
        ("/reason", new.reason.as_ref()),
    ];
    for (pointer, text) in texts {
        let faulty = text.map(|text| check_text(pointer, text, MAX_TEXT_LENGTH));
        faults.extend(faulty.into_iter().flatten());
    }
    if new.code == Some(None) && new.valid_until.is_some() {
        let detail = "without a code there is no rank that could end; leave this out";
        faults.push(Fault::new("/valid_until", FaultCode::InvalidValue, detail));
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(faults)
    }
}
