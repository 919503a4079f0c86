//! How fast a tenant and a key may call, at one node and at several together.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::call::Api;
use crate::harness::tenant::unique;
use crate::harness::{Answer, Node, TestTenant, block_on, node};

/// A tenant that may send so many requests per second, as every node knows by now.
async fn limited(limit: u32) -> TestTenant {
    let tenant = TestTenant::new().await;
    let path = format!("/v1/tenants/{}", tenant.id);
    let operator = node().operator();
    let present = operator.get(&path).await.expect(200);
    let change = json!({"limits": {"requests_per_second": limit}});
    let change = operator.request(Method::PATCH, &path).json(&change);
    let change = change.header("If-Match", present.header("etag"));
    operator.send(change).await.expect(200);
    tokio::time::sleep(Duration::from_secs(2)).await;
    tenant
}

/// Sends reads as fast as eight callers can, for a while; how many were let through.
async fn flood(apis: &[Api], during: Duration) -> usize {
    let started = Instant::now();
    let caller = async |index: usize| {
        let api = &apis[index % apis.len()];
        let mut let_through = 0;
        while started.elapsed() < during {
            let answer = api.get("/v1/tenant").await;
            match (answer.status, answer.code()) {
                (200, _) => let_through += 1,
                (429, "rate_limited") => tokio::time::sleep(Duration::from_millis(2)).await,
                _ => panic!("{answer}"),
            }
        }
        let_through
    };
    join_all((0..8).map(caller)).await.into_iter().sum()
}

#[track_caller]
fn is_within(found: usize, least: usize, most: usize) {
    assert!(
        (least..=most).contains(&found),
        "{found} requests came through"
    );
}

#[test]
fn two_nodes_keep_the_limit_together() {
    block_on(async {
        let tenant = limited(50).await;
        let second = Node::start(node().cluster).await;
        let apis = [tenant.api.clone(), tenant.api.at(&second.base)];
        apis[1].get("/v1/stores").await.expect(200);
        // A second's worth may come at once, then fifty a second: 250 in four seconds.
        is_within(flood(&apis, Duration::from_secs(4)).await, 225, 275);
        // One of them alone gets as much as both together.
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        is_within(flood(&apis[..1], Duration::from_secs(2)).await, 135, 165);
        second.server.stop().await;
    });
}

#[test]
fn without_redis_every_node_has_a_bucket_of_its_own() {
    block_on(async {
        let tenant = limited(50).await;
        let mut config = node().cluster.config();
        config.redis_url = Some("redis://127.0.0.1:1".into());
        let alone = Node::with(node().cluster, config).await;
        let api = tenant.api.at(&alone.base);
        // A tenth at once at first, then fifty a second; a busy machine may not get there.
        is_within(flood(&[api], Duration::from_secs(2)).await, 7, 115);
        alone.server.stop().await;
    });
}

fn limits_of(answer: &Answer) -> (String, String) {
    let text = |name| answer.header(name).to_owned();
    (text("ratelimit-policy"), text("ratelimit"))
}

#[test]
fn every_answer_to_a_limited_caller_says_what_is_left() {
    block_on(async {
        let tenant = limited(20).await;
        let reader = tenant.restricted(&["members:read"], json!({"requests_per_second": 10}));
        let reader = reader.await;
        let found = reader
            .get("/v1/members/mem_00000000000000000000000000")
            .await
            .expect(404);
        let (policy, limit) = limits_of(&found);
        assert_eq!(policy, "\"key\";q=10;w=1, \"reads\";q=20;w=1");
        assert!(
            limit.starts_with("\"key\";r=") && limit.contains("\"reads\";r="),
            "{limit}"
        );
        assert!(limit.contains(";t="), "{limit}");
        for (answer, status, class) in [
            (tenant.api.get("/v1/stores").await, 200, "reads"),
            (reader.get("/v1/api-keys").await, 403, "reads"),
            (
                tenant.api.post("/v1/stores", &json!({})).await,
                422,
                "configuration",
            ),
            (
                tenant.api.post("/v1/purchases", &json!({})).await,
                400,
                "writes",
            ),
            (
                tenant.api.post("/v1/quotes", &json!({})).await,
                422,
                "reads",
            ),
        ] {
            let answer = answer.expect(status);
            let policy = limits_of(&answer).0;
            assert!(
                policy.contains(&format!("\"{class}\";q=20;w=1")),
                "{policy}: {answer}"
            );
        }
        let mut refused = None;
        for _ in 0..40 {
            let answer = reader.get("/v1/stores").await;
            if answer.status == 429 {
                refused = Some(answer);
                break;
            }
        }
        let refused = refused.expect("forty at once are too many for ten a second");
        assert_eq!(limits_of(&refused).0, "\"key\";q=10;w=1");
        assert!(!refused.header("retry-after").is_empty());
        // Who has no limit is told none.
        let operators = node()
            .operator()
            .get("/v1/tenants?limit=1")
            .await
            .expect(200);
        assert_eq!(limits_of(&operators), (String::new(), String::new()));
    });
}

#[test]
fn an_export_keeps_no_till_waiting() {
    block_on(async {
        let tenant = limited(10).await;
        let member = tenant.member().await;
        let export = flood(std::slice::from_ref(&tenant.api), Duration::from_secs(2));
        let till = async {
            let mut answers: Vec<(u16, Value)> = Vec::new();
            for number in 0..8 {
                tokio::time::sleep(Duration::from_millis(200)).await;
                let receipt = tenant.receipt(&member, &number.to_string(), 100);
                let answer = tenant.api.keyed("/v1/purchases", &unique(), &receipt).await;
                answers.push((answer.status, answer.json));
            }
            answers
        };
        let (read, recorded) = tokio::join!(export, till);
        is_within(read, 20, 35);
        assert!(
            recorded.iter().all(|(status, _)| *status == 201),
            "{recorded:?}"
        );
    });
}

#[test]
fn a_limit_of_the_operator_holds_for_the_sandbox_too() {
    block_on(async {
        let tenant = limited(70).await;
        for api in [&tenant.api, &tenant.sandbox] {
            let answer = api.get("/v1/tenant").await.expect(200);
            assert_eq!(answer.json["limits"]["requests_per_second"], 70);
            let policy = answer.header("ratelimit-policy");
            assert_eq!(policy, "\"reads\";q=70;w=1");
        }
    });
}

#[test]
fn whoever_has_a_limit_is_told_of_it_whatever_the_answer() {
    block_on(async {
        let tenant = limited(70).await;
        let key = tenant.key(&["members:read"]).await;
        for (path, status) in [
            ("/v1/members/x", 404),
            ("/v1/members?zzz=1", 400),
            ("/v1/api-keys", 403),
            ("/v1/nowhere", 404),
            ("/%76%31/tenant", 200),
        ] {
            let answer = key.get(path).await.expect(status);
            assert_eq!(
                answer.header("ratelimit-policy"),
                "\"reads\";q=70;w=1",
                "{path}"
            );
            assert!(
                answer.header("ratelimit").starts_with("\"reads\";r="),
                "{path}"
            );
        }
        let question = key.request(Method::POST, "/v1/%71uotes").json(&json!({}));
        let answer = key.send(question).await.expect(403);
        assert_eq!(answer.header("ratelimit-policy"), "\"reads\";q=70;w=1");
    });
}
