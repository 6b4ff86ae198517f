//! The markers: `kintsugi:cooldown:TARGET:CODE` in Redis, each with its end, and what this process knows of them.

use chrono::TimeDelta;
use deadpool_redis::redis;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use wire::{FaultCode, TargetName};

/// How long Redis may take: a marker only saves work.
const LIMIT: Duration = Duration::from_millis(50);
/// How often one fault's marker is asked for at most.
const EVERY: Duration = Duration::from_secs(1);
/// How often a marker is set anew at most.
const RENEW: TimeDelta = TimeDelta::seconds(5);

/// The markers.
#[derive(Debug, Default)]
pub(crate) struct Markers {
    redis: Option<redis::Client>,
    known: Mutex<HashMap<String, Known>>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Known {
    until: Option<Instant>,
    asked: Option<Instant>,
}

impl Markers {
    /// With Redis, where there is one.
    pub(crate) fn new(redis: Option<redis::Client>) -> Self {
        Self { redis, known: Mutex::default() }
    }

    /// Marks a fault for a while.
    pub(crate) async fn mark(&self, target: &TargetName, code: &FaultCode, lasts: TimeDelta) {
        let (key, now) = (key(target, code), Instant::now());
        let until = now + lasts.to_std().unwrap_or_default();
        let recent = RENEW.to_std().unwrap_or_default();
        let before = self.lock().entry(key.clone()).or_default().until.replace(until);
        if before.is_some_and(|before| before + recent > until) {
            return;
        }
        let ms = u64::try_from(lasts.num_milliseconds()).unwrap_or_default().max(1);
        let mut command = redis::cmd("SET");
        command.arg(&key).arg("").arg("PX").arg(ms);
        self.ask::<()>(command).await;
    }

    /// Whether a fault is marked, as far as is known. Redis is asked only for a fault that this process has seen before, and
    /// seldom: the first of a kind must not wait for it.
    pub(crate) async fn holds(&self, target: &TargetName, code: &FaultCode) -> bool {
        let (key, now) = (key(target, code), Instant::now());
        let asks = {
            let mut all = self.lock();
            let is_first = !all.contains_key(&key);
            let known = all.entry(key.clone()).or_default();
            if known.until.is_some_and(|until| until > now) {
                return true;
            }
            let asks = !is_first && known.asked.is_none_or(|asked| now - asked >= EVERY);
            if asks {
                known.asked = Some(now);
            }
            asks
        };
        if !asks {
            return false;
        }
        let mut command = redis::cmd("PTTL");
        command.arg(&key);
        let left = self
            .ask::<i64>(command)
            .await
            .and_then(|ms| u64::try_from(ms).ok())
            .map(Duration::from_millis)
            .filter(|left| !left.is_zero());
        if let Some(left) = left {
            self.lock().entry(key).or_default().until = Some(now + left);
        }
        left.is_some()
    }

    /// Takes markers away.
    pub(crate) async fn clear(&self, keys: &[String]) {
        self.lock().clear();
        if !keys.is_empty() {
            let mut command = redis::cmd("DEL");
            command.arg(keys);
            self.ask::<i64>(command).await;
        }
    }

    /// Asks Redis; none without it, when it is away or slow.
    async fn ask<T: redis::FromRedisValue>(&self, command: redis::Cmd) -> Option<T> {
        let client = self.redis.as_ref()?;
        let asked = async { command.query_async(&mut client.get_multiplexed_async_connection().await?).await };
        match tokio::time::timeout(LIMIT, asked).await {
            Ok(Ok(answer)) => Some(answer),
            Ok(Err(error)) => {
                tracing::debug!(%error, "a cooldown's marker is not in Redis");
                None
            }
            Err(_) => None,
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn key(target: &TargetName, code: &FaultCode) -> String {
    format!("kintsugi:cooldown:{target}:{code}")
}
