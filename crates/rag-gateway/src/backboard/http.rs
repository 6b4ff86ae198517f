//! The HTTP of it: one request, with a limit on its time and on the size of the answer.

use super::{BackboardError, form};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// The largest answer that is read, bytes.
const MAX_BODY: u64 = 4 << 20;

/// See the module.
#[derive(Debug)]
pub(super) struct Http {
    agent: ureq::Agent,
    base: String,
    key: SecretString,
}

enum Request {
    Get,
    Post(Value),
    Delete,
}

impl Http {
    pub(super) fn new(base: String, key: SecretString, limit: Duration) -> Self {
        Self { agent: models::agent(limit, "kintsugi-rag-gateway"), base, key }
    }

    pub(super) async fn get<T: DeserializeOwned>(self: &Arc<Self>, path: String) -> Result<T, BackboardError> {
        read(&self.send(path, Request::Get).await?)
    }

    pub(super) async fn post<T: DeserializeOwned>(
        self: &Arc<Self>,
        path: String,
        body: Value,
    ) -> Result<T, BackboardError> {
        read(&self.send(path, Request::Post(body)).await?)
    }

    /// What is not there any more is as good as removed.
    pub(super) async fn delete(self: &Arc<Self>, path: String) -> Result<(), BackboardError> {
        match self.send(path, Request::Delete).await {
            Err(BackboardError::Refused { status: 404, .. }) | Ok(_) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn send(self: &Arc<Self>, path: String, request: Request) -> Result<Vec<u8>, BackboardError> {
        let http = Arc::clone(self);
        let sent = tokio::task::spawn_blocking(move || http.send_now(&path, &request));
        sent.await.unwrap_or_else(|_| Err(BackboardError::Away("the call was cut off".into())))
    }

    fn send_now(&self, path: &str, request: &Request) -> Result<Vec<u8>, BackboardError> {
        let (url, key) = (format!("{}{path}", self.base), self.key.expose_secret());
        let answer = match request {
            Request::Get => self.agent.get(&url).header("x-api-key", key).call(),
            Request::Delete => self.agent.delete(&url).header("x-api-key", key).call(),
            Request::Post(body) => {
                let request = self.agent.post(&url).header("x-api-key", key);
                request.header("content-type", "application/json").send(body.to_string().as_bytes())
            }
        };
        let mut answer = answer.map_err(|error| away(&error))?;
        let status = answer.status().as_u16();
        let body = answer.body_mut().with_config().limit(MAX_BODY).read_to_vec().map_err(|error| away(&error))?;
        if (200..300).contains(&status) {
            return Ok(body);
        }
        Err(BackboardError::Refused { status, why: form::detail(&body) })
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, BackboardError> {
    serde_json::from_slice(body).map_err(|error| BackboardError::Form(models::error::word(&error.to_string())))
}

/// Without the URL and without the request.
fn away(error: &ureq::Error) -> BackboardError {
    BackboardError::Away(match error {
        ureq::Error::Timeout(_) => "not in time".to_owned(),
        ureq::Error::HostNotFound => "its host name is not known".to_owned(),
        ureq::Error::BodyExceedsLimit(limit) => format!("the answer is larger than {limit} bytes"),
        ureq::Error::Io(error) => format!("the connection failed: {}", error.kind()),
        _ => "no connection".to_owned(),
    })
}
