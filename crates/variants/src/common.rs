//! Changes that any code may undergo without doing anything else than before.

mod bindings;
mod blanks;
mod items;
mod names;

use crate::dice::Dice;

/// A change; `None` when there is nothing that it could change.
pub(crate) type Change = fn(&str, &mut Dice) -> Option<String>;

/// All of them, in the order in which they are tried: what counts on names and forms first, blanks last.
pub(crate) const CHANGES: &[(&str, Change)] = &[
    ("question marks written out", bindings::write_out),
    ("a literal in a constant", bindings::to_constant),
    ("a literal in a variable", bindings::to_variable),
    ("a value in a block", bindings::to_block),
    ("the body in a function of its own", items::to_inner_function),
    ("another function beside it", items::add_function),
    ("other names", names::rename),
    ("another order of items", items::reorder),
    ("comments", blanks::comment),
    ("other blanks", blanks::respace),
];
