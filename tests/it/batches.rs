//! Receipts of an offline till in one call: each is judged as if it had come alone.

mod refused;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::books;
use crate::harness::call::Answer;
use crate::harness::tenant::{Spec, unique};
use crate::harness::{TestTenant, block_on, node};

const PATH: &str = "/v1/purchases/batch";

async fn send(tenant: &TestTenant, key: &str, receipts: &[Value]) -> Answer {
    let body = json!({"purchases": receipts});
    tenant.api.keyed(PATH, key, &body).await
}

fn results(answer: &Answer) -> &Vec<Value> {
    answer.json["results"].as_array().unwrap()
}

fn statuses(answer: &Answer) -> Vec<u64> {
    let results = results(answer).iter();
    results
        .map(|result| result["status"].as_u64().unwrap())
        .collect()
}

fn numbered(tenant: &TestTenant, member: &str, count: i64) -> Vec<Value> {
    (0..count)
        .map(|number| tenant.receipt(member, &format!("n{number}"), number * 100))
        .collect()
}

/// What two tenants may be told in different words: ids and times of recording.
fn without_ids(purchase: &Value) -> Value {
    let mut purchase = purchase.clone();
    for name in ["id", "transaction_id", "member_id", "recorded_at"] {
        purchase.as_object_mut().unwrap().remove(name);
    }
    purchase
}

#[test]
fn a_batch_is_answered_receipt_by_receipt_as_if_each_had_come_alone() {
    block_on(async {
        let (batch, alone) = (TestTenant::new().await, TestTenant::new().await);
        let (ours, theirs) = (batch.member().await, alone.member().await);
        let receipts = numbered(&batch, &ours, 300);
        let answer = send(&batch, "key", &receipts).await.expect(200);
        assert_eq!(results(&answer).len(), 300);
        for (index, result) in results(&answer).iter().enumerate() {
            assert_eq!(result["index"], json!(index));
            assert_eq!(result["status"], json!(201), "{result}");
            assert_eq!(result["problem"], Value::Null);
            // One transaction each, in the order given.
            assert_eq!(result["purchase"]["version"], json!(index + 1));
        }
        for (receipt, result) in numbered(&alone, &theirs, 20).iter().zip(results(&answer)) {
            let recorded = alone.buy(receipt).await.expect(201);
            assert_eq!(
                without_ids(&recorded.json),
                without_ids(&result["purchase"])
            );
        }
        assert_eq!(batch.available(&ours).await, (0..300).sum::<i64>());
        books::hold(node().cluster, batch.number).await;
    });
}

#[test]
fn a_repeat_is_answered_as_the_first_time() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        let mut receipts = numbered(&tenant, &member, 5);
        receipts[3]["idempotency_key"] = json!("the-tills-own");
        let first = send(&tenant, "key", &receipts).await.expect(200);
        assert_eq!(first.header("idempotent-replayed"), "");
        let again = send(&tenant, "key", &receipts).await.expect(200);
        assert_eq!(again.header("idempotent-replayed"), "true");
        assert_eq!(again.body, first.body, "201 under the header's key");
        let other = send(&tenant, "other", &receipts).await.expect(200);
        assert_eq!(
            statuses(&other),
            [200, 200, 200, 201, 200],
            "200 under the till identity, 201 under a key of its own"
        );
        for (now, then) in results(&other).iter().zip(results(&first)) {
            assert_eq!(now["purchase"], then["purchase"]);
        }
        // Alone, under the key that the batch gave it.
        let alone = tenant
            .api
            .keyed("/v1/purchases", "key:4", &receipts[4])
            .await
            .expect(201);
        assert_eq!(alone.json, results(&first)[4]["purchase"]);
        // A longer batch under the same key records what is new.
        receipts.push(tenant.receipt(&member, "more", 100));
        let longer = send(&tenant, "key", &receipts).await.expect(200);
        assert_eq!(longer.header("idempotent-replayed"), "");
        assert_eq!(longer.json["results"][5]["purchase"]["version"], json!(6));
        assert_eq!(tenant.available(&member).await, 1 + 2 + 3 + 4 + 1);
    });
}

