use domain::fault::FaultCode;

use super::BatchReceipt;

const RECEIPT: &str = r#""store":"s","receipt_number":"1","occurred_at":"2026-11-21T12:00:00Z","lines":[{"quantity":1,"amount":100}]"#;

fn fault(entry: &str) -> (String, FaultCode) {
    let problem = BatchReceipt::read(entry.as_bytes()).unwrap_err();
    let fault = &problem.errors[0];
    (fault.pointer.clone(), fault.code)
}

#[test]
fn a_receipt_is_read_with_and_without_a_key_of_its_own() {
    let without = BatchReceipt::read(format!(" {{{RECEIPT}}} ").as_bytes()).unwrap();
    assert_eq!(without.idempotency_key, None);
    for entry in [
        format!(r#"{{"idempotency_key":"k",{RECEIPT}}}"#),
        format!(r#"{{{RECEIPT},"idempotency_key":"k"}}"#),
    ] {
        let with = BatchReceipt::read(entry.as_bytes()).unwrap();
        assert_eq!(with.idempotency_key.as_deref(), Some("k"));
        assert_eq!(with.receipt, without.receipt);
    }
    let null = format!(r#"{{"idempotency_key":null,{RECEIPT}}}"#);
    let null = BatchReceipt::read(null.as_bytes()).unwrap();
    assert_eq!(null.idempotency_key, None);
}

#[test]
fn what_is_wrong_is_named_by_its_place_in_the_receipt() {
    let rows = [
        ("7".to_owned(), "", FaultCode::InvalidType),
        ("[]".to_owned(), "", FaultCode::InvalidType),
        (
            format!(r#"{{"extra":1,{RECEIPT}}}"#),
            "/extra",
            FaultCode::UnknownField,
        ),
        (
            format!(r#"{{"idempotency_key":7,{RECEIPT}}}"#),
            "/idempotency_key",
            FaultCode::InvalidType,
        ),
        (
            RECEIPT.replace("100", "\"x\""),
            "/lines/0/amount",
            FaultCode::InvalidType,
        ),
        (
            RECEIPT.replace("\"store\":\"s\",", ""),
            "/store",
            FaultCode::Required,
        ),
    ];
    for (entry, pointer, code) in rows {
        let entry = match entry.starts_with('"') {
            true => format!("{{{entry}}}"),
            false => entry,
        };
        assert_eq!(fault(&entry), (pointer.to_owned(), code), "{entry}");
    }
}

#[test]
fn a_key_of_its_own_has_the_limits_of_the_header() {
    let key = |text: &str| {
        let entry = format!(r#"{{"idempotency_key":"{text}",{RECEIPT}}}"#);
        let item = BatchReceipt::read(entry.as_bytes()).unwrap();
        item.key(uuid::Uuid::nil)
            .map_err(|problem| problem.errors[0].pointer.clone())
    };
    assert!(key(&"k".repeat(255)).is_ok());
    for wrong in [String::new(), "k".repeat(256), "two words".to_owned()] {
        assert_eq!(key(&wrong), Err("/idempotency_key".to_owned()), "{wrong}");
    }
}
