//! Stands between a node and PostgreSQL and changes the text of statements on their way, so that a test can take away
//! a lock that stands in the product's own words.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

use super::cluster::Cluster;
use super::runtime;

/// What becomes of a statement; `None` leaves it as it is.
pub(crate) type Rewrite = fn(&str) -> Option<String>;

/// A running rewriter; it ends with the process.
pub(crate) struct Rewriter {
    /// The service's URL of the database, by way of here.
    pub(crate) url: String,
    changed: Arc<AtomicUsize>,
}

impl Rewriter {
    /// Begins to stand before a cluster's database.
    pub(crate) async fn before(cluster: &Cluster, rewrite: Rewrite) -> Self {
        let (scheme, rest) = cluster.service_url.split_once("://").unwrap();
        let (authority, path) = rest.split_once('/').unwrap();
        let (user, server) = authority.rsplit_once('@').unwrap();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let own = listener.local_addr().unwrap();
        let changed = Arc::new(AtomicUsize::new(0));
        runtime().spawn(accept(
            listener,
            server.to_owned(),
            rewrite,
            changed.clone(),
        ));
        Self {
            url: format!("{scheme}://{user}@{own}/{path}"),
            changed,
        }
    }

    /// How many statements were changed so far, once for each connection that prepared them.
    pub(crate) fn changed(&self) -> usize {
        self.changed.load(Ordering::Relaxed)
    }
}

async fn accept(
    listener: TcpListener,
    server: String,
    rewrite: Rewrite,
    changed: Arc<AtomicUsize>,
) {
    while let Ok((client, _)) = listener.accept().await {
        let server = TcpStream::connect(&server).await.unwrap();
        client.set_nodelay(true).unwrap();
        server.set_nodelay(true).unwrap();
        let (from_client, mut to_client) = client.into_split();
        let (mut from_server, to_server) = server.into_split();
        tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
        tokio::spawn(forward(from_client, to_server, rewrite, changed.clone()));
    }
}

/// The first message has no type; each later one has a type, its length, and what it says.
async fn forward(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    rewrite: Rewrite,
    changed: Arc<AtomicUsize>,
) -> std::io::Result<()> {
    let start = message(&mut from).await?;
    to.write_all(&start).await?;
    loop {
        let kind = from.read_u8().await?;
        let mut said = message(&mut from).await?;
        if kind == b'P'
            && let Some(other) = reparsed(&said[4..], rewrite)
        {
            changed.fetch_add(1, Ordering::Relaxed);
            said = other;
        }
        to.write_u8(kind).await?;
        to.write_all(&said).await?;
    }
}

/// A message with its length before it.
async fn message(from: &mut OwnedReadHalf) -> std::io::Result<Vec<u8>> {
    let length = from.read_u32().await?;
    let mut said = vec![0; usize::try_from(length).unwrap()];
    said[..4].copy_from_slice(&length.to_be_bytes());
    from.read_exact(&mut said[4..]).await?;
    Ok(said)
}

/// A `Parse` with another text: a name, the text, and the types of its binds.
fn reparsed(body: &[u8], rewrite: Rewrite) -> Option<Vec<u8>> {
    let mut parts = body.splitn(3, |byte| *byte == 0);
    let (name, text, types) = (parts.next()?, parts.next()?, parts.next()?);
    let text = rewrite(std::str::from_utf8(text).ok()?)?;
    let length = 4 + name.len() + 1 + text.len() + 1 + types.len();
    let mut said = u32::try_from(length).ok()?.to_be_bytes().to_vec();
    for part in [name, &[0], text.as_bytes(), &[0], types] {
        said.extend_from_slice(part);
    }
    Some(said)
}
