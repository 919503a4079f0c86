//! One keep-alive HTTP/1.1 connection per simulated till, written for one purpose: a call is one
//! write, an answer is read into a buffer that is kept. A general client costs as much processor
//! time as the server it shares the machine with.

use std::{borrow::Cow, io::Write as _, str::FromStr, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use self::head::Head;
use crate::failure::Failure;

mod head;

/// The largest answer that is read, head and body.
const ANSWER_MAX_BYTES: usize = 8 * 1_024 * 1_024;
/// The buffer that every connection starts with.
const BUFFER_BYTES: usize = 4 * 1_024;

/// Where the server listens; plain HTTP only.
#[derive(Debug, Clone)]
pub(crate) struct ServerAddress {
    socket: Arc<str>,
}

impl FromStr for ServerAddress {
    type Err = String;

    fn from_str(url: &str) -> Result<Self, String> {
        let authority = url
            .strip_prefix("http://")
            .map(|rest| rest.trim_end_matches('/'));
        let wrong = |authority: &&str| authority.is_empty() || authority.contains(['/', '@', ' ']);
        let Some(authority) = authority.filter(|authority| !wrong(authority)) else {
            return Err(format!(
                "{url}: expected something like http://127.0.0.1:8080"
            ));
        };
        let port = authority
            .rsplit_once(':')
            .map(|(_, port)| port.parse::<u16>());
        let socket = match port {
            Some(Ok(_port)) => authority.to_owned(),
            Some(Err(error)) => return Err(format!("{url}: {error}")),
            None => format!("{authority}:80"),
        };
        let socket = Arc::from(socket);
        Ok(Self { socket })
    }
}

impl ServerAddress {
    /// True when a plain read of `path` is answered with 200.
    pub(crate) async fn answers(&self, path: &'static str) -> bool {
        let mut connection = Connection::new(self.clone(), Duration::from_secs(5));
        let call = Call {
            method: Method::Get,
            path: Cow::Borrowed(path),
            secret: Arc::from("none"),
            key: None,
            body: String::new(),
        };
        connection
            .send(&call)
            .await
            .is_ok_and(|reply| reply.status == 200)
    }
}

/// The methods that are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    /// A read.
    Get,
    /// A write.
    Post,
    /// A whole document.
    Put,
}

impl Method {
    /// As it stands in the request.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
        }
    }
}

/// One request, built from parts that are cheap to clone.
#[derive(Clone)]
pub(crate) struct Call {
    /// HTTP method.
    pub(crate) method: Method,
    /// Path and query.
    pub(crate) path: Cow<'static, str>,
    /// Bearer key.
    pub(crate) secret: Arc<str>,
    /// `Idempotency-Key`, for calls that move points.
    pub(crate) key: Option<String>,
    /// JSON, or nothing for reads.
    pub(crate) body: String,
}

/// What came back; the body lives in the connection's buffer until the next call.
#[derive(Debug)]
pub(crate) struct Reply<'a> {
    /// HTTP status.
    pub(crate) status: u16,
    /// The body.
    pub(crate) body: &'a [u8],
}

impl Reply<'_> {
    /// The start of the body, fit for a message.
    pub(crate) fn excerpt(&self) -> String {
        String::from_utf8_lossy(self.body)
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
    /// Something came that is no answer of a known length.
    Unreadable,
}

impl NoAnswer {
    /// The name under which it is counted.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Cut => "cut",
            Self::TimedOut => "timeout",
            Self::Unreadable => "unreadable",
        }
    }
}

/// A keep-alive connection that opens itself again after it broke.
#[derive(Debug)]
pub(crate) struct Connection {
    address: ServerAddress,
    limit: Duration,
    stream: Option<TcpStream>,
    outgoing: Vec<u8>,
    incoming: Vec<u8>,
}

impl Connection {
    /// A connection that opens at its first call; `limit` bounds every call.
    pub(crate) fn new(address: ServerAddress, limit: Duration) -> Self {
        Self {
            address,
            limit,
            stream: None,
            outgoing: Vec::with_capacity(BUFFER_BYTES),
            incoming: Vec::with_capacity(BUFFER_BYTES),
        }
    }

