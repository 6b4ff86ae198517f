//! P11: how soon each service serves and what memory it holds at rest, beside a bare actix server.

use crate::child::Killed;
use crate::command::Setup;
use crate::http;
use crate::machine::{Machine, resident};
use crate::sheet::{Limit, Sheet};
use crate::stand::Stand;
use anyhow::Context;
use kintsugi::stack::ports::Ports;
use kintsugi::stack::supervisor::{Part, Spec};
use std::collections::BTreeMap;
use std::fs::File;
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use substrate::Owned;
use wire::Service;
use wire::paths::{FRONT_HEALTH, HEALTH};

const BARE: &str = "bare actix";
const FIRST: &str = "start → first 200";
const IDLE: &str = "resident at rest";
const ALL: &str = "all services together";
/// How long a program may take to answer.
const READY: Duration = Duration::from_secs(20);

struct Plan {
    rounds: usize,
    rest: Duration,
    looks: usize,
}

/// Measures the row.
pub(crate) fn measure(setup: &Setup) -> anyhow::Result<Sheet> {
    let plan = match setup.smoke {
        true => Plan { rounds: 1, rest: Duration::from_millis(200), looks: 1 },
        false => Plan { rounds: 9, rest: Duration::from_secs(5), looks: 3 },
    };
    let mut sheet = Sheet::new("p11", "footprint", Machine::begin());
    let stand = Stand::start(&setup.work)?;
    let mut specs = vec![bare(setup)?];
    for service in Ports::services() {
        match stand.spec(service) {
            Ok(spec) => specs.push(spec),
            Err(why) => sheet.lacks(format!("{service}: {why:#}")),
        }
    }
    for round in 0..plan.rounds {
        for spec in &specs {
            let begun = Instant::now();
            let child = start(spec)?;
            http::until_ok(address(spec)?, health(spec), READY)
                .with_context(|| format!("{} does not serve", spec.part))?;
            let took = begun.elapsed().as_secs_f64() * 1e3;
            drop(child);
            // The first start of a program reads it from the disk, and makes its schema.
            if round > 0 || plan.rounds == 1 {
                sheet.sample(FIRST, &spec.part.to_string(), "ms", took);
            }
        }
    }
    rest(&mut sheet, &plan, &specs)?;
    sheet.note("the first round is not counted: programs are read from the disk and schemas are made in it");
    sheet.note(format!(
        "at rest: {} s after all were started together, without a target; PostgreSQL and Redis are not counted; pages that \
         processes share are counted for each",
        plan.rest.as_secs()
    ));
    judge(&mut sheet);
    Ok(sheet)
}

/// The bare server, started as a service is.
fn bare(setup: &Setup) -> anyhow::Result<Spec> {
    let own = std::env::current_exe()?;
    let program = own.with_file_name("bare");
    anyhow::ensure!(program.exists(), "{} is not built", program.display());
    let address = format!("127.0.0.1:{}", substrate::free_port()?);
    Ok(Spec {
        part: Part::Companion(BARE.to_owned()),
        argv: vec![program.display().to_string(), address.clone()],
        env: BTreeMap::new(),
        log: setup.work.join("bare.log"),
        url: format!("http://{address}"),
        health: format!("http://{address}"),
    })
}

/// Without the helper that ties a process to ours, which takes time itself.
fn start(spec: &Spec) -> anyhow::Result<Killed> {
    let (program, arguments) = spec.argv.split_first().context("no program")?;
    let log = File::options().create(true).append(true).open(&spec.log)?;
    let mut command = Command::new(program);
    command.args(arguments).env_clear().envs(&spec.env).stdin(Stdio::null());
    let child = command.stdout(log.try_clone()?).stderr(log).spawn();
    Ok(Killed(child.with_context(|| format!("cannot start {program}"))?))
}

fn address(spec: &Spec) -> anyhow::Result<SocketAddr> {
    spec.url.trim_start_matches("http://").parse().with_context(|| format!("{} is no address", spec.url))
}

fn health(spec: &Spec) -> &'static str {
    if spec.part == Part::Service(Service::Front) { FRONT_HEALTH } else { HEALTH }
}

fn rest(sheet: &mut Sheet, plan: &Plan, specs: &[Spec]) -> anyhow::Result<()> {
    let running: Vec<(&Spec, Owned)> =
        specs.iter().map(|spec| Ok((spec, Stand::run(spec)?))).collect::<anyhow::Result<_>>()?;
    for (spec, _) in &running {
        http::until_ok(address(spec)?, health(spec), READY).with_context(|| format!("{} does not serve", spec.part))?;
    }
    for _ in 0..plan.looks {
        std::thread::sleep(plan.rest);
        let mut sum = 0.0;
        for (spec, process) in &running {
            let bytes = resident(process.pid()).with_context(|| format!("{} has ended", spec.part))?;
            let mib = bytes as f64 / f64::from(1 << 20);
            sheet.sample(IDLE, &spec.part.to_string(), "MiB", mib);
            sum += if matches!(spec.part, Part::Service(_)) { mib } else { 0.0 };
        }
        sheet.sample(IDLE, ALL, "MiB", sum);
    }
    Ok(())
}

fn judge(sheet: &mut Sheet) {
    let services: Vec<String> = Ports::services().map(|service| service.to_string()).collect();
    let slowest = worst(&services, |service| sheet.ratio(FIRST, "ms", service, BARE));
    let largest = worst(&services, |service| sheet.median(IDLE, service, "MiB"));
    let what = format!("{FIRST}, of bare actix: the slowest, {}", name(slowest.as_ref()));
    sheet.want_ratio(&what, slowest.map(|(_, ratio)| ratio), Limit::AtMost(3.0));
    let what = format!("{IDLE}: the largest, {}", name(largest.as_ref()));
    sheet.want(&what, largest.map(|(_, mib)| mib), Limit::AtMost(16.0), "MiB");
    let all = sheet.median(IDLE, ALL, "MiB");
    // A sum without some of the services would look better than it is.
    let complete = services.iter().all(|service| sheet.median(IDLE, service, "MiB").is_some());
    sheet.want(&format!("{IDLE}: {ALL}"), all.filter(|_| complete), Limit::AtMost(120.0), "MiB");
}

fn worst(services: &[String], of: impl Fn(&str) -> Option<f64>) -> Option<(String, f64)> {
    let found = services.iter().filter_map(|service| Some((service.clone(), of(service)?)));
    found.max_by(|a, b| a.1.total_cmp(&b.1))
}

fn name(found: Option<&(String, f64)>) -> &str {
    found.map_or("none", |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_is_only_judged_when_every_service_is_in_it() {
        let mut sheet = Sheet::new("p11", "footprint", Machine::default());
        sheet.sample(IDLE, ALL, "MiB", 20.0);
        sheet.sample(IDLE, "front", "MiB", 20.0);
        judge(&mut sheet);
        let found: Vec<_> = sheet.goals.iter().map(|goal| goal.found).collect();
        assert_eq!(found, [None, Some(20.0), None]);
        assert!(sheet.goals[1].what.ends_with("the largest, front"), "{}", sheet.goals[1].what);
    }
}
