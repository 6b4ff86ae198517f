//! A rule of a site: the pattern, the guard, the fix. Pure.

use crate::bound::Bound;
use crate::distil::holes::{Holes, Policy, Receivers};
use crate::distil::render::{Side, Write, render};
use crate::distil::site::Site;
use crate::distil::spell::{Beside, Fixed, Loose, Named};
use crate::syntax::{Source, Term};
use serde_json::{Value, json};

/// So many nodes are a shape that is rare enough, whatever the names in it.
const SHAPE: usize = 8;

/// And so many where no name tells anything, or where it is a loop, which has a larger one anyway.
const RARE: usize = 12;

/// What a rule demands besides its pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guard {
    /// Nothing but that it was not cured already.
    Nothing,
    /// The statement before it.
    Previous,
    /// What kind of loop, block or closure it stands in.
    Enclosing,
    /// What else is called in the function.
    Callee,
}

/// Both texts and what is known of them.
#[derive(Debug)]
pub(crate) struct Pair<'a> {
    pub(crate) before: &'a Source,
    pub(crate) after: &'a Source,
    pub(crate) bound: Bound,
}

impl Pair<'_> {
    /// The rule of a site; none when it cannot be written, or holds on to nothing by which the fault could be told.
    pub(crate) fn rule(&self, site: &Site<'_>, policy: Policy, guard: Guard) -> Option<Value> {
        let beside: Vec<&Term> = match guard {
            Guard::Previous => vec![site.previous()?],
            _ => Vec::new(),
        };
        let holes = Holes::of(policy, site, &beside, &self.bound);
        let mut all = vec![self.pattern(self.before, site.before, Side::Before, &holes, &Named)?];
        all.extend(self.not_cured(site, &holes));
        let mut kept = holes.kept;
        match guard {
            Guard::Nothing => {}
            Guard::Previous => all.push(self.previous(site, beside.first()?, &holes)?),
            Guard::Enclosing => all.push(json!({ "inside": { "kind": enclosing(site)?, "stopBy": "end" } })),
            Guard::Callee => {
                all.push(self.callee(site)?);
                kept += 1;
            }
        }
        // Whatever is called `unwrap`, say, is not yet this fault: where anything may stand before it, one name is not enough.
        // And what a loop does is there by accident, and every sum of two things has the same shape: where it is a loop, or there is
        // no name at all, the shape must be a rare one.
        let is_loop = is_compound(&site.before.kind);
        let least = if is_loop || (policy.expressions && policy.receivers == Receivers::All) { 2 } else { 1 };
        let rare = if is_loop || kept == 0 { RARE } else { SHAPE };
        if kept < least && holes.shape < rare {
            return None;
        }
        let fix = render(self.after, &site.after, Side::After, &holes, &Fixed);
        let bare = holes.lists().map(|name| {
            let comma = json!({ "source": format!("$$${name}"), "replace": r",\s*$", "by": "" });
            (format!("BARE_{name}"), json!({ "replace": comma }))
        });
        let bare: serde_json::Map<String, Value> = bare.collect();
        let kinds = holes.kinds.iter().map(|(name, kind)| (name.clone(), json!({ "kind": kind })));
        let constraints: serde_json::Map<String, Value> = kinds.collect();
        let mut rule = json!({ "language": self.before.name(), "rule": { "all": all }, "fix": fix });
        for (key, members) in [("constraints", constraints), ("transform", bare)] {
            if !members.is_empty() {
                rule.as_object_mut()?.insert(key.to_owned(), Value::Object(members));
            }
        }
        Some(rule)
    }

    /// A node as a pattern, in a context in which it parses as what it is.
    fn pattern(&self, of: &Source, term: &Term, side: Side, holes: &Holes, write: &impl Write) -> Option<Value> {
        let raw = render(of, &[term], side, &Holes::default(), &Named);
        let contexts: &[(&str, &str)] = match of.name() {
            "rust" => &[("fn f() { let _ = ", "; }"), ("fn f() { ", " }"), ("fn f() { while x ", " }"), ("", "")],
            _ => &[("", "")],
        };
        let fits = |(head, tail): &&(&str, &str)| {
            let whole = Source::parse(of.name(), &format!("{head}{raw}{tail}"));
            whole.is_ok_and(|whole| whole.first(&term.kind).is_some_and(|found| found.hash == term.hash))
        };
        let (head, tail) = contexts.iter().find(fits)?;
        let text = render(of, &[term], side, holes, write);
        Some(json!({ "pattern": { "context": format!("{head}{text}{tail}"), "selector": term.kind } }))
    }

    /// What keeps a rule from what is cured already.
    fn not_cured(&self, site: &Site<'_>, holes: &Holes) -> Vec<Value> {
        let mut found = Vec::new();
        let loose = |term: &Term| self.pattern(self.after, term, Side::After, holes, &Loose);
        if let [after] = site.after.as_slice() {
            if after.kind == site.before.kind {
                found.extend(loose(after).map(|pattern| json!({ "not": pattern })));
            }
            if after.contains(site.before.hash) || is_compound(&after.kind) && after.kind != site.before.kind {
                let kind = is_compound(&after.kind).then(|| json!({ "kind": after.kind }));
                let inside = kind.or_else(|| loose(after)).and_then(|mut inside| {
                    inside.as_object_mut()?.insert("stopBy".to_owned(), json!("end"));
                    Some(inside)
                });
                found.extend(inside.map(|inside| json!({ "not": { "inside": inside } })));
            }
            found.extend(keywords(site.before, after).into_iter().map(|name| {
                let named = json!({ "field": "name", "regex": format!("^{name}$") });
                json!({ "not": { "has": { "kind": "keyword_argument", "has": named, "stopBy": "end" } } })
            }));
            found.extend(only_where_it_is_code(site.before, after));
            found.extend(methods(site.before, after).iter().flat_map(not_called));
        }
        for (relation, terms) in [("follows", &site.inserted.0), ("precedes", &site.inserted.1)] {
            for pattern in terms.iter().filter_map(|term| loose(term)) {
                let mut pattern = pattern;
                if let Some(members) = pattern.as_object_mut() {
                    members.insert("stopBy".to_owned(), json!("end"));
                }
                found.push(json!({ "not": { relation: pattern } }));
            }
        }
        found
    }

    fn previous(&self, site: &Site<'_>, previous: &Term, holes: &Holes) -> Option<Value> {
        let mut pattern = self.pattern(self.before, previous, Side::Before, holes, &Beside)?;
        pattern.as_object_mut()?.insert("stopBy".to_owned(), json!("end"));
        let (_, statement) = site.statement()?;
        if statement.range == site.before.range {
            return Some(json!({ "follows": pattern }));
        }
        Some(json!({ "inside": { "kind": statement.kind, "stopBy": "end", "follows": pattern } }))
    }

    /// A call elsewhere in the function, by its name.
    fn callee(&self, site: &Site<'_>) -> Option<Value> {
        let is_function = |term: &&&Term| matches!(term.kind.as_str(), "function_item" | "function_definition");
        let function = site.above.iter().rev().find(is_function)?;
        let outside =
            |term: &&Term| term.range.start < site.before.range.start || term.range.start >= site.before.range.end;
        let calls = function.all().into_iter().filter(|term| matches!(term.kind.as_str(), "call" | "call_expression"));
        let names = calls.filter(outside).filter_map(|call| {
            let callee = call.children.iter().find(|child| child.field == Some("function"))?;
            callee.all().into_iter().rfind(|term| term.children.is_empty() && term.is_named).cloned()
        });
        let free = |name: &Term| !self.bound.variables.contains(&name.text) && !self.bound.items.contains(&name.text);
        let name = names.into_iter().find(|name| free(name) && name.kind.ends_with("identifier"))?;
        let called = json!({ "kind": name.kind, "regex": format!("^{}$", name.text), "stopBy": "end" });
        Some(json!({ "inside": { "kind": function.kind, "stopBy": "end", "has": called } }))
    }
}

