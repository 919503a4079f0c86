//! Receipts and redemptions with wrong values.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Case, Row, at, cases, refused};
use crate::harness::{TestTenant, block_on};

fn receipt(member: &str) -> Value {
    json!({
        "store": "shibuya",
        "terminal": "pos-1",
        "receipt_number": "1",
        "occurred_at": "2026-11-21T12:00:00+09:00",
        "member": {"id": member},
        "lines": [{"sku": "a", "category": "food", "quantity": 1, "unit_price": 100, "amount": 100, "discount": 0,
            "tax_percent": "8"}],
        "tenders": [{"type": "cash", "amount": 100}],
        "redeem": [{"wallet": "points", "points": 1}]
    })
}

const INTEGER: &str = "invalid_type";
const RECEIPT: &[Row] = &[
    at("/lines/0/amount", "1.5", INTEGER),
    at("/lines/0/amount", "1.0", INTEGER),
    at("/lines/0/amount", "1e2", INTEGER),
    at("/lines/0/amount", "1e308", INTEGER),
    at("/lines/0/amount", "\"100\"", INTEGER),
    at("/lines/0/amount", "true", INTEGER),
    at("/lines/0/amount", "9223372036854775807", "out_of_range"),
    at("/lines/0/amount", "1000000000000", "out_of_range"),
    at("/lines/0/unit_price", "-1", "out_of_range"),
    at("/lines/0/unit_price", "1000000000000", "out_of_range"),
    at("/lines/0/discount", "-1", "out_of_range"),
    at("/lines/0/quantity", "-1", "out_of_range"),
    at("/lines/0/quantity", "1000000000000", "out_of_range"),
    at("/lines/0/quantity", "1000000000000000", "invalid_value"),
    at("/lines/0/tax_percent", "\"101\"", "out_of_range"),
    at("/lines/0/tax_percent", "\"-1\"", "out_of_range"),
    at("/lines/0/colour", "1", "unknown_field"),
    at("/lines/0/sku", "\"\\u0000\"", "control_character"),
    at("/lines/0/sku", "\"\\u0001\"", "control_character"),
    at("/lines/0/sku", "\"a\\u202eb\"", "control_character"),
    at("/tenant_id", "1", "unknown_field"),
    at("/id", "\"pur_1\"", "unknown_field"),
    at("/balance", "1", "unknown_field"),
    at("/lines", "[]", "empty"),
    at("/lines", "{}", INTEGER),
    at("/store", "\"\"", "empty"),
    at("/store", "1", INTEGER),
    at("/store", "null", INTEGER),
    at("/receipt_number", "\"\"", "empty"),
    at("/receipt_number", "null", "required"),
    at("/tenders/0/amount", "\"a\"", INTEGER),
    at("/tenders/0/brand", "1", INTEGER),
    at("/tenders/0/brand", "\"\\u0007\"", "control_character"),
    at("/lines/0/department", "1", INTEGER),
    at("/lines/0/department", "\"\\u0007\"", "control_character"),
    at("/lines/0/attributes", "[]", INTEGER),
    (
        "/lines/0/attributes",
        "{\"a\": 1}",
        422,
        "validation_failed",
        ("/lines/0/attributes/a", INTEGER),
    ),
    at("/lines/0/points_excluded", "\"no\"", INTEGER),
    at("/redeem/0/points", "0", "out_of_range"),
    at("/redeem/0/points", "-5", "out_of_range"),
    at("/redeem/0/points", "9223372036854775807", "out_of_range"),
    at("/redeem/0/wallet", "\"\"", "empty"),
    at("/vouchers", "[\"VX3K\"]", "unsupported_in_receipt"),
    (
        "/lines/0/amount",
        "1e400",
        422,
        "validation_failed",
        ("/lines/0/amount", ""),
    ),
    (
        "/lines/0/amount",
        "9223372036854775808",
        422,
        "validation_failed",
        ("/lines/0/amount", ""),
    ),
    ("/lines/0/amount", "NaN", 400, "malformed_json", ("", "")),
    ("/lines/0/amount", "01", 400, "malformed_json", ("", "")),
    ("/lines/0/amount", "+1", 400, "malformed_json", ("", "")),
    ("/lines/0/amount", "0x10", 400, "malformed_json", ("", "")),
    (
        "/lines/0/amount",
        "-1",
        422,
        "validation_failed",
        ("/lines", "out_of_range"),
    ),
    (
        "/lines/0/quantity",
        "1.5",
        422,
        "validation_failed",
        ("/lines/0/quantity", ""),
    ),
    (
        "/lines/0/quantity",
        "\"1e3\"",
        422,
        "validation_failed",
        ("/lines/0/quantity", ""),
    ),
    (
        "/lines/0/quantity",
        "\"0.12345\"",
        422,
        "validation_failed",
        ("/lines/0/quantity", ""),
    ),
    (
        "/lines/0/quantity",
        "\"abc\"",
        422,
        "validation_failed",
        ("/lines/0/quantity", ""),
    ),
    (
        "/lines/0/tax_percent",
        "\"8%\"",
        422,
        "validation_failed",
        ("/lines/0/tax_percent", ""),
    ),
    (
        "/lines/0/tax_percent",
        "8",
        422,
        "validation_failed",
        ("/lines/0/tax_percent", ""),
    ),
    (
        "/tenders/0/type",
        "\"shells\"",
        422,
        "validation_failed",
        ("/tenders/0/type", ""),
    ),
    ("/member", "{}", 422, "validation_failed", ("", "")),
    (
        "/member",
        "{\"id\":\"x\",\"card\":\"1\"}",
        422,
        "validation_failed",
        ("", ""),
    ),
    (
        "/member/id",
        "\"pur_01k3z8q4v5e7r9t2y4a6b8c0d1\"",
        422,
        "validation_failed",
        ("/member/id", ""),
    ),
    (
        "/member/id",
        "\"mem_01k3z8q4v5e7r9t2y4a6b8c0d1\"",
        422,
        "validation_failed",
        ("/member", "unknown_reference"),
    ),
    (
        "/store",
        "\"nowhere\"",
        422,
        "unknown_store",
        ("/store", "unknown_store"),
    ),
    (
        "/redeem/0/wallet",
        "\"stars\"",
        422,
        "validation_failed",
        ("/redeem/0/wallet", "unknown_reference"),
    ),
    (
        "/occurred_at",
        "\"2019-12-31T00:00:00Z\"",
        422,
        "no_program",
        ("", ""),
    ),
    (
        "/occurred_at",
        "\"2199-12-31T00:00:00Z\"",
        422,
        "occurred_in_future",
        ("", ""),
    ),
];

