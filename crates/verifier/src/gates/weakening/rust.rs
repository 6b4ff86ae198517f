//! The traits of a text in Rust.

mod functions;
mod timeouts;

use super::{Traits, is_text, is_within, last_word, snippet, sql};
use crate::gates::syntax::{Node, Parsed};
use functions::function;
use std::collections::BTreeSet;
use timeouts::{durations, is_timeout};

/// Calls that are no work, beside constructors (a capital letter): they only dress a value.
const DRESS: [&str; 16] = [
    "into",
    "from",
    "to_string",
    "to_owned",
    "clone",
    "format",
    "pin",
    "new",
    "default",
    "from_secs",
    "from_millis",
    "from_secs_f64",
    "ready",
    "vec",
    "try_into",
    "unwrap",
];
/// What gives up an error for a value.
const GIVE_UP: [&str; 4] = ["unwrap_or", "unwrap_or_default", "unwrap_or_else", "ok"];
/// What hands an error on to the next call.
const HANDS_ON: [&str; 8] = ["map", "map_err", "and_then", "or", "or_else", "inspect", "inspect_err", "ok"];
/// Calls and macros that log.
const LOGS: [&str; 7] = ["error", "warn", "info", "debug", "trace", "event", "log"];
/// Where one function ends and another begins.
const BORDER: [&str; 2] = ["function_item", "closure_expression"];
/// What repeats.
const LOOPS: [&str; 3] = ["for_expression", "while_expression", "loop_expression"];

/// The names of the calls whose errors a text passes on: by `?`, by `.await`, or as the last word of a function.
pub(super) fn fallible(parsed: &Parsed) -> BTreeSet<String> {
    let root = parsed.root();
    let calls = root.dfs().filter(|node| node.kind() == "call_expression");
    let passes_on = |node: &Node<'_>| {
        let above = node.parent().map(|parent| parent.kind().into_owned()).unwrap_or_default();
        let is_last = above == "block" && node.next().is_none_or(|next| next.kind() == "}");
        matches!(above.as_str(), "try_expression" | "await_expression") || is_last
    };
    let names = calls.filter(passes_on).filter_map(|node| called(&node));
    names.filter(|name| !is_dress(name)).collect()
}

/// Reads a text.
pub(super) fn read(parsed: &Parsed, fallible: &BTreeSet<String>) -> Traits {
    let mut traits = Traits::default();
    let root = parsed.root();
    for node in root.dfs() {
        match &*node.kind() {
            "attribute_item" => attribute(&node.text(), &mut traits),
            "macro_invocation" => invocation(&node, &mut traits),
            "call_expression" => call(&node, fallible, &mut traits),
            "let_declaration" => declaration(&node, &mut traits),
            "match_arm" => arm(&node, &mut traits),
            "if_expression" => condition(&node, &mut traits),
            "loop_expression" | "while_expression" => repetition(&node, &mut traits),
            "function_item" => function(&node, &mut traits),
            "const_item" => constant(&node, &mut traits),
            "identifier" if node.text() == "catch_unwind" => traits.swallowed.push("catch_unwind".into()),
            _ if is_text(&node) => traits.timeouts.extend(sql::timeouts(&node.text())),
            _ => {}
        }
    }
    traits
}

fn is_dress(name: &str) -> bool {
    name.starts_with(char::is_uppercase) || DRESS.contains(&name)
}

fn called(node: &Node<'_>) -> Option<String> {
    Some(last_word(&node.field("function")?.text()).to_owned())
}

fn attribute(text: &str, traits: &mut Traits) {
    let inner = text.trim_start_matches("#[").trim_end_matches(']');
    let name = last_word(inner.split(['(', '=']).next().unwrap_or_default());
    match name {
        "test" => traits.tests += 1,
        "ignore" | "should_panic" => traits.ignored += 1,
        "cfg_attr" if inner.contains("ignore") => traits.ignored += 1,
        _ => {}
    }
}

fn invocation(node: &Node<'_>, traits: &mut Traits) {
    let Some(name) = node.field("macro").map(|name| last_word(&name.text()).to_owned()) else { return };
    if name.starts_with("assert") || name.starts_with("debug_assert") || name == "ensure" {
        traits.assertions += 1;
    }
    traits.errors += usize::from(name == "bail");
    traits.logs += usize::from(LOGS.contains(&name.as_str()));
}

