//! Keeps the services of the stack and the targets' companions running: one that ends is started again, with back-off. It ends them by the pids that
//! it started, and whatever they left behind.

use super::descendants;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use substrate::Owned;
use wire::Service;

/// How often the children are looked at.
const LOOK: Duration = Duration::from_millis(20);
/// How often processes that became ours are looked for; it reads the whole of `/proc`.
const REAP: Duration = Duration::from_secs(2);
/// The pause before a service that ended is started again: doubles up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// A service that ran this long is taken for healthy: the pause begins anew.
const SETTLED: Duration = Duration::from_secs(20);

/// What the supervisor runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// A service of the platform.
    Service(Service),
    /// A process beside a target, by its name.
    Companion(String),
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Part::Service(service) => service.fmt(f),
            Part::Companion(name) => f.write_str(name),
        }
    }
}

/// How a part is started.
#[derive(Debug, Clone)]
pub struct Spec {
    /// Which.
    pub part: Part,
    /// Program and arguments.
    pub argv: Vec<String>,
    /// Its whole environment.
    pub env: BTreeMap<String, String>,
    /// Where its output goes.
    pub log: PathBuf,
    /// Where it answers.
    pub url: String,
}

/// A part that runs.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Running {
    /// Its pid; none while it is between two lives.
    pub pid: Option<u32>,
    /// How often it was started.
    pub starts: u32,
}

#[derive(Debug)]
struct Child {
    spec: Spec,
    process: Option<Owned>,
    starts: u32,
    begun: Instant,
    pause: Duration,
    held: bool,
}

/// The supervisor. Dropping it ends everything.
#[derive(Debug)]
pub struct Supervisor {
    children: Arc<Mutex<Vec<Child>>>,
    stopping: Arc<std::sync::atomic::AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Supervisor {
    /// Begins with no services. Processes that lose their parent become ours, so that none is left at the end.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn begin() -> anyhow::Result<Self> {
        nix::sys::prctl::set_child_subreaper(true)?;
        let children = Arc::<Mutex<Vec<Child>>>::default();
        let stopping = Arc::<std::sync::atomic::AtomicBool>::default();
        let (looked_at, word) = (Arc::clone(&children), Arc::clone(&stopping));
        let thread = std::thread::Builder::new().name("supervisor".into()).spawn(move || {
            let mut reaped = Instant::now();
            while !word.load(std::sync::atomic::Ordering::SeqCst) {
                look(&mut looked_at.lock().unwrap_or_else(PoisonError::into_inner));
                if reaped.elapsed() > REAP {
                    descendants::reap_adopted();
                    reaped = Instant::now();
                }
                std::thread::sleep(LOOK);
            }
        })?;
        Ok(Self { children, stopping, thread: Some(thread) })
    }

    /// Starts a part and keeps it running.
    ///
    /// # Errors
    /// When it cannot be started at all.
    pub fn add(&self, spec: Spec) -> anyhow::Result<()> {
        let process = Owned::start_with(&spec.argv, &spec.env, &spec.log)?;
        let child =
            Child { spec, process: Some(process), starts: 1, begun: Instant::now(), pause: FIRST_PAUSE, held: false };
        self.children.lock().unwrap_or_else(PoisonError::into_inner).push(child);
        Ok(())
    }

    /// The services that run.
    pub fn running(&self) -> BTreeMap<Service, Running> {
        let parts = self.parts().into_iter();
        let services = parts.filter_map(|(part, running)| match part {
            Part::Service(service) => Some((service, running)),
            Part::Companion(_) => None,
        });
        services.collect()
    }

    /// Everything that runs, in the order of its start.
    pub fn parts(&self) -> Vec<(Part, Running)> {
        let children = self.children.lock().unwrap_or_else(PoisonError::into_inner);
        let running = |child: &Child| Running { pid: child.process.as_ref().map(Owned::pid), starts: child.starts };
        children.iter().map(|child| (child.spec.part.clone(), running(child))).collect()
    }

    /// Kills a service with SIGKILL, for tests of recovery; it is started again unless `hold`, until [`Self::free`].
    pub fn kill(&self, service: Service, hold: bool) {
        let mut children = self.children.lock().unwrap_or_else(PoisonError::into_inner);
        for child in children.iter_mut().filter(|child| child.spec.part == Part::Service(service)) {
            child.held = hold;
            if let Some(process) = &mut child.process {
                process.kill();
            }
        }
    }

    /// Lets a held service start again.
    pub fn free(&self, service: Service) {
        let mut children = self.children.lock().unwrap_or_else(PoisonError::into_inner);
        let of_service = children.iter_mut().filter(|child| child.spec.part == Part::Service(service));
        of_service.for_each(|child| child.held = false);
    }

    /// Ends every service, then what they left behind; `spare` and its descendants stay.
    pub fn end(&mut self, spare: &[u32]) {
        self.stopping.store(true, std::sync::atomic::Ordering::SeqCst);
        let _joined = self.thread.take().map(std::thread::JoinHandle::join);
        let mut children = self.children.lock().unwrap_or_else(PoisonError::into_inner);
        children.iter_mut().filter_map(|child| child.process.as_mut()).for_each(Owned::ask_to_end);
        children.iter_mut().filter_map(|child| child.process.as_mut()).for_each(Owned::end);
        children.clear();
        descendants::end_all(spare);
    }
}

fn look(children: &mut [Child]) {
    for child in children.iter_mut() {
        let running = child.process.as_mut().is_some_and(Owned::is_running);
        if running || child.held {
            continue;
        }
        if child.process.take().is_some() {
            let settled = child.begun.elapsed() > SETTLED;
            child.pause = if settled { FIRST_PAUSE } else { (child.pause * 2).min(LONGEST_PAUSE) };
            child.begun = Instant::now();
        }
        if child.begun.elapsed() >= child.pause / 2 {
            child.process = Owned::start_with(&child.spec.argv, &child.spec.env, &child.spec.log).ok();
            child.starts += 1;
            child.begun = Instant::now();
        }
    }
}
