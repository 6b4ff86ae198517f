//! An answer's body on its way, of which a copy is kept when it came whole.

use crate::Front;
use crate::kept::{Good, MAX_BODY, Question};
use crate::upstream::AnswerError;
use actix_web::web::{Bytes, BytesMut};
use futures::{Stream, StreamExt, stream};
use std::sync::Arc;

/// The same parts; after the last one the answer is kept. One that breaks off or is too large is not.
pub fn keeping<S>(
    front: Arc<Front>,
    keep: Option<(Question, Good)>,
    length: Option<u64>,
    parts: S,
) -> impl Stream<Item = Result<Bytes, AnswerError>>
where
    S: Stream<Item = Result<Bytes, AnswerError>> + Unpin + 'static,
{
    let keep = keep.filter(|_| length.is_none_or(|length| length <= MAX_BODY as u64));
    let held = keep.map(|keep| (keep, BytesMut::new()));
    stream::unfold((parts, held), move |(mut parts, mut held)| {
        let front = Arc::clone(&front);
        async move {
            let part = parts.next().await;
            held = match (&part, held) {
                (Some(Ok(bytes)), Some((keep, mut body))) if body.len() + bytes.len() <= MAX_BODY => {
                    body.extend_from_slice(bytes);
                    Some((keep, body))
                }
                (None, Some(((question, good), body))) => {
                    let is_whole = length.is_none_or(|length| length == body.len() as u64);
                    if is_whole {
                        front.kept.keep(&question, Good { body: body.freeze(), ..good });
                    }
                    None
                }
                _ => None,
            };
            part.map(|part| (part, (parts, held)))
        }
    })
}
