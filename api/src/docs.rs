//! Pages for people: what each problem means. They work without internet.

use std::fmt::Write;

use actix_web::HttpResponse;
use actix_web::web::Path;

use crate::problem::{DOCS_PATH, Problem, ProblemKind};

/// Every problem of the catalogue.
pub(crate) async fn problems() -> Result<HttpResponse, Problem> {
    let mut rows = String::new();
    for kind in ProblemKind::ALL {
        let (code, status, title) = (kind.code(), kind.status(), kind.title());
        writeln!(
            rows,
            "<tr><td>{status}</td><td><a href=\"{DOCS_PATH}/{code}\"><code>{code}</code></a></td><td>{title}</td></tr>"
        )
        .map_err(|error| Problem::internal(&error))?;
    }
    let content = format!(
        "<h1>Problems</h1><p>Every error is <code>application/problem+json</code> (RFC 9457). Programs decide by <code>code</code>.</p><table>{rows}</table>"
    );
    Ok(page("Problems", &content))
}

/// One problem of the catalogue.
pub(crate) async fn problem(code: Path<String>) -> Result<HttpResponse, Problem> {
    let kind = ProblemKind::ALL
        .iter()
        .find(|kind| kind.code() == code.as_str())
        .ok_or_else(Problem::not_found)?;
    let repeat = match kind.status() {
        503 => {
            "Nothing was written. Repeat the request after <code>Retry-After</code>, with the same <code>Idempotency-Key</code>."
        }
        504 => {
            "It is not known whether this was written. Repeat it with the same <code>Idempotency-Key</code>: the answer tells."
        }
        429 => "Repeat the request after <code>Retry-After</code>.",
        500 => "Tell the operator the <code>request_id</code> of the answer.",
        _ => {
            "The <code>detail</code> and <code>errors</code> of the answer say what to change; the same request again gets the same answer."
        }
    };
    let content = format!(
        "<h1><code>{}</code></h1><p>HTTP {}: {}.</p><p>{repeat}</p><p><a href=\"{DOCS_PATH}\">All problems</a></p>",
        kind.code(),
        kind.status(),
        kind.title(),
    );
    Ok(page(kind.code(), &content))
}

fn page(title: &str, content: &str) -> HttpResponse {
    HttpResponse::Ok().content_type("text/html; charset=utf-8").body(format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title><style>body{{font:16px/1.5 sans-serif;margin:2rem auto;max-width:50rem;padding:0 1rem}}td{{padding:.2rem .8rem .2rem 0;vertical-align:top}}</style><body>{content}</body></html>"
    ))
}
