//! Points are spent once, whichever of two server processes behind one PostgreSQL and one Redis is asked.
//!
//! `TAMARU_ROUNDS=50` makes more rounds of it.

use serde_json::json;

use crate::books::{self, until_known};
use crate::harness::call::{Answer, Api};
use crate::harness::process::ServerProcess;
use crate::harness::tenant::unique;
use crate::harness::{TestTenant, block_on, node};

const ROUNDS: u64 = 2;
/// Points of a member, and how many want one of them.
const POINTS: i64 = 100;
const SPENDS: usize = 1_000;

fn with_status(answers: &[Answer], status: u16) -> usize {
    let of_status = answers.iter().filter(|answer| answer.status == status);
    of_status.count()
}

/// A thousand want one of a hundred points each, half of them from either process.
async fn spend(tenant: &TestTenant, apis: &[Api; 2], round: u64) {
    let member = tenant.member().await;
    tenant.grant(&member, POINTS).await;
    let one = json!({"member": {"id": member}, "wallet": "points", "points": 1, "mode": "capture"});
    let calls = (0..SPENDS).map(|number| {
        let (api, one) = (apis[number % 2].clone(), one.clone());
        tokio::spawn(async move { until_known(&api, "/v1/redemptions", &unique(), &one).await })
    });
    let calls: Vec<_> = calls.collect();
    let mut answers = Vec::new();
    for call in calls {
        answers.push(call.await.unwrap());
    }
    let counts = [201, 409].map(|status| with_status(&answers, status));
    assert_eq!(counts, [100, SPENDS - 100], "round {round}");
    let refused = answers.iter().filter(|answer| answer.status == 409);
    for answer in refused {
        assert_eq!(answer.code(), "insufficient_points", "round {round}");
    }
    let mut left: Vec<i64> = answers
        .iter()
        .filter_map(|answer| answer.json["balances"][0]["available"].as_i64())
        .collect();
    left.sort_unstable();
    assert_eq!(left, (0..POINTS).collect::<Vec<_>>(), "round {round}");
    for api in apis {
        let path = format!("/v1/members/{member}/balances?min_version=101");
        let read = api.get(&path).await.expect(200).json;
        let told = (&read["version"], &read["wallets"][0]["available"]);
        assert_eq!(told, (&json!(101), &json!(0)), "round {round}");
    }
}

/// Two transfers of everything, one from either process; one goes through.
async fn pass(tenant: &TestTenant, apis: &[Api; 2], round: u64) {
    let from = tenant.member().await;
    tenant.grant(&from, POINTS).await;
    let mut calls = Vec::new();
    for api in apis {
        let (api, to) = (api.clone(), tenant.member().await);
        let body =
            json!({"from": {"id": from}, "to": {"id": to}, "wallet": "points", "points": POINTS});
        calls.push(tokio::spawn(async move {
            until_known(&api, "/v1/transfers", &unique(), &body).await
        }));
    }
    let mut answers = Vec::new();
    for call in calls {
        answers.push(call.await.unwrap());
    }
    let counts = [201, 409].map(|status| with_status(&answers, status));
    assert_eq!(counts, [1, 1], "round {round}");
}

#[test]
fn two_processes_spend_no_point_twice() {
    block_on(async {
        let given = std::env::var("TAMARU_ROUNDS").ok();
        let rounds = given.map_or(ROUNDS, |text| text.parse().unwrap());
        let tenant = TestTenant::new().await;
        let cluster = node().cluster;
        let processes = [
            ServerProcess::start(cluster).await,
            ServerProcess::start(cluster).await,
        ];
        let apis = processes
            .each_ref()
            .map(|process| tenant.api.at(&process.base));
        for round in 1..=rounds {
            spend(&tenant, &apis, round).await;
            pass(&tenant, &apis, round).await;
        }
        books::hold(cluster, tenant.number).await;
    });
}
