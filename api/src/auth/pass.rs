//! Access tokens: given for a key's secret, good for minutes, and worth nothing as soon as the key,
//! the grant or the tenant behind them is not good any more.

use std::net::IpAddr;
use std::sync::Arc;

use domain::id::{ApiKeyId, PartnerGrantId, TenantId};
use futures_util::FutureExt;
use jiff::{SignedDuration, Timestamp};

use crate::clock;
use crate::problem::{Problem, ProblemKind};

use super::api_key::PresentedKey;
use super::cache::{GrantState, Holder, KeyState, Pass, TenantState};
use super::principal::Principal;
use super::scope::Scopes;
use super::signing::PublicKey;
use super::token::{AUDIENCE, Claims, ISSUER, LIFETIME_SECONDS, MAX_TOKEN_BYTES};
use super::{KeyRing, admitted, digest, invalid_credentials, store};

/// How long a verified token is not verified again.
const REMEMBERED_FOR: SignedDuration = SignedDuration::from_secs(60);

/// What a client asks for.
#[derive(Debug)]
pub(crate) struct TokenRequest {
    /// The id of its key, as it says.
    pub(crate) client_id: String,
    /// The whole key.
    pub(crate) secret: String,
    /// The tenant for which a partner will act.
    pub(crate) tenant: Option<TenantId>,
    /// The scopes it needs; `None`: all it has.
    pub(crate) scopes: Option<Scopes>,
    /// Where it calls from.
    pub(crate) client: Option<IpAddr>,
}

/// A token that was just made.
#[derive(Debug)]
pub(crate) struct IssuedToken {
    pub(crate) token: String,
    pub(crate) scopes: Scopes,
    /// Seconds from now on.
    pub(crate) expires_in: i64,
}

impl KeyRing {
    /// A token for the holder of a key.
    pub(crate) async fn issue(&self, request: TokenRequest) -> Result<IssuedToken, Problem> {
        self.be_current().await?;
        let now = clock::now();
        let key = PresentedKey::parse(&request.secret).ok_or_else(invalid_credentials)?;
        if key.id().to_string() != request.client_id {
            return Err(invalid_credentials());
        }
        let key = self.key(key, &request.secret).await?;
        if !key.is_good(now) {
            return Err(invalid_credentials());
        }
        let (tenant, grant) = self.subject(&key, request.tenant).await?;
        let held = grant.as_ref().map_or(key.scopes, |grant| grant.scopes);
        let scopes = request
            .scopes
            .map_or(held, |wanted| held.intersection(wanted));
        let caller = admitted(&key, grant.as_deref(), tenant, scopes)?;
        caller.restrictions.check_address(request.client)?;
        if scopes == Scopes::default() {
            return Err(Problem::new(
                ProblemKind::InsufficientScope,
                "None of the scopes that `scope` names is granted.",
            ));
        }
        let claims = claims(&key, grant.as_deref(), &caller, now);
        let expires_in = claims.exp.saturating_sub(claims.iat);
        if expires_in < 1 {
            return Err(invalid_credentials());
        }
        let token = self.inner.signing.sign(&claims, now).await?;
        if token.len() > MAX_TOKEN_BYTES {
            return Err(Problem::new(
                ProblemKind::InvalidState,
                "The stores of this key don't fit into a token. Use the key itself, or a key for fewer stores.",
            ));
        }
        Ok(IssuedToken {
            token,
            scopes,
            expires_in,
        })
    }

    /// The public keys that verify our tokens.
    pub(crate) async fn public_keys(&self) -> Result<Vec<PublicKey>, Problem> {
        self.inner.signing.public(clock::now()).await
    }

    /// For which tenant the holder of a key acts, and what lets it.
    async fn subject(
        &self,
        key: &KeyState,
        wanted: Option<TenantId>,
    ) -> Result<(TenantState, Option<Arc<GrantState>>), Problem> {
        match (key.holder, wanted) {
            (Holder::Tenant(number), wanted) => {
                let tenant = self.tenant(number).await?;
                if wanted.is_some_and(|wanted| wanted != tenant.id) {
                    return Err(not_granted());
                }
                Ok((tenant, None))
            }
            (Holder::Partner(_), None) => Err(Problem::new(
                ProblemKind::InvalidParameter,
                "A partner acts for one tenant at a time: name its id as `tenant`.",
            )),
            (Holder::Partner(partner), Some(tenant)) => {
                let found = self
                    .read(move |control| store::grant_to(control, partner, tenant).boxed())
                    .await?;
                let grant = self
                    .inner
                    .known
                    .remember_grant(found.ok_or_else(not_granted)?);
                Ok((self.tenant(grant.tenant).await?, Some(grant)))
            }
        }
    }

