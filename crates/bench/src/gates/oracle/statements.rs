//! What PostgreSQL's log says of the oracle's database.

use anyhow::Context;
use serde_json::Value;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long the log may lag behind.
const LAG: Duration = Duration::from_secs(2);
const LOOK: Duration = Duration::from_millis(20);

/// The statements since a moment.
pub(super) struct Statements {
    folder: PathBuf,
    read: HashMap<PathBuf, usize>,
    pub(super) all: Vec<Statement>,
}

/// One statement, lower case.
#[derive(Debug)]
pub(super) struct Statement {
    pub(super) text: String,
    pub(super) took_ms: f64,
    pub(super) failed: bool,
}

impl Statements {
    pub(super) fn from_now(folder: &Path) -> anyhow::Result<Self> {
        let mut new = Self { folder: folder.to_owned(), read: HashMap::new(), all: Vec::new() };
        new.read_on()?;
        new.all.clear();
        Ok(new)
    }

    /// Reads on until there is enough, or for as long as the log may lag.
    pub(super) fn read_until(&mut self, enough: impl Fn(&[Statement]) -> bool) -> anyhow::Result<()> {
        let until = Instant::now() + LAG;
        self.read_on()?;
        while !enough(&self.all) && Instant::now() < until {
            std::thread::sleep(LOOK);
            self.read_on()?;
        }
        Ok(())
    }

    fn read_on(&mut self) -> anyhow::Result<()> {
        let listed = self.folder.read_dir().with_context(|| format!("cannot read {}", self.folder.display()))?;
        for path in
            listed.flatten().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == "json"))
        {
            let bytes = std::fs::read(&path)?;
            let from = self.read.entry(path).or_default();
            let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            let news = bytes.get(*from..whole.max(*from)).unwrap_or_default();
            *from = whole.max(*from);
            let lines = news.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok());
            self.all.extend(lines.filter_map(|line: Value| statement(&line)));
        }
        Ok(())
    }
}

fn statement(line: &Value) -> Option<Statement> {
    if line.get("dbname")? != super::NAME {
        return None;
    }
    let message = line.get("message")?.as_str()?;
    if line.get("error_severity").is_some_and(|severity| severity == "ERROR") {
        let text = line.get("statement").and_then(Value::as_str).unwrap_or(message).to_lowercase();
        return Some(Statement { text, took_ms: 0.0, failed: true });
    }
    let (took, what) = message.strip_prefix("duration: ")?.split_once(" ms  ")?;
    // `statement: …`, `execute <name>: …`; parsing and binding are not yet work.
    let done = what.starts_with("statement") || what.starts_with("execute");
    let text = what.split_once(": ").filter(|_| done)?.1.trim().to_lowercase();
    Some(Statement { text, took_ms: took.parse().ok()?, failed: false })
}

impl Statement {
    /// Whether it asks for something.
    pub(super) fn reads(&self) -> bool {
        !self.failed && ["select", "with", "values"].iter().any(|word| self.text.starts_with(word))
    }

    /// How long it slept, if it did.
    pub(super) fn worked_ms(&self) -> f64 {
        if self.text.contains("sleep") && !self.failed { self.took_ms } else { 0.0 }
    }

    /// The statement time-out that it sets, milliseconds; 0 is none at all.
    pub(super) fn limit_ms(&self) -> Option<f64> {
        let rest = self.text.split_once("statement_timeout")?.1.trim_start();
        let rest = rest.strip_prefix('=').or_else(|| rest.strip_prefix("to "))?;
        let value: String = rest.chars().filter(|c| !matches!(c, '\'' | ' ')).take_while(|c| *c != ';').collect();
        let digits = value.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(value.len());
        let (number, unit) = value.split_at_checked(digits)?;
        let number: f64 = number.parse().ok()?;
        let factor = match unit {
            "" | "ms" => 1.0,
            "s" => 1e3,
            "min" => 6e4,
            "h" => 3.6e6,
            _ => return Some(f64::INFINITY),
        };
        Some(number * factor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_in_their_units() {
        let limit = |text: &str| Statement { text: text.into(), took_ms: 0.0, failed: false }.limit_ms();
        assert_eq!(limit("set local statement_timeout='5500ms'"), Some(5_500.0));
        assert_eq!(limit("set local statement_timeout = '5s'"), Some(5_000.0));
        assert_eq!(limit("set local statement_timeout to 5000"), Some(5_000.0));
        assert_eq!(limit("set local statement_timeout to default"), None);
        assert_eq!(limit("set local statement_timeout='5h'"), Some(18e6));
        assert_eq!(limit("select 1"), None);
    }
}
