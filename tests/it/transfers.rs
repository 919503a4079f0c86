//! Points that go from one member to another: both sides or none, whoever sends to whom at once.

use serde_json::{Value, json};

use crate::books::{self, until_known};
use crate::concurrency::second;
use crate::harness::tenant::unique;
use crate::harness::{Answer, TestTenant, block_on, node};

fn transfer(from: &str, to: &str, points: i64) -> Value {
    json!({"from": {"member": {"id": from}}, "to": {"member": {"id": to}}, "wallet": "points", "points": points})
}

async fn pass(tenant: &TestTenant, body: &Value) -> Answer {
    tenant.api.keyed("/v1/transfers", &unique(), body).await
}

#[test]
fn both_sides_are_moved_and_told() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let from = tenant.enrol(&json!({"cards": ["2900000000017"]})).await;
        let to = tenant.enrol(&json!({"cards": ["2900000000024"]})).await;
        tenant.grant(&from, 100).await;
        tenant.grant(&to, 5).await;
        let mut body = transfer(&from, &to, 30);
        body["reason"] = json!("family");
        let first = tenant
            .api
            .keyed("/v1/transfers", "pass", &body)
            .await
            .expect(201);
        assert!(first.text("/id").starts_with("trf_"));
        assert_eq!(first.json["from"]["member_id"], json!(from));
        assert_eq!(first.json["to"]["member_id"], json!(to));
        assert_eq!(first.json["from"]["balances"][0]["available"], 70);
        assert_eq!(first.json["to"]["balances"][0]["available"], 35);
        assert_eq!(
            [&first.json["from"]["version"], &first.json["to"]["version"]],
            [2, 2]
        );
        let again = tenant
            .api
            .keyed("/v1/transfers", "pass", &body)
            .await
            .expect(201);
        assert_eq!(again.body, first.body);
        assert_eq!(tenant.available(&from).await, 70);
        assert_eq!(tenant.available(&to).await, 35);
        let mut by_card = transfer(&from, &to, 5);
        by_card["from"]["member"] = json!({"card": "2900000000017"});
        by_card["to"]["member"] = json!({"card": "2900000000024"});
        pass(&tenant, &by_card).await.expect(201);
        assert_eq!(tenant.available(&to).await, 40);
        for (member, points, balance) in [(&from, -5, 65), (&to, 5, 40)] {
            let statement = tenant
                .api
                .get(&format!("/v1/members/{member}/transactions"))
                .await;
            let newest = statement.expect(200).json["data"][0].clone();
            assert_eq!(
                json!([
                    newest["type"],
                    newest["points"],
                    newest["balance_after"],
                    newest["rows"][0]["type"]
                ]),
                json!(["transfer", points, balance, "transfer"])
            );
        }
        books::hold(node().cluster, tenant.number).await;
    });
}

#[test]
fn what_can_not_be_passed_on_is_refused() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let from = tenant.enrol(&json!({"cards": ["2900000000031"]})).await;
        let to = tenant.member().await;
        tenant.grant(&from, 100).await;
        let poor = pass(&tenant, &transfer(&from, &to, 101)).await.expect(409);
        assert_eq!(poor.code(), "insufficient_points");
        for points in [0, -5, i64::MIN, i64::MAX] {
            let refused = pass(&tenant, &transfer(&from, &to, points))
                .await
                .expect(422);
            assert_eq!(
                refused.faults(),
                [("/points".to_owned(), "out_of_range".to_owned())]
            );
        }
        let own = |member: Value| {
            let mut body = transfer(&from, &from, 5);
            body["to"]["member"] = member;
            body
        };
        for body in [
            own(json!({"id": from})),
            own(json!({"card": "2900000000031"})),
        ] {
            let refused = pass(&tenant, &body).await.expect(422);
            assert_eq!(
                refused.faults(),
                [("/to/member".to_owned(), "invalid_value".to_owned())]
            );
        }
        let other = TestTenant::new().await;
        let foreign = other.member().await;
        for (body, pointer) in [
            (transfer(&from, &foreign, 5), "/to/member"),
            (transfer(&foreign, &to, 5), "/from/member"),
            (own(json!({"card": "nobodys"})), "/to/member"),
        ] {
            let refused = pass(&tenant, &body).await.expect(422);
            assert_eq!(
                refused.faults(),
                [(pointer.to_owned(), "unknown_reference".to_owned())]
            );
        }
        assert_eq!(tenant.available(&from).await, 100);
        books::hold(node().cluster, tenant.number).await;
    });
}

