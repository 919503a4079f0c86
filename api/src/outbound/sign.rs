//! Signatures of webhooks, as Standard Webhooks has them: the receiver learns who sent what, and when.

use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use uuid::Uuid;

use crate::secrets::{BadMasterKey, Purpose, Secrets};

/// A secret that an endpoint and we share.
#[derive(Clone)]
pub struct SigningSecret([u8; 32]);

impl std::fmt::Debug for SigningSecret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("SigningSecret")
    }
}

impl SigningSecret {
    /// The secret of one endpoint, told apart from every other by `name`.
    #[must_use]
    pub fn of(tenants_key: &[u8; 32], name: &str) -> Self {
        let mut secret = [0; 32];
        let tag = sign(&Key::new(HMAC_SHA256, tenants_key), name.as_bytes());
        secret
            .iter_mut()
            .zip(tag.as_ref())
            .for_each(|(to, from)| *to = *from);
        Self(secret)
    }

    /// The secret with this number of one endpoint; numbers count up from 1 with each rotation.
    pub fn of_endpoint(
        secrets: &Secrets,
        tenant: i64,
        endpoint: Uuid,
        number: i32,
    ) -> Result<Self, BadMasterKey> {
        let tenants_key = secrets.derive(Purpose::Webhooks, Some(tenant))?;
        Ok(Self::of(&tenants_key, &format!("{endpoint}/{number}")))
    }

    /// As the tenant gets it, once.
    #[must_use]
    pub fn shown(&self) -> String {
        format!("whsec_{}", STANDARD.encode(self.0))
    }

    /// The signature of one message, sent at `timestamp` in seconds since 1970.
    #[must_use]
    pub fn signature(&self, id: &str, timestamp: i64, body: &str) -> String {
        let signed = format!("{id}.{timestamp}.{body}");
        let tag = sign(&Key::new(HMAC_SHA256, &self.0), signed.as_bytes());
        format!("v1,{}", STANDARD.encode(tag.as_ref()))
    }
}
