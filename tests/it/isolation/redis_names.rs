//! Names in Redis begin with their tenant, whoever makes them.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::StreamExt;
use reqwest::Method;
use serde_json::json;

use super::world::World;
use crate::harness::{block_on, node};

/// Commands that name no key.
const KEYLESS: [&str; 9] = [
    "AUTH", "CLIENT", "HELLO", "INFO", "MONITOR", "PING", "SCRIPT", "SELECT", "FLUSHALL",
];

/// `{t:<number>}:<kind>:<32 hexadecimal digits>`; the number.
fn tenant_of(name: &str) -> Option<i64> {
    let (number, rest) = name.strip_prefix("{t:")?.split_once("}:")?;
    let (kind, id) = rest.rsplit_once(':')?;
    let is_kind = [
        "balances",
        "limit:reads",
        "limit:writes",
        "limit:configuration",
        "limit:key",
    ]
    .contains(&kind);
    let is_id = id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_kind && is_id).then(|| number.parse().ok())?
}

/// The quoted words of a line of `MONITOR`.
fn words(line: &str) -> Vec<String> {
    let (_, said) = line.split_once("] ").unwrap_or_default();
    let said = said.replace("\\\"", "'");
    // Outside of quotes there is only space.
    said.split('"')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

/// The names in a command: what stands where this command has keys.
fn names(words: &[String]) -> Vec<String> {
    let count = |at: usize| words.get(at).and_then(|count| count.parse().ok());
    match words[0].to_ascii_uppercase().as_str() {
        name if KEYLESS.contains(&name) => Vec::new(),
        "EVAL" | "EVALSHA" => words[3..3 + count(2).unwrap_or(0_usize)].to_vec(),
        "DEL" | "UNLINK" | "MGET" => words[1..].to_vec(),
        _ => words.get(1).cloned().into_iter().collect(),
    }
}

/// Everything that a world does, with limits that are counted in Redis.
async fn live() -> BTreeSet<i64> {
    let mut numbers = BTreeSet::new();
    for _ in 0..2 {
        let world = World::build(node()).await;
        let operator = node().operator();
        let path = format!("/v1/tenants/{}", world.tenant.id);
        let present = operator.get(&path).await.expect(200);
        let limit = json!({"limits": {"requests_per_second": 500}});
        let change = operator.request(Method::PATCH, &path).json(&limit);
        let change = change.header("If-Match", present.header("etag"));
        operator.send(change).await.expect(200);
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        let limited = json!({"requests_per_second": 50});
        let limited = world.tenant.restricted(&["members:read"], limited).await;
        let balances = format!("/v1/members/{}/balances", world.member);
        for _ in 0..50 {
            limited.get(&balances).await;
            world.tenant.api.post("/v1/quotes", &json!({})).await;
            world.tenant.api.post("/v1/purchases", &json!({})).await;
            world.tenant.api.post("/v1/stores", &json!({})).await;
        }
        let clock = json!({"now": "2030-01-01T00:00:00Z"});
        world
            .tenant
            .sandbox
            .post("/v1/test-clock", &clock)
            .await
            .expect(200);
        numbers.insert(world.tenant.number);
    }
    numbers
}

#[test]
fn every_name_in_redis_begins_with_its_tenant() {
    block_on(async {
        let client = redis::Client::open(node().cluster.redis_url.clone()).unwrap();
        let monitor = client.get_async_monitor().await.unwrap();
        let mut said = std::pin::pin!(monitor.into_on_message::<String>());
        let (mut told, mut seen) = (BTreeSet::new(), 0);
        let mut living = std::pin::pin!(live());
        let tenants = loop {
            tokio::select! {
                tenants = &mut living => break tenants,
                line = said.next() => {
                    let words = words(&line.unwrap());
                    for name in names(&words) {
                        let tenant = tenant_of(&name);
                        assert!(tenant.is_some(), "{name} in {words:?}");
                        told.extend(tenant);
                        seen += 1;
                    }
                }
            }
        };
        assert!(seen > 20, "only {seen} names were seen");
        assert!(tenants.is_subset(&told), "{tenants:?} of {told:?}");
        // And whatever any other test left behind.
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let kept: Vec<String> = redis::cmd("KEYS")
            .arg("*")
            .query_async(&mut connection)
            .await
            .unwrap();
        let strangers: Vec<&String> = kept
            .iter()
            .filter(|name| tenant_of(name).is_none())
            .collect();
        assert!(strangers.is_empty(), "{strangers:?}");
    });
}
