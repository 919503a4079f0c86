//! Webhooks: signed, at least once, no faster than a receiver may be asked, and never to where they must not go.

mod destinations;
mod faults;

use std::collections::HashSet;

use serde_json::{Value, json};
use standardwebhooks::Webhook;
use tokio_postgres::Client;

use crate::books::wait_until;
use crate::harness::call::{Answer, Api};
use crate::harness::receiver::{self, Received, received};
use crate::harness::tenant::unique;
use crate::harness::{TestTenant, block_on, node};

/// A path of the receiver that no other test uses.
pub(crate) fn path(what: &str) -> String {
    format!("/{what}/{}", unique())
}

/// Makes an endpoint at a path of the receiver; the whole answer.
pub(crate) async fn listen(api: &Api, path: &str, events: Value) -> Answer {
    let endpoint = json!({"url": receiver::url(path), "events": events});
    let made = api.post("/v1/webhook-endpoints", &endpoint).await;
    made.expect(201)
}

/// Waits until so many different events have arrived at a path.
pub(crate) async fn arrive(path: &str, events: usize) -> Vec<Received> {
    receiver::deliver(node().cluster);
    let what = format!("{events} events at {path}");
    wait_until(&what, || async { ids(&received(path)).len() >= events }).await;
    received(path)
}

pub(crate) fn ids(received: &[Received]) -> HashSet<String> {
    received.iter().map(|one| one.id().to_owned()).collect()
}

fn types(received: &[Received]) -> Vec<String> {
    let kind = |one: &Received| one.json()["type"].as_str().unwrap().to_owned();
    received.iter().map(kind).collect()
}

#[test]
fn an_event_arrives_signed_and_as_it_is_listed() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let path = path("ok");
        let made = listen(&tenant.api, &path, json!([])).await;
        let member = tenant.member().await;
        tenant.grant(&member, 19).await;
        let all = arrive(&path, 2).await;
        assert_eq!(all.len(), 2, "each once: {all:?}");
        let webhook = Webhook::new(&made.text("/secret")).unwrap();
        let other = Webhook::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=").unwrap();
        let events = tenant.api.get("/v1/events").await.expect(200).json;
        for one in &all {
            webhook.verify(one.body.as_bytes(), &one.headers).unwrap();
            other.verify(one.body.as_bytes(), &one.headers).unwrap_err();
            let changed = one.body.replace("19", "20");
            assert!(
                changed == one.body || webhook.verify(changed.as_bytes(), &one.headers).is_err()
            );
            let data = events["data"].as_array().unwrap();
            let listed = data.iter().find(|event| event["id"] == one.id()).unwrap();
            for field in ["type", "timestamp", "data"] {
                assert_eq!(listed[field], one.json()[field], "{field}");
            }
        }
        let kinds = types(&all);
        assert!(kinds.contains(&"member.enrolled".to_owned()), "{kinds:?}");
        let bought = all
            .iter()
            .find(|one| one.body.contains("purchase.recorded"));
        let data = bought.unwrap().json()["data"].clone();
        assert_eq!(data["member_id"], json!(member));
        assert_eq!(data["version"], 1);
        let changes = json!([{"wallet": "points", "available": 19, "pending": 0, "reserved": 0, "deficit": 0}]);
        assert_eq!(data["changes"], changes);
    });
}

#[test]
fn an_endpoint_hears_of_what_it_asked_for_only() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let (some, all) = (path("ok"), path("ok"));
        listen(&tenant.api, &some, json!(["purchase.recorded"])).await;
        listen(&tenant.api, &all, json!([])).await;
        let member = tenant.member().await;
        tenant.grant(&member, 1).await;
        arrive(&all, 2).await;
        assert_eq!(types(&arrive(&some, 1).await), ["purchase.recorded"]);
    });
}

