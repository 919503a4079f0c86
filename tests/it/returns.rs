//! Goods that come back, receipts that are undone or get their member afterwards, over HTTP.

mod claims;
mod together;
mod told;

use serde_json::{Value, json};

use crate::books;
use crate::harness::tenant::{plain_program, unique};
use crate::harness::{Answer, TestTenant, block_on, node};

async fn act(tenant: &TestTenant, purchase: &str, what: &str, body: &Value) -> Answer {
    let path = format!("/v1/purchases/{purchase}/{what}");
    tenant.api.keyed(&path, &unique(), body).await
}

/// A receipt of lines; without a member when none is given.
fn receipt(tenant: &TestTenant, member: Option<&str>, amounts: &[i64]) -> Value {
    let mut receipt = tenant.receipt(member.unwrap_or_default(), &unique(), 0);
    let lines = amounts.iter().map(|amount| json!({"amount": amount}));
    receipt["lines"] = lines.collect();
    if member.is_none() {
        receipt.as_object_mut().unwrap().remove("member");
    }
    receipt
}

#[test]
fn a_return_takes_points_back_and_is_told_everywhere() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        let bought = tenant
            .buy(&receipt(&tenant, Some(&member), &[1_000, 2_000]))
            .await
            .expect(201);
        let id = bought.text("/id");
        let body = json!({"lines": [{"line": 1, "quantity": 1}], "reason": "too small"});
        let path = format!("/v1/purchases/{id}/returns");
        let back = tenant.api.keyed(&path, "once", &body).await.expect(201);
        assert!(back.text("/id").starts_with("ret_"));
        let clawed = json!([{"wallet": "points", "points": 20, "wanted": 20, "expired": 0}]);
        assert_eq!(back.json["clawed_back"], clawed);
        assert_eq!(back.json["refunded"], json!({"amount": 2_000, "points": 0}));
        assert_eq!(back.json["balances"][0]["available"], 10);
        assert_eq!(
            (&back.json["version"], &back.json["complete"]),
            (&json!(2), &json!(false))
        );

        let again = tenant.api.keyed(&path, "once", &body).await.expect(201);
        assert_eq!(again.body, back.body);
        assert_eq!(again.header("idempotent-replayed"), "true");
        let other = json!({"lines": [{"line": 0}]});
        tenant.api.keyed(&path, "once", &other).await.expect(422);

        let read = tenant
            .api
            .get(&format!("/v1/purchases/{id}"))
            .await
            .expect(200);
        assert_eq!(read.json["status"], "partly_returned");
        assert_eq!(read.json["returns"][0], back.json);
        let statement = format!("/v1/members/{member}/transactions");
        let statement = tenant.api.get(&statement).await.expect(200);
        let entry = &statement.json["data"][0];
        assert_eq!(
            (&entry["type"], &entry["points"]),
            (&json!("return"), &json!(-20))
        );
        assert_eq!(entry["reason"], "too small");
        assert_eq!(entry["corrects"], bought.json["transaction_id"]);
        assert_eq!(tenant.available(&member).await, 10);
    });
}

#[test]
fn a_void_undoes_what_is_left_and_nothing_comes_after_it() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        let bought = tenant
            .buy(&receipt(&tenant, Some(&member), &[1_000, 2_000]))
            .await
            .expect(201);
        let id = bought.text("/id");
        act(&tenant, &id, "returns", &json!({"amount": 300}))
            .await
            .expect(201);
        let void = act(&tenant, &id, "void", &json!({})).await.expect(200);
        assert_eq!(void.json["kind"], "void");
        assert_eq!(void.json["refunded"]["amount"], 2_700);
        assert_eq!(void.json["balances"][0]["available"], 0);
        for what in ["void", "returns"] {
            let body = if what == "void" {
                json!({})
            } else {
                json!({"amount": 1})
            };
            let refused = act(&tenant, &id, what, &body).await.expect(409);
            assert_eq!(refused.json["code"], "invalid_state");
        }
        let read = tenant
            .api
            .get(&format!("/v1/purchases/{id}"))
            .await
            .expect(200);
        assert_eq!(read.json["status"], "voided");
        let same = receipt(&tenant, Some(&member), &[1_000, 2_000]);
        assert_ne!(same["receipt_number"], bought.json["receipt_number"]);
    });
}

