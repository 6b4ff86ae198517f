//! Rust source as a tree, and edits of its text.

use ast_grep_core::AstGrep;
use ast_grep_core::tree_sitter::StrDoc;
use ast_grep_language::SupportLang;
use std::ops::Range;

/// A parsed source.
pub type Tree = AstGrep<StrDoc<SupportLang>>;
/// A node of it.
pub type Node<'a> = ast_grep_core::Node<'a, StrDoc<SupportLang>>;

/// Parses Rust; `None` when the engine fails.
pub fn parse(text: &str) -> Option<Tree> {
    AstGrep::try_new(text, SupportLang::Rust).ok()
}

/// Whether a text is Rust without a syntax error.
pub fn is_sound(text: &str) -> bool {
    parse(text).is_some_and(|tree| !tree.root().dfs().any(|node| node.is_error() || node.is_missing()))
}

/// A stretch of a text and what is to stand there.
#[derive(Debug, Clone)]
pub(crate) struct Edit(pub(crate) Range<usize>, pub(crate) String);

/// The text with edits, which must not overlap; of two that do, the later is left out.
pub(crate) fn edited(text: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|edit| (edit.0.start, edit.0.end));
    let (mut made, mut reached) = (String::with_capacity(text.len()), 0);
    for Edit(range, new) in edits {
        if range.start < reached {
            continue;
        }
        made.push_str(text.get(reached..range.start).unwrap_or_default());
        made.push_str(&new);
        reached = range.end;
    }
    made.push_str(text.get(reached..).unwrap_or_default());
    made
}

/// All nodes of a kind, in the order of the text.
pub(crate) fn of_kind<'a>(root: &Node<'a>, kind: &str) -> Vec<Node<'a>> {
    root.dfs().filter(|node| node.kind() == kind).collect()
}

/// Whether a node is a string literal.
pub(crate) fn is_string(node: &Node) -> bool {
    matches!(node.kind().as_ref(), "string_literal" | "raw_string_literal")
}

/// Whether a node is a comment.
pub(crate) fn is_comment(node: &Node) -> bool {
    matches!(node.kind().as_ref(), "line_comment" | "block_comment")
}

/// The function of a name, anywhere.
pub(crate) fn function<'a>(root: &Node<'a>, name: &str) -> Option<Node<'a>> {
    of_kind(root, "function_item").into_iter().find(|node| node.field("name").is_some_and(|n| n.text() == name))
}

/// The name of a function's first parameter.
pub(crate) fn first_parameter(function: &Node) -> Option<String> {
    let parameters = function.field("parameters")?;
    let first = parameters.children().find(|node| node.kind() == "parameter")?;
    Some(first.field("pattern")?.text().into_owned())
}
