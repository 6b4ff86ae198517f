//! The wrappers around the fault bodies, with the original bodies and with cured ones, whatever the tree's own bodies are
//! at the moment; against a real upstream, PostgreSQL and Redis.

mod api;
mod bodies;
mod db;
mod double;
mod harness;
mod pressure;
mod retry_storm;
mod run_folder;
mod session;
mod shared;
