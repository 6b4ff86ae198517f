//! Mode 4: a process has more memory than it may have.

mod measure;

use crate::error::ActError;
use crate::lever::Levers;
use crate::playbook::Playbook;
use crate::processes::title;
use measure::{Measured, mib};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use wire::runtime::{Action, Invariant, Remedy, ResourceName, Undo};
use wire::target::Memory;

/// Of its limit, percent: below this it is well below it.
const WELL_BELOW: u64 = 80;
/// Of a control group's limit, percent: above this the kernel is about to end something.
const FULL: u64 = 95;
/// Of the machine's memory, percent: less than this is left when it is about to swap or to end something.
const SCARCE: u64 = 5;
/// A limit is exceeded in steps of this part of it; a lever that does not bring it down a step did nothing.
const STEPS: u64 = 20;

/// Eases a process that has too much memory, with the levers that it offers.
#[derive(Debug)]
pub struct MemoryPlaybook {
    memory: Memory,
    levers: Levers,
    past: Mutex<Past>,
}

#[derive(Debug, Default)]
struct Past {
    /// Since when it has been well below its limit.
    calm: Option<Instant>,
    /// What the kernel had ended in its control group when it was first looked at.
    kills: Option<u64>,
}

/// What is seen of it.
#[derive(Debug, Clone)]
pub struct Seen {
    measured: Measured,
    /// So many of its processes the kernel ended since it is looked at.
    kills: u64,
    /// How long it has been well below its limit.
    calm: Option<Duration>,
    /// Which levers are pulled.
    on: Vec<(ResourceName, Option<bool>)>,
}

impl MemoryPlaybook {
    /// For a process of the inventory.
    pub fn new(memory: Memory, levers: Levers) -> Self {
        Self { memory, levers, past: Mutex::default() }
    }

    fn is_well_below(&self, measured: &Measured) -> bool {
        let process = measured.process.is_some_and(|p| p.needed() <= part(self.memory.limit_bytes, WELL_BELOW));
        let group = measured.group.as_ref().and_then(|group| Some((group.working?, group.limit?)));
        process && group.is_none_or(|(working, limit)| working <= part(limit, WELL_BELOW)) && !is_scarce(measured)
    }

    /// Above its limit, in steps.
    fn excess(&self, needed: u64) -> u32 {
        let limit = self.memory.limit_bytes.max(1);
        let steps = needed.saturating_sub(limit).saturating_mul(STEPS).div_ceil(limit);
        u32::try_from(steps.min(10_000)).unwrap_or(u32::MAX)
    }

    fn of_process(&self, measured: &Measured) -> Invariant {
        let needed = measured.process.map(|process| process.needed());
        let limit = self.memory.limit_bytes;
        let seen = match measured.process {
            Some(p) => format!("{} resident and {} swapped of {}", mib(p.resident), mib(p.swapped), mib(limit)),
            None => "it does not run, or cannot be looked at".into(),
        };
        let weight = 10_u32.saturating_add(self.excess(needed.unwrap_or_default()));
        let holds = needed.map(|needed| needed <= limit);
        Invariant { name: "the process keeps to its memory".into(), holds, weight, seen }
    }
}

fn part(of: u64, percent: u64) -> u64 {
    of / 100 * percent
}

fn is_scarce(measured: &Measured) -> bool {
    measured.machine.is_some_and(|machine| machine.available < part(machine.total, SCARCE))
}

fn of_group(measured: &Measured) -> Option<Invariant> {
    let group = measured.group.as_ref()?;
    // Without a limit of its own it cannot be full.
    let holds = group.working.map(|working| group.limit.is_none_or(|limit| working <= part(limit, FULL)));
    let over = group.working.zip(group.limit).map_or(0, |(working, limit)| {
        working.saturating_sub(part(limit, FULL)).saturating_mul(100).div_ceil(limit.max(1))
    });
    let weight = 5_u32.saturating_add(u32::try_from(over).unwrap_or(100));
    Some(Invariant { name: "its control group has room".into(), holds, weight, seen: group.to_string() })
}

