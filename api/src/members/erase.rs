//! Destroy what is personal about a member: its key, so that nothing sealed under it can ever be opened, what it is
//! found by, and whatever else was said of it. The ledger stays whole, since it knows members by their ids only.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use domain::id::MemberId;
use domain::member::MemberStatus;

use super::change::{self, Tools};
use super::close::locked;
use super::document::{Member, MemberFields};
use super::record::{self, Stored};
use super::store::{DeleteConsentChanges, DeleteIdentifiers, DeleteProfile, EraseMember};
use crate::app::App;
use crate::audit::{self, Actor, Entry};
use crate::auth::Caller;
use crate::auth::scope::MembersWrite;
use crate::body::Body;
use crate::db::TenantConn;
use crate::outbox::EventType;
use crate::problem::{Problem, Problems};
use crate::revision::etag;

/// Erase personal data
///
/// For good: the profile, everything the member is found by, attributes and consents. Balances and transactions stay
/// readable by the member's id; receipts that name it are refused with 409 `member_closed`. Repeating it changes nothing.
#[utoipa::path(
    delete,
    path = "/v1/members/{id}/personal-data",
    operation_id = "erase_personal_data",
    tag = "members",
    params(("id" = MemberId, Path, description = "Id of the member")),
    responses((status = 200, description = "What is left of the member", body = Member), Problems),
    extensions(("x-scopes" = json!(["members:write"])))
)]
pub(crate) async fn erase_personal_data(
    app: Data<App>,
    caller: Caller<MembersWrite>,
    path: Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let member: MemberId = path.parse().map_err(|_unknown| Problem::not_found())?;
    body.nothing().await?;
    let (tenant, tools, db) = (caller.tenant, Tools::of(&app), app.db.clone());
    let actor = Actor::caller(&caller);
    let erased = app
        .db
        .run(async move {
            let tx = db.tenant(tenant).await?;
            let outcome = erase(&tx, &tools, member, actor).await;
            change::finish(tx, outcome).await
        })
        .await??;
    tracing::info!(member.id = %member, "personal data of a member was destroyed");
    Ok(HttpResponse::Ok()
        .insert_header(etag(erased.revision))
        .json(erased.into_member()))
}

async fn erase(
    tx: &TenantConn,
    tools: &Tools,
    id: MemberId,
    actor: Actor,
) -> Result<Stored, Problem> {
    let before = locked(tx, tools, id).await?;
    if before.status == MemberStatus::Erased {
        return Ok(before);
    }
    let (tenant, member) = (tx.number(), id.uuid());
    DeleteIdentifiers { tenant, member }.run(tx).await?;
    DeleteConsentChanges { tenant, member }.run(tx).await?;
    // A member that was written without a profile has none to destroy.
    DeleteProfile { tenant, member }.run(tx).await?;
    let erased = EraseMember { tenant, id: member }.run(tx).await?;
    record::expect(erased, 1)?;
    let revision = before.revision.saturating_add(1);
    let context = change::context(tx).await?;
    let place = (id, before.version, revision);
    change::tell(tx, &context, EventType::MemberErased, place).await?;
    let status = |status: MemberStatus| serde_json::json!({"status": status});
    let entry = Entry::new(actor, "member.personal_data_erased", &id);
    let entry = entry.changed(status(before.status), status(MemberStatus::Erased));
    audit::record(tx, entry).await?;
    Ok(Stored {
        id,
        status: MemberStatus::Erased,
        version: before.version,
        revision,
        enrolled_at: before.enrolled_at,
        fields: MemberFields {
            store: before.fields.store,
            ..MemberFields::default()
        },
        key: None,
        found_since: std::collections::HashMap::new(),
    })
}
