//! Functions beside the function, and the order of items.

use super::bindings::start_with_comments;
use crate::dice::Dice;
use crate::tree::{Edit, Node, edited, function, parse};

/// Functions that have nothing to do with the fault.
const OTHERS: &[&str] = &[
    "fn NAME(value: u32) -> u32 {\n    value.saturating_mul(2)\n}\n",
    "fn NAME(text: &str) -> bool {\n    !text.is_empty() && text != \"SELECT id FROM orders\"\n}\n",
    "fn NAME<T: Clone>(items: &[T]) -> Option<T> {\n    items.first().cloned()\n}\n",
    "fn NAME(map: &core::cell::Cell<u8>) -> u8 {\n    map.get()\n}\n",
    "struct NAMEd;\n\nimpl NAMEd {\n    fn get(&self, name: &str) -> usize {\n        name.len()\n    }\n}\n",
];

/// The body goes to a private function with the same signature.
pub(crate) fn to_inner_function(text: &str, dice: &mut Dice) -> Option<String> {
    let tree = parse(text)?;
    let run = function(&tree.root(), "run")?;
    let (body, parameters, name) = (run.field("body")?, run.field("parameters")?, dice.name());
    let given = crate::tree::first_parameter(&run)?;
    let answer = run.field("return_type")?.text().into_owned();
    let call = format!("{{\n    {name}({given}).await\n}}");
    let inner = format!("\n\nasync fn {name}{} -> {answer} {}", parameters.text(), body.text());
    let end = run.range().end;
    Some(edited(text, vec![Edit(body.range(), call), Edit(end..end, inner)]))
}

/// Another function or type, before or behind everything.
pub(crate) fn add_function(text: &str, dice: &mut Dice) -> Option<String> {
    let tree = parse(text)?;
    let other = dice.pick(OTHERS).replace("NAME", &dice.name());
    let at = match dice.below(2) {
        0 => start_with_comments(&function(&tree.root(), "run")?),
        _ => text.len(),
    };
    Some(edited(text, vec![Edit(at..at, format!("\n{other}\n"))]))
}

/// Items in another order, each with its documentation; what stands before the first stays there.
pub(crate) fn reorder(text: &str, dice: &mut Dice) -> Option<String> {
    let tree = parse(text)?;
    let movable = |node: &Node| {
        matches!(
            node.kind().as_ref(),
            "function_item" | "const_item" | "static_item" | "struct_item" | "impl_item" | "use_declaration"
        )
    };
    let items: Vec<(usize, usize)> =
        tree.root().children().filter(movable).map(|item| (start_with_comments(&item), item.range().end)).collect();
    if items.len() < 2 {
        return None;
    }
    let texts: Vec<String> =
        items.iter().map(|(start, end)| text.get(*start..*end).unwrap_or_default().to_owned()).collect();
    let edits = items.iter().zip(dice.shuffled(texts)).map(|((start, end), text)| Edit(*start..*end, text)).collect();
    Some(edited(text, edits))
}
