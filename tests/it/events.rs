//! Every committed change of a member has exactly one event, written with it, where somebody listens; none where nobody does.

use serde_json::{Value, json};

use crate::books;
use crate::harness::tenant::{plain_program, unique};
use crate::harness::{TestTenant, block_on, node};
use crate::webhooks::{listen, path};

/// Types of all events, oldest first, with their data.
async fn events(api: &crate::harness::call::Api) -> Vec<(String, Value)> {
    let listed = api.get("/v1/events?limit=200").await.expect(200).json;
    let mut all: Vec<(String, Value)> = listed["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| {
            (
                event["type"].as_str().unwrap().to_owned(),
                event["data"].clone(),
            )
        })
        .collect();
    all.reverse();
    all
}

fn kinds(events: &[(String, Value)]) -> Vec<&str> {
    events.iter().map(|(kind, _)| kind.as_str()).collect()
}

#[test]
fn a_tenant_without_endpoints_writes_no_events() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        tenant.grant(&member, 5).await;
        let path = path("ok");
        let made = listen(&tenant.api, &path, json!([])).await.text("/id");
        tenant.grant(&member, 6).await;
        let endpoint = format!("/v1/webhook-endpoints/{made}");
        tenant.api.delete(&endpoint).await.expect(200);
        tenant.grant(&member, 7).await;
        let all = events(&tenant.api).await;
        assert_eq!(kinds(&all), ["purchase.recorded"]);
        assert_eq!(all[0].1["version"], 2);
    });
}

#[test]
fn everything_that_happens_to_a_member_is_told() {
    block_on(async {
        let api = crate::time::sandbox(&program(), "2026-01-10T00:00:00Z").await;
        listen(&api, &path("ok"), json!([])).await;
        let member = crate::time::enrol(&api).await;
        crate::time::buy(&api, &member, 20_000, "2026-01-10T00:00:00Z").await;
        let spend =
            json!({"member": {"id": member}, "wallet": "points", "points": 50, "mode": "capture"});
        api.keyed("/v1/redemptions", &unique(), &spend)
            .await
            .expect(201);
        // What is held too long comes back by itself.
        let hold = json!({"member": {"id": member}, "wallet": "points", "points": 10, "mode": "reserve",
            "ttl_seconds": 600});
        api.keyed("/v1/redemptions", &unique(), &hold)
            .await
            .expect(201);
        crate::time::set_clock(&api, "2026-01-31T00:00:00Z").await;
        crate::time::set_clock(&api, "2026-04-10T00:00:00Z").await;
        let change = json!({"family_name": "山田"});
        api.patch(&format!("/v1/members/{member}"), &change)
            .await
            .expect(200);
        api.post("/v1/program/publish", &json!({}))
            .await
            .expect(201);
        let all = events(&api).await;
        let mut told = kinds(&all);
        told.dedup();
        for kind in [
            "member.enrolled",
            "purchase.recorded",
            "rank.changed",
            "points.redeemed",
            "points.reserved",
            "points.released",
            "points.activated",
            "points.expired",
            "member.changed",
            "program.published",
        ] {
            assert!(told.contains(&kind), "{kind} is missing in {told:?}");
        }
        assert!(
            !Value::from(all.iter().map(|(_, data)| data.clone()).collect::<Vec<_>>())
                .to_string()
                .contains("山田")
        );
        let versions: Vec<i64> = all
            .iter()
            .filter(|(_, data)| data["transaction_id"].is_string())
            .map(|(_, data)| data["version"].as_i64().unwrap())
            .collect();
        let expected: Vec<i64> = (1..=i64::try_from(versions.len()).unwrap()).collect();
        assert_eq!(versions, expected, "in order and without gaps");
    });
}

/// Points of which half wait for two weeks, ending after a month; a ladder.
fn program() -> Value {
    let mut program = plain_program();
    program["wallets"][0]["expiry"] = json!({"type": "after", "months": 1});
    let mut late = program["earn_rules"][0].clone();
    late["code"] = json!("late");
    late["activation"] = json!({"type": "after_days", "days": 14});
    program["earn_rules"].as_array_mut().unwrap().push(late);
    program["ranks"] = json!([{"code": "main", "window": {"type": "lifetime"}, "metric": "spend",
        "steps": [{"code": "bronze", "from": 0}, {"code": "gold", "from": 10_000}]}]);
    program
}