#[test]
fn a_receipt_gets_its_member_once_whoever_asks_at_the_same_time() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let sold = tenant
            .buy(&receipt(&tenant, None, &[1_000, 500]))
            .await
            .expect(201);
        let id = sold.text("/id");
        let members: Vec<String> =
            futures_util::future::join_all((0..8).map(|_| tenant.member())).await;
        let claims = members.iter().map(|member| {
            let body = json!({"member": {"id": member}});
            let (tenant, id) = (&tenant, &id);
            async move { act(tenant, id, "claim", &body).await }
        });
        let second = json!({"lines": [{"line": 1}]});
        let back = act(&tenant, &id, "returns", &second);
        let (claims, back) = futures_util::join!(futures_util::future::join_all(claims), back);
        let won: Vec<&Answer> = claims.iter().filter(|claim| claim.status == 200).collect();
        assert_eq!(won.len(), 1, "{claims:?}");
        for lost in claims.iter().filter(|claim| claim.status != 200) {
            assert_eq!(lost.json["code"], "already_claimed");
        }
        // The return came before the claim, after it, or has to be repeated.
        if back.status != 201 {
            assert_eq!(back.json["code"], "ledger_unavailable");
            act(&tenant, &id, "returns", &json!({"lines": [{"line": 1}]}))
                .await
                .expect(201);
        }
        let owner = won[0].text("/member_id");
        assert_eq!(tenant.available(&owner).await, 10);
        let read = tenant
            .api
            .get(&format!("/v1/purchases/{id}"))
            .await
            .expect(200);
        assert_eq!(read.text("/member_id"), owner);
        let listed = format!("/v1/purchases?member_id={owner}");
        let listed = tenant.api.get(&listed).await.expect(200);
        assert_eq!(listed.json["data"][0]["id"], json!(id));
    });
}

#[test]
fn parallel_returns_never_give_back_more_than_was_bought() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        for owner in [Some(member.as_str()), None] {
            let mut sent = receipt(&tenant, owner, &[1_000]);
            sent["lines"] = json!([{"unit_price": 100, "quantity": 10}]);
            let id = tenant.buy(&sent).await.expect(201).text("/id");
            let body = json!({"lines": [{"line": 0, "quantity": 1}]});
            let all = (0..30).map(|_| act(&tenant, &id, "returns", &body));
            let all = futures_util::future::join_all(all).await;
            let taken = all.iter().filter(|answer| answer.status == 201).count();
            assert_eq!(taken, 10);
            let refused = all.iter().filter(|answer| answer.status != 201);
            for answer in refused {
                assert_eq!(answer.json["code"], "over_returned");
            }
            let read = tenant
                .api
                .get(&format!("/v1/purchases/{id}"))
                .await
                .expect(200);
            assert_eq!(read.json["status"], "returned");
        }
        assert_eq!(tenant.available(&member).await, 0);
    });
}

#[test]
fn points_that_paid_come_back_to_their_lots() {
    block_on(async {
        let mut program = plain_program();
        program["wallets"][0]["expiry"] = json!({"type": "after", "years": 1});
        let tenant = TestTenant::with_program(program).await;
        let member = tenant.member().await;
        tenant.grant(&member, 100).await;
        let lots = |answer: &Answer| answer.json["data"].as_array().unwrap().clone();
        let expirations = format!("/v1/members/{member}/expirations");
        let before = lots(&tenant.api.get(&expirations).await.expect(200));
        let mut sent = receipt(&tenant, Some(&member), &[60]);
        sent["redeem"] = json!([{"wallet": "points", "points": 60}]);
        let id = tenant.buy(&sent).await.expect(201).text("/id");
        let back = act(&tenant, &id, "returns", &json!({"lines": [{"line": 0}]})).await;
        let back = back.expect(201);
        let restored = json!([{"wallet": "points", "points": 60, "expired": 0}]);
        assert_eq!(back.json["restored"], restored);
        assert_eq!(back.json["refunded"], json!({"amount": 0, "points": 60}));
        assert_eq!(
            lots(&tenant.api.get(&expirations).await.expect(200)),
            before
        );
    });
}

#[test]
fn what_cant_come_back_is_refused_and_changes_nothing() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        let bought = tenant
            .buy(&receipt(&tenant, Some(&member), &[1_000]))
            .await
            .expect(201);
        let id = bought.text("/id");
        for (body, status, code) in refused(&member) {
            let refused = act(&tenant, &id, "returns", &body).await;
            assert_eq!(
                (refused.status, refused.text("/code").as_str()),
                (status, code),
                "{body}"
            );
        }
        let claim = act(&tenant, &id, "claim", &json!({"member": {"id": member}})).await;
        assert_eq!(claim.expect(409).json["code"], "already_claimed");
        let nobody = "pur_00000000000000000000000000";
        act(&tenant, nobody, "returns", &json!({"amount": 1}))
            .await
            .expect(404);
        act(&tenant, nobody, "void", &json!({})).await.expect(404);
        assert_eq!(tenant.available(&member).await, 10);
    });
}

