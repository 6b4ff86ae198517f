//! Asks over HTTP, as little as can be: is there an answer in time, and which. Whom was asked is never told.

use std::fmt;
use std::io::ErrorKind;
use std::time::{Duration, Instant};
use ureq::tls::{RootCerts, TlsConfig};

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// A status, after so long.
    Status(u16, Duration),
    /// None within this.
    Late(Duration),
    /// Nobody listens there.
    Refused,
    /// Its name is not known.
    NoName,
    /// The connection failed otherwise.
    Failed(String),
    /// It could not be asked at all; so nothing is known of it.
    Unasked(String),
}

impl Answer {
    /// Whether somebody answered who is not in trouble; none when nobody can tell.
    pub(crate) fn is_good(&self) -> Option<bool> {
        match self {
            Answer::Status(status, _) => Some(*status < 500),
            Answer::Unasked(_) => None,
            Answer::Late(_) | Answer::Refused | Answer::NoName | Answer::Failed(_) => Some(false),
        }
    }

    /// Whether a caller who waits so long gets it.
    pub(crate) fn is_good_within(&self, limit: Duration) -> Option<bool> {
        match self {
            Answer::Status(_, after) if *after > limit => Some(false),
            other => other.is_good(),
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Answer::Status(status, after) => write!(f, "it answered {status} after {} ms", after.as_millis()),
            Answer::Late(limit) => write!(f, "no answer within {} ms", limit.as_millis()),
            Answer::Refused => f.write_str("the connection is refused: nobody listens"),
            Answer::NoName => f.write_str("its name is not known"),
            Answer::Failed(why) => write!(f, "the connection failed: {why}"),
            Answer::Unasked(why) => write!(f, "it cannot be asked: {why}"),
        }
    }
}

/// Somebody who asks services that are not ours. Certificates are checked against the machine's own store; redirects are not
/// followed, since a credential would be; no status is an error.
pub(crate) fn agent(limit: Duration) -> ureq::Agent {
    let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
    let config = ureq::Agent::config_builder()
        .timeout_global(Some(limit))
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .proxy(None)
        .max_idle_connections(0)
        .tls_config(tls)
        .user_agent("kintsugi")
        .build();
    config.into()
}

/// Gets a URL, with a bearer token where there is one.
pub(crate) async fn get(url: &str, token: Option<String>, limit: Duration) -> Answer {
    let url = url.to_owned();
    let asked = tokio::task::spawn_blocking(move || {
        let mut request = agent(limit).get(&url);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let from = Instant::now();
        match request.call() {
            Ok(answer) => Answer::Status(answer.status().as_u16(), from.elapsed()),
            Err(error) => of_error(&error, limit),
        }
    });
    asked.await.unwrap_or_else(|_| Answer::Unasked("the call was cut off".into()))
}

/// What an error says, without the address that it may name.
pub(crate) fn of_error(error: &ureq::Error, limit: Duration) -> Answer {
    match error {
        ureq::Error::Timeout(_) => Answer::Late(limit),
        ureq::Error::HostNotFound => Answer::NoName,
        ureq::Error::ConnectionFailed => Answer::Refused,
        ureq::Error::Io(error) if error.kind() == ErrorKind::TimedOut => Answer::Late(limit),
        ureq::Error::Io(error) if error.kind() == ErrorKind::ConnectionRefused => Answer::Refused,
        ureq::Error::Io(error) => Answer::Failed(error.kind().to_string()),
        ureq::Error::Protocol(_) => Answer::Failed("what it answers is no HTTP".into()),
        ureq::Error::Rustls(_) | ureq::Error::Tls(_) => Answer::Failed("no TLS connection".into()),
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => {
            Answer::Unasked("the address or the token is malformed".into())
        }
        _ => Answer::Failed("the call broke off".into()),
    }
}
