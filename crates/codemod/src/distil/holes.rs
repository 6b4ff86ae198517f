//! What of a site may be anything: the parts that the cure only carries over become metavariables. Pure.

use crate::bound::Bound;
use crate::distil::render::Side;
use crate::distil::site::Site;
use crate::syntax::Term;
use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

/// How general a rule is made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Policy {
    /// Whole expressions may be anything.
    pub(crate) expressions: bool,
    /// Also those whose method is called.
    pub(crate) receivers: Receivers,
    /// Arguments and statements may be any number.
    pub(crate) lists: bool,
    /// Literals may be others of their kind.
    pub(crate) literals: bool,
    /// Functions of the file may have other names, too.
    pub(crate) items: bool,
}

/// Which expressions may be anything whose method is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Receivers {
    /// None.
    None,
    /// Those of a method on whose result another one is called.
    Inner,
    /// All.
    All,
}

/// The parts that may be anything, with the names of their metavariables.
#[derive(Debug, Clone, Default)]
pub(crate) struct Holes {
    subtrees: BTreeMap<u64, String>,
    names: BTreeMap<String, String>,
    lists: Vec<List>,
    /// The kinds to which a metavariable is bound.
    pub(crate) kinds: BTreeMap<String, String>,
    /// How many names and texts stay what they are: what the rule holds on to.
    pub(crate) kept: usize,
    /// How many nodes do.
    pub(crate) shape: usize,
}

#[derive(Debug, Clone)]
struct List {
    before: Range<usize>,
    after: Range<usize>,
    name: String,
}

struct Maker<'a> {
    policy: Policy,
    bound: &'a Bound,
    carried: HashSet<u64>,
    lists: Vec<&'a Term>,
    holes: Holes,
    /// In how many receivers it is.
    depth: usize,
}

impl Holes {
    /// The names of the lists.
    pub(crate) fn lists(&self) -> impl Iterator<Item = &str> {
        self.lists.iter().map(|list| list.name.as_str())
    }

    /// The list whose first element stands there: its end and its name.
    pub(crate) fn list_at(&self, term: &Term, first: &Term, side: Side) -> Option<(usize, &str)> {
        let of = |list: &List| if side == Side::Before { list.before.clone() } else { list.after.clone() };
        let found = self.lists.iter().find(|list| is_list(term) && of(list).start == first.range.start)?;
        Some((of(found).end, &found.name))
    }

    /// The holes of a site, and of nodes beside it that a rule names as well.
    pub(crate) fn of(policy: Policy, site: &Site<'_>, beside: &[&Term], bound: &Bound) -> Self {
        let after: Vec<&Term> = site.after.iter().flat_map(|term| term.all()).collect();
        let mut maker = Maker {
            policy,
            bound,
            carried: after.iter().map(|term| term.hash).collect(),
            lists: after.into_iter().filter(|term| is_list(term)).collect(),
            holes: Holes::default(),
            depth: 0,
        };
        maker.visit(site.before, None, true);
        // What stands beside it is not rewritten: nothing of it is carried over but what the site names.
        let receivers = Receivers::None;
        maker.policy = Policy { expressions: false, receivers, lists: false, literals: false, ..policy };
        // Nor does the rule hold on to it as to its own.
        let (kept, shape) = (maker.holes.kept, maker.holes.shape);
        beside.iter().for_each(|term| maker.visit(term, None, true));
        Self { kept, shape, ..maker.holes }
    }

    /// The name of the hole that a node is.
    pub(crate) fn hole(&self, term: &Term, parent: Option<&Term>) -> Option<&str> {
        let is_name = term.is_identifier() && !parent.is_some_and(|parent| is_part(parent, term));
        let name = self.names.get(&term.text).filter(|_| is_name || term.kind == "type_identifier");
        name.or_else(|| self.subtrees.get(&term.hash).filter(|_| parent.is_none_or(|up| may_be_any(up, term, true))))
            .map(String::as_str)
    }
}

