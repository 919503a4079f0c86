//! Receivers that hang, lie, fail and come back; workers that die.

use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tokio_postgres::Client;

use super::{arrive, fabricate, ids, listen, path};
use crate::books::wait_until;
use crate::harness::cluster::MASTER_KEY;
use crate::harness::node::Node;
use crate::harness::receiver::{self, answer_with, received};
use crate::harness::tenant::Spec;
use crate::harness::{TestTenant, block_on, node};

/// Lets everything that waits be due, as if time had passed.
pub(crate) async fn hurry(tenant: &TestTenant) {
    hurry_by(&node().cluster.owner().await, tenant).await;
}

async fn hurry_by(owner: &Client, tenant: &TestTenant) {
    let number = tenant.number;
    let hurry = format!(
        "update webhook_deliveries set next_attempt_at = now() where tenant_id = {number} and status = 'pending';
         update webhook_endpoints set paused_until = null, leased_until = null where tenant_id = {number}"
    );
    owner.batch_execute(&hurry).await.unwrap();
}

/// The only delivery of an endpoint, once it was tried so often.
async fn tried(tenant: &TestTenant, endpoint: &str, attempts: i64) -> Value {
    let deliveries = format!("/v1/webhook-endpoints/{endpoint}/deliveries");
    for _ in 0..1_500 {
        let listed = tenant.api.get(&deliveries).await.expect(200).json;
        let first = listed["data"][0].clone();
        if first["attempts"].as_i64() >= Some(attempts) {
            return first;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("{endpoint} was not tried {attempts} times");
}

#[test]
fn a_receiver_that_does_not_take_it_is_named_and_asked_again() {
    block_on(async {
        receiver::deliver(node().cluster);
        let faults = [
            ("fail", "status", json!(500)),
            ("hang", "timeout", Value::Null),
            ("drip", "timeout", Value::Null),
            ("redirect", "redirect", json!(302)),
            ("huge", "response_too_large", Value::Null),
            ("garbage", "protocol", Value::Null),
            ("https", "tls", Value::Null),
        ];
        let mut all = Vec::new();
        for (what, error, status) in faults {
            let tenant = TestTenant::new().await;
            let path = path(what);
            if what == "fail" {
                answer_with(&path, 500);
            }
            let mut url = receiver::url(&path);
            if what == "https" {
                url = url.replace("http:", "https:");
            }
            let endpoint = json!({"url": url});
            let made = tenant.api.post("/v1/webhook-endpoints", &endpoint).await;
            let made = made.expect(201).text("/id");
            tenant.member().await;
            all.push((tenant, path, made, error, status));
        }
        for (tenant, path, endpoint, error, status) in &all {
            let delivery = tried(tenant, endpoint, 1).await;
            assert_eq!(delivery["error"], json!(error), "{path}");
            assert_eq!(delivery["response_status"], *status, "{path}");
            assert_eq!(delivery["status"], "pending", "{path}");
            assert!(delivery["next_attempt_at"].is_string(), "{path}");
            let shown = tenant
                .api
                .get(&format!("/v1/webhook-endpoints/{endpoint}"))
                .await;
            assert!(shown.json["failing_since"].is_string(), "{shown}");
        }
        let (tenant, path, endpoint, ..) = &all[0];
        assert_eq!(
            tried(tenant, endpoint, 1).await["response_body"],
            "status 500"
        );
        answer_with(path, 200);
        hurry(tenant).await;
        wait_until("it was delivered in the end", || async {
            tried(tenant, endpoint, 2).await["status"] == "delivered"
        })
        .await;
        assert_eq!(ids(&received(path)).len(), 1, "always the same event");
        let attempts = tried(tenant, endpoint, 2).await["attempts"].clone();
        assert_eq!(json!(received(path).len()), attempts);
    });
}

#[test]
fn after_the_last_try_an_event_is_listed_as_failed_and_can_be_sent_again() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let path = path("ok");
        answer_with(&path, 503);
        let endpoint = listen(&tenant.api, &path, json!([])).await.text("/id");
        tenant.member().await;
        receiver::deliver(node().cluster);
        let first = tried(&tenant, &endpoint, 1).await;
        let owner = node().cluster.owner().await;
        let late = "update webhook_deliveries set attempts = 10 where tenant_id = $1";
        owner.execute(late, &[&tenant.number]).await.unwrap();
        hurry(&tenant).await;
        assert_eq!(tried(&tenant, &endpoint, 11).await["status"], "failed");
        let failed = format!("/v1/webhook-endpoints/{endpoint}/deliveries?status=failed");
        let listed = tenant.api.get(&failed).await.expect(200).json;
        assert_eq!(listed["data"][0]["event_id"], first["event_id"]);
        answer_with(&path, 200);
        hurry(&tenant).await;
        let event = first["event_id"].as_str().unwrap();
        let again = format!("/v1/events/{event}/redeliver");
        let again = tenant.api.post(&again, &json!({})).await.expect(200).json;
        assert_eq!(again["endpoints"], 1);
        wait_until("it arrived", || async {
            tried(&tenant, &endpoint, 1).await["status"] == "delivered"
        })
        .await;
    });
}