    /// On whose behalf a token acts.
    pub(super) async fn admit_token(&self, presented: &str) -> Result<Principal, Problem> {
        if presented.len() > MAX_TOKEN_BYTES || !presented.contains('.') {
            return Err(invalid_credentials());
        }
        let (digest, now) = (digest(presented), clock::now());
        if let Some(pass) = self.inner.known.pass(&digest, now) {
            return self.admit_pass(&pass).await;
        }
        let claims = self.inner.signing.verify(presented, now).await?;
        let claims = claims.ok_or_else(invalid_credentials)?;
        let pass = pass(&claims, now).ok_or_else(invalid_credentials)?;
        let principal = self.admit_pass(&pass).await?;
        self.inner.known.remember_pass(digest, pass, now);
        Ok(principal)
    }

    /// Whether what is behind a verified token is still good.
    async fn admit_pass(&self, pass: &Pass) -> Result<Principal, Problem> {
        let key = match self.inner.known.key_by_id(pass.key) {
            Some(known) => known,
            None => self.load_key(pass.key).await?,
        };
        let (number, grant) = match (key.holder, pass.grant) {
            (Holder::Tenant(number), None) => (number, None),
            (Holder::Partner(partner), Some(id)) => {
                let grant = self.grant(id).await?;
                if grant.partner != partner {
                    return Err(invalid_credentials());
                }
                (grant.tenant, Some(grant))
            }
            _ => return Err(invalid_credentials()),
        };
        let tenant = self.tenant(number).await?;
        if tenant.id != pass.tenant {
            return Err(invalid_credentials());
        }
        let held = grant.as_ref().map_or(key.scopes, |grant| grant.scopes);
        let scopes = held.intersection(pass.scopes);
        admitted(&key, grant.as_deref(), tenant, scopes)
    }

    async fn grant(&self, id: PartnerGrantId) -> Result<Arc<GrantState>, Problem> {
        if let Some(known) = self.inner.known.grant(id) {
            return Ok(known);
        }
        let found = self
            .read(move |control| store::grant(control, id).boxed())
            .await?;
        let grant = found.ok_or_else(invalid_credentials)?;
        Ok(self.inner.known.remember_grant(grant))
    }
}

/// The same for a tenant that does not exist and one that granted nothing.
fn not_granted() -> Problem {
    Problem::new(
        ProblemKind::NotGranted,
        "This tenant granted the holder of the key nothing.",
    )
}

fn claims(
    key: &KeyState,
    grant: Option<&GrantState>,
    caller: &Principal,
    now: Timestamp,
) -> Claims {
    let iat = now.as_second();
    let longest = iat.saturating_add(LIFETIME_SECONDS);
    let ends = key.expires_at.map_or(longest, Timestamp::as_second);
    let sub = match grant {
        Some(grant) => grant.partner.to_string(),
        None => key.id.to_string(),
    };
    Claims {
        iss: ISSUER.to_owned(),
        aud: AUDIENCE.to_owned(),
        sub,
        exp: longest.min(ends),
        nbf: iat,
        iat,
        jti: clock::new_id().simple().to_string(),
        tenant: caller.tenant_id,
        scopes: caller.scopes.names(),
        stores: caller.restrictions.stores.clone(),
        key: key.id,
        grant: grant.map(|grant| grant.id),
    }
}

/// What is remembered of verified claims; `None` where they contradict themselves.
fn pass(claims: &Claims, now: Timestamp) -> Option<Pass> {
    let sub_is_key = claims.sub.parse() == Ok::<ApiKeyId, _>(claims.key);
    if claims.grant.is_none() != sub_is_key {
        return None;
    }
    let ends = Timestamp::from_second(claims.exp).ok()?;
    Some(Pass {
        key: claims.key,
        grant: claims.grant,
        tenant: claims.tenant,
        scopes: Scopes::from_names(&claims.scopes),
        good_until: ends.min(now.checked_add(REMEMBERED_FOR).ok()?),
    })
}
