//! Who gets in below `/developer`: a caller with a token, or a person with a session. A session counts for a change only
//! with its anti-forgery token and from its own page, since a browser sends cookies also for others.

use super::COOKIE;
use super::origin::{self, Origin};
use super::seal::Seal;
use crate::app::App;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, web};
use chassis::auth::{Caller, Credentials, Role};
use chassis::error::respond;
use chrono::{DateTime, Utc};
use subtle::ConstantTimeEq;
use wire::problem::code;

/// How many cookies of a request are looked at.
const MAX_COOKIES: usize = 32;

/// A session that holds.
pub(super) struct Open {
    pub(super) caller: Caller,
    pub(super) csrf: String,
}

/// Lets in who has one of the roles; handlers take them as `web::ReqData<Caller>`.
pub(crate) async fn admit<B: MessageBody>(
    roles: &'static [Role],
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    match decide(roles, &request) {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.call(request).await.map(ServiceResponse::map_into_left_body)
        }
        Err((status, code, message)) => {
            let response = respond(status, code, message).map_into_right_body();
            Ok(request.into_response(response))
        }
    }
}

type No = (StatusCode, &'static str, &'static str);

fn decide(roles: &[Role], request: &ServiceRequest) -> Result<Caller, No> {
    let unknown = (
        StatusCode::UNAUTHORIZED,
        code::UNAUTHENTICATED,
        "this needs the header `authorization: Bearer TOKEN` with a token that this service knows, or a session",
    );
    let (credentials, app) =
        request.app_data::<web::Data<Credentials>>().zip(request.app_data::<web::Data<App>>()).ok_or(unknown)?;
    let caller = match request.headers().get(header::AUTHORIZATION) {
        Some(value) => {
            let token = value.to_str().ok().and_then(|value| value.strip_prefix("Bearer "));
            token.and_then(|token| credentials.recognise(token)).ok_or(unknown)?
        }
        None => {
            let session = open(request.headers(), credentials, app.store.clock.now()).ok_or(unknown)?;
            if !request.method().is_safe() {
                check_forgery(request.headers(), &session)?;
            }
            session.caller
        }
    };
    if caller.roles.iter().any(|role| roles.contains(role)) {
        return Ok(caller);
    }
    Err((StatusCode::FORBIDDEN, code::FORBIDDEN, "the caller is known, but its roles do not allow this"))
}

fn check_forgery(headers: &HeaderMap, session: &Open) -> Result<(), No> {
    let shown = headers.get(wire::paths::CSRF_HEADER).map(header::HeaderValue::as_bytes).unwrap_or_default();
    if !bool::from(shown.ct_eq(session.csrf.as_bytes())) {
        let message = "with a session this needs the header `x-kintsugi-csrf`, as GET /developer/session tells it";
        return Err((StatusCode::FORBIDDEN, code::FORBIDDEN, message));
    }
    match origin::of(headers) {
        Origin::Own => Ok(()),
        Origin::Other | Origin::Unknown => {
            Err((StatusCode::FORBIDDEN, code::FORBIDDEN, "with a session this is done from its own page only"))
        }
    }
}

/// The session that a request's cookies hold.
pub(super) fn open(headers: &HeaderMap, credentials: &Credentials, now: DateTime<Utc>) -> Option<Open> {
    let seal = Seal::of(credentials);
    let lines = headers.get_all(header::COOKIE).filter_map(|value| value.to_str().ok());
    let cookies = lines.flat_map(|line| line.split(';')).filter_map(|cookie| cookie.trim().split_once('='));
    let mut ours = cookies.take(MAX_COOKIES).filter(|(name, _)| *name == COOKIE).map(|(_, value)| value);
    ours.find_map(|value| {
        let caller = seal.open(credentials, value, now)?;
        Some(Open { caller, csrf: seal.csrf(value) })
    })
}

/// What every answer below `/developer` says to a browser, unless it says something stricter itself.
pub(crate) async fn harden<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    const HEADERS: [(header::HeaderName, &str); 5] = [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    let mut response = next.call(request).await?;
    for (name, value) in HEADERS {
        if !response.headers().contains_key(&name) {
            response.headers_mut().insert(name, header::HeaderValue::from_static(value));
        }
    }
    Ok(response)
}
