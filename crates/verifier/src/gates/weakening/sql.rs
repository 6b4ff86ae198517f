//! Time-outs in SQL texts.

use regex::Regex;
use std::sync::LazyLock;

static TIMEOUT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?i)(?:statement|lock|transaction)_timeout\\?"?\s*(?:=|\bto\b|,)\s*\\?'?\s*(\d+(?:\.\d+)?)\s*([a-z]*)"#,
    )
    .ok()
});

/// The time-outs that a text sets, milliseconds; 0 takes the limit away.
pub(super) fn timeouts(text: &str) -> Vec<f64> {
    let Some(pattern) = &*TIMEOUT else { return Vec::new() };
    let one = |found: regex::Captures<'_>| {
        let value: f64 = found.get(1)?.as_str().parse().ok()?;
        let unit = match found.get(2)?.as_str().to_lowercase().as_str() {
            "s" => 1_000.0,
            "min" => 60_000.0,
            "h" => 3_600_000.0,
            "d" => 86_400_000.0,
            "us" => 0.001,
            _ => 1.0,
        };
        Some(if value == 0.0 { f64::INFINITY } else { value * unit })
    };
    pattern.captures_iter(text).filter_map(one).collect()
}
