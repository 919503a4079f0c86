//! A small HTTP client of our own server: the demo is loaded through the same door as everybody's receipts.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, ETAG, HOST, IF_MATCH};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

/// How long one call may take; a batch behind a database that has just been restarted is slow.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// How often a call is repeated when its outcome is unknown or the server asks to come again.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(500);

/// A call that did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// No answer.
    #[error("{call} got no answer: {cause}")]
    NoAnswer {
        /// Method and path.
        call: String,
        /// What happened to the connection.
        cause: String,
    },
    /// An answer that is not what was hoped for.
    #[error("{call} was answered {status}: {body}")]
    Refused {
        /// Method and path.
        call: String,
        /// The HTTP status.
        status: u16,
        /// The beginning of the body.
        body: String,
    },
    /// An answer without an expected member.
    #[error("{call} was answered without `{pointer}`")]
    Incomplete {
        /// Method and path.
        call: String,
        /// Where it should have been.
        pointer: &'static str,
    },
}

/// One request.
#[derive(Debug, Clone)]
pub(super) struct Call {
    method: Method,
    path: String,
    body: Bytes,
    idempotency_key: Option<String>,
    if_match: Option<String>,
}

impl Call {
    /// A read.
    pub(super) fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path, Bytes::new())
    }

    /// A `POST` with a JSON body.
    pub(super) fn post(path: impl Into<String>, body: impl Into<Bytes>) -> Self {
        Self::new(Method::POST, path, body)
    }

    /// A `PUT` with a JSON body.
    pub(super) fn put(path: impl Into<String>, body: impl Into<Bytes>) -> Self {
        Self::new(Method::PUT, path, body)
    }

    /// Under this key the call may be repeated and counts once.
    pub(super) fn with_key(mut self, key: String) -> Self {
        self.idempotency_key = Some(key);
        self
    }

    /// Only if the resource is still this version.
    pub(super) fn if_match(mut self, tag: Option<String>) -> Self {
        self.if_match = tag;
        self
    }

    fn new(method: Method, path: impl Into<String>, body: impl Into<Bytes>) -> Self {
        Self {
            method,
            path: path.into(),
            body: body.into(),
            idempotency_key: None,
            if_match: None,
        }
    }

    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// A whole answer.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    call: String,
    /// The HTTP status.
    pub(super) status: u16,
    /// The version of what was answered.
    pub(super) tag: Option<String>,
    body: Bytes,
}

impl Answer {
    /// This answer if its status is one of `expected`.
    pub(super) fn expect(self, expected: &[u16]) -> Result<Self, CallError> {
        if expected.contains(&self.status) {
            return Ok(self);
        }
        let body = String::from_utf8_lossy(&self.body)
            .chars()
            .take(600)
            .collect();
        Err(CallError::Refused {
            call: self.call,
            status: self.status,
            body,
        })
    }

    /// The text at a JSON pointer.
    pub(super) fn text(&self, pointer: &'static str) -> Result<String, CallError> {
        let document: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        match document.pointer(pointer).and_then(Value::as_str) {
            Some(text) => Ok(text.to_owned()),
            None => Err(CallError::Incomplete {
                call: self.call.clone(),
                pointer,
            }),
        }
    }
}

/// One connection with one credential; it opens itself again when it broke.
pub(super) struct Client {
    address: SocketAddr,
    authorization: String,
    sender: Option<SendRequest<Full<Bytes>>>,
}

impl Client {
    /// A client that connects at its first call.
    pub(super) fn new(address: SocketAddr, credential: &str) -> Self {
        Self {
            address,
            authorization: format!("Bearer {credential}"),
            sender: None,
        }
    }

    /// Sends a call until it has a certain outcome. Every call of the demo may be repeated.
    pub(super) async fn send(&mut self, call: &Call) -> Result<Answer, CallError> {
        let mut last = None;
        for _ in 0..TRIES {
            let outcome = match tokio::time::timeout(CALL_TIMEOUT, self.exchange(call)).await {
                Ok(outcome) => outcome,
                Err(elapsed) => Err(elapsed.to_string()),
            };
            match outcome {
                Ok(answer) if !matches!(answer.status, 429 | 503 | 504) => return Ok(answer),
                Ok(answer) => last = Some(answer.expect(&[])),
                Err(cause) => {
                    self.sender = None;
                    last = Some(Err(CallError::NoAnswer {
                        call: call.name(),
                        cause,
                    }));
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
        last.unwrap_or_else(|| {
            Err(CallError::NoAnswer {
                call: call.name(),
                cause: "never tried".to_owned(),
            })
        })
    }

    async fn exchange(&mut self, call: &Call) -> Result<Answer, String> {
        let mut request = Request::builder()
            .method(&call.method)
            .uri(&call.path)
            .header(HOST, self.address.to_string())
            .header(AUTHORIZATION, &self.authorization);
        if !call.body.is_empty() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        if let Some(key) = &call.idempotency_key {
            request = request.header("Idempotency-Key", key);
        }
        if let Some(tag) = &call.if_match {
            request = request.header(IF_MATCH, tag);
        }
        let request = request
            .body(Full::new(call.body.clone()))
            .map_err(|error| error.to_string())?;
        let sender = self.connection().await?;
        let response = sender
            .send_request(request)
            .await
            .map_err(|error| error.to_string())?;
        let status = response.status().as_u16();
        let tag = response
            .headers()
            .get(ETAG)
            .and_then(|tag| tag.to_str().ok());
        let tag = tag.map(str::to_owned);
        let body = response
            .into_body()
            .collect()
            .await
            .map_err(|error| error.to_string())?;
        Ok(Answer {
            call: call.name(),
            status,
            tag,
            body: body.to_bytes(),
        })
    }

    async fn connection(&mut self) -> Result<&mut SendRequest<Full<Bytes>>, String> {
        let open = match self.sender.take() {
            Some(mut sender) => sender.ready().await.is_ok().then_some(sender),
            None => None,
        };
        let sender = match open {
            Some(sender) => sender,
            None => connect(self.address).await?,
        };
        Ok(self.sender.insert(sender))
    }
}

async fn connect(address: SocketAddr) -> Result<SendRequest<Full<Bytes>>, String> {
    let stream = TcpStream::connect(address)
        .await
        .map_err(|error| error.to_string())?;
    stream
        .set_nodelay(true)
        .map_err(|error| error.to_string())?;
    let (sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| error.to_string())?;
    tokio::spawn(connection);
    Ok(sender)
}
