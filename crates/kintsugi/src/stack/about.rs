//! `stack.json`: what runs, for the other commands and for people's scripts.

use super::Stack;
use super::companions::Companion;
use anyhow::Context;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use wire::{Service, TargetName};

/// A running stack, as its file tells it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct About {
    /// The process that supervises it.
    pub pid: u32,
    /// When it was up.
    pub started_at: DateTime<Utc>,
    /// Where people and targets' users ask.
    pub front: String,
    /// Where incidents are.
    pub incident_store: String,
    /// Every service's base URL.
    pub services: BTreeMap<Service, String>,
    /// The processes beside the targets, by name.
    pub companions: BTreeMap<String, Beside>,
    /// The watched targets.
    pub targets: Vec<TargetName>,
}

/// A process beside a target.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Beside {
    /// Its base URL.
    pub url: String,
    /// Where its health is asked.
    pub health: String,
}

impl Beside {
    fn of(companion: &Companion) -> Self {
        Self { url: companion.url().to_owned(), health: companion.health().to_owned() }
    }
}

/// Where it stands below a home.
pub fn path(home: &Path) -> PathBuf {
    home.join("stack.json")
}

impl About {
    /// Of a stack.
    pub fn of(stack: &Stack) -> Self {
        Self {
            pid: std::process::id(),
            started_at: chassis::Clock::now(&chassis::SystemClock),
            front: stack.front(),
            incident_store: stack.ports.url(Service::IncidentStore),
            services: super::Ports::services().map(|service| (service, stack.ports.url(service))).collect(),
            companions: stack.companions.iter().map(|one| (one.name.clone(), Beside::of(one))).collect(),
            targets: stack.catalogue.keys().cloned().collect(),
        }
    }

    /// Of the stack that runs in a home, if one does.
    pub fn read(home: &Path) -> Option<Self> {
        let about: Self = serde_json::from_slice(&std::fs::read(path(home)).ok()?).ok()?;
        about.is_alive().then_some(about)
    }

    /// Whether its process is still there.
    pub fn is_alive(&self) -> bool {
        Path::new(&format!("/proc/{}", self.pid)).exists()
    }

    /// Writes it beneath a home, whole or not at all.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, home: &Path) -> anyhow::Result<()> {
        let (path, draft) = (path(home), home.join("stack.json.new"));
        let written = std::fs::write(&draft, serde_json::to_vec_pretty(self)?);
        written
            .and_then(|()| std::fs::rename(&draft, &path))
            .with_context(|| format!("cannot write {}", path.display()))
    }
}
