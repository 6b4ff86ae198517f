//! A running service, and a caller.

use chassis::Stop;
use chassis::clock::system;
use rag_gateway::{Gateway, Secrets, Settings};
use reqwest::{Method, StatusCode};
use secrecy::SecretString;
use std::time::Duration;
use wire::plan::{Lesson, Plan, PlanRequest};
use wire::{Problem, Service};

pub(crate) struct Running {
    pub(crate) base: String,
    stop: Stop,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.now();
    }
}

/// A database that is not there: nobody listens on port 1.
pub(crate) fn no_database() -> SecretString {
    "postgres://nobody@127.0.0.1:1/none".to_owned().into()
}

/// The committed folder, and no model.
pub(crate) fn settings() -> Settings {
    let knowledge = camino::Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("knowledge");
    Settings { knowledge, model: "/nowhere".into(), ..Settings::default() }
}

pub(crate) fn start(url: SecretString) -> Running {
    start_with(settings(), url)
}

pub(crate) fn start_with(settings: Settings, secrets: impl Into<Secrets>) -> Running {
    let gateway = Gateway::open(&settings, secrets, system()).expect("the folder");
    let ((listener, base), stop) = (testkit::listener(), Stop::new());
    let credentials = testkit::credentials(Service::RagGateway);
    let serving = rag_gateway::app::serve(listener, gateway, credentials, stop.clone());
    stop.spawn("rag-gateway", async move { serving.await.expect("it serves") });
    Running { base, stop }
}

impl Running {
    pub(crate) async fn ready(self) -> Self {
        testkit::eventually("readiness", Duration::from_secs(20), async || {
            (self.send(Method::GET, "/readyz", None, "").await.0 == StatusCode::OK).then_some(())
        })
        .await;
        self
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: &str,
    ) -> (StatusCode, String) {
        let mut request = reqwest::Client::new()
            .request(method, format!("{}{path}", self.base))
            .timeout(Duration::from_secs(10))
            .header("content-type", "application/json")
            .body(body.to_owned());
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await.expect("an answer");
        (answer.status(), answer.text().await.expect("a body"))
    }

    pub(crate) async fn as_healer(&self, method: Method, path: &str, body: &str) -> (StatusCode, String) {
        self.send(method, path, Some(&testkit::token("healer")), body).await
    }

    /// Asks as an operator; the answer must be 200.
    pub(crate) async fn ask<T: serde::de::DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: serde_json::Value,
    ) -> T {
        let body = if method == Method::GET { String::new() } else { body.to_string() };
        let (status, text) = self.send(method, path, Some(&testkit::token("operator")), &body).await;
        assert_eq!(status, StatusCode::OK, "{path}: {text}");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}: {text}"))
    }

    pub(crate) async fn plan(&self, request: &PlanRequest) -> Plan {
        let body = serde_json::to_string(request).expect("JSON");
        let (status, text) = self.as_healer(Method::POST, "/v1/plans", &body).await;
        assert_eq!(status, StatusCode::OK, "{text}");
        serde_json::from_str(&text).expect("a plan")
    }

    pub(crate) async fn learn(&self, lesson: &Lesson) -> (StatusCode, String) {
        let body = serde_json::to_string(lesson).expect("JSON");
        self.as_healer(Method::PUT, &format!("/v1/lessons/{}", lesson.incident), &body).await
    }
}

#[track_caller]
pub(crate) fn problem((status, text): &(StatusCode, String)) -> (u16, String) {
    let problem: Problem =
        serde_json::from_str(text).unwrap_or_else(|_| panic!("{status} without a problem body: {text:?}"));
    assert!(problem.request_id.is_some(), "{problem:?}");
    (status.as_u16(), problem.code)
}
