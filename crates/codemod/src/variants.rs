//! Variants of a cure: the faulty text and the healthy one changed alike, as other code with the same fault would be. Pure,
//! decided by the seed.

use crate::bound::Bound;
use crate::rewrite::CodemodError;
use crate::syntax::{Source, Term};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use wire::Digest;

/// Words for names.
const WORDS: [&str; 16] = [
    "amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heron", "inlet", "jetty", "knoll", "larch",
    "maple", "ochre", "pearl", "quartz",
];
/// Functions that have nothing to do with any fault.
const RUST: [&str; 3] = [
    "fn NAME(value: u32) -> u32 {\n    value.saturating_mul(2)\n}\n",
    "fn NAME<T: Clone>(items: &[T]) -> Option<T> {\n    items.first().cloned()\n}\n",
    "struct NAME {\n    size: usize,\n}\n",
];
const PYTHON: [&str; 3] = [
    "def NAME(value):\n    return value * 2\n",
    "class NAME:\n    size = 0\n",
    "def NAME(items):\n    return [item for item in items if item]\n",
];

/// The same change of both texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// With the fault.
    pub before: String,
    /// Without it.
    pub after: String,
}

/// The variant of a cure that follows from a seed: other names of what the file binds itself, other literals where both texts
/// have the same, comments and blank lines, and other functions around it.
///
/// # Errors
/// When one of the texts does not parse, or there is no grammar for the language.
pub fn variant(language: &str, before: &str, after: &str, seed: u64) -> Result<Variant, CodemodError> {
    let (before, after) = (Source::parse(language, before)?, Source::parse(language, after)?);
    Ok(of(&before, &after, seed, true))
}

/// The same; with the same literals if they are not to change: one of them may be what the fault is about.
pub(crate) fn of(before: &Source, after: &Source, seed: u64, other_literals: bool) -> Variant {
    let mut dice = Dice(seed);
    let literals = if other_literals { relettered(before, after, &mut dice) } else { Vec::new() };
    let words = renamed(before, &mut dice).into_iter().chain(literals).collect();
    let other = dice.below(4);
    let name = dice.name();
    let [old, new] = [before, after].map(|source| replaced(source, &words));
    let (one, two) = (hashes(before, &old), hashes(after, &new));
    let (mut first, mut second) = (Dice(seed ^ 0x5eed), Dice(seed ^ 0x5eed));
    let mut texts = [commented(before, &old, &two, &mut first), commented(after, &new, &one, &mut second)];
    let functions = if is_python(before) { &PYTHON } else { &RUST };
    if let Some(function) = functions.get(other) {
        let function = function.replace("NAME", &name);
        texts.iter_mut().for_each(|text| *text = format!("{}\n\n{function}", text.trim_end()));
    }
    let [before, after] = texts;
    Variant { before, after }
}

/// The parts of a text.
fn hashes(like: &Source, text: &str) -> BTreeSet<u64> {
    let parsed = Source::parse(like.name(), text);
    parsed.map(|source| source.root.all().iter().map(|term| term.hash).collect()).unwrap_or_default()
}

fn is_python(source: &Source) -> bool {
    source.root.kind == "module"
}

