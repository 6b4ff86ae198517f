//! Mode 2: the port that the target is to have is taken.

mod holder;
mod instances;

use crate::error::ActError;
use crate::files;
use crate::playbook::Playbook;
use crate::ports::{self, Listener};
use crate::processes;
use holder::Holder;
use instances::{Instance, Open, Stale};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use wire::runtime::{Action, Invariant, Process, Remedy, Undo};
use wire::target::Port;

/// So many ports after the preferred one are tried.
const SPAN: u16 = 100;
/// How long a target that follows the registry may take to listen elsewhere.
const MOVING: Duration = Duration::from_secs(3);
/// How often that is looked at.
const LOOK: Duration = Duration::from_millis(20);
/// The longest registry that is read, bytes.
const MAX_BYTES: u64 = 64 * 1024;

/// Heals a taken port: a stale instance of the target's own is ended; a stranger's is left alone, and the target goes elsewhere.
#[derive(Debug, Clone)]
pub struct PortPlaybook {
    port: Port,
    open: Arc<Open>,
}

/// What is seen of it.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Whether the target says that it cannot bind; none when nobody can tell.
    complains: Option<bool>,
    /// The port where the registry says that it is.
    registered: u16,
    /// Who holds that.
    holder: Holder,
    /// Whether one of ours listens there.
    serves: bool,
    /// Whether nobody holds the preferred port but one of ours.
    preferred_is_free: bool,
    /// The next one that is free.
    next: Option<u16>,
}

impl PortPlaybook {
    /// For a port of the inventory.
    pub fn new(port: Port) -> Self {
        Self { port, open: Arc::default() }
    }

    fn registered(&self) -> u16 {
        let text = files::read(Path::new(&self.port.registry), MAX_BYTES).ok().flatten().unwrap_or_default();
        let value: Option<serde_json::Value> = serde_json::from_slice(&text).ok();
        let at = value.as_ref().and_then(|value| value.get("at")?.as_str()?.rsplit(':').next()?.parse().ok());
        at.unwrap_or(self.port.preferred)
    }

    async fn holder(&self, listeners: &[Listener], port: u16) -> Holder {
        let pids = ports::holders(listeners, port);
        if pids.is_empty() {
            let hidden = listeners.iter().any(|listener| listener.port == port);
            return if hidden { Holder::Stranger("a process that cannot be seen".into()) } else { Holder::Nobody };
        }
        let own = Instance::all(Path::new(&self.port.pids)).into_iter().find(|own| pids.contains(&own.process.pid));
        match own {
            Some(own) => match own.stale(port, &self.open).await {
                Some(why) => Holder::Stale(own.process, why),
                None => Holder::Own(processes::title(own.process.pid)),
            },
            None => Holder::Stranger(pids.into_iter().map(processes::title).collect::<Vec<_>>().join(", ")),
        }
    }

    /// The next port that nobody has and that no instance of ours is to have.
    fn next(&self, listeners: &[Listener]) -> Option<u16> {
        let claimed: Vec<u16> = Instance::all(Path::new(&self.port.pids)).iter().map(|own| own.port).collect();
        let is_free = |port: &u16| {
            let known = claimed.contains(port) || listeners.iter().any(|listener| listener.port == *port);
            !known && TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok()
        };
        (1..=SPAN).filter_map(|step| self.port.preferred.checked_add(step)).find(is_free)
    }

    fn at(port: u16) -> String {
        format!("127.0.0.1:{port}")
    }

    async fn register(&self, at: &str) -> Result<String, ActError> {
        let port = at.strip_prefix("127.0.0.1:").and_then(|port| port.parse().ok());
        let last = self.port.preferred.saturating_add(SPAN);
        let port: u16 = port
            .filter(|port| (self.port.preferred..=last).contains(port))
            .ok_or_else(|| ActError::Refused(format!("{at:?} is none of this target's ports")))?;
        let registry = Path::new(&self.port.registry);
        let text = serde_json::json!({ "at": at }).to_string();
        files::replace(registry, text.as_bytes()).map_err(ActError::io("write", registry))?;
        if self.port.follows {
            self.followed(port).await?;
        }
        Ok(format!("the target and its callers are told {at}"))
    }

