//! `warden`: its operations take a [`wire::runtime::WardTask`] and answer what that says.

use crate::effects::Effects;
use chassis::calls::Callee;

/// The client.
#[derive(Debug, Clone)]
pub struct Warden {
    /// Its operations.
    pub effects: Effects,
}

impl Warden {
    /// Over a callee.
    pub fn new(callee: Callee) -> Self {
        Self { effects: Effects::new(callee) }
    }
}
