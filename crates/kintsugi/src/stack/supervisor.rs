//! Keeps the services of the stack and the targets' companions running: one that ends is started again, with back-off, and one that hangs is ended
//! for it. It ends them by the pids that it started, and whatever they left behind.

use super::{descendants, watchdog};

pub use super::part::{Part, Spec};

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
/// So often within [`LATELY`] is more than an accident.
const OFTEN: usize = 5;
const LATELY: Duration = Duration::from_secs(60);

/// A process of a part.
#[derive(Debug, Clone)]
pub(super) struct Life {
    /// Whose.
    pub(super) part: Part,
    /// Its pid.
    pub(super) pid: u32,
    /// Where it says that it lives.
    pub(super) health: String,
}

/// The processes that run now. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Lives(Arc<Mutex<Vec<Child>>>);

impl Lives {
    pub(super) fn now(&self) -> Vec<Life> {
        let children = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let life = |child: &Child| {
            let pid = child.process.as_ref().map(Owned::pid)?;
            Some(Life { part: child.spec.part.clone(), pid, health: child.spec.health.clone() })
        };
        children.iter().filter_map(life).collect()
    }

    /// Kills one of ours; another pid is left alone.
    pub(super) fn kill(&self, pid: u32) {
        let mut children = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = children.iter_mut().filter_map(|child| child.process.as_mut());
        if let Some(process) = all.find(|process| process.pid() == pid) {
            process.kill();
        }
    }
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
    /// When it was started of late.
    lately: Vec<Instant>,
    begun: Instant,
    pause: Duration,
    held: bool,
}

/// The supervisor. Dropping it ends everything.
#[derive(Debug)]
pub struct Supervisor {
    children: Arc<Mutex<Vec<Child>>>,
    stopping: Arc<std::sync::atomic::AtomicBool>,
    threads: Vec<std::thread::JoinHandle<()>>,
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
        let watching = watchdog::start(Lives(Arc::clone(&children)), Arc::clone(&stopping))?;
        Ok(Self { children, stopping, threads: vec![thread, watching] })
    }

    /// Starts a part and keeps it running.
    ///
    /// # Errors
    /// When it cannot be started at all.
    pub fn add(&self, spec: Spec) -> anyhow::Result<()> {
        let process = Owned::start_with(&spec.argv, &spec.env, &spec.log)?;
        let child = Child {
            spec,
            process: Some(process),
            starts: 1,
            lately: Vec::new(),
            begun: Instant::now(),
            pause: FIRST_PAUSE,
            held: false,
        };
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

    /// The parts that were started again so often of late that something is wrong with them, each with its log.
    pub fn troubled(&self) -> Vec<(Part, PathBuf)> {
        let children = self.children.lock().unwrap_or_else(PoisonError::into_inner);
        let troubled = children.iter().filter(|child| often(&child.lately, Instant::now()));
        troubled.map(|child| (child.spec.part.clone(), child.spec.log.clone())).collect()
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

    /// Does not start a service again when it ends, until [`Self::free`]; for tests of recovery.
    pub fn hold(&self, service: Service) {
        self.set_held(service, true);
    }

    /// Lets a held service start again.
    pub fn free(&self, service: Service) {
        self.set_held(service, false);
    }

    fn set_held(&self, service: Service, held: bool) {
        let mut children = self.children.lock().unwrap_or_else(PoisonError::into_inner);
        let of_service = children.iter_mut().filter(|child| child.spec.part == Part::Service(service));
        of_service.for_each(|child| child.held = held);
    }

    /// Ends every service, then what they left behind; `spare` and its descendants stay.
    pub fn end(&mut self, spare: &[u32]) {
        self.stopping.store(true, std::sync::atomic::Ordering::SeqCst);
        for thread in self.threads.drain(..) {
            let _joined = thread.join();
        }
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
            child.lately.retain(|start| start.elapsed() < LATELY);
            child.lately.push(child.begun);
        }
    }
}

fn often(lately: &[Instant], now: Instant) -> bool {
    lately.iter().filter(|start| now.duration_since(**start) < LATELY).count() >= OFTEN
}
