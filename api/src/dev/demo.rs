//! The demo tenant: a grocer with its program and a year of real receipts, loaded through the public API so that
//! every one of them went through the real ledger. Each step may be repeated, so an interrupted load goes on.

mod load;

use secrecy::ExposeSecret;
use serde_json::json;

use super::client::{Call, CallError, Client};
use super::keep::{self, DemoKeys};
use super::stack::Stack;
use super::{DevError, welcome};

const STORES: &[u8] = include_bytes!("../../demo/stores.jsonl.gz");
const MEMBERS: &[u8] = include_bytes!("../../demo/members.jsonl.gz");
const RECEIPTS: &[u8] = include_bytes!("../../demo/receipts.jsonl.gz");
const PROGRAM: &str = include_str!("../../demo/program.json");
/// Before the first receipt.
const PROGRAM_STARTS: &str = "2016-12-31T05:00:00Z";
/// The household whose balance the first line to paste shows.
pub(super) const MEMBER: &str = "m00150";
/// The store with the program's five-times days.
pub(super) const STORE: &str = "s037";

/// What the welcome tells of the demo.
pub(super) struct Demo {
    /// The tenant and its keys.
    pub(super) keys: DemoKeys,
    /// The public id of the household [`MEMBER`].
    pub(super) member_id: String,
}

/// Finds the demo tenant of an earlier start, or makes it, and loads what is missing.
pub(super) async fn prepare(stack: &Stack) -> Result<Demo, DevError> {
    let mut keys = match keep::demo_keys(&stack.folder)? {
        Some(keys) if is_known(stack, &keys).await? => keys,
        _ => make_tenant(stack).await?,
    };
    let mut live = Client::new(stack.address(), &keys.live_key);
    if !keys.is_loaded {
        welcome::say("Making the demo tenant and loading its receipts (once) …")?;
        configure(&mut live).await?;
        configure(&mut Client::new(stack.address(), &keys.test_key)).await?;
        for member in load::lines(MEMBERS)? {
            live.send(&Call::post("/v1/members", member))
                .await?
                .expect(&[201, 409])?;
        }
        load::receipts(stack.address(), &keys.live_key, load::lines(RECEIPTS)?).await?;
        keys.is_loaded = true;
        keep::keep_demo_keys(&stack.folder, &keys)?;
    }
    let found = live
        .send(&Call::get(format!("/v1/members?external_id={MEMBER}")))
        .await?;
    let found = found.expect(&[200])?;
    let member_id = found.text("/id").or_else(|_| found.text("/data/0/id"))?;
    Ok(Demo { keys, member_id })
}

/// Kept keys may belong to a database that is gone.
async fn is_known(stack: &Stack, keys: &DemoKeys) -> Result<bool, CallError> {
    let mut client = Client::new(stack.address(), &keys.live_key);
    let answer = client.send(&Call::get("/v1/tenant")).await?;
    Ok(answer.expect(&[200, 401])?.status == 200)
}

async fn make_tenant(stack: &Stack) -> Result<DemoKeys, DevError> {
    let tenant = json!({
        "name": "Demo Grocer",
        "currency": "USD",
        "time_zone": "America/New_York",
        "business_day_cutover": "05:00",
        "prices_include_tax": true,
    });
    let mut operator = Client::new(stack.address(), stack.operator_key.expose_secret());
    let made = operator
        .send(&Call::post("/v1/tenants", tenant.to_string()))
        .await?;
    let made = made.expect(&[201])?;
    let keys = DemoKeys {
        tenant: made.text("/id")?,
        live_key: made.text("/api_key/secret")?,
        test_key: made.text("/sandbox/api_key/secret")?,
        is_loaded: false,
    };
    keep::keep_demo_keys(&stack.folder, &keys)?;
    Ok(keys)
}

async fn configure(client: &mut Client) -> Result<(), DevError> {
    for store in load::lines(STORES)? {
        client
            .send(&Call::post("/v1/stores", store))
            .await?
            .expect(&[201, 409])?;
    }
    if client.send(&Call::get("/v1/program")).await?.status == 200 {
        return Ok(());
    }
    let draft = client
        .send(&Call::get("/v1/program/draft"))
        .await?
        .expect(&[200])?;
    let save = Call::put("/v1/program/draft", PROGRAM).if_match(draft.tag);
    client.send(&save).await?.expect(&[200])?;
    let publish = json!({"effective_from": PROGRAM_STARTS}).to_string();
    client
        .send(&Call::post("/v1/program/publish", publish))
        .await?
        .expect(&[201])?;
    Ok(())
}
