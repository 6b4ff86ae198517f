//! What a rule must pass before it is kept. Pure.

use crate::rewrite::{Codemod, CodemodError};
use crate::syntax::{Source, Tree};
use crate::variants::Variant;
use serde_json::Value;

/// How a rule failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Failed {
    /// It is not a rule.
    NotARule,
    /// It does not make of the faulty text what the patch made of it.
    NotThePatch,
    /// It would change the cured text again.
    FiresOnCured,
    /// It would change healthy code.
    FiresOnHealthy,
    /// A variant of the fault is not cured as the patch would have cured it.
    MissesVariant,
}

/// What rules are tried on.
pub(crate) struct Trials<'a> {
    pub(crate) before: &'a Source,
    pub(crate) after: &'a Source,
    pub(crate) variants: Vec<(Variant, Source)>,
    /// Others, in which literals are the same: for rules to which these belong.
    pub(crate) same_words: Vec<(Variant, Source)>,
    pub(crate) healthy: Vec<Tree>,
}

impl Trials<'_> {
    /// Tries a rule on everything; the cheapest and most telling first.
    pub(crate) fn run(&self, rule: &Value, any_words: bool) -> Result<(), Failed> {
        let codemod = Codemod::new(rule, self.before.name()).map_err(|_| Failed::NotARule)?;
        let cures = |text: &str, wanted: &Source| -> Result<bool, CodemodError> {
            let Some(text) = codemod.rewrite(text)? else { return Ok(false) };
            Ok(Source::parse(wanted.name(), &text)?.is_like(wanted))
        };
        if !cures(&self.before.text, self.after).unwrap_or(false) {
            return Err(Failed::NotThePatch);
        }
        if !matches!(codemod.rewrite(&self.after.text), Ok(None)) {
            return Err(Failed::FiresOnCured);
        }
        if self.healthy.iter().any(|tree| codemod.matches(tree)) {
            return Err(Failed::FiresOnHealthy);
        }
        let cured = |(variant, wanted): &(Variant, Source)| cures(&variant.before, wanted).unwrap_or(false);
        let variants = if any_words { &self.variants } else { &self.same_words };
        if variants.iter().all(cured) { Ok(()) } else { Err(Failed::MissesVariant) }
    }
}
