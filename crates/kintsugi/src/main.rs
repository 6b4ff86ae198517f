//! The command line.

mod command;

use clap::Parser;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> std::process::ExitCode {
    command::Cli::parse().run().await
}