fn call(node: &Node<'_>, fallible: &BTreeSet<String>, traits: &mut Traits) {
    let (Some(name), Some(function)) = (called(node), node.field("function")) else { return };
    traits.errors += usize::from(matches!(name.as_str(), "Err" | "ok_or" | "ok_or_else"));
    let path = function.text();
    traits.logs += usize::from(path.starts_with("log::") || path.starts_with("tracing::"));
    let is_statement = node.parent().is_some_and(|parent| parent.kind() == "expression_statement");
    let receiver = function.field("value");
    let may_fail = receiver.as_ref().is_some_and(|receiver| can_fail(receiver, fallible));
    let gives_up = GIVE_UP.contains(&name.as_str());
    let replaces = matches!(name.as_str(), "or" | "or_else" | "map_or" | "map_or_else")
        && node.field("arguments").is_some_and(|arguments| is_plain(&arguments));
    if (gives_up || replaces) && may_fail || name == "ok" && is_statement {
        traits.swallowed.push(snippet(node));
    }
    if matches!(name.as_str(), "sleep" | "sleep_until") && !is_within(node, &LOOPS, &BORDER[..1]) {
        traits.sleeps.push(snippet(node));
    }
    if is_timeout(&name) {
        traits.timeouts.extend(node.field("arguments").iter().flat_map(durations));
    }
}

/// Whether an error can come of it: it is awaited, or a call that is known to fail, and nobody has looked at it since.
fn can_fail(node: &Node<'_>, fallible: &BTreeSet<String>) -> bool {
    match &*node.kind() {
        "await_expression" => true,
        "call_expression" => {
            let Some(name) = called(node) else { return false };
            let before = || node.field("function").and_then(|function| function.field("value"));
            let handed_on = HANDS_ON.contains(&name.as_str());
            fallible.contains(&name)
                || name.starts_with("try_")
                || name == "parse"
                || (handed_on && before().is_some_and(|before| can_fail(&before, fallible)))
        }
        _ => false,
    }
}

/// Whether it does nothing: no call but those that dress a value, no error that is passed on.
fn is_plain(node: &Node<'_>) -> bool {
    let does = |one: &Node<'_>| match &*one.kind() {
        "call_expression" => called(one).is_some_and(|name| name == "Err" || !is_dress(&name)),
        "macro_invocation" | "try_expression" | "break_expression" | "continue_expression" => true,
        _ => false,
    };
    !node.dfs().any(|one| does(&one))
}

fn declaration(node: &Node<'_>, traits: &mut Traits) {
    let unnamed = node.field("pattern").is_some_and(|pattern| pattern.text() == "_");
    let calls = |value: Node<'_>| value.dfs().any(|one| one.kind() == "call_expression");
    // With `?` the error is told, and only the value is not used.
    if unnamed && node.field("value").is_some_and(|value| value.kind() != "try_expression" && calls(value)) {
        traits.swallowed.push(snippet(node));
    }
}

fn arm(node: &Node<'_>, traits: &mut Traits) {
    let pattern = node.field("pattern").map(|pattern| pattern.text().into_owned()).unwrap_or_default();
    let body = node.field("value");
    // An error that is used is not swallowed: `Err(error) => told(error)`.
    if pattern.split('|').any(|one| one.trim_start().starts_with("Err("))
        && body.is_some_and(|body| is_plain(&body) && !uses(&pattern, &body))
    {
        traits.swallowed.push(snippet(node));
    }
}

fn uses(pattern: &str, body: &Node<'_>) -> bool {
    let name = pattern.split("Err(").nth(1).unwrap_or_default().split([')', '(', ' ']).next().unwrap_or_default();
    !name.is_empty() && body.dfs().any(|one| one.kind() == "identifier" && one.text() == name)
}

fn condition(node: &Node<'_>, traits: &mut Traits) {
    let about = node.field("condition").map(|condition| condition.text().into_owned()).unwrap_or_default();
    let empty = node.field("consequence").is_some_and(|block| !block.children().any(|child| child.is_named()));
    if about.starts_with("let Err(") && empty {
        traits.swallowed.push(snippet(node));
    }
}

fn repetition(node: &Node<'_>, traits: &mut Traits) {
    let condition = node.field("condition").map(|condition| condition.text().into_owned());
    if condition.is_some_and(|text| text != "true") {
        return;
    }
    let ends_ill = |one: &Node<'_>| match &*one.kind() {
        "break_expression" | "try_expression" => true,
        "return_expression" => {
            !one.text().trim_start_matches("return").trim_start().starts_with("Ok") && !is_after_success(one)
        }
        _ => false,
    };
    if !node.dfs().any(|one| ends_ill(&one)) {
        traits.endless.push(snippet(node));
    }
}

/// Whether it stands where something has succeeded: `if let Ok(…) = … { here }`, `Ok(…) => here`.
fn is_after_success(node: &Node<'_>) -> bool {
    let mut above = node.ancestors().take_while(|above| !LOOPS.contains(&&*above.kind()));
    above.any(|above| {
        let text = |field: &str| above.field(field).map(|part| part.text().into_owned()).unwrap_or_default();
        match &*above.kind() {
            "if_expression" => text("condition").starts_with("let Ok("),
            "match_arm" => text("pattern").starts_with("Ok("),
            _ => false,
        }
    })
}

fn constant(node: &Node<'_>, traits: &mut Traits) {
    let name = node.field("name").map(|name| name.text().to_lowercase()).unwrap_or_default();
    if is_timeout(&name) {
        traits.timeouts.extend(node.field("value").iter().flat_map(durations));
    }
}
