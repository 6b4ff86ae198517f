//! The clock is passed in, so that a test can move it.

use chrono::{DateTime, SubsecRound, Utc};
use std::sync::Arc;

/// Tells the time.
pub trait Clock: Send + Sync + 'static {
    /// Now, to the microsecond: what PostgreSQL keeps, so that a hash over it survives the way there and back.
    fn now(&self) -> DateTime<Utc>;
}

/// A clock that services share.
pub type SharedClock = Arc<dyn Clock>;

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now().trunc_subsecs(6)
    }
}

/// The machine's clock, shared.
pub fn system() -> SharedClock {
    Arc::new(SystemClock)
}
