//! What is wrong with one receipt stays with it; what is wrong with the envelope refuses everything.

use serde_json::{Value, json};

use super::{PATH, results, send};
use crate::books;
use crate::harness::call::Answer;
use crate::harness::tenant::unique;
use crate::harness::{TestTenant, block_on, node, sql};

/// An entry that is refused, its status, code, and the pointer of its only fault if there is one.
type Row = (String, u16, &'static str, &'static str);

async fn post(tenant: &TestTenant, key: &str, body: String) -> Answer {
    let request = tenant.api.request(reqwest::Method::POST, PATH).body(body);
    let request = request
        .header("Content-Type", "application/json")
        .header("Idempotency-Key", key);
    tenant.api.send(request).await
}

fn good(tenant: &TestTenant, member: &str, number: &str) -> String {
    tenant.receipt(member, number, 100).to_string()
}

/// Entries of the wrong shape.
fn misshapen(tenant: &TestTenant, member: &str) -> Vec<Row> {
    let with = |fields: &str| {
        let fields = format!("{fields},\"terminal\"");
        good(tenant, member, "shape").replace("\"terminal\"", &fields)
    };
    vec![
        ("7".into(), 422, "validation_failed", ""),
        ("null".into(), 422, "validation_failed", ""),
        ("[]".into(), 422, "validation_failed", ""),
        ("{}".into(), 422, "validation_failed", "/store"),
        (with("\"store\":\"a\""), 400, "duplicate_key", ""),
        (
            with("\"idempotency_key\":\"\""),
            422,
            "validation_failed",
            "/idempotency_key",
        ),
        (with("\"extra\":1"), 422, "validation_failed", "/extra"),
    ]
}

/// Entries with one wrong value.
fn wrong(tenant: &TestTenant, member: &str) -> Vec<Row> {
    let nobody = "mem_00000000000000000000000000";
    let rows = [
        (
            "/lines/0/amount",
            json!("x"),
            "validation_failed",
            "/lines/0/amount",
        ),
        ("/lines/0/amount", json!(-1), "validation_failed", "/lines"),
        (
            "/terminal",
            json!("a\u{0}b"),
            "validation_failed",
            "/terminal",
        ),
        ("/store", json!("nowhere"), "unknown_store", "/store"),
        (
            "/member",
            json!({"id": nobody}),
            "validation_failed",
            "/member",
        ),
        (
            "/occurred_at",
            json!("2199-01-01T00:00:00Z"),
            "occurred_in_future",
            "",
        ),
        (
            "/occurred_at",
            json!("2019-12-31T23:59:59Z"),
            "no_program",
            "",
        ),
    ];
    rows.map(|(pointer, value, code, fault)| {
        let mut receipt = tenant.receipt(member, &unique(), 100);
        *receipt.pointer_mut(pointer).unwrap() = value;
        (receipt.to_string(), 422, code, fault)
    })
    .into()
}

#[test]
fn a_bad_receipt_fails_alone_with_its_own_problem() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        let mut rows = misshapen(&tenant, &member);
        rows.append(&mut wrong(&tenant, &member));
        // Good ones between the bad ones.
        let mut entries = vec![good(&tenant, &member, "first")];
        for (index, row) in rows.iter().enumerate() {
            entries.push(row.0.clone());
            entries.push(good(&tenant, &member, &format!("g{index}")));
        }
        let body = format!("{{\"purchases\":[{}]}}", entries.join(","));
        let answer = post(&tenant, "bad", body).await.expect(200);
        let bad = results(&answer).iter().skip(1).step_by(2);
        for (row, result) in rows.iter().zip(bad) {
            check(row, result, answer.header("x-request-id"));
        }
        let recorded = results(&answer).iter().step_by(2);
        for result in recorded.clone() {
            assert_eq!(result["status"], json!(201), "{result}");
        }
        let owner = node().cluster.owner().await;
        let purchases = books::count(&owner, "purchases where true", tenant.number).await;
        assert_eq!(purchases, i64::try_from(recorded.count()).unwrap());
    });
}

fn check((entry, status, code, pointer): &Row, result: &Value, request_id: &str) {
    let problem = &result["problem"];
    assert_eq!(result["status"], json!(status), "{entry}: {result}");
    assert_eq!(problem["status"], json!(status), "{entry}: {result}");
    assert_eq!(problem["code"], json!(code), "{entry}: {result}");
    assert_eq!(problem["request_id"], json!(request_id));
    assert_eq!(result["purchase"], Value::Null);
    let faults = problem["errors"].as_array().unwrap().iter();
    let pointers: Vec<&Value> = faults.map(|fault| &fault["pointer"]).collect();
    if !pointer.is_empty() {
        assert_eq!(pointers, [&json!(pointer)], "{entry}: {result}");
    }
}

#[test]
fn the_envelope_fails_as_a_whole() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let receipt = good(&tenant, &tenant.member().await, "1");
        let owner = node().cluster.owner().await;
        let before = sql::digest(&owner, tenant.number).await;
        let list = "/purchases";
        let rows: [(String, u16, &str, &str, &str); 8] = [
            (String::new(), 400, "malformed_json", "", ""),
            (
                format!("{{\"purchases\":[{receipt},]}}"),
                400,
                "malformed_json",
                "",
                "",
            ),
            (
                "{\"purchases\":[],\"purchases\":[]}".into(),
                400,
                "duplicate_key",
                "",
                "",
            ),
            (
                format!("[{receipt}]"),
                422,
                "validation_failed",
                "",
                "invalid_type",
            ),
            ("{}".into(), 422, "validation_failed", list, "required"),
            (
                "{\"purchases\":null}".into(),
                422,
                "validation_failed",
                list,
                "invalid_type",
            ),
            (
                format!("{{\"purchases\":{receipt}}}"),
                422,
                "validation_failed",
                list,
                "invalid_type",
            ),
            (
                format!("{{\"purchases\":[{receipt}],\"more\":1}}"),
                422,
                "validation_failed",
                "/more",
                "unknown_field",
            ),
        ];
        for (body, status, code, pointer, fault) in rows {
            let answer = post(&tenant, "whole", body.clone()).await.expect(status);
            assert_eq!(answer.code(), code, "{body}: {answer}");
            let fault = (pointer.to_owned(), fault.to_owned());
            let expected = if fault.1.is_empty() {
                vec![]
            } else {
                vec![fault]
            };
            assert_eq!(answer.faults(), expected, "{body}");
        }
        assert_eq!(sql::digest(&owner, tenant.number).await, before);
    });
}

#[test]
fn a_batch_needs_a_key_and_may_be_empty() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let body = json!({"purchases": []});
        let without = tenant.api.post(PATH, &body).await.expect(400);
        assert_eq!(without.code(), "idempotency_key_required");
        let nothing = send(&tenant, "nothing", &[]).await.expect(200);
        assert_eq!(nothing.json, json!({"results": []}));
    });
}
