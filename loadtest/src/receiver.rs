//! A receiver of webhooks that can be down: then nobody listens at its address.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use memchr::memmem;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};

use crate::failure::Failure;

const ANSWER: &[u8] = b"HTTP/1.1 204 No Content\r\n\r\n";
/// No event is nearly so long.
const MESSAGE_MAX_BYTES: usize = 256 * 1_024;

/// What arrived.
#[derive(Debug, Default)]
pub(crate) struct Arrived {
    /// Ids of messages, each once.
    pub(crate) ids: HashSet<String>,
    /// Messages, repeats too.
    pub(crate) messages: u64,
    /// When the latest of them came.
    pub(crate) latest: Option<Instant>,
}

/// The receiver's address, and what came there.
#[derive(Debug)]
pub(crate) struct Receiver {
    address: String,
    arrived: Arc<Mutex<Arrived>>,
    listening: Option<JoinHandle<()>>,
}

impl Receiver {
    /// Nobody listens yet.
    pub(crate) fn at(address: String) -> Self {
        Self {
            address,
            arrived: Arc::default(),
            listening: None,
        }
    }

    /// Where endpoints have to lead.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Begin to listen.
    pub(crate) async fn up(&mut self) -> Result<(), Failure> {
        let listener = TcpListener::bind(&self.address).await;
        let listener = listener.map_err(Failure::io("listening as a receiver of webhooks"))?;
        self.listening = Some(tokio::spawn(listen(listener, Arc::clone(&self.arrived))));
        Ok(())
    }

    /// Stop listening and close every connection.
    pub(crate) async fn down(&mut self) {
        if let Some(listening) = self.listening.take() {
            listening.abort();
            // It was stopped here, which is all that there is to learn.
            drop(listening.await);
        }
    }

    /// What arrived so far.
    pub(crate) fn arrived(&self) -> MutexGuard<'_, Arrived> {
        self.arrived.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Connections end with the listener.
async fn listen(listener: TcpListener, arrived: Arc<Mutex<Arrived>>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(serve(stream, Arc::clone(&arrived)));
        while connections.try_join_next().is_some() {}
    }
}

/// Takes message after message; a connection that says something else is closed.
async fn serve(mut stream: TcpStream, arrived: Arc<Mutex<Arrived>>) -> Option<()> {
    let mut unread: Vec<u8> = Vec::new();
    loop {
        let (head, total) = loop {
            if let Some((head, total)) = measure(&unread)
                && unread.len() >= total
            {
                break (head, total);
            }
            let is_too_long = unread.len() > MESSAGE_MAX_BYTES;
            if is_too_long || stream.read_buf(&mut unread).await.ok()? == 0 {
                return None;
            }
        };
        let id = header(unread.get(..head)?, "webhook-id:")?;
        {
            let mut arrived = arrived.lock().unwrap_or_else(PoisonError::into_inner);
            arrived.ids.insert(id);
            arrived.messages = arrived.messages.saturating_add(1);
            arrived.latest = Some(Instant::now());
        }
        unread.drain(..total);
        stream.write_all(ANSWER).await.ok()?;
    }
}

/// Length of the head and of the whole message.
fn measure(bytes: &[u8]) -> Option<(usize, usize)> {
    let head = memmem::find(bytes, b"\r\n\r\n")?.checked_add(4)?;
    let length: usize = header(bytes.get(..head)?, "content-length:")?
        .parse()
        .ok()?;
    Some((head, head.checked_add(length)?))
}

fn header(head: &[u8], name: &str) -> Option<String> {
    let head = std::str::from_utf8(head).ok()?;
    let value = |line: &str| {
        let (start, rest) = line.split_at_checked(name.len())?;
        start
            .eq_ignore_ascii_case(name)
            .then(|| rest.trim().to_owned())
    };
    head.lines().find_map(value)
}

#[cfg(test)]
mod tests {
    use super::{header, measure};

    #[test]
    fn a_message_is_measured_by_its_head() {
        let text = b"POST / HTTP/1.1\r\nWebhook-Id: evt_1\r\nContent-Length: 2\r\n\r\n{}";
        assert_eq!(measure(text), Some((text.len() - 2, text.len())));
        assert_eq!(header(text, "webhook-id:").as_deref(), Some("evt_1"));
        assert_eq!(measure(b"POST / HTTP/1.1\r\n"), None);
    }
}
