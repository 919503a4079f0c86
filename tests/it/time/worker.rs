//! The worker: every tenant's day, once, by any number of workers, cut off or not.

use std::process::{Command, Stdio};

use api::catalog::Catalogs;
use api::db::Db;
use api::jobs::{Done, Round, round};
use serde_json::json;
use tokio_postgres::Client;

use super::{balance, program, statement};
use crate::books;
use crate::harness::{TestTenant, block_on, node};

/// Lets the points of a tenant have ended an hour ago, which no request can.
async fn age(owner: &Client, tenant: i64) {
    let age = format!(
        "update lots set expires_at = now() - interval '1 hour' where tenant_id = {tenant};
         update member_ledgers set next_expires_at = now() - interval '1 hour', next_expiries = array[now() - interval '1 hour']
            where tenant_id = {tenant}"
    );
    owner.batch_execute(&age).await.unwrap();
    forget_the_day(owner, tenant).await;
}

/// Lets today's jobs of a tenant be done again: a worker of another test may have been there already.
async fn forget_the_day(owner: &Client, tenant: i64) {
    let forget = format!("delete from job_runs where tenant_id = {tenant}");
    owner.batch_execute(&forget).await.unwrap();
}

/// A tenant with a member whose ten points have ended and were not swept.
async fn stale() -> (TestTenant, String) {
    let wallet = json!({"expiry": {"type": "after", "days": 30}});
    let tenant = TestTenant::with_program(program(wallet)).await;
    let member = tenant.member().await;
    let number = crate::harness::tenant::unique();
    let mut receipt = tenant.receipt(&member, &number, 1_000);
    receipt["occurred_at"] = json!(api::clock::now().to_string());
    tenant.buy(&receipt).await.expect(201);
    age(&node().cluster.owner().await, tenant.number).await;
    (tenant, member)
}

fn database() -> Db {
    let url = node().cluster.service_url.clone().into();
    Db::new(&url, 2, tokio::runtime::Handle::current()).unwrap()
}

async fn one_round() -> Round {
    let (db, catalogs) = (database(), Catalogs::default());
    round(&db, &catalogs, &mut Done::default()).await.unwrap()
}

#[test]
fn two_workers_at_once_end_every_lot_once() {
    block_on(async {
        let (tenant, member) = stale().await;
        tokio::join!(one_round(), one_round(), one_round());
        books::wait_until_nobody_works(tenant.number).await;
        let expected = [("expire".to_owned(), -10), ("purchase".to_owned(), 10)];
        assert_eq!(statement(&tenant.api, &member).await, expected);
        one_round().await;
        assert_eq!(statement(&tenant.api, &member).await, expected);
        books::hold(node().cluster, tenant.number).await;
    });
}

#[test]
fn what_a_worker_left_undone_another_one_does_when_its_time_is_over() {
    block_on(async {
        let (tenant, member) = stale().await;
        let owner = node().cluster.owner().await;
        let day = "((now() at time zone 'Asia/Tokyo') - interval '5 hours')::date";
        let leave = |until: &str| {
            format!(
                "insert into job_runs (tenant_id, job, business_date, leased_until)
                 values ({}, 'activate', {day}, {until})
                 on conflict (tenant_id, job, business_date) do update
                     set leased_until = excluded.leased_until, finished_at = null",
                tenant.number
            )
        };
        let held = leave("now() + interval '1 minute'");
        owner.batch_execute(&held).await.unwrap();
        one_round().await;
        assert_eq!(
            statement(&tenant.api, &member).await.len(),
            1,
            "somebody has it"
        );
        let over = leave("now() - interval '1 second'");
        owner.batch_execute(&over).await.unwrap();
        one_round().await;
        assert_eq!(statement(&tenant.api, &member).await.len(), 2);
    });
}

#[test]
fn a_wallet_that_said_too_early_an_end_is_put_right() {
    block_on(async {
        let (tenant, member) = stale().await;
        let owner = node().cluster.owner().await;
        let alive = format!(
            "update lots set expires_at = now() + interval '9 days' where tenant_id = {}",
            tenant.number
        );
        owner.batch_execute(&alive).await.unwrap();
        forget_the_day(&owner, tenant.number).await;
        one_round().await;
        books::wait_until_nobody_works(tenant.number).await;
        assert_eq!(balance(&tenant.api, &member).await, (10, 0));
        let query = "select count(*) from wallets where tenant_id = $1 and next_expires_at > now()";
        let row = owner.query_one(query, &[&tenant.number]).await.unwrap();
        assert_eq!(row.get::<_, i64>(0), 1);
        assert_eq!(statement(&tenant.api, &member).await.len(), 1);
    });
}

#[test]
fn the_worker_ends_points_and_forgets_old_keys() {
    block_on(async {
        let (tenant, member) = stale().await;
        let owner = node().cluster.owner().await;
        let number = tenant.number;
        let old = format!(
            "update idempotency_keys set recorded_at = now() - interval '33 days' where tenant_id = {number};
             update purchases set recorded_at = now() - interval '33 days' where tenant_id = {number}"
        );
        owner.batch_execute(&old).await.unwrap();
        let mut worker = Command::new(crate::harness::process::program())
            .arg("work")
            .env("DATABASE_URL", &node().cluster.service_url)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        books::wait_until("the points have ended and the key is gone", || async {
            let query = "select count(*) from idempotency_keys where tenant_id = $1";
            let keys = owner.query_one(query, &[&tenant.number]).await.unwrap();
            keys.get::<_, i64>(0) == 0 && statement(&tenant.api, &member).await.len() == 2
        })
        .await;
        worker.kill().unwrap();
        worker.wait().unwrap();
        // The hot copy knows nothing of what a test did to the database.
        let path = format!("/v1/members/{member}/balances?min_version=2");
        let left = tenant.api.get(&path).await.expect(200).json;
        assert_eq!(left["wallets"][0]["available"], 0);
    });
}
