#![doc = include_str!("../README.md")]

pub mod settings;
pub mod app;
mod routes;
mod rules;
mod fields;
mod recognise;
mod context;
mod lines;
mod edge;
mod place;
mod origin;
mod ledger;
mod desk;
mod folder;
mod block;
mod followed;
mod watch;
mod follower;
mod state;
mod reporter;

pub use app::run;
pub use settings::Settings;
