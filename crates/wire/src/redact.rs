//! Secrets and personal data out of log text, before it is kept, shown, sent on or given to a model. Pure and linear.
//!
//! `fault-router` applies it to what it reads. `incident-store` applies it at its intake, too: an application's own report
//! has not gone through the router. To redact twice changes nothing.
//!
//! What has no shape and no name beside it cannot be told from other text: a bare password in a sentence stays.

mod judge;
mod rules;

use regex::{Captures, RegexSet};
use rules::{RULES, Rule};
use std::borrow::Cow;
use std::sync::LazyLock;

/// What stands in the place of a secret.
const GONE: &str = "[redacted]";
/// What one rule takes away may lay bare what another knows; this often is looked again.
const MAX_PASSES: usize = 8;

/// The rules, compiled, with one automaton that tells which of them a text concerns.
struct Compiled {
    concerns: RegexSet,
    rules: Vec<(regex::Regex, &'static Rule)>,
}

static COMPILED: LazyLock<Option<Compiled>> = LazyLock::new(|| {
    let concerns = RegexSet::new(RULES.iter().map(|rule| rule.pattern)).ok()?;
    let rules = RULES.iter().map(|rule| Some((regex::Regex::new(rule.pattern).ok()?, rule)));
    Some(Compiled { concerns, rules: rules.collect::<Option<_>>()? })
});

/// A text without bearer tokens, basic authentication, passwords in URLs and assignments, keys of known shapes, private
/// keys, JSON web tokens, cookies, e-mail addresses and card numbers. Ids, digests and trace contexts stay. Borrowed when
/// there is nothing to take away; `redact(redact(text))` is `redact(text)`.
pub fn redact(text: &str) -> Cow<'_, str> {
    // Rules that do not compile would be a mistake of ours that a test shows; then nothing may pass.
    let Some(compiled) = &*COMPILED else { return Cow::Borrowed(GONE) };
    let mut text = Cow::Borrowed(text);
    for _ in 0..MAX_PASSES {
        match pass(compiled, &text) {
            Some(next) => text = Cow::Owned(next),
            None => break,
        }
    }
    text
}

/// All rules once; `None` when none found anything.
fn pass(compiled: &Compiled, text: &str) -> Option<String> {
    let mut out = None;
    for index in &compiled.concerns.matches(text) {
        let Some((regex, rule)) = compiled.rules.get(index) else { continue };
        if let Some(next) = without(regex, rule, out.as_deref().unwrap_or(text)) {
            out = Some(next);
        }
    }
    out
}

/// The text without a rule's secrets; `None` when it holds none.
fn without(regex: &regex::Regex, rule: &Rule, text: &str) -> Option<String> {
    let mut out = String::new();
    let mut done = 0;
    for found in regex.captures_iter(text) {
        let Some(secret) = secret(&found) else { continue };
        let around = text.get(..secret.start()).unwrap_or_default();
        let after = text.get(secret.end()..).unwrap_or_default();
        if secret.start() < done || is_gone(secret.as_str()) || !(rule.is_secret)(around, secret.as_str(), after) {
            continue;
        }
        out.push_str(text.get(done..secret.start()).unwrap_or_default());
        out.push_str(GONE);
        done = secret.end();
    }
    (done > 0).then(|| {
        out.push_str(text.get(done..).unwrap_or_default());
        out
    })
}

/// The part of a match that is secret: the first of its groups that took part, else all of it.
fn secret<'t>(found: &Captures<'t>) -> Option<regex::Match<'t>> {
    found.iter().skip(1).flatten().next().or_else(|| found.get(0))
}

/// Whether a former pass was here: with the bracket that a bare value ends before, or without.
fn is_gone(secret: &str) -> bool {
    secret.starts_with("[redacted")
}
