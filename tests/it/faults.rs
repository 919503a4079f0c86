//! One short kill of each kind under load, on a cluster of its own with the real program: nothing
//! that was acknowledged is lost, nothing is doubled, and Redis is never a reason for an error.

mod load;

use std::time::{Duration, Instant};

use api::services::Kind;
use api::verify::{is_clean, verify};

use crate::books::count;
use crate::harness::block_on;
use crate::harness::cluster::Cluster;
use crate::harness::node::Node;
use crate::harness::process::ServerProcess;
use crate::harness::tenant::{Spec, TestTenant};
use load::{Attempt, Load};

const CLIENTS: usize = 12;
/// Attempts that say something.
const ENOUGH: usize = 20;
const MEMBERS: usize = 8;
/// No request may hang for longer, whatever is broken: the server's own deadline is 4 seconds, the rest is a busy machine.
const LONGEST_ANSWER: Duration = Duration::from_millis(5_500);
/// Redis costs at most a time-out a call; the rest is a busy machine and a program without optimisation.
const LONGEST_WITHOUT_REDIS: Duration = Duration::from_secs(2);

/// A tenant with members, made on a node that is gone before the first fault.
async fn tenant(cluster: &'static Cluster, server: &ServerProcess) -> (TestTenant, Vec<String>) {
    let node = Node::start(cluster).await;
    let mut tenant = TestTenant::on(&node, Spec::default()).await;
    node.server.stop().await;
    tenant.api = tenant.api.at(&server.base);
    let mut members = Vec::new();
    for _ in 0..MEMBERS {
        members.push(tenant.member().await);
    }
    (tenant, members)
}

fn pause(seconds: f32) {
    std::thread::sleep(Duration::from_secs_f32(seconds));
}

/// Nothing but answers of the till's own making, and soon.
fn nothing_happened(attempts: &[Attempt], what: &str) {
    assert!(
        attempts.len() >= ENOUGH,
        "{what}: {} attempts are too few",
        attempts.len()
    );
    for attempt in attempts {
        assert!(
            matches!(attempt.status, Some(200 | 201 | 409)),
            "{what}: {attempt:?}"
        );
        assert!(attempt.took < LONGEST_WITHOUT_REDIS, "{what}: {attempt:?}");
    }
}

/// Every request ended in time, and none as if the program had failed.
fn ended_in_time(attempts: &[Attempt], what: &str) {
    for attempt in attempts {
        assert!(attempt.took < LONGEST_ANSWER, "{what}: {attempt:?}");
        assert!(attempt.status != Some(500), "{what}: {attempt:?}");
    }
}

/// The same, and something succeeded soon after `back`.
fn came_back(attempts: &[Attempt], back: Instant, within: Duration, what: &str) {
    ended_in_time(attempts, what);
    let first = attempts
        .iter()
        .find(|attempt| attempt.ended > back && attempt.status == Some(201));
    let first = first.map(|attempt| attempt.ended.duration_since(back));
    assert!(
        first.is_some_and(|after| after < within),
        "{what}: first success after {first:?}"
    );
}

#[test]
fn kills_under_load_lose_nothing_and_double_nothing() {
    let cluster: &'static Cluster = Box::leak(Box::new(Cluster::own()));
    let mut server = block_on(ServerProcess::start(cluster));
    let (tenant, members) = block_on(tenant(cluster, &server));
    let load = Load::start(&tenant, members, CLIENTS);
    nothing_happened(&load.attempts_of(1.0, ENOUGH), "before anything");

    cluster.services.kill_redis().unwrap();
    nothing_happened(&load.attempts_of(1.5, ENOUGH), "without redis");
    cluster.services.restart_redis().unwrap();
    pause(0.5);
    cluster.services.pause(Kind::Redis).unwrap();
    pause(1.5);
    cluster.services.resume(Kind::Redis).unwrap();
    nothing_happened(&load.attempts_of(0.5, ENOUGH), "with a redis that hangs");

    let port = server.port();
    server.kill();
    server = block_on(ServerProcess::start_at(cluster, port));
    let back = Instant::now();
    pause(1.0);
    came_back(
        &load.take_attempts(),
        back,
        Duration::from_secs(1),
        "after a kill of the server",
    );

    cluster.services.kill_postgres().unwrap();
    pause(3.0);
    let during = load.take_attempts();
    assert!(
        during
            .iter()
            .any(|attempt| matches!(attempt.status, Some(503 | 504))),
        "{during:?}"
    );
    cluster.services.restart_postgres().unwrap();
    let back = Instant::now();
    pause(3.0);
    ended_in_time(&during, "without postgres");
    came_back(
        &load.take_attempts(),
        back,
        Duration::from_secs(2),
        "after a kill of postgres",
    );

    block_on(check(cluster, &tenant, load));
    drop(server);
}

#[test]
fn a_postgres_that_hangs_is_answered_in_time() {
    let cluster: &'static Cluster = Box::leak(Box::new(Cluster::own()));
    let server = block_on(ServerProcess::start(cluster));
    let (tenant, members) = block_on(tenant(cluster, &server));
    let load = Load::start(&tenant, members, CLIENTS);
    pause(1.0);
    cluster.services.pause(Kind::Postgres).unwrap();
    pause(6.0);
    cluster.services.resume(Kind::Postgres).unwrap();
    let back = Instant::now();
    pause(3.0);
    came_back(
        &load.take_attempts(),
        back,
        Duration::from_secs(3),
        "after postgres hung",
    );
    block_on(check(cluster, &tenant, load));
    drop(server);
}

/// What the clients were told is what the ledger holds.
async fn check(cluster: &Cluster, tenant: &TestTenant, load: Load) {
    let told = load.finish().await;
    let owner = cluster.owner().await;
    let succeeded = |path: &str| {
        let told = told
            .iter()
            .filter(|told| told.path == path && told.answer.status == 201);
        i64::try_from(told.count()).unwrap()
    };
    let purchases = succeeded("/v1/purchases");
    assert!(
        purchases > 50,
        "{purchases} purchases are too few to prove anything"
    );
    assert_eq!(
        count(&owner, "purchases where true", tenant.number).await,
        purchases
    );
    let redemptions = succeeded("/v1/redemptions");
    assert_eq!(
        count(&owner, "redemptions where true", tenant.number).await,
        redemptions
    );
    for told in &told {
        let again = tenant.api.keyed(told.path, &told.key, &told.body).await;
        assert_eq!(again.status, told.answer.status, "{again}");
        assert_eq!(again.without_request_id(), told.answer.without_request_id());
    }
    let findings = verify(&cluster.administrator_url.clone().into())
        .await
        .unwrap();
    assert!(is_clean(&findings), "{findings:#?}");
}
