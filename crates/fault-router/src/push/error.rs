//! Why pushed lines are not taken.

use crate::spool::SpoolError;
use actix_web::http::StatusCode;
use chassis::error::ApiError;
use wire::problem::code;

#[derive(Debug, thiserror::Error)]
pub(crate) enum PushError {
    #[error(
        "the content type must be application/x-ndjson (one JSON object a line), text/plain, application/x-protobuf or application/json (OTLP logs)"
    )]
    ContentType,
    #[error("the content encoding must be gzip or none")]
    Encoding,
    #[error("at most {0} bytes are taken in one request, also after decompression: send smaller batches")]
    TooLarge(usize),
    #[error("{0}")]
    Malformed(String),
    #[error("{0}")]
    UnknownTarget(String),
    #[error("the body did not arrive in time")]
    Slow,
    #[error("too many requests at once")]
    Busy,
    #[error("the lines cannot be kept now")]
    Spool(#[from] SpoolError),
    #[error("unexpected")]
    Unexpected(#[source] anyhow::Error),
}

impl ApiError for PushError {
    fn status(&self) -> StatusCode {
        match self {
            PushError::ContentType | PushError::Encoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            PushError::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            PushError::Malformed(_) => StatusCode::BAD_REQUEST,
            PushError::UnknownTarget(_) => StatusCode::UNPROCESSABLE_ENTITY,
            PushError::Slow => StatusCode::REQUEST_TIMEOUT,
            PushError::Busy | PushError::Spool(_) => StatusCode::SERVICE_UNAVAILABLE,
            PushError::Unexpected(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            PushError::ContentType | PushError::Encoding | PushError::Malformed(_) | PushError::Slow => {
                code::BAD_REQUEST
            }
            PushError::TooLarge(_) => code::TOO_LARGE,
            PushError::UnknownTarget(_) => "unknown_target",
            PushError::Busy | PushError::Spool(_) => code::UNAVAILABLE,
            PushError::Unexpected(_) => code::INTERNAL,
        }
    }
}
