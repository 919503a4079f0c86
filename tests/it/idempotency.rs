//! What an `Idempotency-Key` stands for, also where the till identity or the reference came first.

use serde_json::{Value, json};

use crate::books;
use crate::harness::tenant::unique;
use crate::harness::{Answer, TestTenant, block_on, node};

const REPLAYED: &str = "idempotent-replayed";

/// Something that has an identity beside its key: where it is sent, itself, itself with the same identity and
/// another content, and what the other one is told.
struct Guarded {
    path: &'static str,
    body: Value,
    clashing: Value,
    code: &'static str,
}

fn guarded(tenant: &TestTenant, member: &str) -> [Guarded; 2] {
    let receipt = tenant.receipt(member, &unique(), 1_000);
    let mut clash = receipt.clone();
    clash["lines"][0]["amount"] = json!(2_000);
    let redemption = json!({
        "member": {"id": member}, "wallet": "points", "points": 2, "mode": "capture", "reference": unique()
    });
    let mut other = redemption.clone();
    other["points"] = json!(3);
    [
        Guarded {
            path: "/v1/purchases",
            body: receipt,
            clashing: clash,
            code: "receipt_number_used",
        },
        Guarded {
            path: "/v1/redemptions",
            body: redemption,
            clashing: other,
            code: "reference_used",
        },
    ]
}

/// The same thing, as nobody sent it before.
fn fresh(body: &Value) -> Value {
    let mut fresh = body.clone();
    for name in ["receipt_number", "reference"] {
        if fresh.get(name).is_some() {
            fresh[name] = json!(unique());
        }
    }
    fresh
}

fn is_reused(answer: &Answer) {
    assert_eq!(
        (answer.status, answer.code()),
        (422, "idempotency_key_reused"),
        "{answer}"
    );
}

async fn rich_member(tenant: &TestTenant) -> String {
    let member = tenant.member().await;
    tenant.grant(&member, 100).await;
    member
}

#[test]
fn a_clash_of_identities_is_remembered_under_its_key() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = rich_member(&tenant).await;
        for thing in guarded(&tenant, &member) {
            let send =
                async |key: &str, body: &Value| tenant.api.keyed(thing.path, key, body).await;
            send(&unique(), &thing.body).await.expect(201);
            let key = unique();
            let refused = send(&key, &thing.clashing).await.expect(409);
            assert_eq!((refused.code(), refused.header(REPLAYED)), (thing.code, ""));
            let again = send(&key, &thing.clashing).await.expect(409);
            assert_eq!(again.without_request_id(), refused.without_request_id());
            assert_eq!(again.header(REPLAYED), "true");
            is_reused(&send(&key, &fresh(&thing.clashing)).await);
        }
        books::hold(node().cluster, tenant.number).await;
    });
}

#[test]
fn a_refusal_is_repeated_as_what_was_told_before() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        let body =
            json!({"member": {"id": member}, "wallet": "points", "points": 5, "mode": "capture"});
        let send = async |key: &str| tenant.api.keyed("/v1/redemptions", key, &body).await;
        let refused = send("poor").await.expect(409);
        assert_eq!(refused.header(REPLAYED), "");
        // It stays refused under this key, whatever came since.
        tenant.grant(&member, 100).await;
        let again = send("poor").await.expect(409);
        assert_eq!(again.without_request_id(), refused.without_request_id());
        assert_eq!(again.header(REPLAYED), "true");
        send("rich").await.expect(201);
    });
}

#[test]
fn a_key_stands_for_what_was_repeated_under_it() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = rich_member(&tenant).await;
        for thing in guarded(&tenant, &member) {
            let send =
                async |key: &str, body: &Value| tenant.api.keyed(thing.path, key, body).await;
            let first = send(&unique(), &thing.body).await.expect(201);
            let key = unique();
            for _ in 0..2 {
                let repeat = send(&key, &thing.body).await.expect(200);
                assert_eq!(repeat.body, first.body);
                assert_eq!(repeat.header(REPLAYED), "true");
            }
            is_reused(&send(&key, &fresh(&thing.body)).await);
        }
        books::hold(node().cluster, tenant.number).await;
    });
}

#[test]
fn one_receipt_under_many_keys_at_once_is_recorded_once_and_binds_them_all() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        let receipt = tenant.receipt(&member, &unique(), 1_000);
        let keys: Vec<String> = (0..16).map(|_| unique()).collect();
        let send = |key| tenant.api.keyed("/v1/purchases", key, &receipt);
        let sent = futures_util::future::join_all(keys.iter().map(|key| send(key))).await;
        let made = sent.iter().filter(|answer| answer.status == 201).count();
        assert_eq!(made, 1, "{sent:?}");
        for (key, answer) in keys.iter().zip(&sent) {
            let again = send(key).await.expect(answer.status);
            assert_eq!(again.body, answer.body);
            let other = tenant.receipt(&member, &unique(), 1_000);
            is_reused(&tenant.api.keyed("/v1/purchases", key, &other).await);
        }
        assert_eq!(tenant.available(&member).await, 10);
        books::hold(node().cluster, tenant.number).await;
    });
}

#[test]
fn an_event_of_a_purchase_without_a_member_is_refused_once_and_for_all() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let mut receipt = tenant.receipt("", &unique(), 1_000);
        receipt.as_object_mut().unwrap().remove("member");
        let id = tenant.buy(&receipt).await.expect(201).text("/id");
        let path = format!("/v1/purchases/{id}/events");
        let event = json!({"event": "delivered"});
        let send = async || tenant.api.keyed(&path, "event", &event).await.expect(409);
        assert_eq!(
            (send().await.code(), send().await.header(REPLAYED)),
            ("invalid_state", "true")
        );
        let claim = json!({"member": {"id": tenant.member().await}});
        let claimed = format!("/v1/purchases/{id}/claim");
        tenant
            .api
            .keyed(&claimed, &unique(), &claim)
            .await
            .expect(200);
        assert_eq!(send().await.code(), "invalid_state");
        tenant.api.keyed(&path, &unique(), &event).await.expect(200);
    });
}

#[test]
fn a_batch_that_is_all_repeats_says_so_also_of_what_was_refused() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        let receipt = tenant.receipt(&member, &unique(), 1_000);
        tenant.buy(&receipt).await.expect(201);
        let mut clash = receipt.clone();
        clash["lines"][0]["amount"] = json!(2_000);
        let batch = json!({"purchases": [clash, tenant.receipt(&member, &unique(), 100)]});
        let send = async || {
            tenant
                .api
                .keyed("/v1/purchases/batch", "batch", &batch)
                .await
                .expect(200)
        };
        let first = send().await;
        assert_eq!(first.header(REPLAYED), "");
        assert_eq!(
            first.json["results"][0]["problem"]["code"],
            "receipt_number_used"
        );
        let again = send().await;
        assert_eq!(again.header(REPLAYED), "true");
        assert_eq!(again.json["results"][1], first.json["results"][1]);
    });
}
