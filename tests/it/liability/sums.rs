//! Sums that a worker wrote down change no answer: each is what the whole ledger comes to at that instant.

use std::collections::BTreeMap;
use std::time::Duration;

use api::db::{Db, TenantNumber};
use api::jobs::{Resting, close_sums};
use api::ledger_sums::{Closing, close};
use api::verify::verify_tenant;
use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio_postgres::Client;

use super::{post, sums};
use crate::books;
use crate::harness::call::Api;
use crate::harness::node::Node;
use crate::harness::tenant::{Spec, number_of, unique};
use crate::harness::{TestTenant, block_on, node, sql};
use crate::time::{buy, enrol, sandbox, set_clock};

/// Moments at every few transactions, up to the present.
pub(super) const FINE: Closing = Closing {
    at_least: 2,
    at_most: 7,
    behind: SignedDuration::ZERO,
};

/// The sums of one wallet from the whole ledger, by a way of their own: a sign for each side of each account.
const WHOLE: &str = "select wallet, account,
        sum(case when is_credit then points else -points end)::bigint,
        sum(case when is_credit then points else 0 end)::bigint
    from (
        select r.wallet, r.credit as account, true as is_credit, r.points, t.recorded_at, r.tenant_id
            from ledger_transfers r join ledger_transactions t using (tenant_id, member_id, version)
        union all
        select r.wallet, r.debit, false, r.points, t.recorded_at, r.tenant_id
            from ledger_transfers r join ledger_transactions t using (tenant_id, member_id, version)
    ) sides where tenant_id = $1 and recorded_at <= $2::text::timestamptz group by 1, 2 order by 1, 2";

pub(super) fn database() -> Db {
    let url = node().cluster.service_url.clone().into();
    Db::new(&url, 2, tokio::runtime::Handle::current()).unwrap()
}

/// The same list as an answer has, added up from the whole ledger.
async fn whole(owner: &Client, tenant: i64, at: &str) -> Value {
    let mut wallets: BTreeMap<String, BTreeMap<i16, (i64, i64)>> = BTreeMap::new();
    for row in owner.query(WHOLE, &[&tenant, &at]).await.unwrap() {
        let accounts = wallets.entry(row.get(0)).or_default();
        accounts.insert(row.get(1), (row.get(2), row.get(3)));
    }
    let told = wallets.into_iter().map(|(wallet, accounts)| {
        let has = |account| accounts.get(&account).map_or(0, |sums| sums.0);
        let got = accounts.get(&16).map_or(0, |sums| sums.1);
        let members = [has(1), has(2), has(3), -has(4)];
        let total = members[0] + members[1] + members[2] - members[3];
        json!([
            wallet,
            -has(11),
            has(12),
            has(13),
            -has(14),
            got,
            members[0],
            members[1],
            members[2],
            members[3],
            total
        ])
    });
    told.collect()
}

async fn told(api: &Api, at: &str) -> Value {
    let path = format!("/v1/liability?as_of={at}");
    let read = api.get(&path).await.expect(200).json;
    let wallets = read["wallets"].as_array().unwrap().iter();
    let wallet = |wallet: &Value| {
        let mut row = vec![wallet["wallet"].clone()];
        row.extend(sums(wallet).as_array().unwrap().clone());
        Value::from(row)
    };
    wallets.map(wallet).collect()
}

