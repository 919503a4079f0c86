//! Who guesses secrets is told to wait, and learns nothing.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;

use crate::harness::forge::with_wrong_secret;
use crate::harness::{Answer, Node, TestTenant, block_on, node};

/// The first five are looked at, the others have to wait.
fn judge(number: u32, answer: &Answer) {
    let found = (answer.status, answer.code());
    if number < 5 {
        assert_eq!(found, (401, "invalid_credentials"), "{number}: {answer}");
        return;
    }
    assert_eq!(found, (429, "rate_limited"), "{number}: {answer}");
    let wait: u64 = answer.header("retry-after").parse().unwrap();
    assert!((1..=61).contains(&wait), "{wait}");
}

#[test]
fn the_sixth_wrong_secret_of_a_minute_has_to_wait() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let till = tenant.key(&["members:read"]).await;
        till.get("/v1/tenant").await.expect(200);
        // An id that nobody has is answered the same way.
        let unused = api::clock::new_id();
        let unused = domain::id::ApiKeyId::from_uuid(unused).to_string();
        let (head, tail) = (&till.key[..9], &till.key[9 + 26..]);
        let nobodys = format!("{head}{}{tail}", unused.trim_start_matches("key_"));
        let mut bodies = Vec::new();
        for key in [&till.key, &nobodys] {
            for number in 0..8 {
                let guess = till.with_key(&with_wrong_secret(key, number));
                let answer = guess.get("/v1/tenant").await;
                judge(number, &answer);
                bodies.push((number, answer.without_request_id()));
            }
        }
        let (known, unknown) = bodies.split_at(8);
        assert_eq!(known, unknown, "a key that exists is told apart");
        // The owner, whose secret was seen to be right, is not kept out.
        till.get("/v1/tenant").await.expect(200);
        tenant.api.get("/v1/tenant").await.expect(200);
    });
}

#[test]
fn a_flood_of_guesses_keeps_nobody_else_waiting() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let till = tenant.key(&["members:read"]).await;
        let other = tenant.key(&["members:read"]).await;
        let guess = async |number: u32| {
            let guess = till.with_key(&with_wrong_secret(&till.key, number));
            guess.get("/v1/tenant").await.status
        };
        let guesses = join_all((0..200).map(guess));
        let neighbour = async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            let started = std::time::Instant::now();
            other.get("/v1/tenant").await.expect(200);
            started.elapsed()
        };
        let (statuses, waited) = tokio::join!(guesses, neighbour);
        let hashed = statuses.iter().filter(|status| **status == 401).count();
        // Two hashes run at once, so one may be on its way when the fifth is noted.
        assert!((5..=6).contains(&hashed), "{hashed} secrets were hashed");
        assert!(statuses.iter().all(|status| [401, 429].contains(status)));
        assert!(waited < Duration::from_secs(2), "{waited:?}");
    });
}

#[test]
fn a_wrong_secret_for_a_token_counts_like_any_other() {
    block_on(async {
        let fresh = Node::start(node().cluster).await;
        let tenant = TestTenant::new().await;
        let till = tenant.key(&["members:read"]).await.at(&fresh.base);
        for number in 0..6 {
            let wrong = with_wrong_secret(&till.key, number);
            let answer = crate::tokens::ask(&till.with_key(&wrong), &[]).await;
            let expected = if number < 5 {
                (401, "invalid_client")
            } else {
                (429, "temporarily_unavailable")
            };
            assert_eq!(
                (answer.status, answer.json["error"].as_str().unwrap()),
                expected,
                "{answer}"
            );
        }
        let blocked = till.get("/v1/tenant").await;
        assert_eq!(
            blocked.status, 429,
            "this node has not seen the right secret: {blocked}"
        );
        let body = json!({"name": "Test"});
        assert_eq!(
            till.with_key("").post("/v1/stores", &body).await.status,
            401
        );
        fresh.server.stop().await;
    });
}
