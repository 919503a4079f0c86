//! Where webhooks may not go, when an endpoint is made and when it is called.

use serde_json::json;

use super::{arrive, listen, path};
use crate::books::wait_until;
use crate::harness::receiver::{self, received};
use crate::harness::{TestTenant, block_on, node, sql};

#[test]
fn an_endpoint_that_is_not_public_is_refused() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let owner = node().cluster.owner().await;
        let before = sql::digest(&owner, tenant.number).await;
        let long = format!("https://example.com/{}", "a".repeat(3_000));
        for url in [
            "http://example.com/",
            "ftp://example.com/",
            "file:///etc/passwd",
            "gopher://example.com/",
            "http://127.0.0.1/",
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://0x7f000001/",
            "https://2130706433/",
            "https://127.1/",
            "https://169.254.169.254/latest/meta-data/",
            "https://metadata.google.internal/",
            "https://localhost/",
            "https://user:pass@example.com/",
            "https://example.com:22/",
            "https://example.com:6379/",
            "https://example.com:5432/",
            "https://ex\u{430}mple.com/",
            "https:example.com/",
            "https:/example.com/",
            "https:///example.com/",
            "https:\\\\example.com/",
            "https://a..b/",
            "https://.example.com/",
            "https://example.com../",
            "https://-a.example.com/",
            "https://a-.example.com/",
            "https://ex%41%20mple.com/",
            &format!("https://{}.com/", "a".repeat(64)),
            &format!("https://{}com/", "a.".repeat(126)),
            // A name of 254 characters.
            &format!("https://{}ab/", "a.".repeat(126)),
            "not a url",
            "",
            &long,
        ] {
            let endpoint = json!({"url": url});
            let refused = tenant.api.post("/v1/webhook-endpoints", &endpoint).await;
            let told = (refused.status, refused.code());
            assert_eq!(told, (422, "url_not_allowed"), "{url}: {refused}");
            assert_eq!(refused.faults()[0].0, "/url");
        }
        assert_eq!(sql::digest(&owner, tenant.number).await, before);
        for public in [
            "https://example.com/hook",
            &format!("https://{}.com/", "a".repeat(63)),
            &format!("https://{}a/", "a.".repeat(126)),
        ] {
            let endpoint = json!({"url": public});
            let made = tenant.api.post("/v1/webhook-endpoints", &endpoint).await;
            made.expect(201);
        }
    });
}

#[test]
fn an_endpoint_that_leads_inside_by_now_is_not_called() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let path = path("ok");
        let made = listen(&tenant.api, &path, json!([])).await.text("/id");
        let owner = node().cluster.owner().await;
        // The same receiver under a name that nobody vouches for.
        let url = receiver::url(&path).replace("127.0.0.1", "localhost");
        let update = "update webhook_endpoints set url = $2 where tenant_id = $1";
        owner
            .execute(update, &[&tenant.number, &url])
            .await
            .unwrap();
        tenant.member().await;
        receiver::deliver(node().cluster);
        let deliveries = format!("/v1/webhook-endpoints/{made}/deliveries");
        wait_until("the delivery was tried", || async {
            let listed = tenant.api.get(&deliveries).await.expect(200).json;
            listed["data"][0]["error"] == "blocked_ip"
        })
        .await;
        assert_eq!(received(&path).len(), 0);
        let back = receiver::url(&path);
        owner
            .execute(update, &[&tenant.number, &back])
            .await
            .unwrap();
        super::faults::hurry(&tenant).await;
        arrive(&path, 1).await;
    });
}