impl Maker<'_> {
    fn visit(&mut self, term: &Term, parent: Option<&Term>, is_top: bool) {
        let is_name = term.is_identifier() && !parent.is_some_and(|parent| is_part(parent, term));
        let is_variable = is_name && self.bound.variables.contains(&term.text);
        let is_item = self.policy.items && self.bound.items.contains(&term.text);
        if is_variable || (is_item && (is_name || term.kind == "type_identifier")) {
            let next = self.next();
            self.holes.names.entry(term.text.clone()).or_insert(next);
            return;
        }
        if !is_top && self.may_be_any(term, parent) {
            if !self.holes.subtrees.contains_key(&term.hash) {
                let name = self.next();
                if !self.policy.expressions && term.is_literal() {
                    self.holes.kinds.insert(name.clone(), term.kind.clone());
                }
                self.holes.subtrees.insert(term.hash, name);
            }
            return;
        }
        self.holes.shape += usize::from(term.is_named);
        if term.children.is_empty() && is_telling(term) {
            self.holes.kept += 1;
        }
        let list = if self.tells_by_its_number(term, parent) { None } else { self.list(term) };
        for child in &term.children {
            if !list.as_ref().is_some_and(|list| list.contains(&child.range.start)) {
                let deeper = usize::from(is_receiver(term, child));
                self.depth += deeper;
                self.visit(child, Some(term), false);
                self.depth -= deeper;
            }
        }
    }

    fn next(&self) -> String {
        format!("V{}", self.holes.names.len() + self.holes.subtrees.len() + 1)
    }

    fn may_be_any(&self, term: &Term, parent: Option<&Term>) -> bool {
        let Some(parent) = parent else { return false };
        let receiver = match self.policy.receivers {
            Receivers::None => false,
            Receivers::Inner => self.depth > 1,
            Receivers::All => true,
        };
        let expression = self.policy.expressions || (receiver && is_receiver(parent, term));
        let is_kept = term.is_literal() && !self.policy.literals;
        let wanted = (expression && is_expression(term) && !is_kept) || (self.policy.literals && term.is_literal());
        wanted && self.carried.contains(&term.hash) && may_be_any(parent, term, receiver)
    }

    /// Whether how many arguments there are belongs to the rule: where a method may be called on anything and another one on what
    /// it answers, that says which method it is.
    fn tells_by_its_number(&self, arguments: &Term, parent: Option<&Term>) -> bool {
        let callee = parent.and_then(|call| call.children.iter().find(|child| child.field == Some("function")));
        let is_method = callee.is_some_and(|callee| {
            let receiver = callee.children.iter().find(|child| is_receiver(callee, child));
            receiver.is_some_and(|on| !on.is_identifier() || self.bound.variables.contains(&on.text))
        });
        self.policy.expressions && self.depth > 0 && arguments.is_arguments() && is_method
    }

    /// The elements of a list that are all carried over, one after the other.
    fn list(&mut self, term: &Term) -> Option<Range<usize>> {
        if !self.policy.lists || !is_list(term) {
            return None;
        }
        let before = elements(term);
        let (first, last) = (before.first()?, before.last()?);
        let wanted: Vec<u64> = before.iter().map(|term| term.hash).collect();
        let after = self.lists.iter().filter(|list| list.kind == term.kind).find_map(|list| {
            let all = elements(list);
            let found = all.windows(wanted.len()).find(|some| some.iter().map(|term| term.hash).eq(wanted.clone()))?;
            Some(found.first()?.range.start..found.last()?.range.end)
        })?;
        let range = first.range.start..last.range.end;
        let name = format!("L{}", self.holes.lists.len() + 1);
        self.holes.lists.push(List { before: range.clone(), after, name });
        Some(range)
    }
}

fn is_list(term: &Term) -> bool {
    term.is_arguments() || term.kind == "block"
}

fn elements(term: &Term) -> Vec<&Term> {
    term.children.iter().filter(|child| child.is_named).collect()
}

/// Whether a node is an expression that may stand wherever another one may.
fn is_expression(term: &Term) -> bool {
    let kind = term.kind.as_str();
    let statement =
        matches!(kind, "assignment_expression" | "return_expression" | "loop_expression" | "for_expression");
    let python = ["call", "attribute", "subscript", "binary_operator", "list", "dictionary", "tuple", "await"];
    term.is_literal() || python.contains(&kind) || (kind.ends_with("_expression") && !statement)
}

/// Whether an expression may be anything where it stands.
fn may_be_any(parent: &Term, term: &Term, receivers: bool) -> bool {
    let is_fixed = match term.field {
        Some("function" | "name" | "attribute" | "field" | "type" | "pattern" | "macro" | "trait") => true,
        Some("left") => matches!(parent.kind.as_str(), "assignment" | "for_statement" | "for_in_clause"),
        Some("object" | "value") => is_receiver(parent, term) && !receivers,
        _ => false,
    };
    !is_fixed && !matches!(parent.kind.as_str(), "expression_statement" | "string" | "concatenated_string")
}

/// Whether something of an expression is named, a method perhaps.
pub(crate) fn is_receiver(parent: &Term, term: &Term) -> bool {
    let names = matches!(parent.kind.as_str(), "field_expression" | "attribute");
    names && matches!(term.field, Some("object" | "value"))
}

/// Whether an identifier is a part of something that is called so, and no variable.
fn is_part(parent: &Term, term: &Term) -> bool {
    match parent.kind.as_str() {
        "attribute" => term.field == Some("attribute"),
        "keyword_argument" => term.field == Some("name"),
        kind => kind.starts_with("scoped_") || kind.starts_with("use_") || kind.starts_with("import_"),
    }
}

/// Whether a leaf says which code this is.
fn is_telling(term: &Term) -> bool {
    let is_word = term.kind.ends_with("identifier") || term.kind == "string_content";
    is_word && term.text.len() > 1 && !matches!(term.text.as_str(), "self" | "cls" | "Ok" | "Err" | "Some")
}