#[test]
fn a_thousand_receipts_and_four_mebibytes_are_the_most() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        let receipts = numbered(&tenant, &member, 1_001);
        let refused = send(&tenant, "1001", &receipts).await.expect(422);
        let fault = ("/purchases".to_owned(), "too_many".to_owned());
        assert_eq!(refused.faults(), [fault]);
        let answer = send(&tenant, "1000", &receipts[..1_000]).await.expect(200);
        assert_eq!(statuses(&answer), vec![201; 1_000]);

        const MAX_BYTES: usize = 4 * 1024 * 1024;
        let padded = |bytes: usize| {
            let body = json!({"purchases": [tenant.receipt(&member, "padded", 100)]}).to_string();
            let spaces = " ".repeat(bytes - body.len());
            let request = tenant.api.request(reqwest::Method::POST, PATH);
            request
                .header("Content-Type", "application/json")
                .header("Idempotency-Key", "large")
                .body(body + &spaces)
        };
        let refused = tenant.api.send(padded(MAX_BYTES + 1)).await.expect(413);
        assert_eq!(refused.code(), "body_too_large");
        let answer = tenant.api.send(padded(MAX_BYTES)).await.expect(200);
        assert_eq!(statuses(&answer), [201]);
    });
}

#[test]
fn duplicates_inside_a_batch_take_effect_once() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        let receipt = tenant.receipt(&member, "1", 1_000);
        let mut changed = receipt.clone();
        changed["lines"][0]["amount"] = json!(2_000);
        let keyed = |receipt: &Value, key: &str| {
            let mut receipt = receipt.clone();
            receipt["idempotency_key"] = json!(key);
            receipt
        };
        let second = tenant.receipt(&member, "2", 500);
        let batch = [
            receipt.clone(),
            receipt.clone(),
            changed.clone(),
            keyed(&second, "own"),
            keyed(&second, "own"),
            keyed(&tenant.receipt(&member, "3", 500), "own"),
        ];
        let answer = send(&tenant, "twice", &batch).await.expect(200);
        assert_eq!(statuses(&answer), [201, 200, 409, 201, 201, 422]);
        let code = |index: usize| results(&answer)[index]["problem"]["code"].clone();
        assert_eq!(code(2), json!("receipt_number_used"));
        assert_eq!(code(5), json!("idempotency_key_reused"));
        assert_eq!(
            results(&answer)[0]["purchase"],
            results(&answer)[1]["purchase"]
        );
        assert_eq!(tenant.available(&member).await, 15);
        books::hold(node().cluster, tenant.number).await;
    });
}

/// A receipt of each of some members per minute, so that order is known.
async fn till(tenant: &TestTenant, members: usize, receipts: usize) -> Vec<Value> {
    let mut enrolled = Vec::new();
    for number in 0..members {
        let fields = json!({"external_id": format!("m{number}")});
        enrolled.push(tenant.enrol(&fields).await);
    }
    let start: jiff::Timestamp = "2026-11-20T20:00:00Z".parse().unwrap();
    let receipt = |number: usize| {
        let member = number % members;
        let amount = i64::try_from(137 * (number % 41)).unwrap();
        let mut receipt = tenant.receipt(&enrolled[member], &format!("t{number}"), amount);
        let minutes = i64::try_from(number).unwrap();
        receipt["occurred_at"] =
            json!((start + jiff::SignedDuration::from_mins(minutes)).to_string());
        if number.is_multiple_of(3) {
            receipt["member"] = json!({"external_id": format!("m{member}")});
        }
        if number.is_multiple_of(17) {
            receipt.as_object_mut().unwrap().remove("member");
        }
        receipt
    };
    (0..receipts).map(receipt).collect()
}

/// Every member's balance by external id.
async fn balances(tenant: &TestTenant, members: usize) -> BTreeMap<usize, i64> {
    let mut all = BTreeMap::new();
    for number in 0..members {
        let path = format!("/v1/members?external_id=m{number}");
        let found = tenant.api.get(&path).await.expect(200);
        let id = found.json["data"][0]["id"].as_str().unwrap().to_owned();
        all.insert(number, tenant.available(&id).await);
    }
    all
}

