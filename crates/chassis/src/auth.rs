//! Who may call what. Each service has a token of its own and knows of others only the SHA-256 of theirs.

use crate::error::respond;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::http::{StatusCode, header};
use actix_web::{HttpMessage, web};
use secrecy::SecretString;
use serde::Deserialize;
use std::future::{Future, Ready, ready};
use std::path::Path;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use subtle::ConstantTimeEq;
use wire::problem::code;
use wire::{Digest, Service};

/// What a caller may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// May report detections and push logs.
    Ingest,
    /// May hand over its failed calls, and read what became of those.
    HandOver,
    /// May read everything, reset, pause and resume.
    Operator,
    /// May approve.
    Approver,
    /// May read the service's numbers, and nothing else.
    Metrics,
    /// A service of the platform.
    Service(Service),
}

/// A caller that was recognised; handlers take it as `web::ReqData<Caller>`.
#[derive(Debug, Clone)]
pub struct Caller {
    /// For the journal and the log.
    pub name: String,
    /// What it may do.
    pub roles: Vec<Role>,
}

/// A service's own token and the callers it accepts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// What this service shows to others.
    pub token: SecretString,
    /// Whom it accepts.
    #[serde(default)]
    pub accept: Vec<Accepted>,
}

/// A caller that is accepted.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accepted {
    /// Its name.
    pub name: String,
    /// What it may do.
    pub roles: Vec<Role>,
    /// The SHA-256 of its token.
    pub sha256: Digest,
}

/// Why the credentials cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// The variable is not set.
    #[error("KINTSUGI_CREDENTIALS is not set: it names the file with this service's token and the callers it accepts")]
    Missing,
    /// The file cannot be read.
    #[error("cannot read the credentials file {path}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file has another form. The parser's own text could show a token, so it is not told.
    #[error(
        "the credentials file {path} is not valid TOML with `token` and `[[accept]]` entries of name, roles, sha256"
    )]
    Invalid {
        /// The file.
        path: String,
    },
}

impl Credentials {
    /// Reads the file that `KINTSUGI_CREDENTIALS` names.
    ///
    /// # Errors
    /// When it is not set, cannot be read, or has another form.
    pub fn load() -> Result<Arc<Self>, CredentialsError> {
        let path = crate::settings::variable("KINTSUGI_CREDENTIALS").ok_or(CredentialsError::Missing)?;
        Self::read(Path::new(&path)).map(Arc::new)
    }

    /// Reads a credentials file.
    ///
    /// # Errors
    /// When it cannot be read or has another form.
    pub fn read(path: &Path) -> Result<Self, CredentialsError> {
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|source| CredentialsError::Unreadable { path: shown.clone(), source })?;
        toml::from_str(&text).map_err(|_| CredentialsError::Invalid { path: shown })
    }

    /// The caller of a token. Compares with every entry, in constant time each.
    pub fn recognise(&self, token: &str) -> Option<Caller> {
        let digest = Digest::of(token);
        let mut found = None;
        for accepted in &self.accept {
            if bool::from(accepted.sha256.as_str().as_bytes().ct_eq(digest.as_str().as_bytes())) {
                found = Some(Caller { name: accepted.name.clone(), roles: accepted.roles.clone() });
            }
        }
        found
    }
}

/// Wraps a resource or scope: only callers with one of these roles get in; the rest is refused before a body is read.
/// Needs `web::Data<Credentials>`.
#[derive(Debug, Clone, Copy)]
pub struct Allow(pub &'static [Role]);

impl<S, B> Transform<S, ServiceRequest> for Allow
where
    S: actix_web::dev::Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = actix_web::Error;
    type Transform = AllowService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(AllowService { allowed: self.0, service: Rc::new(service) }))
    }
}

/// See [`Allow`].
#[derive(Debug)]
pub struct AllowService<S> {
    allowed: &'static [Role],
    service: Rc<S>,
}

impl<S, B> actix_web::dev::Service<ServiceRequest> for AllowService<S>
where
    S: actix_web::dev::Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>>>>;

    forward_ready!(service);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        match decide(self.allowed, &request) {
            Ok(caller) => {
                request.extensions_mut().insert(caller);
                let service = Rc::clone(&self.service);
                Box::pin(async move { service.call(request).await.map(ServiceResponse::map_into_left_body) })
            }
            Err((status, code, message)) => {
                let response = respond(status, code, message).map_into_right_body();
                Box::pin(ready(Ok(request.into_response(response))))
            }
        }
    }
}

fn decide(allowed: &[Role], request: &ServiceRequest) -> Result<Caller, (StatusCode, &'static str, &'static str)> {
    let token = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    let credentials = request.app_data::<web::Data<Credentials>>();
    let caller = token.zip(credentials).and_then(|(token, credentials)| credentials.recognise(token));
    let caller = caller.ok_or((
        StatusCode::UNAUTHORIZED,
        code::UNAUTHENTICATED,
        "this needs the header `authorization: Bearer TOKEN` with a token that this service knows",
    ))?;
    if caller.roles.iter().any(|role| allowed.contains(role)) {
        return Ok(caller);
    }
    Err((StatusCode::FORBIDDEN, code::FORBIDDEN, "the token is known, but its roles do not allow this"))
}
