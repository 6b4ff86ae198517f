//! Sessions: an upload of several parts under a token that does not live for ever, and the authority that issues it.
//!
//! Whoever uses a token after its end loses the credential that it was got with, where there is a file of it: it has to be
//! renewed, once, at the token endpoint.

mod authority;

pub(crate) use authority::Authority;

use authority::LIFE;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long a part takes.
const PART: Duration = Duration::from_millis(80);

/// A session, as one request sees it.
#[derive(Clone)]
pub struct Session {
    authority: Arc<Authority>,
    tally: Arc<Tally>,
    /// The newest token of whoever renews.
    newest: Arc<Mutex<Option<Token>>>,
    renewing: bool,
}

/// What parts are sent with.
#[derive(Clone)]
pub struct Token {
    issued: Instant,
}

/// Why a part or a log-in was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The token has expired.
    Expired,
    /// The credential is not taken any more.
    Revoked,
    /// It is not the part that comes next.
    OutOfOrder,
}

#[derive(Default)]
struct Tally {
    sent: AtomicU64,
    tokens: AtomicU64,
    refused: AtomicU64,
}

/// What one request did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Done {
    /// Parts that were taken.
    pub(crate) sent: u64,
    /// Tokens that were issued for them.
    pub(crate) tokens: u64,
    /// Parts and log-ins that were refused.
    pub(crate) refused: u64,
}

impl Session {
    /// How many parts an upload has.
    pub const PARTS: u64 = 6;

    pub(crate) fn new(authority: Arc<Authority>) -> Self {
        Self { authority, tally: Arc::default(), newest: Arc::default(), renewing: false }
    }

    /// The same session, whose token is renewed in time: when four fifths of its life have passed.
    pub fn renewing(&self) -> Self {
        Self { renewing: true, ..self.clone() }
    }

    /// Gets a token.
    ///
    /// # Errors
    /// When the credential is not taken.
    pub async fn log_in(&self) -> Result<Token, Refused> {
        if !self.authority.takes_own() {
            return Err(self.refuse(Refused::Revoked));
        }
        self.tally.tokens.fetch_add(1, Ordering::Relaxed);
        Ok(Token { issued: Instant::now() })
    }

    /// Sends the next part, counted from 1.
    ///
    /// # Errors
    /// When the token has expired, or it is not the next part.
    pub async fn send(&self, part: u64, token: &Token) -> Result<(), Refused> {
        let token = self.in_time(token).await?;
        if token.issued.elapsed() > LIFE {
            self.authority.revoke_own();
            return Err(self.refuse(Refused::Expired));
        }
        if part != self.tally.sent.load(Ordering::Relaxed) + 1 {
            return Err(self.refuse(Refused::OutOfOrder));
        }
        sleep(PART).await;
        self.tally.sent.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    async fn in_time(&self, given: &Token) -> Result<Token, Refused> {
        let token = self.newest().unwrap_or_else(|| given.clone());
        if !self.renewing || token.issued.elapsed() < LIFE * 4 / 5 {
            return Ok(token);
        }
        let token = self.log_in().await?;
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner) = Some(token.clone());
        Ok(token)
    }

    fn newest(&self) -> Option<Token> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn refuse(&self, why: Refused) -> Refused {
        self.tally.refused.fetch_add(1, Ordering::Relaxed);
        why
    }

    pub(crate) fn done(&self) -> Done {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let Tally { sent, tokens, refused } = &*self.tally;
        Done { sent: of(sent), tokens: of(tokens), refused: of(refused) }
    }
}

impl Refused {
    /// Stable, for programs.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Refused::Expired => "token_expired",
            Refused::Revoked => "session_revoked",
            Refused::OutOfOrder => "out_of_order",
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Refused::Expired => "the token has expired",
            Refused::Revoked => "the credential is not taken any more",
            Refused::OutOfOrder => "it is not the part that comes next",
        })
    }
}

impl std::error::Error for Refused {}
