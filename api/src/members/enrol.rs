//! Enrolment: a member with profile, identifiers and an empty ledger, all or nothing.

use actix_web::HttpResponse;
use actix_web::http::header::LOCATION;
use actix_web::web::Data;
use domain::id::MemberId;
use domain::member::MemberStatus;
use jiff::Timestamp;
use uuid::Uuid;

use super::change::{self, Tools, WriteFailure, refused_write};
use super::consents::Given;
use super::document::{Member, MemberFields};
use super::record::FIRST_REVISION;
use super::store::{InsertKey, KnownKey};
use super::{check, record};
use crate::app::App;
use crate::auth::Caller;
use crate::auth::scope::MembersWrite;
use crate::body::Body;
use crate::clock;
use crate::config::MAX_BODY_BYTES;
use crate::db::{Db, DbError, TenantConn, TenantNumber};
use crate::idempotency::{IdempotencyKey, tell_replay};
use crate::outbox::EventType;
use crate::problem::{Problem, ProblemKind, Problems};
use crate::revision::etag;

/// The constraint that holds a key to one use.
const ONE_USE_PER_KEY: &str = "idempotency_keys_pkey";

/// Enrol a member.
///
/// Everything may be left out. An identifier that another member has is a 409 `identifier_taken`.
#[utoipa::path(
    post,
    path = "/v1/members",
    operation_id = "enrol_member",
    tag = "members",
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters; with it a repeat enrols nobody twice", max_length = 255)),
    request_body(content = MemberFields, description = "What is known of the member"),
    responses(
        (status = 201, description = "Enrolled; also the answer to a repeat with the same key", body = Member,
            headers(("ETag" = String, description = "For If-Match"), ("Location" = String, description = "Path of the member"))),
        Problems,
    ),
    extensions(("x-scopes" = json!(["members:write"])))
)]
pub(crate) async fn enrol_member(
    app: Data<App>,
    caller: Caller<MembersWrite>,
    key: Result<IdempotencyKey, Problem>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let fields: MemberFields = body.json(MAX_BODY_BYTES).await?;
    check::check(&fields, clock::now()).map_err(Problem::invalid)?;
    let (tenant, tools, db) = (caller.tenant, Tools::of(&app), app.db.clone());
    let guard = guard(tenant, &tools, optional(key)?, &fields)?;
    let enrolment = Enrolment {
        given: Given {
            source: fields.consent_source.clone(),
            actor: caller.key,
        },
        fields,
        guard,
    };
    let enrolled = app
        .db
        .run(async move {
            // Somebody may use the same key at the same moment; the second look finds what was made.
            match attempt(&db, tenant, &tools, &enrolment).await {
                Err(WriteFailure::Database(DbError::Duplicate(name)))
                    if name == ONE_USE_PER_KEY =>
                {
                    attempt(&db, tenant, &tools, &enrolment).await
                }
                outcome => outcome,
            }
        })
        .await?
        .map_err(refused_write)?;
    let mut response = HttpResponse::Created();
    tell_replay(&mut response, enrolled.is_replay);
    Ok(response
        .insert_header((LOCATION, format!("/v1/members/{}", enrolled.member.id)))
        .insert_header(etag(FIRST_REVISION))
        .json(enrolled.member))
}

/// A missing key is fine here; a wrong one is not.
fn optional(key: Result<IdempotencyKey, Problem>) -> Result<Option<IdempotencyKey>, Problem> {
    match key {
        Ok(key) => Ok(Some(key)),
        Err(problem) if problem.kind == ProblemKind::IdempotencyKeyRequired => Ok(None),
        Err(problem) => Err(problem),
    }
}

/// The caller's key and what it stands for.
struct Guard {
    key: Uuid,
    content_hash: Uuid,
}

struct Enrolment {
    given: Given,
    fields: MemberFields,
    guard: Option<Guard>,
}

struct Enrolled {
    member: Member,
    is_replay: bool,
}

fn guard(
    tenant: TenantNumber,
    tools: &Tools,
    key: Option<IdempotencyKey>,
    fields: &MemberFields,
) -> Result<Option<Guard>, Problem> {
    let Some(key) = key else {
        return Ok(None);
    };
    let content = serde_json::to_vec(fields).map_err(|error| Problem::internal(&error))?;
    Ok(Some(Guard {
        key: key.hash(),
        content_hash: tools.look_up_keys.content_hash(tenant, &content)?,
    }))
}

async fn attempt(
    db: &Db,
    tenant: TenantNumber,
    tools: &Tools,
    enrolment: &Enrolment,
) -> Result<Enrolled, WriteFailure> {
    let tx = db.tenant(tenant).await?;
    let outcome = enrol(&tx, tools, enrolment).await;
    change::finish(tx, outcome).await
}

async fn enrol(
    tx: &TenantConn,
    tools: &Tools,
    enrolment: &Enrolment,
) -> Result<Enrolled, WriteFailure> {
    let context = change::context(tx).await?;
    let mut fields = enrolment.fields.clone();
    let mut id = MemberId::from_uuid(clock::new_id());
    if let Some(guard) = &enrolment.guard {
        if let Some((first_id, enrolled_at)) = known(tx, guard).await? {
            id = first_id;
            let enrolled_at = fields.enrolled_at.unwrap_or(enrolled_at);
            let member = Member::new(id, MemberStatus::Active, 0, enrolled_at, fields);
            return Ok(Enrolled {
                member,
                is_replay: true,
            });
        }
        keep(tx, guard, id, context.database_now).await?;
    }
    let enrolled_at = *fields.enrolled_at.get_or_insert(context.now);
    change::check_references(tx, &fields, &context).await?;
    let claims = change::claim(tx, tools, id, &fields, &context.currency).await?;
    let draft = record::Draft {
        id,
        fields: &fields,
        enrolled_at,
        now: context.now,
        claims: &claims,
        given: enrolment.given.clone(),
    };
    record::insert(tx, &tools.vault, &draft).await?;
    let kind = EventType::MemberEnrolled;
    change::tell(tx, &context, kind, (id, 0, FIRST_REVISION)).await?;
    Ok(Enrolled {
        member: Member::new(id, MemberStatus::Active, 0, enrolled_at, fields),
        is_replay: false,
    })
}

/// Who was enrolled under the key, and when. The answer is made from the repeated request, whose
/// content is the same, so nothing of it has to be kept.
async fn known(
    tx: &TenantConn,
    guard: &Guard,
) -> Result<Option<(MemberId, Timestamp)>, WriteFailure> {
    let row = KnownKey {
        tenant: tx.number(),
        key: guard.key,
    };
    let Some((content_hash, subject, recorded_at)) = row.all(tx).await?.pop() else {
        return Ok(None);
    };
    match subject {
        Some(subject) if content_hash == guard.content_hash => {
            Ok(Some((MemberId::from_uuid(subject), recorded_at.into())))
        }
        _ => Err(WriteFailure::Other(Problem::new(
            ProblemKind::IdempotencyKeyReused,
            "Use a fresh key for another request.",
        ))),
    }
}

/// Before anything else is written, so that a second request with the key waits here.
async fn keep(tx: &TenantConn, guard: &Guard, id: MemberId, now: Timestamp) -> Result<(), DbError> {
    let insert = InsertKey {
        tenant: tx.number(),
        key: guard.key,
        content_hash: guard.content_hash,
        subject: id.uuid(),
        recorded_at: now.into(),
    };
    record::expect(insert.run(tx).await?, 1)
}
