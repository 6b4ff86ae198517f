//! Secrets and personal data out of log text, before it is kept, shown, sent on or given to a model. Pure and linear.
//!
//! `fault-router` applies it to what it reads. `incident-store` applies it at its intake, too: an application's own report
//! has not gone through the router. To redact twice changes nothing.
//!
//! What has no shape and no name beside it cannot be told from other text: a bare password in a sentence stays.

mod judge;
mod rules;

use aho_corasick::AhoCorasick;
use regex::{Captures, Regex};
use rules::{RULES, Rule, Sign};
use std::borrow::Cow;
use std::sync::{LazyLock, OnceLock};

/// What stands in the place of a secret.
const GONE: &str = "[redacted]";
/// What one rule takes away may lay bare what another knows; this often is looked again.
const MAX_PASSES: usize = 8;

/// The words of all rules, and for each of them its rule.
static WORDS: LazyLock<Option<(AhoCorasick, Vec<usize>)>> = LazyLock::new(|| {
    let of_rule = |(index, rule): (usize, &Rule)| {
        let words = if let Sign::Words(words) = rule.sign { words } else { &[] };
        words.iter().map(|word| (index, *word)).collect::<Vec<_>>()
    };
    let (rules, words): (Vec<usize>, Vec<&str>) = RULES.iter().enumerate().flat_map(of_rule).unzip();
    let automaton = AhoCorasick::builder().ascii_case_insensitive(true).build(words).ok()?;
    Some((automaton, rules))
});
/// The patterns, each compiled when a text first concerns it.
static PATTERNS: [OnceLock<Option<Regex>>; RULES.len()] = [const { OnceLock::new() }; RULES.len()];

/// A text without bearer tokens, basic authentication, passwords in URLs and assignments, keys of known shapes, private
/// keys, JSON web tokens, cookies, e-mail addresses and card numbers. Ids, digests and trace contexts stay. Borrowed when
/// there is nothing to take away; `redact(redact(text))` is `redact(text)`.
pub fn redact(text: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    for _ in 0..MAX_PASSES {
        match pass(&text) {
            Some(next) => text = Cow::Owned(next),
            None => break,
        }
    }
    text
}

/// All rules once; `None` when none found anything.
fn pass(text: &str) -> Option<String> {
    let mut out: Option<String> = None;
    let concerned = concerned(text);
    for ((rule, pattern), concerned) in RULES.iter().zip(&PATTERNS).zip(concerned) {
        if !concerned {
            continue;
        }
        // A rule that does not compile would be a mistake of ours that a test shows; then nothing may pass.
        let Some(regex) = pattern.get_or_init(|| Regex::new(rule.pattern).ok()) else {
            return (text != GONE).then(|| GONE.to_owned());
        };
        if let Some(next) = without(regex, rule, out.as_deref().unwrap_or(text)) {
            out = Some(next);
        }
    }
    out
}

/// Which rules a text concerns.
fn concerned(text: &str) -> [bool; RULES.len()] {
    let mut concerned = [false; RULES.len()];
    let shaped = |rule: &Rule| matches!(rule.sign, Sign::Shape(is_there) if is_there(text));
    concerned.iter_mut().zip(RULES).for_each(|(flag, rule)| *flag = shaped(rule));
    let Some((automaton, rules)) = &*WORDS else { return [true; RULES.len()] };
    for found in automaton.find_overlapping_iter(text) {
        let rule = rules.get(found.pattern().as_usize());
        if let Some(flag) = rule.and_then(|rule| concerned.get_mut(*rule)) {
            *flag = true;
        }
    }
    concerned
}

/// The text without a rule's secrets; `None` when it holds none.
fn without(regex: &Regex, rule: &Rule, text: &str) -> Option<String> {
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
