//! What no HTTP library would send, over a plain socket: each is answered with its status or cut off, and the server
//! still serves everyone else afterwards.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::{TestTenant, block_on, node};

/// No answer may take longer than the head's deadline and some more.
const LONGEST: Duration = Duration::from_secs(15);

/// Connects to the shared node.
async fn connect() -> TcpStream {
    let address = node().server.address;
    TcpStream::connect(address).await.unwrap()
}

/// Everything the server says until it closes the connection, or falls silent for a moment after it has answered.
async fn answer(stream: &mut TcpStream) -> Vec<u8> {
    let started = Instant::now();
    let mut said = Vec::new();
    let mut part = [0_u8; 4096];
    while started.elapsed() < LONGEST {
        let pause = if said.is_empty() {
            LONGEST
        } else {
            Duration::from_millis(300)
        };
        match tokio::time::timeout(pause, stream.read(&mut part)).await {
            Ok(Ok(count)) if count > 0 => said.extend_from_slice(&part[..count]),
            _ => break,
        }
    }
    assert!(started.elapsed() < LONGEST, "no answer and no end");
    said
}

/// The statuses of all answers on the connection; empty when it was closed without a word.
async fn statuses(request: &[u8]) -> Vec<u16> {
    let mut stream = connect().await;
    // The server may close before it has read everything.
    let _closed_early = stream.write_all(request).await.is_err();
    let said = answer(&mut stream).await;
    let text = String::from_utf8_lossy(&said);
    let heads = text.split("HTTP/1.1 ").skip(1);
    heads.map(|head| head[..3].parse().unwrap()).collect()
}

/// A request to a place that needs no key, with these lines in its head.
fn head(lines: &str) -> Vec<u8> {
    format!("POST /v1/quotes HTTP/1.1\r\nHost: tamaru\r\n{lines}\r\n").into_bytes()
}

/// Heads with a line that can't be right.
const HEADS: &[(&str, &str)] = &[
    (
        "both lengths",
        "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
    ),
    ("two lengths", "Content-Length: 2\r\nContent-Length: 3\r\n"),
    (
        "equal lengths",
        "Content-Length: 2\r\nContent-Length: 2\r\n",
    ),
    ("a list of lengths", "Content-Length: 3, 3\r\n"),
    ("a signed length", "Content-Length: +3\r\n"),
    ("a negative length", "Content-Length: -1\r\n"),
    (
        "a length above all",
        "Content-Length: 99999999999999999999\r\n",
    ),
    ("another encoding", "Transfer-Encoding: xchunked\r\n"),
    (
        "identity and chunked",
        "Transfer-Encoding: identity, chunked\r\n",
    ),
    (
        "a space before the colon",
        "Transfer-Encoding : chunked\r\n",
    ),
    ("a folded header", "X-A: b\r\n c\r\n"),
    ("a zero in a header", "X-A: b\0c\r\n"),
];