/// Other names for variables; not for those that a template within a string may name.
fn renamed(before: &Source, dice: &mut Dice) -> Vec<((&'static str, String), String)> {
    let templates: Vec<&Term> = before.root.all().into_iter().filter(|term| term.kind == "string_content").collect();
    let in_template = |name: &str| templates.iter().any(|term| term.text.contains(&format!("{{{name}")));
    let names = Bound::of(&before.root).variables;
    let chosen = names.into_iter().filter(|name| !in_template(name)).filter(|_| dice.below(4) > 0);
    let chosen: Vec<String> = chosen.collect();
    chosen.into_iter().map(|name| (("identifier", name), dice.name())).collect()
}

/// Other literals where both texts have the same ones.
fn relettered(before: &Source, after: &Source, dice: &mut Dice) -> Vec<((&'static str, String), String)> {
    let (one, two) = (literals(&before.root), literals(&after.root));
    let same = one.into_iter().filter(|(literal, count)| two.get(literal) == Some(count)).map(|(literal, _)| literal);
    let mut made = Vec::new();
    for (kind, text) in same {
        let new = match kind {
            "string_content" => format!("{text} {}", dice.name()),
            _ if text.bytes().all(|byte| byte.is_ascii_digit()) => format!("{text}{}", dice.below(9)),
            _ => continue,
        };
        if dice.below(2) == 0 {
            made.push(((kind, text), new));
        }
    }
    made
}

fn literals(root: &Term) -> BTreeMap<(&'static str, String), usize> {
    let mut found = BTreeMap::new();
    for term in root.all() {
        if let Some(kind) = literal(term) {
            *found.entry((kind, term.text.clone())).or_default() += 1;
        }
    }
    found
}

fn literal(term: &Term) -> Option<&'static str> {
    match term.kind.as_str() {
        "string_content" => Some("string_content"),
        // `0` and `1` are more often meant than chosen.
        "integer" | "integer_literal" if term.text.len() > 1 => Some("integer"),
        _ => None,
    }
}

fn replaced(source: &Source, words: &BTreeMap<(&'static str, String), String>) -> String {
    let mut edits = Vec::new();
    collect(&source.root, words, &mut edits);
    edited(&source.text, edits)
}

fn collect(term: &Term, words: &BTreeMap<(&'static str, String), String>, edits: &mut Vec<(Range<usize>, String)>) {
    for child in &term.children {
        let kind = if is_variable(term, child) { Some("identifier") } else { literal(child) };
        match kind.and_then(|kind| words.get(&(kind, child.text.clone()))) {
            Some(new) => edits.push((child.range.clone(), new.clone())),
            None => collect(child, words, edits),
        }
    }
}

/// Whether an identifier names a variable, and not a part of something else that is called alike.
fn is_variable(parent: &Term, child: &Term) -> bool {
    let is_part = match parent.kind.as_str() {
        "attribute" => child.field == Some("attribute"),
        "keyword_argument" | "function_definition" | "function_item" => child.field == Some("name"),
        kind => kind.starts_with("scoped_") || kind.starts_with("use_") || kind.starts_with("import_"),
    };
    child.is_identifier() && !is_part
}

/// Comments and blank lines before some lines on which a statement begins; not within a statement that is another one in the
/// other text: what is between its parts belongs to the fault.
fn commented(source: &Source, text: &str, other: &BTreeSet<u64>, dice: &mut Dice) -> String {
    let mark = if is_python(source) { "#" } else { "//" };
    let Ok(again) = Source::parse(source.name(), text) else { return text.into() };
    let mut starts = Vec::new();
    begin(&again.root, other, &mut starts);
    let edits = starts.into_iter().filter_map(|at| {
        let line = text.get(..at)?.rfind('\n').map_or(0, |end| end + 1);
        let indent = text.get(line..at).filter(|before| before.trim().is_empty())?;
        let new = match dice.below(5) {
            0 => format!("{mark} As agreed, {}.\n{indent}", dice.name()),
            1 => format!("\n{indent}"),
            _ => return None,
        };
        Some((at..at, new))
    });
    let edits = edits.collect();
    edited(text, edits)
}

/// Where statements begin.
fn begin(term: &Term, other: &BTreeSet<u64>, starts: &mut Vec<usize>) {
    for child in term.children.iter().filter(|child| child.is_named) {
        if term.is_list_of_statements() {
            starts.push(child.range.start);
        }
        let is_item = child.kind.ends_with("_item") || child.kind.ends_with("_definition");
        let is_within = !term.is_list_of_statements();
        if is_item || is_within || other.contains(&child.hash) {
            begin(child, other, starts);
        }
    }
}

fn edited(text: &str, mut edits: Vec<(Range<usize>, String)>) -> String {
    edits.sort_by_key(|(range, _)| range.start);
    let (mut made, mut reached) = (String::with_capacity(text.len()), 0);
    for (range, new) in edits {
        made.push_str(text.get(reached..range.start).unwrap_or_default());
        made.push_str(&new);
        reached = range.end;
    }
    made.push_str(text.get(reached..).unwrap_or_default());
    made
}

/// Choices that follow from a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> usize {
        self.0 = self.0.wrapping_add(1);
        let digest = Digest::of(self.0.to_string());
        let head = digest.as_str().get(..12).and_then(|head| u64::from_str_radix(head, 16).ok());
        usize::try_from(head.unwrap_or(0) % bound.max(1)).unwrap_or(0)
    }

    /// A name that no code uses.
    fn name(&mut self) -> String {
        let word = WORDS.get(self.below(16)).copied().unwrap_or_default();
        format!("{word}_{}", self.below(1_000_000))
    }
}
