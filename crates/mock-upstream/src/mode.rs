//! The mode as it is asked for and told: checked on the way in.

use crate::draw::{Behaviour, Mode, Rates};
use rand::Rng;
use serde::{Deserialize, Serialize};

/// The longest delay that can be asked for, milliseconds: nothing here waits longer.
const LONGEST_DELAY_MS: u64 = 60_000;

/// Why a mode cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BadMode {
    /// There is no such mode.
    #[error("{0:?} is no mode: expected latency, error, wrong_data, none or down")]
    Unknown(String),
    /// No mode at all.
    #[error("`modes` is empty: expected latency, error and wrong_data in any combination, or none, or down")]
    Missing,
    /// A mode that excludes others is not alone.
    #[error("{0:?} stands alone: it cannot be combined with another mode")]
    NotAlone(&'static str),
    /// A rate is no probability.
    #[error("the rate of {0} is {1}: expected a number from 0 to 1")]
    Rate(&'static str, f64),
    /// The range of the delay is none.
    #[error(
        "`delay_ms` is [{0}, {1}]: expected the shortest and the longest delay, each at most {LONGEST_DELAY_MS} milliseconds"
    )]
    Delay(u64, u64),
}

/// The body of `PUT /mode`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    modes: Vec<String>,
    #[serde(default)]
    rates: AskedRates,
    delay_ms: Option<(u64, u64)>,
    seed: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct AskedRates {
    latency: Option<f64>,
    error: Option<f64>,
    wrong_data: Option<f64>,
}

/// The mode in force, as it is told.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Told {
    modes: Vec<&'static str>,
    rates: Rates,
    delay_ms: (u64, u64),
    seed: u64,
}

impl Asked {
    /// The behaviour that is asked for.
    pub(crate) fn behaviour(self) -> Result<Behaviour, BadMode> {
        let default = Rates::default();
        let rates = Rates {
            latency: rate("latency", self.rates.latency, default.latency)?,
            error: rate("error", self.rates.error, default.error)?,
            wrong_data: rate("wrong_data", self.rates.wrong_data, default.wrong_data)?,
        };
        let delay_ms = self.delay_ms.unwrap_or(Behaviour::default().delay_ms);
        if delay_ms.0 > delay_ms.1 || delay_ms.1 > LONGEST_DELAY_MS {
            return Err(BadMode::Delay(delay_ms.0, delay_ms.1));
        }
        let mode = of_names(self.modes.iter().map(String::as_str))?;
        Ok(Behaviour { mode, rates, delay_ms, seed: self.seed.unwrap_or_else(fresh_seed) })
    }
}

impl From<&Behaviour> for Told {
    fn from(behaviour: &Behaviour) -> Self {
        let modes = match behaviour.mode {
            Mode::Down => vec!["down"],
            Mode::Troubled { latency, error, wrong_data } => {
                let all = [(latency, "latency"), (error, "error"), (wrong_data, "wrong_data")];
                let on: Vec<_> = all.into_iter().filter(|(on, _)| *on).map(|(_, name)| name).collect();
                if on.is_empty() { vec!["none"] } else { on }
            }
        };
        Self { modes, rates: behaviour.rates, delay_ms: behaviour.delay_ms, seed: behaviour.seed }
    }
}

/// The mode that a comma list says.
pub(crate) fn of_list(list: &str) -> Result<Mode, BadMode> {
    of_names(list.split(',').map(str::trim).filter(|name| !name.is_empty()))
}

/// A seed that nobody knows yet. Within what JSON numbers hold exactly everywhere.
pub(crate) fn fresh_seed() -> u64 {
    rand::rng().random_range(0..1 << 53)
}

fn of_names<'a>(names: impl Iterator<Item = &'a str>) -> Result<Mode, BadMode> {
    let names: Vec<&str> = names.collect();
    let (mut latency, mut error, mut wrong_data) = (false, false, false);
    for name in &names {
        match *name {
            "latency" => latency = true,
            "error" => error = true,
            "wrong_data" => wrong_data = true,
            "none" if names.len() > 1 => return Err(BadMode::NotAlone("none")),
            "down" if names.len() > 1 => return Err(BadMode::NotAlone("down")),
            "none" => {}
            "down" => return Ok(Mode::Down),
            other => return Err(BadMode::Unknown(other.chars().take(40).collect())),
        }
    }
    if names.is_empty() { Err(BadMode::Missing) } else { Ok(Mode::Troubled { latency, error, wrong_data }) }
}

fn rate(name: &'static str, asked: Option<f64>, default: f64) -> Result<f64, BadMode> {
    let rate = asked.unwrap_or(default);
    if (0.0..=1.0).contains(&rate) { Ok(rate) } else { Err(BadMode::Rate(name, rate)) }
}
