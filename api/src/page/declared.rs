//! Which query parameters each operation has. The document says it, and any other is refused here for all of them,
//! so that a parameter with a typing error is never passed over.

use std::collections::HashMap;

use actix_web::HttpRequest;
use actix_web::web::Data;
use domain::fault::FaultCode;
use serde_json::Value;

use crate::problem::Problem;

use super::{names_of, shorten};

/// The query parameters of every operation, by its path as a pattern and its method in small letters.
#[derive(Debug, Default)]
pub struct DeclaredQueries(HashMap<String, HashMap<String, Vec<String>>>);

impl DeclaredQueries {
    /// As an OpenAPI document has them.
    pub fn of(document: &Value) -> Self {
        let paths = document.get("paths").and_then(Value::as_object);
        let paths = paths.into_iter().flatten().map(|(path, methods)| {
            let methods = methods.as_object().into_iter().flatten();
            let methods = methods.map(|(method, operation)| (method.clone(), declared(operation)));
            (path.clone(), methods.collect())
        });
        Self(paths.collect())
    }

    /// Refuse what the operation of this request does not have. A request without a query costs nothing.
    pub(crate) fn check(request: &HttpRequest) -> Result<(), Problem> {
        let query = request.query_string();
        if query.is_empty() {
            return Ok(());
        }
        let known = request.app_data::<Data<Self>>();
        let known = known.ok_or_else(|| Problem::internal(&"the server has no document"))?;
        let method = request.method().as_str().to_ascii_lowercase();
        let pattern = request.match_pattern();
        let known = pattern
            .and_then(|pattern| known.0.get(&pattern)?.get(&method))
            .map_or(&[][..], Vec::as_slice);
        let names = names_of(query)?;
        let unknown = names.into_iter().find(|name| !known.contains(name));
        unknown.map_or(Ok(()), |name| Err(refused(&name, known)))
    }
}

/// The names of an operation's query parameters.
fn declared(operation: &Value) -> Vec<String> {
    let parameters = operation.get("parameters").and_then(Value::as_array);
    let parameters = parameters.into_iter().flatten();
    parameters
        .filter(|parameter| parameter.get("in").and_then(Value::as_str) == Some("query"))
        .filter_map(|parameter| parameter.get("name")?.as_str().map(str::to_owned))
        .collect()
}

fn refused(name: &str, known: &[String]) -> Problem {
    let list: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
    let rest = match list.as_slice() {
        [] => "it takes none".to_owned(),
        list => format!("it takes {}", list.join(", ")),
    };
    let detail = format!(
        "This operation has no query parameter `{}`; {rest}.",
        shorten(name)
    );
    Problem::parameter(name, FaultCode::UnknownField, detail)
}
