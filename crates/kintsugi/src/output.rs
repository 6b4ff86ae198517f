//! What a command answers: text for people, JSON for programs.

use crate::exit::Exit;
use serde::Serialize;
use std::io::Write;

/// In which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON document on standard output; progress and errors go to standard error.
    Json,
}

/// An answer in both forms.
#[derive(Debug, Clone)]
pub struct Answer {
    /// For people.
    pub text: String,
    /// For programs.
    pub json: serde_json::Value,
    /// How the command ends.
    pub exit: Exit,
}

impl Answer {
    /// A good one.
    ///
    /// # Errors
    /// When the value has no JSON form.
    pub fn new(text: impl Into<String>, value: &impl Serialize) -> anyhow::Result<Self> {
        Ok(Self { text: text.into(), json: serde_json::to_value(value)?, exit: Exit::Ok })
    }

    /// The same, not done unless `done`.
    #[must_use]
    pub fn done_if(mut self, done: bool) -> Self {
        if !done {
            self.exit = Exit::NotDone;
        }
        self
    }

    /// Writes it to standard output. A reader that went away (`| head`) is no failure.
    pub fn print(&self, format: Format) {
        let text = match format {
            Format::Text => self.text.clone(),
            Format::Json => format!("{:#}", self.json),
        };
        print(&text);
    }
}

/// Writes a line to standard output, whether or not somebody still reads it.
pub fn print(line: &str) {
    let mut out = std::io::stdout().lock();
    let _gone = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Writes a line to standard error.
pub fn complain(line: &str) {
    let _gone = writeln!(std::io::stderr().lock(), "{line}");
}

/// Text from a log or a model as it may be shown in a terminal: without control characters.
pub fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { '\u{fffd}' } else { c }).collect()
}
