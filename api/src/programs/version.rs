//! Read one version.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

use crate::app::App;
use crate::auth::Caller;
use crate::auth::scope::ProgramRead;
use crate::problem::{Problem, Problems};

use super::{PublishedProgram, parsed, store};

/// Read a version
///
/// A published version with its document.
#[utoipa::path(
    get,
    path = "/v1/program/versions/{version}",
    operation_id = "get_program_version",
    tag = "program",
    params(("version" = i32, Path, description = "The number of the version.", minimum = 1)),
    responses((status = 200, description = "The version.", body = PublishedProgram), Problems),
    extensions(("x-scopes" = json!(["program:read"])))
)]
pub(crate) async fn version(
    app: Data<App>,
    caller: Caller<ProgramRead>,
    number: Path<String>,
) -> Result<HttpResponse, Problem> {
    let number = version_number(&number).ok_or_else(Problem::not_found)?;
    let (db, tenant) = (app.db.clone(), caller.tenant);
    let read = async move {
        let tx = db.tenant(tenant).await?;
        let found = store::by_number(&tx, number).await?;
        tx.commit().await?;
        found.ok_or_else(Problem::not_found)
    };
    let (version, document) = app.db.run(read).await??;
    Ok(HttpResponse::Ok().json(PublishedProgram {
        version,
        document: parsed(&document)?,
    }))
}

/// Digits only, without zeros in front: one version has one path.
pub(super) fn version_number(text: &str) -> Option<i32> {
    let number: i32 = text.parse().ok()?;
    (number > 0 && number.to_string() == text).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::version_number;

    #[test]
    fn one_version_has_one_path() {
        for (text, number) in [
            ("1", Some(1)),
            ("2147483647", Some(i32::MAX)),
            ("2147483648", None),
            ("0", None),
            ("-1", None),
            ("+1", None),
            ("01", None),
            ("", None),
            ("x", None),
        ] {
            assert_eq!(version_number(text), number, "{text}");
        }
    }
}
