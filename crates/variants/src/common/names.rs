//! Other names.

use crate::dice::Dice;
use crate::tree::{Edit, Node, edited, is_string, parse};
use std::collections::BTreeMap;

/// Gives variables, parameters, constants and private functions other names.
pub(crate) fn rename(text: &str, dice: &mut Dice) -> Option<String> {
    let tree = parse(text)?;
    let root = tree.root();
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for node in root.dfs().filter(|node| node.kind() == "identifier") {
        let name = node.text().into_owned();
        if !names.contains_key(&name) && is_declared_by(&node) && !is_bound_elsewhere(&root, &name) && dice.percent(70)
        {
            let new = if is_constant(&name) { dice.name().to_uppercase() } else { dice.name() };
            names.insert(name, new);
        }
    }
    let is_name = |node: &Node| node.kind() == "identifier" && !is_of_path(node);
    let edits = root.dfs().filter(is_name).filter_map(|node| {
        let new = names.get(node.text().as_ref())?;
        Some(Edit(node.range(), new.clone()))
    });
    (!names.is_empty()).then(|| edited(text, edits.collect()))
}

/// Whether a node is the name in a declaration that is nobody else's business.
fn is_declared_by(node: &Node) -> bool {
    let Some(up) = node.parent() else { return false };
    match up.kind().as_ref() {
        "let_declaration" | "parameter" => up.field("pattern").is_some_and(|name| name.range() == node.range()),
        "const_item" | "static_item" => up.field("name").is_some_and(|name| name.range() == node.range()),
        "function_item" => {
            up.field("name").is_some_and(|name| name.range() == node.range())
                && !up.children().any(|child| child.kind() == "visibility_modifier")
                && node.ancestors().all(|up| up.kind() != "impl_item")
        }
        "closure_parameters" | "tuple_struct_pattern" => {
            up.field("type").is_none_or(|name| name.range() != node.range())
        }
        _ => false,
    }
}

/// A module or an imported item, whatever else has its name here.
fn is_of_path(node: &Node) -> bool {
    node.parent().is_some_and(|up| up.kind().starts_with("scoped_") || up.kind().starts_with("use_"))
}

/// Whether a name also stands where a new one would mean something else: a shorthand field, a template.
fn is_bound_elsewhere(root: &Node, name: &str) -> bool {
    let template = format!("{{{name}");
    name == "self"
        || root.dfs().any(|node| match node.kind().as_ref() {
            "shorthand_field_initializer" | "shorthand_field_identifier" => node.text() == name,
            _ => is_string(&node) && node.text().contains(&template),
        })
}

fn is_constant(name: &str) -> bool {
    name.bytes().all(|byte| !byte.is_ascii_lowercase())
}
