//! Stories over the whole fleet.

mod crashes;
mod healing;
mod learning;
mod models;
mod patient;
mod patient_variants;
mod pipelines;
mod refusals;
mod remotes;
mod resets;
mod resources;
mod retries;
mod storms;
mod templates;
mod traces;
mod numbers;
mod unknown_errors;
