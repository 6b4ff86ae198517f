//! P3: from a line's `write(2)` until its detection is received, and until it is committed.

mod arrivals;
mod inserts;
mod noise;
mod rsyslog;
mod stub;
mod tails;
mod ways;

use crate::command::Setup;
use crate::machine::Machine;
use crate::sheet::{Limit, Sheet};
use crate::stand::Stand;
use crate::stats::percentile;
use anyhow::Context;
use inserts::Inserts;
use noise::Noise;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;
use ways::{HOP, OURS, POLL, RAW, RSYSLOG, Times, Ways};
use wire::Service;

const QUIET: &str = "quiet log";
const NOISY: &str = "under 50,000 noise lines/s";
const COMMIT: &str = "committed";
const INSERT: &str = "one pgbench insert";
/// How long a service may take to serve.
const READY: Duration = Duration::from_secs(30);

struct Plan {
    runs: usize,
    turns: usize,
}

/// Measures the row.
pub(crate) fn measure(setup: &Setup) -> anyhow::Result<Sheet> {
    let plan = if setup.smoke { Plan { runs: 2, turns: 5 } } else { Plan { runs: 5, turns: 100 } };
    let mut sheet = Sheet::new("p3", "detection latency", Machine::begin());
    let stand = Stand::start(&setup.work)?;
    let live = stand.add_target()?;
    let mut ways = Ways::open(&live, &setup.work)?;
    if !ways.has_rsyslog() {
        sheet.lacks("rsyslog: not on this machine (`apt-get install rsyslog`)");
    }
    sheet.lacks("Fluent Bit: no package of this distribution");
    let mut spec = stand.spec(Service::FaultRouter)?;
    spec.env.insert("FAULT_ROUTER__INCIDENT_STORE".into(), format!("http://{}", ways.stub.address));
    let _router = Stand::run(&spec)?;
    ways.until_followed(READY)?;
    for _ in 0..plan.runs {
        let times = ways.run(plan.turns, true)?;
        tell(&mut sheet, QUIET, &times);
    }
    loud(&mut sheet, &plan, &mut ways)?;
    commits(&mut sheet, &plan, &mut ways, &stand, setup)?;
    sheet.note(format!(
        "{} runs of {} lines a way, the ways in turn, the next line after the last one's arrival (only the polling tail is not \
         waited for); p50 and p99 are each run's",
        plan.runs, plan.turns
    ));
    sheet.note(
        "`matched` cannot be seen from outside: it is judged by when the POST was received, which is one hop later",
    );
    judge(&mut sheet);
    Ok(sheet)
}

fn loud(sheet: &mut Sheet, plan: &Plan, ways: &mut Ways) -> anyhow::Result<()> {
    let noise = Noise::start(ways.router_file()?);
    for _ in 0..plan.runs {
        let times = ways.run(plan.turns, false)?;
        tell(sheet, NOISY, &times);
    }
    let rate = noise.end()?;
    sheet.note(format!("noise: {rate:.0} lines/s into the file that the router follows, {} wanted", noise::RATE));
    Ok(())
}

/// The same with the real store behind, beside an insert of pgbench into the same PostgreSQL.
fn commits(sheet: &mut Sheet, plan: &Plan, ways: &mut Ways, stand: &Stand, setup: &Setup) -> anyhow::Result<()> {
    let spec = stand.spec(Service::IncidentStore)?;
    let address: SocketAddr = spec.url.trim_start_matches("http://").parse().context("the store's address")?;
    let _store = Stand::run(&spec)?;
    crate::http::until_ok(address, wire::paths::READY, READY)?;
    let inserts = Inserts::prepare(stand, &setup.work)?;
    ways.stub.hand_on(Some(address));
    ways.commit(plan.turns.min(20))?;
    for _ in 0..plan.runs {
        let times = ways.commit(plan.turns)?;
        tell(sheet, COMMIT, &BTreeMap::from([(OURS, times)]));
        tell(sheet, COMMIT, &BTreeMap::from([(INSERT, inserts.run(plan.turns)?)]));
        let hop = ways.run(plan.turns, false)?.remove(HOP).unwrap_or_default();
        tell(sheet, COMMIT, &BTreeMap::from([(HOP, hop)]));
    }
    ways.stub.hand_on(None);
    Ok(())
}

fn tell(sheet: &mut Sheet, when: &str, times: &Times) {
    for whose in [OURS, RAW, HOP, POLL, RSYSLOG, INSERT] {
        let Some(times) = times.get(whose) else { continue };
        for (name, share) in [("p50", 0.5), ("p99", 0.99)] {
            if let Some(figure) = percentile(times, share) {
                sheet.sample(&format!("{when}, {name}"), whose, "ms", figure);
            }
        }
    }
}

fn judge(sheet: &mut Sheet) {
    for when in [QUIET, NOISY] {
        let (p50, p99) = (format!("{when}, p50"), format!("{when}, p99"));
        let of_raw = sheet.ratio(&p50, "ms", OURS, RAW);
        sheet.want_ratio(&format!("{when}: received, p50, of raw inotify"), of_raw, Limit::AtMost(2.0));
        let slow = sheet.median(&p99, OURS, "ms");
        sheet.want(&format!("{when}: received, p99"), slow, Limit::AtMost(1.0), "ms");
        let less = sheet.median(&p50, OURS, "ms").zip(sheet.median(&p50, HOP, "ms")).map(|(all, hop)| all - hop);
        if let Some((less, raw)) = less.zip(sheet.median(&p50, RAW, "ms")) {
            sheet.note(format!("{when}: without one hop the p50 is {less:.3} ms, {:.1} × raw inotify", less / raw));
        }
    }
    let what = format!("{COMMIT}, p50");
    let peer = sheet.median(&what, INSERT, "ms").zip(sheet.median(&what, HOP, "ms")).map(|(insert, hop)| insert + hop);
    let found = sheet.median(&what, OURS, "ms").zip(peer).map(|(ours, peer)| ours / peer);
    sheet.want_ratio("committed, p50, of one pgbench insert and a hop", found, Limit::AtMost(1.5));
}
