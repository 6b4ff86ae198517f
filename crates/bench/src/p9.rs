//! P9: how long an event takes to the last of many subscribers, beside a bare write loop and nginx with nchan.

mod clients;
pub(crate) mod part;
mod server;

use crate::command::Setup;
use crate::machine::{Machine, cpu_seconds, descriptors, resident};
use crate::sheet::{Limit, Sheet};
use crate::stats::slope;
use clients::Crowd;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use server::Server;
use std::time::{Duration, Instant};

const OURS: &str = "hub of incident-store";
const FLOOR: &str = "bare write loop";
const PEER: &str = "nginx + nchan";
/// How long descriptors of clients that vanished are waited for.
const PATIENCE: Duration = Duration::from_secs(20);
/// A number that stays so long is one at rest.
const REST: Duration = Duration::from_secs(1);
/// After connecting, so that greetings are not taken for what is published.
const SETTLE: Duration = Duration::from_millis(400);

struct Plan {
    sizes: Vec<usize>,
    rounds: usize,
    burst: usize,
    bursts: usize,
    vanishing: usize,
}

/// Measures the row.
pub(crate) fn measure(setup: &Setup) -> anyhow::Result<Sheet> {
    let plan = match setup.smoke {
        true => Plan { sizes: vec![5, 20], rounds: 2, burst: 3, bursts: 1, vanishing: 40 },
        false => Plan { sizes: vec![50, 500, 5_000], rounds: 15, burst: 20, bursts: 5, vanishing: 10_000 },
    };
    raise_limit()?;
    let mut sheet = Sheet::new("p9", "an event to the last subscriber", Machine::begin());
    let mut servers = vec![Server::own(OURS, "hub")?, Server::own(FLOOR, "raw")?];
    match Server::nchan(PEER, &setup.work)? {
        Some(server) => servers.push(server),
        None => sheet.lacks("nginx + nchan: not on this machine (`apt-get install nginx-light libnginx-mod-nchan`)"),
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, async {
        deliveries(&mut sheet, &plan, &mut servers).await?;
        vanish(&mut sheet, &plan, &servers).await
    })?;
    sheet.note(format!(
        "all contenders hold their connections at the same time and publish in turn; clients are one process with one thread; a \
         frame has {} bytes; the hub is served as `incident-store` serves it, without sessions and database",
        frame(1).len()
    ));
    sheet.note("50,000 subscribers are not possible here: a process has at most 20,000 descriptors");
    judge(&mut sheet, &plan);
    Ok(sheet)
}

async fn deliveries(sheet: &mut Sheet, plan: &Plan, servers: &mut [Server]) -> anyhow::Result<()> {
    let mut crowds: Vec<Crowd> = servers.iter().map(|_| Crowd::default()).collect();
    let empty: Vec<u64> = servers.iter().map(|server| resident(server.pid).unwrap_or_default()).collect();
    let mut points = Vec::new();
    for size in &plan.sizes {
        for (server, crowd) in servers.iter().zip(&mut crowds) {
            crowd.grow(server.address, *size).await?;
        }
        tokio::time::sleep(SETTLE).await;
        for _ in 0..plan.rounds {
            for (server, crowd) in servers.iter_mut().zip(&crowds) {
                let (took, cpu) = publish(server, crowd, 1).await?;
                sheet.sample(&to_last(*size), server.name, "ms", took * 1e3);
                sheet.sample(&format!("CPU a delivery, {size}"), server.name, "µs", cpu * 1e6 / *size as f64);
            }
        }
        points.extend(sheet.median(&to_last(*size), OURS, "ms").map(|ms| (*size as f64, ms)));
    }
    if let Some(slope) = slope(&points) {
        sheet.note(format!("the hub's time grows with the subscribers to the power of {slope:.2} (log–log slope)"));
    }
    let size = largest(plan);
    for _ in 0..plan.bursts {
        for (server, crowd) in servers.iter_mut().zip(&crowds) {
            let (took, _) = publish(server, crowd, plan.burst).await?;
            let rate = (size * plan.burst) as f64 / took / 1e6;
            sheet.sample(&burst(plan), server.name, "million deliveries/s", rate);
        }
    }
    for (server, before) in servers.iter().zip(empty) {
        let grown = resident(server.pid).unwrap_or_default().saturating_sub(before);
        sheet.sample("memory a subscriber", server.name, "kB", grown as f64 / 1e3 / size as f64);
    }
    for crowd in crowds {
        crowd.vanish().await;
    }
    Ok(())
}

