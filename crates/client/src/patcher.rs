//! `patcher`: its operations take a [`wire::proposal::PatchTask`].

use crate::effects::Effects;
use chassis::calls::Callee;

/// The client.
#[derive(Debug, Clone)]
pub struct Patcher {
    /// Its operations.
    pub effects: Effects,
}

impl Patcher {
    /// Over a callee.
    pub fn new(callee: Callee) -> Self {
        Self { effects: Effects::new(callee) }
    }
}
