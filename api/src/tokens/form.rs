//! Reads a token request: a form by RFC 6749, with the client's credentials in it or in a Basic header.

use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::id::TenantId;

use crate::auth::invalid_credentials;
use crate::auth::scope::{Scope, Scopes};
use crate::page::parse_query;
use crate::problem::{Problem, ProblemKind};

/// What the form says. Parameters that we don't know are ignored, as RFC 6749 demands.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) grant_type: Option<String>,
    pub(super) client_id: Option<String>,
    pub(super) client_secret: Option<String>,
    pub(super) scope: Option<String>,
    pub(super) tenant: Option<String>,
}

/// A client's name and secret.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Client {
    pub(super) id: String,
    pub(super) secret: String,
}

/// A request that breaks RFC 6749.
pub(super) fn invalid(error: &'static str, detail: impl Into<String>) -> Problem {
    let mut problem = Problem::new(ProblemKind::InvalidParameter, detail);
    problem.oauth_error = Some(error);
    problem
}

impl Form {
    /// Read the body's text; a parameter without a value counts as left out.
    pub(super) fn parse(text: &str) -> Result<Self, Problem> {
        let pairs: Vec<(String, String)> = parse_query(text)
            .map_err(|_unreadable| invalid("invalid_request", "The form can't be read."))?;
        let mut form = Self::default();
        for (name, value) in pairs {
            let field = match name.as_str() {
                "grant_type" => &mut form.grant_type,
                "client_id" => &mut form.client_id,
                "client_secret" => &mut form.client_secret,
                "scope" => &mut form.scope,
                "tenant" => &mut form.tenant,
                _ => continue,
            };
            if value.is_empty() {
                continue;
            }
            if field.is_some() {
                let detail = format!("`{name}` stands twice; send it once.");
                return Err(invalid("invalid_request", detail));
            }
            *field = Some(value);
        }
        match form.grant_type.as_deref() {
            Some("client_credentials") => Ok(form),
            Some(_) => Err(invalid(
                "unsupported_grant_type",
                "Only `grant_type=client_credentials` is supported.",
            )),
            None => Err(invalid(
                "invalid_request",
                "Send `grant_type=client_credentials`.",
            )),
        }
    }

    /// The scopes asked for; `None`: all that there are.
    pub(super) fn scopes(&self) -> Result<Option<Scopes>, Problem> {
        let Some(text) = &self.scope else {
            return Ok(None);
        };
        let scopes = text.split(' ').map(Scope::named);
        let scopes: Option<Scopes> = scopes.collect();
        scopes.map(Some).ok_or_else(|| {
            let detail = "`scope` names something that is no scope; separate scopes by one space.";
            invalid("invalid_scope", detail)
        })
    }

    /// The tenant for which a partner will act. What is no tenant's id is one that granted nothing.
    pub(super) fn tenant(&self) -> Option<TenantId> {
        let parse = |text: &String| {
            let nobody = TenantId::from_uuid(uuid::Uuid::nil());
            text.parse().unwrap_or(nobody)
        };
        self.tenant.as_ref().map(parse)
    }

    /// Who asks: by header or by form, not by both.
    pub(super) fn client(&self, headers: &HeaderMap) -> Result<Client, Problem> {
        let in_form = (self.client_id.clone(), self.client_secret.clone());
        match (basic(headers)?, in_form) {
            (Some(_), (_, Some(_))) => Err(invalid(
                "invalid_request",
                "Send the client's credentials once: in the Authorization header or in the form.",
            )),
            (Some(client), (named, None)) => match named {
                Some(named) if named != client.id => Err(invalid_credentials()),
                _ => Ok(client),
            },
            (None, (Some(id), Some(secret))) => Ok(Client { id, secret }),
            (None, _) => Err(invalid_credentials()),
        }
    }
}

/// The credentials of a Basic header, which RFC 6749 wants encoded like a form first.
fn basic(headers: &HeaderMap) -> Result<Option<Client>, Problem> {
    let mut values = headers.get_all(AUTHORIZATION);
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(invalid(
            "invalid_request",
            "Send exactly one Authorization header.",
        ));
    }
    let client = value
        .to_str()
        .ok()
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
        .and_then(|(_, encoded)| STANDARD.decode(encoded.trim()).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|text| {
            let (id, secret) = text.split_once(':')?;
            Some(Client {
                id: decoded(id)?,
                secret: decoded(secret)?,
            })
        });
    client.map(Some).ok_or_else(invalid_credentials)
}

fn decoded(text: &str) -> Option<String> {
    let pairs: Vec<(String, String)> = parse_query(&format!("x={text}")).ok()?;
    match pairs.as_slice() {
        [(name, value)] if name == "x" => Some(value.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
