//! The caller as a handler sees it: an argument that can't be had without a valid key and the
//! scope, decided before anything else of the request.

use std::future::{Ready, ready};
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Instant;

use actix_web::body::BoxBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::AUTHORIZATION;
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest};
use domain::amount::Points;
use domain::id::{ApiKeyId, PartnerId, TenantId};
use jiff::Timestamp;

use crate::db::TenantNumber;
use crate::page::DeclaredQueries;
use crate::problem::{Problem, ProblemKind};
use crate::rate_limit::{Call, OperationClass, RateLimits};

use super::restrictions::Restrictions;
use super::scope::{Demand, Scopes};
use super::{KeyRing, invalid_credentials};

/// Paths whose operations want to know who calls.
const CALLED_BY_SOMEBODY: &str = "/v1/";

/// A key of a tenant that was let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Whose data the request may touch.
    pub tenant: TenantNumber,
    /// The same tenant's id outside.
    pub tenant_id: TenantId,
    /// Which of its keys calls; recorded with what it does.
    pub key: ApiKeyId,
    /// The first of the keys that replaced each other by rotation up to this one: the same hand.
    pub lineage: ApiKeyId,
    /// Whose key it is, if not the tenant's own.
    pub partner: Option<PartnerId>,
    /// When the key ends by itself.
    pub expires_at: Option<Timestamp>,
    /// What the key may do.
    pub scopes: Scopes,
    /// What it may not although its scopes allow it.
    pub restrictions: Arc<Restrictions>,
    /// Whether the tenant is a sandbox twin.
    pub is_test: bool,
    /// The tenant's own limit, where it has one.
    pub requests_per_second: Option<u32>,
}

impl Principal {
    /// Whether the caller may act for the store with this code; 403 `not_granted` if not.
    pub fn check_store(&self, code: &str) -> Result<(), Problem> {
        self.restrictions.check_store(code)
    }

    /// The same where a store may be left out: a caller for some stores must name one of them.
    pub fn check_named_store(&self, code: Option<&str>) -> Result<(), Problem> {
        self.restrictions.check_named_store(code)
    }

    /// The same for a thing that is there, and perhaps of no store: then it is nothing for a caller for some.
    pub fn check_store_of(&self, code: Option<&str>) -> Result<(), Problem> {
        self.restrictions.check_store_of(code)
    }

    /// Whether the caller may move so many points by hand in one call, in either direction; 403
    /// `not_granted` if not. `allowance` counts them per day.
    pub fn check_points(&self, points: Points) -> Result<(), Problem> {
        self.restrictions.check_points(points)
    }
}

/// For the access log: which tenant a request was for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CallingTenant(pub(crate) TenantId);

/// A caller whose key has the scope `S`.
#[derive(Debug, Clone)]
pub struct Caller<S> {
    principal: Principal,
    demand: PhantomData<S>,
}

impl<S> Deref for Caller<S> {
    type Target = Principal;

    fn deref(&self) -> &Principal {
        &self.principal
    }
}

/// Who calls, or why nobody does; found before anything else of a request is looked at, so that no
/// other fault of it is answered first.
#[derive(Debug, Clone)]
enum Identity {
    Operator,
    Principal(Principal),
    Refused(Problem),
}

/// Finds out who calls and whether it is too often; handlers then demand what they need.
pub(crate) async fn identify(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    if path(request.request()).starts_with(CALLED_BY_SOMEBODY) {
        let identity = who(request.request()).await;
        request.extensions_mut().insert(identity);
    }
    next.call(request).await
}

/// The path as the router reads it, so that no other way of writing it leads past who calls.
fn path(request: &HttpRequest) -> &str {
    request.match_info().as_str()
}

