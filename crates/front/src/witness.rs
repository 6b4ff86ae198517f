//! Says who answered a replay, to the verifier alone: its replays on live are worth nothing when somebody else answers them.

use crate::table::Upstream;
use crate::upstream::{Answer, AnswerError};
use actix_web::HttpResponseBuilder;
use actix_web::http::header::HeaderMap;
use actix_web::web::{Bytes, BytesMut};
use chassis::auth::{Credentials, Role};
use futures::{Stream, StreamExt, stream};
use wire::paths::{ANSWERED_HEADER, REPLAY_HEADER, WHO_HEADER};
use wire::rollout::Answerer;
use wire::vouch::{Exchange, Key, MAX_BODY};
use wire::{ReplayId, Service};

/// A replay of the verifier that wants to know who answers it.
pub struct Asked {
    key: Key,
    replay: ReplayId,
}

/// Whether the front is asked for its word: only by who proves to be the verifier, so that nobody else learns where the
/// instances are or has answers held back.
pub fn asked(headers: &HeaderMap, credentials: &Credentials) -> Option<Asked> {
    let header = |name| headers.get(name)?.to_str().ok();
    let (proof, replay) = (header(WHO_HEADER)?, header(REPLAY_HEADER)?.parse::<ReplayId>().ok()?);
    let verifiers = credentials.accept.iter().filter(|who| who.roles.contains(&Role::Service(Service::Verifier)));
    let key = verifiers.map(|who| Key::of_digest(&who.sha256)).find(|key| key.is_asked(&replay, proof))?;
    Some(Asked { key, replay })
}

impl Asked {
    /// Waits for the whole answer and adds the front's word on it. One that is too long or breaks off goes on without.
    pub async fn vouch(
        self,
        request: (&str, &str),
        (status, mut head): (u16, HttpResponseBuilder),
        answer: Answer,
        upstream: &Upstream,
    ) -> (HttpResponseBuilder, impl Stream<Item = Result<Bytes, AnswerError>> + use<>) {
        let (mut rest, mut held, mut body, mut is_whole) = (answer.fuse(), Vec::new(), BytesMut::new(), true);
        while is_whole && let Some(part) = rest.next().await {
            match &part {
                Ok(bytes) => body.extend_from_slice(bytes),
                Err(_) => is_whole = false,
            }
            is_whole &= body.len() <= MAX_BODY;
            held.push(part);
        }
        if is_whole {
            let (method, path) = request;
            let exchange = Exchange { replay: &self.replay, method, path, status, body: &body };
            let who = Answerer { upstream: format!("http://{}", upstream.authority()), label: upstream.label.clone() };
            head.insert_header((ANSWERED_HEADER, self.key.vouch(&exchange, &who)));
        }
        (head, stream::iter(held).chain(rest))
    }
}
