//! Reviews by the worker: at each tenant's own cut-over, for everybody, once.

use api::catalog::Catalogs;
use api::db::Db;
use api::jobs::{Done, round};
use serde_json::{Value, json};

use super::{history, program, rank};
use crate::books;
use crate::harness::tenant::unique;
use crate::harness::{TestTenant, block_on, node};

async fn one_round() {
    let url = node().cluster.service_url.clone().into();
    let db = Db::new(&url, 4, tokio::runtime::Handle::current()).unwrap();
    round(&db, &Catalogs::default(), &mut Done::default())
        .await
        .unwrap();
}

/// A ladder that is looked at every day over the last thirty.
fn rolling() -> Value {
    json!({"window": {"type": "rolling_days", "days": 30}, "downgrade": {"at": "rolling"}})
}

fn days_ago(days: i64) -> String {
    let now = api::clock::now();
    let then = now.checked_sub(jiff::SignedDuration::from_hours(24 * days));
    then.unwrap().to_string()
}

async fn buy(tenant: &TestTenant, member: &str, amount: i64, days: i64) -> Value {
    let mut receipt = tenant.receipt(member, &unique(), amount);
    receipt["occurred_at"] = json!(days_ago(days));
    tenant.buy(&receipt).await.expect(201).json
}

/// Lets the last reviews of a tenant lie so many days back, which no request can.
async fn as_if_last_reviewed(tenant: &TestTenant, days: i64) {
    let owner = node().cluster.owner().await;
    let number = tenant.number;
    let day = format!("((now() at time zone 'Asia/Tokyo') - interval '5 hours')::date - {days}");
    let set = format!(
        "update tenant_keys set ranks_began_on = {day}, ranks_reviewed_on = {day} where tenant_id = {number};
         update ranks set reviewed_on = least(reviewed_on, {day}), is_late = false where tenant_id = {number};
         delete from job_runs where tenant_id = {number} and job = 'ranks'"
    );
    owner.batch_execute(&set).await.unwrap();
}

async fn as_if_never_reviewed(tenant: &TestTenant) {
    let owner = node().cluster.owner().await;
    let number = tenant.number;
    let set = format!(
        "update tenant_keys set ranks_began_on = null, ranks_reviewed_on = null where tenant_id = {number};
         delete from job_runs where tenant_id = {number} and job = 'ranks'"
    );
    owner.batch_execute(&set).await.unwrap();
}

async fn stored(tenant: &TestTenant, query: &str) -> Vec<String> {
    let owner = node().cluster.owner().await;
    let rows = owner.query(query, &[&tenant.number]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

const STORED: &str =
    "select concat_ws(' ', code, previous, effective_at, cause, number) from rank_changes
    where tenant_id = $1 order by member_id, number";

#[test]
fn many_workers_review_everybody_once() {
    block_on(async {
        let tenant = TestTenant::with_program(program(rolling())).await;
        let mut members = Vec::new();
        for index in 0..12 {
            let member = tenant.member().await;
            // Some lose their rank before today, some do not.
            buy(
                &tenant,
                &member,
                60_000,
                if index % 3 == 0 { 20 } else { 29 + index % 4 },
            )
            .await;
            members.push(member);
        }
        as_if_last_reviewed(&tenant, 3).await;
        tokio::join!(one_round(), one_round(), one_round());
        books::wait_until_nobody_works(tenant.number).await;
        let after = stored(&tenant, STORED).await;
        assert!(
            after.iter().any(|change| change.contains("review")),
            "{after:?}"
        );
        one_round().await;
        assert_eq!(stored(&tenant, STORED).await, after);
        let query = "select (ranks_reviewed_on = ((now() at time zone 'Asia/Tokyo') - interval '5 hours')::date)::text
            from tenant_keys where tenant_id = $1";
        assert_eq!(stored(&tenant, query).await, ["true"]);
        // What the worker wrote is what reading alone would have told.
        for member in &members {
            let told = rank(&tenant.api, member).await;
            let last = history(&tenant.api, member).await;
            assert_eq!(told["code"], last[0].0);
        }
        books::hold(node().cluster, tenant.number).await;
    });
}

#[test]
fn a_review_by_sums_and_one_by_days_come_to_the_same() {
    block_on(async {
        // Reviewed up to three days ago each date is looked at by sums; without any review yet,
        // everybody is by days.
        let (by_sums, by_days) = (
            TestTenant::with_program(program(rolling())).await,
            TestTenant::with_program(program(rolling())).await,
        );
        let mut told = Vec::new();
        for tenant in [&by_sums, &by_days] {
            for days in [28, 29, 30, 31, 32] {
                let member = tenant.member().await;
                buy(tenant, &member, 50_000, days).await;
                buy(tenant, &member, 150_000, days - 1).await;
            }
        }
        as_if_last_reviewed(&by_sums, 3).await;
        as_if_never_reviewed(&by_days).await;
        one_round().await;
        for tenant in [&by_sums, &by_days] {
            books::wait_until_nobody_works(tenant.number).await;
        }
        for tenant in [&by_sums, &by_days] {
            let query = "select concat_ws(' ', code, previous, effective_at::date, cause, number, numbers)
                from rank_changes where tenant_id = $1 and cause = 'review' order by member_id, number";
            told.push(stored(tenant, query).await);
        }
        assert!(!told[0].is_empty());
        assert_eq!(told[0], told[1]);
    });
}

#[test]
fn a_till_that_comes_before_the_worker_finds_the_rank_of_its_day() {
    block_on(async {
        let tenant = TestTenant::with_program(program(rolling())).await;
        let member = tenant.member().await;
        buy(&tenant, &member, 60_000, 31).await;
        as_if_last_reviewed(&tenant, 1).await;
        // The worker has not been there today.
        let bought = buy(&tenant, &member, 1_000, 0).await;
        let changes = history(&tenant.api, &member).await;
        assert_eq!(changes[0].3, "review");
        assert_eq!(bought["ranks"][0]["previous"], "bronze");
        assert_eq!(bought["earned"].as_array().unwrap().len(), 1);
        one_round().await;
        books::wait_until_nobody_works(tenant.number).await;
        assert_eq!(history(&tenant.api, &member).await, changes);
        let effective_at: jiff::Timestamp = changes[0].2.as_str().unwrap().parse().unwrap();
        let zone = jiff::tz::TimeZone::get("Asia/Tokyo").unwrap();
        let local = zone.to_datetime(effective_at);
        assert_eq!(local.time().to_string(), "05:00:00");
    });
}
