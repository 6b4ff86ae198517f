//! All alerts there are, and where the one that is asked about stands among them. Pure.

use super::Relations;
use crate::family;
use chrono::{DateTime, Utc};
use correlation::{Alert, Group, Kind, Root, groups, storm};
use wire::IncidentId;
use wire::incident::{Incident, Status};
use wire::related::OpenIncident;

/// How many parents are followed upwards.
const MAX_UP: usize = 16;

/// All alerts there are, with the one that is asked about.
pub(super) struct Picture<'a> {
    relations: &'a Relations,
    open: Vec<&'a OpenIncident>,
    alerts: Vec<Alert>,
    own: usize,
    group: Group,
}

impl<'a> Picture<'a> {
    pub(super) fn of(relations: &'a Relations, incident: &Incident, open: &'a [OpenIncident]) -> Self {
        // What waits for a person heals nothing, so nobody waits for it.
        let is_given_up = |status| matches!(status, Status::Escalated | Status::Advised | Status::Suppressed);
        // What began when a cause was cured already is no symptom of it.
        let is_over =
            |one: &OpenIncident| one.status == Status::Resolved && incident.detection.at > one.last_at + family::ECHO;
        let counts = |one: &&OpenIncident| one.id == incident.id || !is_given_up(one.status) && !is_over(one);
        let open: Vec<&OpenIncident> = open.iter().filter(counts).collect();
        let mut alerts: Vec<Alert> = open.iter().map(|one| alert(relations, one)).collect();
        let own = open.iter().position(|one| one.id == incident.id).unwrap_or(alerts.len());
        if own == alerts.len() {
            let (service, code) = (incident.target.to_string(), incident.code.to_string());
            let (first, last) = (incident.detection.at, incident.updated_at);
            alerts.push(Alert { service, code, first, last, kind: relations.kind(&incident.target, &incident.code) });
        }
        let found = groups(&alerts, &relations.graph, &relations.limits.bounds);
        let has = |group: &Group| group.lead == own || group.members.iter().any(|member| member.alert == own);
        let alone = Group { root: Root::Alerting, lead: own, members: Vec::new() };
        Self { relations, group: found.into_iter().find(has).unwrap_or(alone), open, alerts, own }
    }

    /// The incident whose cause is this one's too, and what speaks for it.
    pub(super) fn cause(&self) -> Option<(IncidentId, String)> {
        let own = self.open.get(self.own)?.id;
        let lead = self.lead();
        let parent = self.top(self.open.get(lead)?)?;
        (lead != self.own && parent != own).then(|| (parent, self.why(lead)))
    }

    /// Where the root says nothing, whoever something rests under already stays in front, then whoever has pushed.
    fn lead(&self) -> usize {
        if self.group.root == Root::Alerting {
            return self.group.lead;
        }
        let all = self.group.members.iter().map(|member| member.alert).chain([self.group.lead]);
        let rank = |alert: &usize| {
            let one = self.open.get(*alert);
            let has_children = one.is_some_and(|one| self.open.iter().any(|other| other.parent == Some(one.id)));
            let rests = one.is_none_or(|one| one.status == Status::Correlated);
            let pushed = one.is_some_and(|one| one.pushed);
            (rests, !has_children, !pushed, *alert != self.group.lead, *alert)
        };
        all.min_by_key(rank).unwrap_or(self.group.lead)
    }

    /// Whom it rests under itself, up to the one that rests under nobody.
    fn top(&self, one: &OpenIncident) -> Option<IncidentId> {
        let mut here = one.id;
        for _ in 0..MAX_UP {
            let found = self.open.iter().find(|other| other.id == here);
            match found.filter(|other| other.status == Status::Correlated).and_then(|other| other.parent) {
                Some(parent) => here = parent,
                None => return Some(here),
            }
        }
        None
    }

    fn why(&self, lead: usize) -> String {
        let own = self.group.members.iter().find(|member| member.alert == self.own);
        let path = own.map(|member| member.path.join(" → ")).unwrap_or_default();
        let (Some(alert), Some(led)) = (self.alerts.get(self.own), self.alerts.get(lead)) else { return path };
        let later = (alert.first - led.first).num_milliseconds();
        let (times, order) = (later.abs() as f64 / 1_000.0, if later < 0 { "later" } else { "earlier" });
        let others = self.group.members.len();
        match &self.group.root {
            Root::Alerting if led.service == alert.service => {
                format!(
                    "{} of the same service began {times:.1} s {order}, and others have trouble because of it",
                    led.code
                )
            }
            Root::Alerting => {
                format!("{} of {} began {times:.1} s {order}, and it is needed: {path}", led.code, led.service)
            }
            Root::Silent { service, or } => {
                let or: String = or.iter().map(|other| format!(" or {other}")).collect();
                format!(
                    "it and {others} more in trouble need {service}{or}, which says nothing; {} of {} stands for all",
                    led.code, led.service
                )
            }
        }
    }

    /// Whether a push waits: a storm lasts and the cause is not determined. Until when at the latest, and why.
    pub(super) fn storm(&self, now: DateTime<Utc>) -> Option<(DateTime<Utc>, String)> {
        let limits = &self.relations.limits;
        // What is healed is no trouble any more; the one that is asked about may stand behind all of them.
        let is_healed = |index: &usize| self.open.get(*index).is_some_and(|one| one.status == Status::Resolved);
        let (own, others) = (self.alerts.get(self.own), 0..self.alerts.len());
        let others = others.filter(|index| *index != self.own && !is_healed(index));
        let alerts: Vec<Alert> =
            own.into_iter().chain(others.filter_map(|index| self.alerts.get(index))).cloned().collect();
        let around = storm::around(&alerts, &self.relations.graph, now - limits.storm_window);
        let services = around.first().copied().unwrap_or(0);
        if services < limits.storm_services || self.is_determined() {
            return None;
        }
        let newest = self.alerts.iter().map(|alert| alert.first).filter(|first| *first <= now).max().unwrap_or(now);
        let why = format!(
            "{services} services that have to do with each other are in trouble at once, and it is not clear that this one is the cause"
        );
        Some((newest + limits.storm_window, why))
    }

    /// Whether this one is its cause: others are its symptoms, or it is declared or known to be its target's own.
    fn is_determined(&self) -> bool {
        let Some(own) = self.alerts.get(self.own) else { return false };
        let elsewhere = |alert: usize| self.alerts.get(alert).is_some_and(|other| other.service != own.service);
        let leads = self.group.lead == self.own && self.group.root == Root::Alerting;
        own.kind == Kind::Own || leads && self.group.members.iter().any(|member| elsewhere(member.alert))
    }
}

fn alert(relations: &Relations, one: &OpenIncident) -> Alert {
    let kind = if one.own { Kind::Own } else { relations.kind(&one.target, &one.code) };
    Alert { service: one.target.to_string(), code: one.code.to_string(), first: one.first_at, last: one.last_at, kind }
}