/// What it stands in that does something to it.
fn enclosing(site: &Site<'_>) -> Option<String> {
    let within = site
        .above
        .iter()
        .rev()
        .take_while(|term| !matches!(term.kind.as_str(), "function_item" | "function_definition"));
    within.map(|term| &term.kind).find(|kind| is_compound(kind)).cloned()
}

fn is_compound(kind: &str) -> bool {
    let rust = ["for_expression", "while_expression", "loop_expression", "async_block", "closure_expression"];
    let python = ["for_statement", "while_statement", "try_statement", "with_statement", "lambda"];
    rust.contains(&kind) || python.contains(&kind)
}

/// Something is waited for only in an asynchronous function; elsewhere the cure would be no code.
fn only_where_it_is_code(before: &Term, after: &Term) -> Option<Value> {
    let waits = |term: &Term| term.all().iter().any(|term| term.kind == "await");
    let nearest = json!({ "any": [{ "kind": "function_definition" }, { "kind": "lambda" }] });
    let within = json!({ "inside": { "kind": "function_definition", "regex": "^async\\b", "stopBy": nearest } });
    (waits(after) && !waits(before)).then_some(within)
}

/// Where a method that the cure adds is called already, with whatever arguments, it was cured in another way: in the chain
/// below, or above.
fn not_called(method: &(String, &'static str)) -> [Value; 2] {
    let (name, field) = method;
    let (named, access) = match *field {
        "field" => ("field_identifier", "field_expression"),
        _ => ("identifier", "attribute"),
    };
    let kind = if *field == "field" { "call_expression" } else { "call" };
    let called = json!({ "field": "function", "kind": access, "has": { "field": field, "kind": named, "regex": format!("^{name}$") } });
    let call = |relation: &str| json!({ "not": { relation: { "kind": kind, "has": called, "stopBy": "end" } } });
    [call("has"), call("inside")]
}

/// The methods that are called on something only afterwards, and in which field of a node their names are.
fn methods(before: &Term, after: &Term) -> Vec<(String, &'static str)> {
    let of = |term: &Term| -> Vec<(String, &'static str)> {
        let calls = term.all().into_iter().filter(|term| matches!(term.kind.as_str(), "call" | "call_expression"));
        let callees = calls.filter_map(|call| call.children.iter().find(|child| child.field == Some("function")));
        let names = callees.filter_map(|callee| {
            let field = match callee.kind.as_str() {
                "field_expression" => "field",
                "attribute" => "attribute",
                _ => return None,
            };
            callee.children.iter().find(|child| child.field == Some(field)).map(|name| (name.text.clone(), field))
        });
        names.collect()
    };
    let old = of(before);
    let mut new: Vec<_> = of(after).into_iter().filter(|method| !old.contains(method)).collect();
    new.sort();
    new.dedup();
    new
}

/// The names of arguments that are new.
fn keywords(before: &Term, after: &Term) -> Vec<String> {
    let of = |term: &Term| -> Vec<String> {
        let named = term.all().into_iter().filter(|term| term.kind == "keyword_argument");
        named.filter_map(|term| term.children.first()).map(|name| name.text.clone()).collect()
    };
    let old = of(before);
    of(after).into_iter().filter(|name| !old.contains(name)).collect()
}
