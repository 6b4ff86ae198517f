#![doc = include_str!("../README.md")]

pub mod settings;
pub mod catalogue;
pub mod telemetry;
pub mod stop;
pub mod clock;
pub mod auth;
pub mod error;
pub mod metrics;
pub mod server;
pub mod operations;
pub mod calls;
pub mod webhook;

pub use clock::{Clock, SharedClock, SystemClock};
pub use error::{ApiError, Reply};
pub use stop::Stop;
