#![doc = include_str!("../README.md")]

pub mod settings;
pub mod arguments;
pub mod app;
mod routes;
mod push;
mod stdin;
pub mod rules;
mod sieve;
mod required;
mod lines;
pub mod scan;
mod fields;
mod moment;
mod trace;
mod recognise;
mod context;
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
mod spool;
mod carrier;

pub use app::run;
pub use arguments::Arguments;
pub use settings::Settings;
pub use stdin::pipe;
