//! What the grammar says of a text: whether it parses, whether it holds anything, how often a pattern occurs in it.

use ast_grep_core::tree_sitter::StrDoc;
use ast_grep_core::{AstGrep, Pattern};
use ast_grep_language::SupportLang;

/// A node of a parsed text.
pub type Node<'a> = ast_grep_core::Node<'a, StrDoc<SupportLang>>;

/// How deep macros are looked into.
const MAX_DEPTH: usize = 6;
/// What the bodies of macros are called: a grammar cannot know how they will be read.
const OPAQUE: &str = "token_tree";

/// A language whose grammar is built in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Language(SupportLang);

/// Why a text or a pattern cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SyntaxError {
    /// No grammar.
    #[error("there is no grammar for the language {0:?}: known are rust and python")]
    Language(String),
    /// A pattern that is not one.
    #[error("{pattern:?} is not a pattern of the language: {why}")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// Why.
        why: String,
    },
    /// The parser gave up.
    #[error("the text cannot be parsed at all: {0}")]
    Parser(String),
}

/// A parsed text.
pub struct Parsed {
    tree: AstGrep<StrDoc<SupportLang>>,
    language: Language,
}

impl std::fmt::Debug for Parsed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Parsed")
    }
}

impl Language {
    /// The language of a target file.
    ///
    /// # Errors
    /// When it has no grammar here.
    pub fn named(name: &str) -> Result<Self, SyntaxError> {
        match name {
            "rust" => Ok(Self(SupportLang::Rust)),
            "python" => Ok(Self(SupportLang::Python)),
            other => Err(SyntaxError::Language(other.to_owned())),
        }
    }

    /// Whether it is Rust; else it is Python.
    pub fn is_rust(self) -> bool {
        self.0 == SupportLang::Rust
    }

    /// Parses a text. Errors within are found by [`Parsed::first_error`].
    ///
    /// # Errors
    /// When the parser gives up.
    pub fn parse(self, text: &str) -> Result<Parsed, SyntaxError> {
        let tree = AstGrep::try_new(text, self.0).map_err(SyntaxError::Parser)?;
        Ok(Parsed { tree, language: self })
    }

    /// A structural pattern.
    ///
    /// # Errors
    /// When the text is not one.
    pub fn pattern(self, text: &str) -> Result<Pattern, SyntaxError> {
        let invalid = |why: String| SyntaxError::Pattern { pattern: text.to_owned(), why };
        let pattern = Pattern::try_new(text, self.0).map_err(|error| invalid(error.to_string()))?;
        if pattern.has_error() {
            return Err(invalid("it does not parse".into()));
        }
        Ok(pattern)
    }
}

impl Parsed {
    /// The line (from 1) of the first thing that is not of the language, or is missing.
    pub fn first_error(&self) -> Option<usize> {
        let root = self.tree.root();
        let error = root.dfs().find(|node| node.is_error() || node.is_missing());
        error.map(|node| node.start_pos().line() + 1)
    }

    /// The language.
    pub fn language(&self) -> Language {
        self.language
    }

    /// The whole text as a node.
    pub fn root(&self) -> Node<'_> {
        self.tree.root()
    }

    /// Whether there is anything but comments.
    pub fn has_content(&self) -> bool {
        self.tree.root().children().any(|node| node.is_named() && !node.kind().contains("comment"))
    }

    /// How often a pattern occurs, also within the bodies of macros.
    pub fn count(&self, pattern: &Pattern) -> usize {
        self.count_within(pattern, MAX_DEPTH)
    }

    fn count_within(&self, pattern: &Pattern, depth: usize) -> usize {
        let root = self.tree.root();
        let mut count = root.find_all(pattern).count();
        if depth == 0 {
            return count;
        }
        for body in root.dfs().filter(|node| node.kind() == OPAQUE) {
            // An inner body is looked into by the parse of its outer one.
            if body.parent().is_some_and(|parent| parent.kind() == OPAQUE) {
                continue;
            }
            let text = body.text();
            let inner = text.get(1..text.len().saturating_sub(1)).unwrap_or_default();
            let parsed = self.language.parse(inner);
            count += parsed.map_or(0, |parsed| parsed.count_within(pattern, depth - 1));
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(language: &str, pattern: &str, text: &str, wanted: usize) {
        let language = Language::named(language).expect("a grammar");
        let pattern = language.pattern(pattern).expect("a pattern");
        assert_eq!(language.parse(text).expect("a tree").count(&pattern), wanted, "{text}");
    }

    #[test]
    fn patterns_are_found_in_code_and_not_in_comments_or_texts() {
        check("rust", "include!($$$)", "fn f() { let a = include!(\"x\"); }", 1);
        check("rust", "include!($$$)", "// include!(\"x\")\nfn f() { let a = \"include!(1)\"; }", 0);
        check("rust", "env!($$$)", "fn f() -> &'static str { env!(\"A\") }", 1);
        check("rust", "#[path = $P]", "#[path = \"../x.rs\"]\nmod x;", 1);
        check("python", "exec($$$)", "def f():\n    exec(\"x\")\n", 1);
        check("python", "import $$$M", "import os\n\n\ndef f():\n    import sys\n", 2);
    }

    #[test]
    fn a_pattern_does_not_hide_within_a_macro() {
        check("rust", "include_str!($$$)", "fn f() { println!(\"{}\", include_str!(\"x\")); }", 1);
        check("rust", "include!($$$)", "fn f() { a!(b!(include!(\"x\"), 1)); c![include!(\"y\")]; }", 2);
        check("rust", "$A.unwrap()", "fn f() { println!(\"{}\", x.unwrap()); }", 1);
    }

    #[test]
    fn errors_and_emptiness_are_seen() {
        let rust = Language::named("rust").expect("a grammar");
        assert_eq!(rust.parse("fn f() {\n    let = ;\n}\n").expect("a tree").first_error(), Some(2));
        assert_eq!(rust.parse("fn f() {}\n").expect("a tree").first_error(), None);
        assert!(rust.parse("fn f( {\n").expect("a tree").first_error().is_some());
        assert!(!rust.parse("// nothing\n/* at all */\n").expect("a tree").has_content());
        assert!(rust.parse("// one\nconst A: u8 = 1;\n").expect("a tree").has_content());
        let python = Language::named("python").expect("a grammar");
        assert!(python.parse("def greet(fetch):\n    return {\n").expect("a tree").first_error().is_some());
        assert!(!python.parse("# nothing\n").expect("a tree").has_content());
    }

    #[test]
    fn unknown_languages_and_broken_patterns_are_named() {
        assert!(Language::named("cobol").is_err());
        let rust = Language::named("rust").expect("a grammar");
        assert!(rust.pattern("fn (").is_err());
        assert!(rust.pattern("").is_err());
    }
}