#[test]
fn each_transaction_has_one_event_that_was_written_with_it() {
    block_on(async {
        let tenant = TestTenant::new().await;
        listen(&tenant.api, &path("ok"), json!([])).await;
        let mut members = Vec::new();
        for _ in 0..6 {
            members.push(tenant.member().await);
        }
        let receipts = (0..120).map(|n| {
            let number = unique();
            let receipt = tenant.receipt(&members[n % members.len()], &number, 500);
            (tenant.api.clone(), number, receipt)
        });
        let receipts: Vec<_> = receipts.collect();
        // Each is sent twice, so that repeats have a chance to be told twice.
        let twice = receipts.clone().into_iter().chain(receipts);
        for answer in books::at_once("/v1/purchases", twice).await {
            assert!([201, 409].contains(&answer.status), "{answer}");
        }
        let owner = node().cluster.owner().await;
        let query = "select count(*), count(o.id), count(distinct o.id), count(*) filter (where o.xmin = t.xmin)
            from ledger_transactions t left join outbox o on o.tenant_id = t.tenant_id and o.transaction_id = t.id
            where t.tenant_id = $1";
        let row = owner.query_one(query, &[&tenant.number]).await.unwrap();
        let counts: Vec<i64> = (0..3).map(|at| row.get(at)).collect();
        assert_eq!(counts, [120, 120, 120]);
        let mut told = row.get::<_, i64>(3);
        if told < 120 {
            // A worker marks what it shared out, which is another version of the row.
            let query = "select count(*) from outbox o where o.tenant_id = $1 and o.is_dispatched and o.transaction_id is not null";
            told += owner
                .query_one(query, &[&tenant.number])
                .await
                .unwrap()
                .get::<_, i64>(0);
        }
        assert!(told >= 120, "{told} were written in the transaction");
        let query = "select count(*) from (select member_id, version from ledger_transactions where tenant_id = $1
            except select member_id, (data::json ->> 'version')::bigint from outbox where tenant_id = $1) missing";
        let row = owner.query_one(query, &[&tenant.number]).await.unwrap();
        assert_eq!(row.get::<_, i64>(0), 0);
        books::hold(node().cluster, tenant.number).await;
    });
}

#[test]
fn a_missing_event_is_named_by_verify() {
    block_on(async {
        let tenant = TestTenant::new().await;
        listen(&tenant.api, &path("ok"), json!([])).await;
        let owner = node().cluster.owner().await;
        tenant.leave_webhooks_alone(&owner).await;
        let member = tenant.member().await;
        tenant.grant(&member, 1).await;
        let long_ago = "update tenant_keys set webhooks_since = now() - interval '1 hour' where tenant_id = $1";
        owner.execute(long_ago, &[&tenant.number]).await.unwrap();
        books::hold(node().cluster, tenant.number).await;
        let number = tenant.number;
        let lose = format!(
            "create temporary table lost as select * from outbox where tenant_id = {number} and transaction_id is not null;
             delete from outbox where tenant_id = {number} and transaction_id is not null"
        );
        owner.batch_execute(&lose).await.unwrap();
        let url = node().cluster.administrator_url.clone().into();
        let findings = api::verify::verify(&url).await.unwrap();
        let told = findings
            .iter()
            .find(|finding| finding.invariant == "I26")
            .unwrap();
        let mine: Vec<_> = told
            .examples
            .iter()
            .filter(|(of, _)| *of == number)
            .collect();
        assert!(mine[0].1.ends_with("has no event"), "{mine:?}");
        owner
            .batch_execute("insert into outbox select * from lost; drop table lost")
            .await
            .unwrap();
        books::hold(node().cluster, tenant.number).await;
    });
}

#[test]
fn a_receipt_of_nobody_is_told_too() {
    block_on(async {
        let tenant = TestTenant::new().await;
        listen(&tenant.api, &path("ok"), json!([])).await;
        let mut receipt = tenant.receipt("", "1", 100);
        receipt.as_object_mut().unwrap().remove("member");
        let bought = tenant.buy(&receipt).await.expect(201).text("/id");
        let all = events(&tenant.api).await;
        assert_eq!(kinds(&all), ["purchase.recorded"]);
        assert_eq!(all[0].1["purchase_id"], json!(bought));
        assert!(all[0].1.get("member_id").is_none());
    });
}

#[test]
fn events_are_listed_by_type_and_page() {
    block_on(async {
        let tenant = TestTenant::new().await;
        listen(&tenant.api, &path("ok"), json!([])).await;
        for _ in 0..3 {
            let member = tenant.member().await;
            tenant.grant(&member, 1).await;
        }
        let mut seen = Vec::new();
        let mut page = "/v1/events?type=member.enrolled&limit=2".to_owned();
        loop {
            let listed = tenant.api.get(&page).await.expect(200).json;
            for event in listed["data"].as_array().unwrap() {
                assert_eq!(event["type"], "member.enrolled");
                seen.push(event["id"].as_str().unwrap().to_owned());
            }
            let Some(cursor) = listed["next_cursor"].as_str() else {
                break;
            };
            page = format!("/v1/events?type=member.enrolled&limit=2&cursor={cursor}");
        }
        assert_eq!(seen.len(), 3);
        assert!(seen.is_sorted_by(|left, right| left > right), "{seen:?}");
        let unknown = tenant.api.get("/v1/events?type=member.sold").await;
        assert_eq!((unknown.status, unknown.code()), (400, "invalid_parameter"));
    });
}
