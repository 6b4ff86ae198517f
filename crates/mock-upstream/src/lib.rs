#![doc = include_str!("../README.md")]

pub mod settings;
pub mod app;
mod routes;
pub mod draw;
mod mode;
mod calls;
mod closing;

pub use app::serve;
pub use settings::Settings;
