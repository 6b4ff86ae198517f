//! Other bodies with the same fault, as other people might have written them.

mod api;
mod db;
mod sql;
mod text;

use crate::dice::Dice;
use crate::fault::Fault;
use crate::tree::{Edit, edited, first_parameter, function, parse};

/// A body and the items that it needs beside it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shape {
    /// The statements of the function.
    pub(crate) body: String,
    /// Items behind the function.
    pub(crate) items: String,
}

impl Shape {
    fn of(body: impl Into<String>) -> Self {
        Self { body: body.into(), items: String::new() }
    }
}

/// The original with another body of its public function. Header, imports and signature stay.
pub(crate) fn reshaped(fault: Fault, original: &str, dice: &mut Dice) -> Option<String> {
    let tree = parse(original)?;
    let run = function(&tree.root(), "run")?;
    let (given, body) = (first_parameter(&run)?, run.field("body")?);
    let shape = match fault {
        Fault::Sql => sql::shape(&given, dice),
        Fault::Api => api::shape(&given, dice),
        Fault::Db => db::shape(&given, dice),
    };
    let block = format!("{{\n{}\n}}\n{}", shape.body, shape.items);
    Some(edited(original, vec![Edit(body.range(), block)]))
}
