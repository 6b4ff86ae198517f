//! The command line.

use clap::Parser;

/// Watches logs for the faults of the target catalogue and reports them to incident-store.
///
/// Without an argument it is the service: it follows every target's log files and takes in pushed lines until SIGTERM.
/// Settings come from $KINTSUGI_SETTINGS_DIR/fault-router.toml and FAULT_ROUTER__KEY, the own token from the file that
/// $KINTSUGI_CREDENTIALS names. FAULT_MARKER=LITERAL adds a marker, FAULT_MARKER=LITERAL=CODE one of a known fault.
#[derive(Debug, Parser)]
#[command(
    name = "fault-router",
    after_help = "Example:\n  kubectl logs -f deploy/shop | fault-router --stdin --target shop"
)]
pub struct Arguments {
    /// Read log lines from the standard input to its end, report the faults in them, and exit.
    ///
    /// Exit code 0: all of it was read, and every fault is acknowledged. Detections are kept on disk (below `state`) until
    /// the store has acknowledged them; what is still there at the end is reported by the service, or by the next run.
    #[arg(long, requires = "target")]
    pub stdin: bool,
    /// Whose lines they are: the name of a target in the catalogue.
    #[arg(long, value_name = "NAME", requires = "stdin")]
    pub target: Option<String>,
    /// How long to wait at the end for a store that is away, seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, requires = "stdin")]
    pub patience: u64,
}
