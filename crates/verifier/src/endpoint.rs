//! Where an instance answers, and how it is asked.

use crate::gates::replay::Answer;
use crate::sandbox::Address;
use crate::standing::Who;
use std::time::{Duration, Instant};
use wire::ReplayId;
use wire::paths::{ANSWERED_HEADER, REPLAY_HEADER, WHO_HEADER};
use wire::target::Request;
use wire::vouch::Exchange;

/// How long the way to a running instance may be gone: what stands in front of it is started again by its supervisor.
const COME_BACK: Duration = Duration::from_secs(5);
/// Between two looks whether it is back.
const LOOK: Duration = Duration::from_millis(20);
/// How often a request is sent again whose connection was lost before there was an answer.
const RESENDS: usize = 2;
/// The largest answer that is read, bytes.
const MAX_ANSWER: usize = 1 << 20;

/// Where an instance answers.
#[derive(Debug, Clone)]
pub struct Endpoint {
    http: reqwest::Client,
    base: String,
    /// Who answers there.
    pub who: Who,
}

impl Endpoint {
    /// A job in the sandbox.
    ///
    /// # Errors
    /// When the client cannot be built.
    pub fn of_job(address: &Address) -> Result<Self, reqwest::Error> {
        Ok(match address {
            Address::Port(port) => {
                Self { http: client()?.build()?, base: format!("http://127.0.0.1:{port}"), who: Who::Own }
            }
            Address::Socket(path) => {
                let http = client()?.unix_socket(path.as_path()).build()?;
                Self { http, base: "http://candidate".into(), who: Who::Own }
            }
        })
    }

    /// A running instance.
    pub fn of_instance(http: reqwest::Client, base_url: &str, who: Who) -> Self {
        Self { http, base: base_url.trim_end_matches('/').to_owned(), who }
    }

    /// Whether the path answers 200 within the limit.
    pub async fn is_healthy(&self, path: &str, limit: Duration) -> bool {
        let answer = self.http.get(format!("{}{path}", self.base)).timeout(limit).send().await;
        answer.is_ok_and(|answer| answer.status() == reqwest::StatusCode::OK)
    }

    /// The answer to the request, which bears the id of a replay or comes as a user's does. A connection that was lost on the
    /// way to a running instance, where what stands before it may be away for a moment, says nothing of the instance: the request is sent again when somebody listens again.
    pub async fn ask(&self, request: &Request, limit: Duration, replay: Option<&ReplayId>) -> Answer {
        let mut answer = self.send(request, limit, replay).await;
        for _ in 0..RESENDS {
            if !answer.lost || matches!(self.who, Who::Own) {
                break;
            }
            if !self.comes_back().await {
                answer.unreachable = true;
                break;
            }
            answer = self.send(request, limit, replay).await;
        }
        answer
    }

    /// Whether somebody listens again in time.
    async fn comes_back(&self) -> bool {
        let Some(address) = self.base.strip_prefix("http://").map(str::to_owned) else { return false };
        let back = async {
            while tokio::net::TcpStream::connect(&address).await.is_err() {
                tokio::time::sleep(LOOK).await;
            }
        };
        tokio::time::timeout(COME_BACK, back).await.is_ok()
    }

    async fn send(&self, request: &Request, limit: Duration, replay: Option<&ReplayId>) -> Answer {
        let begun = Instant::now();
        let answer = tokio::time::timeout(limit, self.exchange(request, replay)).await;
        let took_ms = begun.elapsed().as_secs_f64() * 1000.0;
        match answer {
            Ok(Ok(answer)) => Answer { took_ms, ..answer },
            Ok(Err(problem)) => Answer { took_ms, problem: Some(problem), lost: true, ..Answer::default() },
            Err(_) => {
                let problem = Some(format!("there was no complete answer within {} ms", limit.as_millis()));
                Answer { took_ms, problem, ..Answer::default() }
            }
        }
    }

    async fn exchange(&self, request: &Request, replay: Option<&ReplayId>) -> Result<Answer, String> {
        let method = reqwest::Method::from_bytes(request.method.as_bytes()).map_err(|error| error.to_string())?;
        let mut call = self.http.request(method, format!("{}{}", self.base, request.path));
        for (name, value) in &request.headers {
            call = call.header(name, value);
        }
        if let Some(trace_parent) = chassis::telemetry::trace_parent() {
            call = call.header("traceparent", trace_parent);
        }
        if let Some(replay) = replay {
            call = call.header(REPLAY_HEADER, replay.as_str());
            if let Who::Front { key, .. } = &self.who {
                call = call.header(WHO_HEADER, key.ask(replay));
            }
        }
        let failed = |error: reqwest::Error| format!("{:#}", anyhow::Error::from(error.without_url()));
        let call = call.body(request.body.clone()).build().map_err(failed)?;
        let path = call.url().query().map_or_else(String::new, |query| format!("?{query}"));
        let path = format!("{}{path}", call.url().path());
        let mut answer = self.http.execute(call).await.map_err(failed)?;
        let (status, mut body) = (answer.status().as_u16(), Vec::new());
        let word = answer.headers().get(ANSWERED_HEADER).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let content_type =
            answer.headers().get("content-type").and_then(|value| value.to_str().ok()).map(str::to_owned);
        let said = answer.headers().iter().filter(|(_, value)| !value.is_empty());
        let headers = said.map(|(name, _)| name.as_str().to_owned()).collect();
        while let Some(chunk) = answer.chunk().await.map_err(failed)? {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_ANSWER {
                return Err(format!("the answer is larger than {MAX_ANSWER} bytes"));
            }
        }
        let text = String::from_utf8_lossy(&body).into_owned();
        let exchange = |replay| Exchange { replay, method: &request.method, path: &path, status, body: &body };
        let answered_by = replay.zip(word).and_then(|(replay, word)| self.who.heard(&exchange(replay), &word));
        Ok(Answer {
            status: Some(status),
            answered_by,
            headers,
            body: serde_json::from_slice(&body).ok(),
            text,
            content_type,
            ..Answer::default()
        })
    }
}

/// A client that follows nothing, uses no proxy and keeps no connection: each replay is its own.
pub fn client() -> Result<reqwest::ClientBuilder, reqwest::Error> {
    let builder = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    Ok(builder.pool_max_idle_per_host(0).connect_timeout(Duration::from_secs(2)))
}
