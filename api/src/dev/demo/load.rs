//! Loads the receipts: each member's in their order, several members at once, each receipt under its own key.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, Read};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use flate2::read::GzDecoder;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Deserialize;
use tokio::task::JoinSet;

use super::super::DevError;
use super::super::client::{Call, CallError, Client};

/// Members that are loaded at once; the ledger writes what waits in one batch.
const CONNECTIONS: usize = 16;

#[derive(Deserialize)]
struct Head {
    receipt_number: String,
    member: Reference,
}

#[derive(Deserialize)]
struct Reference {
    external_id: String,
}

struct Receipt {
    number: String,
    body: String,
}

type Waiting = Arc<Mutex<VecDeque<Vec<Receipt>>>>;

/// The lines of a compressed file.
pub(super) fn lines(packed: &[u8]) -> io::Result<Vec<String>> {
    let mut text = String::new();
    GzDecoder::new(packed).read_to_string(&mut text)?;
    Ok(text.lines().map(str::to_owned).collect())
}

/// Records every receipt; one that is recorded already is answered as before and counts once.
pub(super) async fn receipts(
    address: SocketAddr,
    key: &str,
    receipts: Vec<String>,
) -> Result<(), DevError> {
    let bar = ProgressBar::new(u64::try_from(receipts.len()).unwrap_or(0));
    let style = ProgressStyle::with_template("  {bar:40} {pos}/{len} receipts, {eta} left")
        .map_err(io::Error::other)?;
    bar.set_style(style);
    let waiting: Waiting = Arc::new(Mutex::new(by_member(receipts)?));
    let mut tills = JoinSet::new();
    for _ in 0..CONNECTIONS {
        tills.spawn(work(
            Client::new(address, key),
            waiting.clone(),
            bar.clone(),
        ));
    }
    while let Some(till) = tills.join_next().await {
        till.map_err(|error| DevError::Task(error.to_string()))??;
    }
    bar.finish_and_clear();
    Ok(())
}

fn by_member(receipts: Vec<String>) -> io::Result<VecDeque<Vec<Receipt>>> {
    let mut members: BTreeMap<String, Vec<Receipt>> = BTreeMap::new();
    for body in receipts {
        let head: Head = serde_json::from_str(&body)?;
        let receipt = Receipt {
            number: head.receipt_number,
            body,
        };
        members
            .entry(head.member.external_id)
            .or_default()
            .push(receipt);
    }
    Ok(members.into_values().collect())
}

async fn work(mut client: Client, waiting: Waiting, bar: ProgressBar) -> Result<(), CallError> {
    loop {
        let next = waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front();
        let Some(receipts) = next else { return Ok(()) };
        for receipt in receipts {
            let call = Call::post("/v1/purchases", receipt.body)
                .with_key(format!("demo-{}", receipt.number));
            client.send(&call).await?.expect(&[200, 201])?;
            bar.inc(1);
        }
    }
}

#[cfg(test)]
mod tests;
