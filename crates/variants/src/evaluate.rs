//! Which statements a source hands to the database, as far as it can be told without running it.

use crate::tree::{Node, is_string, of_kind};

/// Methods whose first argument is a statement.
const METHODS: [&str; 5] = ["query", "prepare", "execute", "batch_execute", "simple_query"];
/// How deep names may lead to names.
const DEPTH: usize = 12;

/// The statements in the order of the text. What is not known while compiling stands as `{}`.
pub(crate) fn statements(root: &Node) -> Vec<String> {
    let calls = of_kind(root, "call_expression").into_iter();
    calls.filter_map(|call| value(root, &statement_of(&call)?, DEPTH)).collect()
}

/// The argument of a call that is a statement.
fn statement_of<'a>(call: &Node<'a>) -> Option<Node<'a>> {
    let function = call.field("function")?;
    let arguments: Vec<Node> = call.field("arguments")?.children().filter(|node| node.is_named()).collect();
    let called = match function.kind().as_ref() {
        "generic_function" => function.field("function")?,
        _ => function,
    };
    let (name, at) = match called.kind().as_ref() {
        "field_expression" => (called.field("field")?.text().into_owned(), 0),
        "scoped_identifier" => (called.field("name")?.text().into_owned(), 1),
        _ => return None,
    };
    let is_one = METHODS.iter().any(|method| name.starts_with(method));
    if is_one { arguments.get(at).cloned() } else { None }
}

/// The text that an expression stands for.
fn value(root: &Node, node: &Node, depth: usize) -> Option<String> {
    if is_string(node) {
        return Some(content(&node.text()));
    }
    let depth = depth.checked_sub(1)?;
    let inner = |name: &str| value(root, &node.field(name)?, depth);
    match node.kind().as_ref() {
        "reference_expression" | "await_expression" => {
            value(root, &node.children().filter(Node::is_named).last()?, depth)
        }
        "parenthesized_expression" => value(root, &node.children().find(Node::is_named)?, depth),
        "block" => value(root, &node.children().filter(Node::is_named).last()?, depth),
        "binary_expression" => Some(inner("left")? + &inner("right")?),
        "macro_invocation" => of_macro(root, node, depth),
        "identifier" => of_name(root, node, depth),
        "call_expression" => of_call(root, node, depth),
        "field_expression" => of_field(root, &node.field("field")?.text(), depth),
        _ => None,
    }
}

fn of_macro(root: &Node, node: &Node, depth: usize) -> Option<String> {
    let tokens = node.children().find(|child| child.kind() == "token_tree")?;
    let pieces: Vec<String> = (tokens.children().filter(Node::is_named))
        .map(|token| value(root, &token, depth).unwrap_or_else(|| "{}".to_owned()))
        .collect();
    let name = node.field("macro")?.text().into_owned();
    match name.rsplit("::").next()? {
        "concat" => Some(pieces.concat()),
        "format" => {
            let (template, given) = pieces.split_first()?;
            let template = inline(root, template, depth);
            Some(given.iter().fold(template, |text, piece| text.replacen("{}", piece, 1)))
        }
        _ => None,
    }
}

/// `{name}` in a template, where the name is known.
fn inline(root: &Node, template: &str, depth: usize) -> String {
    let mut text = template.to_owned();
    for name in template.split('{').skip(1).filter_map(|rest| rest.split('}').next()).filter(|name| !name.is_empty()) {
        let known = of_kind(root, "identifier").into_iter().find(|node| node.text() == name);
        let known = known.and_then(|node| of_name(root, &node, depth)).unwrap_or_else(|| "{}".to_owned());
        text = text.replace(&format!("{{{name}}}"), &known);
    }
    text
}

/// What a constant or variable holds, with what is pushed to it.
fn of_name(root: &Node, node: &Node, depth: usize) -> Option<String> {
    let name = node.text().into_owned();
    let declared = root.dfs().find(|node| match node.kind().as_ref() {
        "const_item" | "static_item" => node.field("name").is_some_and(|n| n.text() == name),
        "let_declaration" => node.field("pattern").is_some_and(|n| n.text() == name),
        _ => false,
    })?;
    let mut text = value(root, &declared.field("value")?, depth)?;
    for call in of_kind(root, "call_expression") {
        let pushes = call.field("function").is_some_and(|f| squeezed(&f.text()) == format!("{name}.push_str"));
        let pushed = call.field("arguments").and_then(|all| all.children().find(Node::is_named));
        if let Some(pushed) = pushed.filter(|_| pushes) {
            text += &value(root, &pushed, depth)?;
        }
    }
    Some(text)
}

fn of_call(root: &Node, node: &Node, depth: usize) -> Option<String> {
    let function = node.field("function")?;
    let argument = node.field("arguments")?.children().find(Node::is_named);
    if function.kind() == "field_expression" {
        let receiver = function.field("value")?;
        return match function.field("field")?.text().as_ref() {
            "to_owned" | "to_string" | "into" | "as_str" | "clone" | "trim" => value(root, &receiver, depth),
            "join" | "concat" => {
                let pieces: Option<Vec<String>> =
                    (receiver.dfs().filter(is_string)).map(|n| value(root, &n, depth)).collect();
                let between = argument.map_or(Some(String::new()), |node| value(root, &node, depth))?;
                Some(pieces?.join(&between))
            }
            _ => None,
        };
    }
    match squeezed(&function.text()).as_str() {
        "String::from" | "str::to_owned" | "ToOwned::to_owned" => value(root, &argument?, depth),
        name => value(root, &crate::tree::function(root, name)?.field("body")?, depth),
    }
}

/// What a struct's field is given, where one is built.
fn of_field(root: &Node, name: &str, depth: usize) -> Option<String> {
    let given = of_kind(root, "field_initializer")
        .into_iter()
        .find(|node| node.field("field").is_some_and(|n| n.text() == name))?;
    value(root, &given.field("value")?, depth)
}

fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// What a literal stands for.
fn content(literal: &str) -> String {
    if let Some(raw) = literal.strip_prefix('r') {
        let raw = raw.trim_start_matches('#').trim_end_matches('#');
        return raw.strip_prefix('"').and_then(|raw| raw.strip_suffix('"')).unwrap_or(raw).to_owned();
    }
    let inner = literal.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(literal);
    let (mut text, mut chars) = (String::new(), inner.chars().peekable());
    while let Some(c) = chars.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => text.push('\n'),
            Some('t') => text.push('\t'),
            Some('r') => text.push('\r'),
            Some('\n' | '\r') => while chars.next_if(|c| c.is_whitespace()).is_some() {},
            Some(other) => text.push(other),
            None => {}
        }
    }
    text
}
