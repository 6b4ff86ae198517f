//! Why a request was not answered by an upstream.

use crate::body::BodyError;
use crate::stats::NO_ROUTE;
use crate::upstream::Failure;
use actix_web::http::StatusCode;
use chassis::ApiError;
use wire::problem::code;

/// Why a request was not answered by an upstream.
#[derive(Debug, thiserror::Error)]
pub enum ProxyError {
    /// No route leads there, as long as no version is live.
    #[error("there is no live version")]
    NoRoute,
    /// A relief keeps it away from what fails.
    #[error("a relief passes nothing on for now")]
    Open,
    /// A relief bounds how many there are at once.
    #[error("there are too many requests at once")]
    Shed,
    /// It names no path.
    #[error("the request names no path: expected one that begins with /")]
    NoPath,
    /// Its body did not come.
    #[error(transparent)]
    Body(BodyError),
    /// The upstream did not answer.
    #[error("{label} did not answer")]
    Upstream {
        /// Which.
        label: String,
        /// Why.
        #[source]
        source: Failure,
    },
}

impl ApiError for ProxyError {
    fn status(&self) -> StatusCode {
        match self {
            ProxyError::NoRoute | ProxyError::Open | ProxyError::Shed => StatusCode::SERVICE_UNAVAILABLE,
            ProxyError::NoPath | ProxyError::Body(BodyError::Broken) => StatusCode::BAD_REQUEST,
            ProxyError::Body(BodyError::TooLarge) => StatusCode::PAYLOAD_TOO_LARGE,
            ProxyError::Body(BodyError::TimedOut) => StatusCode::REQUEST_TIMEOUT,
            ProxyError::Upstream { source: Failure::TimedOut, .. } => StatusCode::GATEWAY_TIMEOUT,
            ProxyError::Upstream { .. } => StatusCode::BAD_GATEWAY,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            ProxyError::NoRoute => "no_live_version",
            ProxyError::Open => "relief_breaker",
            ProxyError::Shed => "relief_shed",
            ProxyError::Body(BodyError::TooLarge) => code::TOO_LARGE,
            ProxyError::NoPath | ProxyError::Body(_) => code::BAD_REQUEST,
            ProxyError::Upstream { source, .. } => match source {
                Failure::TimedOut => "upstream_timeout",
                Failure::Unreachable(_) => "upstream_unreachable",
                Failure::Malformed(_) => "upstream_malformed",
                Failure::Closed(_) | Failure::Unsent(_) | Failure::Body(_) => "upstream_closed",
            },
        }
    }
}

impl ProxyError {
    /// Which label failed; that of no route where none was asked.
    pub fn label(&self) -> &str {
        match self {
            ProxyError::Upstream { label, .. } => label,
            _ => NO_ROUTE,
        }
    }
}