#[test]
fn a_new_secret_signs_beside_the_old_one_for_a_while() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let path = path("ok");
        let made = listen(&tenant.api, &path, json!(["member.enrolled"])).await;
        let endpoint = format!("/v1/webhook-endpoints/{}", made.text("/id"));
        let rotate = format!("{endpoint}/rotate-secret");
        let too_long = json!({"grace_seconds": 604_801});
        tenant.api.post(&rotate, &too_long).await.expect(422);
        let longest = json!({"grace_seconds": 604_800});
        let rotated = tenant.api.post(&rotate, &longest).await.expect(200);
        let (old, new) = (made.text("/secret"), rotated.text("/secret"));
        assert_ne!(old, new);
        let shown = tenant.api.get(&endpoint).await.expect(200);
        assert!(!shown.to_string().contains("whsec_"), "{shown}");
        tenant.member().await;
        let one = &arrive(&path, 1).await[0];
        for secret in [&old, &new] {
            let webhook = Webhook::new(secret).unwrap();
            webhook.verify(one.body.as_bytes(), &one.headers).unwrap();
        }
        let owner = node().cluster.owner().await;
        let over = "update webhook_endpoints set previous_secret_until = now() - interval '1 second' where tenant_id = $1";
        owner.execute(over, &[&tenant.number]).await.unwrap();
        tenant.member().await;
        let second = arrive(&path, 2).await;
        let second = second.iter().find(|other| other.id() != one.id()).unwrap();
        let verified = |secret: &str| {
            let webhook = Webhook::new(secret).unwrap();
            webhook
                .verify(second.body.as_bytes(), &second.headers)
                .is_ok()
        };
        assert_eq!((verified(&old), verified(&new)), (false, true));
    });
}

#[test]
fn a_tenant_has_twenty_endpoints_at_most() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let mut last = String::new();
        for _ in 0..api::config::MAX_WEBHOOK_ENDPOINTS_PER_TENANT {
            last = listen(&tenant.api, &path("ok"), json!([]))
                .await
                .text("/id");
        }
        let one_more = json!({"url": receiver::url(&path("ok"))});
        let refused = tenant.api.post("/v1/webhook-endpoints", &one_more).await;
        assert_eq!((refused.status, refused.code()), (409, "quota_exceeded"));
        let endpoint = format!("/v1/webhook-endpoints/{last}");
        tenant.api.delete(&endpoint).await.expect(200);
        tenant.api.delete(&endpoint).await.expect(404);
        tenant.api.get(&endpoint).await.expect(404);
        tenant
            .api
            .post("/v1/webhook-endpoints", &one_more)
            .await
            .expect(201);
    });
}

#[test]
fn workers_send_each_event_once_and_few_at_a_time() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let path = path("slow");
        listen(&tenant.api, &path, json!([])).await;
        for _ in 0..3 {
            receiver::deliver(node().cluster);
        }
        fabricate(&node().cluster.owner().await, &tenant, 300).await;
        let all = arrive(&path, 300).await;
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        assert_eq!(received(&path).len(), 300, "none twice");
        let most = all.iter().map(|one| one.at_once).max().unwrap();
        assert!((2..=20).contains(&most), "{most} at once");
    });
}

#[test]
fn a_backlog_drains_fast() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let path = path("ok");
        listen(&tenant.api, &path, json!([])).await;
        fabricate(&node().cluster.owner().await, &tenant, 3_000).await;
        let started = std::time::Instant::now();
        arrive(&path, 3_000).await;
        let per_second = 3_000_000 / started.elapsed().as_millis();
        println!("{per_second} deliveries per second");
        assert!(per_second >= 500, "{per_second} deliveries per second");
    });
}

/// Events as a batch writes them, many at once.
pub(crate) async fn fabricate(owner: &Client, tenant: &TestTenant, events: i64) {
    let query = "insert into outbox (tenant_id, id, type, data, recorded_at, written_at)
        select $1, (lpad(to_hex((extract(epoch from now()) * 1000)::bigint), 12, '0') || lpad(to_hex(n), 20, '0'))::uuid,
            'purchase.recorded', '{\"n\":' || n || '}', now(), now() from generate_series(1, $2::bigint) n";
    owner
        .execute(query, &[&tenant.number, &events])
        .await
        .unwrap();
}
