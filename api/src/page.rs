//! Lists: query parameters that are checked as strictly as bodies, and cursors that are signed, so
//! that a client can only go on where a list of its own tenant stopped.

mod declared;

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::fault::FaultCode;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

pub use declared::DeclaredQueries;

use crate::problem::{Problem, ProblemKind};
use crate::secrets::{BadMasterKey, Purpose, Secrets};

/// The longest cursor that is looked at, in characters.
const MAX_CURSOR_CHARACTERS: usize = 1024;
/// HMAC-SHA256.
const TAG_BYTES: usize = 32;

/// How many entries one page holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PageSize(u16);

impl PageSize {
    /// The most entries of one page.
    pub const MAX: u16 = 200;

    /// The number for a `limit` one above it, by which the end of a list is seen.
    pub fn and_one_more(self) -> i64 {
        i64::from(self.0).saturating_add(1)
    }

    /// The number of entries.
    pub fn entries(self) -> usize {
        usize::from(self.0)
    }
}

impl Default for PageSize {
    fn default() -> Self {
        Self(50)
    }
}

impl<'de> Deserialize<'de> for PageSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse() {
            Ok(entries @ 1..=Self::MAX) if is_number => Ok(Self(entries)),
            _ => Err(D::Error::custom("limit must be a number from 1 to 200")),
        }
    }
}

impl utoipa::PartialSchema for PageSize {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::schema::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::Integer)
            .description(Some("Entries per page."))
            .minimum(Some(1))
            .maximum(Some(Self::MAX))
            .default(Some(serde_json::json!(50)))
            .build()
            .into()
    }
}

impl ToSchema for PageSize {}

/// The query parameters of a list without filters. A list with filters has a struct of its own with these two fields.
#[derive(Debug, Clone, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Entries per page, 1 to 200.
    #[serde(default)]
    #[param(value_type = PageSize, required = false)]
    pub limit: PageSize,
    /// The `next_cursor` of the page before; left out for the first page.
    pub cursor: Option<String>,
}

/// No query parameters at all: any is refused.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoQuery {}

/// Query parameters as a `T`, whose unknown fields must be denied by `T` itself.
#[derive(Debug, Clone)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(parse_query(request.query_string()).map(Self))
    }
}

/// Parse a query string; what is wrong is a 400 that names the parameter.
pub fn parse_query<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    read_query(query).map_err(|text| invalid_parameter::<T>(query, &text))
}

fn read_query<T: DeserializeOwned>(query: &str) -> Result<T, String> {
    let read = actix_web::web::Query::<T>::from_query(query);
    read.map(actix_web::web::Query::into_inner)
        .map_err(|error| {
            let text = error.to_string();
            let text = text.trim_start_matches("Query deserialize error:");
            text.trim().to_owned()
        })
}

/// The names of the parameters of a query, as often as they stand there.
fn names_of(query: &str) -> Result<Vec<String>, Problem> {
    let pairs: Vec<(String, String)> = parse_query(query)?;
    Ok(pairs.into_iter().map(|(name, _)| name).collect())
}

/// The name of a parameter as far as it is shown back.
fn shorten(name: &str) -> String {
    name.chars().take(64).collect()
}

fn invalid_parameter<T: DeserializeOwned>(query: &str, text: &str) -> Problem {
    let code = match text {
        text if text.starts_with("unknown field") => FaultCode::UnknownField,
        text if text.starts_with("missing field") => FaultCode::Required,
        text if text.starts_with("duplicate field") => FaultCode::Duplicate,
        _ => FaultCode::InvalidValue,
    };
    // A wrong value does not tell whose it is.
    let named = match code {
        FaultCode::InvalidValue => wrong_alone::<T>(query),
        _ => text.split('`').nth(1).map(str::to_owned),
    };
    let shown: String = text.chars().take(200).collect();
    Problem::parameter(&named.unwrap_or_default(), code, format!("{shown}."))
}

/// The first parameter that is also wrong without the others.
fn wrong_alone<T: DeserializeOwned>(query: &str) -> Option<String> {
    let is_wrong = |part: &&str| {
        let text = read_query::<T>(part).err();
        text.is_some_and(|text| !text.starts_with("missing field"))
    };
    let part = query.split('&').find(is_wrong)?;
    let pairs: Vec<(String, String)> = read_query(part).ok()?;
    pairs.into_iter().next().map(|(name, _)| name)
}

