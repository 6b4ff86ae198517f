//! From an error to the one error body.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use std::fmt;
use wire::Problem;
use wire::problem::code;

tokio::task_local! {
    /// The id of the request that this task answers; set by the server.
    pub(crate) static REQUEST_ID: String;
}

/// The id of the request that is being answered; none outside a request.
pub fn request_id() -> Option<String> {
    REQUEST_ID.try_with(Clone::clone).ok()
}

/// What an error tells a caller. Its `Display` is the message for a 4xx; a 5xx shows a fixed sentence and its cause goes
/// to the log only.
pub trait ApiError: std::error::Error + 'static {
    /// The HTTP status.
    fn status(&self) -> StatusCode;
    /// A stable code, see [`wire::problem::code`].
    fn code(&self) -> &'static str;
}

/// An error on its way out of a handler: `Result<web::Json<T>, Reply<MyError>>` and `?`.
#[derive(Debug)]
pub struct Reply<E>(pub E);

impl<E: ApiError> From<E> for Reply<E> {
    fn from(error: E) -> Self {
        Self(error)
    }
}

impl<E: ApiError> fmt::Display for Reply<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut source: Option<&dyn std::error::Error> = Some(&self.0);
        let mut first = true;
        while let Some(error) = source {
            let between = if first { "" } else { ": " };
            write!(f, "{between}{error}")?;
            first = false;
            source = error.source();
        }
        Ok(())
    }
}

impl<E: ApiError> ResponseError for Reply<E> {
    fn status_code(&self) -> StatusCode {
        self.0.status()
    }

    fn error_response(&self) -> HttpResponse {
        let status = self.0.status();
        let message = match status {
            StatusCode::SERVICE_UNAVAILABLE => "a service that is needed for this does not answer".to_owned(),
            status if status.is_server_error() => "something went wrong on our side".to_owned(),
            _ => self.0.to_string(),
        };
        respond(status, self.0.code(), message)
    }
}

/// The error body with a status.
pub fn respond(status: StatusCode, code: &str, message: impl Into<String>) -> HttpResponse {
    let request_id = request_id();
    let mut response = HttpResponse::build(status);
    if matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
        response.insert_header(("retry-after", "1"));
    }
    response.json(Problem { code: code.to_owned(), message: message.into(), request_id })
}

/// A ready-made error for what has no enum of its own.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Plain {
    #[error("{0}")]
    BadRequest(String),
    #[error("{0}")]
    NotFound(String),
    #[error("{message}")]
    Conflict { code: &'static str, message: String },
    #[error("a service that is needed does not answer")]
    Unavailable(#[source] anyhow::Error),
    #[error("unexpected")]
    Unexpected(#[source] anyhow::Error),
}

impl ApiError for Plain {
    fn status(&self) -> StatusCode {
        match self {
            Plain::BadRequest(_) => StatusCode::BAD_REQUEST,
            Plain::NotFound(_) => StatusCode::NOT_FOUND,
            Plain::Conflict { .. } => StatusCode::CONFLICT,
            Plain::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Plain::Unexpected(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
    fn code(&self) -> &'static str {
        match self {
            Plain::BadRequest(_) => code::BAD_REQUEST,
            Plain::NotFound(_) => code::NOT_FOUND,
            Plain::Conflict { code, .. } => code,
            Plain::Unavailable(_) => code::UNAVAILABLE,
            Plain::Unexpected(_) => code::INTERNAL,
        }
    }
}