/// Everything that is almost a time.
const TIMES: [&str; 14] = [
    "\"9999-01-01T00:00:00Z\"",
    "\"0000-01-01T00:00:00Z\"",
    "\"-0001-01-01T00:00:00Z\"",
    "\"+10000-01-01T00:00:00Z\"",
    "\"2026-02-30T00:00:00Z\"",
    "\"2026-01-01T24:00:00Z\"",
    "\"2026-01-01T23:59:60Z\"",
    "\"2026-01-01T00:00:00\"",
    "\"2026-01-01T00:00:00+25:00\"",
    "\"2026-01-01 00:00:00Z\"",
    "\"2026-1-1T00:00:00Z\"",
    "\"2026-01-01T00:00:00.123456789012Z\"",
    "\"2026-01-01\"",
    "1767225600",
];

#[test]
fn receipts() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let receipt = receipt(&tenant.member().await);
        let rows: Vec<Row> = RECEIPT
            .iter()
            .map(|row| match row.4.1 {
                "unsupported_in_receipt" => {
                    (row.0, row.1, 422, "unsupported", (row.0, "unsupported"))
                }
                _ => *row,
            })
            .collect();
        let mut all = cases(&Method::POST, "/v1/purchases", &receipt, &rows);
        for time in TIMES {
            let row = (
                "/occurred_at",
                time,
                422,
                "validation_failed",
                ("/occurred_at", ""),
            );
            all.extend(cases(&Method::POST, "/v1/purchases", &receipt, &[row]));
        }
        refused(&tenant, all).await;
    });
}

