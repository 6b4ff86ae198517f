//! What belongs together and what does not.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a step of a test that fails is a failed test")]

mod causes;
mod laws;
mod storms;

use chrono::{DateTime, TimeDelta, Utc};
use correlation::{Alert, Bounds, Graph, Group, Kind, Root, groups};

pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_000_000 + seconds, 0).unwrap()
}

/// `shop>cart,pay` needs both; names that need nothing may be left out.
pub(crate) fn graph(lines: &[&str]) -> Graph {
    let parts = lines.iter().map(|line| line.split_once('>').unwrap_or((line, "")));
    Graph::of(parts.map(|(service, needs)| (service, needs.split(',').filter(|name| !name.is_empty()))))
}

/// `cart 5 ?`: began then; `!` its own, `?` unknown, `~` speaks of something that it needs.
pub(crate) fn alerts(lines: &[&str]) -> Vec<Alert> {
    lines.iter().map(|line| alert(line)).collect()
}

fn alert(line: &str) -> Alert {
    let words: Vec<&str> = line.split(' ').collect();
    let (service, code) = words[0].split_once('.').unwrap_or((words[0], "FAULT"));
    let first = at(words[1].parse().unwrap());
    let kind = match words[2] {
        "!" => Kind::Own,
        "~" => Kind::Dependency,
        _ => Kind::Unknown,
    };
    Alert { service: service.into(), code: code.into(), first, last: first + TimeDelta::seconds(30), kind }
}

/// Each group as `root<member,member`, a silent root in brackets with the leading alert behind it.
#[track_caller]
pub(crate) fn check(needs: &[&str], raised: &[&str], wanted: &[&str]) {
    let alerts = alerts(raised);
    let found = groups(&alerts, &graph(needs), &Bounds::default());
    let told: Vec<String> = found.iter().map(|group| tell(&alerts, group)).collect();
    assert_eq!(told, wanted, "{found:#?}");
}

fn tell(alerts: &[Alert], group: &Group) -> String {
    let name = |alert: usize| match alerts[alert].code.as_str() {
        "FAULT" => alerts[alert].service.clone(),
        code => format!("{}.{code}", alerts[alert].service),
    };
    let members: Vec<String> = group.members.iter().map(|member| name(member.alert)).collect();
    let root = match &group.root {
        Root::Alerting => name(group.lead),
        Root::Silent { service, or } if or.is_empty() => format!("[{service}] {}", name(group.lead)),
        Root::Silent { service, or } => format!("[{service} or {}] {}", or.join(" or "), name(group.lead)),
    };
    if members.is_empty() { root } else { format!("{root}<{}", members.join(",")) }
}