/// One page of a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Page<T> {
    /// The entries, in the list's order.
    pub data: Vec<T>,
    /// Where the next page starts; null at the end of the list.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// Cut what was read with [`PageSize::and_one_more`] to one page; `position` tells where an entry stands.
    pub fn cut<P: Serialize>(
        mut entries: Vec<T>,
        size: PageSize,
        list: &CursorScope<'_>,
        position: impl FnOnce(&T) -> P,
    ) -> Result<Self, Problem> {
        let has_more = entries.len() > size.entries();
        entries.truncate(size.entries());
        let next_cursor = match entries.last() {
            Some(last) if has_more => Some(list.encode(&position(last))?),
            _ => None,
        };
        Ok(Self {
            data: entries,
            next_cursor,
        })
    }

    /// The same page with each entry shown as another type.
    pub fn map<U>(self, show: impl FnMut(T) -> U) -> Page<U> {
        Page {
            data: self.data.into_iter().map(show).collect(),
            next_cursor: self.next_cursor,
        }
    }
}

/// Signs and checks cursors.
#[derive(Clone)]
pub struct Cursors {
    key: aws_lc_rs::hmac::Key,
}

impl std::fmt::Debug for Cursors {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Cursors")
    }
}

impl Cursors {
    /// With the key that `secrets` derives for cursors.
    pub fn new(secrets: &Secrets) -> Result<Self, BadMasterKey> {
        let key = secrets.derive(Purpose::Cursor, None)?;
        Ok(Self {
            key: aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &key),
        })
    }

    /// The cursors of one list of one tenant. `filters` is any text that tells the list's filters apart.
    pub fn of<'a>(&'a self, tenant: i64, route: &'a str, filters: &'a str) -> CursorScope<'a> {
        CursorScope {
            cursors: self,
            tenant,
            route,
            filters,
        }
    }
}

/// What a cursor is bound to: tenant, route and filters.
#[derive(Debug, Clone, Copy)]
pub struct CursorScope<'a> {
    cursors: &'a Cursors,
    tenant: i64,
    route: &'a str,
    filters: &'a str,
}

impl CursorScope<'_> {
    /// A cursor that says where the next page starts.
    pub fn encode<P: Serialize>(&self, position: &P) -> Result<String, Problem> {
        let position = serde_json::to_vec(position).map_err(|error| Problem::internal(&error))?;
        let mut bytes = self.tag(&position).as_ref().to_vec();
        bytes.extend_from_slice(&position);
        Ok(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Where the page starts; none for the first one.
    pub fn decode<P: DeserializeOwned>(&self, cursor: Option<&str>) -> Result<Option<P>, Problem> {
        let Some(cursor) = cursor else {
            return Ok(None);
        };
        self.position(cursor).map(Some).ok_or_else(|| {
            Problem::new(
                ProblemKind::InvalidCursor,
                "Use the `next_cursor` of this list as it was given, with the same filters.",
            )
        })
    }

    fn position<P: DeserializeOwned>(&self, cursor: &str) -> Option<P> {
        if cursor.len() > MAX_CURSOR_CHARACTERS {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (tag, position) = bytes.split_at_checked(TAG_BYTES)?;
        let signed = self.signed(position);
        aws_lc_rs::hmac::verify(&self.cursors.key, &signed, tag).ok()?;
        serde_json::from_slice(position).ok()
    }

    fn tag(&self, position: &[u8]) -> aws_lc_rs::hmac::Tag {
        aws_lc_rs::hmac::sign(&self.cursors.key, &self.signed(position))
    }

    /// Lengths keep the parts apart, so that no two lists sign the same words.
    fn signed(&self, position: &[u8]) -> Vec<u8> {
        let mut words = Vec::new();
        words.extend_from_slice(&self.tenant.to_be_bytes());
        for part in [self.route.as_bytes(), self.filters.as_bytes(), position] {
            let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
            words.extend_from_slice(&length.to_be_bytes());
            words.extend_from_slice(part);
        }
        words
    }
}

#[cfg(test)]
mod tests;
