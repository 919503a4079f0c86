//! Many callers at once, on one node and on two: points are spent once, keys take effect once, and
//! no caller ever sees a deadlock.

use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::books::{self, at_once, count, until_known};
use crate::harness::call::{Answer, Api};
use crate::harness::node::Node;
use crate::harness::tenant::unique;
use crate::harness::{TestTenant, block_on, node, runtime, sql};

/// A second node on the shared cluster.
pub(crate) fn second() -> &'static Node {
    static SECOND: OnceLock<Node> = OnceLock::new();
    // The shared node first: both must not wait for each other.
    let cluster = node().cluster;
    SECOND.get_or_init(|| {
        let start = move || runtime().block_on(Node::start(cluster));
        std::thread::spawn(start).join().unwrap()
    })
}

fn redemption(member: &str, points: i64) -> Value {
    json!({"member": {"id": member}, "wallet": "points", "points": points, "mode": "capture"})
}

fn statuses(answers: &[Answer], status: u16) -> usize {
    answers
        .iter()
        .filter(|answer| answer.status == status)
        .count()
}

#[test]
fn of_a_thousand_parallel_redemptions_exactly_as_many_succeed_as_there_are_points() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        tenant.grant(&member, 100).await;
        let apis = [tenant.api.clone(), tenant.api.at(&second().base)];
        // Both nodes know the key before the rush.
        for api in &apis {
            api.keyed("/v1/redemptions", &unique(), &redemption(&member, 101))
                .await
                .expect(409);
        }
        let calls: Vec<_> = (0..1_000)
            .map(|number| {
                let (api, body) = (apis[number % 2].clone(), redemption(&member, 1));
                tokio::spawn(
                    async move { until_known(&api, "/v1/redemptions", &unique(), &body).await },
                )
            })
            .collect();
        let mut answers = Vec::new();
        for call in calls {
            answers.push(call.await.unwrap());
        }
        assert_eq!(statuses(&answers, 201), 100);
        assert_eq!(statuses(&answers, 409), 900);
        let refused = answers.iter().filter(|answer| answer.status == 409);
        assert!(
            refused
                .clone()
                .all(|answer| answer.code() == "insufficient_points")
        );
        let mut versions: Vec<i64> = answers
            .iter()
            .filter_map(|answer| answer.json["version"].as_i64())
            .collect();
        versions.sort_unstable();
        assert_eq!(versions, (2..102).collect::<Vec<i64>>());
        let owner = node().cluster.owner().await;
        assert_eq!(
            count(&owner, "wallets where available = 0", tenant.number).await,
            1
        );
        assert_eq!(
            count(&owner, "redemptions where true", tenant.number).await,
            100
        );
        books::hold(node().cluster, tenant.number).await;
    });
}

#[test]
fn the_same_key_a_hundred_times_at_once_takes_effect_once() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        let apis = [tenant.api.clone(), tenant.api.at(&second().base)];
        let (key, receipt) = (unique(), tenant.receipt(&member, "1", 5_000));
        let calls = (0..100).map(|number| (apis[number % 2].clone(), key.clone(), receipt.clone()));
        let answers = at_once("/v1/purchases", calls).await;
        for answer in &answers {
            assert_eq!(answer.status, 201, "{answer}");
            assert_eq!(answer.body, answers[0].body);
        }
        let firsts = answers
            .iter()
            .filter(|answer| answer.header("Idempotent-Replayed").is_empty());
        assert_eq!(firsts.count(), 1);
        let owner = node().cluster.owner().await;
        assert_eq!(
            count(&owner, "purchases where true", tenant.number).await,
            1
        );
        assert_eq!(
            count(&owner, "wallets where available = 50", tenant.number).await,
            1
        );
        books::hold(node().cluster, tenant.number).await;
    });
}

#[test]
fn the_same_receipt_under_a_hundred_keys_is_recorded_once() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        let apis = [tenant.api.clone(), tenant.api.at(&second().base)];
        let receipt = tenant.receipt(&member, "1", 5_000);
        let calls = (0..100).map(|number| (apis[number % 2].clone(), unique(), receipt.clone()));
        let answers = at_once("/v1/purchases", calls).await;
        assert_eq!(statuses(&answers, 201), 1);
        assert_eq!(statuses(&answers, 200), 99);
        for answer in &answers {
            assert_eq!(answer.body, answers[0].body);
            let replayed = if answer.status == 201 { "" } else { "true" };
            assert_eq!(answer.header("Idempotent-Replayed"), replayed);
        }
        let other = tenant.receipt(&member, "1", 5_001);
        let answer = tenant.api.keyed("/v1/purchases", &unique(), &other).await;
        assert_eq!(answer.expect(409).code(), "receipt_number_used");
        books::hold(node().cluster, tenant.number).await;
    });
}

/// Without a member there is no lock that lets one node go first: both write, and the unique key decides.
#[test]
fn two_nodes_that_meet_at_one_key_apply_it_once() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let apis = [tenant.api.clone(), tenant.api.at(&second().base)];
        let mut receipt = tenant.receipt("", "1", 5_000);
        receipt.as_object_mut().unwrap().remove("member");
        for round in 0..40 {
            receipt["receipt_number"] = json!(format!("meet-{round}"));
            let key = unique();
            let calls =
                (0..8).map(|number| (apis[number % 2].clone(), key.clone(), receipt.clone()));
            let answers = at_once("/v1/purchases", calls).await;
            for answer in &answers {
                assert_eq!(answer.status, 201, "round {round}: {answer}");
                assert_eq!(answer.body, answers[0].body);
            }
        }
        let owner = node().cluster.owner().await;
        assert_eq!(
            count(&owner, "purchases where true", tenant.number).await,
            40
        );
    });
}

#[test]
fn members_in_opposite_order_on_two_nodes_never_deadlock() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let mut members = Vec::new();
        for _ in 0..20 {
            members.push(tenant.member().await);
        }
        let calls = |api: &Api, members: Vec<&String>| {
            let receipts = members
                .into_iter()
                .map(|member| tenant.receipt(member, &unique(), 100));
            let calls = receipts.map(|receipt| (api.clone(), unique(), receipt));
            calls.collect::<Vec<_>>()
        };
        let owner = node().cluster.owner().await;
        let deadlocks = "select deadlocks from pg_stat_database where datname = current_database() and $1::bigint = $1";
        let before: i64 = sql::one(&owner, deadlocks, tenant.number).await;
        for _ in 0..10 {
            let forwards = calls(&tenant.api, members.iter().collect());
            let backwards = calls(
                &tenant.api.at(&second().base),
                members.iter().rev().collect(),
            );
            let (forwards, backwards) = tokio::join!(
                at_once("/v1/purchases", forwards),
                at_once("/v1/purchases", backwards)
            );
            for answer in forwards.iter().chain(&backwards) {
                assert_eq!(answer.status, 201, "{answer}");
            }
        }
        let after: i64 = sql::one(&owner, deadlocks, tenant.number).await;
        assert_eq!(before, after);
        assert_eq!(
            count(&owner, "member_ledgers where version = 20", tenant.number).await,
            20
        );
        books::hold(node().cluster, tenant.number).await;
    });
}
