//! What must hold of every tenant's books whatever happened, and how a batch is made to be one.

use std::sync::Arc;

use api::verify::verify;
use domain::id::MemberId;
use serde_json::Value;
use tokio_postgres::Client;

use crate::harness::call::{Answer, Api};
use crate::harness::cluster::Cluster;
use crate::harness::tenant::unique;
use crate::harness::{TestTenant, node, sql};

/// Fails unless every invariant holds for the tenant.
pub(crate) async fn hold(cluster: &Cluster, tenant: i64) {
    hold_all(cluster, &[tenant]).await;
}

/// The same for some tenants, in one look.
pub(crate) async fn hold_all(cluster: &Cluster, tenants: &[i64]) {
    let findings = verify(&cluster.administrator_url.clone().into()).await;
    for finding in findings.unwrap() {
        let mine = finding
            .examples
            .iter()
            .find(|(number, _)| tenants.contains(number));
        assert_eq!(mine, None, "{}: {}", finding.invariant, finding.promise);
    }
}

/// The number that a query on one tenant counts.
pub(crate) async fn count(owner: &Client, what: &str, tenant: i64) -> i64 {
    let query = format!("select count(*) from {what} and tenant_id = $1");
    sql::one(owner, &query, tenant).await
}

/// Holds up all writes of a tenant on one node, so that whatever is sent meanwhile goes in one batch.
pub(crate) struct HeldUp {
    lock: Client,
    plug: tokio::task::JoinHandle<Answer>,
}

impl HeldUp {
    /// Sends a receipt of a member who is locked.
    pub(crate) async fn start(cluster: &Cluster, tenant: &TestTenant) -> Self {
        let lock = cluster.owner().await;
        let member = tenant.member_by(&lock).await;
        let id = member.parse::<MemberId>().unwrap().uuid();
        let statement = format!(
            "begin; select 1 from member_ledgers where tenant_id = {} and member_id = '{id}' for update",
            tenant.number
        );
        lock.batch_execute(&statement).await.unwrap();
        let receipt = tenant.receipt(&member, &unique(), 100);
        let api = tenant.api.clone();
        let plug =
            tokio::spawn(async move { api.keyed("/v1/purchases", &unique(), &receipt).await });
        wait_until_somebody_waits_for(&lock).await;
        Self { lock, plug }
    }

    /// Lets the writes go.
    pub(crate) async fn release(self) {
        self.lock.batch_execute("rollback").await.unwrap();
        self.plug.await.unwrap().expect(201);
    }
}

/// Polls until some transaction waits for a lock that `holder` holds.
pub(crate) async fn wait_until_somebody_waits_for(holder: &Client) {
    // Not `pg_stat_activity`, which is read once per transaction.
    let query = "select count(*) from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid))";
    wait_until("somebody waits for the lock", || async {
        let row = holder.query_one(query, &[]).await.unwrap();
        row.get::<_, i64>(0) > 0
    })
    .await;
}

/// Polls until it is so; fails the test after ten seconds.
pub(crate) async fn wait_until<F: Future<Output = bool>>(what: &str, is_so: impl Fn() -> F) {
    for _ in 0..500 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("not after ten seconds: {what}");
}

/// Waits until nobody is at a job of the tenant: workers of other tests look after every tenant.
pub(crate) async fn wait_until_nobody_works(tenant: i64) {
    let owner = node().cluster.owner().await;
    wait_until("nobody is at a job of the tenant", || async {
        count(&owner, "job_runs where finished_at is null", tenant).await == 0
    })
    .await;
}

/// Sends all of them at once.
pub(crate) async fn at_once(
    path: &'static str,
    calls: impl IntoIterator<Item = (Api, String, Value)>,
) -> Vec<Answer> {
    let path: Arc<str> = path.into();
    let calls = calls.into_iter().map(|(api, key, body)| {
        let path = Arc::clone(&path);
        tokio::spawn(async move { api.keyed(&path, &key, &body).await })
    });
    let calls: Vec<_> = calls.collect();
    let mut answers = Vec::with_capacity(calls.len());
    for call in calls {
        answers.push(call.await.unwrap());
    }
    answers
}

/// Repeats the request with its key until the outcome is known, as a till does.
pub(crate) async fn until_known(api: &Api, path: &str, key: &str, body: &Value) -> Answer {
    for _ in 0..200 {
        let request = api.request(reqwest::Method::POST, path).json(body);
        match Api::try_send(request.header("Idempotency-Key", key)).await {
            Ok(answer) if !matches!(answer.status, 503 | 504) => return answer,
            _ => tokio::time::sleep(std::time::Duration::from_millis(100)).await,
        }
    }
    panic!("no answer for {key}");
}
