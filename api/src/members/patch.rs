//! A change of a member's fields by merge patch: what is named replaces, null removes.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use domain::fault::{Fault, FaultCode};
use domain::id::{ApiKeyId, MemberId};
use domain::member::MemberStatus;
use serde_json::Value;

use super::change::{self, Context, Tools};
use super::consents::Given;
use super::document::{Member, MemberFields};
use super::patch_document::{merge, unknown_fields};
use super::record::Stored;
use super::store::{LockLedger, LockMember};
use super::{check, record};
use crate::app::App;
use crate::auth::Caller;
use crate::auth::scope::MembersWrite;
use crate::body::{self, Body};
use crate::config::MAX_BODY_BYTES;
use crate::db::TenantConn;
use crate::outbox::EventType;
use crate::problem::{Problem, ProblemKind, Problems};
use crate::revision::{IfMatch, etag};

/// What is asked for.
struct Change {
    member: MemberId,
    patch: Value,
    if_match: IfMatch,
    actor: ApiKeyId,
}

/// Change a member.
///
/// JSON merge patch (RFC 7396): fields that are named replace, null removes; a list is replaced as a whole.
/// With `If-Match` only what the caller has read is changed.
#[utoipa::path(
    patch,
    path = "/v1/members/{id}",
    operation_id = "change_member",
    tag = "members",
    params(
        ("id" = MemberId, Path, description = "Id of the member"),
        ("If-Match" = Option<String>, Header, description = "The ETag that was read"),
    ),
    request_body(content = MemberFields, description = "Fields to replace; null removes one"),
    responses(
        (status = 200, description = "The member after the change", body = Member,
            headers(("ETag" = String, description = "For If-Match"))),
        Problems,
    ),
    extensions(("x-scopes" = json!(["members:write"])))
)]
pub(crate) async fn change_member(
    app: Data<App>,
    caller: Caller<MembersWrite>,
    path: Path<String>,
    if_match: IfMatch,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let member: MemberId = path.parse().map_err(|_unknown| Problem::not_found())?;
    let change = Change {
        member,
        patch: body.raw_json(MAX_BODY_BYTES).await?,
        if_match,
        actor: caller.key,
    };
    let (tenant, tools, db) = (caller.tenant, Tools::of(&app), app.db.clone());
    let stored = app
        .db
        .run(async move {
            let tx = db.tenant(tenant).await?;
            let outcome = apply(&tx, &tools, change).await;
            change::finish(tx, outcome).await
        })
        .await??;
    Ok(HttpResponse::Ok()
        .insert_header(etag(stored.revision))
        .json(stored.into_member()))
}

async fn apply(tx: &TenantConn, tools: &Tools, change: Change) -> Result<Stored, Problem> {
    let (tenant, member) = (tx.number(), change.member.uuid());
    // The ledger is told too since when somebody is a member; nothing else of a patch concerns it.
    if change.patch.get("enrolled_at").is_some() {
        LockLedger { tenant, member }.all(tx).await?;
    }
    let id = member;
    LockMember { tenant, id }.all(tx).await?;
    let before = record::load(tx, &tools.vault, change.member).await?;
    let before = before.ok_or_else(Problem::not_found)?;
    change.if_match.check(before.revision)?;
    refuse_inactive(before.status)?;
    let context = change::context(tx).await?;
    let mut fields = patched(&before.fields, change.patch, &context)?;
    let given = Given {
        source: fields.consent_source.take(),
        actor: change.actor,
    };
    if fields == before.fields {
        return Ok(before);
    }
    if fields.referred_by == Some(before.id) {
        let detail = "a member can't have brought itself";
        let fault = Fault::new("/referred_by", FaultCode::InvalidValue, detail);
        return Err(Problem::invalid(vec![fault]));
    }
    change::check_references(tx, &fields, &context).await?;
    let claims = change::claim(tx, tools, before.id, &fields, &context.currency).await?;
    let enrolled_at = fields.enrolled_at.unwrap_or(before.enrolled_at);
    let draft = record::Draft {
        id: before.id,
        fields: &fields,
        enrolled_at,
        now: context.now,
        claims: &claims,
        given,
    };
    let written = record::update(tx, &before, &draft).await;
    written.map_err(change::refused_write)?;
    let revision = before.revision.saturating_add(1);
    let place = (before.id, before.version, revision);
    change::tell(tx, &context, EventType::MemberChanged, place).await?;
    Ok(Stored {
        revision,
        enrolled_at,
        fields,
        ..before
    })
}

/// The fields with the patch applied, checked like those of a new member.
fn patched(
    before: &MemberFields,
    patch: Value,
    context: &Context,
) -> Result<MemberFields, Problem> {
    let mut document = serde_json::to_value(before).map_err(|error| Problem::internal(&error))?;
    // It belongs to a request, not to the member.
    if let Value::Object(fields) = &mut document {
        fields.insert("consent_source".to_owned(), Value::Null);
    }
    let mut faults = unknown_fields(&document, &patch);
    if patch.get("enrolled_at").is_some_and(Value::is_null) {
        let detail = "a member always has a time of enrolment; send another one instead";
        faults.push(Fault::new("/enrolled_at", FaultCode::InvalidValue, detail));
    }
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    merge(&mut document, patch);
    let bytes = serde_json::to_vec(&document).map_err(|error| Problem::internal(&error))?;
    let fields: MemberFields = body::parse(&bytes)?;
    check::check(&fields, context.now).map_err(Problem::invalid)?;
    Ok(fields)
}

fn refuse_inactive(status: MemberStatus) -> Result<(), Problem> {
    match status {
        MemberStatus::Active => Ok(()),
        MemberStatus::Closed | MemberStatus::Erased => Err(Problem::new(
            ProblemKind::MemberClosed,
            "A closed member can't be changed.",
        )),
        MemberStatus::Merged => Err(Problem::new(
            ProblemKind::MemberMerged,
            "This member is part of another one now; change that one.",
        )),
    }
}

#[cfg(test)]
mod tests;
