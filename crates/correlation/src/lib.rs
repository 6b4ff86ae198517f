#![doc = include_str!("../README.md")]

pub mod alert;
pub mod graph;
mod case;
mod explain;
mod components;
mod cover;
mod silent;
mod path;
pub mod storm;

pub use alert::{Alert, Bounds, Group, Kind, Member, Root};
pub use graph::Graph;

use case::Case;

/// The groups of these alerts, sorted by their leading alerts' services and codes. Every alert is in exactly one.
pub fn groups(alerts: &[Alert], graph: &Graph, bounds: &Bounds) -> Vec<Group> {
    let case = Case::new(alerts, graph, bounds);
    let mut leads = cover::leads(&case, &explain::edges(&case));
    case.join_codes_of_one_root(&mut leads);
    let silent = silent::merge(&case, &mut leads);
    case.told(&leads, &silent)
}
