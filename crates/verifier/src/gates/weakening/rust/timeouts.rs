//! Time-outs in Rust: durations in calls and constants that are named so.

use super::called;
use crate::gates::syntax::Node;

/// Whether a name is that of a time-out.
pub(super) fn is_timeout(name: &str) -> bool {
    name.contains("timeout") || name.contains("deadline")
}

/// The durations within a node, milliseconds.
pub(super) fn durations(node: &Node<'_>) -> Vec<f64> {
    let one = |call: Node<'_>| {
        let unit = match called(&call)?.as_str() {
            "from_secs" | "from_secs_f64" | "from_secs_f32" => 1_000.0,
            "from_millis" => 1.0,
            "from_micros" => 0.001,
            "from_mins" => 60_000.0,
            _ => return None,
        };
        let digits = call.field("arguments")?.text().replace(['(', ')', '_'], "");
        Some(digits.trim().parse::<f64>().ok()? * unit)
    };
    let limitless = node.dfs().any(|part| part.text() == "Duration::MAX").then_some(f64::INFINITY);
    node.dfs().filter(|part| part.kind() == "call_expression").filter_map(one).chain(limitless).collect()
}
