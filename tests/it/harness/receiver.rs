//! A receiver of webhooks inside the test process. One for all tests, since workers of one test serve the endpoints of
//! every other: what it does depends on the first word of the path, and who asks on the second.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use api::jobs::Deliverer;
use api::secrets::Secrets;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::cluster::{Cluster, MASTER_KEY};
use super::runtime;

/// One message that arrived.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
    /// How many of its path were there at once when it came.
    pub(crate) at_once: usize,
}

impl Received {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub(crate) fn id(&self) -> &str {
        self.headers["webhook-id"].to_str().unwrap()
    }
}

#[derive(Debug, Default)]
struct Place {
    received: Vec<Received>,
    present: usize,
    answers: Option<u16>,
}

fn places() -> &'static Mutex<HashMap<String, Place>> {
    static PLACES: OnceLock<Mutex<HashMap<String, Place>>> = OnceLock::new();
    PLACES.get_or_init(Mutex::default)
}

fn address() -> SocketAddr {
    static ADDRESS: OnceLock<SocketAddr> = OnceLock::new();
    *ADDRESS.get_or_init(|| {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        runtime().spawn(async move {
            let listener = TcpListener::from_std(listener).unwrap();
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream));
            }
        });
        address
    })
}

/// What nodes and workers of tests may reach.
pub(crate) fn allowed() -> String {
    address().to_string()
}

/// A URL of the receiver, e.g. for `/ok/mine`.
pub(crate) fn url(path: &str) -> String {
    format!("http://{}{path}", address())
}

/// What arrived there so far.
pub(crate) fn received(path: &str) -> Vec<Received> {
    let places = places().lock().unwrap();
    places
        .get(path)
        .map(|place| place.received.clone())
        .unwrap_or_default()
}

/// From now on that path answers with this status.
pub(crate) fn answer_with(path: &str, status: u16) {
    let mut places = places().lock().unwrap();
    places.entry(path.to_owned()).or_default().answers = Some(status);
}

/// Deliver from now on, as `tamaru work` does, until the process ends.
pub(crate) fn deliver(cluster: &Cluster) {
    static WORKERS: AtomicUsize = AtomicUsize::new(0);
    // Some tests want several; each costs a few connections.
    if WORKERS.fetch_add(1, Ordering::Relaxed) < 3 {
        runtime().spawn(deliverer(cluster).run());
    }
}

/// A worker that delivers.
pub(crate) fn deliverer(cluster: &Cluster) -> Deliverer {
    let url = cluster.service_url.clone().into();
    let db = api::db::Db::new(&url, 3, runtime().handle().clone()).unwrap();
    let secrets = Secrets::new(MASTER_KEY.into()).unwrap();
    let allowed = api::config::webhook_allow(Some(&allowed())).unwrap();
    Deliverer::new(db, secrets, allowed).unwrap()
}

async fn serve(mut stream: TcpStream) {
    let mut unread = Vec::new();
    while let Some((path, headers, body)) = read(&mut stream, &mut unread).await {
        let status = {
            let mut places = places().lock().unwrap();
            let place = places.entry(path.clone()).or_default();
            place.present += 1;
            let at_once = place.present;
            place.received.push(Received {
                headers,
                body,
                at_once,
            });
            place.answers
        };
        let goes_on = answer(&mut stream, &path, status).await;
        places().lock().unwrap().get_mut(&path).unwrap().present -= 1;
        if !goes_on {
            return;
        }
    }
}

/// One request: path, headers, body.
async fn read(stream: &mut TcpStream, unread: &mut Vec<u8>) -> Option<(String, HeaderMap, String)> {
    let end = loop {
        if let Some(at) = unread.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            break at + 4;
        }
        more(stream, unread).await?;
        // Somebody begins to speak TLS.
        if unread.first() == Some(&0x16) {
            stream.write_all(&with_status(400).into_bytes()).await.ok();
            return None;
        }
    };
    let head = String::from_utf8(unread[..end].to_vec()).unwrap();
    let mut lines = head.lines();
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let mut headers = HeaderMap::new();
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        let name: HeaderName = name.parse().unwrap();
        headers.insert(name, HeaderValue::from_str(value).unwrap());
    }
    let length: usize = headers["content-length"].to_str().unwrap().parse().unwrap();
    while unread.len() < end + length {
        more(stream, unread).await?;
    }
    let body = String::from_utf8(unread[end..end + length].to_vec()).unwrap();
    unread.drain(..end + length);
    Some((path, headers, body))
}

async fn more(stream: &mut TcpStream, unread: &mut Vec<u8>) -> Option<()> {
    let mut some = [0; 4096];
    match stream.read(&mut some).await {
        Ok(0) | Err(_) => None,
        Ok(length) => {
            unread.extend_from_slice(&some[..length]);
            Some(())
        }
    }
}

/// Whether the connection goes on.
async fn answer(stream: &mut TcpStream, path: &str, status: Option<u16>) -> bool {
    let what = path.split('/').nth(1).unwrap_or_default();
    let text = match what {
        "hang" => {
            tokio::time::sleep(Duration::from_secs(30)).await;
            return false;
        }
        "drip" => {
            for byte in b"HTTP/1.1 200 OK\r\nx-slow: aaaaaaaaaaaaaaaaaaaaaaaaaa" {
                tokio::time::sleep(Duration::from_secs(1)).await;
                if stream.write_all(&[*byte]).await.is_err() {
                    return false;
                }
            }
            return false;
        }
        "huge" => return huge(stream).await,
        "redirect" => {
            "HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n"
                .to_owned()
        }
        "garbage" => "SSH-2.0-OpenSSH_9.9\r\n".to_owned(),
        "slow" => {
            tokio::time::sleep(Duration::from_millis(100)).await;
            with_status(status.unwrap_or(200))
        }
        _ => with_status(status.unwrap_or(200)),
    };
    stream.write_all(text.as_bytes()).await.is_ok() && what != "garbage"
}

fn with_status(status: u16) -> String {
    let body = format!("status {status}");
    format!(
        "HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// A gigabyte, as far as anybody reads it.
async fn huge(stream: &mut TcpStream) -> bool {
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n";
    if stream.write_all(head.as_bytes()).await.is_err() {
        return false;
    }
    let chunk = vec![b'x'; 65_536];
    for _ in 0..16_384 {
        if stream.write_all(&chunk).await.is_err() {
            return false;
        }
    }
    true
}
