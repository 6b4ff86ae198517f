//! A service that takes tokens, and the token endpoint that gives them (RFC 6749): tokens expire, refresh tokens rotate, and are
//! revoked, when a test says so.

use super::server::{Asked, Reply, Server};
use serde_json::json;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// Both in one: `GET` anything asks for a bearer token that is valid, `POST /token` renews one.
pub struct Authority {
    server: Server,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    valid: Vec<String>,
    refresh: Option<String>,
    /// What a token that is not valid is answered.
    no: u16,
    /// Requests with a token that is not valid.
    refused: u64,
    /// Requests for a token.
    renewals: u64,
    /// What the token endpoint answers instead, if anything.
    instead: Option<Reply>,
    /// How long after a renewal it is answered.
    pause: Duration,
}

impl Authority {
    /// Takes these tokens, and renews by this refresh token.
    pub fn start(valid: &[&str], refresh: Option<&str>) -> Self {
        let valid = valid.iter().map(|token| (*token).to_owned()).collect();
        let state = State { valid, refresh: refresh.map(str::to_owned), no: 401, ..State::default() };
        let state = Arc::new(Mutex::new(state));
        let shared = Arc::clone(&state);
        let server = Server::start(move |asked| {
            let mut state = shared.lock().expect("nobody panics");
            if asked.line != "POST /token" {
                return state.take(asked);
            }
            let (reply, pause) = (state.renew(asked), state.pause);
            drop(state);
            std::thread::sleep(pause);
            reply
        });
        Self { server, state }
    }

    /// What is asked with a token.
    pub fn probe(&self) -> String {
        format!("{}/feature", self.server.base())
    }

    /// The token endpoint.
    pub fn token_url(&self) -> String {
        format!("{}/token", self.server.base())
    }

    /// A token is valid from now on, or not any more.
    pub fn set_valid(&self, token: &str, valid: bool) {
        let mut state = self.state();
        state.valid.retain(|known| known != token);
        if valid {
            state.valid.push(token.to_owned());
        }
    }

    /// What a token that is not valid is answered: 401 at first.
    pub fn refuses_by(&self, status: u16) {
        self.state().no = status;
    }

    /// What the token endpoint answers instead of its own.
    pub fn token_endpoint_answers(&self, reply: Option<Reply>) {
        self.state().instead = reply;
    }

    /// A renewal is answered so long after it was done.
    pub fn renews_slowly(&self, pause: Duration) {
        self.state().pause = pause;
    }

    /// How often it was asked with a token that is not valid, and how often for a new one.
    pub fn counts(&self) -> (u64, u64) {
        let state = self.state();
        (state.refused, state.renewals)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics")
    }
}

impl State {
    fn take(&mut self, asked: &Asked) -> Reply {
        if asked.token.as_ref().is_some_and(|token| self.valid.contains(token)) {
            return Reply::Status(200, "{}".into());
        }
        self.refused += 1;
        Reply::Status(self.no, json!({ "you sent": asked.token }).to_string())
    }

    fn renew(&mut self, asked: &Asked) -> Reply {
        self.renewals += 1;
        if let Some(instead) = &self.instead {
            return instead.clone();
        }
        let has = |pair: &str| asked.body.split('&').any(|field| field == pair);
        let is_form = asked.content_type == "application/x-www-form-urlencoded";
        if !is_form || !has("grant_type=refresh_token") || !has("client_id=the-client") {
            return Reply::Status(400, json!({ "error": "invalid_request" }).to_string());
        }
        if !self.refresh.as_ref().is_some_and(|refresh| has(&format!("refresh_token={refresh}"))) {
            let told = json!({ "error": "invalid_grant", "error_description": asked.body });
            return Reply::Status(400, told.to_string());
        }
        let (access, refresh) =
            (format!("canary-access-{}", self.renewals), format!("canary-refresh-{}", self.renewals));
        self.valid = vec![access.clone()];
        self.refresh = Some(refresh.clone());
        let granted =
            json!({ "access_token": access, "token_type": "Bearer", "expires_in": 60, "refresh_token": refresh });
        Reply::Status(200, granted.to_string())
    }
}
