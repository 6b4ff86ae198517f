//! Source as a tree of our own: owned, without comments, with a hash of each subtree.

use crate::rewrite::{CodemodError, grammar};
use ast_grep_core::AstGrep;
use ast_grep_core::tree_sitter::StrDoc;
use ast_grep_language::SupportLang;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

pub(crate) type Tree = AstGrep<StrDoc<SupportLang>>;
pub(crate) type Node<'a> = ast_grep_core::Node<'a, StrDoc<SupportLang>>;

/// How deep a source may be nested: recursion is bounded by it.
const MAX_DEPTH: usize = 200;
/// The fields of which it is known which child has them.
const FIELDS: [&str; 13] = [
    "name",
    "function",
    "attribute",
    "field",
    "type",
    "return_type",
    "pattern",
    "left",
    "alias",
    "macro",
    "object",
    "value",
    "trait",
];

/// A node with everything below it.
#[derive(Debug, Clone)]
pub(crate) struct Term {
    pub(crate) kind: String,
    pub(crate) is_named: bool,
    /// The field of the parent that it is.
    pub(crate) field: Option<&'static str>,
    pub(crate) range: Range<usize>,
    /// The text of a leaf.
    pub(crate) text: String,
    /// The same for what is the same but for blanks, comments and commas.
    pub(crate) hash: u64,
    /// Without comments and commas.
    pub(crate) children: Vec<Term>,
}

/// A parsed source.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) language: SupportLang,
    pub(crate) text: String,
    pub(crate) root: Term,
    /// Where comments stand.
    pub(crate) comments: Vec<Range<usize>>,
}

impl Source {
    /// Parses a text that must be without a syntax error.
    pub(crate) fn parse(language: &str, text: &str) -> Result<Self, CodemodError> {
        let language = grammar(language)?;
        let tree = AstGrep::try_new(text, language).map_err(CodemodError::Engine)?;
        let root = tree.root();
        if root.dfs().any(|node| node.is_error() || node.is_missing()) {
            return Err(CodemodError::DoesNotParse);
        }
        let comments = root.dfs().filter(is_comment).map(|node| node.range()).collect();
        let deep = || CodemodError::Engine(format!("it is nested more than {MAX_DEPTH} deep"));
        let root = Term::of(&root, None, MAX_DEPTH).ok_or_else(deep)?;
        Ok(Self { language, text: text.to_owned(), root, comments })
    }

    /// The language, as rules name it.
    pub(crate) fn name(&self) -> &'static str {
        if self.language == SupportLang::Python { "python" } else { "rust" }
    }

    /// The first node of a kind, the outer before the inner.
    pub(crate) fn first(&self, kind: &str) -> Option<&Term> {
        self.root.all().into_iter().find(|term| term.kind == kind)
    }

    /// The text of a range.
    pub(crate) fn slice(&self, range: Range<usize>) -> &str {
        self.text.get(range).unwrap_or_default()
    }

    /// Whether two sources are the same but for blanks, comments and commas.
    pub(crate) fn is_like(&self, other: &Source) -> bool {
        self.root.hash == other.root.hash
    }
}

/// Whether two texts are the same code but for blanks, comments and commas.
///
/// # Errors
/// When one of them does not parse.
pub fn is_alike(language: &str, one: &str, other: &str) -> Result<bool, CodemodError> {
    Ok(Source::parse(language, one)?.is_like(&Source::parse(language, other)?))
}

impl Term {
    fn of(node: &Node<'_>, field: Option<&'static str>, depth: usize) -> Option<Self> {
        let depth = depth.checked_sub(1)?;
        let fields: Vec<(usize, &'static str)> =
            FIELDS.iter().filter_map(|name| Some((node.field(name)?.node_id(), *name))).collect();
        let mut children = Vec::new();
        for child in node.children() {
            if is_comment(&child) || child.kind() == "," {
                continue;
            }
            let id = child.node_id();
            let field = fields.iter().find(|(of, _)| *of == id).map(|(_, name)| *name);
            children.push(Term::of(&child, field, depth)?);
        }
        let kind = node.kind().into_owned();
        let text = if children.is_empty() { node.text().into_owned() } else { String::new() };
        let mut hasher = DefaultHasher::new();
        (&kind, &text).hash(&mut hasher);
        children.iter().for_each(|child| child.hash.hash(&mut hasher));
        let hash = hasher.finish();
        Some(Self { kind, is_named: node.is_named(), field, range: node.range(), text, hash, children })
    }

    /// It and everything below it, the outer before the inner.
    pub(crate) fn all(&self) -> Vec<&Term> {
        let mut found = vec![self];
        for child in &self.children {
            found.extend(child.all());
        }
        found
    }

    pub(crate) fn is_identifier(&self) -> bool {
        self.kind == "identifier"
    }

    /// A literal, whatever it is made of.
    pub(crate) fn is_literal(&self) -> bool {
        matches!(
            self.kind.as_str(),
            "string_literal"
                | "raw_string_literal"
                | "integer_literal"
                | "float_literal"
                | "string"
                | "integer"
                | "float"
        )
    }

    /// Whether statements stand in it, one after the other.
    pub(crate) fn is_list_of_statements(&self) -> bool {
        matches!(self.kind.as_str(), "block" | "module" | "source_file")
    }

    /// Whether it is a list of arguments.
    pub(crate) fn is_arguments(&self) -> bool {
        matches!(self.kind.as_str(), "arguments" | "argument_list")
    }

    /// Whether a part of it is the same as a subtree.
    pub(crate) fn contains(&self, hash: u64) -> bool {
        self.hash == hash || self.children.iter().any(|child| child.contains(hash))
    }
}

pub(crate) fn is_comment(node: &Node<'_>) -> bool {
    matches!(node.kind().as_ref(), "line_comment" | "block_comment" | "comment")
}
