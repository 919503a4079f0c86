//! The form of an access token: a JWT signed with Ed25519 and nothing else. What a token says of
//! its own verification is never believed; every claim must be there and of the right type.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::id::{ApiKeyId, PartnerGrantId, TenantId};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

/// Who makes the tokens.
pub(crate) const ISSUER: &str = "tamaru";
/// Whom they are for.
pub(crate) const AUDIENCE: &str = "tamaru-api";
/// How long one is good, in seconds.
pub(crate) const LIFETIME_SECONDS: i64 = 15 * 60;
/// How far the clocks of two nodes may lie apart, in seconds.
pub(crate) const LEEWAY_SECONDS: i64 = 5;
/// The longest token that is looked at.
pub(crate) const MAX_TOKEN_BYTES: usize = 4 * 1024;
const MAX_KEY_ID_CHARACTERS: usize = 32;
/// RFC 9068: an access token, so that no other kind of JWT is taken for one.
const TYPE: &str = "at+jwt";
const ALGORITHM: &str = "EdDSA";
const REQUIRED: [&str; 5] = ["exp", "nbf", "aud", "iss", "sub"];

/// What a token says. Times are seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claims {
    pub(crate) iss: String,
    pub(crate) aud: String,
    /// The tenant's key or the partner: who acts.
    pub(crate) sub: String,
    pub(crate) exp: i64,
    pub(crate) nbf: i64,
    pub(crate) iat: i64,
    pub(crate) jti: String,
    pub(crate) tenant: TenantId,
    pub(crate) scopes: Vec<String>,
    /// Null: every store.
    pub(crate) stores: Option<Vec<String>>,
    pub(crate) key: ApiKeyId,
    /// On a partner's token: what lets it act for the tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) grant: Option<PartnerGrantId>,
}

/// Nothing that we made, or not good any more. Which of them is nobody's business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the token is not valid")]
pub(crate) struct InvalidToken;

/// The only members that a header may have: `crit`, `jku`, `jwk`, `x5u` and whatever else would
/// tell us how to verify make the token invalid.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StrictHeader {
    alg: String,
    typ: String,
    kid: String,
}

/// Sign claims with the key `kid`.
pub(crate) fn sign(
    claims: &Claims,
    kid: &str,
    key: &EncodingKey,
) -> Result<String, jsonwebtoken::errors::Error> {
    let mut header = Header::new(Algorithm::EdDSA);
    header.typ = Some(TYPE.to_owned());
    header.kid = Some(kid.to_owned());
    jsonwebtoken::encode(&header, claims, key)
}

/// The id of the key that is said to have signed, from a token in the right form.
pub(crate) fn key_id(token: &str) -> Result<String, InvalidToken> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(InvalidToken);
    }
    let mut parts = token.split('.');
    let (Some(header), Some(_), Some(_), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(InvalidToken);
    };
    let header = URL_SAFE_NO_PAD
        .decode(header)
        .map_err(|_not_base64| InvalidToken)?;
    let header: StrictHeader = serde_json::from_slice(&header).map_err(|_not_ours| InvalidToken)?;
    let is_plain = (1..=MAX_KEY_ID_CHARACTERS).contains(&header.kid.len())
        && header
            .kid
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    if header.alg == ALGORITHM && header.typ == TYPE && is_plain {
        Ok(header.kid)
    } else {
        Err(InvalidToken)
    }
}

/// The claims of a token that this key signed and that is good at `now`.
pub(crate) fn verify(
    token: &str,
    key: &DecodingKey,
    now: Timestamp,
) -> Result<Claims, InvalidToken> {
    key_id(token)?;
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&[AUDIENCE]);
    validation.set_required_spec_claims(&REQUIRED);
    // Times are judged below, by one clock and within our own bounds.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    let token = jsonwebtoken::decode::<Claims>(token, key, &validation)
        .map_err(|_whatever_is_wrong| InvalidToken)?;
    let claims = token.claims;
    if claims.iss == ISSUER && claims.aud == AUDIENCE && is_timely(&claims, now.as_second()) {
        Ok(claims)
    } else {
        Err(InvalidToken)
    }
}

fn is_timely(claims: &Claims, now: i64) -> bool {
    let soon = now.saturating_add(LEEWAY_SECONDS);
    let lifetime = claims.exp.saturating_sub(claims.iat);
    let longest = LIFETIME_SECONDS.saturating_add(LEEWAY_SECONDS);
    now < claims.exp.saturating_add(LEEWAY_SECONDS)
        && claims.nbf <= soon
        && claims.iat <= soon
        && (1..=longest).contains(&lifetime)
}

#[cfg(test)]
mod tests;
