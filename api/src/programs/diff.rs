//! What changed from one version to another, for programs by pointer and for people in words.

mod changes;
mod describe;
mod discount;
mod labels;
mod ladder;
mod measure;
mod recurrence;
#[cfg(test)]
mod tests;
mod tiers;
mod words;

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::Caller;
use crate::auth::scope::ProgramRead;
use crate::language::Language;
use crate::money::Currency;
use crate::problem::{Problem, Problems};

use super::version::version_number;
use super::{parsed, store};
use changes::{Change, changes};
use words::Words;

/// The differences between two versions.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProgramDiff {
    /// The version that is compared with.
    #[schema(minimum = 1)]
    pub(crate) from: i32,
    /// The version that is looked at.
    #[schema(minimum = 1)]
    pub(crate) to: i32,
    /// In the order of the documents; empty when they say the same.
    pub(crate) changes: Vec<ProgramChange>,
}

/// One difference.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProgramChange {
    /// What happened.
    pub(crate) kind: ChangeKind,
    /// Where, in the document of `to`; of what was removed, in that of `from`.
    pub(crate) pointer: String,
    /// What stood there before; null when nothing did.
    #[schema(value_type = Option<Value>)]
    pub(crate) before: Option<Value>,
    /// What stands there now; null when nothing does.
    #[schema(value_type = Option<Value>)]
    pub(crate) after: Option<Value>,
    /// The same in words for whoever runs the shop.
    pub(crate) detail: String,
}

/// What happened to a part of the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ChangeKind {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It says something else.
    Changed,
    /// The parts of a list are in another order; `before` and `after` are their codes.
    Moved,
}

/// Compare two versions
///
/// What changed from `a` to `b`. Parts are compared by their `code` or `sku`, wherever they stand.
#[utoipa::path(
    get,
    path = "/v1/program/versions/{a}/diff/{b}",
    operation_id = "diff_program_versions",
    tag = "program",
    params(
        ("a" = i32, Path, description = "The version that is compared with.", minimum = 1),
        ("b" = i32, Path, description = "The version that is looked at.", minimum = 1),
        ("Accept-Language" = Option<String>, Header, description = "`en` or `ja`, by quality; the language of every `detail`"),
    ),
    responses((status = 200, description = "The differences.", body = ProgramDiff), Problems),
    extensions(("x-scopes" = json!(["program:read"])))
)]
pub(crate) async fn diff(
    app: Data<App>,
    caller: Caller<ProgramRead>,
    numbers: Path<(String, String)>,
    language: Language,
) -> Result<HttpResponse, Problem> {
    let from = version_number(&numbers.0).ok_or_else(Problem::not_found)?;
    let to = version_number(&numbers.1).ok_or_else(Problem::not_found)?;
    let (db, catalogs, tenant) = (app.db.clone(), app.catalogs.clone(), caller.tenant);
    let read = async move {
        let tx = db.tenant(tenant).await?;
        let before = store::by_number(&tx, from).await?;
        let after = store::by_number(&tx, to).await?;
        let (catalog, _now) = catalogs.for_transaction(&tx).await?;
        tx.commit().await?;
        let pair = before.zip(after).ok_or_else(Problem::not_found)?;
        Ok::<_, Problem>((pair, catalog))
    };
    let (((_, before), (_, after)), catalog) = app.db.run(read).await??;
    let (before, after) = (parsed(&before)?, parsed(&after)?);
    let words = Words {
        language,
        currency: Currency::new(&catalog.settings.currency),
    };
    let told = |change: Change<'_>| ProgramChange {
        detail: words.sentence(&change),
        kind: change.kind,
        pointer: change.pointer,
        before: change.before,
        after: change.after,
    };
    let mut response = HttpResponse::Ok();
    language.name_in(&mut response);
    Ok(response.json(ProgramDiff {
        from,
        to,
        changes: changes(&before, &after).into_iter().map(told).collect(),
    }))
}