async fn who(request: &HttpRequest) -> Identity {
    let found = async {
        let key = bearer(request)?;
        let ring = ring(request)?;
        if ring.is_operator(&key) {
            return Ok(Identity::Operator);
        }
        let principal = ring.authenticate(&key).await?;
        request
            .extensions_mut()
            .insert(CallingTenant(principal.tenant_id));
        if principal.restrictions.addresses.is_some() {
            let client = ring.client_of(request);
            principal.restrictions.check_address(client)?;
        }
        admit(request, &principal).await?;
        Ok(Identity::Principal(principal))
    };
    found.await.unwrap_or_else(Identity::Refused)
}

async fn admit(request: &HttpRequest, principal: &Principal) -> Result<(), Problem> {
    let call = Call {
        tenant: principal.tenant,
        key: principal.key.uuid(),
        class: OperationClass::of(request.method() == Method::GET, path(request)),
        tenant_limit: principal.requests_per_second,
        key_limit: principal.restrictions.requests_per_second,
    };
    let admission = limits(request)?.admit(&call, Instant::now()).await;
    let refused = admission.refused.clone();
    request.extensions_mut().insert(admission);
    refused.map_or(Ok(()), Err)
}

fn identity(request: &HttpRequest) -> Result<Identity, Problem> {
    let found = request.extensions().get::<Identity>().cloned();
    match found {
        Some(Identity::Refused(problem)) => Err(problem),
        Some(identity) => Ok(identity),
        // Whatever leads to a handler past `identify`, behind it the door stays closed.
        None => Err(invalid_credentials()),
    }
}

impl<S: Demand> FromRequest for Caller<S> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(identity(request).and_then(|identity| match identity {
            Identity::Principal(principal) if S::is_met(principal.scopes) => {
                DeclaredQueries::check(request)?;
                Ok(Self {
                    principal,
                    demand: PhantomData,
                })
            }
            Identity::Principal(_) => Err(lacks_scope::<S>()),
            // The operator's key belongs to no tenant.
            Identity::Operator | Identity::Refused(_) => Err(invalid_credentials()),
        }))
    }
}

/// The operator of the service.
#[derive(Debug, Clone, Copy)]
pub struct Operator;

impl FromRequest for Operator {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(identity(request).and_then(|identity| match identity {
            Identity::Operator => DeclaredQueries::check(request).map(|()| Self),
            // A tenant's valid key is known, but not enough.
            Identity::Principal(_) | Identity::Refused(_) => Err(Problem::new(
                ProblemKind::InsufficientScope,
                "This operation is for the operator of the service.",
            )),
        }))
    }
}

/// Whether the operator asks, where no path tells that anybody must be asked.
pub(crate) fn is_operator(request: &HttpRequest) -> bool {
    let asked = bearer(request).and_then(|key| Ok(ring(request)?.is_operator(&key)));
    asked.unwrap_or(false)
}

fn lacks_scope<S: Demand>() -> Problem {
    let demanded: Vec<_> = S::demanded()
        .into_iter()
        .map(|scope| format!("`{}`", scope.as_str()))
        .collect();
    Problem::new(
        ProblemKind::InsufficientScope,
        format!("The key needs the scope {}.", demanded.join(" or ")),
    )
}

fn limits(request: &HttpRequest) -> Result<&RateLimits, Problem> {
    request
        .app_data::<Data<RateLimits>>()
        .map(Data::get_ref)
        .ok_or_else(|| Problem::internal(&"the server has no rate limits"))
}

fn ring(request: &HttpRequest) -> Result<Data<KeyRing>, Problem> {
    request
        .app_data::<Data<KeyRing>>()
        .cloned()
        .ok_or_else(|| Problem::internal(&"the server was started without keys"))
}

fn bearer(request: &HttpRequest) -> Result<String, Problem> {
    let mut values = request.headers().get_all(AUTHORIZATION);
    let value = values.next().ok_or_else(invalid_credentials)?;
    if values.next().is_some() {
        return Err(Problem::new(
            ProblemKind::InvalidParameter,
            "Send exactly one Authorization header.",
        ));
    }
    value
        .to_str()
        .ok()
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, key)| key.trim().to_owned())
        .ok_or_else(invalid_credentials)
}
