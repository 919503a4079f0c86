//! Tills that never give up: each repeats a request under its key until it knows the outcome, and
//! keeps a journal of what it was told.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::harness::call::{Answer, Api};
use crate::harness::tenant::unique;
use crate::harness::{TestTenant, runtime};

/// One request and how it ended; without a status there was no answer.
#[derive(Debug, Clone)]
pub(super) struct Attempt {
    pub(super) ended: Instant,
    pub(super) took: Duration,
    pub(super) status: Option<u16>,
}

/// What a till was told in the end.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) path: &'static str,
    pub(super) key: String,
    pub(super) body: Value,
    pub(super) answer: Answer,
}

#[derive(Default)]
struct Journal {
    is_over: AtomicBool,
    attempts: Mutex<Vec<Attempt>>,
    told: Mutex<Vec<Told>>,
}

/// Clients at work until [`Load::finish`].
pub(super) struct Load {
    journal: Arc<Journal>,
    clients: Vec<JoinHandle<()>>,
}

impl Load {
    pub(super) fn start(tenant: &TestTenant, members: Vec<String>, clients: usize) -> Self {
        let journal = Arc::new(Journal::default());
        let client = |number: usize| {
            let (tenant, journal) = (tenant.clone(), Arc::clone(&journal));
            let member = members[number % members.len()].clone();
            runtime().spawn(async move { work(&tenant, &member, &journal).await })
        };
        Self {
            clients: (0..clients).map(client).collect(),
            journal,
        }
    }

    /// The attempts that ended since the last call.
    pub(super) fn take_attempts(&self) -> Vec<Attempt> {
        std::mem::take(&mut *self.journal.attempts.lock().unwrap())
    }

    /// The attempts of some seconds, or of as many more as a busy machine needs for `enough` of them.
    pub(super) fn attempts_of(&self, seconds: f32, enough: usize) -> Vec<Attempt> {
        std::thread::sleep(Duration::from_secs_f32(seconds));
        for _ in 0..200 {
            if self.journal.attempts.lock().unwrap().len() >= enough {
                break;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        self.take_attempts()
    }

    /// Lets every client learn the outcome of its last request.
    pub(super) async fn finish(self) -> Vec<Told> {
        self.journal.is_over.store(true, Ordering::Relaxed);
        for client in self.clients {
            client.await.unwrap();
        }
        std::mem::take(&mut *self.journal.told.lock().unwrap())
    }
}

async fn work(tenant: &TestTenant, member: &str, journal: &Journal) {
    let mut round = 0_u32;
    while !journal.is_over.load(Ordering::Relaxed) {
        round += 1;
        let key = unique();
        if round % 4 == 3 {
            let path = format!("/v1/members/{member}/balances");
            attempt(&tenant.api, Method::GET, &path, None, journal).await;
            continue;
        }
        let (path, body) = if round.is_multiple_of(4) {
            let body = json!({"member": {"id": member}, "wallet": "points", "points": 1, "mode": "capture"});
            ("/v1/redemptions", body)
        } else {
            ("/v1/purchases", tenant.receipt(member, &key, 100))
        };
        let answer = until_told(&tenant.api, path, (&key, &body), journal).await;
        let told = Told {
            path,
            key,
            body,
            answer,
        };
        journal.told.lock().unwrap().push(told);
    }
}

async fn until_told(api: &Api, path: &str, keyed: (&str, &Value), journal: &Journal) -> Answer {
    for _ in 0..300 {
        match attempt(api, Method::POST, path, Some(keyed), journal).await {
            Some(answer) if answer.status <= 500 => return answer,
            _ => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
    panic!("never told the outcome of {}", keyed.0);
}

async fn attempt(
    api: &Api,
    method: Method,
    path: &str,
    keyed: Option<(&str, &Value)>,
    journal: &Journal,
) -> Option<Answer> {
    let started = Instant::now();
    let mut request = api.request(method, path);
    if let Some((key, body)) = keyed {
        request = request.header("Idempotency-Key", key).json(body);
    }
    let answer = Api::try_send(request).await.ok();
    journal.attempts.lock().unwrap().push(Attempt {
        ended: Instant::now(),
        took: started.elapsed(),
        status: answer.as_ref().map(|answer| answer.status),
    });
    answer
}
