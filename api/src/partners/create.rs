//! Register a partner.

use actix_web::HttpResponse;
use actix_web::web::Data;
use domain::id::{ApiKeyId, PartnerId};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::Operator;
use crate::auth::api_key::{Mode, generate, last_four};
use crate::body::{Body, check_text};
use crate::clock;
use crate::config::MAX_BODY_BYTES;
use crate::db::DbError;
use crate::problem::{Problem, Problems};

use super::store::InsertPartner;
use super::{CreatedPartner, Partner, PartnerKey, store};

const MAX_NAME_CHARACTERS: usize = 200;

/// A partner to be registered.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPartner {
    /// What people call it.
    #[schema(min_length = 1, max_length = 200, examples("Till maker"))]
    pub(crate) name: String,
}

/// Register a partner
///
/// Makes a key that acts for nobody by itself: with it the partner gets tokens for tenants that granted it something.
/// The secret is in this answer only.
#[utoipa::path(
    post,
    path = "/v1/partners",
    operation_id = "create_partner",
    tag = "partners",
    request_body = NewPartner,
    responses((status = 201, description = "The partner with its secret.", body = CreatedPartner), Problems),
    extensions(("x-scopes" = json!(["operator"])))
)]
pub(crate) async fn create(
    app: Data<App>,
    _operator: Operator,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let new: NewPartner = body.json(MAX_BODY_BYTES).await?;
    let faults = check_text("/name", &new.name, MAX_NAME_CHARACTERS);
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    let (id, key) = (
        PartnerId::from_uuid(clock::new_id()),
        ApiKeyId::from_uuid(clock::new_id()),
    );
    let secret = generate(Mode::Partner, key).map_err(|error| Problem::internal(&error))?;
    let insert = InsertPartner {
        id: id.uuid(),
        name: new.name.clone(),
        key: key.uuid(),
        secret_hash: app.keys.hash(secret.clone()).await?,
        last_four: last_four(&secret),
    };
    let db = app.db.clone();
    let kept = app.db.run(async move {
        let control = db.control().await?;
        let created_at = store::insert(&control, insert).await?;
        control.commit().await?;
        Ok::<_, DbError>(created_at)
    });
    let created_at = kept.await??;
    tracing::info!(partner.id = %id, "a partner was registered");
    let created = CreatedPartner {
        partner: Partner {
            id,
            name: new.name,
            last_four: last_four(&secret),
            created_at,
            revoked_at: None,
        },
        api_key: PartnerKey { id: key, secret },
    };
    Ok(HttpResponse::Created().json(created))
}
