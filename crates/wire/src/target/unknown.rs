//! Errors that no rule of the target file names: how they are noticed, and what they are called.

use super::Target;
use crate::FaultCode;
use crate::incident::Severity;
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// The fault of a target that writes more error lines than it used to.
pub const ERROR_BURST: &str = "ERROR_BURST";
/// The fault of a target that writes many new kinds of errors at once.
pub const UNKNOWN_MANY: &str = "UNKNOWN_MANY";
/// What the code of a new kind of error begins with; eight hexadecimal digits of its group follow.
const UNKNOWN: &str = "UNKNOWN_";

/// How errors are noticed that no fault of the target marks. Without this section none is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Unknown {
    /// For so long after the target was first followed, kinds of errors are learned and nothing is said.
    pub learn_s: u64,
    /// How many kinds of errors are known at once; beyond it the one that was seen least recently is forgotten.
    pub groups: usize,
    /// How many new kinds may be reported in one minute; more are one incident of their own.
    pub new_per_minute: u32,
    /// How bad one is.
    pub severity: Severity,
}

impl Default for Unknown {
    fn default() -> Self {
        Self { learn_s: 600, groups: 1_000, new_per_minute: 10, severity: Severity::Medium }
    }
}

/// When more error lines than usual are an incident, whatever they say. Without this section they never are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Burst {
    /// The slices of time in which lines are counted.
    pub slice_s: u64,
    /// Fewer lines in a slice are never a burst.
    pub minimum: u32,
    /// So many times the usual number are one.
    pub factor: f64,
    /// So many slices must be ordinary again before the next burst is told of; so many are watched at first, too.
    pub quiet_slices: u32,
    /// How bad one is.
    pub severity: Severity,
}

impl Default for Burst {
    fn default() -> Self {
        Self { slice_s: 10, minimum: 20, factor: 5.0, quiet_slices: 6, severity: Severity::Medium }
    }
}

impl FaultCode {
    /// The code of a new kind of error, by the first eight hexadecimal digits of its group's id.
    pub fn of_unknown(short: &str) -> Option<Self> {
        format!("{UNKNOWN}{short}").parse().ok().filter(Self::is_unmarked)
    }

    /// Whether this is an error that was noticed by its form or its number, and that no rule names: nothing that is known
    /// may be applied to it without a person.
    pub fn is_unmarked(&self) -> bool {
        let is_group = |id: &str| id.len() == 8 && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'A'..=b'F'));
        matches!(self.as_str(), ERROR_BURST | UNKNOWN_MANY) || self.as_str().strip_prefix(UNKNOWN).is_some_and(is_group)
    }
}

impl Target {
    /// How bad a fault is: as its rule says, or the section by which it was noticed, or the resource that it is of; `None` when this target cannot have it.
    pub fn severity(&self, code: &FaultCode) -> Option<Severity> {
        if let Some(rule) = self.fault(code) {
            return Some(rule.severity);
        }
        match code.as_str() {
            ERROR_BURST => self.burst.as_ref().map(|burst| burst.severity),
            _ if code.is_unmarked() => {
                let unknown = self.unknown.as_ref().map(|unknown| unknown.severity);
                unknown.or_else(|| self.handover.as_ref().map(|handing| handing.severity))
            }
            _ => self.resource(code).map(|resource| resource.is.severity()),
        }
    }

    pub(super) fn check_unmarked(&self) -> Result<(), String> {
        if let Some(rule) = self.faults.iter().find(|rule| rule.code.is_unmarked()) {
            return Err(format!("the code {} is for errors that no rule names: give the fault another one", rule.code));
        }
        if let Some(unknown) = &self.unknown {
            within("unknown.learn_s", unknown.learn_s, 0..=604_800)?;
            within("unknown.groups", unknown.groups as u64, 16..=10_000)?;
            within("unknown.new_per_minute", unknown.new_per_minute.into(), 1..=100)?;
        }
        let Some(burst) = &self.burst else { return Ok(()) };
        within("burst.slice_s", burst.slice_s, 1..=3_600)?;
        within("burst.minimum", burst.minimum.into(), 2..=1_000_000)?;
        within("burst.quiet_slices", burst.quiet_slices.into(), 1..=1_000)?;
        if !(1.5..=1_000.0).contains(&burst.factor) {
            return Err(format!("`burst.factor` is {}: it must be from 1.5 to 1000", burst.factor));
        }
        Ok(())
    }
}

fn within(name: &str, value: u64, bounds: RangeInclusive<u64>) -> Result<(), String> {
    if bounds.contains(&value) {
        return Ok(());
    }
    Err(format!("`{name}` is {value}: it must be from {} to {}", bounds.start(), bounds.end()))
}
