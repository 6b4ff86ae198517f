//! Recomputes a demo report from its sources: the journal, the git log, the target's own log. Reads plain JSON and shares no
//! code with what wrote the report.
#![expect(clippy::indexing_slicing, reason = "serde_json answers null for what is missing")]

use anyhow::{Context, bail, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

/// What is not the platform's own.
const OTHERS: [&str; 7] = ["target", "build", "test", "replay", "health", "bake", "person"];
/// Rounding of figures in the report, milliseconds.
const ROUNDING_MS: f64 = 0.01;

/// Checks every fault of a report, and what the report concludes.
pub(crate) fn check(path: &Path) -> anyhow::Result<()> {
    let report = read(path)?;
    let faults = report["faults"].as_array().context("the report has no faults")?;
    ensure!(!faults.is_empty(), "the report has no faults");
    let mut worst = 0.0_f64;
    for fault in faults {
        let name = name(fault);
        let platform = one(fault).with_context(|| name.clone())?;
        worst = worst.max(platform);
        println!("{name}: journal, git log and log lines agree; the platform's own share is {platform:.1} ms");
    }
    let rounds = every_round_has_every_fault(faults)?;
    conclusions(&report, faults, worst)?;
    let (requests, failed) = (&report["switch"]["requests"], &report["switch"]["failed"]);
    println!(
        "{rounds} round(s); the client sent {requests} requests, {failed} failed; the worst share is {worst:.1} ms"
    );
    Ok(())
}

fn name(fault: &Value) -> String {
    format!("{} #{}", fault["name"].as_str().unwrap_or("?"), fault["round"])
}

/// No fault is left out of a cycle, and no two share an incident.
fn every_round_has_every_fault(faults: &[Value]) -> anyhow::Result<usize> {
    let mut rounds: BTreeMap<u64, BTreeSet<&str>> = BTreeMap::new();
    let mut incidents = BTreeSet::new();
    for fault in faults {
        let name = fault["name"].as_str().context("a fault without a name")?;
        let new = rounds.entry(fault["round"].as_u64().context("a fault without a round")?).or_default().insert(name);
        ensure!(new, "{name} is there twice in a round");
        ensure!(incidents.insert(fault["incident"].as_str()), "{name} shares its incident with another fault");
    }
    let first = rounds.values().next().context("no round")?;
    ensure!(rounds.values().all(|names| names == first), "the rounds have different faults: {rounds:?}");
    Ok(rounds.len())
}

/// What the report concludes follows from what it says of each fault.
fn conclusions(report: &Value, faults: &[Value], worst: f64) -> anyhow::Result<()> {
    let sum = |member: &str| -> u64 {
        let parts = faults.iter().chain(report["resets"].as_array().into_iter().flatten());
        parts.filter_map(|part| part["switch"][member].as_u64()).sum()
    };
    for member in ["requests", "failed"] {
        let (told, sum) = (report["switch"][member].as_u64(), sum(member));
        ensure!(told == Some(sum), "switch.{member} is {told:?}, the phases add up to {sum}");
    }
    let told = report["goals"]["platform_ms"]["worst"].as_f64().context("no goals.platform_ms.worst")?;
    ensure!((told - worst).abs() < ROUNDING_MS, "the worst platform_ms is {worst}, the report says {told}");
    let good = faults.iter().all(|fault| fault["outcome"] == "resolved" && fault["answers_well"] == true);
    let unseen = report["switch"]["failed"] == 0 && sum("requests") > 0;
    ensure!(report["healed"] == true, "the report says that not everything was healed");
    ensure!(good && unseen, "the report says `healed`, its own figures say no");
    Ok(())
}

fn one(fault: &Value) -> anyhow::Result<f64> {
    let journal = read(Path::new(fault["journal"].as_str().context("no journal")?))?;
    let events = journal.as_array().context("the journal is not a list")?;
    let fired = time(&fault["fired_at"])?;
    let detected = find(events, "detected")?;
    let detection = &detected["payload"]["detection"];
    ensure!(detection["code"] == fault["code"], "the journal is about {}, not {}", detection["code"], fault["code"]);
    let line = time(&detection["at"])?;
    let resolved = time(&find(events, "resolved")?["at"])?;
    own_line(fault, detection, line)?;
    let commit = commit(fault, events, fired, resolved)?;
    same(&fault["stages_ms"]["line"], fired, line, "line")?;
    same(&fault["stages_ms"]["resolved"], fired, resolved, "resolved")?;
    same(&fault["stages_ms"]["pushed"], fired, time(&find(events, "pushed")?["at"])?, "pushed")?;
    ensure!(fault["commit"].as_str() == Some(&commit), "the report names another commit than the journal: {commit}");
    let platform = (ms(line, resolved)) - covered(events, line, resolved)?;
    close(fault["platform_ms"].as_f64(), platform, "platform_ms")?;
    close(fault["shares_ms"]["platform"].as_f64(), platform, "shares_ms.platform")?;
    let shares = fault["shares_ms"].as_object().context("no shares_ms")?;
    let total = shares.values().filter_map(Value::as_f64).sum();
    close(Some(total), ms(fired, resolved), "the sum of shares_ms")?;
    Ok(platform)
}

/// A figure of the report is the one that follows from its sources.
fn close(reported: Option<f64>, found: f64, what: &str) -> anyhow::Result<()> {
    let reported = reported.with_context(|| format!("no {what}"))?;
    ensure!((reported - found).abs() < ROUNDING_MS, "{what} is {reported} in the report and {found} by its sources");
    Ok(())
}

/// The line's own time stamp, in the target's own log.
fn own_line(fault: &Value, detection: &Value, line: DateTime<Utc>) -> anyhow::Result<()> {
    let (event_id, folder) = (&detection["event_id"], fault["logs"].as_str().context("no logs")?);
    for entry in std::fs::read_dir(folder)?.flatten() {
        let text = std::fs::read_to_string(entry.path()).unwrap_or_default();
        let mut lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        if let Some(found) = lines.find(|line| line["event_id"] == *event_id) {
            let stamp = time(&found["ts"])?;
            // The application's own report may have come first, with the time it took a moment after the line.
            ensure!((stamp - line).abs() < TimeDelta::milliseconds(5), "the line says {stamp}, the journal {line}");
            return Ok(());
        }
    }
    bail!("no line in {folder} has the event id {event_id}")
}

/// The commit that the git log has for this incident, and that it was made within the recovery.
fn commit(fault: &Value, events: &[Value], fired: DateTime<Utc>, resolved: DateTime<Utc>) -> anyhow::Result<String> {
    let remote = fault["remote"].as_str().context("no remote")?.trim_start_matches("file://");
    let incident = fault["incident"].as_str().context("no incident")?;
    let format = "--format=%H%x00%cI%x00%(trailers:key=Kintsugi-Incident,valueonly,separator=%x2C)%x00%(trailers:key=Kintsugi-Revert,valueonly,separator=%x2C)";
    let branch = fault["branch"].as_str().context("no branch")?;
    let output =
        Command::new("git").args(["-C", remote, "log", format, branch, "--"]).output().context("cannot run git")?;
    ensure!(output.status.success(), "git log failed: {}", String::from_utf8_lossy(&output.stderr));
    let log = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut ours = log.lines().map(|line| line.split('\0').collect::<Vec<_>>()).filter(|fields| {
        fields.get(2).is_some_and(|trailer| trailer.trim() == incident)
            && fields.get(3).is_some_and(|revert| revert.trim().is_empty())
    });
    let found = ours.next().context("the git log has no commit for the incident")?;
    ensure!(ours.next().is_none(), "the git log has more than one commit for the incident");
    let (id, at) = (found.first().copied().unwrap_or_default(), found.get(1).copied().unwrap_or_default());
    let at: DateTime<Utc> = at.parse::<DateTime<chrono::FixedOffset>>()?.into();
    // Git keeps whole seconds.
    ensure!(at >= fired - TimeDelta::seconds(1) && at <= resolved, "the commit was made at {at}, outside the recovery");
    let pushed = find(events, "pushed")?["payload"]["commit"].as_str().unwrap_or_default().to_owned();
    ensure!(pushed == id, "the journal says {pushed} was pushed, the git log {id}");
    Ok(pushed)
}

/// How much of the time the target's own spans cover, milliseconds.
fn covered(events: &[Value], from: DateTime<Utc>, to: DateTime<Utc>) -> anyhow::Result<f64> {
    let mut marks = Vec::new();
    let waits = waits(events);
    for span in events.iter().flat_map(spans).chain(&waits) {
        if OTHERS.contains(&span["kind"].as_str().unwrap_or_default()) {
            let (start, end) = (time(&span["start"])?.max(from), time(&span["end"])?.min(to));
            if start < end {
                marks.push((start, 1));
                marks.push((end, -1));
            }
        }
    }
    marks.sort();
    let (mut open, mut since, mut total) = (0, from, 0.0);
    for (at, change) in marks {
        if open > 0 {
            total += ms(since, at);
        }
        open += change;
        since = at;
    }
    Ok(total)
}

/// The waits for a person: from the question to the word, as spans.
fn waits(events: &[Value]) -> Vec<Value> {
    let (mut waits, mut asked_at) = (Vec::new(), None);
    for event in events {
        match event["kind"].as_str() {
            Some("approval_requested" | "escalated") => asked_at = asked_at.or(Some(&event["at"])),
            Some("approved" | "retried") => waits
                .extend(asked_at.take().map(|start| json!({ "kind": "person", "start": start, "end": event["at"] }))),
            _ => {}
        }
    }
    waits
}

/// The spans of an event: of what was told, and of what was told right after.
fn spans(event: &Value) -> impl Iterator<Item = &Value> {
    let payload = &event["payload"];
    let more = payload["more"].as_array().into_iter().flatten();
    std::iter::once(&payload["progress"]).chain(more).map(|told| &told["span"]).filter(|span| !span.is_null())
}

fn same(reported: &Value, fired: DateTime<Utc>, at: DateTime<Utc>, what: &str) -> anyhow::Result<()> {
    let (reported, found) = (reported.as_f64().with_context(|| format!("no stage {what}"))?, ms(fired, at));
    ensure!(
        (reported - found).abs() < ROUNDING_MS,
        "stage {what} is {reported} ms in the report and {found} ms by its source"
    );
    Ok(())
}

fn find<'a>(events: &'a [Value], kind: &str) -> anyhow::Result<&'a Value> {
    let found = events.iter().rev().find(|event| event["kind"] == kind);
    found.with_context(|| format!("the journal has no `{kind}`"))
}

fn ms(from: DateTime<Utc>, to: DateTime<Utc>) -> f64 {
    (to - from).num_microseconds().unwrap_or_default() as f64 / 1000.0
}

fn time(value: &Value) -> anyhow::Result<DateTime<Utc>> {
    let text = value.as_str().with_context(|| format!("{value} is no time"))?;
    Ok(text.parse::<DateTime<chrono::FixedOffset>>()?.into())
}

fn read(path: &Path) -> anyhow::Result<Value> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is not JSON", path.display()))
}
