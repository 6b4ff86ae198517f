//! Ways to merge alerts: ours, and simpler ones.

use super::scenario::Scenario;
use chrono::TimeDelta;
use correlation::{Bounds, Root, groups};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A way to merge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Method {
    /// Ours.
    Correlation,
    /// Alerts that began within two minutes of another one; the first is the root.
    Time,
    /// Alerts of one service.
    Service,
    /// Services that need each other, whichever way, and began within two minutes; the first is the root.
    Neighbours,
}

/// What is one, by label, and where each is thought to come from.
#[derive(Debug)]
pub(super) struct Merged {
    pub(super) labels: Vec<usize>,
    pub(super) roots: BTreeMap<usize, Vec<String>>,
}

impl Method {
    pub(super) const ALL: [Method; 4] = [Method::Correlation, Method::Neighbours, Method::Time, Method::Service];

    pub(super) fn merge(self, scenario: &Scenario) -> Merged {
        match self {
            Method::Correlation => ours(scenario),
            Method::Time => by(scenario, |_, _| true),
            Method::Service => by(scenario, |one, other| one == other),
            Method::Neighbours => {
                let pairs: BTreeSet<(&str, &str)> = scenario
                    .needs
                    .iter()
                    .flat_map(|(own, needs)| needs.iter().map(move |need| (own.as_str(), need.as_str())))
                    .collect();
                by(scenario, |one, other| {
                    one == other || pairs.contains(&(one, other)) || pairs.contains(&(other, one))
                })
            }
        }
    }

    pub(super) fn words(self) -> &'static str {
        match self {
            Method::Correlation => "Kintsugi",
            Method::Time => "time window only",
            Method::Service => "service only",
            Method::Neighbours => "neighbours in time, no direction",
        }
    }
}

fn ours(scenario: &Scenario) -> Merged {
    let (mut labels, mut roots) = (vec![0; scenario.alerts.len()], BTreeMap::new());
    for (label, group) in groups(&scenario.alerts, &scenario.graph, &Bounds::default()).into_iter().enumerate() {
        for alert in group.members.iter().map(|member| member.alert).chain([group.lead]) {
            labels.get_mut(alert).into_iter().for_each(|place| *place = label);
        }
        let lead = || scenario.alerts.get(group.lead).map(|alert| alert.service.clone()).into_iter().collect();
        let thought = match group.root {
            Root::Alerting => lead(),
            Root::Silent { service, .. } => vec![service],
        };
        roots.insert(label, thought);
    }
    Merged { labels, roots }
}

/// Single linkage over what belongs together and began within two minutes.
fn by(scenario: &Scenario, belong: impl Fn(&str, &str) -> bool) -> Merged {
    let alerts = &scenario.alerts;
    let mut labels: Vec<usize> = (0..alerts.len()).collect();
    for (one, alert) in alerts.iter().enumerate() {
        for (other, also) in alerts.iter().enumerate().take(one) {
            let near = (alert.first - also.first).abs() <= TimeDelta::seconds(120);
            let (old, new) = (labels.get(one).copied(), labels.get(other).copied());
            if near && old != new && belong(&alert.service, &also.service) {
                labels.iter_mut().filter(|label| Some(**label) == old).for_each(|label| *label = new.unwrap_or(*label));
            }
        }
    }
    let mut firsts: BTreeMap<usize, usize> = BTreeMap::new();
    for (index, label) in labels.iter().enumerate() {
        let first = firsts.entry(*label).or_insert(index);
        let began = |index: usize| alerts.get(index).map(|alert| alert.first);
        if began(index) < began(*first) {
            *first = index;
        }
    }
    let service = |index: usize| alerts.get(index).map(|alert| alert.service.clone()).into_iter().collect();
    Merged { labels, roots: firsts.into_iter().map(|(label, first)| (label, service(first))).collect() }
}