    /// Waits until the target listens there, or somebody else does: then it cannot, and waits for it as it did before.
    async fn followed(&self, port: u16) -> Result<(), ActError> {
        let until = Instant::now() + MOVING;
        while matches!(self.holder(&ports::listeners(), port).await, Holder::Nobody) {
            if Instant::now() >= until {
                return Err(ActError::TimedOut(MOVING));
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    async fn end(&self, process: Process) -> Result<String, ActError> {
        if processes::process(process.pid) != Some(process) {
            return Ok(format!("process {} is gone", process.pid));
        }
        // What was so when the action was planned may have changed.
        let registered = self.registered();
        match self.holder(&ports::listeners(), registered).await {
            // One question may be lost on the way.
            Holder::Stale(now, Stale::Silent) if now == process && instances::answers_another(registered).await => {
                Err(ActError::Refused(format!("process {} has answered", process.pid)))
            }
            Holder::Stale(now, _) if now == process => instances::end(process).await,
            _ => Err(ActError::Refused(format!("process {} is no stale instance that holds the port", process.pid))),
        }
    }
}

impl Playbook for PortPlaybook {
    type Seen = Seen;

    async fn look(&self) -> Seen {
        let complains = Path::new(&self.port.complaint).try_exists().ok();
        let (listeners, registered) = (ports::listeners(), self.registered());
        let preferred = self.port.preferred;
        let away = registered != preferred;
        // Who holds what is looked for only where it matters: it is a look at everything that every process has open.
        let asked = complains != Some(false) || away;
        let holder = if asked { self.holder(&listeners, registered).await } else { Holder::Nobody };
        let on_preferred = if away { self.holder(&listeners, preferred).await } else { Holder::Nobody };
        Seen {
            complains,
            registered,
            serves: matches!(holder, Holder::Own(_)),
            preferred_is_free: matches!(on_preferred, Holder::Nobody | Holder::Own(_)),
            next: if complains == Some(true) { self.next(&listeners) } else { None },
            holder,
        }
    }

    fn invariants(&self, seen: &Seen) -> Vec<Invariant> {
        let free = match (&seen.holder, seen.complains) {
            // Without a complaint whoever holds it is not in the way, unless callers are sent to a stranger.
            (Holder::Stale(..), Some(true)) | (Holder::Stranger(_), _) => false,
            _ => true,
        };
        let bound = seen.complains.map(|complains| !complains);
        vec![
            Invariant { name: "the target can bind its port".into(), holds: bound, weight: 10, seen: String::new() },
            Invariant {
                name: "its port is free or its own".into(),
                holds: Some(free),
                weight: 5,
                seen: seen.holder.to_string(),
            },
        ]
    }

    fn diagnose(&self, seen: &Seen) -> String {
        format!("The target cannot have port {}: {}.", seen.registered, seen.holder)
    }

    fn remedies(&self, seen: &Seen) -> Vec<Remedy> {
        if seen.complains != Some(true) && !matches!(seen.holder, Holder::Stranger(_)) {
            return Vec::new();
        }
        let end = match &seen.holder {
            Holder::Stale(process, why) => {
                let title = format!("End the stale instance, process {}: {why}", process.pid);
                let reason = "it served nobody any more; what is to run is started by whoever keeps the target running";
                Some(Remedy::repair(title, Action::End { process: *process }, Undo::not_needed(reason)))
            }
            _ => None,
        };
        let taken = matches!(seen.holder, Holder::Stale(..) | Holder::Stranger(_));
        let elsewhere = seen.next.filter(|_| taken).map(|next| {
            let back = Undo::by(Action::Register { at: Self::at(seen.registered) });
            Remedy::relief(format!("Go to the next free port, {next}"), Action::Register { at: Self::at(next) }, back)
        });
        end.into_iter().chain(elsewhere).collect()
    }

    /// The preferred port is free, and the target goes there without anybody missing it meanwhile.
    fn is_over(&self, seen: &Seen) -> bool {
        let home = seen.registered == self.port.preferred;
        home || (seen.preferred_is_free && (self.port.follows || !seen.serves))
    }

    fn advice(&self, seen: &Seen) -> Vec<String> {
        let preferred = self.port.preferred;
        let mut advice = Vec::new();
        if seen.registered != preferred {
            let now = seen.registered;
            let when = if self.port.follows { "" } else { " and the target is started anew" };
            advice.push(format!("The target is at {now} until {preferred} is free{when}."));
        }
        match &seen.holder {
            Holder::Own(who) if seen.complains == Some(true) => {
                advice.push(format!("{who} is an instance of the target that serves: say which of both is to run."));
            }
            Holder::Stranger(who) if seen.complains == Some(true) && seen.next.is_none() => {
                let last = preferred.saturating_add(SPAN);
                advice.push(format!("None of the ports from {preferred} to {last} is free; {who} holds the first."));
            }
            Holder::Nobody if seen.complains == Some(true) => {
                advice.push(format!("Nobody holds port {}: the target has only to try again.", seen.registered));
            }
            _ => {}
        }
        advice
    }

    async fn act(&self, action: &Action) -> Result<String, ActError> {
        match action {
            Action::End { process } => self.end(*process).await,
            Action::Register { at } => self.register(at).await,
            other => Err(ActError::not_offered(other)),
        }
    }
}
