//! Waiting for an incident, and what is told when it does not come.

use super::{Fleet, RECOVERY, diagnosis};
use testkit::eventually_or;
use wire::incident::{Incident, Status};

impl Fleet {
    /// Waits until the newest incident of this epoch has a status.
    ///
    /// # Panics
    /// When it has not in time, with what the journals tell instead; or when it is escalated.
    pub async fn until(&self, wanted: &[Status]) -> Incident {
        let reached = eventually_or(RECOVERY, async || {
            let page = self.store().incidents(10, false).await.ok()?;
            let incident = page.incidents.into_iter().next()?;
            if incident.status == Status::Escalated && !wanted.contains(&Status::Escalated) {
                let journal = self.store().journal(incident.id).await.ok();
                panic!("escalated: {}", diagnosis(&journal.unwrap_or_default()));
            }
            wanted.contains(&incident.status).then_some(incident)
        });
        match reached.await {
            Some(incident) => incident,
            None => panic!("no incident in {wanted:?} within {RECOVERY:?}: {}", self.told().await),
        }
    }

    /// Every incident of this epoch with its journal in short, for whoever wonders what hangs.
    async fn told(&self) -> String {
        let mut told = Vec::new();
        let page = self.store().incidents(10, false).await;
        for incident in page.map(|page| page.incidents).unwrap_or_default() {
            let journal = self.store().journal(incident.id).await.unwrap_or_default();
            let events: Vec<String> =
                journal.iter().map(|event| format!("{} {}", event.at.format("%T%.3f"), event.body.kind())).collect();
            told.push(format!("{} {:?}\n  {}", incident.code, incident.status, events.join("\n  ")));
        }
        told.join("\n")
    }
}
