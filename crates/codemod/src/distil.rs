//! From a patch to a rule: the two syntax trees are anti-unified, what the cure only carries over becomes a metavariable, and
//! of all rules that could be made the most general is kept that passes every trial.
//!
//! The most general is tried first: a rule that is too narrow costs a model's call at every next fault of its kind, while one
//! that is too wide is caught by the trials here, and what slips through by the verifier, who admits nothing on a rule's word.
//! What stands around the fault is demanded last: it may be there by accident, while the fault's own shape is not.

mod holes;
mod render;
mod rule;
mod site;
mod spell;
mod trial;

use crate::bound::Bound;
use crate::rewrite::CodemodError;
use crate::syntax::{Source, Term};
use crate::variants;
use ast_grep_core::AstGrep;
use holes::{Policy, Receivers};
use rule::{Guard, Pair};
use std::collections::BTreeMap;
use trial::{Failed, Trials};
use wire::Digest;
use wire::plan::Distilled;

/// The longest text that is distilled, bytes.
const MAX_TEXT: usize = 64 * 1024;
/// The largest site, nodes.
const MAX_SITE: usize = 1_500;
/// On how many variants a rule is tried.
const VARIANTS: u64 = 16;
/// On how many healthy files, and on how many bytes of them.
const MAX_HEALTHY: usize = 200;
const MAX_HEALTHY_BYTES: usize = 2 * 1024 * 1024;
/// How many rules are tried.
const MAX_RULES: usize = 200;

/// From the most general to the least.
const LADDER: [Policy; 9] = {
    let all = Policy { expressions: true, receivers: Receivers::All, lists: true, literals: true, items: true };
    let inner = Policy { receivers: Receivers::Inner, ..all };
    let plain = Policy { receivers: Receivers::None, ..all };
    let named = Policy { items: false, ..plain };
    let fixed = Policy { lists: false, ..named };
    // Only what something is called on may be anything: one name is enough then.
    let called = Policy { expressions: false, receivers: Receivers::All, ..all };
    // A key or a word may be what tells the fault.
    let worded = Policy { literals: false, ..plain };
    let literals = Policy { expressions: false, ..fixed };
    let names = Policy { literals: false, ..literals };
    [all, inner, plain, named, fixed, called, worded, literals, names]
};
const GUARDS: [Guard; 4] = [Guard::Nothing, Guard::Previous, Guard::Enclosing, Guard::Callee];

/// Why no rule was distilled.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotDistilled {
    /// A text is out of its bounds, or cannot be a pattern.
    #[error("it cannot be a pattern: {0}")]
    Unusable(String),
    /// A text does not parse.
    #[error("a text is not code of its language")]
    Code(#[from] CodemodError),
    /// The texts differ in nothing but blanks and comments.
    #[error("nothing changed but blanks and comments")]
    Alike,
    /// The change is in places that have only the file in common.
    #[error("the change is in several places that have only the whole file in common")]
    Scattered,
    /// Rules could be made, and none was good enough.
    #[error("none of {tried} rules passed the trials: {why}")]
    NonePassed {
        /// How many were tried.
        tried: usize,
        /// What they failed.
        why: String,
    },
}

/// Makes a rule of a patch of one file.
///
/// # Errors
/// Why there is none; then the patch teaches nothing but itself.
pub fn distil(
    language: &str,
    before: &str,
    after: &str,
    healthy: &[&str],
    provenance: &str,
) -> Result<Distilled, NotDistilled> {
    if before.len().max(after.len()) > MAX_TEXT {
        return Err(NotDistilled::Unusable(format!("it has more than {MAX_TEXT} bytes")));
    }
    let (before, after) = (Source::parse(language, before)?, Source::parse(language, after)?);
    if before.is_like(&after) {
        return Err(NotDistilled::Alike);
    }
    let mut sites = site::sites(&before.root, &after.root);
    sites.retain(|site| site.before.all().len() <= MAX_SITE && !site.is_told_by_what_follows());
    if sites.is_empty() {
        return Err(NotDistilled::Scattered);
    }
    // In a rule it would be a metavariable.
    let holds = |source: &Source, term: &Term| source.slice(term.range.clone()).contains('$');
    sites.retain(|site| !holds(&before, site.before) && !site.after.iter().any(|term| holds(&after, term)));
    if sites.is_empty() {
        return Err(NotDistilled::Unusable("it holds a `$`".to_owned()));
    }
    let trials = trials(&before, &after, healthy)?;
    let pair = Pair { before: &before, after: &after, bound: Bound::of(&before.root) };
    let (mut tried, mut failures) = (0, BTreeMap::new());
    for (policy, guard) in GUARDS.iter().flat_map(|guard| LADDER.map(|policy| (policy, *guard))) {
        for rule in sites.iter().filter_map(|site| pair.rule(site, policy, guard)) {
            if tried == MAX_RULES {
                break;
            }
            tried += 1;
            match trials.run(&rule, policy.literals) {
                Ok(()) => return Ok(distilled(rule, provenance, &trials)),
                Err(failed) => *failures.entry(failed).or_insert(0) += 1,
            }
        }
    }
    Err(NotDistilled::NonePassed { tried, why: told(&failures) })
}

fn distilled(rule: serde_json::Value, provenance: &str, trials: &Trials<'_>) -> Distilled {
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let variants = count(trials.variants.len());
    Distilled {
        digest: Digest::of_json(&rule),
        rule,
        provenance: provenance.to_owned(),
        variants,
        cured: variants,
        healthy: count(trials.healthy.len()),
        fired: 0,
    }
}

fn trials<'a>(before: &'a Source, after: &'a Source, healthy: &[&str]) -> Result<Trials<'a>, NotDistilled> {
    let mut bytes = 0;
    let within = healthy.iter().take(MAX_HEALTHY).take_while(|text| {
        bytes += text.len();
        bytes <= MAX_HEALTHY_BYTES
    });
    let parsed = within.map(|text| AstGrep::try_new(text, before.language).map_err(CodemodError::Engine));
    let healthy = parsed.collect::<Result<_, _>>()?;
    let make = |other_literals| -> Result<Vec<_>, CodemodError> {
        let variants = (0..VARIANTS).map(|seed| variants::of(before, after, seed, other_literals));
        variants.map(|made| Source::parse(before.name(), &made.after).map(|wanted| (made, wanted))).collect()
    };
    Ok(Trials { before, after, variants: make(true)?, same_words: make(false)?, healthy })
}

fn told(failures: &BTreeMap<Failed, usize>) -> String {
    let told = failures.iter().map(|(failed, count)| {
        let what = match failed {
            Failed::NotARule => "could not be written",
            Failed::NotThePatch => "did not make the patch again",
            Failed::FiresOnCured => "would change the cured text again",
            Failed::FiresOnHealthy => "would change healthy code",
            Failed::MissesVariant => "did not cure every variant",
        };
        format!("{count} {what}")
    });
    let told: Vec<String> = told.collect();
    if told.is_empty() {
        "none holds on to anything by which the fault could be told".to_owned()
    } else {
        told.join(", ")
    }
}

#[cfg(test)]
mod tests;
