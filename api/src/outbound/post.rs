//! One message to one destination: bounded in time and size, without redirects, on a connection that is kept for the
//! next one.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper::header::{CONTENT_TYPE, HOST, USER_AGENT};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::{Destination, Unreachable};

/// From the look-up of the name to the last byte of the answer.
pub const POST_TIMEOUT: Duration = Duration::from_secs(15);
/// One address is tried this long.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The most that is read of an answer, head and body each.
pub const MAX_ANSWER_BYTES: usize = 64 * 1024;
/// The most of an answer that is kept.
const MAX_KEPT_BYTES: usize = 1024;

/// Why a message did not arrive.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PostFailure {
    /// The name does not resolve.
    #[error("dns")]
    Unresolvable,
    /// The name leads to an address that is not public.
    #[error("blocked_ip")]
    Blocked,
    /// Nobody listens there.
    #[error("connect")]
    Connect,
    /// The certificate is not good, or there is no TLS.
    #[error("tls")]
    Tls,
    /// No whole answer in time.
    #[error("timeout")]
    Timeout,
    /// The answer is no HTTP, or it broke off.
    #[error("protocol")]
    Protocol,
    /// The answer is longer than anybody reads.
    #[error("response_too_large")]
    TooLarge,
    /// The answer leads elsewhere, where we do not go.
    #[error("redirect")]
    Redirect(Reply),
    /// The receiver did not want it.
    #[error("status")]
    Refused(Reply),
}

/// What the receiver said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The beginning of the body, without what is no text.
    pub body: String,
}

/// What encrypted connections are made with; cheap to clone.
#[derive(Clone)]
pub struct Tls(TlsConnector);

impl std::fmt::Debug for Tls {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Tls")
    }
}

impl Tls {
    /// Trust what browsers trust.
    pub fn new() -> Result<Self, tokio_rustls::rustls::Error> {
        let roots = RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        };
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self(TlsConnector::from(Arc::new(config))))
    }
}

/// Sends one message after the other to one destination.
#[derive(Debug)]
pub struct Lane {
    destination: Arc<Destination>,
    tls: Tls,
    connection: Option<SendRequest<Full<Bytes>>>,
}

impl Lane {
    /// A lane that is not connected yet.
    #[must_use]
    pub const fn new(destination: Arc<Destination>, tls: Tls) -> Self {
        Self {
            destination,
            tls,
            connection: None,
        }
    }

    /// Send one message; whether it arrived. Also the caller's headers go with it.
    pub async fn post(
        &mut self,
        headers: &[(&'static str, String)],
        body: String,
    ) -> Result<Reply, PostFailure> {
        let body = Bytes::from(body);
        let sent = tokio::time::timeout(POST_TIMEOUT, self.send(headers, body)).await;
        let sent = sent.unwrap_or(Err(PostFailure::Timeout));
        if !matches!(
            sent,
            Ok(_) | Err(PostFailure::Refused(_) | PostFailure::Redirect(_))
        ) {
            self.connection = None;
        }
        sent
    }

    async fn send(
        &mut self,
        headers: &[(&'static str, String)],
        body: Bytes,
    ) -> Result<Reply, PostFailure> {
        if let Some(kept) = self.connection.as_mut() {
            let request = self.destination.request(headers, body.clone())?;
            if let Some(sent) = on_kept(kept, request).await {
                return sent;
            }
        }
        let mut connection = self.connect().await?;
        let request = self.destination.request(headers, body)?;
        let response = connection.send_request(request).await;
        let response = response.map_err(|_broken| PostFailure::Protocol)?;
        self.connection = Some(connection);
        read(response).await
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, PostFailure> {
        let addresses = self.destination.addresses().await;
        let addresses = addresses.map_err(|cause| match cause {
            Unreachable::Unresolvable => PostFailure::Unresolvable,
            Unreachable::Blocked => PostFailure::Blocked,
        })?;
        let stream = connected(&addresses).await?;
        if !self.destination.is_tls {
            return speak_http(stream).await;
        }
        let host = self.destination.host.trim_matches(['[', ']']).to_owned();
        let name = ServerName::try_from(host).map_err(|_no_name| PostFailure::Tls)?;
        let encrypted = self.tls.0.connect(name, stream).await;
        speak_http(encrypted.map_err(|_refused| PostFailure::Tls)?).await
    }
}

impl Destination {
    fn request(
        &self,
        headers: &[(&'static str, String)],
        body: Bytes,
    ) -> Result<Request<Full<Bytes>>, PostFailure> {
        let host = format!("{}:{}", self.host, self.port);
        let mut request = Request::post(self.target.as_str())
            .header(HOST, host)
            .header(USER_AGENT, "Tamaru-Webhooks/1")
            .header(CONTENT_TYPE, "application/json");
        for (name, value) in headers {
            request = request.header(*name, value.as_str());
        }
        let request = request.body(Full::new(body));
        request.map_err(|_unsendable| PostFailure::Protocol)
    }
}

/// To the first address that answers; they were looked at, and no other is asked for.
async fn connected(addresses: &[SocketAddr]) -> Result<TcpStream, PostFailure> {
    for address in addresses {
        let connecting = TcpStream::connect(address);
        if let Ok(Ok(stream)) = tokio::time::timeout(CONNECT_TIMEOUT, connecting).await {
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(cause = %error, "a connection keeps its delay");
            }
            return Ok(stream);
        }
    }
    Err(PostFailure::Connect)
}

async fn speak_http(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
) -> Result<SendRequest<Full<Bytes>>, PostFailure> {
    let shaken = Builder::new()
        .max_buf_size(MAX_ANSWER_BYTES)
        .handshake(TokioIo::new(stream))
        .await;
    let (sender, connection) = shaken.map_err(|_broken| PostFailure::Protocol)?;
    // It ends with its sender; what breaks it is told to the request.
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::trace!(cause = %error, "a connection to a receiver ended");
        }
    });
    Ok(sender)
}

/// Send on a connection that was used before; none when it was closed meanwhile and carried nothing.
async fn on_kept(
    kept: &mut SendRequest<Full<Bytes>>,
    request: Request<Full<Bytes>>,
) -> Option<Result<Reply, PostFailure>> {
    kept.ready().await.ok()?;
    match kept.send_request(request).await {
        Ok(response) => Some(read(response).await),
        Err(error) if error.is_canceled() => None,
        Err(_broken) => Some(Err(PostFailure::Protocol)),
    }
}

async fn read(response: Response<hyper::body::Incoming>) -> Result<Reply, PostFailure> {
    let status = response.status();
    let mut body = response.into_body();
    let mut kept = Vec::new();
    let mut length: usize = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_broken| PostFailure::Protocol)?;
        let Some(data) = frame.data_ref() else {
            continue;
        };
        length = length.saturating_add(data.len());
        if length > MAX_ANSWER_BYTES {
            return Err(PostFailure::TooLarge);
        }
        let room = MAX_KEPT_BYTES.saturating_sub(kept.len());
        kept.extend(data.iter().take(room));
    }
    let text = String::from_utf8_lossy(&kept);
    let is_text = |character: &char| !character.is_control() || *character == '\n';
    let reply = Reply {
        status: status.as_u16(),
        body: text.chars().filter(is_text).collect(),
    };
    match reply.status {
        200..=299 => Ok(reply),
        300..=399 => Err(PostFailure::Redirect(reply)),
        _ => Err(PostFailure::Refused(reply)),
    }
}
