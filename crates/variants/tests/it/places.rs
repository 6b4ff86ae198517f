//! Where things are.

use camino::Utf8PathBuf;
use variants::{Cures, Fault};

/// The workspace.
pub(crate) fn root() -> Utf8PathBuf {
    Utf8PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A fault's original, as the reset restores it.
pub(crate) fn original(fault: Fault) -> String {
    let path = root().join(format!("crates/fault-app/src/faults/fault_{}.txt", fault.name()));
    std::fs::read_to_string(&path).expect("the template")
}

/// The cures as a recovery would find them.
pub(crate) async fn cures() -> Cures {
    Cures::of(&root().join("crates/rag-gateway/knowledge")).await.expect("plans with options")
}
