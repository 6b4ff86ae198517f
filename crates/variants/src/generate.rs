//! A variant of a fault file: another body perhaps, then several small changes that any code may undergo.

use crate::common::CHANGES;
use crate::dice::Dice;
use crate::fault::Fault;
use crate::shapes::reshaped;
use crate::tree::is_sound;

/// How many variants in a hundred have another body.
const RESHAPED: u32 = 85;
/// How many of the changes are tried, in a hundred.
const CHANGED: u32 = 55;

/// A variant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// Of which fault.
    pub fault: Fault,
    /// What it follows from.
    pub seed: u64,
    /// The file.
    pub text: String,
    /// What was done to the original.
    pub changes: Vec<&'static str>,
}

/// The variant of an original that follows from a seed. It has the fault, parses, and keeps the public signature: a change
/// after which one of these would not hold is left out.
pub fn variant(fault: Fault, original: &str, seed: u64) -> Variant {
    let mut dice = Dice::new(seed.wrapping_mul(3).wrapping_add(fault as u64));
    let (mut text, mut changes) = (original.to_owned(), Vec::new());
    let mut take = |text: &mut String, name: &'static str, changed: Option<String>| {
        let fits = |new: &String| new != text && is_sound(new) && fault.is_in(new);
        if let Some(new) = changed.filter(fits) {
            *text = new;
            changes.push(name);
        }
    };
    if dice.percent(RESHAPED) {
        let shaped = reshaped(fault, &text, &mut dice);
        take(&mut text, "another body", shaped);
    }
    for (name, change) in CHANGES {
        if dice.percent(CHANGED) {
            let changed = change(&text, &mut dice);
            take(&mut text, name, changed);
        }
    }
    Variant { fault, seed, text, changes }
}