fn of_machine(measured: &Measured) -> Invariant {
    let holds = measured.machine.map(|_| !is_scarce(measured));
    let left = measured.machine.map_or(0, |machine| machine.available.saturating_mul(100) / machine.total.max(1));
    let weight = 3_u32.saturating_add(u32::try_from(SCARCE.saturating_sub(left)).unwrap_or(0));
    let seen = measured.machine.map_or_else(String::new, |machine| machine.to_string());
    Invariant { name: "the machine has memory left".into(), holds, weight, seen }
}

impl Playbook for MemoryPlaybook {
    type Seen = Seen;

    async fn look(&self) -> Seen {
        let mut on = Vec::new();
        for lever in &self.memory.levers {
            on.push((lever.clone(), self.levers.is_on(lever).await));
        }
        let measured = measure::measure(&self.memory);
        let mut past = self.past.lock().unwrap_or_else(PoisonError::into_inner);
        past.calm = self.is_well_below(&measured).then(|| past.calm.unwrap_or_else(Instant::now));
        let all = measured.group.as_ref().and_then(|group| group.kills);
        past.kills = past.kills.or(all);
        let kills = all.zip(past.kills).map_or(0, |(all, first)| all.saturating_sub(first));
        Seen { measured, kills, calm: past.calm.map(|calm| calm.elapsed()), on }
    }

    fn invariants(&self, seen: &Seen) -> Vec<Invariant> {
        let mut invariants = vec![self.of_process(&seen.measured), of_machine(&seen.measured)];
        invariants.extend(of_group(&seen.measured));
        if self.memory.cgroup.is_some() {
            invariants.push(Invariant {
                name: "the kernel did not end it".into(),
                holds: Some(seen.kills == 0 || seen.measured.process.is_some()),
                weight: 2,
                seen: format!("it ended {} since this is watched", seen.kills),
            });
        }
        invariants
    }

    fn diagnose(&self, seen: &Seen) -> String {
        let who = seen.measured.pid.map_or_else(|| "The process".to_owned(), title);
        let shown: Vec<String> = self
            .invariants(seen)
            .into_iter()
            .filter(|invariant| invariant.holds != Some(true))
            .map(|invariant| format!("not so: {} ({})", invariant.name, invariant.seen))
            .collect();
        format!("Memory of {who}: {}.", if shown.is_empty() { "enough".to_owned() } else { shown.join("; ") })
    }

    /// Only levers of which it is known that they are off: what cannot be asked could not be let go either. Of a process that does
    /// not run nothing can be eased.
    fn remedies(&self, seen: &Seen) -> Vec<Remedy> {
        let runs = seen.measured.process.is_some();
        let off = seen.on.iter().filter(|(_, on)| runs && *on == Some(false));
        off.map(|(lever, _)| {
            let pull = |on| Action::Pull { lever: lever.clone(), on };
            Remedy::relief(self.levers.title(lever), pull(true), Undo::by(pull(false)))
        })
        .collect()
    }

    fn is_over(&self, seen: &Seen) -> bool {
        seen.calm.is_some_and(|calm| calm >= Duration::from_millis(self.memory.calm_ms))
    }

    fn advice(&self, seen: &Seen) -> Vec<String> {
        let process = self.of_process(&seen.measured);
        let mut advice = Vec::new();
        if process.holds == Some(false) || seen.on.iter().any(|(_, on)| *on == Some(true)) {
            let limit = mib(self.memory.limit_bytes);
            advice.push(format!("Its memory: {}. If it needs more, raise `limit_bytes` ({limit}).", process.seen));
        }
        if let Some(group) = seen.measured.group.as_ref().filter(|_| seen.kills > 0) {
            let kills = seen.kills;
            advice.push(format!("The kernel ended {kills} of its processes for want of memory: {group}. Raise the group's limit, or have it use less."));
        }
        if is_scarce(&seen.measured) {
            advice
                .push(format!("The machine is short of memory, whoever has it: {}.", of_machine(&seen.measured).seen));
        }
        advice
    }

    async fn act(&self, action: &Action) -> Result<String, ActError> {
        match action {
            Action::Pull { lever, on } if self.memory.levers.contains(lever) => {
                // What was calm with the levers as they were has to be seen anew.
                self.past.lock().unwrap_or_else(PoisonError::into_inner).calm = None;
                self.levers.pull(lever, *on).await
            }
            other => Err(ActError::not_offered(other)),
        }
    }
}
