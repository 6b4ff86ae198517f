//! `verifier`: its operations take a [`wire::verification::VerifyTask`].

use crate::effects::Effects;
use chassis::calls::{CallError, Callee};
use reqwest::Method;
use wire::paths;

/// The client.
#[derive(Debug, Clone)]
pub struct Verifier {
    /// Its operations.
    pub effects: Effects,
    callee: Callee,
}

impl Verifier {
    /// Over a callee.
    pub fn new(callee: Callee) -> Self {
        Self { effects: Effects::new(callee.clone()), callee }
    }

    /// The verdict on a proposal, by its digest; `None` when none was reached.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn verdict(&self, proposal: &wire::Digest) -> Result<Option<wire::verification::Verdict>, CallError> {
        let path = format!("{}/{proposal}", paths::VERDICTS);
        match self.callee.call(Method::GET, &path, None::<&()>).await {
            Err(error) if error.status() == Some(404) => Ok(None),
            other => other.map(Some),
        }
    }
}
