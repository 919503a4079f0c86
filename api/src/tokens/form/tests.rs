//! Forms of token requests, as libraries write them and as they must not be.

use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Client, Form};

fn refused(text: &str) -> (u16, Option<&'static str>) {
    let problem = Form::parse(text).expect_err(text);
    (problem.kind.status(), problem.oauth_error)
}

fn headers(values: &[String]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for value in values {
        headers.append(
            AUTHORIZATION,
            HeaderValue::from_str(value).expect("a header"),
        );
    }
    headers
}

fn basic(text: &str) -> String {
    format!("Basic {}", STANDARD.encode(text))
}

#[test]
fn a_form_is_read() {
    let text = "grant_type=client_credentials&scope=purchases%3Aread+members%3Aread&audience=x&audience=y&tenant=";
    let form = Form::parse(text).expect("a good form");
    let scopes = form.scopes().expect("known").expect("named");
    assert_eq!(scopes.names(), ["purchases:read", "members:read"]);
    assert_eq!((form.tenant(), form.client_id), (None, None));
}

#[test]
fn what_breaks_the_rules_is_named_by_its_code() {
    for (text, error) in [
        ("", "invalid_request"),
        ("grant_type=", "invalid_request"),
        ("scope=x", "invalid_request"),
        ("grant_type=password", "unsupported_grant_type"),
        (
            "grant_type=client_credentials&grant_type=client_credentials",
            "invalid_request",
        ),
        (
            "grant_type=client_credentials&client_id=a&client_id=b",
            "invalid_request",
        ),
    ] {
        assert_eq!(refused(text), (400, Some(error)), "{text}");
    }
    for scope in [
        "everything",
        "purchases:read,members:read",
        "purchases:read  members:read",
        "PURCHASES:READ",
    ] {
        let form = Form {
            scope: Some(scope.to_owned()),
            ..Form::default()
        };
        let problem = form.scopes().expect_err(scope);
        assert_eq!(problem.oauth_error, Some("invalid_scope"), "{scope}");
    }
}

#[test]
fn a_client_names_itself_once() {
    let client = |id: &str, secret: &str| Client {
        id: id.to_owned(),
        secret: secret.to_owned(),
    };
    let form = |id: Option<&str>, secret: Option<&str>| Form {
        client_id: id.map(str::to_owned),
        client_secret: secret.map(str::to_owned),
        ..Form::default()
    };
    let found = form(Some("key_1"), Some("s")).client(&headers(&[]));
    assert_eq!(found, Ok(client("key_1", "s")));
    for text in ["key_1:s", "key%5F1:s", "%6bey_1:%73"] {
        let found = form(None, None).client(&headers(&[basic(text)]));
        assert_eq!(found, Ok(client("key_1", "s")), "{text}");
    }
    let found = form(Some("key_1"), None).client(&headers(&[basic("key_1:s")]));
    assert_eq!(
        found,
        Ok(client("key_1", "s")),
        "named again, which does no harm"
    );
    let found = form(None, None).client(&headers(&[basic("key_1:a:b")]));
    assert_eq!(found, Ok(client("key_1", "a:b")));
    for (form, values, status) in [
        (form(None, None), vec![], 401),
        (form(Some("key_1"), None), vec![], 401),
        (form(None, Some("s")), vec![], 401),
        (form(Some("key_2"), None), vec![basic("key_1:s")], 401),
        (form(Some("key_1"), Some("s")), vec![basic("key_1:s")], 400),
        (
            form(None, None),
            vec![basic("key_1:s"), basic("key_1:s")],
            400,
        ),
        (form(None, None), vec!["Bearer x".to_owned()], 401),
        (form(None, None), vec!["Basic !!!".to_owned()], 401),
        (form(None, None), vec![basic("nothing")], 401),
        (form(None, None), vec![basic("a&x=b:s")], 401),
    ] {
        let problem = form.client(&headers(&values)).expect_err("refused");
        assert_eq!(problem.kind.status(), status, "{form:?} {values:?}");
    }
}
