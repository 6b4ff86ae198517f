//! One resource that is looked after. It is healed, or withdrawn from, by one task at a time.

use crate::kind::{Kind, Looked};
use chassis::SharedClock;
use chassis::operations::{OperationFailed, Reporter};
use chrono::{DateTime, Utc};
use kubernetes::Cluster;
use playbooks::{Diary, DiaryError, Intended, Levers, Site};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use wire::runtime::{
    Act, ActReport, Held, Intent, Invariant, Prepare, Prepared, ResourceView, Watch, WatchReport, lost,
};
use wire::target::Resource;
use wire::{Digest, TargetName};

/// The pause between two looks of a watch.
const PAUSE: Duration = Duration::from_millis(100);
/// How long one look may take: what takes longer found nothing.
const LOOK: Duration = Duration::from_secs(60);
/// How long whoever is asked whether there is anything to look at may take.
const ASK: Duration = Duration::from_secs(2);
/// The longest watch.
const MAX_WATCH: Duration = Duration::from_secs(60);

/// What the resources of a target share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) clock: SharedClock,
    pub(crate) levers: Levers,
    pub(crate) settle: Duration,
    pub(crate) http: reqwest::Client,
    /// Where the target files name workloads of one.
    pub(crate) cluster: Option<Cluster>,
}

/// A resource with its playbook.
pub(crate) struct Ward {
    pub(crate) target: TargetName,
    pub(crate) resource: Resource,
    kind: Kind,
    site: Site,
    diary: PathBuf,
    http: reqwest::Client,
    /// Whoever holds it changes the resource, or looks whether it has to be changed.
    turn: tokio::sync::Mutex<()>,
    last: Mutex<Last>,
}

/// What was seen last.
#[derive(Debug, Clone, Default)]
struct Last {
    seen: Vec<Invariant>,
    at: Option<DateTime<Utc>>,
    held: Vec<Held>,
    /// How often it was healed: after that, what is ill is ill anew.
    healed: u64,
}

impl Ward {
    pub(crate) fn new(target: TargetName, resource: Resource, diary: PathBuf, shared: Shared) -> anyhow::Result<Self> {
        let kind = Kind::of(&resource.is, &shared)?;
        let site = Site {
            resource: resource.name.clone(),
            limit: Duration::from_secs(resource.is.limit_s()),
            settle: shared.settle,
            clock: shared.clock,
        };
        let (http, turn, last) = (shared.http, tokio::sync::Mutex::new(()), Mutex::default());
        Ok(Self { target, resource, kind, site, diary, http, turn, last })
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.site.clock.now()
    }

    /// Whether there is anything to look at.
    pub(crate) async fn is_there(&self) -> bool {
        let Some(url) = &self.resource.only_while else { return true };
        let asked = self.http.get(url).timeout(ASK).send().await;
        asked.is_ok_and(|answer| answer.status() == reqwest::StatusCode::OK)
    }

    /// Looks, when nobody is healing it.
    pub(crate) async fn look(&self) -> Option<Looked> {
        let kind = &self.kind;
        let _turn = self.turn.lock().await;
        let looked = tokio::time::timeout(LOOK, kind.look()).await.ok()?;
        self.note(&looked.invariants, None);
        Some(Looked { healed: self.last().healed, ..looked })
    }

    /// Heals it for an incident, or goes on with that, once it is its turn and `may` still allows it.
    pub(crate) async fn heal(
        &self,
        act: &Act,
        reporter: &Reporter,
        may: impl FnOnce() -> Result<(), OperationFailed>,
    ) -> Result<ActReport, OperationFailed> {
        let kind = &self.kind;
        let _turn = self.turn.lock().await;
        may()?;
        self.check(act.approved.as_deref())?;
        let mut diary = Diary::open(&self.diary).map_err(no_diary)?;
        if !diary.is_cut_short() {
            kind.withdraw(&self.site, &mut diary).await.map_err(no_diary)?;
        }
        let report = kind
            .heal(&self.site, &mut diary, &act.incident.to_string(), act.approved.as_deref())
            .await
            .map_err(no_diary)?;
        for tried in &report.tried {
            let stands = if tried.kept { "it helped" } else { "it did not help and was taken back" };
            reporter.note(format!("{}: {stands}", tried.remedy.title));
        }
        self.note(&report.last, Some(diary.held().to_vec()));
        self.last().healed += 1;
        Ok(report)
    }

