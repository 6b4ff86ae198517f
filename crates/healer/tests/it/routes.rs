//! The routes: who gets in, and what everybody else is told.

use crate::fleet::{Fleet, LIMIT};
use reqwest::{Method, StatusCode};
use wire::Problem;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_lets_in_its_roles_and_answers_the_rest_with_a_problem() {
    let fleet = Fleet::start();
    let healer = fleet.healer();
    let check = async |method: Method, path: &str, token: Option<&str>, wanted: u16| {
        let mut request =
            reqwest::Client::new().request(method.clone(), format!("{}{path}", healer.base)).timeout(LIMIT);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await.unwrap();
        let status = response.status();
        let body = response.text().await.unwrap();
        assert_eq!(status, StatusCode::from_u16(wanted).unwrap(), "{method} {path} with {token:?}: {body}");
        if wanted >= 400 {
            let problem: Problem = serde_json::from_str(&body).unwrap_or_else(|_| panic!("no problem: {body:?}"));
            assert!(!problem.code.is_empty() && !problem.message.is_empty() && problem.request_id.is_some(), "{body}");
        }
    };
    let operator = testkit::token("operator");
    let operator = Some(operator.as_str());
    check(Method::GET, "/healthz", None, 200).await;
    check(Method::GET, "/v1/work", operator, 200).await;
    check(Method::GET, "/v1/work", None, 401).await;
    check(Method::GET, "/v1/work", Some("wrong"), 401).await;
    check(Method::GET, "/v1/work", Some(""), 401).await;
    for name in ["nobody", "ingest", "approver", "healer", "patcher", "front"] {
        check(Method::GET, "/v1/work", Some(&testkit::token(name)), 403).await;
    }
    for method in [Method::POST, Method::PUT, Method::DELETE] {
        check(method.clone(), "/v1/work", operator, 405).await;
        check(method, "/v1/work", None, 401).await;
    }
    for path in ["/", "/v1", "/v1/work/", "/v1/work/x", "/v1/leases", "/v1/%2e%2e/work", "/v1/work%00"] {
        check(Method::GET, path, operator, 404).await;
    }
}