#[test]
fn receipts_above_their_limits() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        let line = json!({"quantity": 1, "amount": 1});
        let mut many = receipt(&member);
        many["lines"] = json!(vec![line; 501]);
        let mut sum = receipt(&member);
        sum["lines"] = json!(vec![
            json!({"quantity": 1, "amount": 999_999_999_999_i64});
            11
        ]);
        let mut product = receipt(&member);
        product["lines"] =
            json!([{"quantity": 999_999_999_999_i64, "unit_price": 999_999_999_999_i64}]);
        let mut long = receipt(&member);
        long["store"] = json!("x".repeat(201));
        let mut nothing = receipt(&member);
        nothing["lines"] = json!([{"quantity": 1}]);
        let mut weight = receipt(&member);
        weight["lines"] = json!([{"quantity": "0.345", "unit_price": 100}]);
        let mut nobody = receipt(&member);
        nobody.as_object_mut().unwrap().remove("member");
        let mut missing = receipt(&member);
        missing.as_object_mut().unwrap().remove("occurred_at");
        let case = |name: &str, document: &Value, fault| Case {
            name: name.to_owned(),
            method: Method::POST,
            path: "/v1/purchases".to_owned(),
            body: document.to_string().into_bytes(),
            status: 422,
            code: "validation_failed",
            fault,
        };
        let all = vec![
            case("501 lines", &many, ("/lines", "too_many")),
            case("a total above the limit", &sum, ("/lines", "out_of_range")),
            case(
                "a product above the limit",
                &product,
                ("/lines/0", "out_of_range"),
            ),
            case("a long store code", &long, ("/store", "too_long")),
            case(
                "a line without money",
                &nothing,
                ("/lines/0/amount", "required"),
            ),
            case(
                "a weight without its amount",
                &weight,
                ("/lines/0/amount", "required"),
            ),
            case("points paid by nobody", &nobody, ("/member", "required")),
            case(
                "a receipt without its time",
                &missing,
                ("/occurred_at", "required"),
            ),
        ];
        refused(&tenant, all).await;
    });
}

const REDEMPTION: &[Row] = &[
    at("/points", "0", "out_of_range"),
    at("/points", "-5", "out_of_range"),
    at("/points", "-9223372036854775808", "out_of_range"),
    at("/points", "1.5", INTEGER),
    at("/points", "\"1\"", INTEGER),
    at("/wallet", "\"\"", "empty"),
    at("/wallet", "1", INTEGER),
    at("/reference", "\"\"", "empty"),
    at("/reference", "\"\\u0000\"", "control_character"),
    at("/ttl_seconds", "60", "invalid_value"),
    at("/ttl_seconds", "-1", "out_of_range"),
    at("/balance", "5", "unknown_field"),
    ("/mode", "\"hold\"", 422, "validation_failed", ("/mode", "")),
    (
        "/wallet",
        "\"stars\"",
        422,
        "validation_failed",
        ("/wallet", "unknown_reference"),
    ),
    (
        "/occurred_at",
        "\"2199-12-31T00:00:00Z\"",
        422,
        "occurred_in_future",
        ("", ""),
    ),
    (
        "/member/id",
        "\"mem_01k3z8q4v5e7r9t2y4a6b8c0d1\"",
        422,
        "validation_failed",
        ("/member", "unknown_reference"),
    ),
];

#[test]
fn redemptions() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let member = tenant.member().await;
        tenant.grant(&member, 10).await;
        let redemption =
            json!({"member": {"id": member}, "wallet": "points", "points": 1, "mode": "capture"});
        refused(
            &tenant,
            cases(&Method::POST, "/v1/redemptions", &redemption, REDEMPTION),
        )
        .await;
        let too_many =
            json!({"member": {"id": member}, "wallet": "points", "points": 11, "mode": "capture"});
        let answer = tenant
            .api
            .keyed("/v1/redemptions", "too-many", &too_many)
            .await;
        assert_eq!(
            (answer.status, answer.code()),
            (409, "insufficient_points"),
            "{answer}"
        );
        assert_eq!(tenant.available(&member).await, 10);
    });
}

#[test]
fn keys_of_idempotency() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let receipt = receipt(&tenant.member().await);
        let missing = tenant.api.post("/v1/purchases", &receipt).await;
        assert_eq!(
            (missing.status, missing.code()),
            (400, "idempotency_key_required"),
            "{missing}"
        );
        for key in ["", "a b", &"x".repeat(256)] {
            let answer = tenant.api.keyed("/v1/purchases", key, &receipt).await;
            let told = (answer.status, answer.code());
            assert_eq!(told, (422, "validation_failed"), "{key}: {answer}");
        }
    });
}