    /// Says what would be done for an incident, and changes nothing.
    pub(crate) async fn prepare(&self, prepare: &Prepare) -> Result<Prepared, OperationFailed> {
        let _turn = self.turn.lock().await;
        let diary = Diary::open(&self.diary).map_err(no_diary)?;
        let looked = tokio::time::timeout(LOOK, self.kind.intend(&diary, &prepare.incident.to_string())).await;
        let Intended { seen, diagnosis, remedies, kept, advice } =
            looked.map_err(|_| OperationFailed::retry("too_long", format!("a look took longer than {LOOK:?}")))?;
        self.note(&seen, None);
        let intent = Intent {
            digest: Digest::of(""),
            target: self.target.clone(),
            code: self.resource.fault.clone(),
            resource: self.resource.name.clone(),
            mode: self.resource.is.mode().to_owned(),
            lost: lost(&seen),
            remedies,
            diagnosis,
            at: self.now(),
        };
        Ok(Prepared { intent: intent.sealed(), seen, kept, advice })
    }

    /// What was approved is about this very resource, as the target file has it now.
    fn check(&self, approved: Option<&Intent>) -> Result<(), OperationFailed> {
        let Some(intent) = approved else { return Ok(()) };
        let own = (&self.target, &self.resource.fault, &self.resource.name, self.resource.is.mode());
        let same = (&intent.target, &intent.code, &intent.resource, intent.mode.as_str()) == own;
        let (name, mode) = (&intent.resource, &intent.mode);
        let why = || {
            let (now, is) = (own.2, own.3);
            format!(
                "what was approved is for the {mode} {name}, and the target file has the {is} {now} there: have it planned anew"
            )
        };
        (same && intent.is_whole()).then_some(()).ok_or_else(|| OperationFailed::give_up("another_resource", why()))
    }

    /// Watches it for a while.
    pub(crate) async fn watch(&self, watch: &Watch) -> Result<WatchReport, OperationFailed> {
        let until = tokio::time::Instant::now() + Duration::from_millis(watch.for_ms).min(MAX_WATCH);
        let (from, mut looks, mut well, mut ill) = (self.now(), 0, 0, 0);
        let mut seen = Vec::new();
        loop {
            looks += 1;
            let invariants = self.look().await.map(|looked| looked.invariants).unwrap_or_default();
            let is_well = !invariants.is_empty() && invariants.iter().all(|invariant| invariant.holds == Some(true));
            let is_ill = invariants.iter().any(|invariant| invariant.holds == Some(false));
            if looks == well + 1 {
                seen = invariants;
            }
            well += u32::from(is_well);
            ill += u32::from(is_ill);
            if tokio::time::Instant::now() >= until {
                let held = self.view().held;
                let resource = self.resource.name.clone();
                return Ok(WatchReport { resource, looks, well, ill, seen, held, from, to: self.now() });
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Finishes what was cut short, and withdraws what stands in place for the time being, as soon as it is not needed any more.
    pub(crate) async fn withdraw(&self) -> Result<(), DiaryError> {
        let kind = &self.kind;
        let _turn = self.turn.lock().await;
        let mut diary = Diary::open(&self.diary)?;
        if diary.is_cut_short() || !diary.held().is_empty() {
            kind.withdraw(&self.site, &mut diary).await?;
        }
        self.hold(diary.held().to_vec());
        Ok(())
    }

    /// How it is.
    pub(crate) fn view(&self) -> ResourceView {
        let last = self.last().clone();
        let (target, resource, fault) = (self.target.clone(), self.resource.name.clone(), self.resource.fault.clone());
        ResourceView { target, resource, fault, seen: last.seen, at: last.at, held: last.held }
    }

    fn note(&self, seen: &[Invariant], held: Option<Vec<Held>>) {
        let mut last = self.last();
        (last.seen, last.at) = (seen.to_vec(), Some(self.now()));
        if let Some(held) = held {
            last.held = held;
        }
    }

    fn hold(&self, held: Vec<Held>) {
        self.last().held = held;
    }

    fn last(&self) -> std::sync::MutexGuard<'_, Last> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Without a diary nothing is done: a person has to look, or the disk to have room again.
fn no_diary(error: DiaryError) -> OperationFailed {
    let message = error.to_string();
    let retry = matches!(error, DiaryError::Io { .. });
    tracing::error!(error = &error as &dyn std::error::Error, "no diary");
    if retry { OperationFailed::retry("no_diary", message) } else { OperationFailed::give_up("no_diary", message) }
}
