//! Where pipelines say what became of a commit: a public route. What is not signed with the target's secret is told nothing
//! but that; what is signed is kept, once, and judged elsewhere.

use crate::app::App;
use crate::branch::BranchError;
use crate::ledger::{Kept, LedgerError, Word};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, Resource, web};
use anyhow::Context;
use chassis::webhook::{Key, Rejected, Signed, verify};
use chassis::{ApiError, Reply};
use chrono::DateTime;
use std::collections::BTreeMap;
use std::sync::Arc;
use wire::problem::code;
use wire::rollout::Callback;
use wire::target::Catalogue;
use wire::{CommitId, Digest, TargetName, paths};

/// The largest body, bytes.
const MAX_BODY: usize = 16 << 10;
/// How much of a pipeline's own words is kept, characters.
const MAX_WORDS: usize = 500;

/// What the pipelines of some targets sign with: while a secret is changed there are two.
pub(crate) type Keys = BTreeMap<TargetName, Vec<Key>>;

/// Reads the secrets.
pub(crate) fn keys(catalogue: &Catalogue) -> anyhow::Result<Keys> {
    let pipelines = catalogue.values().filter_map(|target| Some((&target.name, target.deploy.pipeline()?)));
    let read = |(name, pipeline): (&TargetName, &wire::target::Pipeline)| {
        let of = || format!("the secret of {name}'s pipeline in {}", pipeline.secret);
        let text = std::fs::read_to_string(&pipeline.secret).with_context(|| format!("cannot read {}", of()))?;
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let keys: Vec<Key> =
            lines.map(Key::parse).collect::<Result<_, _>>().with_context(|| format!("cannot use {}", of()))?;
        anyhow::ensure!((1..=2).contains(&keys.len()), "{} must have one line, or two while it is changed", of());
        Ok((name.clone(), keys))
    };
    pipelines.map(read).collect()
}

/// Why a callback was not taken.
#[derive(Debug, thiserror::Error)]
enum CallbackError {
    #[error("no target {0} is deployed by a pipeline")]
    NoPipeline(String),
    #[error("the body must have at most {MAX_BODY} bytes")]
    TooLarge,
    #[error(transparent)]
    Rejected(#[from] Rejected),
    #[error("the body is not {{commit, status, environment, run?, why?}} as JSON: {0}")]
    Form(String),
    #[error("this target's callbacks are about the environment {wanted:?}, not {given:?}")]
    Environment { wanted: String, given: String },
    #[error("the commit {0} does not stand on the target's branch")]
    UnknownCommit(CommitId),
    #[error("another callback was received under this webhook-id: give each attempt of a run its own")]
    Known,
    #[error("too many callbacks for this target: come again later")]
    TooMany,
    #[error("the branch cannot be read")]
    Branch(#[source] Arc<BranchError>),
    #[error("not ready yet")]
    NotReady,
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl ApiError for CallbackError {
    fn status(&self) -> StatusCode {
        match self {
            Self::NoPipeline(_) | Self::UnknownCommit(_) => StatusCode::NOT_FOUND,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Rejected(Rejected::Form) | Self::Form(_) => StatusCode::BAD_REQUEST,
            Self::Rejected(Rejected::Signature | Rejected::Time) => StatusCode::UNAUTHORIZED,
            Self::Environment { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Known => StatusCode::CONFLICT,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Branch(_) | Self::NotReady => StatusCode::SERVICE_UNAVAILABLE,
            Self::Ledger(error) => error.status(),
        }
    }
    fn code(&self) -> &'static str {
        match self {
            Self::NoPipeline(_) => code::NOT_FOUND,
            Self::UnknownCommit(_) => "unknown_commit",
            Self::TooLarge => code::TOO_LARGE,
            Self::Rejected(Rejected::Form) | Self::Form(_) => code::BAD_REQUEST,
            Self::Rejected(Rejected::Signature) => "signature_wrong",
            Self::Rejected(Rejected::Time) => "signature_stale",
            Self::Environment { .. } => "other_environment",
            Self::Known => code::KEY_CONFLICT,
            Self::TooMany => "too_many",
            Self::Branch(_) | Self::NotReady => code::UNAVAILABLE,
            Self::Ledger(error) => error.code(),
        }
    }
}

/// The route.
pub(crate) fn resource() -> Resource {
    web::resource(format!("{}/{{target}}", paths::CALLBACKS))
        .app_data(web::PayloadConfig::new(MAX_BODY))
        .route(web::post().to(take_callback))
        .default_service(web::to(chassis::server::other_method))
}

async fn take_callback(
    app: web::Data<App>,
    target: web::Path<String>,
    request: HttpRequest,
    body: Result<web::Bytes, actix_web::Error>,
) -> Result<HttpResponse, Reply<CallbackError>> {
    let body = body.map_err(|_| CallbackError::TooLarge)?;
    let kept = take(&app, &target, &request, &body).await?;
    // A second delivery is answered as the first: its answer may have been lost.
    let status = if kept == Kept::New { StatusCode::ACCEPTED } else { StatusCode::OK };
    Ok(HttpResponse::build(status).json(serde_json::json!({ "received": true })))
}

async fn take(app: &App, target: &str, request: &HttpRequest, body: &[u8]) -> Result<Kept, CallbackError> {
    let unknown = || CallbackError::NoPipeline(target.chars().filter(char::is_ascii_graphic).take(64).collect());
    let name: TargetName = target.parse().map_err(|_| unknown())?;
    let keys = app.keys.get(&name).ok_or_else(unknown)?;
    let site = app.sites.get(&name).ok_or_else(unknown)?;
    let now = site.now();
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (id, timestamp) = (header("webhook-id"), header("webhook-timestamp"));
    let signed = Signed { id, timestamp, signature: header("webhook-signature") };
    let sent_at = verify(keys, &signed, body, now.timestamp())?;
    let callback = site.read_callback(body)?;
    if !*app.ready.borrow() {
        return Err(CallbackError::NotReady);
    }
    if site.branch.find(&callback.commit).await.map_err(CallbackError::Branch)?.is_none() {
        return Err(CallbackError::UnknownCommit(callback.commit));
    }
    let (commit, status) = (callback.commit.clone(), callback.status);
    let sent_at = DateTime::from_timestamp(sent_at, 0).unwrap_or(now);
    let word = Word { id: id.to_owned(), callback, sent_at, received_at: now };
    let kept = app.ledger.keep(&name, word, Digest::of(body)).await?;
    tracing::info!(target_name = %name, id, %commit, ?status, ?kept, "a pipeline's word");
    match kept {
        Kept::New => site.hear(),
        Kept::Known => {}
        Kept::Other => return Err(CallbackError::Known),
        Kept::TooMany => return Err(CallbackError::TooMany),
    }
    Ok(kept)
}

impl crate::site::Site {
    fn read_callback(&self, body: &[u8]) -> Result<Callback, CallbackError> {
        let callback: Callback =
            serde_json::from_slice(body).map_err(|error| CallbackError::Form(error.to_string()))?;
        let wanted = self.target.deploy.pipeline().map_or("", |pipeline| &pipeline.environment);
        if callback.environment != wanted {
            let given = callback.environment.chars().take(64).collect();
            return Err(CallbackError::Environment { wanted: wanted.to_owned(), given });
        }
        Ok(Callback { run: callback.run.map(plain), why: callback.why.map(plain), ..callback })
    }
}

/// A pipeline's own words, for a journal: without secrets, in one line, and not too many.
fn plain(text: String) -> String {
    let text = wire::redact(&text).into_owned();
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_WORDS).collect()
}
