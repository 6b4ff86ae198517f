//! The general engine: a structural rule (ast-grep's own schema, as JSON) applied to a source text. Pure.

use ast_grep_config::{Fixer, GlobalRules, RuleConfig, SerializableRuleConfig};
use ast_grep_core::AstGrep;
use ast_grep_core::source::Edit;
use ast_grep_core::tree_sitter::StrDoc;
use ast_grep_language::SupportLang;
use serde::Deserialize;
use serde_json::Value;

/// The grammars that are built in. Asking the library for another one panics.
const GRAMMARS: [SupportLang; 2] = [SupportLang::Rust, SupportLang::Python];

/// Why a rule cannot be used, or its result not.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodemodError {
    /// It is not a rule with a fix.
    #[error("the rule is not valid: {0}")]
    Rule(String),
    /// It is for other files.
    #[error("the rule is for {rule}, but the target's files are {files}")]
    Language {
        /// The rule's language.
        rule: String,
        /// The files' language.
        files: String,
    },
    /// There is no such grammar here.
    #[error("there is no grammar for {0:?}: the grammars are rust and python")]
    NoGrammar(String),
    /// What the rule made of a file has syntax errors that were not there before.
    #[error("what the rule makes of it does not parse")]
    DoesNotParse,
    /// A write without content truncates the source.
    #[error("the rule leaves nothing of it")]
    Empty,
    /// The engine itself failed: nothing is known about the rule.
    #[error("the engine failed: {0}")]
    Engine(String),
}

impl CodemodError {
    /// The stable code of a refusal; none when the engine failed, which is no refusal.
    pub fn refusal(&self) -> Option<&'static str> {
        match self {
            CodemodError::Rule(_) => Some("bad_rule"),
            CodemodError::Language { .. } | CodemodError::NoGrammar(_) => Some("wrong_language"),
            CodemodError::DoesNotParse => Some("does_not_parse"),
            CodemodError::Empty => Some("empty_result"),
            CodemodError::Engine(_) => None,
        }
    }
}

/// A rule that is ready to be applied.
pub struct Codemod {
    config: RuleConfig<SupportLang>,
}

impl std::fmt::Debug for Codemod {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Codemod({})", self.config.id)
    }
}

impl Codemod {
    /// Reads a rule for files of a language.
    ///
    /// # Errors
    /// When it is not a rule with exactly one fix, or for another language.
    pub fn new(rule: &Value, files: &str) -> Result<Self, CodemodError> {
        let named = rule.get("language").and_then(Value::as_str).unwrap_or_default();
        let (language, wanted) = (grammar(named)?, grammar(files)?);
        if language != wanted {
            return Err(CodemodError::Language { rule: named.to_owned(), files: files.to_owned() });
        }
        let rule = SerializableRuleConfig::<SupportLang>::deserialize(rule).map_err(|error| invalid(&error))?;
        if rule.files.is_some() || rule.ignores.is_some() {
            return Err(CodemodError::Rule(
                "`files` and `ignores` are not for a rule: the target lists its files".into(),
            ));
        }
        let config = RuleConfig::try_from(rule, &GlobalRules::default()).map_err(|error| invalid(&error))?;
        match config.fixer.len() {
            1 => Ok(Self { config }),
            0 => Err(CodemodError::Rule("it has no `fix`".into())),
            _ => Err(CodemodError::Rule("it has several fixes: which one is meant?".into())),
        }
    }

    /// The text with every match rewritten; `None` when nothing matches or nothing changes.
    ///
    /// # Errors
    /// When the result has new syntax errors or is empty, or the engine fails.
    pub fn rewrite(&self, source: &str) -> Result<Option<String>, CodemodError> {
        let Some(fixer) = self.config.fixer.first() else { return Ok(None) };
        let before = self.parse(source)?;
        let edits = self.edits(&before, fixer);
        let text = apply(source, edits)?;
        if text == source {
            return Ok(None);
        }
        if text.trim().is_empty() {
            return Err(CodemodError::Empty);
        }
        if errors(&self.parse(&text)?) > errors(&before) {
            return Err(CodemodError::DoesNotParse);
        }
        Ok(Some(text))
    }

    /// Whether it would change anything of a parsed source.
    pub(crate) fn matches(&self, source: &AstGrep<StrDoc<SupportLang>>) -> bool {
        source.root().find(&self.config.matcher).is_some()
    }

    fn edits(&self, source: &AstGrep<StrDoc<SupportLang>>, fixer: &Fixer) -> Vec<Edit<String>> {
        let mut edits = source.root().replace_all(&self.config.matcher, fixer);
        edits.sort_by_key(|edit| edit.position);
        edits
    }

    fn parse(&self, source: &str) -> Result<AstGrep<StrDoc<SupportLang>>, CodemodError> {
        AstGrep::try_new(source, self.config.language).map_err(CodemodError::Engine)
    }
}

pub(crate) fn grammar(name: &str) -> Result<SupportLang, CodemodError> {
    let known = name.parse().ok().filter(|language| GRAMMARS.contains(language));
    known.ok_or_else(|| CodemodError::NoGrammar(name.chars().take(80).collect()))
}

/// The whole chain in one line: the outer errors say only that something is wrong.
fn invalid(error: &dyn std::error::Error) -> CodemodError {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text} {cause}");
        source = cause.source();
    }
    CodemodError::Rule(text.chars().take(500).collect())
}

/// Edits in order; one that overlaps an earlier one is left out.
fn apply(source: &str, edits: Vec<Edit<String>>) -> Result<String, CodemodError> {
    let outside = || CodemodError::Engine("an edit is outside the text".into());
    let mut text = Vec::with_capacity(source.len());
    let mut reached = 0;
    for edit in edits {
        if edit.position >= reached {
            text.extend_from_slice(source.as_bytes().get(reached..edit.position).ok_or_else(outside)?);
            text.extend_from_slice(&edit.inserted_text);
            reached = edit.position + edit.deleted_length;
        }
    }
    text.extend_from_slice(source.as_bytes().get(reached..).ok_or_else(outside)?);
    String::from_utf8(text).map_err(|error| CodemodError::Engine(error.to_string()))
}

fn errors(source: &AstGrep<StrDoc<SupportLang>>) -> usize {
    source.root().dfs().filter(|node| node.is_error() || node.is_missing()).count()
}

#[cfg(test)]
mod tests;
