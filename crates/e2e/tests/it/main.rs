//! Stories over the whole fleet.

mod crashes;
mod healing;
mod patient;
mod refusals;
mod resets;
mod templates;