#[test]
fn malformed_requests_are_refused_and_cut_off() {
    block_on(async {
        let headers = "X-A: b\r\n".repeat(200);
        let long = format!("X-A: {}\r\n", "b".repeat(1024 * 1024));
        let huge_path = format!(
            "GET /{} HTTP/1.1\r\nHost: a\r\n\r\n",
            "x".repeat(100 * 1024)
        );
        let mut rows: Vec<(&str, Vec<u8>, &[u16])> = vec![
            ("too many headers", head(&headers), &[431, 400]),
            ("a huge header", head(&long), &[431, 400]),
            (
                "no HTTP at all",
                b"\x16\x03\x01\x02\x00\x01\x00\x01\r\n\r\n".to_vec(),
                &[400],
            ),
            ("words", b"hello\r\n\r\n".to_vec(), &[400]),
            ("no host", b"GET /livez HTTP/1.1\r\n\r\n".to_vec(), &[400]),
            (
                "two hosts",
                b"GET /livez HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n".to_vec(),
                &[400],
            ),
            (
                "another version",
                b"GET / HTTP/7.3\r\n\r\n".to_vec(),
                &[400, 505],
            ),
            ("a huge path", huge_path.into_bytes(), &[400, 414, 431]),
        ];
        rows.extend(
            HEADS
                .iter()
                .map(|(name, line)| (*name, head(line), [400].as_slice())),
        );
        let mut wrong = Vec::new();
        for (name, request, allowed) in rows {
            let started = Instant::now();
            let found = statuses(&request).await;
            let is_refused = found.first().is_none_or(|status| allowed.contains(status));
            // Nothing that follows what can't be read may be taken for a request.
            if !is_refused || found.len() > 1 {
                wrong.push(format!("{name}: {found:?} after {:?}", started.elapsed()));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        still_serves().await;
    });
}

#[test]
fn bodies_that_break_off_are_refused() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let key = &tenant.api.key;
        let start = format!(
            "POST /v1/quotes HTTP/1.1\r\nHost: tamaru\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n"
        );
        let rows: [(&str, &str, &[u16]); 4] = [
            (
                "a chunk of unreadable size",
                "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n",
                &[400],
            ),
            (
                "a chunk that is no number",
                "Transfer-Encoding: chunked\r\n\r\nxyz\r\n{}\r\n0\r\n\r\n",
                &[400],
            ),
            (
                "more than is taken",
                "Content-Length: 10000000000\r\n\r\n{\"store\":1}",
                &[413],
            ),
            (
                "half a body",
                "Content-Length: 100\r\n\r\n{\"store\":",
                &[400, 408],
            ),
        ];
        let mut wrong = Vec::new();
        for (name, rest, allowed) in rows {
            let mut stream = connect().await;
            let request = format!("{start}{rest}");
            stream.write_all(request.as_bytes()).await.unwrap();
            if name == "half a body" {
                stream.shutdown().await.unwrap();
            }
            let said = answer(&mut stream).await;
            let text = String::from_utf8_lossy(&said).into_owned();
            let status = text
                .strip_prefix("HTTP/1.1 ")
                .map(|rest| rest[..3].parse::<u16>().unwrap());
            if status.is_some_and(|status| !allowed.contains(&status)) {
                wrong.push(format!("{name}: {text}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        still_serves().await;
    });
}

#[test]
fn those_who_never_finish_are_cut_off() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let key = &tenant.api.key;
        let half = b"POST /v1/quotes HTTP/1.1\r\nHost: tamaru\r\nX-A: ".to_vec();
        let body = format!(
            "POST /v1/quotes HTTP/1.1\r\nHost: tamaru\r\nAuthorization: Bearer {key}\r\n\
             Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{{"
        );
        let (head, body) = tokio::join!(drip(half), drip(body.into_bytes()));
        for (name, said) in [("head", head), ("body", body)] {
            let is_408 = said.starts_with("HTTP/1.1 408");
            assert!(said.is_empty() || is_408, "{name}: {said}");
        }
        still_serves().await;
    });
}

/// Sends a byte now and then until the server has enough of it; what it said.
async fn drip(start: Vec<u8>) -> String {
    let mut stream = connect().await;
    stream.write_all(&start).await.unwrap();
    let started = Instant::now();
    let mut said = Vec::new();
    let mut part = [0_u8; 1024];
    while started.elapsed() < LONGEST {
        match tokio::time::timeout(Duration::from_millis(400), stream.read(&mut part)).await {
            Ok(Ok(0) | Err(_)) => return String::from_utf8_lossy(&said).into_owned(),
            Ok(Ok(count)) => said.extend_from_slice(&part[..count]),
            Err(_) if said.is_empty() => {
                let _closed = stream.write_all(b"x").await.is_err();
            }
            Err(_) => return String::from_utf8_lossy(&said).into_owned(),
        }
    }
    panic!("a request that never ended was never cut off")
}

/// Somebody else is answered at once, and an idle half request of one does not hold up another.
async fn still_serves() {
    let mut idle = connect().await;
    idle.write_all(b"GET /li").await.unwrap();
    let alive = node().nobody().get("/livez").await;
    assert_eq!(alive.status, 200, "{alive}");
    let tenant = TestTenant::new().await;
    tenant.api.get("/v1/tenant").await.expect(200);
}

#[test]
fn lines_that_end_without_carriage_return_are_read_as_lines() {
    // RFC 9112 lets a server do so; a proxy that reads them otherwise must refuse them (DECISIONS.md, 21).
    block_on(async {
        let bare = b"GET /livez HTTP/1.1\nHost: a\nConnection: close\n\n";
        assert_eq!(statuses(bare).await, [200]);
        let hidden = b"GET /livez HTTP/1.1\r\nHost: a\r\nX-A: b\nContent-Length: 3, 3\r\n\r\nabc";
        assert_eq!(statuses(hidden).await, [400]);
    });
}