    /// Sends one call and waits for the whole answer.
    pub(crate) async fn send(&mut self, call: &Call) -> Result<Reply<'_>, NoAnswer> {
        let outcome = match timeout(self.limit, self.exchange(call)).await {
            Ok(outcome) => outcome,
            Err(_elapsed) => Err(NoAnswer::TimedOut),
        };
        if !matches!(&outcome, Ok(head) if !head.closes) {
            self.stream = None;
        }
        let head = outcome?;
        let body = self.incoming.get(head.length..).unwrap_or_default();
        let status = head.status;
        Ok(Reply { status, body })
    }

    async fn exchange(&mut self, call: &Call) -> Result<Head, NoAnswer> {
        self.compose(call);
        let stream = match self.stream.take().filter(is_open) {
            Some(stream) => stream,
            None => self.dial().await?,
        };
        let stream = self.stream.insert(stream);
        let written = stream.write_all(&self.outgoing).await;
        written.map_err(|_broken| NoAnswer::Cut)?;
        self.incoming.clear();
        loop {
            let read = stream.read_buf(&mut self.incoming).await;
            if read.map_err(|_broken| NoAnswer::Cut)? == 0 {
                return Err(NoAnswer::Cut);
            }
            let missing = match Head::find(&self.incoming)? {
                Some(head) if self.incoming.len() >= head.total() => return Ok(head),
                Some(head) => head.total().saturating_sub(self.incoming.len()),
                None => BUFFER_BYTES,
            };
            if self.incoming.len().saturating_add(missing) > ANSWER_MAX_BYTES {
                return Err(NoAnswer::Unreadable);
            }
            self.incoming.reserve(missing);
        }
    }

    async fn dial(&self) -> Result<TcpStream, NoAnswer> {
        let stream = TcpStream::connect(&*self.address.socket).await;
        let stream = stream.map_err(|_refused| NoAnswer::Unreachable)?;
        stream.set_nodelay(true).map_err(|_closed| NoAnswer::Cut)?;
        Ok(stream)
    }

    fn compose(&mut self, call: &Call) {
        let out = &mut self.outgoing;
        out.clear();
        let mut parts = vec![
            call.method.name(),
            " ",
            &call.path,
            " HTTP/1.1\r\nhost: ",
            &self.address.socket,
            "\r\nauthorization: Bearer ",
            &call.secret,
        ];
        if let Some(key) = &call.key {
            parts.extend(["\r\nidempotency-key: ", key]);
        }
        for part in parts {
            out.extend_from_slice(part.as_bytes());
        }
        if !call.body.is_empty() {
            let type_and_length = "\r\ncontent-type: application/json\r\ncontent-length: ";
            out.extend_from_slice(type_and_length.as_bytes());
            let written = write!(out, "{}", call.body.len());
            debug_assert!(written.is_ok(), "a Vec takes every write");
        }
        out.extend_from_slice(b"\r\n\r\n");
        out.extend_from_slice(call.body.as_bytes());
    }
}

/// False when the server closed the connection while it was idle, so that it is dialled anew
/// instead of losing a call on it.
fn is_open(stream: &TcpStream) -> bool {
    let mut nothing_expected = [0_u8; 1];
    matches!(
        stream.try_read(&mut nothing_expected),
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock
    )
}

/// A key fit for a header.
pub(crate) fn bearer(secret: &str) -> Result<Arc<str>, Failure> {
    if !secret.is_empty() && secret.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(Arc::from(secret));
    }
    Err(Failure::other(
        "a key holds characters that no HTTP header may",
    ))
}

#[cfg(test)]
mod tests {
    use super::ServerAddress;

    #[test]
    fn an_address_is_plain_http_with_an_optional_port() {
        let socket = |url: &str| {
            url.parse()
                .map(|ServerAddress { socket }| socket.to_string())
        };
        assert_eq!(
            socket("http://127.0.0.1:8080"),
            Ok("127.0.0.1:8080".to_owned())
        );
        assert_eq!(socket("http://localhost/"), Ok("localhost:80".to_owned()));
        for wrong in [
            "https://h",
            "h:80",
            "http://",
            "http://h/v1",
            "http://h:x",
            "http://u@h",
        ] {
            assert!(socket(wrong).is_err(), "{wrong}");
        }
    }
}
