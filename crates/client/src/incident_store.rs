//! `incident-store`: detections, journals, leases, the feed.

use chassis::calls::{CallError, Callee};
use reqwest::Method;
use std::time::Duration;
use wire::detection::{Detection, Received};
use wire::event::{Append, Event, Feed};
use wire::incident::{Incident, IncidentPage};
use wire::lease::{Lease, LeaseRequest, Release, Renew};
use wire::related::OpenIncidents;
use wire::remedies::RecentRemedies;
use wire::reset::{HealingState, ResetReport};
use wire::view::Detail;
use wire::{Cursor, IncidentId, TargetName, paths};

/// The client.
#[derive(Debug, Clone)]
pub struct IncidentStore {
    callee: Callee,
}

impl IncidentStore {
    /// Over a callee.
    pub fn new(callee: Callee) -> Self {
        Self { callee }
    }

    /// Reports a detection. Safe to repeat: `(target, event_id)` is unique.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn report(&self, detection: &Detection) -> Result<Received, CallError> {
        self.callee.call(Method::POST, paths::DETECTIONS, Some(detection)).await
    }

    /// Asks for an incident that wants a move; `None` when there was none for as long as the request says.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn lease(&self, request: &LeaseRequest) -> Result<Option<Lease>, CallError> {
        let wait = Duration::from_millis(request.wait_ms);
        self.callee.once(Method::POST, paths::LEASES, Some(request), wait).await
    }

    /// Keeps a lease.
    ///
    /// # Errors
    /// `fence_stale` when it is lost.
    pub async fn renew(&self, incident: IncidentId, renew: &Renew) -> Result<(), CallError> {
        let path = format!("{}/{incident}/renew", paths::LEASES);
        self.callee.once::<serde_json::Value>(Method::POST, &path, Some(renew), Duration::ZERO).await.map(|_| ())
    }

    /// Gives a lease back.
    ///
    /// # Errors
    /// `fence_stale` when it is lost already.
    pub async fn release(&self, incident: IncidentId, release: &Release) -> Result<(), CallError> {
        let path = format!("{}/{incident}/release", paths::LEASES);
        self.callee.once::<serde_json::Value>(Method::POST, &path, Some(release), Duration::ZERO).await.map(|_| ())
    }

    /// Appends to a journal. Safe to repeat: the same key answers with the first event.
    ///
    /// # Errors
    /// `position_conflict`, `transition_refused`, `fence_stale`, `epoch_stale`, `key_conflict`.
    pub async fn append(&self, incident: IncidentId, append: &Append) -> Result<Event, CallError> {
        let path = format!("{}/{incident}/events", paths::INCIDENTS);
        self.callee.call(Method::POST, &path, Some(append)).await
    }

    /// An incident as it stands.
    ///
    /// # Errors
    /// 404 when there is none.
    pub async fn incident(&self, incident: IncidentId) -> Result<Incident, CallError> {
        let path = format!("{}/{incident}", paths::INCIDENTS);
        self.callee.call(Method::GET, &path, None::<&()>).await
    }

    /// An incident's whole journal, first event first.
    ///
    /// # Errors
    /// 404 when there is none.
    pub async fn journal(&self, incident: IncidentId) -> Result<Vec<Event>, CallError> {
        let path = format!("{}/{incident}/events", paths::INCIDENTS);
        self.callee.call(Method::GET, &path, None::<&()>).await
    }

    /// What is open now, in short.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn open_incidents(&self) -> Result<OpenIncidents, CallError> {
        self.callee.call(Method::GET, paths::OPEN_INCIDENTS, None::<&()>).await
    }

    /// What was done on a target within the last hour.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn recent_remedies(&self, target: &TargetName) -> Result<RecentRemedies, CallError> {
        self.callee.call(Method::GET, &format!("{}/{target}", paths::REMEDIES), None::<&()>).await
    }

    /// The newest incidents, at most `limit` (100).
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn incidents(&self, limit: u32, archived: bool) -> Result<IncidentPage, CallError> {
        self.incidents_before(limit, archived, None).await
    }

    /// The page after one that ended with this `next`.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn incidents_before(
        &self,
        limit: u32,
        archived: bool,
        next: Option<&str>,
    ) -> Result<IncidentPage, CallError> {
        let before = next.map(|next| format!("&before={next}")).unwrap_or_default();
        let path = format!("{}?limit={limit}&archived={archived}{before}", paths::INCIDENTS);
        self.callee.call(Method::GET, &path, None::<&()>).await
    }

    /// An incident whole: its journal, its story, whether everything holds.
    ///
    /// # Errors
    /// 404 when there is none.
    pub async fn detail(&self, incident: IncidentId) -> Result<Detail, CallError> {
        self.callee.call(Method::GET, &format!("{}/api/incidents/{incident}", paths::DEVELOPER), None::<&()>).await
    }

    /// The feed after a cursor; waits up to `wait` for the first event.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn feed(&self, after: Cursor, limit: u32, wait: Duration) -> Result<Feed, CallError> {
        let path = format!("{}?after={after}&limit={limit}&wait_ms={}", paths::EVENTS, wait.as_millis());
        let answer = self.callee.once(Method::GET, &path, None::<&()>, wait).await?;
        Ok(answer.unwrap_or(Feed { events: Vec::new(), next: after }))
    }

    /// Starts a new epoch and restores the original fault files.
    ///
    /// # Errors
    /// See [`CallError`]; partial failure is in the report.
    pub async fn reset(&self) -> Result<ResetReport, CallError> {
        let path = format!("{}/reset", paths::DEVELOPER);
        let wait = Duration::from_secs(60);
        let answer = self.callee.once(Method::POST, &path, Some(&serde_json::json!({})), wait).await?;
        answer.ok_or_else(|| self.empty(&path))
    }

    /// Grants leases again.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn resume(&self) -> Result<HealingState, CallError> {
        self.callee.call(Method::POST, &format!("{}/resume", paths::DEVELOPER), Some(&serde_json::json!({}))).await
    }

    /// Grants no leases until resumed.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn pause(&self) -> Result<HealingState, CallError> {
        self.callee.call(Method::POST, &format!("{}/pause", paths::DEVELOPER), Some(&serde_json::json!({}))).await
    }

    /// Whether healing goes on, and the epoch.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn state(&self) -> Result<HealingState, CallError> {
        self.callee.call(Method::GET, &format!("{}/state", paths::DEVELOPER), None::<&()>).await
    }

    fn empty(&self, path: &str) -> CallError {
        CallError::Malformed { callee: wire::Service::IncidentStore, what: path.to_owned(), source: None }
    }
}
