//! Members by what the till knows: in the URL for low-volume use, in a body for tills, so that
//! nothing personal stands in anybody's log.

use actix_web::HttpResponse;
use actix_web::web::{Data, Json};
use domain::id::MemberId;
use domain::receipt::MemberRef;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::change::Tools;
use super::document::Member;
use super::record::{self, Stored};
use crate::app::App;
use crate::auth::Caller;
use crate::auth::scope::MembersRead;
use crate::body::Body;
use crate::config::MAX_BODY_BYTES;
use crate::db::{TenantConn, TenantNumber};
use crate::ledger::unknown_member;
use crate::page::{Page, Query};
use crate::problem::{Problem, ProblemKind, Problems};
use crate::revision::etag;
use crate::roster::LookUp;
use crate::roster::store::MembersByLookUp;

/// Exactly one of these.
#[derive(Debug, Clone, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FindQuery {
    /// A card number.
    #[param(example = "2900000012345")]
    card: Option<String>,
    /// A phone number.
    #[param(example = "+819012345678")]
    phone: Option<String>,
    /// An e-mail address.
    #[param(example = "hanako@example.com")]
    email: Option<String>,
    /// The retailer's own id.
    #[param(example = "customer-4711")]
    external_id: Option<String>,
}

impl FindQuery {
    fn into_reference(self) -> Result<MemberRef, Problem> {
        let given = [
            self.card.map(MemberRef::Card),
            self.phone.map(MemberRef::Phone),
            self.email.map(MemberRef::Email),
            self.external_id.map(MemberRef::ExternalId),
        ];
        let mut given = given.into_iter().flatten();
        match (given.next(), given.next()) {
            (Some(member), None) => Ok(member),
            _ => Err(Problem::new(
                ProblemKind::InvalidParameter,
                "Give exactly one of card, phone, email and external_id.",
            )),
        }
    }
}

/// Find a member by an identifier in the URL.
///
/// A list of one member or none. For low-volume use: tills send `POST /v1/members/lookup`, which leaves nothing personal in logs on the way.
#[utoipa::path(
    get,
    path = "/v1/members",
    operation_id = "find_members",
    tag = "members",
    params(FindQuery),
    responses((status = 200, description = "The member, or nobody", body = Page<Member>), Problems),
    extensions(("x-scopes" = json!(["members:read"])))
)]
pub(crate) async fn find_members(
    app: Data<App>,
    caller: Caller<MembersRead>,
    Query(query): Query<FindQuery>,
) -> Result<Json<Page<Member>>, Problem> {
    let found = find(&app, caller.tenant, query.into_reference()?).await?;
    Ok(Json(Page {
        data: found.into_iter().map(Stored::into_member).collect(),
        next_cursor: None,
    }))
}

/// Who is asked for.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MemberLookUp {
    /// By exactly one identifier, like on a receipt.
    member: MemberRef,
}

/// Find a member by an identifier in the body.
///
/// 422 `unknown_reference` at `/member` when nobody has it.
#[utoipa::path(
    post,
    path = "/v1/members/lookup",
    operation_id = "look_up_member",
    tag = "members",
    request_body(content = MemberLookUp, description = "Who is asked for"),
    responses(
        (status = 200, description = "The member", body = Member,
            headers(("ETag" = String, description = "For If-Match"))),
        Problems,
    ),
    extensions(("x-scopes" = json!(["members:read"])))
)]
pub(crate) async fn look_up_member(
    app: Data<App>,
    caller: Caller<MembersRead>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let MemberLookUp { member } = body.json(MAX_BODY_BYTES).await?;
    let found = find(&app, caller.tenant, member).await?;
    let stored = found.ok_or_else(|| unknown_member("/member"))?;
    Ok(HttpResponse::Ok()
        .insert_header(etag(stored.revision))
        .json(stored.into_member()))
}

async fn find(
    app: &App,
    tenant: TenantNumber,
    member: MemberRef,
) -> Result<Option<Stored>, Problem> {
    let (tools, db) = (Tools::of(app), app.db.clone());
    app.db
        .run(async move {
            let look_up = tools.look_up_keys.look_up(tenant, &member)?;
            let tx = db.snapshot(tenant).await?;
            let stored = match resolve(&tx, look_up).await? {
                Some(id) => record::load(&tx, &tools.vault, id).await?,
                None => None,
            };
            tx.commit().await?;
            Ok(stored)
        })
        .await?
}

async fn resolve(tx: &TenantConn, look_up: LookUp) -> Result<Option<MemberId>, Problem> {
    let hash = match look_up {
        LookUp::Id(id) => return Ok(Some(id)),
        LookUp::Hash(hash) => hash,
    };
    let found = MembersByLookUp {
        tenant: tx.number(),
        look_ups: vec![hash],
    };
    let row = found.all(tx).await?.pop();
    Ok(row.map(|(_, member)| MemberId::from_uuid(member)))
}
