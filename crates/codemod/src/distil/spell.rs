//! How what varies is written, by the place of a rule where it stands. Pure.

use crate::distil::render::Write;
use crate::syntax::Term;

/// Metavariables by their names.
pub(crate) struct Named;

impl Write for Named {
    fn one(&self, name: &str) -> String {
        format!("${name}")
    }
    fn many(&self, name: &str) -> String {
        format!("$$${name}")
    }
}

/// The same in a fix, where a list must not end with the comma that it may have ended with.
pub(crate) struct Fixed;

impl Write for Fixed {
    fn one(&self, name: &str) -> String {
        format!("${name}")
    }
    fn many(&self, name: &str) -> String {
        format!("$BARE_{name}")
    }
}

/// As it is told what must not be there: whatever it is filled with.
pub(crate) struct Loose;

impl Write for Loose {
    fn one(&self, _: &str) -> String {
        "$_".to_owned()
    }
    fn many(&self, _: &str) -> String {
        "$$$".to_owned()
    }
    fn instead(&self, term: &Term) -> Option<String> {
        let of_block = || if term.children.first().is_some_and(|child| child.kind == "{") { "{ $$$ }" } else { "$$$" };
        match term.kind.as_str() {
            "block" => Some(of_block().to_owned()),
            _ => term.is_literal().then(|| "$_".to_owned()),
        }
    }
}

/// As it is told what stands beside: what is called there, with whatever it is called.
pub(crate) struct Beside;

impl Write for Beside {
    fn one(&self, name: &str) -> String {
        format!("${name}")
    }
    fn many(&self, _: &str) -> String {
        "$$$".to_owned()
    }
    fn instead(&self, term: &Term) -> Option<String> {
        match term {
            _ if term.is_arguments() => Some("($$$)".to_owned()),
            _ => term.is_literal().then(|| "$_".to_owned()),
        }
    }
}
