//! How far a share that was counted may be from the true one. Pure.

/// The 95 % interval of a share by Wilson's score (E. B. Wilson, "Probable inference", 1927); from 0 to 1 when nothing was counted.
pub(crate) fn wilson(hits: usize, n: usize) -> (f64, f64) {
    if n == 0 {
        return (0.0, 1.0);
    }
    let z = 1.959_964;
    let (n, share) = (n as f64, hits as f64 / n as f64);
    let middle = share + z * z / (2.0 * n);
    let half = z * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    let whole = 1.0 + z * z / n;
    (((middle - half) / whole).max(0.0), ((middle + half) / whole).min(1.0))
}

/// `3 of 40 (7.5 %, 95 % interval 2.6–19.9 %)`.
pub(crate) fn told(hits: usize, n: usize) -> String {
    let (low, high) = wilson(hits, n);
    let share = if n == 0 { 0.0 } else { hits as f64 / n as f64 };
    format!("{hits} of {n} ({:.1} %, 95 % interval {:.1}–{:.1} %)", share * 100.0, low * 100.0, high * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_those_of_the_tables() {
        let near = |found: (f64, f64), wanted: (f64, f64)| {
            assert!((found.0 - wanted.0).abs() < 5e-4 && (found.1 - wanted.1).abs() < 5e-4, "{found:?} {wanted:?}");
        };
        near(wilson(0, 10), (0.0, 0.2775));
        near(wilson(5, 10), (0.2366, 0.7634));
        near(wilson(10, 10), (0.7225, 1.0));
        assert_eq!(wilson(0, 0), (0.0, 1.0));
        assert_eq!(told(2, 40), "2 of 40 (5.0 %, 95 % interval 1.4–16.5 %)");
    }
}