/// Every instant at which something was recorded, with those right before and after, and some between.
async fn instants(owner: &Client, tenant: i64) -> Vec<String> {
    let query = "select to_char(at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') from (
            select distinct recorded_at + step * interval '1 microsecond' as at
                from ledger_transactions, generate_series(-1, 1) as step where tenant_id = $1
            union select until + step * interval '1 microsecond'
                from ledger_sums, generate_series(-1, 1) as step where tenant_id = $1
            union select recorded_at + interval '7 hours' from ledger_transactions where tenant_id = $1
        ) instants where at <= (select coalesce(test_clock, now()) from tenant_keys where tenant_id = $1) order by at";
    let rows = owner.query(query, &[&tenant]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// Fails unless every answer is what the whole ledger comes to.
pub(super) async fn compare(api: &Api, owner: &Client, tenant: i64) {
    let instants = instants(owner, tenant).await;
    assert!(instants.len() > 20, "too little happened");
    for at in instants {
        assert_eq!(
            told(api, &at).await,
            whole(owner, tenant, &at).await,
            "{at}"
        );
    }
}

pub(super) async fn moments(owner: &Client, tenant: i64) -> i64 {
    let query = "select count(distinct until) from ledger_sums where tenant_id = $1";
    sql::one(owner, query, tenant).await
}

/// What speaks against the sums that were written down.
pub(super) async fn violations(db: &Db, tenant: i64) -> i64 {
    let findings = verify_tenant(db, TenantNumber(tenant)).await.unwrap();
    let found = findings.iter().find(|finding| finding.invariant == "C3");
    found.unwrap().violations
}

/// Members with two wallets who buy, spend, hold, send, are given to and taken from.
pub(super) async fn busy() -> TestTenant {
    let program = json!({
        "wallets": [{"code": "points"}, {"code": "stamps"}],
        "earn_rules": [
            {"code": "base", "wallet": "points", "award": {"type": "per_amount", "amount": 100, "points": 1}},
            {"code": "stamp", "wallet": "stamps", "award": {"type": "fixed", "points": 1}}
        ]
    });
    let tenant = TestTenant::with_program(program).await;
    let api = &tenant.api;
    let members = [tenant.member().await, tenant.member().await];
    for round in 0..8_i64 {
        let (one, other) = (
            &members[usize::from(round % 2 == 0)],
            &members[usize::from(round % 2 == 1)],
        );
        let receipt = tenant.receipt(one, &unique(), 1_000 + 100 * round);
        tenant.buy(&receipt).await.expect(201);
        let points = |points: i64, more: Value| {
            let mut body = json!({"member": {"id": one}, "wallet": "points", "points": points});
            for (name, value) in more.as_object().unwrap() {
                body[name] = value.clone();
            }
            body
        };
        match round % 4 {
            0 => {
                post(
                    api,
                    "/v1/redemptions",
                    points(3, json!({"mode": "capture"})),
                )
                .await
            }
            1 => {
                post(
                    api,
                    "/v1/redemptions",
                    points(2, json!({"mode": "reserve"})),
                )
                .await
            }
            2 => {
                post(
                    api,
                    "/v1/adjustments",
                    points(-10 * round, json!({"reason": "error"})),
                )
                .await
            }
            _ => {
                let pass = json!({"from": {"member": {"id": one}}, "to": {"member": {"id": other}},
                    "wallet": "points", "points": 4});
                post(api, "/v1/transfers", pass).await
            }
        };
    }
    tenant
}

#[test]
fn what_was_written_down_changes_no_answer() {
    block_on(async {
        let (tenant, owner, db) = (busy().await, node().cluster.owner().await, database());
        let number = tenant.number;
        compare(&tenant.api, &owner, number).await;
        // As if it had taken weeks: of each member one transaction in three days.
        let stretch = format!(
            "update ledger_transactions set recorded_at = recorded_at - interval '3 days' * (40 - version)
                where tenant_id = {number}"
        );
        owner.batch_execute(&stretch).await.unwrap();
        compare(&tenant.api, &owner, number).await;
        let closed = close(&db, TenantNumber(number), FINE).await.unwrap();
        assert!(closed > 2, "{closed} moments");
        assert_eq!(
            i64::try_from(closed).unwrap(),
            moments(&owner, number).await
        );
        compare(&tenant.api, &owner, number).await;
        assert_eq!(violations(&db, number).await, 0);
        let again = close(&db, TenantNumber(number), FINE).await.unwrap();
        assert_eq!(again, 0, "nothing came since");
        let receipt = tenant.receipt(&tenant.member().await, &unique(), 1_000);
        tenant.buy(&receipt).await.expect(201);
        compare(&tenant.api, &owner, number).await;
        let one_by_one = Closing {
            at_least: 1,
            at_most: 1,
            ..FINE
        };
        let closed = close(&db, TenantNumber(number), one_by_one).await;
        assert!(closed.unwrap() > 0);
        compare(&tenant.api, &owner, number).await;
        assert_eq!(violations(&db, number).await, 0);
    });
}

#[test]
fn two_workers_that_write_sums_down_at_once_write_the_same() {
    block_on(async {
        let (tenant, owner, db) = (busy().await, node().cluster.owner().await, database());
        let number = TenantNumber(tenant.number);
        let coarse = Closing {
            at_most: 11,
            ..FINE
        };
        let (one, other) = tokio::join!(close(&db, number, FINE), close(&db, number, coarse));
        // Who comes second to a moment writes nothing there.
        assert!(one.unwrap() + other.unwrap() > 0);
        compare(&tenant.api, &owner, tenant.number).await;
        assert_eq!(violations(&db, tenant.number).await, 0);
        books::hold(node().cluster, tenant.number).await;
    });
}

#[test]
fn a_moment_waits_for_writes_that_began_before_it() {
    block_on(async {
        let (tenant, owner, db) = (
            TestTenant::new().await,
            node().cluster.owner().await,
            database(),
        );
        let (number, member) = (tenant.number, tenant.member().await);
        for _ in 0..3 {
            tenant.grant(&member, 10).await;
        }
        let mut later = tenant.receipt(&member, &unique(), 1);
        later["occurred_at"] = "2026-11-22T12:00:00+09:00".into();
        tenant.buy(&later).await.expect(201);
        // The write has read the time when it comes to the counters of an earlier day.
        let hold =
            format!("begin; select 1 from earlier_days where tenant_id = {number} for update");
        owner.batch_execute(&hold).await.unwrap();
        let (api, receipt) = (
            tenant.api.clone(),
            tenant.receipt(&member, &unique(), 1_000),
        );
        let late =
            tokio::spawn(async move { api.keyed("/v1/purchases", &unique(), &receipt).await });
        books::wait_until_somebody_waits_for(&owner).await;
        let closing = tokio::spawn(async move { close(&db, TenantNumber(number), FINE).await });
        tokio::time::sleep(Duration::from_millis(400)).await;
        assert!(!closing.is_finished(), "it did not wait");
        owner.batch_execute("rollback").await.unwrap();
        late.await.unwrap().expect(201);
        assert!(closing.await.unwrap().unwrap() > 0);
        let sums = "select sum(points)::bigint from ledger_sums where tenant_id = $1
            and until = (select max(until) from ledger_sums where tenant_id = $1)";
        let sum: i64 = sql::one(&owner, sums, number).await;
        assert_eq!(sum, 40, "the late one counts");
        assert_eq!(violations(&database(), number).await, 0);
        books::hold(node().cluster, number).await;
    });
}

#[test]
fn a_sandbox_whose_clock_goes_back_behind_its_sums_is_told_as_it_was() {
    block_on(async {
        let (owner, db) = (node().cluster.owner().await, database());
        let tenant = TestTenant::new().await;
        let api = &tenant.sandbox;
        let id = api.get("/v1/tenant").await.expect(200).text("/id");
        let number = number_of(&owner, &id).await;
        api.post("/v1/stores", &json!({"code": "shibuya", "name": "Shibuya"}))
            .await
            .expect(201);
        let give = |member: String| {
            json!({"member": {"id": member}, "wallet": "points", "points": 7,
            "reason": "a gift"})
        };
        let program = crate::harness::tenant::plain_program();
        let draft = api.get("/v1/program/draft").await.expect(200);
        let save = api.request(reqwest::Method::PUT, "/v1/program/draft");
        let save = save.json(&program).header("If-Match", draft.header("etag"));
        api.send(save).await.expect(200);
        let since = json!({"effective_from": "2020-01-01T00:00:00Z"});
        api.post("/v1/program/publish", &since).await.expect(201);
        for _ in 0..8 {
            post(api, "/v1/adjustments", give(enrol(api).await)).await;
        }
        assert!(close(&db, TenantNumber(number), FINE).await.unwrap() > 0);
        compare(api, &owner, number).await;
        set_clock(api, "2024-02-01T00:00:00Z").await;
        for _ in 0..4 {
            post(api, "/v1/adjustments", give(enrol(api).await)).await;
        }
        set_clock(api, "2099-02-01T00:00:00Z").await;
        compare(api, &owner, number).await;
        assert_eq!(close(&db, TenantNumber(number), FINE).await.unwrap(), 0);
        assert_eq!(violations(&db, number).await, 0, "they count for nothing");
        books::hold(node().cluster, number).await;
    });
}

#[test]
fn a_sandbox_with_a_clock_of_its_own_has_no_sums() {
    block_on(async {
        let (owner, db) = (node().cluster.owner().await, database());
        let program = crate::harness::tenant::plain_program();
        let api = sandbox(&program, "2026-11-21T01:00:00Z").await;
        let id = api.get("/v1/tenant").await.expect(200).text("/id");
        let number = number_of(&owner, &id).await;
        let member = enrol(&api).await;
        for hour in 2..12 {
            let now = format!("2026-11-21T{hour:02}:00:00Z");
            set_clock(&api, &now).await;
            buy(&api, &member, 1_000, &now).await;
        }
        assert_eq!(close(&db, TenantNumber(number), FINE).await.unwrap(), 0);
        assert_eq!(moments(&owner, number).await, 0);
        compare(&api, &owner, number).await;
    });
}

#[test]
fn a_wrong_sum_and_a_move_that_came_too_late_are_found() {
    block_on(async {
        let cluster = node().cluster.beside("tamaru_it_sums").await;
        let node = Node::start(Box::leak(Box::new(cluster))).await;
        let tenant = TestTenant::on(&node, Spec::default()).await;
        let owner = node.cluster.owner().await;
        let member = tenant.member_by(&owner).await;
        for _ in 0..9 {
            let receipt = tenant.receipt(&member, &unique(), 1_000);
            tenant.buy(&receipt).await.expect(201);
        }
        let url = node.cluster.service_url.clone().into();
        let db = Db::new(&url, 2, tokio::runtime::Handle::current()).unwrap();
        let mut resting = Resting::default();
        let closed = close_sums(&db, &mut resting, FINE).await.unwrap();
        assert!(closed > 1, "{closed}");
        let number = tenant.number;
        assert_eq!(violations(&db, number).await, 0);
        for (spoil, repair) in [
            (
                "update ledger_sums set points = points + 1",
                "update ledger_sums set points = points - 1",
            ),
            (
                "update ledger_sums set wallet = 'other' where until = (select max(until) from ledger_sums)",
                "update ledger_sums set wallet = 'points'",
            ),
            (
                "update ledger_transactions set recorded_at = recorded_at - interval '1 day' where version = 9",
                "update ledger_transactions set recorded_at = recorded_at + interval '1 day' where version = 9",
            ),
        ] {
            owner.batch_execute(spoil).await.unwrap();
            assert!(violations(&db, number).await > 0, "{spoil}");
            owner.batch_execute(repair).await.unwrap();
            assert_eq!(violations(&db, number).await, 0, "{repair}");
        }
        // A tenant that had too little rests; one that had enough is looked at again.
        let receipt = tenant.receipt(&member, &unique(), 1_000);
        tenant.buy(&receipt).await.expect(201);
        let one = Closing {
            at_least: 1,
            ..FINE
        };
        assert_eq!(close_sums(&db, &mut resting, one).await.unwrap(), 1);
        node.server.stop().await;
    });
}
