//! The program over HTTP: draft, publication, versions, and which version judges a receipt.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::tenant::{Spec, plain_program};
use crate::harness::{Answer, TestTenant, block_on};

mod versions;

async fn bare() -> TestTenant {
    TestTenant::with(Spec {
        program: None,
        ..Spec::default()
    })
    .await
}

/// Points per 100.
fn worth(points: i64) -> Value {
    let mut program = plain_program();
    program["earn_rules"][0]["award"]["points"] = json!(points);
    program
}

async fn put(tenant: &TestTenant, tag: Option<&str>, program: &Value) -> Answer {
    let request = tenant
        .api
        .request(Method::PUT, "/v1/program/draft")
        .json(program);
    let request = match tag {
        Some(tag) => request.header("If-Match", tag),
        None => request,
    };
    tenant.api.send(request).await
}

#[test]
fn a_draft_is_changed_only_by_those_who_read_it() {
    block_on(async {
        let tenant = bare().await;
        let empty = tenant.api.get("/v1/program/draft").await.expect(200);
        assert!(!empty.header("etag").is_empty());
        let saved = put(&tenant, None, &worth(1)).await.expect(200);
        let stale = saved.header("etag").to_owned();
        let missing = put(&tenant, None, &worth(2)).await;
        assert_eq!(
            (missing.status, missing.code()),
            (428, "precondition_required"),
            "{missing}"
        );
        put(&tenant, Some(&stale), &worth(2)).await.expect(200);
        let conflict = put(&tenant, Some(&stale), &worth(3)).await;
        assert_eq!(
            (conflict.status, conflict.code()),
            (412, "version_conflict"),
            "{conflict}"
        );
        let malformed = put(&tenant, Some("not-a-tag"), &worth(3)).await;
        assert!([400, 412].contains(&malformed.status), "{malformed}");
        let read = tenant.api.get("/v1/program/draft").await.expect(200);
        assert!(read.to_string().contains("\"points\":2"), "{read}");
    });
}

#[test]
fn a_refused_write_lets_go_of_what_it_locked() {
    block_on(async {
        let tenant = bare().await;
        let saved = put(&tenant, None, &worth(1)).await.expect(200);
        let tag = saved.header("etag").to_owned();
        // Several connections lie idle, so that the next write gets another one than the refused.
        let reads = (0..8).map(|_| tenant.api.get("/v1/program/draft"));
        futures_util::future::join_all(reads).await;
        for _ in 0..8 {
            let refused = put(&tenant, Some("\"0\""), &worth(2)).await;
            assert_eq!(refused.status, 412, "{refused}");
        }
        put(&tenant, Some(&tag), &worth(3)).await.expect(200);
    });
}

#[test]
fn nothing_is_in_force_before_it_is_published() {
    block_on(async {
        let tenant = bare().await;
        tenant.api.get("/v1/program").await.expect(404);
        let early = tenant.api.post("/v1/program/publish", &json!({})).await;
        assert_eq!(
            (early.status, early.code()),
            (409, "invalid_state"),
            "{early}"
        );
        let member = tenant.member().await;
        let refused = tenant.buy(&tenant.receipt(&member, "1", 100)).await;
        assert_eq!(
            (refused.status, refused.code()),
            (422, "no_program"),
            "{refused}"
        );
        let published = tenant
            .publish(&worth(1), Some("2020-01-01T00:00:00Z"))
            .await
            .expect(201);
        assert_eq!(published.json["version"], 1);
        assert_eq!(
            tenant.api.get("/v1/program").await.expect(200).json["version"],
            1
        );
        tenant
            .buy(&tenant.receipt(&member, "1", 100))
            .await
            .expect(201);
    });
}

#[test]
fn a_receipt_is_judged_by_the_version_of_its_moment() {
    block_on(async {
        let tenant = bare().await;
        tenant
            .publish(&worth(1), Some("2020-01-01T00:00:00Z"))
            .await
            .expect(201);
        tenant
            .publish(&worth(2), Some("2026-11-20T03:00:00Z"))
            .await
            .expect(201);
        tenant
            .publish(&worth(3), Some("2199-01-01T00:00:00Z"))
            .await
            .expect(201);
        let member = tenant.member().await;
        for (at, version, points) in [
            ("2026-11-20T02:59:59Z", 1, 10),
            ("2026-11-20T03:00:00Z", 2, 20),
            ("2020-01-01T00:00:00Z", 1, 10),
        ] {
            let mut receipt = tenant.receipt(&member, at, 1_000);
            receipt["occurred_at"] = json!(at);
            let bought = tenant.buy(&receipt).await.expect(201);
            assert_eq!(bought.json["program_version"], version, "{at}");
            assert_eq!(bought.json["earned"][0]["points"], points, "{at}");
        }
        assert_eq!(
            tenant.api.get("/v1/program").await.expect(200).json["version"],
            2
        );
        let versions = tenant.api.get("/v1/program/versions").await.expect(200);
        assert_eq!(versions.json["data"].as_array().unwrap().len(), 3);
        let first = tenant.api.get("/v1/program/versions/1").await.expect(200);
        assert_eq!(first.json["document"], worth(1), "{first}");
    });
}

#[test]
fn what_is_recorded_is_never_judged_anew() {
    block_on(async {
        let tenant = bare().await;
        tenant
            .publish(&worth(1), Some("2020-01-01T00:00:00Z"))
            .await
            .expect(201);
        let member = tenant.member().await;
        tenant
            .buy(&tenant.receipt(&member, "1", 100))
            .await
            .expect(201);
        let refused = tenant
            .publish(&worth(2), Some("2026-11-21T03:00:00Z"))
            .await;
        assert_eq!(refused.status, 422, "{refused}");
        assert_eq!(refused.faults()[0].0, "/effective_from");
        // One microsecond after the last receipt is free.
        tenant
            .publish(&worth(2), Some("2026-11-21T03:00:00.000001Z"))
            .await
            .expect(201);
    });
}

#[test]
fn a_new_version_counts_at_once_on_every_node() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let second = crate::harness::Node::start(crate::harness::node().cluster).await;
        let other = tenant.api.at(&second.base);
        let member = tenant.member().await;
        for (round, points) in [5, 7, 9].into_iter().enumerate() {
            tenant.publish(&worth(points), None).await.expect(201);
            let mut receipt = tenant.receipt(&member, &format!("{round}"), 100);
            receipt["occurred_at"] = json!(api::clock::now().to_string());
            let quote = other.post("/v1/quotes", &receipt).await.expect(200);
            assert_eq!(quote.json["earned"][0]["points"], points, "{quote}");
        }
        second.server.stop().await;
    });
}
