//! One attempt to deliver a message.

use crate::settings::Hook;
use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;
use std::time::Duration;
use ureq::http::{HeaderMap, StatusCode, header};
use ureq::tls::{RootCerts, TlsConfig};

/// The longest pause that a receiver may ask for.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(3_600);

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was taken.
    Delivered,
    /// It was not; later it may be.
    Later {
        /// For people; never the URL.
        why: String,
        /// What the receiver asks for.
        after: Option<Duration>,
    },
    /// The receiver does not want this message.
    Refused(String),
}

/// The receiver. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Webhook {
    agent: ureq::Agent,
    hook: Hook,
}

impl Webhook {
    /// With a limit on each attempt. Certificates are checked against the machine's own store.
    pub(crate) fn new(hook: Hook, limit: Duration) -> Self {
        let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(limit))
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .proxy(None)
            .tls_config(tls)
            .user_agent("kintsugi-notifier")
            .build();
        Self { agent: config.into(), hook }
    }

    /// Tries once. The answer's body is not read: the status says it all.
    pub(crate) async fn attempt(&self, id: &str, body: &[u8], now: DateTime<Utc>) -> Outcome {
        let (webhook, id, body) = (self.clone(), id.to_owned(), body.to_vec());
        let attempt = tokio::task::spawn_blocking(move || webhook.post(&id, &body, now.timestamp()));
        attempt.await.unwrap_or_else(|_| Outcome::Later { why: "the attempt was cut off".into(), after: None })
    }

    fn post(&self, id: &str, body: &[u8], timestamp: i64) -> Outcome {
        let request = self
            .agent
            .post(self.hook.url.expose_secret())
            .header(header::CONTENT_TYPE, "application/cloudevents+json")
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp.to_string())
            .header("webhook-signature", self.hook.key.sign(id, timestamp, body));
        match request.send(body) {
            Ok(response) => judge(response.status(), response.headers()),
            Err(error) => Outcome::Later { why: without_url(&error), after: None },
        }
    }
}

/// What went wrong, without the URL, which may hold a token.
fn without_url(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Timeout(_) => "the receiver did not answer in time".into(),
        ureq::Error::HostNotFound => "the receiver's host name is not known".into(),
        ureq::Error::ConnectionFailed => "nobody listens at the receiver's address".into(),
        ureq::Error::Io(error) => format!("the connection to the receiver failed: {}", error.kind()),
        ureq::Error::Rustls(error) => format!("no TLS connection to the receiver: {error}"),
        _ => "the receiver could not be reached".into(),
    }
}

/// What a status means.
fn judge(status: StatusCode, headers: &HeaderMap) -> Outcome {
    let why = format!("the receiver answered {}", status.as_u16());
    match status.as_u16() {
        200..300 => Outcome::Delivered,
        408 | 425 | 429 | 500.. => {
            let asked = headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
            let after = asked.map(|seconds| Duration::from_secs(seconds).min(MAX_RETRY_AFTER));
            Outcome::Later { why, after }
        }
        300..400 => Outcome::Refused(format!("{why}: redirects are not followed")),
        _ => Outcome::Refused(why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(status: u16, retry_after: &str, wanted: &Outcome) {
        let headers = [(header::RETRY_AFTER, retry_after.parse().unwrap())].into_iter().collect();
        assert_eq!(&judge(StatusCode::from_u16(status).unwrap(), &headers), wanted, "{status}");
    }

    #[test]
    fn a_status_says_whether_to_go_on_to_try_again_or_to_give_up() {
        let later = |status: u16, after: Option<u64>| Outcome::Later {
            why: format!("the receiver answered {status}"),
            after: after.map(Duration::from_secs),
        };
        for status in [200, 202, 204] {
            check(status, "9", &Outcome::Delivered);
        }
        for status in [408, 425, 429, 500, 503, 599] {
            check(status, "7", &later(status, Some(7)));
            check(status, "Wed, 21 Oct 2026 07:28:00 GMT", &later(status, None));
            check(status, "999999999", &later(status, Some(3_600)));
        }
        for status in [400, 401, 404, 410, 413] {
            check(status, "1", &Outcome::Refused(format!("the receiver answered {status}")));
        }
        let moved = "the receiver answered 307: redirects are not followed";
        check(307, "1", &Outcome::Refused(moved.into()));
    }
}
