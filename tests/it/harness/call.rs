//! A caller with one credential, and whole answers.

use std::sync::OnceLock;

use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;

/// A caller of one node with one credential; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    /// `http://host:port`
    pub(crate) base: String,
    /// Goes into `Authorization: Bearer`; empty: no such header.
    pub(crate) key: String,
}

/// A whole answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// The body, or null where it is no JSON.
    pub(crate) json: Value,
}

impl Answer {
    /// The stable code of a problem, or the empty text.
    pub(crate) fn code(&self) -> &str {
        self.json["code"].as_str().unwrap_or_default()
    }

    /// A header's text, or the empty text.
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// A text in the body; fails the test where there is none.
    pub(crate) fn text(&self, pointer: &str) -> String {
        match self.json.pointer(pointer).and_then(Value::as_str) {
            Some(text) => text.to_owned(),
            None => panic!("no text at {pointer} in {self}"),
        }
    }

    /// This answer, if it has the status; fails the test with the whole body if not.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self}");
        self
    }

    /// `(pointer, code)` of every fault of a refused body.
    pub(crate) fn faults(&self) -> Vec<(String, String)> {
        let faults = self.json["errors"].as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        faults
            .iter()
            .map(|fault| (text(&fault["pointer"]), text(&fault["code"])))
            .collect()
    }

    /// The body without what differs between two equal requests.
    pub(crate) fn without_request_id(&self) -> Value {
        let mut body = self.json.clone();
        if let Some(members) = body.as_object_mut() {
            members.remove("request_id");
        }
        body
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            out,
            "{}: {}",
            self.status,
            String::from_utf8_lossy(&self.body)
        )
    }
}

impl Api {
    pub(crate) fn new(base: &str, key: &str) -> Self {
        Self {
            base: base.to_owned(),
            key: key.to_owned(),
        }
    }

    /// The same node, another credential.
    pub(crate) fn with_key(&self, key: &str) -> Self {
        Self::new(&self.base, key)
    }

    /// The same credential at another node.
    pub(crate) fn at(&self, base: &str) -> Self {
        Self::new(base, &self.key)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PUT, path).json(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PATCH, path).json(body))
            .await
    }

    /// A `POST` under an idempotency key.
    pub(crate) async fn keyed(&self, path: &str, key: &str, body: &Value) -> Answer {
        let request = self.request(Method::POST, path).json(body);
        self.send(request.header("Idempotency-Key", key)).await
    }

    /// A form, as token requests are sent.
    pub(crate) async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let encode = |text: &str| -> String {
            let byte = |byte: u8| format!("%{byte:02X}");
            text.bytes().map(byte).collect()
        };
        let pairs: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", encode(value)))
            .collect();
        let request = self.request(Method::POST, path).body(pairs.join("&"));
        let kind = "application/x-www-form-urlencoded";
        self.send(request.header("Content-Type", kind)).await
    }

    /// A request with this credential, to be completed.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = client().request(method, format!("{}{path}", self.base));
        if self.key.is_empty() {
            request
        } else {
            request.bearer_auth(&self.key)
        }
    }

    /// Sends a request; fails the test where there is no answer.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Answer {
        Self::try_send(request).await.unwrap()
    }

    /// Sends a request that may get no answer because the node is being killed.
    pub(crate) async fn try_send(request: RequestBuilder) -> reqwest::Result<Answer> {
        let response = request.send().await?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let body = response.bytes().await?.to_vec();
        let json = serde_json::from_slice(&body).unwrap_or(Value::Null);
        Ok(Answer {
            status,
            headers,
            body,
            json,
        })
    }
}

fn client() -> &'static Client {
    static CLIENT: OnceLock<Client> = OnceLock::new();
    CLIENT.get_or_init(|| Client::builder().no_proxy().build().unwrap())
}
