//! Reliefs of a target: put in force, taken away, and swept when they are over.

use super::Site;
use super::reconcile::TickError;
use crate::reliefs;
use crate::traffic::TrafficError;
use wire::Epoch;
use wire::relief::{Relieve, Relieved, Withdraw, Withdrawn};

impl Site {
    /// Puts a fault's reliefs in force, or finds that they are; none where the target file has none.
    pub(crate) async fn relieve(&self, relieve: &Relieve) -> Result<Option<Relieved>, TrafficError> {
        let now = self.now();
        let Some(standing) = reliefs::standing(&self.target, relieve, now) else { return Ok(None) };
        let stands = self.shared.traffic.relieve(&standing, now).await?;
        tracing::info!(incident = %relieve.incident, until = %stands.until, what = stands.told(), "eased");
        Ok(Some(Relieved { what: stands.told(), until: stands.until }))
    }

    /// Takes an incident's reliefs away.
    pub(crate) async fn withdraw(&self, withdraw: &Withdraw) -> Result<Withdrawn, TrafficError> {
        let stood = self.shared.traffic.withdraw(&self.target.name, withdraw.incident, self.now()).await?;
        let (what, answered) = stood.map(|(stood, answered)| (stood.told(), answered)).unwrap_or_default();
        tracing::info!(incident = %withdraw.incident, what, answered, "eased no more");
        Ok(Withdrawn { what, answered })
    }

    /// Takes away what is over: nobody may have been there to withdraw it.
    pub(super) async fn sweep(&self) -> Result<(), TickError> {
        if !self.shared.traffic.is_eased(&self.target.name)? {
            return Ok(());
        }
        let epoch = self.shared.ledger.epoch(&self.target.name, Epoch(0)).await?;
        Ok(self.shared.traffic.sweep(&self.target.name, epoch, self.now()).await?)
    }
}
