//! The HTTP of it: one POST, with a limit on its time and on the size of the answer.

use crate::error::ModelError;
use crate::provider::{Parts, Raw};
use secrecy::ExposeSecret;
use std::time::Duration;
use ureq::tls::{RootCerts, TlsConfig};

/// The largest answer that is read, bytes.
pub(crate) const MAX_BODY: u64 = 4 << 20;
/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);

/// See the module. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Transport {
    agent: ureq::Agent,
    limit: Duration,
}

/// Somebody who asks services that are not ours. Certificates are checked against the machine's own store; redirects are not
/// followed, since a key would be; no status is an error.
pub fn agent(limit: Duration, name: &str) -> ureq::Agent {
    let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
    let config = ureq::Agent::config_builder()
        .timeout_global(Some(limit))
        .timeout_connect(Some(CONNECT.min(limit)))
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .proxy(None)
        // A provider that went away in between would be a failed call otherwise.
        .max_idle_connections(0)
        .tls_config(tls)
        .user_agent(name)
        .build();
    config.into()
}

impl Transport {
    pub(crate) fn new(limit: Duration) -> Self {
        Self { agent: agent(limit, "kintsugi-patcher"), limit }
    }

    /// Asks once.
    pub(crate) async fn post(&self, base: &str, parts: Parts) -> Result<Raw, ModelError> {
        let (transport, url) = (self.clone(), format!("{base}{}", parts.path));
        let asked = tokio::task::spawn_blocking(move || transport.post_now(&url, &parts));
        asked.await.unwrap_or_else(|_| Err(ModelError::Network("the call was cut off".into())))
    }

    fn post_now(&self, url: &str, parts: &Parts) -> Result<Raw, ModelError> {
        let mut request = self.agent.post(url).header("content-type", "application/json");
        for (name, value) in &parts.headers {
            request = request.header(*name, value);
        }
        if let Some((name, key)) = &parts.key {
            request = request.header(*name, key.expose_secret());
        }
        let body = parts.body.to_string();
        let mut response = request.send(body.as_bytes()).map_err(|error| self.told(&error))?;
        let text = |value: &ureq::http::HeaderValue| value.to_str().unwrap_or_default().to_owned();
        let headers = response.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
        let status = response.status().as_u16();
        let read = response.body_mut().with_config().limit(MAX_BODY).read_to_vec();
        Ok(Raw { status, headers, body: read.map_err(|error| self.told(&error))? })
    }

    /// What went wrong, without the URL and without the request.
    fn told(&self, error: &ureq::Error) -> ModelError {
        match error {
            ureq::Error::Timeout(_) => ModelError::TimedOut(self.limit),
            ureq::Error::BodyExceedsLimit(limit) => ModelError::Oversized(*limit),
            ureq::Error::HostNotFound => ModelError::Unreachable("its host name is not known".into()),
            ureq::Error::ConnectionFailed => ModelError::Unreachable("nobody listens at its address".into()),
            ureq::Error::Io(error) if error.kind() == std::io::ErrorKind::TimedOut => ModelError::TimedOut(self.limit),
            ureq::Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
                ModelError::Unreachable("nobody listens at its address".into())
            }
            ureq::Error::Io(error) => ModelError::Network(format!("the connection failed: {}", error.kind())),
            ureq::Error::Rustls(error) => ModelError::Unreachable(format!("no TLS connection: {error}")),
            _ => ModelError::Network("the connection was cut".into()),
        }
    }
}
