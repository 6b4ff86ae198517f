//! The first steps of a stack: the lock on its folder, its servers, and waiting for services.

use super::layout::Layout;
use std::time::{Duration, Instant};
use substrate::{Postgres, Redis};
use wire::Service;

/// How long a service may take to be ready; its migrations are part of it.
const READY: Duration = Duration::from_secs(60);

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

pub(super) async fn servers(
    layout: &Layout,
    durable: bool,
    say: &mut dyn FnMut(String),
) -> anyhow::Result<(Postgres, Redis)> {
    let folder = substrate::folder_for(&layout.at("postgres"));
    let shown = folder.display().to_string();
    let postgres = tokio::task::spawn_blocking(move || Postgres::start(&folder, durable)).await??;
    say(format!("postgresql      127.0.0.1:{}  pid {}  in {shown}", postgres.port, postgres.pid()));
    let folder = substrate::folder_for(&layout.at("redis"));
    let redis = tokio::task::spawn_blocking(move || Redis::start(&folder)).await??;
    say(format!("redis           127.0.0.1:{}  pid {}", redis.port, redis.pid()));
    Ok((postgres, redis))
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
        loop {
            let answer = http.get(format!("{url}{path}")).send().await;
            let status = answer.map(|answer| answer.status().as_u16());
            // A service that depends on nothing has no readiness check.
            if matches!(status, Ok(200 | 404)) {
                break;
            }
            anyhow::ensure!(Instant::now() < until, "no answer to {path} within {READY:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    Ok(())
}
