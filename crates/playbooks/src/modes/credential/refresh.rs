//! The refresh of a token (RFC 6749, section 6). A refresh token that was refused is not sent a second time.

use super::token::Token;
use crate::ask::{agent, of_error};
use crate::error::ActError;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use wire::Digest;
use wire::target::Refresh;

/// How long the token endpoint may take.
const LIMIT: Duration = Duration::from_secs(3);
/// The longest answer that is read, bytes.
const MAX_BYTES: u64 = 64 * 1024;
/// What it may say (section 5.2). Anything else is not repeated: it is a stranger's text.
const CODES: [&str; 6] = [
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
];

/// Renews a token.
#[derive(Debug, Clone)]
pub(super) struct Refresher {
    refresh: Refresh,
    /// Where the new access token goes.
    file: PathBuf,
    /// The refresh token that was refused, and what was said. One renewal at a time: it is locked meanwhile.
    refused: Arc<Mutex<Option<(Digest, &'static str)>>>,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    #[serde(default)]
    refresh_token: Option<String>,
}

#[derive(Deserialize)]
struct Refusal {
    error: String,
}

impl Refresher {
    pub(super) fn new(refresh: Refresh, file: PathBuf) -> Self {
        Self { refresh, file, refused: Arc::default() }
    }

    /// Whether there is a refresh token that is not known to be refused, and what was said of the one that is.
    pub(super) fn state(&self) -> (bool, Option<&'static str>) {
        let Some(token) = Token::read(Path::new(&self.refresh.token_file)) else { return (false, None) };
        // Locked: it is being sent just now.
        let Ok(refused) = self.refused.try_lock() else { return (false, None) };
        match refused.as_ref() {
            Some((digest, code)) if *digest == token.digest() => (false, Some(*code)),
            _ => (true, None),
        }
    }

    /// Renews it. Once begun it goes on to its end, whether or not somebody waits: between the answer, which makes the former
    /// refresh token worthless, and the file with the new one nothing must come.
    /// `former` is the access token that was refused: where another one stands in the file meanwhile, nothing is done.
    pub(super) async fn renew(&self, former: Option<Digest>) -> Result<String, ActError> {
        let own = self.clone();
        let renewed = tokio::task::spawn_blocking(move || own.renew_now(former.as_ref())).await;
        renewed.unwrap_or_else(|_| Err(ActError::Refused("the renewal broke off".into())))
    }

    fn renew_now(&self, former: Option<&Digest>) -> Result<String, ActError> {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if Token::read(&self.file).map(|token| token.digest()).as_ref() != former {
            return Ok("the credential was renewed meanwhile".into());
        }
        let token_file = Path::new(&self.refresh.token_file);
        let token = Token::read(token_file).ok_or_else(|| ActError::Refused("there is no refresh token".into()))?;
        if refused.as_ref().is_some_and(|(digest, _)| *digest == token.digest()) {
            return Err(ActError::Refused("the refresh token was refused before".into()));
        }
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", token.expose()),
            ("client_id", &self.refresh.client_id),
        ];
        let asked = agent(LIMIT).post(&self.refresh.url).header("accept", "application/json").send_form(form);
        let failed = |error: &ureq::Error| ActError::Refused(format!("the token endpoint: {}", of_error(error, LIMIT)));
        let mut answer = asked.map_err(|error| failed(&error))?;
        let status = answer.status().as_u16();
        let body = answer.body_mut().with_config().limit(MAX_BYTES).read_to_vec().map_err(|error| failed(&error))?;
        match status {
            200 => self.keep(&body, token_file),
            400..=403 => {
                let code = refusal(&body);
                *refused = Some((token.digest(), code));
                Err(ActError::Refused(format!("authentication required: the token endpoint answered {status}, {code}")))
            }
            _ => Err(ActError::Refused(format!("the token endpoint answered {status}"))),
        }
    }

    /// The refresh token first: with it the access token can be had once more, without it nothing.
    fn keep(&self, body: &[u8], token_file: &Path) -> Result<String, ActError> {
        let granted: Option<Granted> = serde_json::from_slice(body).ok();
        let access = granted.as_ref().and_then(|granted| Token::new(&granted.access_token));
        let (Some(granted), Some(access)) = (granted, access) else {
            return Err(ActError::Refused("the token endpoint answered 200 without an access token".into()));
        };
        let rotated = granted.refresh_token.as_deref().and_then(Token::new);
        if let Some(rotated) = &rotated {
            rotated.write(token_file)?;
        }
        access.write(&self.file)?;
        let also = if rotated.is_some() { "; the refresh token was rotated" } else { "" };
        Ok(format!("the credential was renewed{also}"))
    }
}

fn refusal(body: &[u8]) -> &'static str {
    let said = serde_json::from_slice::<Refusal>(body).map(|refusal| refusal.error).unwrap_or_default();
    CODES.into_iter().find(|code| *code == said).unwrap_or("an error that it does not name")
}
