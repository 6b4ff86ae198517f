//! Calls of one service to another: a limit on every wait, retries with back-off and jitter where a call is safe to
//! repeat, the caller's token and trace, and errors that say what to do.

use crate::auth::Credentials;
use crate::telemetry;
use backon::{ExponentialBuilder, Retryable};
use reqwest::{Method, StatusCode};
use secrecy::ExposeSecret;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::Duration;
use wire::{Problem, Service};

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(2);
/// How long an answer may take, beyond what the caller asked the other side to wait.
const ANSWER: Duration = Duration::from_secs(10);
/// The largest answer that is read, bytes.
const MAX_ANSWER: usize = 8 << 20;

/// Why a call came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// No answer: nobody there, or not in time. The effect is unknown.
    #[error("{callee} does not answer {what}")]
    NoAnswer {
        /// Who was called.
        callee: Service,
        /// Method and path.
        what: String,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// It said no.
    #[error("{callee} refused {what} with {status}: {problem}")]
    Refused {
        /// Who was called.
        callee: Service,
        /// Method and path.
        what: String,
        /// The HTTP status.
        status: u16,
        /// Its own words.
        problem: Problem,
    },
    /// It answered something else than was agreed.
    #[error("{callee} answered {what} in another form than agreed")]
    Malformed {
        /// Who was called.
        callee: Service,
        /// Method and path.
        what: String,
        /// Why, if the parser can say.
        #[source]
        source: Option<serde_json::Error>,
    },
}

impl CallError {
    /// Whether the same call may succeed later.
    pub fn may_pass(&self) -> bool {
        match self {
            CallError::NoAnswer { .. } => true,
            CallError::Refused { status, .. } => matches!(status, 429 | 502 | 503 | 504),
            CallError::Malformed { .. } => false,
        }
    }

    /// The problem's code, when the callee said no.
    pub fn code(&self) -> Option<&str> {
        match self {
            CallError::Refused { problem, .. } => Some(&problem.code),
            _ => None,
        }
    }

    /// The HTTP status, when the callee said no.
    pub fn status(&self) -> Option<u16> {
        match self {
            CallError::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }
}

/// One service, as another calls it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Callee {
    service: Service,
    base: String,
    http: reqwest::Client,
    credentials: Arc<Credentials>,
}

impl Callee {
    /// A callee at a base URL such as `http://127.0.0.1:8010`.
    ///
    /// # Errors
    /// When the HTTP client cannot be built.
    pub fn new(service: Service, base: &str, credentials: Arc<Credentials>) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .redirect(reqwest::redirect::Policy::none())
            .pool_idle_timeout(Duration::from_secs(30))
            .tcp_nodelay(true)
            .no_proxy()
            .build()?;
        Ok(Self { service, base: base.trim_end_matches('/').to_owned(), http, credentials })
    }

    /// Calls once and reads a JSON answer; `None` for 204.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn once<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
        extra_wait: Duration,
    ) -> Result<Option<T>, CallError> {
        let what = format!("{method} {path}");
        let no_answer = |source: reqwest::Error| CallError::NoAnswer {
            callee: self.service,
            what: what.clone(),
            source: source.without_url(),
        };
        let mut request = self
            .http
            .request(method.clone(), format!("{}{path}", self.base))
            .timeout(ANSWER + extra_wait)
            .bearer_auth(self.credentials.token.expose_secret());
        if let Some(trace_parent) = telemetry::trace_parent() {
            request = request.header("traceparent", trace_parent);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let mut response = request.send().await.map_err(no_answer)?;
        let status = response.status();
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(no_answer)? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > MAX_ANSWER {
                return Err(CallError::Malformed { callee: self.service, what, source: None });
            }
        }
        self.read(what, status, &bytes)
    }

    fn read<T: DeserializeOwned>(
        &self,
        what: String,
        status: StatusCode,
        bytes: &[u8],
    ) -> Result<Option<T>, CallError> {
        let callee = self.service;
        if status == StatusCode::NO_CONTENT {
            return Ok(None);
        }
        if status.is_success() {
            let parsed = serde_json::from_slice(bytes);
            return parsed.map(Some).map_err(|source| CallError::Malformed { callee, what, source: Some(source) });
        }
        let problem = serde_json::from_slice(bytes)
            .unwrap_or_else(|_| Problem::new("unknown", format!("{status} without a problem body")));
        Err(CallError::Refused { callee, what, status: status.as_u16(), problem })
    }

    /// Calls, and again up to twice with back-off and jitter while the failure may pass. Only for calls that are safe to
    /// repeat: reads, and writes under an idempotency key.
    ///
    /// # Errors
    /// The last failure.
    pub async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<T, CallError> {
        let policy = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(50))
            .with_max_delay(Duration::from_secs(1))
            .with_max_times(2)
            .with_jitter();
        let answer =
            (|| self.once(method.clone(), path, body, Duration::ZERO)).retry(policy).when(CallError::may_pass).await?;
        let what = format!("{method} {path}");
        answer.ok_or(CallError::Malformed { callee: self.service, what, source: None })
    }
}
