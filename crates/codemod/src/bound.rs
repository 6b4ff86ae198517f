//! Which names a file binds itself: they may be any others.

use crate::syntax::Term;
use std::collections::BTreeSet;

/// The names that are bound in a tree.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bound {
    /// Variables and parameters.
    pub(crate) variables: BTreeSet<String>,
    /// Functions and types of the file.
    pub(crate) items: BTreeSet<String>,
}

impl Bound {
    pub(crate) fn of(root: &Term) -> Self {
        let mut bound = Self::default();
        bound.visit(root, false);
        bound.variables.retain(|name| !matches!(name.as_str(), "self" | "cls" | "_"));
        bound.items.retain(|name| name != "main");
        bound
    }

    fn visit(&mut self, term: &Term, binding: bool) {
        if term.is_identifier() && binding && term.text.starts_with(|c: char| c.is_lowercase() || c == '_') {
            self.variables.insert(term.text.clone());
        }
        for child in &term.children {
            let is_item = child.field == Some("name") && is_item(&term.kind);
            if is_item && (child.is_identifier() || child.kind == "type_identifier") {
                self.items.insert(child.text.clone());
            } else {
                self.visit(child, binds(term, child, binding));
            }
        }
    }
}

fn is_item(kind: &str) -> bool {
    matches!(
        kind,
        "function_definition" | "class_definition" | "function_item" | "const_item" | "static_item" | "struct_item"
    )
}

/// Whether the names in a child are bound by its parent.
fn binds(parent: &Term, child: &Term, binding: bool) -> bool {
    let is = |field: &str| child.field == Some(field);
    match parent.kind.as_str() {
        // Rust.
        "let_declaration" | "parameter" | "for_expression" | "let_condition" | "match_arm" => is("pattern"),
        "closure_parameters" => true,
        "tuple_struct_pattern" | "struct_pattern" => binding && !is("type"),
        "scoped_identifier" | "generic_function" | "match_block" => false,
        // Python.
        "assignment" | "for_statement" | "for_in_clause" => is("left"),
        "named_expression" => is("name"),
        "parameters" | "lambda_parameters" | "as_pattern_target" => true,
        "default_parameter" | "typed_default_parameter" => is("name"),
        "typed_parameter" => !is("type"),
        "attribute" | "subscript" | "call" | "call_expression" | "field_expression" => false,
        _ => binding,
    }
}
