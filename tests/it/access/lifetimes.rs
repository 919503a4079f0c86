//! A key makes no key that lives on when it is over, and a rotated one has one successor.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::harness::{Answer, TestTenant, block_on};

fn in_hours(hours: i64) -> Timestamp {
    api::clock::now() + SignedDuration::from_hours(hours)
}

#[track_caller]
fn is(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status, answer.code()), (status, code), "{answer}");
}

#[test]
fn a_key_makes_none_that_outlives_it() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let ends = in_hours(2);
        let scopes = ["keys:admin", "members:read"];
        let maker = tenant.restricted(&scopes, json!({"expires_at": ends}));
        let maker = maker.await;
        let new = |expires_at: Value| json!({"name": "x", "scopes": ["members:read"], "expires_at": expires_at});
        let make = async |expires_at: Value| maker.post("/v1/api-keys", &new(expires_at)).await;
        is(&make(json!(in_hours(3))).await, 403, "not_granted");
        let earlier = make(json!(in_hours(1))).await.expect(201);
        let with_it = make(Value::Null).await.expect(201);
        let end: Timestamp = with_it.text("/expires_at").parse().unwrap();
        assert_eq!(end.as_second(), ends.as_second());
        // What it may renew ends no later than itself.
        let rotate = |id: String| format!("/v1/api-keys/{id}/rotate");
        let later = new(json!(in_hours(5)));
        for key in [new(Value::Null), later] {
            let made = tenant.api.post("/v1/api-keys", &key).await.expect(201);
            let path = rotate(made.text("/id"));
            is(&maker.post(&path, &json!({})).await, 403, "not_granted");
        }
        let path = rotate(earlier.text("/id"));
        maker.post(&path, &json!({})).await.expect(201);
    });
}

#[test]
fn a_key_that_is_being_replaced_has_its_successor_and_no_other() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let key = json!({"name": "Till", "scopes": ["members:read"]});
        let made = tenant.api.post("/v1/api-keys", &key).await.expect(201);
        let path = format!("/v1/api-keys/{}/rotate", made.text("/id"));
        let first = tenant.api.post(&path, &json!({})).await.expect(201);
        assert_eq!(first.json["expires_at"], Value::Null);
        is(
            &tenant.api.post(&path, &json!({})).await,
            409,
            "invalid_state",
        );
        let path = format!("/v1/api-keys/{}/rotate", first.text("/id"));
        let second = tenant.api.post(&path, &json!({})).await.expect(201);
        assert_eq!(second.json["expires_at"], Value::Null);
    });
}

#[test]
fn an_address_of_ipv4_in_the_clothes_of_ipv6_is_that_address() {
    block_on(async {
        let tenant = TestTenant::new().await;
        for (written, shown) in [
            ("::ffff:127.0.0.1", "127.0.0.1"),
            ("::ffff:7f00:1", "127.0.0.1"),
            ("::ffff:127.0.0.0/104", "127.0.0.0/8"),
        ] {
            let addresses = json!({"addresses": [written]});
            let key = tenant.restricted(&["members:read"], addresses).await;
            key.get("/v1/tenant").await.expect(200);
            let keys = tenant.api.get("/v1/api-keys?limit=200").await.json;
            let last = keys["data"].as_array().unwrap().last().unwrap().clone();
            assert_eq!(last["addresses"], json!([shown]));
        }
    });
}