#[test]
fn an_endpoint_that_fails_for_five_days_is_switched_off_and_can_be_switched_on() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let (path, gone) = (path("ok"), path("ok"));
        answer_with(&path, 500);
        answer_with(&gone, 410);
        let endpoint = listen(&tenant.api, &path, json!([])).await.text("/id");
        let gone = listen(&tenant.api, &gone, json!([])).await.text("/id");
        let at = |endpoint: &str| format!("/v1/webhook-endpoints/{endpoint}");
        tenant.member().await;
        receiver::deliver(node().cluster);
        tried(&tenant, &endpoint, 1).await;
        assert_eq!(
            tenant.api.get(&at(&endpoint)).await.json["is_enabled"],
            true
        );
        let owner = node().cluster.owner().await;
        let long = "update webhook_endpoints set failing_since = now() - interval '121 hours' where tenant_id = $1";
        owner.execute(long, &[&tenant.number]).await.unwrap();
        hurry(&tenant).await;
        tried(&tenant, &endpoint, 2).await;
        for (endpoint, reason) in [(&endpoint, "failing"), (&gone, "gone")] {
            let shown = tenant.api.get(&at(endpoint)).await.expect(200).json;
            assert_eq!(shown["is_enabled"], false, "{shown}");
            assert_eq!(shown["disabled_reason"], reason, "{shown}");
        }
        let log = "/v1/audit-log?action=webhook_endpoint.disabled";
        let log = tenant.api.get(log).await.expect(200).json;
        assert_eq!(log["data"].as_array().unwrap().len(), 2);
        assert_eq!(log["data"][0]["actor"], "system");
        // Nobody listens any more, so nothing is written.
        tenant.member().await;
        let events = tenant.api.get("/v1/events").await.expect(200).json;
        assert_eq!(events["data"].as_array().unwrap().len(), 1);
        answer_with(&path, 200);
        let enable = format!("{}/enable", at(&endpoint));
        let enabled = tenant.api.post(&enable, &json!({})).await.expect(200).json;
        assert_eq!(enabled["is_enabled"], true);
        hurry(&tenant).await;
        wait_until("what waited arrived", || async {
            tried(&tenant, &endpoint, 3).await["status"] == "delivered"
        })
        .await;
        tenant.member().await;
        arrive(&path, 2).await;
    });
}

#[test]
fn a_worker_that_is_killed_between_commit_and_delivery_loses_nothing() {
    block_on(async {
        // In a database of its own: a worker takes whatever is due, and what this one has when it is killed is nobody's
        // for a minute, which the tests beside it would have to wait.
        let cluster = node().cluster.beside("tamaru_it_killed_worker").await;
        let node = Node::start(Box::leak(Box::new(cluster))).await;
        let tenant = TestTenant::on(&node, Spec::default()).await;
        let owner = node.cluster.owner().await;
        let path = path("slow");
        listen(&tenant.api, &path, json!([])).await;
        let mut worker = Command::new(crate::harness::process::program())
            .arg("work")
            .env("DATABASE_URL", &node.cluster.service_url)
            .env("TAMARU_MASTER_KEY", MASTER_KEY)
            .env("TAMARU_WEBHOOK_ALLOW", receiver::allowed())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        fabricate(&owner, &tenant, 500).await;
        wait_until("something has arrived", || async {
            received(&path).len() > 20
        })
        .await;
        worker.kill().unwrap();
        worker.wait().unwrap();
        // Its lease would be over in a minute.
        hurry_by(&owner, &tenant).await;
        let other = tokio::spawn(receiver::deliverer(node.cluster).run());
        wait_until("all of them have arrived", || async {
            ids(&received(&path)).len() >= 500
        })
        .await;
        assert_eq!(ids(&received(&path)).len(), 500);
        other.abort();
        node.server.stop().await;
    });
}
