//! Mode 7: an endpoint does not answer in time.

mod registry;

use crate::ask::{Answer, get};
use crate::error::ActError;
use crate::playbook::Playbook;
use crate::trial::Trials;
use registry::{Route, Routed};
use std::time::Duration;
use tokio::time::Instant;
use wire::runtime::{Action, Invariant, Remedy, Undo, Way};
use wire::target::Endpoint;

/// Keeps callers away from an endpoint that does not answer, and lets them ask it again when it does.
#[derive(Debug)]
pub struct EndpointPlaybook {
    endpoint: Endpoint,
    trials: Trials<Answer>,
}

/// What is seen of it.
#[derive(Debug, Clone)]
pub struct Seen {
    routed: Routed,
    primary: Answer,
    /// Asked only when the primary does not answer, or its callers are sent there.
    backup: Option<Answer>,
}

impl EndpointPlaybook {
    /// For an endpoint of the inventory.
    pub fn new(endpoint: Endpoint) -> Self {
        let trials = Trials::new(&[endpoint.trial_ms]);
        Self { endpoint, trials }
    }

    async fn ask_primary(&self, way: Option<Way>) -> Answer {
        let is_left_alone = matches!(way, Some(Way::Backup | Way::Nobody));
        if let Some(answer) = self.trials.recent(Instant::now()).filter(|_| is_left_alone) {
            return answer;
        }
        let answer = get(&self.endpoint.probe, None, self.limit()).await;
        self.trials.note(answer.clone(), is_left_alone, Instant::now());
        answer
    }

    fn limit(&self) -> Duration {
        Duration::from_millis(self.endpoint.probe_ms)
    }

    /// The ordinary time-out.
    fn ordinary(&self) -> u64 {
        self.endpoint.timeouts_ms.first().copied().unwrap_or(u64::MAX)
    }

    /// The time-outs that are shorter than this one.
    fn shorter(&self, than: u64) -> impl Iterator<Item = u64> + '_ {
        self.endpoint.timeouts_ms.iter().copied().filter(move |timeout| *timeout < than)
    }

    /// Whether callers get an answer as things stand.
    fn are_answered(&self, seen: &Seen, route: Route) -> Option<bool> {
        let within = Duration::from_millis(route.timeout_ms);
        match route.to {
            Way::Nobody => Some(false),
            Way::Primary => seen.primary.is_good_within(within),
            Way::Backup => seen.backup.as_ref().and_then(|answer| answer.is_good_within(within)),
        }
    }
}

impl Playbook for EndpointPlaybook {
    type Seen = Seen;

    async fn look(&self) -> Seen {
        let routed = registry::read(&self.endpoint);
        let way = routed.route().map(|route| route.to);
        let primary = self.ask_primary(way).await;
        let is_wanted = way == Some(Way::Backup) || primary.is_good() != Some(true);
        let backup = match &self.endpoint.backup_probe {
            Some(probe) if is_wanted => Some(get(probe, None, self.limit()).await),
            _ => None,
        };
        Seen { routed, primary, backup }
    }

    fn invariants(&self, seen: &Seen) -> Vec<Invariant> {
        let route = seen.routed.route();
        let answered = route.and_then(|route| self.are_answered(seen, route));
        let steps = route.map_or(0, |route| self.shorter(route.timeout_ms).count());
        let unneeded = seen.primary.is_good();
        let shown = match (route.map(|route| route.to), &seen.backup) {
            (Some(Way::Backup), Some(backup)) => format!("the backup: {backup}"),
            (Some(Way::Nobody), _) => "they are kept away".to_owned(),
            _ => seen.primary.to_string(),
        };
        let kept_away = route.is_some_and(|route| route.to == Way::Nobody);
        vec![
            Invariant { name: "callers are answered".into(), holds: answered, weight: 20, seen: shown },
            Invariant {
                name: "callers do not wait for what does not answer".into(),
                holds: if kept_away { Some(true) } else { answered },
                weight: 10,
                seen: seen.routed.to_string(),
            },
            Invariant {
                name: "a call in vain costs as little time as can be".into(),
                holds: if steps == 0 { Some(true) } else { unneeded },
                weight: u32::try_from(steps).unwrap_or(1),
                seen: route.map_or_else(String::new, |route| format!("the time-out is {} ms", route.timeout_ms)),
            },
        ]
    }

    fn diagnose(&self, seen: &Seen) -> String {
        let backup = seen.backup.as_ref().map_or_else(String::new, |backup| format!(" The backup: {backup}."));
        format!("The endpoint: {}.{backup} Its callers: {}.", seen.primary, seen.routed)
    }

    /// To send callers to the backup opens the breaker, too: it is one line of one file. In two steps there would be a moment in
    /// which they are turned away although somebody can answer.
    fn remedies(&self, seen: &Seen) -> Vec<Remedy> {
        let Some(now) = seen.routed.route() else { return Vec::new() };
        let back = Action::Route { to: now.to, timeout_ms: now.timeout_ms };
        // Where there was no file, there is one now that says the same.
        let undo = || if seen.routed.is_written() { Undo::by(back.clone()) } else { Undo::made_good_by(back.clone()) };
        let to = |to, timeout_ms| Action::Route { to, timeout_ms };
        if seen.primary.is_good() == Some(true) {
            let again = (now.to != Way::Primary).then(|| {
                Remedy::repair("Ask the endpoint again, which answers", to(Way::Primary, self.ordinary()), undo())
            });
            return again.into_iter().collect();
        }
        let backup_answers = seen.backup.as_ref().and_then(Answer::is_good) == Some(true);
        let backup = (backup_answers && now.to != Way::Backup)
            .then(|| Remedy::relief("Send callers to the backup", to(Way::Backup, now.timeout_ms), undo()));
        let breaker = (!backup_answers && now.to != Way::Nobody)
            .then(|| Remedy::relief("Open the breaker: nobody calls it", to(Way::Nobody, now.timeout_ms), undo()));
        let shorter = self.shorter(now.timeout_ms).next().filter(|_| now.to != Way::Primary).map(|timeout_ms| {
            Remedy::relief(format!("Wait at most {timeout_ms} ms for an answer"), to(now.to, timeout_ms), undo())
        });
        backup.into_iter().chain(breaker).chain(shorter).collect()
    }

    fn is_over(&self, seen: &Seen) -> bool {
        seen.primary.is_good_within(Duration::from_millis(self.ordinary())) == Some(true)
    }

    fn advice(&self, seen: &Seen) -> Vec<String> {
        let mut advice = Vec::new();
        if seen.routed.route().is_none() {
            advice.push(format!("Look at {}: {}. Nothing was changed.", self.endpoint.registry, seen.routed));
        }
        if seen.primary.is_good() != Some(true) {
            let every = self.endpoint.trial_ms;
            advice.push(format!(
                "The endpoint: {}. It is tried every {every} ms and asked again by itself.",
                seen.primary
            ));
        }
        if seen.routed.route().is_some_and(|route| route.to == Way::Nobody) {
            advice.push("Nobody answers its callers: they have their last good answer, or none.".into());
        }
        advice
    }

    fn strikes(&self) -> u32 {
        self.endpoint.failures
    }

    async fn act(&self, action: &Action) -> Result<String, ActError> {
        match action {
            Action::Route { to, timeout_ms } => {
                registry::write(&self.endpoint, Route { to: *to, timeout_ms: *timeout_ms })
            }
            other => Err(ActError::not_offered(other)),
        }
    }
}
