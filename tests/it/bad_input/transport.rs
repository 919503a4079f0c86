//! Bodies, paths, parameters and methods that are wrong before anything is understood.

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::json;

use super::{Case, refused, shape};
use crate::harness::{TestTenant, block_on, node};

fn post(name: &str, body: &[u8], status: u16, code: &'static str) -> Case {
    Case {
        name: name.to_owned(),
        method: Method::POST,
        path: "/v1/purchases".to_owned(),
        body: body.to_vec(),
        status,
        code,
        fault: ("", ""),
    }
}

fn read(method: Method, path: &str, status: u16, code: &'static str) -> Case {
    Case {
        name: format!("{method} {path}"),
        method,
        path: path.to_owned(),
        body: Vec::new(),
        status,
        code,
        fault: ("", ""),
    }
}

/// What is wrong, the body, and the answer.
const BODIES: &[(&str, &[u8], u16, &str)] = &[
    ("empty", b"", 400, "malformed_json"),
    (
        "a trailing comma",
        b"{\"store\":\"a\",}",
        400,
        "malformed_json",
    ),
    ("garbage after the end", b"{} x", 400, "malformed_json"),
    ("a comment", b"{/**/}", 400, "malformed_json"),
    ("single quotes", b"{'store':'a'}", 400, "malformed_json"),
    (
        "a byte order mark",
        b"\xef\xbb\xbf{}",
        400,
        "malformed_json",
    ),
    (
        "no UTF-8",
        b"{\"store\":\"\xff\xfe\"}",
        400,
        "malformed_json",
    ),
    (
        "an overlong zero",
        b"{\"store\":\"\xc0\x80\"}",
        400,
        "malformed_json",
    ),
    (
        "a surrogate in UTF-8",
        b"{\"store\":\"\xed\xa0\x80\"}",
        400,
        "malformed_json",
    ),
    (
        "a lone surrogate",
        b"{\"store\":\"\\ud800\"}",
        400,
        "malformed_json",
    ),
    (
        "surrogates in the wrong order",
        b"{\"store\":\"\\udc00\\ud800\"}",
        400,
        "malformed_json",
    ),
    (
        "a raw control character",
        b"{\"store\":\"\x01\"}",
        400,
        "malformed_json",
    ),
    (
        "a key twice",
        b"{\"store\":\"a\",\"store\":\"b\"}",
        400,
        "duplicate_key",
    ),
    (
        "a key twice inside",
        b"{\"lines\":[{\"quantity\":1,\"quantity\":1}]}",
        400,
        "duplicate_key",
    ),
    ("null", b"null", 422, "validation_failed"),
    ("a text", b"\"x\"", 422, "validation_failed"),
    ("a number", b"1", 422, "validation_failed"),
    ("a truth", b"true", 422, "validation_failed"),
    ("a list", b"[1,null]", 422, "validation_failed"),
    ("an empty list", b"[]", 422, "validation_failed"),
];

#[test]
fn bodies_that_are_no_receipts() {
    block_on(async {
        let deep = format!("{{\"lines\":{}1{}}}", "[".repeat(200), "]".repeat(200));
        let deeper = format!("{{\"x\":{}", "[".repeat(100_000));
        let digits = format!("{{\"store\":{}}}", "9".repeat(100_000));
        let long = format!("{{\"store\":\"{}\"}}", "x".repeat(300 * 1024));
        let mut cases = vec![
            post("too large", long.as_bytes(), 413, "body_too_large"),
            post("too deep", deep.as_bytes(), 422, "validation_failed"),
            post(
                "deep in an unknown field",
                deeper.as_bytes(),
                422,
                "validation_failed",
            ),
            post(
                "100,000 digits",
                digits.as_bytes(),
                422,
                "validation_failed",
            ),
        ];
        for (name, body, status, code) in BODIES {
            cases.push(post(name, body, *status, code));
        }
        refused(&TestTenant::new().await, cases).await;
    });
}

/// Lists take few parameters, each once and within its bounds.
const PARAMETERS: [(&str, &str); 13] = [
    ("/v1/purchases?limit=0", "invalid_parameter"),
    ("/v1/purchases?limit=-1", "invalid_parameter"),
    ("/v1/purchases?limit=201", "invalid_parameter"),
    ("/v1/purchases?limit=1e2", "invalid_parameter"),
    ("/v1/purchases?limit=abc", "invalid_parameter"),
    ("/v1/purchases?limit=1&limit=2", "invalid_parameter"),
    ("/v1/purchases?colour=red", "invalid_parameter"),
    ("/v1/purchases?cursor=", "invalid_cursor"),
    ("/v1/purchases?cursor=AAAA", "invalid_cursor"),
    ("/v1/stores?cursor=%00", "invalid_cursor"),
    ("/v1/tenant?colour=red", "invalid_parameter"),
    ("/v1/members?card=1&phone=2", "invalid_parameter"),
    ("/v1/members", "invalid_parameter"),
];

/// What looks like a path and is none.
const NOWHERE: [&str; 9] = [
    "/v1/members/",
    "//v1/members",
    "/V1/members",
    "/v1/purchases/",
    "/nothing",
    "/v1/tenant;a=b",
    "/v1/program/versions/0",
    "/v1/program/versions/abc",
    "/v1/program/versions/99999999999999999999",
];

