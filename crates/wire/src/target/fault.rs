//! What a fault's rule may be.

use super::{FaultRule, Relief, Target};
use crate::FaultCode;
use crate::ids::is_name;
use regex::bytes::{Regex, RegexBuilder};
use std::collections::BTreeSet;

/// Bounds of a marker and of a pattern, bytes.
const MAX_MARKER: usize = 512;
const MAX_PATTERN: usize = 4 * 1024;
/// Bound of a compiled pattern, bytes.
const MAX_PROGRAM: usize = 1 << 20;

impl FaultRule {
    /// The compiled pattern, if the rule has one.
    ///
    /// # Errors
    /// One sentence that says what is wrong with it.
    pub fn expression(&self) -> Result<Option<Regex>, String> {
        let Some(pattern) = &self.pattern else { return Ok(None) };
        let wrong = |what: String| format!("the pattern of the fault {} {what}", self.code);
        if pattern.len() > MAX_PATTERN {
            return Err(wrong(format!("has {} bytes: at most {MAX_PATTERN} are taken", pattern.len())));
        }
        let expression = RegexBuilder::new(pattern)
            .size_limit(MAX_PROGRAM)
            .build()
            .map_err(|error| wrong(format!("is not a regular expression of bounded size: {error}")))?;
        if expression.is_match(b"") {
            return Err(wrong("matches every line: it must demand at least one character".into()));
        }
        Ok(Some(expression))
    }

    pub(super) fn check(&self) -> Result<(), String> {
        let code = &self.code;
        if self.marker.is_empty() && self.pattern.is_none() {
            return Err(format!(
                "the fault {code} has neither `marker` nor `pattern`: name a literal or a regular expression"
            ));
        }
        if self.marker.len() > MAX_MARKER || self.marker.contains(['\n', '\r']) {
            return Err(format!("the marker of the fault {code} must be one line of at most {MAX_MARKER} bytes"));
        }
        self.expression().map(|_| ())
    }
}

impl Target {
    /// The paths whose good answers the front keeps, in case a failure of them is to be eased.
    pub fn kept_paths(&self) -> Vec<String> {
        let stale =
            self.faults.iter().flat_map(|fault| &fault.relief).filter(|relief| matches!(relief, Relief::Stale { .. }));
        let paths: BTreeSet<&String> = stale.flat_map(Relief::paths).collect();
        paths.into_iter().cloned().collect()
    }

    pub(super) fn check_reliefs(&self) -> Result<(), String> {
        for FaultRule { code, relief, relief_s, .. } in &self.faults {
            super::relief::check(relief, *relief_s).map_err(|why| format!("the fault {code} {why}"))?;
            if !relief.is_empty() && self.deploy.pipeline().is_some() {
                return Err(format!(
                    "the fault {code} has a `relief`, which needs the platform's own routes: a pipeline deploys this target"
                ));
            }
        }
        Ok(())
    }

    /// Adds one literal marker: `MARKER=CODE` marks lines of a fault that the target has; otherwise the whole text is the
    /// marker, and a fault of its own whose code is the marker, with `_` for what no code can hold.
    ///
    /// # Errors
    /// One sentence, when the marker is no single short line.
    pub fn add_marker(&mut self, text: &str) -> Result<(), String> {
        let known = text.rsplit_once('=').and_then(|(marker, code)| {
            let rule = self.faults.iter().find(|rule| rule.code.as_str() == code)?;
            Some(FaultRule { marker: marker.to_owned(), pattern: None, ..rule.clone() })
        });
        let rule = match known {
            Some(rule) => rule,
            None => FaultRule {
                code: code_of(text)?,
                marker: text.to_owned(),
                pattern: None,
                severity: Default::default(),
                title: String::new(),
                verdict: None,
                autonomy: None,
                relief: Vec::new(),
                relief_s: super::relief::default_relief_s(),
            },
        };
        rule.check()?;
        if self.faults.iter().all(|fault| fault.marker != rule.marker) {
            self.faults.push(rule);
        }
        Ok(())
    }
}

/// A marker as a code.
fn code_of(marker: &str) -> Result<FaultCode, String> {
    let mut code: String = marker.chars().map(|c| if is_name(&format!("A{c}"), 2, "_-.") { c } else { '_' }).collect();
    code.truncate(90);
    if !code.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        code.insert_str(0, "FAULT");
    }
    code.parse().map_err(|error| format!("{error}"))
}
