//! The traits of a text in Python.

use super::{Function, Traits, is_literal, is_text, is_within, last_word, snippet, sql};
use crate::gates::syntax::{Node, Parsed};

/// Calls that are no work: they only dress a value.
const DRESS: [&str; 9] = ["str", "int", "float", "bool", "dict", "list", "tuple", "set", "len"];
/// Calls that log.
const LOGS: [&str; 9] = ["error", "warning", "warn", "info", "debug", "exception", "critical", "log", "print"];
/// What repeats.
const LOOPS: [&str; 2] = ["for_statement", "while_statement"];

/// Reads a text.
pub(super) fn read(parsed: &Parsed) -> Traits {
    let mut traits = Traits::default();
    let root = parsed.root();
    for node in root.dfs() {
        match &*node.kind() {
            "decorator" if is_skip(&node.text()) => traits.ignored += 1,
            "function_definition" => function(&node, &mut traits),
            "assert_statement" => traits.assertions += 1,
            "raise_statement" => traits.errors += 1,
            "call" => call(&node, &mut traits),
            "except_clause" if is_idle(&node) => traits.swallowed.push(snippet(&node)),
            "while_statement" => repetition(&node, &mut traits),
            "keyword_argument" => keyword(&node, &mut traits),
            _ if is_text(&node) => traits.timeouts.extend(sql::timeouts(&node.text())),
            _ => {}
        }
    }
    traits
}

fn is_skip(text: &str) -> bool {
    ["skip", "expectedFailure", "xfail"].iter().any(|word| text.contains(word))
}

fn called(node: &Node<'_>) -> String {
    node.field("function").map(|function| last_word(&function.text()).to_owned()).unwrap_or_default()
}

fn is_work(node: &Node<'_>) -> bool {
    node.kind() == "call" && !DRESS.contains(&called(node).as_str())
}

fn call(node: &Node<'_>, traits: &mut Traits) {
    let name = called(node);
    traits.assertions += usize::from(name.starts_with("assert"));
    traits.ignored += usize::from(name == "skipTest");
    traits.logs += usize::from(LOGS.contains(&name.as_str()));
    if name == "suppress" {
        traits.swallowed.push(snippet(node));
    }
    if name == "sleep" && !is_within(node, &LOOPS, &["function_definition"]) {
        traits.sleeps.push(snippet(node));
    }
}

/// An `except` that does nothing: it calls nothing, raises nothing, and does not use the error.
fn is_idle(node: &Node<'_>) -> bool {
    let name = node.dfs().find(|one| one.kind() == "as_pattern_target").map(|one| one.text().into_owned());
    let Some(body) = node.children().find(|child| child.kind() == "block") else { return false };
    let does = |one: &Node<'_>| {
        let uses = || one.kind() == "identifier" && name.as_deref() == Some(&one.text());
        one.kind() == "raise_statement" || one.kind() == "break_statement" || is_work(one) || uses()
    };
    // `continue` in a loop that counts its attempts is a retry; what ends the loop decides.
    let retries = body.dfs().any(|one| one.kind() == "continue_statement") && is_within(node, &LOOPS[..1], &[]);
    !retries && !body.dfs().any(|one| does(&one))
}

fn repetition(node: &Node<'_>, traits: &mut Traits) {
    let condition = node.field("condition").map(|condition| condition.text().into_owned());
    if !matches!(condition.as_deref(), Some("True" | "1")) {
        return;
    }
    let kind = |wanted: &str| node.dfs().any(|one| one.kind() == wanted);
    let ends =
        kind("break_statement") || kind("raise_statement") || (kind("return_statement") && !kind("try_statement"));
    if !ends {
        traits.endless.push(snippet(node));
    }
}

fn keyword(node: &Node<'_>, traits: &mut Traits) {
    let text = |field: &str| node.field(field).map(|part| part.text().into_owned()).unwrap_or_default();
    if !text("name").contains("timeout") {
        return;
    }
    match text("value").parse::<f64>() {
        Ok(seconds) => traits.timeouts.push(seconds * 1_000.0),
        Err(_) if text("value") == "None" => traits.timeouts.push(f64::INFINITY),
        Err(_) => {}
    }
}

fn function(node: &Node<'_>, traits: &mut Traits) {
    let (Some(name), Some(body)) = (node.field("name"), node.field("body")) else { return };
    traits.tests += usize::from(name.text().starts_with("test"));
    let calls = body.dfs().filter(is_work).count();
    let statements: Vec<_> = body.children().filter(|child| child.is_named()).collect();
    let returns = |one: &Node<'_>| one.kind() == "return_statement" && !one.dfs().any(|part| is_work(&part));
    let at = statements.iter().position(returns);
    let cut_short = at.is_some_and(|at| statements.iter().skip(at + 1).any(|rest| rest.dfs().any(|one| is_work(&one))));
    let returned: Vec<_> = body.dfs().filter(|one| one.kind() == "return_statement").collect();
    // A generator, or a function that only acts, returns nothing at all.
    let value = returned.first().and_then(|one| one.children().find(|child| child.is_named()));
    let constant_end = returned.len() == 1 && value.is_some_and(|value| is_literal(&value));
    traits.functions.insert(name.text().into_owned(), Function { calls, cut_short, constant_end });
}