/// From the word to publish until the last client has all, and the server's CPU time for it; seconds.
async fn publish(server: &mut Server, crowd: &Crowd, frames: usize) -> anyhow::Result<(f64, f64)> {
    crowd.expect(frames);
    let (before, begun) = (cpu_seconds(server.pid), Instant::now());
    server.publish(frames)?;
    crowd.heard().await?;
    let took = begun.elapsed().as_secs_f64();
    // What the server still does after the last write belongs to the same event.
    tokio::time::sleep(Duration::from_millis(5)).await;
    Ok((took, cpu_seconds(server.pid) - before))
}

/// How long the descriptors of clients that vanish without a word are kept; nothing is published.
async fn vanish(sheet: &mut Sheet, plan: &Plan, servers: &[Server]) -> anyhow::Result<()> {
    for server in servers.iter().filter(|server| server.name != FLOOR) {
        let before = at_rest(server.pid).await;
        let mut crowd = Crowd::default();
        crowd.grow(server.address, plan.vanishing).await?;
        anyhow::ensure!(
            descriptors(server.pid) >= before + plan.vanishing,
            "{} does not hold its clients",
            server.name
        );
        let begun = Instant::now();
        crowd.vanish().await;
        let closed = begun.elapsed();
        while begun.elapsed() < PATIENCE && descriptors(server.pid) > before {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let left = descriptors(server.pid).saturating_sub(before);
        let what = format!("{} clients vanish", plan.vanishing);
        sheet.sample(&format!("{what}: descriptors left after {} s", PATIENCE.as_secs()), server.name, "", left as f64);
        let seconds = begun.elapsed().saturating_sub(closed).as_secs_f64();
        sheet.sample(&format!("{what}: until the last descriptor is back"), server.name, "s", seconds);
    }
    Ok(())
}

/// How many descriptors a process has when their number has not changed for a while: those of earlier clients are back then.
async fn at_rest(pid: u32) -> usize {
    let until = Instant::now() + PATIENCE;
    let (mut count, mut since) = (descriptors(pid), Instant::now());
    while since.elapsed() < REST && Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let now = descriptors(pid);
        if now != count {
            (count, since) = (now, Instant::now());
        }
    }
    count
}

fn judge(sheet: &mut Sheet, plan: &Plan) {
    let what = to_last(largest(plan));
    let (floor, peer) = (sheet.ratio(&what, "ms", OURS, FLOOR), sheet.ratio(&what, "ms", OURS, PEER));
    sheet.want_ratio(&format!("{what}: of the bare write loop"), floor, Limit::AtMost(1.25));
    sheet.want_ratio(&format!("{what}: of nginx + nchan"), peer, Limit::AtMost(0.65));
    let rate = sheet.ratio(&burst(plan), "million deliveries/s", OURS, PEER);
    sheet.want_ratio("burst: deliveries/s of nginx + nchan", rate, Limit::AtLeast(8.0));
    let memory = sheet.median("memory a subscriber", OURS, "kB");
    sheet.want("memory a subscriber", memory, Limit::AtMost(4.0), "kB");
    let vanished = format!("{} clients vanish: until the last descriptor is back", plan.vanishing);
    let seconds = sheet.median(&vanished, OURS, "s");
    sheet.want(&vanished, seconds, Limit::AtMost(1.0), "s");
}

fn to_last(size: usize) -> String {
    format!("publish → last of {size}")
}

fn burst(plan: &Plan) -> String {
    format!("burst of {} events to {}", plan.burst, largest(plan))
}

fn largest(plan: &Plan) -> usize {
    plan.sizes.last().copied().unwrap_or_default()
}

/// As many descriptors as may be.
fn raise_limit() -> anyhow::Result<()> {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    Ok(setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?)
}

/// What an event of a recovery looks like.
fn frame_data(id: i64) -> String {
    format!(
        r#"{{"cursor":"1-{id}","incident":"019312d0-7a4e-7c1e-9d53-4f8a2b6c7d8e","target":"fault-app","code":"FAULT_DB_TIMEOUT","status":"proposing","severity":"high","position":7,"text":"A patch is being made","at":"2026-03-01T12:00:00.000000Z"}}"#
    )
}

fn frame(id: i64) -> String {
    format!("id: 1-{id}\nevent: healing_progress\ndata: {}\n\n", frame_data(id))
}
