//! Calls that must succeed in the end: what is certainly not written, or not known to be, is sent again
//! under its key.

use std::{borrow::Cow, sync::Arc, time::Duration};

use serde_json::Value;
use tokio::time::sleep;

use crate::{
    connection::{Call, Connection, Method, ServerAddress},
    failure::Failure,
};

/// A batch of a thousand receipts on a busy machine.
const LIMIT: Duration = Duration::from_secs(120);
const TRIES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(200);
/// Connections side by side.
const CONNECTIONS: usize = 8;

/// Somebody with a key.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    address: ServerAddress,
    secret: Arc<str>,
}

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) path: String,
    /// Only for what moves points.
    pub(crate) key: Option<String>,
    pub(crate) body: String,
}

impl Request {
    /// A write of configuration or members.
    pub(crate) fn post(path: &str, body: &Value) -> Self {
        Self {
            method: Method::Post,
            path: path.to_owned(),
            key: None,
            body: body.to_string(),
        }
    }

    /// A read.
    pub(crate) fn get(path: String) -> Self {
        Self {
            method: Method::Get,
            path,
            key: None,
            body: String::new(),
        }
    }

    /// The same under a key.
    pub(crate) fn keyed(mut self, key: String) -> Self {
        self.key = Some(key);
        self
    }
}

impl Caller {
    pub(crate) const fn new(address: ServerAddress, secret: Arc<str>) -> Self {
        Self { address, secret }
    }

    /// One call.
    pub(crate) async fn ask(&self, request: Request) -> Result<Vec<u8>, Failure> {
        let mut connection = Connection::new(self.address.clone(), LIMIT);
        self.on(&mut connection, request).await
    }

    /// Many calls side by side; the answers stand in the order of the calls.
    pub(crate) async fn ask_all(&self, requests: Vec<Request>) -> Result<Vec<Vec<u8>>, Failure> {
        let mut shares: Vec<Vec<(usize, Request)>> = vec![Vec::new(); CONNECTIONS];
        for (position, request) in requests.into_iter().enumerate() {
            let share = position.checked_rem(CONNECTIONS).unwrap_or_default();
            if let Some(share) = shares.get_mut(share) {
                share.push((position, request));
            }
        }
        let mut tasks = Vec::new();
        for share in shares {
            tasks.push(tokio::spawn(self.clone().share(share)));
        }
        let mut all = Vec::new();
        for task in tasks {
            let answers = task.await;
            all.extend(answers.map_err(|error| Failure::other(error.to_string()))??);
        }
        all.sort_unstable_by_key(|(position, _)| *position);
        Ok(all.into_iter().map(|(_, answer)| answer).collect())
    }

    /// One connection's part of many calls.
    async fn share(self, share: Vec<(usize, Request)>) -> Result<Vec<(usize, Vec<u8>)>, Failure> {
        let mut connection = Connection::new(self.address.clone(), LIMIT);
        let mut answers = Vec::with_capacity(share.len());
        for (position, request) in share {
            answers.push((position, self.on(&mut connection, request).await?));
        }
        Ok(answers)
    }

    async fn on(&self, connection: &mut Connection, request: Request) -> Result<Vec<u8>, Failure> {
        let what = format!("{} {}", request.method.name(), request.path);
        let call = Call {
            method: request.method,
            path: Cow::Owned(request.path),
            secret: Arc::clone(&self.secret),
            key: request.key,
            body: request.body,
        };
        let mut last = Failure::other(format!("{what}: never answered"));
        for _ in 0..TRIES {
            let (failure, may_pass) = match connection.send(&call).await {
                Ok(reply) if (200..300).contains(&reply.status) => return Ok(reply.body.to_vec()),
                Ok(reply) => {
                    let refused = Failure::Refused {
                        what: what.clone(),
                        status: reply.status,
                        body: reply.excerpt(),
                    };
                    (refused, matches!(reply.status, 429 | 503 | 504))
                }
                Err(none) => (Failure::other(format!("{what}: {}", none.name())), true),
            };
            last = failure;
            if !may_pass {
                break;
            }
            sleep(PAUSE).await;
        }
        Err(last)
    }
}
