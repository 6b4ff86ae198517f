//! Mode 6: the network is away.

mod probe;

use crate::error::ActError;
use crate::lever::Levers;
use crate::playbook::Playbook;
use crate::trial::Trials;
use probe::{Probe, Reach};
use std::time::Duration;
use tokio::time::Instant;
use wire::runtime::{Action, Invariant, Remedy, Undo};
use wire::target::Network;

/// One look that reaches nobody may be a blip.
const STRIKES: u32 = 2;

/// Has the target go offline while the network is away, and back when it is there.
#[derive(Debug)]
pub struct NetworkPlaybook {
    network: Network,
    probes: Vec<Probe>,
    levers: Levers,
    trials: Trials<Vec<Reach>>,
}

/// What is seen of it.
#[derive(Debug, Clone)]
pub struct Seen {
    reached: Vec<Reach>,
    /// The target is in its offline mode.
    offline: Option<bool>,
}

impl Seen {
    fn is_away(&self) -> bool {
        !self.reached.contains(&Reach::Reached)
    }

    fn layers(&self) -> String {
        let count = |is: fn(&Reach) -> bool| self.reached.iter().filter(|reach| is(reach)).count();
        let names = count(|reach| matches!(reach, Reach::NoName(_)));
        let ways = count(|reach| matches!(reach, Reach::NoWay(_)));
        let why = self.reached.iter().find(|reach| **reach != Reach::Reached).map_or(String::new(), Reach::to_string);
        match (names, ways) {
            (0, 0) => "somebody can be reached".to_owned(),
            (_, 0) => format!("names cannot be resolved ({names} of {}; {why})", self.reached.len()),
            (0, _) => format!("connections fail ({ways} of {}; {why})", self.reached.len()),
            _ => format!("{names} names cannot be resolved and {ways} connections fail ({why})"),
        }
    }
}

impl NetworkPlaybook {
    /// For a network of the inventory.
    pub fn new(network: Network, levers: Levers) -> Self {
        let probes = network.probes.iter().map(|probe| Probe::new(probe)).collect();
        let trials = Trials::new(&network.pauses_ms);
        Self { network, probes, levers, trials }
    }

    async fn reach(&self, is_offline: bool) -> Vec<Reach> {
        if let Some(reached) = self.trials.recent(Instant::now()).filter(|_| is_offline) {
            return reached;
        }
        let limit = Duration::from_millis(self.network.probe_ms);
        let reached = futures::future::join_all(self.probes.iter().map(|probe| probe.reach(limit))).await;
        self.trials.note(reached.clone(), is_offline, Instant::now());
        reached
    }
}

impl Playbook for NetworkPlaybook {
    type Seen = Seen;

    async fn look(&self) -> Seen {
        let offline = self.levers.is_on(&self.network.offline).await;
        Seen { reached: self.reach(offline == Some(true)).await, offline }
    }

    fn invariants(&self, seen: &Seen) -> Vec<Invariant> {
        let holds = Some(!seen.is_away() || seen.offline == Some(true));
        let name = "nobody waits for a network that is away".into();
        vec![Invariant { name, holds, weight: 10, seen: seen.layers() }]
    }

    fn diagnose(&self, seen: &Seen) -> String {
        let mode = if seen.offline == Some(true) { "in its offline mode" } else { "not in its offline mode" };
        format!("The network: {}. The target is {mode}.", seen.layers())
    }

    fn remedies(&self, seen: &Seen) -> Vec<Remedy> {
        // A lever that cannot be asked could not be let go either.
        if !seen.is_away() || seen.offline != Some(false) {
            return Vec::new();
        }
        let pull = |on| Action::Pull { lever: self.network.offline.clone(), on };
        vec![Remedy::relief(self.levers.title(&self.network.offline), pull(true), Undo::by(pull(false)))]
    }

    fn is_over(&self, seen: &Seen) -> bool {
        !seen.is_away()
    }

    fn advice(&self, seen: &Seen) -> Vec<String> {
        if !seen.is_away() {
            return Vec::new();
        }
        if seen.offline.is_none() {
            let layers = seen.layers();
            return vec![format!(
                "The network is away: {layers}. The target does not say whether it is in its offline mode."
            )];
        }
        let pauses: Vec<String> = self.network.pauses_ms.iter().map(|pause| format!("{} s", pause / 1000)).collect();
        vec![format!(
            "The network of this machine is away: {}. It is tried again after {}; the offline mode ends by itself.",
            seen.layers(),
            pauses.join(", ")
        )]
    }

    fn strikes(&self) -> u32 {
        STRIKES
    }

    async fn act(&self, action: &Action) -> Result<String, ActError> {
        match action {
            Action::Pull { lever, on } if *lever == self.network.offline => self.levers.pull(lever, *on).await,
            other => Err(ActError::not_offered(other)),
        }
    }
}
