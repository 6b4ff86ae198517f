//! `deploy/demo.toml`: what the demo asks its targets for. No service of the platform reads it.

use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::Path;
use wire::target::{Catalogue, Request, Target};
use wire::{FaultCode, TargetName};

/// The file, below a checkout.
pub const FILE: &str = "deploy/demo.toml";

/// The demo.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scene {
    /// What a client that must not notice anything asks for all the while.
    pub traffic: TrafficPlan,
    /// The faults, in the order in which they are fired.
    pub faults: Vec<Act>,
}

/// The constant-rate client.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TrafficPlan {
    /// Requests a second, all paths together.
    pub per_second: u32,
    /// One after the other, with `GET`; anything but a 200 has failed.
    pub paths: Vec<String>,
}

/// A fault and how it is fired.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Act {
    /// For `--fault` and for people.
    pub name: String,
    /// One line for people.
    pub title: String,
    /// Whose.
    pub target: TargetName,
    /// The code that its incident must bear.
    pub fault: FaultCode,
    /// What is sent, as a user would.
    pub request: Request,
    /// The statuses of a failure.
    pub fails_with: Vec<u16>,
    /// How often it is sent until it fails: a fault that comes and goes needs several.
    #[serde(default = "once")]
    pub sent_at_most: u32,
    /// The statuses that the same request may have once it is healed.
    pub heals_to: Vec<u16>,
    /// It is fired only when it is named.
    #[serde(default)]
    pub only_named: bool,
}

fn once() -> u32 {
    1
}

impl Scene {
    /// Reads the file.
    ///
    /// # Errors
    /// When it is not there or not of this form.
    pub fn load(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let scene: Self = toml::from_str(&text).with_context(|| format!("cannot use {}", path.display()))?;
        scene.check().with_context(|| format!("cannot use {}", path.display()))?;
        Ok(scene)
    }

    fn check(&self) -> anyhow::Result<()> {
        ensure!((1..=1000).contains(&self.traffic.per_second), "traffic.per_second must be 1 to 1000");
        ensure!(!self.traffic.paths.is_empty(), "traffic.paths must name at least one path");
        ensure!(
            self.faults.iter().any(|act| !act.only_named),
            "at least one of [[faults]] without only_named is needed"
        );
        let mut names = BTreeSet::new();
        for act in &self.faults {
            ensure!(names.insert(&act.name), "the name {} is there twice", act.name);
            ensure!((1..=1000).contains(&act.sent_at_most), "{}: sent_at_most must be 1 to 1000", act.name);
            ensure!(!act.fails_with.is_empty(), "{}: fails_with must name at least one status", act.name);
            ensure!(!act.heals_to.is_empty(), "{}: heals_to must name at least one status", act.name);
        }
        Ok(())
    }

    /// Only the named faults; when none is named, all that need not be.
    ///
    /// # Errors
    /// When there is no such fault.
    pub fn only(mut self, names: &[String]) -> Result<Self, crate::exit::WrongUse> {
        let known: Vec<&str> = self.faults.iter().map(|act| act.name.as_str()).collect();
        if let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) {
            let why = format!("there is no fault {unknown:?} in the demo; there are: {}", known.join(", "));
            return Err(crate::exit::WrongUse(why));
        }
        self.faults.retain(|act| if names.is_empty() { !act.only_named } else { names.contains(&act.name) });
        Ok(self)
    }

    /// The targets it needs, each once.
    ///
    /// # Errors
    /// When the stack has no such target.
    pub fn targets<'a>(&self, catalogue: &'a Catalogue) -> anyhow::Result<Vec<&'a Target>> {
        let names: BTreeSet<&TargetName> = self.faults.iter().map(|act| &act.target).collect();
        let find = |name: &TargetName| catalogue.get(name).with_context(|| format!("the stack has no target {name}"));
        names.into_iter().map(find).collect()
    }
}
