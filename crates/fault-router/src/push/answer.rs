//! What is answered: in the language of the question.

use super::entries::Taken;
use super::error::PushError;
use super::message::{Exported, PartialSuccess};
use actix_web::HttpResponse;
use prost::Message;
use serde_json::json;
use wire::push::Pushed;

/// How lines are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// A JSON object a line.
    Ndjson,
    /// A line a line.
    Text,
    /// OTLP as protobuf.
    Protobuf,
    /// OTLP as JSON.
    Json,
}

impl Format {
    pub(super) fn of(content_type: Option<&str>) -> Result<Self, PushError> {
        let name = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match name.as_str() {
            "application/x-ndjson" | "application/ndjson" | "application/jsonl" => Ok(Format::Ndjson),
            "text/plain" => Ok(Format::Text),
            "application/x-protobuf" => Ok(Format::Protobuf),
            "application/json" => Ok(Format::Json),
            _ => Err(PushError::ContentType),
        }
    }
}

/// The answer to lines that were dealt with. When none was taken, that is the sender's mistake.
pub(super) fn answer(format: Format, taken: Taken) -> Result<HttpResponse, PushError> {
    let first = taken.errors.first().map(|error| error.message.clone()).unwrap_or_default();
    if taken.accepted == 0 && taken.rejected > 0 {
        let message = format!("none of {} lines was taken; the first: {first}", taken.rejected);
        return Err(if taken.all_unknown { PushError::UnknownTarget(message) } else { PushError::Malformed(message) });
    }
    let Taken { accepted, detections, rejected, errors, .. } = taken;
    Ok(match format {
        Format::Ndjson | Format::Text => HttpResponse::Ok().json(Pushed { accepted, detections, rejected, errors }),
        Format::Json if rejected == 0 => HttpResponse::Ok().json(json!({})),
        // 64-bit numbers are texts in protobuf's JSON.
        Format::Json => HttpResponse::Ok()
            .json(json!({ "partialSuccess": { "rejectedLogRecords": rejected.to_string(), "errorMessage": first } })),
        Format::Protobuf => {
            let rejected_log_records = i64::try_from(rejected).unwrap_or(i64::MAX);
            let partial_success =
                (rejected > 0).then_some(PartialSuccess { rejected_log_records, error_message: first });
            let body = Exported { partial_success }.encode_to_vec();
            HttpResponse::Ok().content_type("application/x-protobuf").body(body)
        }
    })
}
