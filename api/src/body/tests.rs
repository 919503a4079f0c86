//! Rows of what callers send: the text, then the status, the code and the first pointer.

use serde::Deserialize;

use super::{is_in_utf8, parse};
use crate::problem::Problem;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sample {
    #[serde(rename = "amount")]
    _amount: i64,
    #[serde(default, rename = "lines")]
    _lines: Vec<Line>,
    #[serde(default, rename = "metadata")]
    _metadata: serde_json::Value,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    #[serde(rename = "quantity")]
    _quantity: u8,
}

fn refused(bytes: &[u8]) -> Problem {
    match parse::<Sample>(bytes) {
        Ok(sample) => panic!("accepted: {sample:?}"),
        Err(problem) => problem,
    }
}

#[test]
fn unreadable_bodies_are_400() {
    let cases: &[&[u8]] = &[
        b"",
        b"{",
        b"{\"amount\":1,}",
        b"{\"amount\":1} x",
        b"{\"amount\":1}}",
        b"{'amount':1}",
        b"{\"amount\":01}",
        b"{\"amount\":+1}",
        b"{\"amount\":0x10}",
        b"{\"amount\":NaN}",
        b"// hi\n{\"amount\":1}",
        b"\xef\xbb\xbf{\"amount\":1}",
        b"{\"amount\":1,\"metadata\":\"\xff\xfe\"}",
        b"{\"amount\":1,\"metadata\":\"\xc0\x80\"}",
        b"{\"amount\":1,\"metadata\":\"\xed\xa0\x80\"}",
        b"{\"amount\":1,\"metadata\":\"\\ud800\"}",
        b"{\"amount\":1,\"metadata\":\"\\udc00\\ud800\"}",
        b"{\"amount\":1,\"metadata\":\"\x01\"}",
    ];
    for bytes in cases {
        let problem = refused(bytes);
        let text = String::from_utf8_lossy(bytes);
        assert_eq!(problem.kind.code(), "malformed_json", "{text}: {problem}");
    }
}

#[test]
fn a_key_twice_is_400_at_any_depth() {
    for text in [
        r#"{"amount":1,"amount":2}"#,
        r#"{"amount":1,"metadata":{"a":1,"a":2}}"#,
        r#"{"amount":1,"metadata":[{"a":{"b":1,"\u0062":2}}]}"#,
        r#"{"amount":1,"nope":{"a":1,"a":2}}"#,
    ] {
        assert_eq!(
            refused(text.as_bytes()).kind.code(),
            "duplicate_key",
            "{text}"
        );
    }
}

#[test]
fn readable_but_wrong_bodies_are_422_with_their_pointer() {
    let deep = format!(
        r#"{{"amount":1,"metadata":{}{}}}"#,
        "[".repeat(200),
        "]".repeat(200)
    );
    let digits = format!(r#"{{"amount":{}}}"#, "9".repeat(100_000));
    for (text, code, pointer) in [
        ("null", "invalid_type", ""),
        ("\"x\"", "invalid_type", ""),
        ("1", "invalid_type", ""),
        ("[1,null,null]", "invalid_type", ""),
        ("{}", "required", "/amount"),
        (r#"{"amount":"1"}"#, "invalid_type", "/amount"),
        (r#"{"amount":1.5}"#, "invalid_type", "/amount"),
        (r#"{"amount":1.0}"#, "invalid_type", "/amount"),
        (r#"{"amount":1e2}"#, "invalid_type", "/amount"),
        (r#"{"amount":null}"#, "invalid_type", "/amount"),
        (r#"{"amount":1e400}"#, "out_of_range", "/amount"),
        (
            r#"{"amount":9223372036854775808}"#,
            "out_of_range",
            "/amount",
        ),
        (digits.as_str(), "out_of_range", "/amount"),
        (r#"{"amount":1,"nope":2}"#, "unknown_field", "/nope"),
        (r#"{"amount":1,"a/b~c":2}"#, "unknown_field", "/a~1b~0c"),
        (
            r#"{"amount":1,"lines":[{"quantity":1},{"quantity":300}]}"#,
            "out_of_range",
            "/lines/1/quantity",
        ),
        (
            r#"{"amount":1,"lines":[{"quantity":1,"tenant_id":3}]}"#,
            "unknown_field",
            "/lines/0/tenant_id",
        ),
        (
            r#"{"amount":1,"lines":[{}]}"#,
            "required",
            "/lines/0/quantity",
        ),
        (r#"{"amount":1,"lines":{}}"#, "invalid_type", "/lines"),
        (
            r#"{"amount":1,"metadata":"\u0000"}"#,
            "control_character",
            "/metadata",
        ),
        (
            r#"{"amount":1,"metadata":{"a":["\u0001"]}}"#,
            "control_character",
            "/metadata/a/0",
        ),
    ] {
        let problem = refused(text.as_bytes());
        let fault = problem.errors.first().expect("a fault");
        let shown: String = text.chars().take(80).collect();
        assert_eq!(problem.kind.status(), 422, "{shown}");
        assert_eq!(
            (fault.code.as_str(), fault.pointer.as_str()),
            (code, pointer),
            "{shown}"
        );
    }
    let fault = refused(deep.as_bytes()).errors.remove(0);
    assert_eq!(fault.code.as_str(), "too_deep");
}

#[test]
fn nesting_is_taken_up_to_sixteen() {
    let nested = |depth: usize| {
        let inner = depth - 1;
        format!(
            r#"{{"amount":1,"metadata":{}{}}}"#,
            "[".repeat(inner),
            "]".repeat(inner)
        )
    };
    assert!(parse::<Sample>(nested(16).as_bytes()).is_ok());
    for deep in [17, 200, 100_000] {
        let problem = refused(nested(deep).as_bytes());
        let fault = problem.errors.first().unwrap();
        assert_eq!(fault.code.as_str(), "too_deep", "{deep}");
    }
}

#[test]
fn long_input_is_not_shown_back() {
    let text = format!(r#"{{"amount":"{}"}}"#, "secret".repeat(1000));
    let problem = refused(text.as_bytes());
    assert!(
        problem.errors[0].detail.len() < 200,
        "{}",
        problem.errors[0].detail
    );
    assert!(problem.detail.len() < 300);
}

#[test]
fn a_long_name_is_cut_in_pointer_and_sentence() {
    let name = "x".repeat(200_000);
    let body = format!("{{\"amount\":1,\"{name}\":1}}");
    let problem = refused(body.as_bytes());
    let fault = problem.errors.first().unwrap();
    assert_eq!(fault.pointer, format!("/{}…", "x".repeat(64)));
    assert!(fault.detail.len() < 200, "{}", fault.detail);
    let body = format!("{{\"amount\":1,\"{}\":1}}", "y".repeat(64));
    let problem = refused(body.as_bytes());
    let fault = problem.errors.first().unwrap();
    assert_eq!(fault.pointer, format!("/{}", "y".repeat(64)));
}

#[test]
fn only_json_in_utf8_is_a_media_type() {
    for (value, accepted) in [
        ("application/json", true),
        ("Application/JSON", true),
        ("application/json; charset=utf-8", true),
        ("application/json;charset=\"UTF-8\"", true),
        ("application/json; charset=utf-16", false),
        ("text/plain", false),
        ("application/jsonx", false),
        ("", false),
    ] {
        assert_eq!(is_in_utf8(value, "application/json"), accepted, "{value}");
    }
}