#[test]
fn places_and_parameters_that_do_not_exist() {
    block_on(async {
        let mut cases = Vec::new();
        for (path, code) in PARAMETERS {
            cases.push(read(Method::GET, path, 400, code));
        }
        for path in NOWHERE {
            cases.push(read(Method::GET, path, 404, "not_found"));
        }
        let long = "x".repeat(300);
        for id in [
            "%00", "%ff", "%2e%2e", "%2f", "%0d%0a", "mem_", "1", "pur_", "%20", &long,
        ] {
            let path = format!("/v1/purchases/{id}");
            cases.push(read(Method::GET, &path, 404, "not_found"));
            let path = format!("/v1/members/{id}/balances");
            cases.push(read(Method::GET, &path, 404, "not_found"));
        }
        let other_methods = [
            (Method::DELETE, "/v1/purchases"),
            (Method::TRACE, "/v1/purchases"),
            (Method::GET, "/v1/quotes"),
        ];
        for (method, path) in other_methods {
            cases.push(read(method, path, 405, "method_not_allowed"));
        }
        refused(&TestTenant::new().await, cases).await;
    });
}

#[test]
fn other_media_types() {
    block_on(async {
        let tenant = TestTenant::new().await;
        for (media, status) in [
            ("text/plain", 415),
            ("application/json; charset=utf-16", 415),
            ("application/xml", 415),
            ("application/json; charset=utf-8", 422),
            ("application/json", 422),
        ] {
            let request = tenant.api.request(Method::POST, "/v1/quotes").body("{}");
            let answer = tenant.api.send(request.header(CONTENT_TYPE, media)).await;
            assert_eq!(answer.status, status, "{media}: {answer}");
            assert!(shape(&answer).is_empty(), "{media}: {answer}");
        }
        let request = tenant
            .api
            .request(Method::POST, "/v1/quotes")
            .json(&json!({}));
        let answer = tenant
            .api
            .send(request.header("Content-Encoding", "gzip"))
            .await;
        assert_eq!(
            (answer.status, answer.code()),
            (415, "unsupported_media_type"),
            "{answer}"
        );
        let request = tenant.api.request(Method::POST, "/v1/quotes").body("{}");
        assert_eq!(
            tenant.api.send(request).await.status,
            415,
            "no content type"
        );
    });
}

#[test]
fn a_method_that_is_not_allowed_names_those_that_are() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let answer = tenant.api.delete("/v1/purchases").await.expect(405);
        let allowed = answer.header("allow");
        assert!(
            allowed.contains("GET") && allowed.contains("POST"),
            "{allowed}"
        );
    });
}

#[test]
fn the_head_of_a_read_is_that_of_its_answer() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let head = async |path: &str| {
            let request = tenant.api.request(Method::HEAD, path);
            tenant.api.send(request).await
        };
        for path in [
            "/v1/stores",
            "/v1/tenant",
            "/livez",
            "/v1/openapi.json",
            "/docs/",
        ] {
            let (whole, only) = (tenant.api.get(path).await, head(path).await);
            assert_eq!((whole.status, only.status), (200, 200), "{path}: {only}");
            assert!(only.body.is_empty(), "{path}");
            for name in ["content-type", "content-length", "etag", "ratelimit-policy"] {
                assert_eq!(whole.header(name), only.header(name), "{path}: {name}");
            }
        }
        for (path, status) in [
            ("/v1/members/mem_00000000000000000000000000", 404),
            ("/v1/stores?zzz=1", 400),
            ("/v1/quotes", 405),
            ("/v1/nowhere", 404),
        ] {
            let only = head(path).await;
            assert_eq!((only.status, only.body.len()), (status, 0), "{path}");
            assert_eq!(only.header("content-type"), "application/problem+json");
        }
        let nobody = tenant.api.with_key("");
        let stranger = nobody.request(Method::HEAD, "/v1/stores");
        assert_eq!(nobody.send(stranger).await.status, 401);
    });
}

#[test]
fn a_request_id_is_taken_over_only_if_it_is_harmless() {
    block_on(async {
        let nobody = node().nobody();
        for (given, is_kept) in [
            ("till-7_a", true),
            ("a b", false),
            ("a;b", false),
            (&"x".repeat(65), false),
        ] {
            let request = nobody
                .request(Method::GET, "/v1/tenant")
                .header("X-Request-Id", given);
            let answer = nobody.send(request).await;
            let shown = answer.header("x-request-id");
            assert_eq!(shown == given, is_kept, "{given}: {shown}");
            assert!(!shown.is_empty());
        }
    });
}

#[test]
fn a_long_uri_is_refused() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let path = format!("/v1/purchases?cursor={}", "x".repeat(9 * 1024));
        let answer = tenant.api.get(&path).await;
        assert_eq!(answer.status, 414, "{answer}");
    });
}

#[test]
fn counters_are_for_the_operator_only() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let operator = node().operator();
        let counters = operator.get("/metrics").await.expect(200);
        assert!(
            counters
                .header("content-type")
                .starts_with("application/openmetrics-text")
        );
        for api in [node().nobody(), tenant.api.clone()] {
            let answer = api.get("/metrics").await.expect(404);
            assert_eq!(answer.code(), "not_found");
        }
    });
}
