//! A running notifier, and its operator.

use crate::receiver::SECRET;
use chassis::Stop;
use notifier::{Hook, Settings};
use reqwest::{Method, StatusCode};
use secrecy::SecretString;
use serde_json::Value;
use std::time::Duration;
use wire::Service;

pub(crate) const LIMIT: Duration = Duration::from_secs(30);

pub(crate) fn now() -> chrono::DateTime<chrono::Utc> {
    chassis::clock::system().now()
}

pub(crate) struct Running {
    pub(crate) base: String,
    stop: Stop,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.now();
    }
}

/// Starts one over a store, a database and a receiver.
pub(crate) fn start(store: &str, database: SecretString, hook: Option<&str>) -> Running {
    let ((listener, base), stop) = (testkit::listener(), Stop::new());
    let settings = Settings {
        incident_store: store.into(),
        dashboard: "http://dash.test/".into(),
        retry_min_ms: 5,
        retry_max_ms: 50,
        ..Settings::default()
    };
    let hook = hook.map(|url| Hook::of(url.to_owned().into(), &SECRET.into()).unwrap());
    let (credentials, word) = (testkit::credentials(Service::Notifier), stop.clone());
    stop.spawn("notifier", async move {
        let clock = chassis::clock::system();
        notifier::app::serve(listener, &settings, hook, database, credentials, clock, word).await.unwrap();
    });
    Running { base, stop }
}

impl Running {
    pub(crate) async fn call(&self, method: Method, path: &str, token: Option<&str>) -> (StatusCode, Value) {
        let mut request = reqwest::Client::new().request(method, format!("{}{path}", self.base)).timeout(LIMIT);
        if let Some(name) = token {
            request = request.bearer_auth(testkit::token(name));
        }
        let response = request.send().await.unwrap();
        let status = response.status();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    pub(crate) async fn ready(&self) {
        testkit::eventually("readiness", LIMIT, async || {
            (self.call(Method::GET, "/readyz", None).await.0 == StatusCode::OK).then_some(())
        })
        .await;
    }

    pub(crate) fn stop(&self) {
        self.stop.now();
    }
}
