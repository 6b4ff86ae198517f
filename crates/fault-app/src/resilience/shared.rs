//! Where the record lives: in this process, shared by its workers, and in Redis too where replicas share it. Redis is
//! never a reason to fail: while it is away, each process goes by what it knows itself.

use crate::log;
use crate::resilience::breaker::Millis;
use crate::resilience::state::State;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, RedisResult};
use serde_json::json;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Mutex as AsyncMutex;
use tokio::time::timeout;

/// How long Redis may take for one change of the record, its connection included.
const LIMIT: Duration = Duration::from_millis(100);
/// How long an absent Redis is left alone.
const AWAY: Duration = Duration::from_secs(2);
/// How often a change is tried that others get ahead of.
const TRIES: usize = 8;
/// How long the record outlives its last change in Redis, milliseconds; longer than anything in it matters.
const KEPT: Millis = 600_000;
/// Stores a record unless it was changed in the meantime.
const SWAP: &str = "if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end \
                    redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) return 1";

/// The record.
pub(crate) struct Shared {
    local: Mutex<State>,
    remote: Option<Remote>,
}

struct Remote {
    client: Client,
    key: String,
    connection: AsyncMutex<Option<MultiplexedConnection>>,
    /// Since when it has been away.
    away: Mutex<Option<Instant>>,
}

impl Shared {
    /// One under `key`, connected to lazily.
    pub(crate) fn new(client: Option<Client>, key: String) -> Self {
        let remote =
            client.map(|client| Remote { client, key, connection: AsyncMutex::default(), away: Mutex::default() });
        Self { local: Mutex::default(), remote }
    }

    /// Makes one indivisible change, which may be computed several times, and answers with what it says.
    pub(crate) async fn update<T>(&self, change: impl Fn(State) -> (State, T)) -> T {
        if let Some(remote) = &self.remote
            && let Some((next, said)) = remote.update(|| self.local().clone(), &change).await
        {
            let mut local = self.local();
            *local = next.newest(local.clone());
            return said;
        }
        let mut local = self.local();
        let (next, said) = change(local.clone());
        *local = next;
        said
    }

    /// The record as it is.
    pub(crate) async fn read(&self) -> State {
        self.update(|state| (state.clone(), state)).await
    }

    /// Who shares it, in words.
    pub(crate) fn with(&self) -> &'static str {
        match &self.remote {
            None => "workers",
            Some(remote) if remote.is_away() => "workers, as long as Redis is away",
            Some(_) => "replicas",
        }
    }

    fn local(&self) -> std::sync::MutexGuard<'_, State> {
        self.local.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Remote {
    async fn update<T>(&self, local: impl Fn() -> State, change: impl Fn(State) -> (State, T)) -> Option<(State, T)> {
        if self.is_away() {
            return None;
        }
        let changed = timeout(LIMIT, self.try_update(local, change)).await;
        let reason = match &changed {
            Ok(Ok(_)) => None,
            // Its text may name the address; its kind does not.
            Ok(Err(error)) => Some(format!("{:?}", error.kind())),
            Err(_) => Some("timeout".to_owned()),
        };
        self.note(reason).await;
        changed.ok()?.ok()?
    }

    async fn try_update<T>(
        &self,
        local: impl Fn() -> State,
        change: impl Fn(State) -> (State, T),
    ) -> RedisResult<Option<(State, T)>> {
        let mut connection = self.connection().await?;
        for _ in 0..TRIES {
            let text: Option<String> = redis::cmd("GET").arg(&self.key).query_async(&mut connection).await?;
            let text = text.unwrap_or_default();
            let before = State::of_text(&text).map_or_else(&local, |remote| remote.newest(local()));
            let (next, said) = change(before);
            let new = next.to_text();
            if new == text {
                return Ok(Some((next, said)));
            }
            let mut swap = redis::cmd("EVAL");
            swap.arg(SWAP).arg(1).arg(&self.key).arg(&text).arg(&new).arg(KEPT);
            if swap.query_async(&mut connection).await? {
                return Ok(Some((next, said)));
            }
        }
        // Others were faster each time. It is alive, so it is not away; this one change stays with us.
        Ok(None)
    }

    async fn connection(&self) -> RedisResult<MultiplexedConnection> {
        let mut held = self.connection.lock().await;
        if let Some(connection) = held.as_ref() {
            return Ok(connection.clone());
        }
        let config = AsyncConnectionConfig::new().set_connection_timeout(Some(LIMIT)).set_response_timeout(Some(LIMIT));
        let connection = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        *held = Some(connection.clone());
        Ok(connection)
    }

    /// Remembers that it is there, or why not; says so once.
    async fn note(&self, reason: Option<String>) {
        let is_away = reason.is_some();
        let was_away = {
            let mut away = self.away.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *away, is_away.then(Instant::now)).is_some()
        };
        if is_away {
            *self.connection.lock().await = None;
        }
        match (was_away, is_away) {
            (false, true) => drop(log::line(
                "warn",
                "the shared state of the upstream is away; this process goes by its own",
                json!({ "reason": "redis_unreachable", "cause": reason }),
            )),
            (true, false) => drop(log::line("info", "the shared state of the upstream is back", json!({}))),
            _ => {}
        }
    }

    fn is_away(&self) -> bool {
        let away = *self.away.lock().unwrap_or_else(PoisonError::into_inner);
        away.is_some_and(|since| since.elapsed() < AWAY)
    }
}
