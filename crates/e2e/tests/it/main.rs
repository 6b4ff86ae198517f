//! Stories over the whole fleet.

mod crashes;
mod healing;
mod refusals;
mod resets;
mod templates;
