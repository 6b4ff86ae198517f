//! Runtime actions: what is done to a running thing, how it is taken back, and what came of it.
//!
//! A [`Remedy`] cannot be made without an [`Undo`], and `Undo` has three forms only; so whatever can be scheduled can be taken back
//! or says why there is nothing to take back. What has neither is no remedy: it is told to a person.

mod action;
mod intent;
mod report;

pub use action::{Action, Process, Way};
pub use intent::{Intent, Prepare, Prepared, lost};
pub use report::{
    Act, ActOutcome, ActReport, Held, Invariant, Level, ResourceView, Tried, WardTask, Watch, WatchReport,
};

use crate::ids::is_name;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A thing of a target that can be healed, as its target file names it: 1 to 64 of a-z 0-9 -.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ResourceName(String);

impl ResourceName {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ResourceName {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let fits = is_name(&text, 64, "-") && !text.chars().any(|c| c.is_ascii_uppercase());
        let shown: String = text.chars().take(80).collect();
        if fits { Ok(Self(text)) } else { Err(format!("{shown:?} is no name: expected 1 to 64 of a-z 0-9 -")) }
    }
}

impl From<ResourceName> for String {
    fn from(name: ResourceName) -> String {
        name.0
    }
}

impl fmt::Display for ResourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One thing to try: an action with the way back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remedy {
    /// For people.
    pub title: String,
    /// What is done.
    pub action: Action,
    /// How it is taken back.
    pub undo: Undo,
    /// Whether it stays when the cause is gone: a repaired file does, a mode of emergency does not.
    pub lasts: bool,
}

impl Remedy {
    /// A repair, which stays.
    pub fn repair(title: impl Into<String>, action: Action, undo: Undo) -> Self {
        Self { title: title.into(), action, undo, lasts: true }
    }

    /// A relief, which is withdrawn when the cause is gone.
    pub fn relief(title: impl Into<String>, action: Action, undo: Undo) -> Self {
        Self { title: title.into(), action, undo, lasts: false }
    }
}

/// How a remedy is taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Undo {
    /// This makes it as it was.
    Inverse {
        /// The action.
        action: Action,
    },
    /// It cannot be as it was, but this makes it as good.
    Compensate {
        /// The action.
        action: Action,
    },
    /// There is nothing to take back.
    NotNeeded {
        /// Why.
        reason: String,
    },
}

impl Undo {
    /// [`Undo::Inverse`].
    pub fn by(action: Action) -> Self {
        Undo::Inverse { action }
    }

    /// [`Undo::Compensate`].
    pub fn made_good_by(action: Action) -> Self {
        Undo::Compensate { action }
    }

    /// [`Undo::NotNeeded`].
    pub fn not_needed(reason: impl Into<String>) -> Self {
        Undo::NotNeeded { reason: reason.into() }
    }

    /// What is to be done for it, if anything.
    pub fn action(&self) -> Option<&Action> {
        match self {
            Undo::Inverse { action } | Undo::Compensate { action } => Some(action),
            Undo::NotNeeded { .. } => None,
        }
    }
}
