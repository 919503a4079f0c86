//! Replace the key of a partner by a new one, with both good for a while.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use domain::id::{ApiKeyId, PartnerId};

use crate::app::App;
use crate::auth::Operator;
use crate::auth::api_key::{Mode, generate, last_four};
use crate::auth::rotation::Rotation;
use crate::body::Body;
use crate::clock;
use crate::config::MAX_BODY_BYTES;
use crate::problem::{Problem, ProblemKind, Problems};

use super::store::{self, ReplaceKey};
use super::{CreatedPartner, Partner, PartnerKey};

/// Rotate the key of a partner
///
/// Makes a new key; the old one, and the tokens that were got with it, end after the overlap, and so does whichever was
/// replaced before and would live longer. Grants stay as they are. The new secret is in this answer only.
#[utoipa::path(
    post,
    path = "/v1/partners/{id}/rotate",
    operation_id = "rotate_partner_key",
    tag = "partners",
    params(("id" = PartnerId, Path, description = "The partner.")),
    request_body = Option<Rotation>,
    responses((status = 201, description = "The partner with its new secret.", body = CreatedPartner), Problems),
    extensions(("x-scopes" = json!(["operator"])))
)]
pub(crate) async fn rotate(
    app: Data<App>,
    _operator: Operator,
    id: Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let id: PartnerId = id.parse().map_err(|_other| Problem::not_found())?;
    let rotation: Rotation = body.optional_json(MAX_BODY_BYTES).await?;
    let ends_at = rotation.ends_at(clock::now())?;
    let key = ApiKeyId::from_uuid(clock::new_id());
    let secret = generate(Mode::Partner, key).map_err(|error| Problem::internal(&error))?;
    let replace = ReplaceKey {
        id: id.uuid(),
        key: key.uuid(),
        secret_hash: app.keys.hash(secret.clone()).await?,
        last_four: last_four(&secret),
    };
    let db = app.db.clone();
    let replaced = app.db.run(async move {
        let control = db.control().await?;
        let present = store::locked(&control, id).await?;
        usable(present)?;
        let replaced = store::replace(&control, replace, ends_at).await?;
        control.commit().await?;
        Ok::<_, Problem>(replaced)
    });
    let partner = replaced.await??;
    app.keys.refresh_soon();
    tracing::info!(partner.id = %id, "the key of a partner was rotated");
    let api_key = PartnerKey { id: key, secret };
    Ok(HttpResponse::Created().json(CreatedPartner { partner, api_key }))
}

/// What was ended stays so.
fn usable(partner: Option<Partner>) -> Result<(), Problem> {
    let partner = partner.ok_or_else(Problem::not_found)?;
    match partner.revoked_at {
        None => Ok(()),
        Some(_) => Err(Problem::new(
            ProblemKind::InvalidState,
            "The partner was ended; register it anew.",
        )),
    }
}
