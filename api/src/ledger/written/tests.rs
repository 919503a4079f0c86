use domain::id::MemberId;
use domain::receipt::{MemberRef, Receipt};
use serde_json::{Value, json};
use uuid::Uuid;

use super::WrittenReceipt;
use crate::idempotency::content;

/// Texts that look like what is looked for.
const TRAPS: [&str; 5] = [
    "",
    "shibuya",
    ",\"lines\":[",
    ",\"member\":{\"id\":1}",
    "\\\",\"lines\":\"member\":",
];

fn receipt(text: &str, member: &Value) -> Receipt {
    let mut receipt = json!({
        "store": text, "terminal": text, "receipt_number": text, "occurred_at": "2026-11-21T10:15:00+09:00",
        "lines": [{"sku": text, "quantity": 1, "amount": 100, "attributes": {"note": text}}],
    });
    if !member.is_null() {
        receipt["member"] = member.clone();
    }
    serde_json::from_value(receipt).unwrap()
}

fn check(receipt: &Receipt) {
    let written = WrittenReceipt::of(receipt).unwrap();
    assert_eq!(
        written.content("purchase"),
        content("purchase", receipt).unwrap()
    );
    for member in [None, Some(MemberId::from_uuid(Uuid::from_u128(7)))] {
        let replaced = Receipt {
            member: member.map(MemberRef::Id),
            ..receipt.clone()
        };
        let expected = serde_json::to_string(&replaced).unwrap();
        assert_eq!(written.kept(member).unwrap(), expected);
    }
}

#[test]
fn it_is_hashed_as_it_was_sent_and_kept_with_the_member_s_id() {
    for text in TRAPS {
        let id = MemberRef::Id(MemberId::from_uuid(Uuid::from_u128(9)));
        let members = [
            Value::Null,
            serde_json::to_value(id).unwrap(),
            json!({"card": text}),
            json!({"external_id": text}),
            json!({"phone": text}),
            json!({"email": text}),
        ];
        for member in &members {
            check(&receipt(text, member));
        }
        let mut without_number = receipt(text, &members[2]);
        without_number.receipt_number = None;
        check(&without_number);
    }
}
