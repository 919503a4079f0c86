//! The words of an explanation follow the caller's language; what is stored has none.

use serde_json::{Value, json};

use crate::harness::tenant::unique;
use crate::harness::{Answer, TestTenant, block_on};

async fn buy(tenant: &TestTenant, key: &str, language: &str, receipt: &Value) -> Answer {
    let request = tenant
        .api
        .request(reqwest::Method::POST, "/v1/purchases")
        .header("Idempotency-Key", key)
        .header("Accept-Language", language)
        .json(receipt);
    tenant.api.send(request).await.expect(201)
}

#[test]
fn a_receipt_is_explained_in_the_language_of_the_caller() {
    block_on(async {
        let mut program = crate::harness::tenant::plain_program();
        program["bonuses"] = json!([{"code": "evening", "wallet": "points",
            "effect": {"type": "multiplier", "times": "5"},
            "when": {"hours": {"from": "18:00", "to": "20:00"}}}]);
        let tenant = TestTenant::with_program(program).await;
        let member = tenant.member().await;
        let receipt = tenant.receipt(&member, "1", 1_980);
        let key = unique();
        let japanese = buy(&tenant, &key, "ja-JP, en;q=0.5", &receipt).await;
        assert_eq!(japanese.header("content-language"), "ja");
        let varies = japanese.headers.get_all("vary").iter();
        let varies: Vec<_> = varies.map(|value| value.to_str().unwrap()).collect();
        assert!(varies.join(",").contains("Accept-Language"), "{varies:?}");
        assert_eq!(
            japanese.text("/explanation/0/detail"),
            "1,980円で19ポイント"
        );
        assert_eq!(
            japanese.text("/explanation/1/detail"),
            "18:00から20:00までの企画です"
        );
        // The same key gives the same body to the same caller, and other words to another.
        let again = buy(&tenant, &key, "ja-JP, en;q=0.5", &receipt).await;
        assert_eq!(again.body, japanese.body);
        let english = buy(&tenant, &key, "fr", &receipt).await;
        assert_eq!(english.header("content-language"), "en");
        assert_eq!(
            english.text("/explanation/0/detail"),
            "19 points for ¥1,980"
        );
        let mut without_words = [japanese.json, english.json];
        for body in &mut without_words {
            for explained in body["explanation"].as_array_mut().unwrap() {
                explained["detail"] = Value::Null;
            }
        }
        assert_eq!(without_words[0], without_words[1]);
    });
}
