//! What a function in Rust does, and with what it ends.

use super::super::{Function, Traits, is_literal, last_word};
use super::{called, is_dress, is_plain};
use crate::gates::syntax::Node;

pub(super) fn function(node: &Node<'_>, traits: &mut Traits) {
    let (Some(name), Some(body)) = (node.field("name"), node.field("body")) else { return };
    let is_work = |one: &Node<'_>| match &*one.kind() {
        "call_expression" => called(one).is_some_and(|name| !is_dress(&name)),
        "macro_invocation" => one.field("macro").is_some_and(|name| !is_dress(last_word(&name.text()))),
        _ => false,
    };
    let calls = body.dfs().filter(is_work).count();
    let returns = |one: &Node<'_>| {
        let inner = one.children().find(|inner| inner.kind() == "return_expression");
        one.kind() == "expression_statement" && inner.is_some_and(|inner| is_plain(&inner))
    };
    let statements: Vec<_> = body.children().filter(|child| child.is_named()).collect();
    let at = statements.iter().position(returns);
    let cut_short = at.is_some_and(|at| statements.iter().skip(at + 1).any(|rest| rest.dfs().any(|one| is_work(&one))));
    let returns_early = body.dfs().any(|one| one.kind() == "return_expression");
    let constant_end = !returns_early && statements.last().is_some_and(is_constant);
    traits.functions.insert(name.text().into_owned(), Function { calls, cut_short, constant_end });
}

/// `Ok(1)`, `Some("x")`, `7`: a value that names nothing but what wraps it.
fn is_constant(node: &Node<'_>) -> bool {
    match &*node.kind() {
        "call_expression" => {
            let wraps = called(node).is_some_and(|name| matches!(name.as_str(), "Ok" | "Some"));
            wraps && node.field("arguments").is_some_and(|arguments| is_literal(&arguments))
        }
        kind => kind.ends_with("_literal"),
    }
}
