//! Passes a request on, and its answer back.

use crate::Front;
use crate::body::Outgoing;
use crate::breaker::Came;
use crate::error::ProxyError;
use crate::headers::{About, incoming, outgoing, trace_parent};
use crate::keeping::keeping;
use crate::relieve::{Easing, came};
use crate::stats::{InFlight, kind};
use crate::table::Upstream;
use crate::upstream::{Answer, AnswerError, Connection, Failure, connect, exchange};
use crate::witness;
use actix_web::body::{BodyStream, SizedStream};
use actix_web::http::{Method, StatusCode};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use chassis::auth::Credentials;
use chassis::{ApiError, Reply};
use futures::Stream;
use hyper::Request;
use hyper::body::Incoming;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// How often a request is tried.
const TRIES: usize = 2;

/// Everything that is not the front's own.
///
/// # Errors
/// See [`ProxyError`].
pub async fn forward(
    request: HttpRequest,
    payload: web::Payload,
    front: web::Data<Front>,
    credentials: web::Data<Credentials>,
) -> Result<HttpResponse, Reply<ProxyError>> {
    let asked = witness::asked(request.headers(), &credentials);
    // What is replayed is to show how the version itself answers, and is no traffic.
    let is_replay = asked.is_some() || request.headers().contains_key(wire::paths::REPLAY_HEADER);
    let easing = Easing::of(&front, &request, !is_replay);
    let permit = match easing.enter() {
        Ok(permit) => permit,
        Err(instead) => return Ok(*instead),
    };
    let limit = easing.limit(front.answer_limit);
    let outcome = pass_on(&request, payload, &front, limit).await;
    let (label, status) = match &outcome {
        Ok(passed) => (passed.in_flight.label(), passed.head.status.as_u16()),
        Err(error) => (error.label(), error.status().as_u16()),
    };
    // An answer that makes a session is its caller's alone.
    if let Ok(passed) = outcome.as_ref()
        && !passed.head.headers.contains_key("set-cookie")
    {
        front.recorder.saw(label, &request, passed.asked.as_ref(), status);
    }
    let came = came(outcome.as_ref().map(|_| status), limit < front.answer_limit);
    // Who was only not waited for has not failed.
    if !is_replay && came != Came::Late {
        front.stats.count(label, &kind(request.method().as_str(), request.uri().path(), status));
    }
    permit.told(came);
    if matches!(came, Came::Ill | Came::Late)
        && let Some(older) = easing.stale()
    {
        return Ok(older);
    }
    let passed = outcome?;
    let keep = easing.keeps(status, &passed.head.headers);
    let (upstream, status) = (Arc::clone(&passed.upstream), passed.head.status.as_u16());
    let (head, length, answer) = respond(passed, front.answer_limit);
    Ok(match asked {
        None if keep.is_some() => whole(head, length, keeping(front.into_inner(), keep, length, answer)),
        None => whole(head, length, answer),
        Some(asked) => {
            let path = request.uri().path_and_query().map_or("", |path| path.as_str());
            let asked_for = (request.method().as_str(), path);
            let (head, parts) = asked.vouch(asked_for, (status, head), answer, &upstream).await;
            whole(head, length, parts)
        }
    })
}

/// An answer whose head has come.
struct Passed {
    head: hyper::http::response::Parts,
    body: Incoming,
    connection: Option<Pin<Box<Connection>>>,
    in_flight: InFlight,
    upstream: Arc<Upstream>,
    /// The body of the request, if it was short.
    asked: Option<Bytes>,
}

async fn pass_on(
    request: &HttpRequest,
    payload: web::Payload,
    front: &Front,
    limit: Duration,
) -> Result<Passed, ProxyError> {
    let path = request.uri().path_and_query().map(|path| path.as_str()).filter(|path| path.starts_with('/'));
    let path = path.ok_or(ProxyError::NoPath)?;
    let mut body = Outgoing::of(request, payload, front.answer_limit).await.map_err(ProxyError::Body)?;
    let callers = request.headers().get("traceparent").and_then(|value| value.to_str().ok());
    let trace = trace_parent(chassis::telemetry::trace_parent(), callers);
    let asked = body.whole();
    let mut tries = 0;
    loop {
        tries += 1;
        let chosen = front.current.choose(request.uri().path(), &front.stats);
        let (upstream, in_flight) = chosen.ok_or(ProxyError::NoRoute)?;
        let failed = |source| ProxyError::Upstream { label: upstream.label.clone(), source };
        let stream = match connect(&upstream).await {
            Ok(stream) => stream,
            // The table may have changed in this very moment.
            Err(failure) if tries < TRIES && does_no_harm_again(&failure, request.method()) => continue,
            Err(failure) => return Err(failed(failure)),
        };
        let spare = body.again();
        let sent = exchange(stream, outgoing_request(request, path, &upstream, &trace, body)?, limit).await;
        match (sent, spare) {
            (Ok((response, connection)), _) => {
                let (head, body) = response.into_parts();
                return Ok(Passed { head, body, connection, in_flight, upstream, asked });
            }
            (Err(Failure::Body(error)), _) => return Err(ProxyError::Body(error)),
            (Err(failure), Some(spare)) if tries < TRIES && does_no_harm_again(&failure, request.method()) => {
                body = spare
            }
            (Err(failure), _) => return Err(failed(failure)),
        }
    }
}

/// Whether a request that failed so may be sent once more. Pure.
fn does_no_harm_again(failure: &Failure, method: &Method) -> bool {
    match failure {
        Failure::Unreachable(_) | Failure::Unsent(_) => true,
        Failure::Closed(_) => method.is_idempotent(),
        Failure::Malformed(_) | Failure::TimedOut | Failure::Body(_) => false,
    }
}

fn outgoing_request(
    request: &HttpRequest,
    path: &str,
    upstream: &Upstream,
    trace: &str,
    body: Outgoing,
) -> Result<Request<Outgoing>, ProxyError> {
    let (authority, id) = (upstream.authority(), chassis::error::request_id());
    let about = About {
        peer: request.peer_addr().map(|peer| peer.ip()),
        authority: &authority,
        trace_parent: trace,
        request_id: id.as_deref(),
    };
    let built = Request::builder().method(request.method().as_str()).uri(path).body(body);
    let mut built = built.map_err(|_| ProxyError::NoPath)?;
    *built.headers_mut() = outgoing(request.headers(), &about);
    Ok(built)
}

/// The head of the answer on its way to the caller, the length that it names, and the body that is to come.
fn respond(passed: Passed, limit: Duration) -> (HttpResponseBuilder, Option<u64>, Answer) {
    let status = StatusCode::from_u16(passed.head.status.as_u16()).unwrap_or(StatusCode::BAD_GATEWAY);
    let mut response = HttpResponse::build(status);
    for header in incoming(&passed.head.headers) {
        response.append_header(header);
    }
    let length = passed.head.headers.get("content-length").and_then(|value| value.to_str().ok()?.parse().ok());
    (response, length, Answer::new(passed.body, passed.connection, limit, passed.in_flight))
}

fn whole<S>(mut head: HttpResponseBuilder, length: Option<u64>, parts: S) -> HttpResponse
where
    S: Stream<Item = Result<Bytes, AnswerError>> + 'static,
{
    match length {
        Some(length) => head.body(SizedStream::new(length, Box::pin(parts))),
        None => head.body(BodyStream::new(Box::pin(parts))),
    }
}
