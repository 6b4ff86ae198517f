//! What becomes of the n-th request: a pure function of the behaviour and n.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde::Serialize;
use std::time::Duration;

/// Which troubles there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Some of the requests are in trouble; none of the three: all is well.
    Troubled {
        /// Some are delayed.
        latency: bool,
        /// Some answer 500.
        error: bool,
        /// Some answer something else than a number.
        wrong_data: bool,
    },
    /// Every request is accepted, then its connection is closed.
    Down,
}

/// How often each trouble befalls a request, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Rates {
    /// A delay.
    pub latency: f64,
    /// A 500.
    pub error: f64,
    /// Wrong data.
    pub wrong_data: f64,
}

/// How the service behaves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Behaviour {
    /// Which troubles.
    pub mode: Mode,
    /// How often.
    pub rates: Rates,
    /// The shortest and the longest delay, milliseconds.
    pub delay_ms: (u64, u64),
    /// What the draws follow from.
    pub seed: u64,
}

impl Default for Rates {
    fn default() -> Self {
        Self { latency: 0.6, error: 0.3, wrong_data: 0.3 }
    }
}

impl Default for Behaviour {
    fn default() -> Self {
        let mode = Mode::Troubled { latency: true, error: false, wrong_data: true };
        Self { mode, rates: Rates::default(), delay_ms: (3_400, 8_000), seed: 0 }
    }
}

/// What one request gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draw {
    /// It waits so long first.
    pub delay: Option<Duration>,
    /// Then it gets this.
    pub answer: Answer,
}

/// What a request is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The value.
    Value,
    /// Something that is no number, with 200.
    WrongData,
    /// 500.
    Error,
    /// Nothing: the connection is closed.
    Closed,
}

impl Behaviour {
    /// What the n-th request gets. All is drawn for every request, so a trouble that is switched off shifts no other's draws.
    pub fn draw(&self, n: u64) -> Draw {
        let Mode::Troubled { latency, error, wrong_data } = self.mode else {
            return Draw { delay: None, answer: Answer::Closed };
        };
        // The golden ratio's fraction spreads neighbouring requests over all seeds.
        let mut random = StdRng::seed_from_u64(self.seed ^ n.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let [late, fails, lies] = [random.random::<f64>(), random.random(), random.random()];
        let (shortest, longest) = self.delay_ms;
        let ms = random.random_range(shortest..=longest.max(shortest));
        let answer = match () {
            () if error && fails < self.rates.error => Answer::Error,
            () if wrong_data && lies < self.rates.wrong_data => Answer::WrongData,
            () => Answer::Value,
        };
        let is_late = latency && late < self.rates.latency;
        Draw { delay: is_late.then(|| Duration::from_millis(ms)), answer }
    }
}
