//! Every route with every kind of wrong caller and wrong input.

use crate::plan::{lesson, request};
use crate::running::{Running, problem, start};
use reqwest::{Method, StatusCode};
use wire::plan::Remedy;

/// The routes, with a body that would be right.
fn routes() -> Vec<(Method, String, String)> {
    let lesson = lesson("FAULT", "s", Remedy::Unknown, true);
    let json = |value: &serde_json::Value| value.to_string();
    vec![
        (Method::POST, "/v1/plans".into(), json(&serde_json::to_value(request("FAULT", "m")).expect("JSON"))),
        (Method::PUT, format!("/v1/lessons/{}", lesson.incident), json(&serde_json::to_value(&lesson).expect("JSON"))),
        (Method::GET, "/v1/documents".into(), String::new()),
        (Method::GET, "/v1/documents/sql-select-without-list".into(), String::new()),
        (Method::POST, "/v1/documents/seed".into(), "{}".into()),
        (Method::POST, "/v1/search".into(), r#"{"query": "a symptom"}"#.into()),
        (Method::GET, "/v1/status".into(), String::new()),
    ]
}

async fn service() -> Running {
    start(testkit::database().await.url()).ready().await
}

#[tokio::test]
async fn only_the_healer_and_operators_get_in() {
    let service = service().await;
    for (method, path, body) in routes() {
        let ask = async |token: Option<&str>| service.send(method.clone(), &path, token, &body).await;
        let wanted = (401, "unauthenticated".to_owned());
        assert_eq!(problem(&ask(None).await), wanted, "{method} {path} without a token");
        assert_eq!(problem(&ask(Some("wrong")).await), wanted, "{method} {path} with a wrong token");
        for other in ["nobody", "ingest", "patcher", "deployer", "front", "incident-store", "rag-gateway"] {
            let answer = ask(Some(&testkit::token(other))).await;
            assert_eq!(problem(&answer), (403, "forbidden".to_owned()), "{method} {path} as {other}");
        }
        for right in ["healer", "operator"] {
            let (status, text) = ask(Some(&testkit::token(right))).await;
            assert_eq!(status, StatusCode::OK, "{method} {path} as {right}: {text}");
        }
    }
}

#[tokio::test]
async fn bad_input_is_refused_with_a_problem() {
    let service = service().await;
    let large = format!("{{\"message\": \"{}\"}}", "x".repeat(2 << 20));
    for (method, path, _) in routes().into_iter().filter(|(method, ..)| *method != Method::GET) {
        // A seed of nothing is none that is wrong: it reads the folder again.
        let wrong: &[&str] =
            if path.ends_with("seed") { &["", "{", "null"] } else { &["", "{", "[]", "{}", "null", "\u{0}"] };
        for body in wrong {
            let answer = service.as_healer(method.clone(), &path, body).await;
            assert_eq!(problem(&answer), (400, "bad_request".into()), "{method} {path} with {body:?}");
        }
        assert_eq!(problem(&service.as_healer(method.clone(), &path, &large).await).0, 413, "{method} {path}");
        assert_eq!(problem(&service.as_healer(Method::DELETE, &path, "").await).0, 405, "DELETE {path}");
    }
    let told = serde_json::to_string(&lesson("FAULT", "s", Remedy::Unknown, true)).expect("JSON");
    let mut unbound = request("FAULT", "m");
    unbound.language = "x".repeat(100);
    let unbound = serde_json::to_string(&unbound).expect("JSON");
    let long = lesson("FAULT", &"x".repeat(100_000), Remedy::Unknown, true);
    let cases = [
        (Method::PUT, "/v1/lessons/not-an-id".to_owned(), told.clone(), 400),
        (Method::PUT, format!("/v1/lessons/{}", wire::IncidentId::fresh()), told, 400),
        (Method::PUT, format!("/v1/lessons/{}", long.incident), serde_json::to_string(&long).expect("JSON"), 400),
        (Method::POST, "/v1/plans".to_owned(), unbound, 400),
        (Method::GET, "/v1/documents?limit=many".to_owned(), String::new(), 400),
        (Method::GET, "/v1/nothing".to_owned(), String::new(), 404),
        (Method::GET, "/v1/documents/nothing".to_owned(), String::new(), 404),
        (Method::POST, "/v1/search".to_owned(), r#"{"query": " "}"#.to_owned(), 400),
        (Method::POST, "/v1/search".to_owned(), r#"{"query": "a", "colour": "red"}"#.to_owned(), 400),
        (Method::POST, "/v1/search".to_owned(), format!(r#"{{"query": "{}"}}"#, "x".repeat(10_000)), 400),
        (
            Method::POST,
            "/v1/documents/seed".to_owned(),
            r#"{"documents": [{"name": "a.md", "text": "none"}]}"#.to_owned(),
            400,
        ),
    ];
    for (method, path, body, wanted) in cases {
        assert_eq!(problem(&service.as_healer(method.clone(), &path, &body).await).0, wanted, "{method} {path}");
    }
}
