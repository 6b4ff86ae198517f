//! The front's word on who answered a replay: whoever replays need not believe that the address which it asked is still the
//! way to the version that is live. Pure.
//!
//! The asker proves itself by a header that the front takes away, so that no application sees it. The front's word covers the
//! request and the whole answer, so it fits no other. Their key is the SHA-256 of the asker's token: the front has it in its
//! credentials, and neither of them ever sends it. So nothing that an application or a stand-in of the front was sent helps it
//! to make a word up.

use crate::rollout::Answerer;
use crate::{Digest, ReplayId};
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// The longest answer that the front gives its word on, bytes.
pub const MAX_BODY: usize = 1 << 20;

/// What is said first of each sealed text, so that none can pass for one of another kind.
const ASKS: &str = "kintsugi: who answers";
const ANSWERS: &str = "kintsugi: this one answered";

/// What an asker and the front have in common.
#[derive(Clone)]
pub struct Key(Digest);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key")
    }
}

/// A replay with its answer, as both ends see it.
#[derive(Debug, Clone, Copy)]
pub struct Exchange<'a> {
    /// The replay's id.
    pub replay: &'a ReplayId,
    /// The request's method.
    pub method: &'a str,
    /// Its path with the query.
    pub path: &'a str,
    /// The answer's status.
    pub status: u16,
    /// Its whole body.
    pub body: &'a [u8],
}

impl Key {
    /// Of the asker's own token.
    pub fn of_token(token: &str) -> Self {
        Self(Digest::of(token))
    }

    /// Of what the front knows of that token.
    pub fn of_digest(sha256: &Digest) -> Self {
        Self(sha256.clone())
    }

    /// The value of [`crate::paths::WHO_HEADER`].
    pub fn ask(&self, replay: &ReplayId) -> String {
        self.seal(&[ASKS, replay.as_str()]).map(sealed).unwrap_or_default()
    }

    /// Whether it was asked by whoever has the key.
    pub fn is_asked(&self, replay: &ReplayId, asked: &str) -> bool {
        fits(self.seal(&[ASKS, replay.as_str()]), asked)
    }

    /// The value of [`crate::paths::ANSWERED_HEADER`].
    pub fn vouch(&self, exchange: &Exchange<'_>, who: &Answerer) -> String {
        let seal = self.of_answer(exchange, who).map(sealed).unwrap_or_default();
        format!("{seal} {} {}", who.upstream, who.label)
    }

    /// Who answered, by the front's word; none when it is not its word on this very exchange.
    pub fn heard(&self, exchange: &Exchange<'_>, word: &str) -> Option<Answerer> {
        let mut parts = word.splitn(3, ' ');
        let (seal, upstream, label) = (parts.next()?, parts.next()?, parts.next()?);
        let who = Answerer { upstream: upstream.to_owned(), label: label.to_owned() };
        fits(self.of_answer(exchange, &who), seal).then_some(who)
    }

    fn of_answer(&self, exchange: &Exchange<'_>, who: &Answerer) -> Option<Hmac<Sha256>> {
        let Exchange { replay, method, path, status, body } = exchange;
        let (status, body) = (status.to_string(), Digest::of(body));
        self.seal(&[ANSWERS, replay.as_str(), method, path, &status, body.as_str(), &who.upstream, &who.label])
    }

    fn seal(&self, parts: &[&str]) -> Option<Hmac<Sha256>> {
        // HMAC takes a key of any length.
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.as_str().as_bytes()).ok()?;
        mac.update(Digest::of_parts(parts.iter().map(|part| part.as_bytes())).as_str().as_bytes());
        Some(mac)
    }
}

fn sealed(mac: Hmac<Sha256>) -> String {
    hex::encode(mac.finalize().into_bytes())
}

/// In constant time.
fn fits(mac: Option<Hmac<Sha256>>, told: &str) -> bool {
    mac.zip(hex::decode(told).ok()).is_some_and(|(mac, told)| mac.verify_slice(&told).is_ok())
}
