//! `warden`: its operations take a [`wire::runtime::WardTask`] and answer what that says.

use crate::effects::Effects;
use chassis::calls::{CallError, Callee};
use reqwest::Method;
use wire::paths;
use wire::runtime::ResourceView;

/// The client.
#[derive(Debug, Clone)]
pub struct Warden {
    /// Its operations.
    pub effects: Effects,
    callee: Callee,
}

impl Warden {
    /// Over a callee.
    pub fn new(callee: Callee) -> Self {
        Self { effects: Effects::new(callee.clone()), callee }
    }

    /// How the resources are now.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn resources(&self) -> Result<Vec<ResourceView>, CallError> {
        self.callee.call(Method::GET, paths::RESOURCES, None::<&()>).await
    }
}