#[test]
fn an_offline_till_that_repeats_and_shuffles_leaves_what_one_in_order_leaves() {
    block_on(async {
        const MEMBERS: usize = 12;
        const RECEIPTS: usize = 240;
        let program = json!({
            "wallets": [{"code": "points", "name": "Points", "expiry": {"type": "after", "months": 12}}],
            "earn_rules": [{"code": "base", "wallet": "points",
                "award": {"type": "per_amount", "amount": 100, "points": 1}}],
            "bonuses": [{"code": "saturday", "wallet": "points",
                "effect": {"type": "multiplier", "times": "3"}, "when": {"weekdays": ["sat"]}}]
        });
        let spec = || Spec {
            program: Some(program.clone()),
            ..Spec::default()
        };
        let ordered = TestTenant::with(spec()).await;
        for receipt in till(&ordered, MEMBERS, RECEIPTS).await {
            ordered.buy(&receipt).await.expect(201);
        }

        let offline = TestTenant::with(spec()).await;
        let mut queue = till(&offline, MEMBERS, RECEIPTS).await;
        let mut sent_twice: Vec<Value> = queue.iter().step_by(5).cloned().collect();
        let mut changed: Vec<Value> = queue.iter().step_by(60).cloned().collect();
        for receipt in &mut changed {
            receipt["lines"][0]["amount"] = json!(999_999);
        }
        let mut ahead = queue[1].clone();
        ahead["receipt_number"] = json!("ahead");
        let quote = offline.api.post("/v1/quotes", &queue[0]).await.expect(200);
        let now: jiff::Timestamp = quote.text("/recorded_at").parse().unwrap();
        let in_three_days = now + jiff::SignedDuration::from_hours(72);
        ahead["occurred_at"] = json!(in_three_days.to_string());
        // A fixed shuffle: 101 and the length have no common factor.
        let length = queue.len();
        queue = (0..length)
            .map(|index| queue[index * 101 % length].clone())
            .collect();
        queue.append(&mut sent_twice);
        let late_from = queue.len();
        queue.append(&mut changed);
        queue.push(ahead);
        let answer = send(&offline, "offline", &queue).await.expect(200);
        let told = statuses(&answer);
        assert_eq!(told[..RECEIPTS], vec![201; RECEIPTS]);
        assert_eq!(told[RECEIPTS..late_from], vec![200; late_from - RECEIPTS]);
        assert_eq!(told[late_from..], [409, 409, 409, 409, 422]);
        let last = &results(&answer)[queue.len() - 1]["problem"]["code"];
        assert_eq!(last, &json!("occurred_in_future"));

        assert_eq!(
            balances(&offline, MEMBERS).await,
            balances(&ordered, MEMBERS).await
        );
        let owner = node().cluster.owner().await;
        let recorded = books::count(&owner, "purchases where true", offline.number).await;
        assert_eq!(recorded, i64::try_from(RECEIPTS).unwrap());
        books::hold(node().cluster, offline.number).await;
    });
}

/// More at once than the queue holds for callers with many: they wait for each other.
#[test]
fn many_batches_at_once_are_all_written() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let mut members = Vec::new();
        for _ in 0..8 {
            members.push(tenant.member().await);
        }
        let batches = members.iter().map(|member| {
            let body = json!({"purchases": numbered(&tenant, member, 300).iter_mut().map(|receipt| {
                receipt["terminal"] = json!(member);
                receipt.clone()
            }).collect::<Vec<_>>()});
            (tenant.api.clone(), unique(), body)
        });
        let calls = books::at_once(PATH, batches);
        let single = async {
            let receipt = tenant.receipt(&members[0], "between", 100);
            tenant.buy(&receipt).await
        };
        let (answers, single) = futures_util::future::join(calls, single).await;
        single.expect(201);
        for answer in answers {
            assert_eq!(statuses(&answer.expect(200)), vec![201; 300]);
        }
        for member in &members {
            let first = i64::from(member == &members[0]);
            assert_eq!(
                tenant.available(member).await,
                (0..300).sum::<i64>() + first
            );
        }
        books::hold(node().cluster, tenant.number).await;
    });
}

#[test]
fn a_batch_waits_while_the_queue_stands_still_and_keeps_its_order() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        let receipts = numbered(&tenant, &member, 300);
        let held_up = books::HeldUp::start(node().cluster, &tenant).await;
        let sending = send(&tenant, "patient", &receipts);
        let releasing = async {
            // Longer than anything may wait in the queue, shorter than a statement may take.
            let stall = api::config::MAX_QUEUE_WAIT + std::time::Duration::from_millis(500);
            tokio::time::sleep(stall).await;
            held_up.release().await;
        };
        let (answer, ()) = futures_util::future::join(sending, releasing).await;
        for (index, result) in results(&answer.expect(200)).iter().enumerate() {
            assert_eq!(result["status"], json!(201), "{result}");
            assert_eq!(result["purchase"]["version"], json!(index + 1));
        }
        books::hold(node().cluster, tenant.number).await;
    });
}
