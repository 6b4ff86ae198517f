//! The verifier over real parts: bubblewrap, git, HTTP, and the tiny target.

mod world;
mod admission;
mod builds;
mod http;
mod replays;
mod sandbox;
mod settings;
