//! Only harmless request ids are taken over, and what a handler breaks is answered like everything else.

use actix_web::body::to_bytes;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::middleware::from_fn;
use actix_web::test::{TestRequest, init_service, try_call_service};
use actix_web::web::{get, resource};
use actix_web::{App as HttpApp, HttpResponse};
use serde_json::{Value, json};

use super::{REQUEST_ID, edge, is_harmless};

async fn panics() -> HttpResponse {
    panic!("secret words of the inside")
}

/// The answer as the client sees it: status, request id, content type and body.
async fn answer(path: &str) -> (u16, String, String, Value) {
    let app = HttpApp::new()
        .service(resource("/panics").route(get().to(panics)))
        .service(
            resource("/lives").route(get().to(|| async { HttpResponse::Ok().json(json!({})) })),
        )
        .wrap(from_fn(edge));
    let service = init_service(app).await;
    let request = TestRequest::get()
        .uri(path)
        .insert_header((REQUEST_ID, "till-7"));
    // The server turns an error that reaches it into its response just so.
    let response = match try_call_service(&service, request.to_request()).await {
        Ok(response) => response.into_parts().1.map_into_boxed_body(),
        Err(error) => error.error_response(),
    };
    let header = |name| {
        let value = response.headers().get(name);
        value
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned()
    };
    let (status, id, kind) = (
        response.status().as_u16(),
        header(REQUEST_ID),
        header(CONTENT_TYPE),
    );
    let body = to_bytes(response.into_body()).await.ok().unwrap();
    (status, id, kind, serde_json::from_slice(&body).unwrap())
}

#[actix_web::test]
async fn a_panic_is_a_problem_that_tells_nothing_of_the_inside() {
    for _ in 0..2 {
        let (status, id, kind, problem) = answer("/panics").await;
        assert_eq!(
            (status, id.as_str(), kind.as_str()),
            (500, "till-7", "application/problem+json")
        );
        assert_eq!(problem["status"], 500);
        assert_eq!(problem["code"], "internal");
        assert_eq!(problem["request_id"], "till-7");
        let text = problem.to_string();
        assert!(
            !text.contains("secret") && !text.contains("panic"),
            "{text}"
        );
        assert_eq!(answer("/lives").await.0, 200);
    }
}

#[test]
fn request_ids_are_short_and_plain() {
    for (value, taken) in [
        ("a", true),
        ("A-z_09", true),
        ("", false),
        ("a b", false),
        ("a\r\nSet-Cookie: x", false),
        ("é", false),
        ("a.b", false),
    ] {
        assert_eq!(is_harmless(value), taken, "{value}");
    }
    assert!(is_harmless(&"x".repeat(64)));
    assert!(!is_harmless(&"x".repeat(65)));
}
