//! The first steps of a stack: the lock on its folder, its servers, and waiting for services.

use super::layout::Layout;
use anyhow::Context;
use secrecy::{ExposeSecret, SecretString};
use std::time::{Duration, Instant};
use substrate::{Elsewhere, Postgres, Redis};
use wire::Service;

/// How long a service may take to be ready; its migrations are part of it.
const READY: Duration = Duration::from_secs(60);
/// How long to wait before it is asked again: doubles up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(80);

/// One stack a folder.
pub(super) fn lock(layout: &Layout) -> anyhow::Result<std::fs::File> {
    let path = layout.at("lock");
    let file = std::fs::File::options().create(true).truncate(false).write(true).open(&path)?;
    let taken = file.try_lock();
    anyhow::ensure!(
        taken.is_ok(),
        "another stack runs in {}: end it first (Ctrl-C there), or choose another folder with --home",
        layout.home.display()
    );
    Ok(file)
}

/// PostgreSQL and Redis that somebody else runs; what is not given is started privately.
#[derive(Debug, Clone, Default)]
pub struct External {
    /// Where PostgreSQL is, for a role that may make roles and databases.
    pub postgres: Option<Elsewhere>,
    /// Where Redis is.
    pub redis: Option<SecretString>,
}

impl External {
    /// What `DATABASE_URL` and `REDIS_URL` say.
    ///
    /// # Errors
    /// When `DATABASE_URL` is not of the right form.
    pub fn of_environment() -> anyhow::Result<Self> {
        let postgres = chassis::settings::variable("DATABASE_URL").map(|url| Elsewhere::parse(&url)).transpose()?;
        Ok(Self { postgres, redis: chassis::settings::variable("REDIS_URL").map(SecretString::from) })
    }
}

/// PostgreSQL and Redis of the stack's own, or the given ones.
pub(super) async fn servers(
    layout: &Layout,
    external: &External,
    durable: bool,
    say: &mut dyn FnMut(String),
) -> anyhow::Result<(Postgres, Redis)> {
    Ok((postgres(layout, external, durable, say).await?, redis(layout, external, say).await?))
}

async fn postgres(
    layout: &Layout,
    external: &External,
    durable: bool,
    say: &mut dyn FnMut(String),
) -> anyhow::Result<Postgres> {
    if let Some(elsewhere) = external.postgres.clone() {
        say(format!("postgresql      {elsewhere:?}  as DATABASE_URL says"));
        let postgres = tokio::task::spawn_blocking(move || Postgres::of(elsewhere)).await?;
        let postgres = postgres.context("the PostgreSQL of DATABASE_URL cannot be used")?;
        if let Some(problem) = postgres.log_problem()? {
            say(format!("                what a replay did cannot be proved with its statement log: {problem}"));
        }
        return Ok(postgres);
    }
    let folder = substrate::folder_for(&layout.at("postgres"));
    let shown = folder.display().to_string();
    let postgres = tokio::task::spawn_blocking(move || Postgres::start(&folder, durable)).await??;
    let pid = postgres.pid().unwrap_or_default();
    say(format!("postgresql      127.0.0.1:{}  pid {pid}  in {shown}", postgres.port));
    Ok(postgres)
}

async fn redis(layout: &Layout, external: &External, say: &mut dyn FnMut(String)) -> anyhow::Result<Redis> {
    if let Some(url) = &external.redis {
        say("redis           as REDIS_URL says".to_owned());
        return Ok(Redis::of(url.expose_secret().to_owned()));
    }
    let folder = substrate::folder_for(&layout.at("redis"));
    let redis = tokio::task::spawn_blocking(move || Redis::start(&folder)).await??;
    say(format!("redis           private, pid {}", redis.pid().unwrap_or_default()));
    Ok(redis)
}

/// Waits until a service answers its health check and, where it has one, its readiness check.
pub(super) async fn until_ready(service: Service, url: &str) -> anyhow::Result<()> {
    let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(2)).build()?;
    let until = Instant::now() + READY;
    // The front passes everything on that is not its own.
    let checks: &[&str] = if service == Service::Front {
        &[wire::paths::FRONT_HEALTH]
    } else {
        &[wire::paths::HEALTH, wire::paths::READY]
    };
    for path in checks {
        let mut pause = FIRST_PAUSE;
        loop {
            let answer = http.get(format!("{url}{path}")).send().await;
            let status = answer.map(|answer| answer.status().as_u16());
            // A service that depends on nothing has no readiness check.
            if matches!(status, Ok(200 | 404)) {
                break;
            }
            anyhow::ensure!(Instant::now() < until, "no answer to {path} within {READY:?}");
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
    Ok(())
}
