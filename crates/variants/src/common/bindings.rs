//! The same values by another way: written out, in constants, variables, blocks.

use crate::dice::Dice;
use crate::tree::{Edit, Node, edited, is_string, of_kind, parse};

/// `x?` as a `match`.
pub(crate) fn write_out(text: &str, dice: &mut Dice) -> Option<String> {
    let tree = parse(text)?;
    let found = of_kind(&tree.root(), "try_expression");
    // In a closure or an `async` block the way out is another one.
    let plain = |node: &&Node| {
        !node
            .ancestors()
            .any(|up| matches!(up.kind().as_ref(), "closure_expression" | "async_block" | "try_expression"))
    };
    let mut edits = Vec::new();
    for node in found.iter().filter(plain) {
        if !dice.percent(70) {
            continue;
        }
        let inner = node.child(0)?.text().into_owned();
        let written = match dice.below(2) {
            0 => format!("match {inner} {{ Ok(fine) => fine, Err(error) => return Err(error.into()) }}"),
            _ => format!(
                "(match {inner} {{\n        Err(cause) => return Err(cause),\n        Ok(good) => good,\n    }})"
            ),
        };
        edits.push(Edit(node.range(), parenthesized(node, written)));
    }
    (!edits.is_empty()).then(|| edited(text, edits))
}

/// A `match` at the beginning of a statement would be one by itself.
fn parenthesized(node: &Node, written: String) -> String {
    let alone =
        node.parent().is_some_and(|up| matches!(up.kind().as_ref(), "let_declaration" | "expression_statement"));
    if alone || written.starts_with('(') { written } else { format!("({written})") }
}

/// A literal as a constant, beside or within the function.
pub(crate) fn to_constant(text: &str, dice: &mut Dice) -> Option<String> {
    let tree = parse(text)?;
    let root = tree.root();
    let literal = chosen(&root, dice)?;
    let name = dice.name().to_uppercase();
    let kind = dice.pick(&["const", "static", "pub(crate) const"]);
    let item = format!("{kind} {name}: &str = {};\n", literal.text());
    let place = match dice.below(3) {
        0 => text.len(),
        1 => literal.ancestors().find(|up| up.kind() == "block").map(|block| block.range().start + 1)?,
        _ => of_kind(&root, "function_item").first().map(|function| start_with_comments(function))?,
    };
    let item = if place == text.len() { format!("\n{item}") } else { format!("\n{item}\n") };
    // Within a function there is nothing that could be public.
    let item = if literal.ancestors().any(|up| up.range().start + 1 == place) {
        item.replace("pub(crate) ", "")
    } else {
        item
    };
    Some(edited(text, vec![Edit(literal.range(), name), Edit(place..place, item)]))
}

/// A literal as a variable before its statement.
pub(crate) fn to_variable(text: &str, dice: &mut Dice) -> Option<String> {
    let tree = parse(text)?;
    let literal = chosen(&tree.root(), dice)?;
    let statement = literal.ancestors().find(|up| up.parent().is_some_and(|block| block.kind() == "block"))?;
    // A closure's or an inner block's own statement is as good as the function's.
    let name = dice.name();
    let typed = dice.pick(&["", ": &str"]);
    let line = format!("let {name}{typed} = {};\n    ", literal.text());
    let at = statement.range().start;
    Some(edited(text, vec![Edit(at..at, line), Edit(literal.range(), name)]))
}

/// The value of a variable in a block.
pub(crate) fn to_block(text: &str, dice: &mut Dice) -> Option<String> {
    let tree = parse(text)?;
    let found = of_kind(&tree.root(), "let_declaration");
    let plain: Vec<&Node> = found.iter().filter(|node| node.field("alternative").is_none() && !borrows(node)).collect();
    let value = plain.get(dice.below(plain.len()))?.field("value")?;
    Some(edited(text, vec![Edit(value.range(), format!("{{ {} }}", value.text()))]))
}

/// What is borrowed from a block ends with it.
fn borrows(declaration: &Node) -> bool {
    declaration.field("value").is_some_and(|value| value.text().contains('&') || value.kind() == "closure_expression")
}

/// A literal that is an argument of a call, outside of any macro.
fn chosen<'a>(root: &Node<'a>, dice: &mut Dice) -> Option<Node<'a>> {
    let is_argument = |node: &Node| is_string(node) && node.parent().is_some_and(|up| up.kind() == "arguments");
    let found: Vec<Node> = root.dfs().filter(is_argument).collect();
    found.get(dice.below(found.len())).cloned()
}

/// Where an item begins, its documentation included.
pub(crate) fn start_with_comments(item: &Node) -> usize {
    let mut start = item.clone();
    while let Some(before) = start.prev().filter(|before| {
        before.kind() == "attribute_item" || (before.kind() == "line_comment" && before.text().starts_with("///"))
    }) {
        start = before;
    }
    start.range().start
}
