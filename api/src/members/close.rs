//! End a membership: what was collected stays readable, and nothing is added or taken any more.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use domain::id::MemberId;
use domain::member::MemberStatus;

use super::change::{self, Tools};
use super::document::Member;
use super::record::{self, Stored};
use super::store::{CloseMember, LockLedger, LockMember};
use crate::app::App;
use crate::audit::{self, Actor, Entry};
use crate::auth::Caller;
use crate::auth::scope::MembersWrite;
use crate::body::Body;
use crate::db::TenantConn;
use crate::outbox::EventType;
use crate::problem::{Problem, ProblemKind, Problems};
use crate::revision::etag;

/// Close a member
///
/// Receipts and redemptions that name it are refused with 409 `member_closed`; its points stay in the ledger and end in
/// their time. Repeating it changes nothing.
#[utoipa::path(
    post,
    path = "/v1/members/{id}/close",
    operation_id = "close_member",
    tag = "members",
    params(("id" = MemberId, Path, description = "Id of the member")),
    responses(
        (status = 200, description = "The closed member", body = Member,
            headers(("ETag" = String, description = "For If-Match"))),
        Problems,
    ),
    extensions(("x-scopes" = json!(["members:write"])))
)]
pub(crate) async fn close_member(
    app: Data<App>,
    caller: Caller<MembersWrite>,
    path: Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let member: MemberId = path.parse().map_err(|_unknown| Problem::not_found())?;
    body.nothing().await?;
    let (tenant, tools, db) = (caller.tenant, Tools::of(&app), app.db.clone());
    let actor = Actor::caller(&caller);
    let closed = app
        .db
        .run(async move {
            let tx = db.tenant(tenant).await?;
            let outcome = close(&tx, &tools, member, actor).await;
            change::finish(tx, outcome).await
        })
        .await??;
    Ok(HttpResponse::Ok()
        .insert_header(etag(closed.revision))
        .json(closed.into_member()))
}

/// The member, with its ledger and its fields kept from changing: a batch that had it before is over by now, and the
/// next one sees what is done here.
pub(super) async fn locked(
    tx: &TenantConn,
    tools: &Tools,
    member: MemberId,
) -> Result<Stored, Problem> {
    let (tenant, id) = (tx.number(), member.uuid());
    LockLedger { tenant, member: id }.all(tx).await?;
    LockMember { tenant, id }.all(tx).await?;
    let found = record::load(tx, &tools.vault, member).await?;
    found.ok_or_else(Problem::not_found)
}

async fn close(
    tx: &TenantConn,
    tools: &Tools,
    member: MemberId,
    actor: Actor,
) -> Result<Stored, Problem> {
    let before = locked(tx, tools, member).await?;
    match before.status {
        MemberStatus::Active => {}
        MemberStatus::Closed => return Ok(before),
        MemberStatus::Erased => {
            let detail =
                "What is personal about this member was destroyed; nothing is left to close.";
            return Err(Problem::new(ProblemKind::MemberClosed, detail));
        }
        MemberStatus::Merged => {
            let detail = "This member is part of another one now; close that one.";
            return Err(Problem::new(ProblemKind::MemberMerged, detail));
        }
    }
    let close = CloseMember {
        tenant: tx.number(),
        id: member.uuid(),
    };
    record::expect(close.run(tx).await?, 1)?;
    let revision = before.revision.saturating_add(1);
    let context = change::context(tx).await?;
    let place = (member, before.version, revision);
    change::tell(tx, &context, EventType::MemberClosed, place).await?;
    let status = |status: MemberStatus| serde_json::json!({"status": status});
    let entry = Entry::new(actor, "member.closed", &member);
    let entry = entry.changed(status(before.status), status(MemberStatus::Closed));
    audit::record(tx, entry).await?;
    Ok(Stored {
        status: MemberStatus::Closed,
        revision,
        ..before
    })
}
