//! Ends what is to be ended, beside everything else: a slow last request keeps no roll-out waiting.

use super::Site;
use crate::instance::{Instance, InstanceState};
use crate::ledger::LedgerError;
use crate::process;
use std::time::Duration;

/// How often it is looked without being told.
const LOOK: Duration = Duration::from_secs(1);

impl Site {
    /// Goes on for ever.
    pub(crate) async fn retire(&self) {
        loop {
            if let Err(error) = self.retire_all().await {
                tracing::warn!(target_name = %self.target.name, error = ?anyhow::Error::new(error), "cannot retire");
            }
            // Nothing is lost when neither comes: the table is read again.
            let _told = tokio::time::timeout(LOOK, self.retire.notified()).await;
        }
    }

    async fn retire_all(&self) -> Result<(), LedgerError> {
        let draining = self.shared.ledger.instances(&self.target.name, &[InstanceState::Draining]).await?;
        for instance in draining {
            self.retire_one(&instance).await?;
        }
        Ok(())
    }

    async fn retire_one(&self, instance: &Instance) -> Result<(), LedgerError> {
        let limit = Duration::from_millis(self.target.run.drain_ms);
        if instance.process.is_some_and(process::is_alive) {
            self.shared.traffic.drained(&instance.label(), limit).await;
        }
        if process::end(instance.id, instance.process, limit).await {
            self.shared.ledger.mark(instance.id, InstanceState::Ended, self.now()).await?;
            tracing::info!(instance = %instance.id, label = instance.label(), "instance ended");
        }
        Ok(())
    }
}
