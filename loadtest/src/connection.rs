//! One keep-alive HTTP/1.1 connection per simulated till: hyper directly on TCP, because pools,
//! redirects and TLS would cost the generator what it is there to measure.

use std::{str::FromStr, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{
    Method, Request, Uri,
    client::conn::http1::{self, SendRequest},
    header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue},
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, time::timeout};

use crate::failure::Failure;

/// Where the server listens; plain HTTP only.
#[derive(Debug, Clone)]
pub(crate) struct ServerAddress {
    socket: String,
    host: HeaderValue,
}

impl FromStr for ServerAddress {
    type Err = String;

    fn from_str(url: &str) -> Result<Self, String> {
        let uri: Uri = url.parse().map_err(|error| format!("{url}: {error}"))?;
        let plain = uri.scheme_str() == Some("http");
        let Some(authority) = uri.authority().filter(|_| plain) else {
            return Err(format!(
                "{url}: expected something like http://127.0.0.1:8080"
            ));
        };
        let port = authority.port_u16().unwrap_or(80);
        let socket = format!("{}:{port}", authority.host());
        let host = HeaderValue::from_str(authority.as_str()).map_err(|error| error.to_string())?;
        Ok(Self { socket, host })
    }
}

impl ServerAddress {
    /// True when a plain read of `path` is answered with 200.
    pub(crate) async fn answers(&self, path: &'static str) -> bool {
        let mut connection = Connection::new(self.clone(), Duration::from_secs(5));
        let call = Call {
            method: Method::GET,
            path: Uri::from_static(path),
            authorization: HeaderValue::from_static("none"),
            key: None,
            body: Bytes::new(),
        };
        connection
            .send(&call)
            .await
            .is_ok_and(|reply| reply.status == 200)
    }
}

/// One request, built from parts that are cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// HTTP method.
    pub(crate) method: Method,
    /// Path and query.
    pub(crate) path: Uri,
    /// The whole `Authorization` header.
    pub(crate) authorization: HeaderValue,
    /// `Idempotency-Key`, for calls that move points.
    pub(crate) key: Option<HeaderValue>,
    /// JSON, or nothing for reads.
    pub(crate) body: Bytes,
}

/// What came back, whole.
#[derive(Debug)]
pub(crate) struct Reply {
    /// HTTP status.
    pub(crate) status: u16,
    /// The body.
    pub(crate) body: Bytes,
}

impl Reply {
    /// The start of the body, fit for a message.
    pub(crate) fn excerpt(&self) -> String {
        String::from_utf8_lossy(&self.body)
            .chars()
            .take(400)
            .collect()
    }
}

/// No answer came: what happened on the server is unknown until the call is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// Nobody accepts connections.
    Unreachable,
    /// The connection broke before the whole answer was there.
    Cut,
    /// The time limit passed.
    TimedOut,
}

impl NoAnswer {
    /// The name under which it is counted.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Cut => "cut",
            Self::TimedOut => "timeout",
        }
    }
}

/// A keep-alive connection that opens itself again after it broke.
#[derive(Debug)]
pub(crate) struct Connection {
    address: ServerAddress,
    limit: Duration,
    sender: Option<SendRequest<Full<Bytes>>>,
}

impl Connection {
    /// A connection that opens at its first call; `limit` bounds every call.
    pub(crate) fn new(address: ServerAddress, limit: Duration) -> Self {
        Self {
            address,
            limit,
            sender: None,
        }
    }

    /// Sends one call and waits for the whole answer.
    pub(crate) async fn send(&mut self, call: &Call) -> Result<Reply, NoAnswer> {
        let outcome = match timeout(self.limit, self.exchange(call)).await {
            Ok(outcome) => outcome,
            Err(_elapsed) => Err(NoAnswer::TimedOut),
        };
        if outcome.is_err() {
            self.sender = None;
        }
        outcome
    }

    async fn exchange(&mut self, call: &Call) -> Result<Reply, NoAnswer> {
        let request = self.request(call)?;
        let sender = self.ready().await?;
        let answer = sender.send_request(request).await;
        let answer = answer.map_err(|_cut| NoAnswer::Cut)?;
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await;
        let body = body.map_err(|_cut| NoAnswer::Cut)?.to_bytes();
        Ok(Reply { status, body })
    }

    /// The open connection; a server that closed the last one while it was idle is dialled anew.
    async fn ready(&mut self) -> Result<&mut SendRequest<Full<Bytes>>, NoAnswer> {
        let usable = match self.sender.take() {
            Some(mut sender) => sender.ready().await.is_ok().then_some(sender),
            None => None,
        };
        let sender = match usable {
            Some(sender) => sender,
            None => self.dial().await?,
        };
        Ok(self.sender.insert(sender))
    }

    async fn dial(&self) -> Result<SendRequest<Full<Bytes>>, NoAnswer> {
        let stream = TcpStream::connect(&self.address.socket).await;
        let stream = stream.map_err(|_refused| NoAnswer::Unreachable)?;
        stream.set_nodelay(true).map_err(|_closed| NoAnswer::Cut)?;
        let handshake = http1::handshake(TokioIo::new(stream)).await;
        let (sender, driver) = handshake.map_err(|_cut| NoAnswer::Cut)?;
        // A broken connection shows itself at the next call, so the driver's own error adds nothing.
        tokio::spawn(async move { driver.await.is_ok() });
        Ok(sender)
    }

    fn request(&self, call: &Call) -> Result<Request<Full<Bytes>>, NoAnswer> {
        let mut request = Request::builder()
            .method(call.method.clone())
            .uri(call.path.clone())
            .header(HOST, self.address.host.clone())
            .header(AUTHORIZATION, call.authorization.clone());
        if !call.body.is_empty() {
            request = request.header(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        if let Some(key) = &call.key {
            request = request.header("idempotency-key", key.clone());
        }
        let request = request.body(Full::new(call.body.clone()));
        request.map_err(|_malformed| NoAnswer::Cut)
    }
}

/// `Authorization: Bearer …`, kept out of debug output.
pub(crate) fn bearer(secret: &str) -> Result<HeaderValue, Failure> {
    let header = HeaderValue::from_str(&format!("Bearer {secret}"));
    let mut header =
        header.map_err(|_bad| Failure::other("a key holds characters that no HTTP header may"))?;
    header.set_sensitive(true);
    Ok(header)
}
