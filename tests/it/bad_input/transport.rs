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

#[test]
fn bodies_that_are_no_receipts() {
    block_on(async {
        let deep = format!("{{\"lines\":{}1{}}}", "[".repeat(200), "]".repeat(200));
        let deeper = format!("{{\"x\":{}", "[".repeat(100_000));
        let digits = format!("{{\"store\":{}}}", "9".repeat(100_000));
        let long = format!("{{\"store\":\"{}\"}}", "x".repeat(300 * 1024));
        let mut cases = vec![
            post("empty", b"", 400, "malformed_json"),
            post(
                "a trailing comma",
                b"{\"store\":\"a\",}",
                400,
                "malformed_json",
            ),
            post("garbage after the end", b"{} x", 400, "malformed_json"),
            post("a comment", b"{/**/}", 400, "malformed_json"),
            post("single quotes", b"{'store':'a'}", 400, "malformed_json"),
            post(
                "a byte order mark",
                b"\xef\xbb\xbf{}",
                400,
                "malformed_json",
            ),
            post(
                "no UTF-8",
                b"{\"store\":\"\xff\xfe\"}",
                400,
                "malformed_json",
            ),
            post(
                "an overlong zero",
                b"{\"store\":\"\xc0\x80\"}",
                400,
                "malformed_json",
            ),
            post(
                "a surrogate in UTF-8",
                b"{\"store\":\"\xed\xa0\x80\"}",
                400,
                "malformed_json",
            ),
            post(
                "a lone surrogate",
                b"{\"store\":\"\\ud800\"}",
                400,
                "malformed_json",
            ),
            post(
                "surrogates in the wrong order",
                b"{\"store\":\"\\udc00\\ud800\"}",
                400,
                "malformed_json",
            ),
            post(
                "a raw control character",
                b"{\"store\":\"\x01\"}",
                400,
                "malformed_json",
            ),
            post(
                "a key twice",
                b"{\"store\":\"a\",\"store\":\"b\"}",
                400,
                "duplicate_key",
            ),
            post(
                "a key twice inside",
                b"{\"lines\":[{\"quantity\":1,\"quantity\":1}]}",
                400,
                "duplicate_key",
            ),
            post("too large", long.as_bytes(), 413, "body_too_large"),
            post("too deep", deep.as_bytes(), 422, "validation_failed"),
            post(
                "100,000 deep in an unknown field",
                deeper.as_bytes(),
                422,
                "validation_failed",
            ),
            post(
                "a number of 100,000 digits",
                digits.as_bytes(),
                422,
                "validation_failed",
            ),
        ];
        for text in ["null", "\"x\"", "1", "true", "[1,null]", "[]"] {
            cases.push(post(text, text.as_bytes(), 422, "validation_failed"));
        }
        refused(&TestTenant::new().await, cases).await;
    });
}

#[test]
fn places_and_parameters_that_do_not_exist() {
    block_on(async {
        let mut cases = vec![
            read(
                Method::GET,
                "/v1/purchases?limit=0",
                400,
                "invalid_parameter",
            ),
            read(
                Method::GET,
                "/v1/purchases?limit=-1",
                400,
                "invalid_parameter",
            ),
            read(
                Method::GET,
                "/v1/purchases?limit=201",
                400,
                "invalid_parameter",
            ),
            read(
                Method::GET,
                "/v1/purchases?limit=1e2",
                400,
                "invalid_parameter",
            ),
            read(
                Method::GET,
                "/v1/purchases?limit=abc",
                400,
                "invalid_parameter",
            ),
            read(
                Method::GET,
                "/v1/purchases?limit=1&limit=2",
                400,
                "invalid_parameter",
            ),
            read(
                Method::GET,
                "/v1/purchases?colour=red",
                400,
                "invalid_parameter",
            ),
            read(Method::GET, "/v1/purchases?cursor=", 400, "invalid_cursor"),
            read(
                Method::GET,
                "/v1/purchases?cursor=AAAA",
                400,
                "invalid_cursor",
            ),
            read(Method::GET, "/v1/stores?cursor=%00", 400, "invalid_cursor"),
            read(
                Method::GET,
                "/v1/tenant?colour=red",
                400,
                "invalid_parameter",
            ),
            read(
                Method::GET,
                "/v1/members?card=1&phone=2",
                400,
                "invalid_parameter",
            ),
            read(Method::GET, "/v1/members", 400, "invalid_parameter"),
            read(Method::DELETE, "/v1/purchases", 405, "method_not_allowed"),
            read(Method::TRACE, "/v1/purchases", 405, "method_not_allowed"),
            read(Method::GET, "/v1/quotes", 405, "method_not_allowed"),
            read(Method::GET, "/v1/program/versions/0", 404, "not_found"),
            read(Method::GET, "/v1/program/versions/abc", 404, "not_found"),
            read(
                Method::GET,
                "/v1/program/versions/99999999999999999999",
                404,
                "not_found",
            ),
        ];
        let long = "x".repeat(300);
        for id in [
            "%00", "%ff", "%2e%2e", "%2f", "%0d%0a", "mem_", "1", "pur_", "%20", &long,
        ] {
            let path = format!("/v1/purchases/{id}");
            cases.push(read(Method::GET, &path, 404, "not_found"));
            let path = format!("/v1/members/{id}/balances");
            cases.push(read(Method::GET, &path, 404, "not_found"));
        }
        for path in [
            "/v1/members/",
            "//v1/members",
            "/V1/members",
            "/v1/purchases/",
            "/nothing",
            "/v1/tenant;a=b",
        ] {
            cases.push(read(Method::GET, path, 404, "not_found"));
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
