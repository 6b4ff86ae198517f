#![doc = include_str!("../README.md")]

pub mod settings;
pub mod app;
mod routes;
mod patcher;
mod propose;
mod rounds;
mod teach;
mod prompt;
mod planner;
mod candidate;
mod land;
mod push;
mod revert;
mod reset;
pub mod decide;
pub mod judge;
pub mod message;
mod known;
mod shelf;
mod repository;
mod failure;

pub use app::run;
pub use patcher::Patcher;
pub use planner::Keys;
pub use settings::Settings;
