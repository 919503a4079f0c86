//! One changed field per line, then the pointer of what is wrong, or none.

use serde_json::{Value, json};

use super::{TenantSettings, cutover};
use crate::body::{from_document, merge_patch};

fn faults(change: Value) -> Vec<String> {
    let mut document = json!({"name": "A", "currency": "JPY", "time_zone": "Asia/Tokyo"});
    merge_patch(&mut document, change);
    match from_document::<TenantSettings>(document) {
        Err(problem) => problem
            .errors
            .into_iter()
            .map(|fault| fault.pointer)
            .collect(),
        Ok(settings) => settings
            .faults()
            .into_iter()
            .map(|fault| fault.pointer)
            .collect(),
    }
}

#[test]
fn each_setting_has_its_limits() {
    let cases = [
        (json!({}), ""),
        (json!({"name": "x".repeat(200)}), ""),
        (json!({"name": "x".repeat(201)}), "/name"),
        (json!({"name": " "}), "/name"),
        (json!({"name": "a\u{202e}b"}), "/name"),
        (json!({"currency": "USD"}), ""),
        (json!({"currency": "jpy"}), "/currency"),
        (json!({"currency": "ZZZ"}), "/currency"),
        (json!({"time_zone": "UTC"}), ""),
        (json!({"time_zone": "America/Argentina/Buenos_Aires"}), ""),
        (json!({"time_zone": "asia/tokyo"}), "/time_zone"),
        (json!({"time_zone": "Asia/Nowhere"}), "/time_zone"),
        (json!({"time_zone": "+09:00"}), "/time_zone"),
        (json!({"time_zone": "../../etc/passwd"}), "/time_zone"),
        (json!({"business_day_cutover": "23:59"}), ""),
        (
            json!({"business_day_cutover": "24:00"}),
            "/business_day_cutover",
        ),
        (
            json!({"business_day_cutover": "5:00"}),
            "/business_day_cutover",
        ),
        (
            json!({"business_day_cutover": "05:00:00"}),
            "/business_day_cutover",
        ),
        (json!({"default_tax_percent": "100"}), ""),
        (
            json!({"default_tax_percent": "100.0001"}),
            "/default_tax_percent",
        ),
        (json!({"default_tax_percent": "-1"}), "/default_tax_percent"),
        (json!({"default_tax_percent": 8}), "/default_tax_percent"),
        (json!({"tax_rounding": "half_even"}), "/tax_rounding"),
        (json!({"receipt_max_age_days": 36_500}), ""),
        (
            json!({"receipt_max_age_days": 36_501}),
            "/receipt_max_age_days",
        ),
        (json!({"receipt_max_age_days": -1}), "/receipt_max_age_days"),
        (
            json!({"receipt_max_future_minutes": 10_081}),
            "/receipt_max_future_minutes",
        ),
        (json!({"name": null}), "/name"),
        (json!({"tenant_id": 1}), "/tenant_id"),
    ];
    for (change, pointer) in cases {
        assert_eq!(faults(change.clone()).join(" "), pointer, "{change}");
    }
}

#[test]
fn everything_wrong_is_told_at_once() {
    let change =
        json!({"name": "", "currency": "X", "time_zone": "Mars", "business_day_cutover": "x"});
    assert_eq!(faults(change).len(), 4);
}

#[test]
fn times_are_read_as_they_are_written() {
    assert_eq!(
        cutover("05:30").map(|time| (time.hour(), time.minute())),
        Some((5, 30))
    );
}
