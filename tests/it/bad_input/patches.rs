//! Merge patches: what they may be called, and names that nothing has.

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use crate::harness::call::Api;
use crate::harness::{Answer, TestTenant, block_on, node};

/// Each thing that can be patched, and who may.
async fn patchable(tenant: &TestTenant) -> Vec<(Api, String)> {
    let store = tenant.api.get("/v1/stores").await.text("/data/0/id");
    let member = tenant.member().await;
    vec![
        (tenant.api.clone(), "/v1/tenant".to_owned()),
        (node().operator(), format!("/v1/tenants/{}", tenant.id)),
        (tenant.api.clone(), format!("/v1/stores/{store}")),
        (tenant.api.clone(), format!("/v1/members/{member}")),
    ]
}

async fn patched((api, path): &(Api, String), media: &str, patch: &Value) -> Answer {
    let present = api.get(path).await.expect(200);
    let request = api.request(Method::PATCH, path).header(CONTENT_TYPE, media);
    let request = request.header("If-Match", present.header("etag"));
    api.send(request.body(patch.to_string())).await
}

#[test]
fn a_merge_patch_may_be_called_what_it_is() {
    block_on(async {
        let tenant = TestTenant::new().await;
        for place in patchable(&tenant).await {
            for media in [
                "application/merge-patch+json",
                "application/merge-patch+json; charset=utf-8",
                "application/json",
            ] {
                patched(&place, media, &json!({})).await.expect(200);
            }
            for media in ["application/json-patch+json", "text/plain"] {
                patched(&place, media, &json!({})).await.expect(415);
            }
        }
        let post = tenant.api.request(Method::POST, "/v1/members").body("{}");
        let post = post.header(CONTENT_TYPE, "application/merge-patch+json");
        tenant.api.send(post).await.expect(415);
    });
}

#[test]
fn a_name_that_nothing_has_is_refused_whatever_its_value() {
    block_on(async {
        let tenant = TestTenant::new().await;
        for place in patchable(&tenant).await {
            for value in [Value::Null, json!(1), json!({"a": null})] {
                let patch = json!({"zzz": value});
                let answer = patched(&place, "application/json", &patch)
                    .await
                    .expect(422);
                let fault = ("/zzz".to_owned(), "unknown_field".to_owned());
                assert_eq!(answer.faults(), [fault], "{}: {answer}", place.1);
            }
        }
        let place = (tenant.api.clone(), "/v1/tenant".to_owned());
        let inner = json!({"adjustments": {"zzz": null}});
        let answer = patched(&place, "application/json", &inner)
            .await
            .expect(422);
        let fault = ("/adjustments/zzz".to_owned(), "unknown_field".to_owned());
        assert_eq!(answer.faults(), [fault], "{answer}");
        let absent = json!({"receipt_max_age_days": null});
        patched(&place, "application/json", &absent)
            .await
            .expect(200);
    });
}