#[test]
fn an_exchange_takes_effect_whole_or_not_at_all() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        let bought = tenant.buy(&receipt(&tenant, Some(&member), &[5_000])).await;
        let id = bought.expect(201).text("/id");
        let body = |purchase: &Value| json!({"return": {"purchase": id, "lines": [{"line": 0}]}, "purchase": purchase});
        let good = receipt(&tenant, Some(&member), &[7_000]);
        let mut bad = good.clone();
        bad["store"] = json!("nowhere");
        let refused = tenant
            .api
            .keyed("/v1/exchanges", &unique(), &body(&bad))
            .await;
        assert_eq!(
            refused.expect(422).json["errors"][0]["pointer"],
            "/purchase/store"
        );
        let mut rich = good.clone();
        rich["redeem"] = json!([{"wallet": "points", "points": 1}]);
        let refused = tenant
            .api
            .keyed("/v1/exchanges", &unique(), &body(&rich))
            .await;
        assert_eq!(refused.expect(409).json["code"], "insufficient_points");
        let stranger = receipt(&tenant, Some(&tenant.member().await), &[1]);
        let refused = tenant
            .api
            .keyed("/v1/exchanges", &unique(), &body(&stranger))
            .await;
        assert_eq!(
            refused.expect(422).json["errors"][0]["pointer"],
            "/purchase/member"
        );
        assert_eq!(tenant.available(&member).await, 50);

        let made = tenant
            .api
            .keyed("/v1/exchanges", "one", &body(&good))
            .await
            .expect(201);
        assert_eq!(made.json["return"]["refunded"]["amount"], 5_000);
        assert_eq!(made.json["return"]["balances"][0]["available"], 0);
        assert_eq!(made.json["purchase"]["balances"][0]["available"], 70);
        assert_eq!(made.json["purchase"]["version"], 3);
        let again = tenant
            .api
            .keyed("/v1/exchanges", "one", &body(&good))
            .await
            .expect(201);
        assert_eq!(again.body, made.body);
        let twice = tenant
            .api
            .keyed("/v1/exchanges", &unique(), &body(&good))
            .await;
        assert_eq!(twice.expect(409).json["code"], "receipt_number_used");
        let till = tenant.buy(&good).await.expect(200);
        assert_eq!(till.json["id"], made.json["purchase"]["id"]);
        assert_eq!(tenant.available(&member).await, 70);
    });
}

#[test]
fn a_return_that_took_too_much_is_named_by_verify() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        let bought = tenant.buy(&receipt(&tenant, Some(&member), &[1_000])).await;
        let id = bought.expect(201).text("/id");
        let back = act(&tenant, &id, "returns", &json!({"amount": 500})).await;
        back.expect(201);
        let number = tenant.number;
        books::hold(node().cluster, number).await;
        let owner = node().cluster.owner().await;
        let say = async |from: i64, to: i64| {
            let change = format!(
                "update operations set outcome = replace(outcome, '\"wanted\":{from},', '\"wanted\":{to},')
                    where tenant_id = {number}"
            );
            owner.batch_execute(&change).await.unwrap();
        };
        say(5, 11).await;
        let url = node().cluster.administrator_url.clone().into();
        let findings = api::verify::verify(&url).await.unwrap();
        let told = findings
            .iter()
            .find(|finding| finding.invariant == "I10")
            .unwrap();
        let mine = told.examples.iter().find(|(of, _)| *of == number).unwrap();
        assert!(
            mine.1.ends_with("gave 10 of points and 11 were taken back"),
            "{mine:?}"
        );
        say(11, 5).await;
        books::hold(node().cluster, number).await;
    });
}

/// What can't come back of a purchase of one piece for 1,000.
fn refused(member: &str) -> Vec<(Value, u16, &'static str)> {
    vec![
        (json!({}), 422, "validation_failed"),
        (json!({"lines": []}), 422, "validation_failed"),
        (
            json!({"lines": [{"line": 0}], "amount": 5}),
            422,
            "validation_failed",
        ),
        (
            json!({"lines": [{"line": 0, "quantity": 1, "amount": 5}]}),
            422,
            "validation_failed",
        ),
        (
            json!({"lines": [{"line": 0, "quantity": -1}]}),
            422,
            "validation_failed",
        ),
        (
            json!({"lines": [{"line": 0, "quantity": 0}]}),
            422,
            "validation_failed",
        ),
        (
            json!({"lines": [{"line": 0, "quantity": 2}]}),
            409,
            "over_returned",
        ),
        (json!({"lines": [{"line": 1}]}), 422, "validation_failed"),
        (json!({"lines": [{"line": -1}]}), 422, "validation_failed"),
        (
            json!({"lines": [{"line": 0}, {"line": 0}]}),
            422,
            "validation_failed",
        ),
        (json!({"amount": 0}), 422, "validation_failed"),
        (json!({"amount": -1}), 422, "validation_failed"),
        (json!({"amount": 1_001}), 409, "over_returned"),
        (json!({"amount": i64::MAX}), 422, "validation_failed"),
        (
            json!({"amount": 1, "occurred_at": "2026-11-21T11:59:59+09:00"}),
            422,
            "validation_failed",
        ),
        (
            json!({"amount": 1, "reason": "x".repeat(201)}),
            422,
            "validation_failed",
        ),
        (
            json!({"amount": 1, "member": {"id": member}}),
            422,
            "validation_failed",
        ),
    ]
}
