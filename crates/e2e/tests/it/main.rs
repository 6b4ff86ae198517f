//! Stories over the whole fleet.

mod absences;
mod approvals;
mod crashes;
mod handovers;
mod healing;
mod learning;
mod models;
mod patient;
mod patient_pressure;
mod patient_variants;
mod pipelines;
mod refusals;
mod reliefs;
mod remotes;
mod resets;
mod resources;
mod retries;
mod storms;
mod templates;
mod traces;
mod numbers;
mod unknown_errors;