#[test]
fn to_and_fro_a_thousand_times_on_two_nodes_nobody_sees_a_deadlock_and_nothing_is_lost() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let members = [
            tenant.member().await,
            tenant.member().await,
            tenant.member().await,
        ];
        for member in &members {
            tenant.grant(member, 50).await;
        }
        let apis = [tenant.api.clone(), tenant.api.at(&second().base)];
        for api in &apis {
            let body = transfer(&members[0], &members[1], 1_000);
            api.keyed("/v1/transfers", &unique(), &body)
                .await
                .expect(409);
        }
        let calls: Vec<_> = (0..1_000_usize)
            .map(|number| {
                let (from, to) = (
                    &members[number % 3],
                    &members[(number + 1 + number / 3 % 2) % 3],
                );
                let (api, body) = (apis[number / 6 % 2].clone(), transfer(from, to, 7));
                tokio::spawn(
                    async move { until_known(&api, "/v1/transfers", &unique(), &body).await },
                )
            })
            .collect();
        let mut passed = 0;
        for call in calls {
            let answer = call.await.unwrap();
            match answer.status {
                201 => passed += 1,
                _ => assert_eq!(answer.expect(409).code(), "insufficient_points"),
            }
        }
        assert!(passed > 100, "only {passed} went through");
        let mut sum = 0;
        for member in &members {
            sum += tenant.available(member).await;
        }
        assert_eq!(sum, 150);
        books::hold(node().cluster, tenant.number).await;
    });
}

#[test]
fn a_side_may_be_the_member_at_once() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let from = tenant.member().await;
        let to = tenant.enrol(&json!({"cards": ["2900000000031"]})).await;
        tenant.grant(&from, 100).await;
        let send = async |from: Value, to: Value, key: &str| {
            let body = json!({"from": from, "to": to, "wallet": "points", "points": 30});
            tenant.api.keyed("/v1/transfers", key, &body).await
        };
        let card = json!({"card": "2900000000031"});
        let flat = send(json!({"id": from}), card.clone(), "one")
            .await
            .expect(201);
        assert_eq!(flat.json["to"]["member_id"], json!(to));
        // It is the same content as the longer form.
        let nested = send(
            json!({"member": {"id": from}}),
            json!({"member": card}),
            "one",
        )
        .await;
        assert_eq!(nested.expect(201).header("idempotent-replayed"), "true");
        let nobody = json!({"card": "nobody"});
        for (from, to, pointer) in [
            (json!({"id": from}), nobody.clone(), "/to"),
            (nobody.clone(), json!({"id": to}), "/from"),
            (json!({"id": from}), json!({"member": nobody}), "/to/member"),
            (
                json!({"id": to}),
                json!({"member": {"id": to}}),
                "/to/member",
            ),
            (json!({"id": to}), json!({"id": to}), "/to"),
            (json!({"id": from}), json!({}), "/to/member"),
            (json!({"id": from}), json!({"id": to, "card": "1"}), "/to"),
            (
                json!({"id": from}),
                json!({"member": {"id": to}, "x": 1}),
                "/to/x",
            ),
            (json!({"id": from}), json!({"x": 1}), "/to/x"),
        ] {
            let refused = send(from, to, &unique()).await.expect(422);
            assert_eq!(refused.faults()[0].0, pointer, "{refused}");
        }
        assert_eq!(tenant.available(&to).await, 30);
    });
}
